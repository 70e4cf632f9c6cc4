"""A pair over IPv6, with a real responder that has both families: opened, run and closed within the family of its ticket."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path

import pytest

from probe.measurement.receipt import Statement
from probe.measurement.signing import STATEMENT, TICKET, open_signed
from probe.measurement.ticket import AddressFamily, Ticket
from probe.nettests import replay_tls
from tests.lab.namespaces import inside
from tests.lab.network import Lab
from tests.lab.support import needs_lab
from tests.support.responder import lab_net, running_responder

pytestmark = [pytest.mark.lab, pytest.mark.timeout(120)]

SIX = ("fd77::1", "fd77::2")
TERMS = {"duration_ms": 300, "pace_bit_s": 2_000_000}


def add_six() -> None:
    """Give the internet's namespace, which the lab leaves without IPv6, two addresses of its own."""
    for name in ("all", "default", "lo"):
        Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("0")
    for address in SIX:
        subprocess.run(["ip", "-6", "addr", "add", f"{address}/128", "dev", "lo", "nodad"], check=True)


def test_a_pair_stays_in_its_family(tmp_path: Path) -> None:
    """IPv6 and IPv4 in turn: both runs go to the two literal addresses of the family, and the responder's word says so."""
    needs_lab()
    with Lab(homes=1, rtt_ms=0) as lab:
        inside(lab.namespace("net"), add_six)
        four = lab.responder_addresses[:2]
        prefix = ("ip", "netns", "exec", lab.namespace("net"))
        with running_responder(tmp_path, prefix=prefix, listen=[*four, *SIX], port=443) as far:
            families: dict[AddressFamily, tuple[str, ...]] = {"ipv6": SIX, "ipv4": four}
            for family, addresses in families.items():
                params = far.params(address_family=family, **TERMS)
                pair = inside(lab.namespace("net"), partial(replay_tls.run, lab_net(), params)).pair
                assert [("ok", True), ("ok", True)] == [
                    (run.failure, run.address in addresses) for run in pair.runs
                ]
                assert 2 == len({run.address for run in pair.runs})
                assert pair.statement is not None
                statement = open_signed(pair.statement, STATEMENT, Statement)
                ticket = open_signed(pair.ticket, TICKET, Ticket)
                assert (family, family) == (ticket.address_family, statement.path.address_family)

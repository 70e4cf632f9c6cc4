"""Puts the troubles into a built lab: home routers' rules, radio links, other devices, smaller packets, boxes beside the path."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab import classes, links, rules
from tests.lab.classes import Line
from tests.lab.matches import QuicName, names_of
from tests.lab.namespaces import LabError, feed, inside
from tests.lab.policies import ForgedReset, HttpBox, Injecting, Policy, TlsAlert, is_upward
from tests.lab.troubles import (
    ContentLimit,
    NetworkTrouble,
    RewrittenPorts,
    RogueRouter,
    SecondDevice,
    SmallMtu,
    VaryingLine,
    Wifi,
    chosen,
)

if TYPE_CHECKING:
    from tests.lab.network import Lab

OTHER_SERVER = ("10.77.10.4", 5001)
"""What a second device downloads from."""
_REPOSITORY = Path(__file__).resolve().parents[2]
_RADIO_LINE = Line(1_000_000_000)


def home_rules(home: int, troubles: Sequence[NetworkTrouble]) -> str:
    """Return the home router's own nft table."""
    lossy = [t.loss_share for t in troubles if isinstance(t, Wifi) and home in chosen(t.homes, home + 1)]
    ports = any(isinstance(t, RewrittenPorts) and home in chosen(t.homes, home + 1) for t in troubles)
    return rules.nft_home(random_ports=ports, loss_share=max(lossy, default=0.0))


def install(lab: Lab, troubles: Sequence[NetworkTrouble]) -> None:
    """Do the rest of what the troubles and the injecting policies need. Raises LabError if a program does not start."""
    for trouble in troubles:
        _install(lab, trouble)
    for policy in lab.policies:
        if isinstance(policy, Injecting):
            _injector(lab, policy)
    _quic_eyes(lab)
    for mark, policy in rules.matching([policy for policy in lab.policies if not is_upward(policy)]):
        if isinstance(policy, HttpBox):
            _start(lab, "isp", 0, "http_box", [str(rules.box_port(mark)), policy.kind, policy.match])


def _install(lab: Lab, trouble: NetworkTrouble) -> None:
    match trouble:
        case VaryingLine():
            names = [f"cust{n}={n}" for n in chosen(trouble.homes, lab.homes)]
            _redraw(lab, "isp", 0, trouble, names)
        case Wifi():
            for home in chosen(trouble.homes, lab.homes):
                inside(lab.namespace("home", home), partial(_router_classes, ()))
                _redraw(lab, "home", home, trouble, [f"lan0={home}"])
        case SecondDevice():
            _second_device(lab, trouble)
        case RogueRouter():
            inside(lab.namespace("home", trouble.home), partial(_router_classes, (trouble.police,)))
        case SmallMtu():
            for home in chosen(trouble.homes, lab.homes):
                inside(lab.namespace("isp"), partial(links.set_mtu, f"cust{home}", trouble.mtu_bytes))
                inside(lab.namespace("home", home), partial(links.set_mtu, "wan0", trouble.mtu_bytes))
        case ContentLimit():
            text = rules.nft_content(trouble, [lab.home_address(n) for n in range(lab.homes)])
            inside(lab.namespace("isp"), partial(feed, ["nft", "-f", "-"], text))
        case RewrittenPorts():
            pass  # stands in the home router's own table


def _router_classes(policies: Sequence[Policy]) -> None:
    """Give a home's own router classes on its LAN side, and what it does to names."""
    customers = {0: "lan0"}
    feed(["iptables-restore"], rules.iptables_marks(policies, customers))
    feed(["nft", "-f", "-"], rules.nft_router(policies, customers))
    feed(["tc", "-batch", "-"], "\n".join(classes.tc_line("lan0", 0, _RADIO_LINE, policies)) + "\n")


def set_upward(home: int, policies: Sequence[Policy], line: Line | None) -> None:
    """Set, or replace, what the ISP does to what a home sends: its rate, and its limiters by name. Raises LabError."""
    feed(["nft", "-f", "-"], "table ip isonomia {}\ndelete table ip isonomia\n")
    feed(["iptables-restore"], rules.iptables_marks(policies, {home: "lan0"}))
    feed(["nft", "-f", "-"], rules.nft_router(policies, {home: "wan0"}, asking={home: "lan0"}))
    subprocess.run(
        ["tc", "qdisc", "del", "dev", "wan0", "root"], capture_output=True, check=False
    )  # none at first
    lines = classes.tc_line("wan0", home, line or _RADIO_LINE, policies)
    feed(["tc", "-batch", "-"], "\n".join(lines) + "\n")


def _redraw(lab: Lab, kind: str, index: int, trouble: VaryingLine | Wifi, names: list[str]) -> None:
    levels = ",".join(str(level) for level in trouble.levels_bit_s)
    numbers = [str(trouble.seed), str(trouble.least_s), str(trouble.most_s), levels]
    _start(lab, kind, index, "redraw", [*numbers, *names])


def _second_device(lab: Lab, trouble: SecondDevice) -> None:
    address, port = OTHER_SERVER
    _start(lab, "net", 0, "traffic", ["serve", address, str(port)])
    for home in chosen(trouble.homes, lab.homes):
        numbers = [f"{trouble.seed}{home}", str(trouble.flows), str(trouble.on_s), str(trouble.off_s)]
        lab.second_devices[home] = _start(lab, "home", home, "bursts", [*numbers, address, str(port)])


def _injector(lab: Lab, policy: TlsAlert | ForgedReset) -> None:
    kind = "alert" if isinstance(policy, TlsAlert) else "reset"
    interfaces = ",".join(f"cust{n}" for n in chosen(policy.homes, lab.homes))
    _start(lab, "isp", 0, "injector", [kind, interfaces, *names_of(policy.match)])


def _quic_eyes(lab: Lab) -> None:
    """One box in the ISP reads the names of QUIC for all policies that mean one; for those on what homes send, one in each home."""
    downward = [policy for policy in lab.policies if not is_upward(policy)]
    if meant := _quic_names(downward):
        interfaces = ",".join(f"cust{n}" for n in range(lab.homes))
        _start(lab, "isp", 0, "quic_eye", [interfaces, *meant])
    if meant := _quic_names([policy for policy in lab.policies if is_upward(policy)]):
        for home in range(lab.homes):
            _start(lab, "home", home, "quic_eye", ["lan0", *meant])


def _quic_names(policies: Sequence[Policy]) -> list[str]:
    """Return what an eye looks for: nft's set, and the name that fills it."""
    return [
        f"{rules.quic_set(mark)}={policy.match.name}"
        for mark, policy in rules.matching(policies)
        if isinstance(policy.match, QuicName)
    ]


def _start(lab: Lab, kind: str, index: int, module: str, arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start one of the lab's own programs, wait for its first line and return it; what it prints later is not read."""
    process = lab.spawn(
        kind, index, [sys.executable, "-m", f"tests.lab.{module}", *arguments],
        cwd=_REPOSITORY, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    if not process.stdout.readline().startswith(b"ready"):
        raise LabError(f"{module} did not start, exit {process.poll()}")
    lab.equipment.append((module, process))
    return process

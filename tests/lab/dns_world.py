"""The internet of a lab whose homes ask for names: real resolvers and servers (`counterparts`), and what an ISP does to the answers."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.lab.counterparts import (
    CENSOR,
    CONTENT,
    ISP_RESOLVER,
    LIAR_PORT,
    NEARER,
    NEARER_PORT,
    RESOLVER_NAME,
    TRUTH,
    absent,
    start,
)
from tests.lab.experiment import Experiment
from tests.lab.namespaces import LabError, feed, inside
from tests.lab.network import Lab, wait_for_line
from tests.lab.policies import FalseDns
from tests.support.certificates import Authority

_REPOSITORY = Path(__file__).resolve().parents[2]
HONEST: Final = (ISP_RESOLVER, 53)
PUBLIC: Final = (TRUTH, 53)
SERVICE_ASN: Final = 64610
"""Of the service's servers. A censor's page stands in the network of the provider that lies."""
ASKED: Final = {
    "resolver": (ISP_RESOLVER, LIAR_PORT),
    "redirected": PUBLIC,
    "injected": PUBLIC,
    "nearer": (ISP_RESOLVER, NEARER_PORT),
}
"""What the ISP's customers are told to ask, by what is done to their questions."""


def networks(provider_asn: int) -> dict[int, list[str]]:
    """Which networks the addresses that resolvers answer belong to, as a table of networks has it."""
    return {SERVICE_ASN: [f"{CONTENT}/32", f"{NEARER}/32"], provider_asn: [f"{CENSOR}/32"]}


@dataclass
class DnsWorld:
    """Servers and interference for one experiment; `close` takes away what the lab's end would not."""

    lab: Lab
    folder: Path
    experiment: Experiment
    _boxes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def open(self) -> None:
        """Start all. Raises LabError where a program is not installed or does not start."""
        if missing := absent():
            raise LabError(f"not installed: {', '.join(missing)}")
        self.folder.mkdir(parents=True, exist_ok=True)
        authority = Authority.make(self.folder)
        by_id = {service.id: service.name for service in self.experiment.services}
        start(self.lab, self.folder, authority, [by_id[one] for one in self.experiment.measured], {})
        (self.folder / "authority.pem").write_text(authority.pem, encoding="utf-8")
        for policy in self._policies():
            self._interfere(policy)

    def close(self) -> None:
        """Stop the boxes beside the path; servers end with the lab."""
        for box in self._boxes:
            box.kill()
            box.wait()

    def file_of(self, home: int) -> Path:
        """The probe's file: which resolver this home was told to ask, which ones it trusts, and whose certificates."""
        policies = self._policies() if home < self.experiment.homes else []
        address, port = ASKED[policies[0].kind] if policies else HONEST
        path = self.folder / f"home-{home}.toml"
        path.write_text(
            f'[laboratory]\nresolver = ["{address}", {port}]\nca = "{self.folder / "authority.pem"}"\n'
            f'[[laboratory.trusted]]\nid = "unbound"\naddress = "{TRUTH}"\nhostname = "{RESOLVER_NAME}"\n',
            encoding="utf-8",
        )
        return path

    def _policies(self) -> list[FalseDns]:
        return [policy for policy in self.experiment.policies if isinstance(policy, FalseDns)]

    def _interfere(self, policy: FalseDns) -> None:
        customers = [f"cust{n}" for n in range(self.experiment.homes)]
        if policy.kind == "redirected":
            inside(self.lab.namespace("isp"), lambda: feed(["nft", "-f", "-"], _detour(customers)))
        elif policy.kind == "injected":
            for interface in customers:
                argv = [sys.executable, "-m", "tests.lab.dns_injector", interface, policy.match, CENSOR]
                box = self.lab.spawn("isp", 0, argv, stdout=subprocess.PIPE, cwd=_REPOSITORY)
                self._boxes.append(box)
            for box in self._boxes:
                wait_for_line(box, b"ready")


def _detour(customers: list[str]) -> str:
    """Every question of a customer over UDP goes to the resolver that lies."""
    names = ", ".join(f'"{name}"' for name in customers)
    return (
        "table ip detour {\n  chain udp53 {\n    type nat hook prerouting priority -90; policy accept;\n"
        f"    iifname {{ {names} }} udp dport 53 dnat to {ISP_RESOLVER}:{LIAR_PORT}\n  }}\n}}\n"
    )

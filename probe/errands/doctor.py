"""The doctor: what this machine can and cannot measure, and why. Looks, sends nothing, needs no privileges."""

import importlib.util
import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from probe import link
from probe.cap import ledger_of
from probe.capacity import CapacityStore
from probe.dns_client import home_resolvers
from probe.errands.facts import MODULES, NETTESTS, PAIRS
from probe.families import SOMEWHERE, has_route
from probe.measurement.ticket import AddressFamily
from probe.pacing import SO_MAX_PACING_RATE
from probe.plan_store import PlanStore
from probe.state import Home
from probe.tcpinfo import SENDER, TickRecorder
from probe.trouble import Trouble

State = Literal["yes", "partly", "no"]
LEAST_FREE_BYTES: Final = 50_000_000
LEAST_MEMORY_BYTES: Final = 120_000_000
"""The agent's 55 MB and a child's, a little rounded."""


@dataclass(frozen=True)
class Check:
    """One finding: message ``doctor.<id>_<state>`` with ``facts``. ``limits`` names the nettests that it touches."""

    id: str
    state: State
    limits: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


ALL: Final = tuple(NETTESTS)
SERVICES: Final = tuple(name for name, facts in NETTESTS.items() if facts.meets != "responder")


def examine(home: Home, now_us: int) -> tuple[Check, ...]:
    """Every check, in the order in which they are shown."""
    checks: tuple[Callable[[], Check], ...] = (
        lambda: _joined(home),
        lambda: _budget(home, now_us),
        lambda: _capacity(home),
        lambda: _folder(home),
        lambda: _route("ipv4"),
        lambda: _route("ipv6"),
        _link,
        _counters,
        _tcp_info,
        _pacing,
        _resolver,
        partial(_extra, "dns"),
        partial(_extra, "quic"),
        _memory,
        _platform,
    )
    return tuple(check() for check in checks)


def _joined(home: Home) -> Check:
    if not home.joined:
        return Check("joined", "no", ALL, {"folder": str(home.folder)})
    try:
        membership = home.membership()
        plan = PlanStore(home.plan, membership.operator_key, second=membership.second_key).load()
    except Trouble as trouble:
        return Check("joined", "no", ALL, {"folder": f"{home.folder} ({trouble.code})"})
    off = tuple(sorted(set(NETTESTS) - {n.nettest for n in plan.nettests if n.enabled} - {"capacity"}))
    unwanted = SERVICES if not membership.agreed.direct else ()
    limits = tuple(dict.fromkeys((*off, *unwanted)))
    return Check("joined", "partly" if limits else "yes", limits, {"operator": plan.operator})


def _budget(home: Home, now_us: int) -> Check:
    try:
        membership = home.membership()
        plan = PlanStore(home.plan, membership.operator_key, second=membership.second_key).load()
        ledger = ledger_of(home, plan)
        cap_bytes, spent_bytes = ledger.cap_bytes, ledger.spent_bytes(now_us)
    except Trouble:
        return Check("budget", "no", ALL)
    left_bytes = max(0, cap_bytes - spent_bytes)
    short = tuple(
        name
        for name in ALL
        if name in ("dns", "reachability", "fetch") and left_bytes < NETTESTS[name].most_bytes
    )
    short += tuple(name for name in ("latency", *PAIRS, "capacity") if left_bytes < 50_000_000)
    return Check(
        "budget", "partly" if short else "yes", short, {"left_bytes": left_bytes, "cap_bytes": cap_bytes}
    )


def _capacity(home: Home) -> Check:
    try:
        bit_s = CapacityStore(home.capacity).bit_s()
    except Trouble:
        bit_s = None
    if bit_s is None:
        return Check("capacity", "partly", (*PAIRS, "latency"))
    return Check("capacity", "yes", (), {"bit_s": bit_s})


def _folder(home: Home) -> Check:
    place = home.folder if home.folder.exists() else home.folder.parent
    while not place.exists():  # ends: at the root
        place = place.parent
    if not os.access(place, os.W_OK):
        return Check("folder", "no", ALL, {"folder": str(home.folder)})
    free_bytes = shutil.disk_usage(place).free
    state: State = "yes" if free_bytes >= LEAST_FREE_BYTES else "partly"
    return Check("folder", state, ALL if state == "partly" else (), {"free_bytes": free_bytes})


def _route(family: AddressFamily) -> Check:
    """One family is enough to measure in; without either nothing can be."""
    if has_route(family):
        return Check(family, "yes")
    other: AddressFamily = "ipv6" if family == "ipv4" else "ipv4"
    return Check(family, "no", () if has_route(other) else ALL)


def _survey() -> link.Survey:
    """Of the way out, in the first family that has one."""
    return link.survey(SOMEWHERE[next((family for family in SOMEWHERE if has_route(family)), "ipv4")])


def _link() -> Check:
    facts = _survey().link
    if facts.tunnel:
        return Check("link", "no", ALL, {"kind": "VPN"})
    state: State = "yes" if facts.kind == "wired" else "partly"
    return Check("link", state, () if state == "yes" else (*PAIRS, "latency"), {"kind": facts.kind})


def _counters() -> Check:
    found = _survey()
    if found.counters is None:
        return Check("counters", "partly", ALL)
    return Check("counters", "yes", (), {"interface": found.interface})


def _tcp_info() -> Check:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        told = TickRecorder(sock, SENDER).note(0, 0)
    return Check("tcp_info", "yes" if told else "partly", () if told else ("replay_tls", "replay_http"))


def _pacing() -> Check:
    """Whether a sender may pace here: a home's uploads do."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, 1_000_000)
    except OSError:
        return Check("pacing", "partly", ("replay_tls",))
    return Check("pacing", "yes")


def _resolver() -> Check:
    try:
        found = home_resolvers()
    except ImportError:
        return Check("resolver", "partly", ("dns",))
    return Check("resolver", "yes" if found else "no", () if found else ("dns", "fetch", "reachability"))


def _extra(name: str) -> Check:
    present = importlib.util.find_spec(MODULES[name]) is not None
    limits = tuple(nettest for nettest, facts in NETTESTS.items() if facts.extra == name)
    return Check(f"{name}_extra", "yes" if present else "no", () if present else limits)


def _memory() -> Check:
    try:
        rows = dict(
            line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines() if ":" in line
        )
        free_bytes = int(rows["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return Check("memory", "partly")
    enough = free_bytes >= LEAST_MEMORY_BYTES
    return Check(
        "memory", "yes" if enough else "partly", () if enough else SERVICES, {"free_bytes": free_bytes}
    )


def _platform() -> Check:
    state: State = "yes" if sys.platform == "linux" else "partly"
    version = ".".join(map(str, sys.version_info[:3]))
    return Check(
        "platform", state, () if state == "yes" else ALL, {"system": sys.platform, "python": version}
    )

"""``isonomia-probe doctor`` says of each thing that is missing what it is, why it matters and which nettests it touches."""

import importlib.util
import sys
from collections.abc import Callable
from typing import Any

import pytest

from probe import link
from probe.cli import main
from probe.errands import doctor
from probe.errands.doctor import ALL, SERVICES, Check, State, examine
from probe.errands.facts import PAIRS
from probe.link import Survey
from probe.measurement.envelope import Link
from probe.messages import MESSAGES
from tests.probe.conftest import now_us

Spoil = Callable[[pytest.MonkeyPatch], None]


def without_module(name: str) -> Spoil:
    """An extra that is not installed."""

    def spoil(monkeypatch: pytest.MonkeyPatch) -> None:
        known = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda asked, *more: None if asked == name else known(asked, *more)
        )

    return spoil


def without_route(*families: str) -> Spoil:
    """A line that has no way out in these families."""
    return lambda monkeypatch: monkeypatch.setattr(doctor, "has_route", lambda asked: asked not in families)


def behind(kind: Any, *, tunnel: bool = False) -> Spoil:
    """A machine that hangs on the home network so, and cannot read its counters."""
    survey = Survey(interface="x0", link=Link(kind=kind, tunnel=tunnel))
    return lambda monkeypatch: monkeypatch.setattr(link, "survey", lambda _address: survey)


def without_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that was told no resolver."""
    monkeypatch.setattr(doctor, "home_resolvers", list)


def on_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that is not Linux."""
    monkeypatch.setattr(sys, "platform", "plan9")


CASES: dict[str, tuple[Spoil, str, State, tuple[str, ...]]] = {
    "no IPv4": (without_route("ipv4"), "ipv4", "no", ()),
    "no IPv6": (without_route("ipv6"), "ipv6", "no", ()),
    "neither family": (without_route("ipv4", "ipv6"), "ipv6", "no", ALL),
    "a VPN": (behind("unknown", tunnel=True), "link", "no", ALL),
    "Wi-Fi": (behind("wifi"), "link", "partly", (*PAIRS, "latency")),
    "no counters": (behind("wired"), "counters", "partly", ALL),
    "no aioquic": (without_module("aioquic"), "quic_extra", "no", ("replay_quic",)),
    "no resolver": (without_resolver, "resolver", "no", ("dns", "fetch", "reachability")),
    "not Linux": (on_another_system, "platform", "partly", ALL),
}


def checks(home: Any) -> dict[str, Check]:
    """What the doctor finds, by id."""
    return {check.id: check for check in examine(home, now_us())}


@pytest.mark.parametrize("case", CASES)
def test_what_is_missing_and_what_it_touches(
    case: str, joined: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Each lack is told by its own check, with the nettests it limits, in both languages."""
    spoil, identifier, state, limits = CASES[case]
    spoil(monkeypatch)
    found = checks(joined)[identifier]
    assert (state, set(limits)) == (found.state, set(found.limits))
    for language in ("fr", "en"):
        assert main(["doctor", "--home", str(joined.folder), "--lang", language]) in (0, 1)
        said = MESSAGES[f"doctor.{identifier}_{state}"][language].split("{")[0].strip()
        assert said.replace(" ;", "\u202f;").replace(" :", "\u00a0:") in capsys.readouterr().out


def test_nothing_can_be_measured_through_a_vpn(joined: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stops every nettest ends with exit 1; a missing extra alone does not."""
    monkeypatch.setattr(doctor, "has_route", lambda _family: True)
    without_module("aioquic")(monkeypatch)
    assert 0 == main(["doctor", "--home", str(joined.folder), "--json"])
    behind("unknown", tunnel=True)(monkeypatch)
    assert 1 == main(["doctor", "--home", str(joined.folder), "--json"])


def test_every_finding_has_its_words(joined: Any) -> None:
    """No check can end in a state that nothing is said of; services' nettests are those that meet others than responders."""
    assert {"dns", "fetch", "reachability"} == set(SERVICES)
    for identifier, check in checks(joined).items():
        assert {"fr", "en"} == set(MESSAGES[f"doctor.{identifier}_{check.state}"])

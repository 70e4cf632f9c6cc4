"""Grades 3 and 4, and whether a network may be named: what a finding of grade 2 must stand besides (detection.md 9).

Everything here rests on the pairs of vetted homes alone, so that no key that anybody could have made carries it
(integrity.md 5). Each condition has an id, and a finding shows which of them hold: a grade can be recomputed from its checks.
What cannot be known of a cell (nothing registered, nothing measured) does not hold.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.cell import Cell, evidence
from analysis.decide import Decision
from analysis.elsewhere import Asked, other_providers, state_of
from analysis.gates import remembers
from analysis.mechanism import mechanism_of
from analysis.quarter import Beside, examined
from analysis.registration import GATE_ROLES, Registration
from analysis.stats.cell import rho_at_bars
from analysis.stats.ebh import NEAR, ebh
from analysis.stats.effect import Effect, effect
from analysis.stats.pair import Hypothesis
from analysis.stats.parameters import Parameters
from analysis.stats.second_tests import SecondTests, benjamini_hochberg, second_tests

STRONG_HOMES: Final = 5
CONCLUSIVE_HOMES: Final = 10
CHANNELS: Final = 2
PART_LOG_E: Final = math.log(20)
RHO_AT_BAR: Final = 0.05
STRICT_Q: Final = 0.01
STRATA: Final = ("owned", "spoofed_popular")

STRONG: Final = (
    "responder_keys", "first_registration", "one_family",
    "report_date", "vetted_homes", "channels", "vetted_alone", "without_any_channel", "owned", "spoofed_popular",
    "rho", "effect", "order", "gates", "digests", "second_test",
)  # fmt: skip
"""What grade 3 needs."""
NAMEABLE: Final = ("strict_ebh", "lone_bar")
"""What a network's name in public needs besides (integrity.md 10)."""
CONCLUSIVE: Final = (
    *NAMEABLE, "ten_homes", "strict_second_test", "halves", "second_operator", "other_networks", "mechanism",
)  # fmt: skip
"""What grade 4 needs besides."""


@dataclass(frozen=True)
class Grading:
    """The checks of a cell that was found to differ, and its second tests; empty for any other."""

    checks: Mapping[str, bool]
    second: SecondTests | None = None

    @property
    def grade(self) -> Literal[2, 3, 4]:
        """The grade that the checks give."""
        if not self.holds(STRONG):
            return 2
        return 4 if self.holds(CONCLUSIVE) else 3

    @property
    def nameable(self) -> bool:
        """Whether a network may be named in public, after notice and reply."""
        return self.holds((*STRONG, *NAMEABLE))

    def holds(self, names: Sequence[str]) -> bool:
        """Whether all of these hold."""
        return all(self.checks.get(name, False) for name in names)


NO_GRADING: Final = Grading({})


@dataclass(frozen=True)
class Circumstances:
    """What grades need to know beside the cells. ``vetted``: the channel of each vetted key; ``beside``: the quarter's other registrations."""

    registration: Registration
    registration_sha256: str
    vetted: Mapping[str, str]
    report_date: bool
    beside: Beside = field(default_factory=dict)

    @property
    def examined(self) -> int:
        """How many hypotheses were examined in the quarter, as far as anybody knows."""
        known = (one for one in self.beside.values() if one is not None)
        return self.registration.hypotheses + sum(known)


def gradings(decisions: Sequence[Decision], parameters: Parameters, about: Circumstances) -> list[Grading]:
    """The grading of each decision, in order."""
    hypotheses = about.examined
    found = [index for index, one in enumerate(decisions) if one.direction is not None]
    trusted = {index: of_vetted(decisions[index].cell, about.vetted) for index in found}
    tests = {
        index: second_tests(trusted[index].table, parameters, _side(decisions[index]), hypotheses)
        for index in found
    }
    p = [tests[index].p for index in found]
    by_q = {
        q: dict(zip(found, benjamini_hochberg(p, hypotheses, q), strict=True))
        for q in (parameters.q, STRICT_Q)
    }
    strict = ebh(
        [_log_e(trusted[index], _side(decisions[index]), parameters) for index in found], hypotheses, STRICT_Q
    )
    strictly = dict(zip(found, strict.rejected, strict=True))
    family = ebh([decisions[index].leading.evidence.log_e for index in found], hypotheses, parameters.q)
    stands = dict(zip(found, family.rejected, strict=True))
    graded: list[Grading] = [NO_GRADING] * len(decisions)
    for index in found:
        checks = {
            **_strong(decisions[index], trusted[index], parameters, about, family.log_bar),
            "one_family": stands[index] and examined(about.registration, about.beside) is not None,
            **_conclusive(decisions[index], trusted[index], decisions, parameters, about),
            "second_test": by_q[parameters.q][index],
            "strict_second_test": by_q[STRICT_Q][index],
            "strict_ebh": strictly[index],
        }
        graded[index] = Grading({name: checks[name] for name in (*STRONG, *CONCLUSIVE)}, tests[index])
    return graded


def _strong(
    decision: Decision, cell: Cell, parameters: Parameters, about: Circumstances, family_bar: float
) -> dict[str, bool]:
    """What grade 3 needs; ``family_bar`` is the bar of all that was registered for the quarter."""
    side = _side(decision)
    channel = np.array([about.vetted[pair.home] for pair in cell.pairs], dtype=object)
    stratum = np.array([pair.stratum for pair in cell.pairs], dtype=object)
    channels = sorted(set(channel.tolist()))
    gates = {one.gate: one.status for one in decision.gates}
    bar = max(decision.log_bar, family_bar) + NEAR
    return {
        "responder_keys": bool(about.registration.responder_keys),
        "first_registration": not about.registration.second,
        "report_date": about.report_date,
        "vetted_homes": cell.homes >= STRONG_HOMES,
        "channels": len(channels) >= CHANNELS,
        "vetted_alone": _log_e(cell, side, parameters) >= bar,
        "without_any_channel": bool(channels)
        and all(_log_e(cell.take(channel != one), side, parameters) >= bar for one in channels),
        **{one: _log_e(cell.take(stratum == one), side, parameters) >= PART_LOG_E + NEAR for one in STRATA},
        "rho": _rho_at(decision, bar - NEAR, parameters) >= RHO_AT_BAR,
        "effect": _beyond(effect(cell.metric(decision.metric), cell.home), decision, parameters),
        "order": not remembers(decision.split),
        "gates": all(gates.get(role) == "passed" for role in GATE_ROLES)
        and all(one.status == "passed" for one in decision.gates),
        "digests": cell.missing.digests and not cell.missing.many_discards,
    }


def _conclusive(
    decision: Decision,
    cell: Cell,
    decisions: Sequence[Decision],
    parameters: Parameters,
    about: Circumstances,
) -> dict[str, bool]:
    side = _side(decision)
    first_half = np.array(
        [half_of(about.registration_sha256, cell.lines[line]) for line in cell.home.tolist()]
    )
    operator_of = {one.id: one.operator for one in about.registration.responders}
    operators = np.array([operator_of.get(pair.responder, "") for pair in cell.pairs], dtype=object)
    known = sorted(set(operators.tolist()) - {""})
    lone_bar = math.log(about.examined / STRICT_Q) + NEAR

    def part(which: NDArray[np.bool_]) -> bool:
        return _log_e(cell.take(which), side, parameters) >= PART_LOG_E + NEAR

    return {
        "lone_bar": _log_e(cell, side, parameters) >= lone_bar,
        "ten_homes": cell.homes >= CONCLUSIVE_HOMES,
        "halves": bool(len(first_half)) and part(first_half == 0) and part(first_half == 1),
        "second_operator": sum(part(operators == one) for one in known) >= 2,
        "other_networks": _absent_elsewhere(decision, decisions, parameters, about),
        "mechanism": side == "slowed" and mechanism_of(cell).name != "unknown",
    }


def half_of(registration_sha256: str, home: str) -> int:
    """Which half a home is in: the first bit of SHA-256(registration | home) (integrity.md 6).

    >>> [half_of("ab", home) for home in ("h1", "h2", "h3", "h4")]
    [0, 1, 0, 0]
    """
    return sha256(f"{registration_sha256}|{home}".encode()).digest()[0] >> 7


def _absent_elsewhere(
    decision: Decision, decisions: Sequence[Decision], parameters: Parameters, about: Circumstances
) -> bool:
    """Whether vetted homes on another provider's network *show* that it is absent there; to have found nothing is not enough."""
    asked = Asked(decision.metric, _side(decision), parameters)
    return any(
        state_of(of_vetted(other.cell, about.vetted), asked) == "absent"
        for other in other_providers(decision, decisions, about.registration)
    )


def _rho_at(decision: Decision, log_bar: float, parameters: Parameters) -> float:
    """The share of odd homes at which it would fall below the bar."""
    if log_bar <= decision.log_bar:
        return decision.leading.rho_at_bar
    return float(rho_at_bars([decision.leading.evidence.terms], parameters, log_bar)[0])


def _beyond(over: Effect | None, decision: Decision, parameters: Parameters) -> bool:
    """Whether the interval of the effect lies beyond the margin, in the finding's direction."""
    if over is None or over.low is None or over.high is None:
        return False
    margins = {"loss": parameters.delta_loss, "fail": parameters.delta_fail}
    margin = margins.get(decision.metric, parameters.delta_log)
    return over.high < -margin if decision.direction == "slowed" else over.low > margin


def of_vetted(cell: Cell, vetted: Mapping[str, str]) -> Cell:
    """The pairs of vetted homes alone."""
    return cell.take(np.array([pair.home in vetted for pair in cell.pairs], dtype=np.bool_))


def _log_e(cell: Cell, side: Hypothesis, parameters: Parameters) -> float:
    return evidence(cell, side, parameters).log_e


def _side(decision: Decision) -> Hypothesis:
    return decision.leading.evidence.hypothesis

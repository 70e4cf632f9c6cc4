"""Gate cells: names of ours that are measured all the time, so that the measuring itself is tested (detection.md 4.12).

negative: a control name against control names. Nothing may differ: |d| < .01 for paced pairs, for they are precise
enough that a bias of 1 % would count; round-trip time, loss and failures by no more than a finding allows for. It passes where
all of that is shown, and says of each metric what it leaves open: what was not seen to fail in few pairs may fail yet.
placebo: names that nobody has a reason to treat, as originals. Homes in which they differ are odd for a reason of their
own, and there may be no more of them than rho allows; a network on which a placebo "differs" has no findings.
positive: a name that we throttle ourselves, in each direction. Where it is not found, neither would be a real throttle.
neutral: a spoofed-popular name against owned ones. A network on which these differ has no neutral control.

A gate passes, fails or is unknown, for too little was measured. What that means for a cell stands in ``gates``.
"""

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec
import numpy as np
from scipy.stats import binom

from analysis.cell import Cell, assemble, evidence
from analysis.observe.record import Observation
from analysis.registration import CellKey, GateRole, Registration
from analysis.stats.ebh import NEAR
from analysis.stats.effect import FEWEST_HOMES, Effect, effect, share_of_homes
from analysis.stats.home import home_evidence, own_log_e
from analysis.stats.pair import HYPOTHESES
from analysis.stats.parameters import Parameters
from analysis.uneven import failure_bounds, is_uneven, odd_lines

Status = Literal["passed", "failed", "unknown"]
EVERYWHERE: Final = "all"

LARGEST_BIAS: Final = 0.01
"""ln units of rate (detection.md 4.12)."""
ALARM: Final = 0.01
"""How probable a gate's failure may be where nothing is wrong."""
ODD_E: Final = 40.0
"""A home is odd if its own E reaches this in either direction: under the null at most 2 / 40 = 5 % do."""
DIFFERS_E: Final = 20.0
PLACEBO_HOMES: Final = 5
HOME_PAIRS: Final = 5
POSITIVE_HOMES: Final = 10
"""With so many homes of so many pairs a missed positive control is a fault, and not a lack of data."""
OWNED: Final = "owned"
US_PER_WEEK: Final = 7 * 86_400_000_000


class GateResult(msgspec.Struct, frozen=True, kw_only=True):
    """One gate, where it was tried: ``scope`` is a network ("AS64500"), a direction, or "all" of the quarter.

    ``value``, ``low``, ``high``: of ``negative`` and ``neutral`` the effect on rate (ln), of ``placebo`` the share of odd
    homes, of ``positive`` ln E. ``left_open`` is of ``negative`` alone: by metric the largest bias that its interval leaves
    open (ln units of thr and rtt, shares of loss and fail); a metric that is not there was not measured. ``odd_lines`` of
    ``negative`` failed one label for a reason of their own, and their failures were set aside (``uneven.odd_lines``).
    """

    gate: GateRole
    scope: str
    status: Status
    homes: int
    pairs: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    left_open: dict[str, float] | None = None
    odd_lines: int | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True)
class Standing:
    """All gates of a look. ``weeks``: by direction, weeks (since 1970) in which the positive control was slowed as it should be."""

    roles: frozenset[GateRole] = frozenset()
    results: tuple[GateResult, ...] = ()
    weeks: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def of(self, networks: Iterable[str], direction: str) -> tuple[GateResult, ...]:
        """The results that speak of these networks; what was registered and not tried there is unknown."""
        on = sorted(set(networks))
        found = tuple(result for result in self.results if result.scope in {EVERYWHERE, direction, *on})
        tried = {(one.gate, one.scope) for one in found}
        wanted = {"neutral": on, "negative": [direction], "positive": [direction]}
        missing = [
            (role, scope)
            for role in sorted(self.roles)
            for scope in wanted.get(role, [EVERYWHERE])
            if (role, scope) not in tried
        ]
        untried = tuple(
            GateResult(gate=role, scope=scope, status="unknown", homes=0, pairs=0) for role, scope in missing
        )
        return (*found, *untried)


NOTHING_REGISTERED: Final = Standing()


def network_of(pair: Observation) -> str:
    """The network a pair was measured on, as a scope."""
    return "unknown" if pair.asn is None else f"AS{pair.asn}"


def standing_of(
    registration: Registration,
    by_cell: Mapping[CellKey, Sequence[Observation]],
    line_of: Mapping[str, str],
    parameters: Parameters,
    vetted: Container[str] = frozenset(),
) -> Standing:
    """Every registered gate, tried on its pairs; ``vetted`` are the keys of vetted homes."""
    pairs: dict[GateRole, list[Observation]] = {gate.role: [] for gate in registration.gates}
    for key, role in registration.gate_cells.items():
        pairs[role] += by_cell.get(key, ())

    def joined(some: Iterable[Observation]) -> Cell:
        return assemble(CellKey("", "", "", "", ""), some, line_of, parameters, vetted=vetted)

    results: list[GateResult] = []
    weeks: dict[str, frozenset[int]] = {}
    for role, mine in pairs.items():
        if role == "negative":
            paced = _by_direction(one for one in mine if one.variant == "paced")
            results += [_negative(way, joined(some), parameters) for way, some in paced.items()]
        elif role == "placebo":
            results += _placebo(mine, joined, parameters, vetted)
        elif role == "positive":
            cells = {way: joined(some) for way, some in _by_direction(mine).items()}
            results += [_positive(way, cell, parameters) for way, cell in cells.items()]
            weeks = {way: _weeks(cell, parameters) for way, cell in cells.items()}
        else:
            owned = [one for one in mine if one.stratum == OWNED]
            results += [_neutral(net, joined(some), parameters) for net, some in _by_network(owned).items()]
    return Standing(frozenset(pairs), tuple(sorted(results, key=lambda one: (one.gate, one.scope))), weeks)


def _by_direction(pairs: Iterable[Observation]) -> dict[str, list[Observation]]:
    found: dict[str, list[Observation]] = {}
    for pair in pairs:
        found.setdefault(pair.direction, []).append(pair)
    return dict(sorted(found.items()))


def _by_network(pairs: Iterable[Observation]) -> dict[str, list[Observation]]:
    found: dict[str, list[Observation]] = {}
    for pair in pairs:
        found.setdefault(network_of(pair), []).append(pair)
    return dict(sorted(found.items()))


def _negative(direction: str, cell: Cell, parameters: Parameters) -> GateResult:
    """Whether the instrument favours a label: by effects on rate, delay and loss, and by which label fails."""
    bounds = {"thr": LARGEST_BIAS, "rtt": parameters.delta_log, "loss": parameters.delta_loss}
    effects = {metric: effect(cell.metric(metric), cell.home) for metric in bounds}
    states = {_within(effects[metric], bound) for metric, bound in bounds.items()}
    left_open = {
        metric: max(abs(over.low), abs(over.high))
        for metric, over in effects.items()
        if over is not None and over.low is not None and over.high is not None
    }
    odd = odd_lines(cell.table.d_fail, cell.home, parameters.rho, parameters.delta_fail)
    d_fail = cell.table.d_fail[~np.isin(cell.home, list(odd))]
    left_open["fail"] = max(map(abs, failure_bounds(d_fail)))
    status: Status = "unknown"
    if is_uneven(d_fail) or "failed" in states:
        status = "failed"
    elif states == {"passed"} and left_open["fail"] < parameters.delta_fail:
        status = "passed"
    result = _result("negative", direction, status, cell, effects["thr"])
    return msgspec.structs.replace(result, left_open=left_open, odd_lines=len(odd) or msgspec.UNSET)


def _within(over: Effect | None, bound: float) -> Status:
    """Whether an effect is shown to lie within a bound, or beyond it; unknown where the interval reaches over."""
    if over is None or over.low is None or over.high is None:
        return "unknown"
    if over.low >= bound or over.high <= -bound:
        return "failed"
    inside = -bound < over.low and over.high < bound and over.homes >= FEWEST_HOMES
    return "passed" if inside else "unknown"


def _placebo(
    pairs: Sequence[Observation],
    joined: Callable[[Iterable[Observation]], Cell],
    parameters: Parameters,
    vetted: Container[str],
) -> list[GateResult]:
    """How many homes are odd; and whether a whole network treats a placebo otherwise.

    Anybody can make odd homes: where there are PLACEBO_HOMES vetted ones, these alone say that it fails. Where all together would
    have failed it, it is unknown, for as many odd homes may be among those that accuse.
    """
    whole = joined(pairs)
    if not whole.pairs:
        return []
    odd, homes = _odd_homes(whole, parameters)
    status = _placebo_status(odd, homes, parameters)
    odd_vetted, vetted_homes = _odd_homes(joined(one for one in pairs if one.home in vetted), parameters)
    trusted = _placebo_status(odd_vetted, vetted_homes, parameters)
    if status == "failed" and trusted == "passed":
        status = "unknown"
    if trusted == "failed":
        status = "failed"
    share = share_of_homes(odd, homes) if homes else None
    results = [
        GateResult(
            gate="placebo",
            scope=EVERYWHERE,
            status=status,
            homes=homes,
            pairs=len(whole.pairs),
            value=share.value if share else None,
            low=share.low if share else None,
            high=share.high if share else None,
        )
    ]
    networks = _by_network(pairs)
    bar = math.log(max(1, len(networks)) * len(HYPOTHESES) / ALARM)
    for network, some in networks.items():
        cell = _believed(joined(some), joined(one for one in some if one.home in vetted))
        if _largest_log_e(cell, parameters) >= bar:
            results.append(_result("placebo", network, "failed", cell, effect(cell.metric("thr"), cell.home)))
    return results


def _believed(every: Cell, of_vetted: Cell) -> Cell:
    """The pairs of vetted homes alone where there are enough of these."""
    return of_vetted if of_vetted.homes >= PLACEBO_HOMES else every


def _odd_homes(cell: Cell, parameters: Parameters) -> tuple[int, int]:
    """How many homes with enough pairs are odd, and of how many."""
    if not cell.pairs:
        return 0, 0
    enough = np.bincount(cell.home, minlength=len(cell.lines)) >= HOME_PAIRS
    own = [
        own_log_e(home_evidence(cell.table, parameters, side, clusters=len(cell.lines)), parameters)
        for side in HYPOTHESES
    ]
    odd = (np.maximum(*own) >= math.log(ODD_E) + NEAR) & enough
    return int(odd.sum()), int(enough.sum())


def _placebo_status(odd: int, homes: int, parameters: Parameters) -> Status:
    if homes < PLACEBO_HOMES:
        return "unknown"
    chance = parameters.rho + (1 - parameters.rho) * len(HYPOTHESES) / ODD_E
    return "failed" if float(binom.sf(odd - 1, homes, chance)) < ALARM else "passed"


def _positive(direction: str, cell: Cell, parameters: Parameters) -> GateResult:
    slowed, favoured = (evidence(cell, side, parameters).log_e for side in HYPOTHESES)
    bar = math.log(DIFFERS_E) + NEAR
    full = int((np.bincount(cell.home, minlength=len(cell.lines)) >= HOME_PAIRS).sum()) if cell.pairs else 0
    status: Status = "unknown"
    if favoured >= bar or (full >= POSITIVE_HOMES and slowed < bar):
        status = "failed"
    elif slowed >= bar:
        status = "passed"
    return GateResult(
        gate="positive", scope=direction, status=status, homes=len(cell.lines), pairs=len(cell.pairs), value=slowed
    )  # fmt: skip


def _weeks(cell: Cell, parameters: Parameters) -> frozenset[int]:
    """Weeks in which most pairs of the positive control, three at least, were slowed beyond delta."""
    slowed: dict[int, list[bool]] = {}
    for pair, d_thr in zip(cell.pairs, cell.metric("thr").tolist(), strict=True):
        slowed.setdefault(week_of(pair), []).append(d_thr < -parameters.delta_log)
    return frozenset(week for week, seen in slowed.items() if len(seen) >= 3 and sum(seen) * 2 > len(seen))


def week_of(pair: Observation) -> int:
    """The week of a pair, counted from 1970 in UTC."""
    return pair.opened_at_us // US_PER_WEEK


def _neutral(network: str, cell: Cell, parameters: Parameters) -> GateResult:
    over = effect(cell.metric("thr"), cell.home)
    differs = _largest_log_e(cell, parameters) >= math.log(DIFFERS_E)
    return _result(
        "neutral", network, "failed" if differs else _within(over, parameters.delta_log), cell, over
    )


def _largest_log_e(cell: Cell, parameters: Parameters) -> float:
    return max(evidence(cell, side, parameters).log_e for side in HYPOTHESES)


def _result(gate: GateRole, scope: str, status: Status, cell: Cell, over: Effect | None) -> GateResult:
    return GateResult(
        gate=gate,
        scope=scope,
        status=status,
        homes=len(cell.lines),
        pairs=len(cell.pairs),
        value=over.value if over else None,
        low=over.low if over else None,
        high=over.high if over else None,
    )

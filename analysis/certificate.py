"""Certificates of equivalence: what was shown not to be slowed, and for how many homes (integrity.md 10).

"Not different" is not "equal". A certificate is issued only where the mirrored e-process of ``stats.acquittal`` passes
e-BH over all registered cells at q, on vetted homes alone, and every condition below holds; each has an id, and a finding
shows those that are wanting. Nor may originals fail more often than controls (``failures``). It speaks of rate, towards our responders, below a pace and beyond 10 %, in all but a stated
share of homes, and of nothing else.

It names the transports that were shown, each by its own pairs: those of which CONCLUSIVE_HOMES vetted homes have enough by day, in
the evening and long. "One of these is slowed" is as many hypotheses as there are transports, and the smallest E counts, as of day
and evening. A pair or two of another transport neither help nor hinder, and it is not named. Each of two responder networks, and
the unpublished responders, take ENOUGH_HOMES homes with as many pairs each, and none may point the other way.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from analysis.cell import Cell
from analysis.decide import Decision
from analysis.direct.contrary import Against, nothing
from analysis.elsewhere import ENOUGH_HOMES
from analysis.gate_cells import Standing, week_of
from analysis.grading import CHANNELS, CONCLUSIVE_HOMES, Circumstances, of_vetted
from analysis.quarter import examined
from analysis.rate import tails_mbit_s
from analysis.registration import GATE_ROLES, Registration
from analysis.scale.scheduler import Each, here
from analysis.stats.acquittal import NOTHING_SHOWN, SHARES, Acquittal, acquittal
from analysis.stats.ebh import NEAR, ebh
from analysis.stats.pair import HYPOTHESES
from analysis.stats.parameters import Parameters
from analysis.uneven import failure_bounds, is_uneven, odd_lines
from collector.quarters import EPOCH

PACE_REACHED: Final = 0.9
"""Of the catalogue pace: a control at it delivers some 4 % less as payload."""
HALF: Final = 0.5
MIN_NETWORKS: Final = 2

CONDITIONS: Final = (
    "responder_keys", "first_registration", "one_family",
    "nothing_contrary", "report_date", "vetted_homes", "channels", "without_any_channel", "pace", "positive_control",
    "responder_networks", "gates", "digests", "failures", "proved",
)  # fmt: skip


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What was shown of a cell. ``issued`` if nothing is ``wanting``, else the ids of CONDITIONS that do not hold.

    ``share``: at most so many homes may be slowed for the claim to be true; ``share_proved`` the smallest share of those tried
    that the evidence rules out at the same bar, ``None`` if none; ``margin``: as a share of the rate; ``pace_mbit_s``: the
    catalogue pace, ``None`` where none is registered; ``log_bar`` what ln E had to reach; ``homes`` are vetted, with enough
    pairs by day, in the evening and long, in each transport that is named; ``contrary``: those of them that lost their stake;
    ``first_day`` and ``last_day`` in UTC; ``transport``: those that it names, or all where no vetted home measured. ``against`` is what nettests without pairs met on the brand's networks, "rule AS64500".
    ``longest_run_s``: what comes later in a connection was seen by nobody.
    """

    issued: bool
    wanting: tuple[str, ...]
    share: float
    share_proved: float | None
    margin: float
    pace_mbit_s: float | None
    transport: str
    log_e: float
    log_bar: float
    homes: int
    contrary: int
    first_day: str
    last_day: str
    against: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    longest_run_s: float | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True)
class Shown:
    """What vetted homes say for a cell in the transports of which enough have enough pairs."""

    acquittal: Acquittal
    transports: tuple[str, ...]

    def part(self, cell: Cell) -> Cell:
        """The pairs in these transports."""
        return cell.take(np.array([pair.nettest in self.transports for pair in cell.pairs], dtype=np.bool_))


def certificates(
    decisions: Sequence[Decision],
    parameters: Parameters,
    about: Circumstances,
    standing: Standing,
    each: Each = here,
    direct: Callable[[], frozenset[Against]] = nothing,
) -> list[Certificate | None]:
    """A certificate, or why there is none, for each undetermined decision with pairs, in order; else ``None``.

    ``direct`` tells what nettests without pairs met; it is asked only where enough vetted homes are there for a certificate.
    """
    registration = about.registration
    share = registration.certificate_share
    acquit = partial(acquittals, vetted=about.vetted, parameters=parameters, share=share)
    shown = each(acquit, [decision.cell for decision in decisions])
    # What is invalid or contradicted acquits nobody, and must not help others over the bar.
    asked = any(seen.acquittal.homes >= CONCLUSIVE_HOMES for seen in shown)
    met = direct() if asked else frozenset[Against]()
    against = [_against(decision, registration, met) for decision in decisions]
    clear = [
        _clear(decision, seen.acquittal, parameters) and not contrary
        for decision, seen, contrary in zip(decisions, shown, against, strict=True)
    ]
    log_e = [seen.acquittal.log_e if ok else 0.0 for seen, ok in zip(shown, clear, strict=True)]
    family = len(decisions) + (about.examined - registration.hypotheses) // len(HYPOTHESES)
    result = ebh(log_e, family, parameters.q) if decisions else None
    found: list[Certificate | None] = []
    for index, decision in enumerate(decisions):
        if result is None or not decision.cell.pairs or decision.outcome != "undetermined":
            found.append(None)
            continue
        bar = result.log_bar if result.rejected[index] else result.log_next_bar
        vetted = of_vetted(decision.cell, about.vetted)
        holds = {
            **_conditions(decision, shown[index].part(vetted), parameters, about, standing),
            "nothing_contrary": clear[index],
            "vetted_homes": shown[index].acquittal.homes >= CONCLUSIVE_HOMES,
            "proved": result.rejected[index],
        }
        one = _certificate(decision.cell, shown[index], holds, registration, bar)
        found.append(msgspec.structs.replace(one, against=against[index] or msgspec.UNSET))
    return found


def acquittals(
    cells: Sequence[Cell], vetted: Mapping[str, str], parameters: Parameters, share: float
) -> list[Shown]:
    """What the vetted homes of each cell say for it."""
    return [_shown(of_vetted(cell, vetted), parameters, share) for cell in cells]


def _shown(cell: Cell, parameters: Parameters, share: float) -> Shown:
    """Of all transports with enough homes, or of the one with most pairs where none has."""
    nettest = np.array([pair.nettest for pair in cell.pairs], dtype=object)
    pairs = Counter(nettest.tolist())
    if not pairs:
        return Shown(NOTHING_SHOWN, ())
    of = {name: acquittal(cell.take(nettest == name).table, parameters, share) for name in sorted(pairs)}
    enough = tuple(name for name, seen in of.items() if seen.homes >= CONCLUSIVE_HOMES)
    named = enough or (min(of, key=lambda name: (-pairs[name], name)),)
    parts = [of[name] for name in named]
    return Shown(
        Acquittal(
            log_e=min(one.log_e for one in parts),
            by_share=tuple(min(one.by_share[n] for one in parts) for n in range(len(SHARES))),
            homes=min(one.homes for one in parts),
            contrary=max(one.contrary for one in parts),
        ),
        named,
    )


def _against(decision: Decision, registration: Registration, met: frozenset[Against]) -> tuple[str, ...]:
    """What was met of the cell's service on its brand's networks."""
    key = decision.cell.key
    asns = registration.asns.get(key.brand, ())
    own = {f"{one.rule} AS{one.network}" for one in met if one.service == key.service and one.network in asns}
    return tuple(sorted(own))


def _clear(decision: Decision, seen: Acquittal, parameters: Parameters) -> bool:
    """Whether nothing speaks against it: no finding, no weak sign, no run of one label refuted more often, no more homes that lost all than rho would have."""
    quiet = not (decision.slowed.weak or decision.favoured.weak)
    even = not decision.cell.refuted.uneven
    few = seen.contrary <= math.ceil(2 * parameters.rho * seen.homes)
    return decision.outcome == "undetermined" and quiet and few and even


def _conditions(
    decision: Decision,
    cell: Cell,
    parameters: Parameters,
    about: Circumstances,
    standing: Standing,
) -> dict[str, bool]:
    registration = about.registration
    channel = np.array([about.vetted[pair.home] for pair in cell.pairs], dtype=object)
    channels = sorted(set(channel.tolist()))
    share = registration.certificate_share
    without = [acquittal(cell.take(channel != one).table, parameters, share).log_e for one in channels]
    status = {one.gate: one.status for one in decision.gates}
    return {
        "responder_keys": bool(registration.responder_keys),
        "first_registration": not registration.second,
        "one_family": examined(registration, about.beside) is not None,
        "report_date": about.report_date,
        "channels": len(channels) >= CHANNELS,
        # Leaving out a channel takes homes away: the rest must not point the other way, but need not prove it alone.
        "without_any_channel": bool(without) and min(without) >= 0.0,
        "pace": _pace_reached(cell, registration),
        "positive_control": bool(cell.pairs)
        and {week_of(pair) for pair in cell.pairs} <= standing.weeks.get(cell.key.direction, frozenset()),
        "responder_networks": _two_networks(cell, registration, parameters),
        "gates": all(status.get(role) == "passed" for role in GATE_ROLES)
        and all(one.status == "passed" for one in decision.gates),
        "digests": cell.missing.digests and not cell.missing.many_discards,
        "failures": _fails_alike(cell, parameters),
    }


def _fails_alike(cell: Cell, parameters: Parameters) -> bool:
    """Whether originals are shown to fail no more often than the margin allows, and not unevenly but for a few odd lines.

    A pair whose original failed loses its stake in the acquittal, and the others win it back: a small share of resets would pass.
    """
    d_fail = cell.table.d_fail
    odd = odd_lines(d_fail, cell.home, parameters.rho, parameters.delta_fail)
    rest = d_fail[~np.isin(cell.home, list(odd))]
    more_lost = is_uneven(rest) and float(rest.sum()) < 0
    return not more_lost and -failure_bounds(d_fail)[0] < parameters.delta_fail


def _pace_reached(cell: Cell, registration: Registration) -> bool:
    """Whether the controls of half the homes reached the service's full catalogue pace."""
    pace = registration.pace_bit_s(cell.key.service) / 1e6
    if not pace:
        return False
    _, control = tails_mbit_s(cell)
    medians = [
        float(np.median(rates))
        for line in np.unique(cell.home)
        if (rates := control[(cell.home == line) & np.isfinite(control)]).size
    ]
    reached = [median >= PACE_REACHED * pace for median in medians]
    return bool(reached) and sum(reached) >= HALF * len(reached)


def _two_networks(cell: Cell, registration: Registration, parameters: Parameters) -> bool:
    """Whether it was tried in earnest towards responders of two networks, and towards addresses that are not published."""
    known = {one.id: one for one in registration.responders}
    used = [known.get(pair.responder) for pair in cell.pairs]
    networks = np.array([one.network if one else "" for one in used], dtype=object)
    hidden = np.array([one is not None and not one.published for one in used], dtype=np.bool_)

    def in_earnest(which: NDArray[np.bool_]) -> bool:
        seen = acquittal(cell.take(which).table, parameters, registration.certificate_share)
        return seen.homes >= ENOUGH_HOMES and seen.log_e >= 0.0

    tried = [name for name in sorted(set(networks.tolist()) - {""}) if in_earnest(networks == name)]
    return len(tried) >= MIN_NETWORKS and in_earnest(hidden)


def _lasted_s(cell: Cell) -> Iterator[float]:
    """How long each run of the cell's pairs lasted."""
    for pair in cell.pairs:
        yield from ((run.duration_us or 0) / 1e6 for run in (pair.original, pair.control) if run is not None)


def _certificate(
    cell: Cell, shown: Shown, holds: Mapping[str, bool], registration: Registration, log_bar: float
) -> Certificate:
    seen = shown.acquittal
    wanting = tuple(name for name in CONDITIONS if not holds[name])
    pace = registration.pace_bit_s(cell.key.service)
    days = [
        (EPOCH + timedelta(microseconds=at)).date().isoformat()
        for at in (cell.pairs[0].opened_at_us, cell.pairs[-1].opened_at_us)
    ]
    return Certificate(
        issued=not wanting,
        wanting=wanting,
        share=registration.certificate_share,
        share_proved=seen.share_at(log_bar + NEAR),
        margin=0.1,
        pace_mbit_s=pace / 1e6 if pace else None,
        transport="/".join(shown.transports or sorted({pair.nettest for pair in cell.pairs})),
        log_e=seen.log_e,
        log_bar=round(log_bar, 6),
        homes=seen.homes,
        contrary=seen.contrary,
        first_day=days[0],
        last_day=days[1],
        longest_run_s=round(max(_lasted_s(cell), default=0.0), 1),
    )

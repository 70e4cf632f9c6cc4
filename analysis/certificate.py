"""Certificates of equivalence: what was shown not to be slowed, and for how many homes (integrity.md 10).

"Not different" is not "equal". A certificate is issued only where the mirrored e-process of ``stats.acquittal`` passes
e-BH over all registered cells at q, on vetted homes alone, and every condition below holds; each has an id, and a finding
shows those that are wanting. It speaks of rate, towards our responders, below a pace and beyond 10 %, in all but a stated
share of homes, and of nothing else.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

import msgspec
import numpy as np

from analysis.cell import Cell
from analysis.decide import Decision
from analysis.gate_cells import Standing, week_of
from analysis.grading import CHANNELS, CONCLUSIVE_HOMES, Circumstances, of_vetted
from analysis.rate import tails_mbit_s
from analysis.registration import GATE_ROLES, Registration
from analysis.scale.scheduler import Each, here
from analysis.stats.acquittal import Acquittal, acquittal
from analysis.stats.ebh import NEAR, ebh
from analysis.stats.parameters import Parameters
from collector.quarters import EPOCH

PACE_REACHED: Final = 0.9
"""Of the catalogue pace: a control at it delivers some 4 % less as payload."""
HALF: Final = 0.5

CONDITIONS: Final = (
    "responder_keys", "first_registration",
    "nothing_contrary", "report_date", "vetted_homes", "channels", "without_any_channel", "pace", "positive_control",
    "responder_networks", "gates", "digests", "proved",
)  # fmt: skip


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What was shown of a cell. ``issued`` if nothing is ``wanting``, else the ids of CONDITIONS that do not hold.

    ``share``: at most so many homes may be slowed for the claim to be true; ``share_proved`` the smallest share of those tried
    that the evidence rules out at the same bar, ``None`` if none; ``margin``: as a share of the rate; ``pace_mbit_s``: the
    catalogue pace, ``None`` where none is registered; ``log_bar`` what ln E had to reach; ``homes`` are vetted, with enough
    pairs by day, in the evening and long; ``contrary``: those of them that lost their stake; ``first_day`` and ``last_day`` in UTC.
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


def certificates(
    decisions: Sequence[Decision],
    parameters: Parameters,
    about: Circumstances,
    standing: Standing,
    each: Each = here,
) -> list[Certificate | None]:
    """A certificate, or why there is none, for each undetermined decision with pairs, in order; else ``None``."""
    registration = about.registration
    share = registration.certificate_share
    acquit = partial(acquittals, vetted=about.vetted, parameters=parameters, share=share)
    shown = each(acquit, [decision.cell for decision in decisions])
    # What is invalid or contradicted acquits nobody, and must not help others over the bar.
    clear = [_clear(decision, seen, parameters) for decision, seen in zip(decisions, shown, strict=True)]
    log_e = [seen.log_e if ok else 0.0 for seen, ok in zip(shown, clear, strict=True)]
    result = ebh(log_e, len(decisions), parameters.q) if decisions else None
    found: list[Certificate | None] = []
    for index, decision in enumerate(decisions):
        if result is None or not decision.cell.pairs or decision.outcome != "undetermined":
            found.append(None)
            continue
        bar = result.log_bar if result.rejected[index] else result.log_next_bar
        holds = {
            **_conditions(decision, of_vetted(decision.cell, about.vetted), parameters, about, standing),
            "nothing_contrary": clear[index],
            "vetted_homes": shown[index].homes >= CONCLUSIVE_HOMES,
            "proved": result.rejected[index],
        }
        found.append(_certificate(decision.cell, shown[index], holds, registration, bar))
    return found


def acquittals(
    cells: Sequence[Cell], vetted: Mapping[str, str], parameters: Parameters, share: float
) -> list[Acquittal]:
    """What the vetted homes of each cell say for it."""
    return [acquittal(of_vetted(cell, vetted).table, parameters, share) for cell in cells]


def _clear(decision: Decision, seen: Acquittal, parameters: Parameters) -> bool:
    """Whether nothing speaks against it: no finding, no weak sign, no more homes that lost all than rho would have."""
    quiet = not (decision.slowed.weak or decision.favoured.weak)
    few = seen.contrary <= math.ceil(2 * parameters.rho * seen.homes)
    return decision.outcome == "undetermined" and quiet and few


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
        "report_date": about.report_date,
        "channels": len(channels) >= CHANNELS,
        # Leaving out a channel takes homes away: the rest must not point the other way, but need not prove it alone.
        "without_any_channel": bool(without) and min(without) >= 0.0,
        "pace": _pace_reached(cell, registration),
        "positive_control": {week_of(pair) for pair in cell.pairs} <= standing.weeks and bool(cell.pairs),
        "responder_networks": _two_networks(cell, registration),
        "gates": all(status.get(role) == "passed" for role in GATE_ROLES)
        and all(one.status == "passed" for one in decision.gates),
        "digests": cell.missing.digests and not cell.missing.many_discards,
    }


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


def _two_networks(cell: Cell, registration: Registration) -> bool:
    """Whether responders of two networks took part, one of them at addresses that are not published."""
    known = {one.id: one for one in registration.responders}
    used = [known[name] for name in {pair.responder for pair in cell.pairs} if name in known]
    return len({one.network for one in used}) >= 2 and any(not one.published for one in used)


def _certificate(
    cell: Cell, seen: Acquittal, holds: Mapping[str, bool], registration: Registration, log_bar: float
) -> Certificate:
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
        transport="/".join(sorted({pair.nettest for pair in cell.pairs})),
        log_e=seen.log_e,
        log_bar=round(log_bar, 6),
        homes=seen.homes,
        contrary=seen.contrary,
        first_day=days[0],
        last_day=days[1],
    )

"""Mechanism of a finding: what may have been done to the traffic, at which rate, and what a run could have shown."""

from collections.abc import Iterable
from typing import Any

from analysis.cell import Cell
from analysis.decide import Decision
from analysis.mechanism import Mechanism, mechanism_of
from analysis.rate import delivered_mbit_s
from analysis.stats.delivered import DeliveredRate
from analysis.stats.order_interval import middle
from analysis.stretches import Stretch, slowest, stretches_of


def explained(decision: Decision, cell: Cell, instrument_margin: float) -> dict[str, Any]:
    """Mechanism, delivered rate and the limits of both; a mechanism only of what was found ``slowed``.

    ``cell`` holds the pairs of the decision's cell that they are read off (``attribution.where_it_differs``).
    """
    slowed = decision.direction == "slowed"
    mechanism = mechanism_of(cell) if slowed else None
    rated = slowed and not _blocked(mechanism)
    stretches = stretches_of(cell, instrument_margin) if rated else ()
    if stretches:
        return _by_stretch(stretches)
    rate = delivered_mbit_s(cell, instrument_margin) if rated else None
    return {
        **_limits(cell, mechanism, rate),
        "delivered_mbit_s": rate.rate if rate else None,
        "interval": None if rate is None or rate.low is None or rate.high is None else (rate.low, rate.high),
        "delivered": rate,
    }


def _by_stretch(stretches: tuple[tuple[Stretch, Cell], ...]) -> dict[str, Any]:
    """Of a cell whose treatment changed there is no one rate; mechanism and limits are read off the stretch that fared worst."""
    worst, part = slowest(stretches)
    mechanism = mechanism_of(part)
    return {
        **_limits(part, mechanism, worst.delivered),
        "delivered_mbit_s": None,
        "interval": None,
        "delivered": None,
        "stretches": tuple(stretch for stretch, _ in stretches),
    }


def _limits(cell: Cell, mechanism: Mechanism | None, rate: DeliveredRate | None) -> dict[str, Any]:
    return {
        "mechanism": mechanism.name if mechanism else None,
        "mechanism_rule": mechanism.rule if mechanism else None,
        "mechanism_evidence": mechanism.evidence if mechanism else {},
        "highest_rate_mbit_s": _median(pair.highest_rate_bit_s / 1e6 for pair in cell.pairs),
        "largest_bucket_bytes": _bucket(cell, rate.rate if rate else 0.0),
    }


def _blocked(mechanism: Mechanism | None) -> bool:
    return mechanism is not None and mechanism.rule.startswith(("blocked_", "corrupted"))


def _median(values: Iterable[float]) -> float | None:
    known = list(values)
    return round(middle(known), 6) if known else None


def _bucket(cell: Cell, rate_mbit_s: float) -> int | None:
    """The largest token bucket that could have been emptied: (pace - R) x duration, by what controls really carried.

    Without a rate R that is what a control carried: a larger bucket would hide any limit.
    """
    carried = [
        p.control.wire_bytes - rate_mbit_s / 8 * (p.control.duration_us or 0)
        for p in cell.pairs
        if p.control and p.control.failure == "ok"
    ]
    return max(0, int(middle(carried))) if carried else None

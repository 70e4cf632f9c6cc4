"""Numbers of a finding: its evidence, its effects, what it rests on and what is not there. Parts of one record."""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
import numpy as np

from analysis.cell import Cell
from analysis.decide import Decision
from analysis.observe.record import BOTH_FAILED, Observation
from analysis.stats.effect import Share, effect, home_medians, share_of_homes
from analysis.stats.pair import Hypothesis
from analysis.stats.parameters import METRICS

LARGEST_LOG_E: Final = 700.0
"""e^700 is still a float: above it ``e_value`` stands still and ``log_e`` alone is exact."""

AFFECTED: Final[dict[str, float]] = {
    "thr": math.log(0.8),
    "tail": math.log(0.8),
    "rtt": -math.log(1.2),
    "loss": -0.01,
    "fail": -0.5,
}
"""A home is affected if its median difference on the leading metric is beyond this, in the finding's direction."""


def evidence_numbers(decision: Decision) -> dict[str, Any]:
    """E under both hypotheses, the bar, and how many odd homes it stands."""
    slowed, favoured = decision.slowed.evidence, decision.favoured.evidence
    leading = decision.leading.evidence
    return {
        "e_value": e_value(leading.log_e),
        "log_e": leading.log_e,
        "e_slowed": e_value(slowed.log_e),
        "e_favoured": e_value(favoured.log_e),
        "log_e_slowed": slowed.log_e,
        "log_e_favoured": favoured.log_e,
        "log_e_by_metric": leading.cell.log_e_by_metric,
        "log_e_by_stratum": decision.split.log_e,
        "log_e_by_variant": decision.split.log_e_by_variant or msgspec.UNSET,
        "log_bar": round(decision.log_bar, 6),
        "near": decision.near,
        "rho": leading.cell.rho,
        "rho_at_bar": decision.leading.rho_at_bar,
        "clusters": leading.cell.clusters,
    }


def effect_numbers(decision: Decision) -> dict[str, Any]:
    """How large the difference is, in how many homes, and what failed."""
    cell = decision.cell
    effects = {metric: over for metric in METRICS if (over := effect(cell.metric(metric), cell.home))}
    return {
        "metric": decision.metric,
        "effect": effects.get(decision.metric),
        "effects": effects,
        "effect_by_stratum": decision.split.by_stratum,
        "effect_by_first": decision.split.by_first,
        "share_of_homes": _share(decision),
        "failures": _failures(cell),
    }


def amounts(cell: Cell) -> dict[str, Any]:
    """What the finding rests on: homes, probes, pairs, bytes, seconds, networks."""
    return {
        "homes": len(cell.lines),
        "keys": len({pair.home for pair in cell.pairs}),
        "pairs": len(cell.pairs),
        "bytes": sum(pair.bytes for pair in cell.pairs),
        "seconds": round(sum(pair.seconds for pair in cell.pairs), 1),
        "asns": _count(cell.pairs, _network),
    }


def absent(cell: Cell) -> dict[str, Any]:
    """What is not there: discards by rule, network and label, and tickets without a measurement."""
    return {
        "discards": _count(cell.discarded, lambda pair: pair.discarded_by or ""),
        "discards_by_asn": discards_by_asn(cell.discarded),
        "also_struck": _by_rule(also_struck(cell.discarded)) or msgspec.UNSET,
        "discards_by_first": cell.missing.by_order,
        "discards_by_last": cell.missing.by_label,
        "uncorroborated_by": cell.refuted.by or msgspec.UNSET,
        "set_aside_for": cell.missing.taken_for or msgspec.UNSET,
        "missing_tickets": cell.missing.tickets,
        "pending_tickets": cell.missing.pending,
        "both_failed": _both_failed(cell) or msgspec.UNSET,
    }


def _both_failed(cell: Cell) -> dict[str, int]:
    """Pairs of which both runs failed after a good sentinel, by the first run's role: a box may hold a grudge."""
    notes = [note for pair in cell.pairs for note in pair.notes if note.startswith(BOTH_FAILED)]
    return dict(sorted(Counter(note.removeprefix(BOTH_FAILED) for note in notes).items()))


def e_value(log_e: float) -> float:
    """E to six digits; see LARGEST_LOG_E."""
    return float(f"{math.exp(min(log_e, LARGEST_LOG_E)):.6g}")


def discards_by_asn(discarded: Iterable[Observation]) -> dict[str, dict[str, int]]:
    """Discarded pairs, counted by rule and network ("unknown" where no receipt names one)."""
    counted: dict[str, dict[str, int]] = {}
    for (rule, network), count in sorted(
        Counter((p.discarded_by or "", _network(p)) for p in discarded).items()
    ):
        counted.setdefault(rule, {})[network] = count
    return counted


def also_struck(discarded: Iterable[Observation]) -> dict[str, dict[str, int]]:
    """Discarded pairs by rules that struck them beside the one they are counted under, and by network."""
    counted: dict[str, Counter[str]] = {}
    for pair in discarded:
        for rule in beside_first(pair):
            counted.setdefault(rule, Counter())[_network(pair)] += 1
    return {rule: dict(sorted(by.items())) for rule, by in sorted(counted.items())}


def beside_first(pair: Observation) -> tuple[str, ...]:
    """The rules that strike a pair beside the one that it is counted under."""
    return tuple(rule for rule in pair.struck if rule != pair.discarded_by)


def _by_rule(counted: dict[str, dict[str, int]]) -> dict[str, int]:
    return {rule: sum(by.values()) for rule, by in counted.items()}


def _network(pair: Observation) -> str:
    return "unknown" if pair.asn is None else f"AS{pair.asn}"


def _count(pairs: Iterable[Observation], name: Callable[[Observation], str]) -> dict[str, int]:
    return dict(sorted(Counter(name(pair) for pair in pairs).items()))


def _failures(cell: Cell) -> dict[str, dict[str, int]]:
    """Failures by role, those that ended well left out."""
    found: dict[str, Counter[str]] = {"original": Counter(), "control": Counter()}
    for pair in cell.pairs:
        for role, run in (("original", pair.original), ("control", pair.control)):
            if run is not None and run.failure != "ok":
                found[role][run.failure] += 1
    return {role: dict(sorted(count.items())) for role, count in found.items()}


def _share(decision: Decision) -> Share | None:
    """How many homes differ on the leading metric; ``None`` unless the cell was found to differ."""
    if decision.direction is None:
        return None
    affected, homes = affected_homes(decision.cell, decision.metric, decision.direction)
    return share_of_homes(affected, homes) if homes else None


def affected_homes(cell: Cell, metric: str, side: Hypothesis) -> tuple[int, int]:
    """How many lines differ on a metric in a direction (AFFECTED), of how many that have it."""
    medians = home_medians(cell.metric(metric) * (1.0 if side == "slowed" else -1.0), cell.home)
    return int((np.round(medians, 6) < AFFECTED[metric]).sum()), int(medians.size)

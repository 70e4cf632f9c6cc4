"""The finding: a cell's judgement, with everything it rests on. One record, written as JSON.

It says what was measured. Who acted, why, and whether it is allowed are other people's fields (evidence.md), so
``attribution`` is ``unknown`` here.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

import msgspec
import numpy as np

from analysis.cell import Cell
from analysis.decide import Decision
from analysis.gates import FEWEST_PAIRS, NEUTRAL_STRATA, same_sector_alike
from analysis.mechanism import Mechanism, mechanism_of
from analysis.missing import MANY_DISCARDS
from analysis.observe.observation import BOTH_FAILED, Observation
from analysis.rate import delivered_mbit_s
from analysis.registration import Registration
from analysis.stats.delivered import DeliveredRate
from analysis.stats.effect import Effect, Share, effect, home_medians, share_of_homes
from analysis.stats.parameters import METRICS
from analysis.version import code_version

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

NOTE_GRADES: Final = "grades_3_4_not_built"
NOTE_EQUIVALENCE: Final = "equivalence_not_built"
NOTE_ONE_STRATUM: Final = "one_stratum"
NOTE_SECTOR: Final = "same_sector_alike"
NOTE_PROVISIONAL: Final = "provisional"
NOTE_OTHER_RULES: Final = "other_rules"
NOTE_NO_DIGESTS: Final = "no_ticket_digests"
NOTE_MANY_DISCARDS: Final = MANY_DISCARDS
NOTE_OTHER_DOMAINS: Final = "pairs_of_other_line_tag_domains"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One cell at one look. Rates in Mbit/s of TCP payload, effects in the metric's own units (ln for thr, tail, rtt).

    ``e_value`` and ``log_e`` are those of ``direction_of_effect``, else of the hypothesis with the larger E;
    ``rho_at_bar`` is the share of odd homes at which it would fall below its bar; ``interval`` is that of
    ``delivered_mbit_s``, widened by the registered margin of the instrument; ``discards_by_first`` and
    ``discards_by_last`` count what was lost by the label of the first run and of the last; ``log_e_by_variant`` is there
    where pairs of several variants are pooled, and says what each would alone; ``both_failed`` counts, by the label of the
    first run, pairs of which both failed after a good sentinel; ``homes`` and ``clusters`` are lines, ``keys`` are probes.
    """

    finding_id: str
    service: str
    title: str
    outcome: Literal["different", "equivalent", "undetermined", "invalid"]
    direction_of_effect: Literal["slowed", "favoured"] | None
    grade: int
    e_value: float
    log_e: float
    mechanism: str | None
    delivered_mbit_s: float | None
    interval: tuple[float, float] | None
    homes: int
    pairs: int
    bytes: int
    seconds: float
    brand: str
    technology: str
    plan_class: str
    direction: str
    quarter: str
    attribution: Literal["unknown"] = "unknown"
    e_slowed: float
    e_favoured: float
    log_e_slowed: float
    log_e_favoured: float
    log_e_by_metric: dict[str, float]
    log_bar: float
    hypotheses: int
    near: bool
    rho: float
    rho_at_bar: float
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    metric: str
    effect: Effect | None
    effects: dict[str, Effect]
    effect_by_stratum: dict[str, Effect]
    effect_by_first: dict[str, Effect]
    share_of_homes: Share | None
    failures: dict[str, dict[str, int]]
    mechanism_rule: str | None
    mechanism_evidence: dict[str, float | dict[str, int] | None]
    delivered: DeliveredRate | None
    highest_rate_mbit_s: float | None
    largest_bucket_bytes: int | None
    clusters: int
    keys: int
    asns: dict[str, int]
    discards: dict[str, int]
    discards_by_asn: dict[str, dict[str, int]]
    discards_by_first: dict[str, int]
    discards_by_last: dict[str, int]
    missing_tickets: int
    pending_tickets: int
    log_e_by_stratum: dict[str, dict[str, float]]
    log_e_by_variant: dict[str, dict[str, float]] | msgspec.UnsetType = msgspec.UNSET
    both_failed: dict[str, int] | msgspec.UnsetType = msgspec.UNSET
    code_version: str
    catalogue_version: str
    registration_sha256: str
    measurement_ids_sha256: str
    measurement_ids: tuple[str, ...] | None = None
    sentences: dict[str, tuple[str, ...]] = {}


@dataclass(frozen=True)
class Context:
    """What every finding of a look shares."""

    registration: Registration
    registration_sha256: str
    report_date: bool
    other_rules: bool
    full: bool


def finding_of(decision: Decision, context: Context) -> Finding:
    """The finding of a decided cell, still without its sentences."""
    cell, registration = decision.cell, context.registration
    slowed = decision.direction == "slowed"
    mechanism = mechanism_of(cell) if slowed else None
    rate = (
        delivered_mbit_s(cell, registration.instrument_margin) if slowed and not _blocked(mechanism) else None
    )
    ids = tuple(sorted(pair.measurement_id for pair in (*cell.pairs, *cell.discarded)))
    ids_sha256 = sha256("\n".join(ids).encode()).hexdigest()
    leading = decision.leading.evidence
    effects = {metric: over for metric in METRICS if (over := effect(cell.metric(metric), cell.home))}
    return Finding(
        finding_id=_id(context.registration_sha256, cell.key.text(), ids_sha256),
        service=cell.key.service,
        title=registration.title(cell.key.service),
        outcome=decision.outcome,
        direction_of_effect=decision.direction,
        grade=decision.grade,
        e_value=e_value(leading.log_e),
        log_e=leading.log_e,
        mechanism=mechanism.name if mechanism else None,
        delivered_mbit_s=rate.rate if rate else None,
        interval=None if rate is None or rate.low is None or rate.high is None else (rate.low, rate.high),
        homes=len(cell.lines),
        pairs=len(cell.pairs),
        bytes=sum(pair.bytes for pair in cell.pairs),
        seconds=round(sum(pair.seconds for pair in cell.pairs), 1),
        brand=cell.key.brand,
        technology=cell.key.technology,
        plan_class=cell.key.plan_class,
        direction=cell.key.direction,
        quarter=registration.quarter,
        e_slowed=e_value(decision.slowed.evidence.log_e),
        e_favoured=e_value(decision.favoured.evidence.log_e),
        log_e_slowed=decision.slowed.evidence.log_e,
        log_e_favoured=decision.favoured.evidence.log_e,
        log_e_by_metric=leading.cell.log_e_by_metric,
        log_bar=round(decision.log_bar, 6),
        hypotheses=registration.hypotheses,
        near=decision.near,
        rho=leading.cell.rho,
        rho_at_bar=decision.leading.rho_at_bar,
        reasons=decision.reasons,
        notes=tuple(_notes(decision, context)),
        metric=decision.metric,
        effect=effects.get(decision.metric),
        effects=effects,
        effect_by_stratum=decision.split.by_stratum,
        effect_by_first=decision.split.by_first,
        share_of_homes=_share(decision),
        failures=_failures(cell),
        mechanism_rule=mechanism.rule if mechanism else None,
        mechanism_evidence=mechanism.evidence if mechanism else {},
        delivered=rate,
        highest_rate_mbit_s=_median(pair.highest_rate_bit_s / 1e6 for pair in cell.pairs),
        largest_bucket_bytes=_bucket(cell, rate.rate if rate else 0.0),
        clusters=leading.cell.clusters,
        keys=len({pair.home for pair in cell.pairs}),
        asns=_count(cell.pairs, _network),
        discards=_count(cell.discarded, lambda pair: pair.discarded_by or ""),
        discards_by_asn=discards_by_asn(cell.discarded),
        discards_by_first=cell.missing.by_order,
        discards_by_last=cell.missing.by_label,
        missing_tickets=cell.missing.tickets,
        pending_tickets=cell.missing.pending,
        log_e_by_stratum=decision.split.log_e,
        both_failed=_both_failed(cell) or msgspec.UNSET,
        log_e_by_variant=decision.split.log_e_by_variant or msgspec.UNSET,
        code_version=code_version(),
        catalogue_version=registration.catalogue_version,
        registration_sha256=context.registration_sha256,
        measurement_ids_sha256=ids_sha256,
        measurement_ids=ids if context.full else None,
    )


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


def _id(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:24]


def _blocked(mechanism: Mechanism | None) -> bool:
    return mechanism is not None and mechanism.rule.startswith(("blocked_", "corrupted"))


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


def _both_failed(cell: Cell) -> dict[str, int]:
    """Pairs of which both runs failed after a good sentinel, by the first run's role: a box may hold a grudge."""
    notes = [note for pair in cell.pairs for note in pair.notes if note.startswith(BOTH_FAILED)]
    return dict(sorted(Counter(note.removeprefix(BOTH_FAILED) for note in notes).items()))


def _share(decision: Decision) -> Share | None:
    """How many homes differ on the leading metric; ``None`` unless the cell was found to differ."""
    if decision.direction is None:
        return None
    sign = 1.0 if decision.direction == "slowed" else -1.0
    medians = home_medians(decision.cell.metric(decision.metric) * sign, decision.cell.home)
    affected = int((np.round(medians, 6) < AFFECTED[decision.metric]).sum())
    return share_of_homes(affected, medians.size) if medians.size else None


def _notes(decision: Decision, context: Context) -> Iterable[str]:
    if decision.grade == 2:
        yield NOTE_GRADES
    if decision.outcome == "undetermined":
        yield NOTE_EQUIVALENCE
    by_stratum = decision.split.by_stratum
    strata = [by_stratum[name] for name in NEUTRAL_STRATA & by_stratum.keys()]
    if decision.direction is not None and sum(one.pairs >= FEWEST_PAIRS for one in strata) < 2:
        yield NOTE_ONE_STRATUM
    bar = context.registration.stratum_bar
    if decision.direction is not None and same_sector_alike(decision.split, decision.direction, bar):
        yield NOTE_SECTOR
    if not context.report_date:
        yield NOTE_PROVISIONAL
    if context.other_rules:
        yield NOTE_OTHER_RULES
    missing = decision.cell.missing
    if not missing.digests and (decision.cell.pairs or decision.cell.discarded):
        yield NOTE_NO_DIGESTS
    if missing.many_discards:
        yield NOTE_MANY_DISCARDS
    if decision.cell.other_domains:
        yield NOTE_OTHER_DOMAINS


def _median(values: Iterable[float]) -> float | None:
    known = list(values)
    return round(float(np.median(known)), 6) if known else None


def _bucket(cell: Cell, rate_mbit_s: float) -> int | None:
    """The largest token bucket that could have been emptied: (pace - R) x duration, by what controls really carried.

    Without a rate R that is what a control carried: a larger bucket would hide any limit.
    """
    carried = [
        p.control.wire_bytes - rate_mbit_s / 8 * (p.control.duration_us or 0)
        for p in cell.pairs
        if p.control and p.control.failure == "ok"
    ]
    return max(0, int(np.median(carried))) if carried else None

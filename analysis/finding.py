"""The finding: a cell's judgement, with everything it rests on. One record, written as JSON.

It says what was measured, and where on the path comparisons place it (``attribution``). Why, and whether it is allowed, are
other people's fields (evidence.md). Its parts are made where their idea is: ``finding_numbers``, ``finding_notes``,
``finding_mechanism``, ``attribution``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

import msgspec

from analysis.attribution import Attribution, Place, where_it_differs
from analysis.cell import Cell
from analysis.certificate import Certificate
from analysis.decide import Decision
from analysis.finding_mechanism import explained
from analysis.finding_notes import NOTE_CHANGED, notes_of
from analysis.finding_numbers import absent, amounts, effect_numbers, evidence_numbers
from analysis.gate_cells import GateResult
from analysis.grading import Grading
from analysis.quarter import Beside, examined
from analysis.registration import Registration
from analysis.stats.delivered import DeliveredRate
from analysis.stats.effect import Effect, Share
from analysis.stats.second_tests import SecondTests
from analysis.stretches import Stretch
from analysis.version import code_version


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One cell at one look. Rates in Mbit/s of TCP payload, effects in the metric's own units (ln for thr, tail, rtt).

    ``e_value`` and ``log_e`` are those of ``direction_of_effect``, else of the hypothesis with the larger E;
    ``rho_at_bar`` is the share of odd homes at which it would fall below its bar; ``interval`` is that of
    ``delivered_mbit_s``, widened by the registered margin of the instrument; ``discards`` are by the first rule that strikes a pair,
    ``also_struck`` by the others that do; ``discards_by_first`` and
    ``discards_by_last`` count what was lost by the label of the first run and of the last, ``uncorroborated_by`` counts
    pairs of that rule by the run that the responder does not bear out (original, control or both), ``set_aside_for`` are the tests for which lines were set aside; ``log_e_by_variant`` is there
    where pairs of several variants are pooled, and says what each would alone; ``both_failed`` counts, by the label of the
    first run, pairs of which both failed after a good sentinel; ``homes`` and ``clusters`` are lines, ``keys`` are probes. ``q`` is the
    share of false findings allowed among those of the quarter; ``gates`` what the tests of the measuring itself said of these
    networks; ``grade_checks`` what grades 3 and 4 need and whether it holds, ``second_test`` their p-values; ``nameable``
    whether a network may be named in public after notice and reply; ``certificate`` what was shown to be equal;
    ``attributed`` the comparisons and reasons behind ``attribution``, there only where a cell was found to differ;
    ``stretches`` the rates before and after each change of what was done, where there was one: then there is no ``delivered_mbit_s`` of the whole;
    ``beside`` the other registrations of the quarter with the number of their hypotheses, ``examined`` how many these are in all (``quarter``);
    ``key_hashes`` the SHA-256 of each quarter key that signed one of ``measurement_ids``, kept with these, to count who has withdrawn since.
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
    attribution: Place = "unknown"
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
    stretches: tuple[Stretch, ...] | msgspec.UnsetType = msgspec.UNSET
    highest_rate_mbit_s: float | None
    largest_bucket_bytes: int | None
    clusters: int
    keys: int
    asns: dict[str, int]
    discards: dict[str, int]
    discards_by_asn: dict[str, dict[str, int]]
    also_struck: dict[str, int] | msgspec.UnsetType = msgspec.UNSET
    discards_by_first: dict[str, int]
    discards_by_last: dict[str, int]
    uncorroborated_by: dict[str, int] | msgspec.UnsetType = msgspec.UNSET
    set_aside_for: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
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
    key_hashes: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    judged_at: str = ""
    q: float | None = None
    gates: tuple[GateResult, ...] = ()
    grade_checks: dict[str, bool] = {}
    second_test: SecondTests | None = None
    nameable: bool = False
    certificate: Certificate | None = None
    attributed: Attribution | msgspec.UnsetType = msgspec.UNSET
    beside: dict[str, int | None] | msgspec.UnsetType = msgspec.UNSET
    examined: int | msgspec.UnsetType | None = msgspec.UNSET
    sentences: dict[str, tuple[str, ...]] = {}


@dataclass(frozen=True)
class Context:
    """What every finding of a look shares."""

    registration: Registration
    registration_sha256: str
    report_date: bool
    other_rules: bool
    full: bool
    judged_at: str
    apart: frozenset[str] = frozenset()
    beside: Beside = field(default_factory=dict)


def finding_of(
    decision: Decision,
    grading: Grading,
    certificate: Certificate | None,
    attributed: Attribution | None,
    context: Context,
) -> Finding:
    """The finding of a decided cell, still without its sentences."""
    equivalent = certificate is not None and certificate.issued
    registration = context.registration
    differs = where_it_differs(decision.cell, attributed, registration)
    parts: dict[str, Any] = {
        **_identity(decision.cell, context),
        **evidence_numbers(decision),
        **effect_numbers(decision),
        **amounts(decision.cell),
        **absent(decision.cell),
        **explained(decision, differs, registration.instrument_margin),
    }
    notes = notes_of(
        decision,
        registration,
        report_date=context.report_date,
        other_rules=context.other_rules,
        apart=context.apart,
        beside=context.beside,
    )
    return Finding(
        outcome="equivalent" if equivalent else decision.outcome,
        direction_of_effect=decision.direction,
        grade=grading.grade if decision.direction is not None else decision.grade,
        reasons=() if equivalent else decision.reasons,
        notes=(*notes, *([NOTE_CHANGED] if "stretches" in parts else [])),
        judged_at=context.judged_at,
        q=context.registration.q,
        gates=decision.gates,
        grade_checks=dict(grading.checks),
        second_test=grading.second,
        nameable=grading.nameable,
        certificate=certificate,
        attribution=attributed.place if attributed else "unknown",
        attributed=attributed or msgspec.UNSET,
        **_of_quarter(context),
        **parts,
    )


def _of_quarter(context: Context) -> dict[str, Any]:
    """What else was registered for the quarter; nothing where nothing was."""
    if not context.beside:
        return {}
    return {"beside": dict(context.beside), "examined": examined(context.registration, context.beside)}


def beside_in(finding: Finding) -> dict[str, int | None]:
    """The quarter's other registrations, as a finding counts them."""
    return {} if finding.beside is msgspec.UNSET else finding.beside


def _identity(cell: Cell, context: Context) -> dict[str, Any]:
    """Which cell this is, by which rules it was judged, and the ids of all its measurements."""
    registration, key = context.registration, cell.key
    ids = tuple(sorted(pair.measurement_id for pair in (*cell.pairs, *cell.discarded)))
    ids_sha256 = sha256("\n".join(ids).encode()).hexdigest()
    return {
        "finding_id": _id(context.registration_sha256, key.text(), ids_sha256),
        "service": key.service,
        "title": registration.title(key.service),
        "brand": key.brand,
        "technology": key.technology,
        "plan_class": key.plan_class,
        "direction": key.direction,
        "quarter": registration.quarter,
        "hypotheses": registration.hypotheses,
        "code_version": code_version(),
        "catalogue_version": registration.catalogue_version,
        "registration_sha256": context.registration_sha256,
        "measurement_ids_sha256": ids_sha256,
        "measurement_ids": ids if context.full else None,
    }


def with_key_hashes(finding: Finding, home_of: Mapping[str, str]) -> Finding:
    """The finding with what its keys are known by once they are withdrawn; ``home_of`` is the key of each measurement, in hex."""
    keys = {home_of[one] for one in finding.measurement_ids or ()}
    hashes = sorted(sha256(bytes.fromhex(key)).hexdigest() for key in keys)
    return msgspec.structs.replace(finding, key_hashes=tuple(hashes))


def withdrawn_of(finding: Finding, gone: frozenset[bytes]) -> tuple[int, int]:
    """How many of the homes behind a finding have withdrawn since, and of how many; 0 of 0 where it does not say which they are."""
    hashes = () if finding.key_hashes is msgspec.UNSET else finding.key_hashes
    return sum(bytes.fromhex(one) in gone for one in hashes), len(hashes)


def _id(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:24]

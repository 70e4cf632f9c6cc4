"""What a finding claims beside its numbers, held against its own registration, its bar and its pairs' hours. Pure.

``UNCHECKED`` names what a public bundle cannot show: it rests on documents, homes and cells that are not in it.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from analysis.bundle import PAIRS
from analysis.finding import Finding, beside_in
from analysis.finding_numbers import e_value
from analysis.grading import CONCLUSIVE_HOMES, STRATA, STRONG_HOMES, Grading
from analysis.open_bundle.form import LOG_E_WITHIN, PublicPair
from analysis.registration import CellKey, Registration
from analysis.registration_bounds import moment_of
from analysis.stats.parameters import Parameters
from probe.measurement.keys import quarter_of

UNCHECKED: Final = (
    "grade_checks", "gates", "second_test", "mechanism", "delivered", "attribution", "certificate", "missing_tickets",
    "amounts", "vetted",
)  # fmt: skip
"""Ids of what is taken on the finding's word: ``unchecked.<id>`` says each."""
WEAK: Final = 20.0
SLACK: Final = 1e-5
AN_HOUR: Final = timedelta(hours=1)
ROUNDED: Final = 0.95
"""A scale of two digits is at least so much of the least there is."""


def claims_differ(
    finding: Finding,
    registered: Registration,
    parameters: Parameters,
    pairs: Sequence[PublicPair],
    log_e: dict[str, float],
) -> Iterator[str]:
    """Where a claim cannot be true."""
    key = cell_of(finding)
    expected = {
        "quarter": (finding.quarter, registered.quarter),
        "hypotheses": (finding.hypotheses, registered.hypotheses),
        "q": (finding.q, registered.q),
        "rho": (finding.rho, parameters.rho),
        "catalogue_version": (finding.catalogue_version, registered.catalogue_version),
        "title": (finding.title, registered.title(key.service)),
        "e_value": (finding.e_value, e_value(finding.log_e)),
        "e_slowed": (finding.e_slowed, e_value(finding.log_e_slowed)),
        "e_favoured": (finding.e_favoured, e_value(finding.log_e_favoured)),
    }
    for name, (here, there) in expected.items():
        if here != there:
            yield f"{name}: {here} != {there}"
    if key not in registered.cells:
        yield f"cell: {key.text()} is not registered"
    yield from _moment(finding, registered, pairs)
    yield from _pairs(finding, registered, parameters, pairs)
    yield from _bar(finding, registered, log_e)
    yield from _grade(finding, registered)
    yield from _allowed(finding, pairs)


def cell_of(finding: Finding) -> CellKey:
    """The cell that a finding is about."""
    return CellKey(finding.brand, finding.technology, finding.plan_class, finding.service, finding.direction)


def _moment(finding: Finding, registered: Registration, pairs: Sequence[PublicPair]) -> Iterator[str]:
    """It was judged after its pairs and its registration, on a registered date where it says so."""
    try:
        judged = moment_of(finding.judged_at)
        last = max((_hour(pair) for pair in pairs), default=judged)
    except ValueError:
        yield f"judged_at: {finding.judged_at!r}"
        return
    if judged < max(last, moment_of(registered.made_at)):
        yield f"judged_at: {finding.judged_at} is before its pairs, or its registration"
    if judged.astimezone(UTC).isoformat(timespec="seconds") != finding.judged_at:
        yield f"judged_at: {finding.judged_at} is not as a judgement writes it"
    due = judged.astimezone(UTC).date().isoformat() in registered.report_dates
    if due == ("provisional" in finding.notes) or finding.grade_checks.get("report_date", due) != due:
        yield "report_date: not as registered"


def _pairs(
    finding: Finding, registered: Registration, parameters: Parameters, pairs: Sequence[PublicPair]
) -> Iterator[str]:
    """Each pair is within the registration: its quarter and not before it, a network of the brand, a judged variant, a scale that there is."""
    networks = {f"AS{one}" for one in registered.asns.get(finding.brand, ())}
    variants = {one.variant for one in registered.nettests}
    made_at = moment_of(registered.made_at)
    for number, pair in enumerate(pairs, 1):
        try:
            hour = _hour(pair)
        except ValueError:
            continue  # said by ``_moment``
        counts = pair.discarded_by is None and pair.features is not None
        within = {
            "hour": quarter_of(hour) == registered.quarter and hour + AN_HOUR > made_at,
            "local_hour": 0 <= pair.local_hour < 24,
            "network": not counts or pair.network in networks,
            "variant": pair.variant in variants,
            "s": not counts or pair.features is None or pair.features.s >= ROUNDED * parameters.s_floor,
        }
        for name in (name for name, holds in within.items() if not holds):
            yield f"{PAIRS} line {number}: {name} is outside the registration"


def _hour(pair: PublicPair) -> datetime:
    """When a pair's hour began; ``ValueError`` for what is none."""
    return datetime.strptime(pair.hour, "%Y-%m-%dT%HZ").replace(tzinfo=UTC)


def _bar(finding: Finding, registered: Registration, log_e: dict[str, float]) -> Iterator[str]:
    """The bar is M / (q k) for a whole number k of findings; a finding that differs is above it, by its pairs too."""
    k = math.exp(min(math.log(registered.hypotheses / registered.q) - finding.log_bar, 700.0))
    if not (0.5 < k < registered.hypotheses + 0.5 and abs(math.log(k / max(1, round(k)))) < SLACK):
        yield f"log_bar: {finding.log_bar} is not ln of {registered.hypotheses} / ({registered.q} k)"
    side = finding.direction_of_effect
    if (finding.outcome == "different") != (side is not None):
        yield "direction_of_effect: only of a finding that differs, and always of one"
    if side is None:
        if finding.log_e not in (finding.log_e_slowed, finding.log_e_favoured):
            yield "log_e: of neither hypothesis"
        return
    recorded = finding.log_e_slowed if side == "slowed" else finding.log_e_favoured
    if finding.log_e != recorded:
        yield f"log_e: {finding.log_e} != log_e_{side}"
    room = LOG_E_WITHIN * max(1.0, abs(recorded))
    if recorded < finding.log_bar or log_e[side] < finding.log_bar - room:
        yield f"log_bar: {finding.log_bar} is not reached ({side} {log_e[side]:.3f})"


def _grade(finding: Finding, registered: Registration) -> Iterator[str]:
    """The grade and whether a network may be named follow from the checks shown; two of them, from the registration."""
    if finding.outcome != "different":
        weak = 1 if finding.log_e >= math.log(WEAK) + SLACK else 0
        if finding.nameable or finding.grade > weak:
            yield f"grade: {finding.grade} of a finding that does not differ"
        return
    grading = Grading(finding.grade_checks)
    if finding.grade != grading.grade:
        yield f"grade: {finding.grade} is not what its checks give ({grading.grade})"
    if finding.nameable != grading.nameable:
        yield f"nameable: {finding.nameable} is not what its checks give"
    known = {"responder_keys": bool(registered.responder_keys), "first_registration": not registered.second}
    for name, holds in known.items():
        if finding.grade_checks.get(name) != holds:
            yield f"grade_checks.{name}: {finding.grade_checks.get(name)} != {holds}"
    together = sum(count or 0 for count in beside_in(finding).values()) + registered.hypotheses
    if finding.nameable and finding.log_e < math.log(together / 0.01):
        yield "nameable: below M / 0.01"


def _allowed(finding: Finding, pairs: Sequence[PublicPair]) -> Iterator[str]:
    """Checks that hold though the bundle's own pairs and gates do not allow them; vetted homes are some of those that are here."""
    counting = [pair for pair in pairs if pair.discarded_by is None and pair.features is not None]
    lines, strata = {pair.line for pair in counting}, {pair.stratum for pair in counting}
    allowed = {
        "vetted_homes": len(lines) >= STRONG_HOMES,
        "ten_homes": len(lines) >= CONCLUSIVE_HOMES,
        **{stratum: stratum in strata for stratum in STRATA},
        "gates": bool(finding.gates) and all(gate.status == "passed" for gate in finding.gates),
    }
    for name, holds in allowed.items():
        if finding.grade_checks.get(name) and not holds:
            yield f"grade_checks.{name}: true, which its own pairs or gates do not allow"

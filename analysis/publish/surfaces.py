"""The two surfaces: what goes into the inside bucket, and what of it may be public (evidence.md). Pure.

Public are coverage of at least five lines and counts of the fleet, both in steps, changes of the catalogue, and what stands on the pages
(``public.standing``): published findings and certificates, with the hours of the pairs they rest on. Of a withdrawn one the record
stays, marked; its hours do not. Candidates, matrix, parity, comparisons, reachability, declared practices, the
lines' whole access, change points and discards by network never are.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from analysis.clusters import clusters
from analysis.finding import Finding
from analysis.judge import Judgement
from analysis.observe.record import Observation
from analysis.public.rule import OPEN_STATES, is_the_published, was_published
from analysis.public.standing import cell_key, is_withdrawn, pairs_of, standing
from analysis.publish import compared, fleet
from analysis.publish.beside import NOTHING, Beside
from analysis.publish.comparison import comparison
from analysis.publish.hours import (
    NO_CAPACITY,
    cell_clocks,
    cell_days,
    cell_hours,
    cell_weekdays,
    tags_of,
)
from analysis.publish.method import method
from analysis.publish.practices import Practice, beginnings, declared
from analysis.publish.reach import reach_points
from analysis.publish.results import Replies, finding_points, state_points
from analysis.publish.trend import change_points
from analysis.registration import CellKey, Registration
from analysis.scope import Scope, cell_of
from analysis.states import Change, state_of
from collector.timeseries.lines import Point
from probe.plan import Plan

PUBLIC_STATES: Final = ("published", "corrected", "withdrawn")


@dataclass(frozen=True)
class More:
    """What the operator and the store give beside the judgement; nothing of it is needed.

    ``beside``: capacities and looks without a pair; ``practices``: what providers declare; ``pages``: where the public pages are served.
    """

    beside: Beside = NOTHING
    practices: tuple[Practice, ...] = ()
    pages: str | None = None


@dataclass(frozen=True)
class Surfaces:
    """Points for each bucket; ``public_cells``: the cells of which hours may stand in the public one."""

    inside: tuple[Point, ...]
    public: tuple[Point, ...]
    public_cells: frozenset[CellKey]


def surfaces(
    judgement: Judgement,
    registration: Registration,
    plans: Sequence[Plan],
    changes: Sequence[Change],
    time_ns: int,
    recorded: Sequence[Finding] = (),
    replies: Replies | None = None,
    more: More = More(),
) -> Surfaces:
    """All points of a look; ``time_ns`` is when it was made, ``recorded`` are findings as they were judged then."""
    every = judgement.observations
    line_of = clusters(every, judgement.joined)
    scope = Scope(registration)
    counting = [one for one in every if one.discarded_by is None and scope.why_not(one) is None]
    hours = cell_hours(counting, line_of)
    known = _inside(recorded, judgement.findings, changes, registration.quarter)
    replies = {} if replies is None else replies
    named = _bounded(every, registration)
    covered = fleet.coverage(named, line_of, time_ns)
    whole = fleet.fleet(every, line_of, judgement.summary, (len(hours.points), hours.withheld), time_ns)
    catalogue = fleet.catalogue_changes(plans)
    digest = judgement.summary.registration_sha256
    seen = fleet.public_fleet(whole, every, line_of)
    inside = (
        *hours.points,
        *_spans_and_places(counting, line_of, time_ns, more.beside.capacities),
        *change_points(counting, line_of),
        *finding_points(known, changes, replies, time_ns, more.pages),
        *state_points(known, changes),
        *compared.matrix(counting, judgement.findings, line_of, compared.sectors(plans), time_ns),
        *compared.parity(counting, line_of, compared.origins(), time_ns),
        *comparison(counting, line_of, more.beside.capacities, time_ns),
        *reach_points(more.beside, counting, line_of, registration, time_ns),
        *declared(more.practices, registration.cells, known, time_ns),
        *beginnings(more.practices, time_ns),
        *covered,
        *fleet.discards(named, time_ns),
        whole,
        *catalogue,
        method(registration, digest, whole.fields.get("last_pair_ms"), time_ns),
    )
    public = standing(recorded, judgement.findings, changes, "public")
    numbers = [one for one in public if not is_withdrawn(one, changes)]
    behind = _behind(numbers, counting)
    shown = (
        *cell_hours(behind, line_of).points,
        *_spans_and_places(behind, line_of, time_ns),
        *finding_points(public, changes, replies, time_ns, more.pages),
        *state_points(public, _in_public(changes)),
        *fleet.public_coverage(named, line_of, time_ns),
        seen,
        *catalogue,
        method(registration, digest, seen.fields.get("last_pair_ms"), time_ns),
    )
    return Surfaces(inside, shown, frozenset(map(cell_key, numbers)))


def _spans_and_places(
    pairs: Sequence[Observation],
    line_of: Mapping[str, str],
    time_ns: int,
    capacities: Mapping[str, float] = NO_CAPACITY,
) -> Iterator[Point]:
    """Days, hours of the day and weekdays of cells."""
    yield from cell_days(pairs, line_of).points
    yield from cell_clocks(pairs, line_of, time_ns, capacities).points
    yield from cell_weekdays(pairs, line_of, time_ns, capacities).points


def forgotten(
    recorded: Sequence[Finding], present: Sequence[Finding], changes: Sequence[Change]
) -> frozenset[str]:
    """The ids of published findings of which there is no record: nothing of them can be shown."""
    known = {one.finding_id for one in recorded}
    known |= {one.finding_id for one in present if is_the_published(one, changes)}
    ids = {one.finding_id for one in changes} - known
    return frozenset(one for one in ids if state_of(changes, one) in OPEN_STATES)


def _bounded(every: Iterable[Observation], registration: Registration) -> list[Observation]:
    """Observations whose brand may be a tag: one that is not registered is what anybody may type, and counts as another."""
    brands = {cell.brand for cell in registration.cells}
    return [
        one if one.brand in brands else msgspec.structs.replace(one, brand=compared.OTHER) for one in every
    ]


def _inside(
    recorded: Sequence[Finding], present: Sequence[Finding], changes: Sequence[Change], quarter: str
) -> list[Finding]:
    """Every finding of today's judgement, but of a cell that has one of this quarter in the ledger, that one.

    A file of records holds all that was judged that day: what nobody entered in the ledger is judged anew.
    """
    entered = [one for one in recorded if state_of(changes, one.finding_id) is not None]
    before = [one for one in entered if one.quarter != quarter]
    return before + standing([one for one in entered if one.quarter == quarter], present, changes, "inside")


def _behind(findings: Iterable[Finding], counting: Sequence[Observation]) -> list[Observation]:
    """The pairs that findings rest on."""
    by_cell: dict[CellKey, list[Observation]] = defaultdict(list)
    for pair in counting:
        by_cell[cell_of(pair)].append(pair)
    ids = {pair.measurement_id for one in findings for pair in pairs_of(one, by_cell)}
    return [pair for pair in counting if pair.measurement_id in ids]


def _in_public(changes: Sequence[Change]) -> list[Change]:
    """From publication on: what went before stays inside."""
    return [one for one in changes if one.state in PUBLIC_STATES and was_published(changes, one.finding_id)]


def cell_tags(cells: Iterable[CellKey]) -> set[tuple[tuple[str, str], ...]]:
    """The tag sets of cells, comparable with those of a database."""
    return {tuple(sorted((name, value or "") for name, value in tags_of(cell).items())) for cell in cells}

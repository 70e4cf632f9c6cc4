"""The two surfaces: what goes into the inside bucket, and what of it may be public (evidence.md). Pure.

Public are coverage of at least five lines, counts of the fleet, changes of the catalogue, findings in a public state with
their hours, and certificates. Candidates, matrix, parity and discards by network never are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from analysis.clusters import clusters
from analysis.finding import Finding
from analysis.judge import Judgement, Scope
from analysis.publish import compared, fleet
from analysis.publish.hours import cell_clocks, cell_hours, tags_of
from analysis.publish.results import cell_key, finding_point, state_of, state_points
from analysis.registration import CellKey, Registration
from analysis.states import Change
from collector.timeseries.lines import Point
from probe.plan import Plan

PUBLIC_STATES: Final = ("published", "corrected", "withdrawn")
SHOWN_STATES: Final = ("published", "corrected")
"""Of a withdrawn finding the record stays, marked; its hours do not."""


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
) -> Surfaces:
    """All points of a look; ``time_ns`` is when it was made."""
    every = judgement.observations
    line_of = clusters(every)
    scope = Scope(registration)
    counting = [one for one in every if one.discarded_by is None and scope.why_not(one) is None]
    hours, clocks = cell_hours(counting, line_of), cell_clocks(counting, line_of, time_ns)
    found = [finding_point(finding, changes) for finding in judgement.findings]
    covered = fleet.coverage(every, line_of, time_ns)
    whole = fleet.fleet(every, line_of, judgement.summary, (len(hours.points), hours.withheld), time_ns)
    catalogue = fleet.catalogue_changes(plans)
    told = state_points(judgement.findings, changes)
    inside = (
        *hours.points,
        *clocks.points,
        *found,
        *told,
        *compared.matrix(counting, judgement.findings, line_of, compared.sectors(plans), time_ns),
        *compared.parity(counting, line_of, compared.origins(), time_ns),
        *covered,
        *fleet.discards(every, time_ns),
        whole,
        *catalogue,
    )
    shown = shown_cells(judgement.findings, changes)
    public = (
        *(point for point in (*hours.points, *clocks.points) if _cell(point) in shown),
        *_public_findings(judgement.findings, changes),
        *filter(fleet.enough_lines, covered),
        fleet.without_the_few(whole),
        *catalogue,
    )
    return Surfaces(inside, public, shown)


def is_certified(finding: Finding) -> bool:
    """Whether a certificate says of it that it is treated equally."""
    return finding.certificate is not None and finding.certificate.issued


def shown_cells(findings: Iterable[Finding], changes: Sequence[Change]) -> frozenset[CellKey]:
    """Cells whose numbers are public."""
    return frozenset(
        cell_key(one) for one in findings if is_certified(one) or state_of(one, changes) in SHOWN_STATES
    )


def _public_findings(findings: Sequence[Finding], changes: Sequence[Change]) -> list[Point]:
    """Findings in a public state or certified, and when they came to it: what went before stays inside."""
    public = [one for one in findings if is_certified(one) or state_of(one, changes) in PUBLIC_STATES]
    entered = [one for one in changes if one.state in PUBLIC_STATES]
    return [*(finding_point(one, changes) for one in public), *state_points(public, entered)]


def _cell(point: Point) -> CellKey:
    names = CellKey.__struct_fields__
    return CellKey(*(point.tags[name] or "" for name in names))


def cell_tags(cells: Iterable[CellKey]) -> set[tuple[tuple[str, str], ...]]:
    """The tag sets of cells, comparable with those of a database."""
    return {tuple(sorted((name, value or "") for name, value in tags_of(cell).items())) for cell in cells}

"""The CSV files beside the pages: every number a page shows, as the export has it."""

from collections.abc import Iterable, Iterator
from typing import Final

from analysis.public.form import Counted, ShownFinding
from dashboards.site.discards import by_rule
from dashboards.site.model import Model, finding_file, relative, verdict
from dashboards.site.safe_csv import Cell, written

FINDING_FIELDS: Final = (
    "finding_id", "state", "service", "title", "brand", "technology", "plan_class", "direction", "quarter", "outcome",
    "direction_of_effect", "grade", "mechanism", "metric", "e_value", "log_e", "log_bar", "hypotheses", "rho", "rho_at_bar",
    "delivered_mbit_s", "homes", "left", "left_of", "pairs", "bytes", "missing_tickets", "judged_at", "registration_sha256",
    "measurement_ids_sha256",
)  # fmt: skip
POINT_FIELDS: Final = (
    "series", "at", "lines", "pairs", "original_low", "original_mid", "original_high", "control_low", "control_mid",
    "control_high", "failed_original", "failed_control",
)  # fmt: skip
CELL_FIELDS: Final = ("brand", "technology", "plan_class", "service", "direction")


def files(model: Model) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of each file."""
    export = model.export
    yield "data/findings.csv", _findings(model.export.findings)
    yield (
        "data/cells.csv",
        written(
            (*CELL_FIELDS, "lines", "pairs", "shown", "finding_id"),
            (
                (
                    *(getattr(cell, name) for name in CELL_FIELDS),
                    *_amounts(cell.counted),
                    cell.shown,
                    cell.finding_id,
                )
                for cell in export.cells
            ),
        ),
    )
    yield (
        "data/services.csv",
        written(
            ("id", "title", "sector", "origin", "country", "languages", "pace_mbit_s", "lines", "pairs"),
            (
                (
                    s.id,
                    s.title,
                    s.sector,
                    s.origin,
                    s.country,
                    " ".join(s.languages),
                    s.pace_mbit_s,
                    *_amounts(s.counted),
                )
                for s in export.services
            ),
        ),
    )
    yield (
        "data/networks.csv",
        written(
            ("brand", "asns", "lines", "pairs"),
            (
                (n.brand, " ".join(f"AS{asn}" for asn in n.asns), *_amounts(n.counted))
                for n in export.networks
            ),
        ),
    )
    yield (
        "data/days.csv",
        written(("day", "lines", "pairs"), ((d.day, *_amounts(d.counted)) for d in export.days)),
    )
    yield "data/regions.csv", written(("region", "lines"), ((r.name, r.lines) for r in export.regions))
    yield "data/discards.csv", written(("finding_id", "rule", "discarded", "also_struck"), by_rule(export))
    for finding in export.findings:
        yield f"data/finding-{finding_file(finding)}.csv", _points(finding)


def _amounts(counted: Counted) -> tuple[int | None, int | None]:
    return counted.lines, counted.pairs


def _findings(findings: Iterable[ShownFinding]) -> bytes:
    more = ("rate_low", "rate_high", "relative", "relative_low", "relative_high", "verdict")
    return written(
        (*FINDING_FIELDS, *more),
        (
            (
                *(getattr(one, name) for name in FINDING_FIELDS),
                *(one.interval or (None, None)),
                *(relative(one.effect, part) for part in ("value", "low", "high")),
                verdict(one),
            )
            for one in findings
        ),
    )


def _points(finding: ShownFinding) -> bytes:
    """The series behind a finding's figures. ``at`` is seconds, unix seconds or the hour, by series."""
    rows: list[tuple[Cell, ...]] = []
    for series in ("within", "over", "hours"):
        for point in getattr(finding.pictures, series):
            spreads: list[Cell] = []
            for spread in (point.original, point.control):
                spreads += (None, None, None) if spread is None else (spread.low, spread.mid, spread.high)
            rows.append(
                (
                    series,
                    point.at,
                    point.lines,
                    point.pairs,
                    *spreads,
                    point.failed_original,
                    point.failed_control,
                )
            )
    return written(POINT_FIELDS, rows)

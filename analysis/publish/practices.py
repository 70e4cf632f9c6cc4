"""What providers declare of how they treat traffic, beside what was measured: a file that the operator keeps. For the inside alone.

TOML, empty by default; each ``[[practice]]`` has its source and the date on which somebody read it there. A declaration is nobody's guilt and a
measured difference beside it no proof of it: the table puts both where a reviewer sees them (evidence.md, assessment).
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from analysis.finding import Finding
from analysis.messages import Trouble
from analysis.public.form import FEWEST_LINES
from analysis.public.standing import cell_key
from analysis.publish.hours import percent, tags_of
from analysis.registration import CellKey
from analysis.words import LANGUAGES, Language
from collector.quarters import unix_us
from collector.timeseries.lines import Point, Value
from collector.timeseries.policy import INSIDE

Kind = Literal["itmp", "plan", "zero_rating", "filtering", "specialised"]
"""A disclosed traffic management practice, a price plan's own limit, zero-rating, filtering by law or choice, a specialised service."""
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
MOST: Final = 200
"""Declared practices in a file: each is a tag's value."""


class Practice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One declaration. What is left out of the cell is all of it; ``rate_mbit_s`` is a limit that was declared as a number."""

    brand: Text
    technology: str | None = None
    plan_class: str | None = None
    service: str | None = None
    direction: str | None = None
    kind: Kind
    says: Mapping[Language, Text]
    rate_mbit_s: float | None = None
    since: date
    until: date | None = None
    source: Text
    read_on: date

    def __post_init__(self) -> None:
        if {*self.says} != {*LANGUAGES}:
            raise ValueError("says wants both fr and en")

    def covers(self, cell: CellKey) -> bool:
        """Whether a cell is among those that the declaration speaks of."""
        own = (self.brand, self.technology, self.plan_class, self.service, self.direction)
        return all(one in (None, part) for one, part in zip(own, msgspec.structs.astuple(cell), strict=True))


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    practice: Annotated[tuple[Practice, ...], msgspec.Meta(max_length=MOST)] = ()


def read(path: Path | None) -> tuple[Practice, ...]:
    """The practices of a file, none without one; raises ``Trouble`` that says which is wrong and how."""
    if path is None:
        return ()
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File).practice
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.MsgspecError) as error:
        raise Trouble("publish.practices_unreadable", path=path, detail=error) from error


def declared(
    practices: Sequence[Practice], cells: Iterable[CellKey], findings: Iterable[Finding], time_ns: int
) -> list[Point]:
    """One point a practice and registered cell that it covers; of one that covers none, a point that says so by having no cell."""
    known = {cell_key(one): one for one in findings}
    every = list(cells)
    points = []
    for number, one in enumerate(practices, start=1):
        own = {"practice": f"{number:03}", "kind": one.kind}
        covered = [cell for cell in every if one.covers(cell)]
        for cell in covered:
            fields = {**_said(one), **_measured(known.get(cell))}
            points.append(Point("declared", {**tags_of(cell), **own}, fields, time_ns))
        if not covered:
            points.append(Point("declared", {"brand": one.brand, **own}, _said(one), time_ns))
    return points


def beginnings(practices: Sequence[Practice], time_ns: int) -> Iterator[Point]:
    """One point a practice at the beginning of the day it took effect, for the curves' dates; not of what the bucket no longer holds."""
    for number, one in enumerate(practices, start=1):
        at_ns = unix_us(datetime.combine(one.since, time(), UTC)) * 1000
        if INSIDE.holds(at_ns, time_ns):
            tags = {"brand": one.brand, "practice": f"{number:03}"}
            says: dict[str, Value] = {
                f"says_{language}": f"{one.brand} – {one.says[language]}" for language in LANGUAGES
            }
            yield Point("practice", tags, says, at_ns)


def _said(one: Practice) -> dict[str, Value]:
    return {
        **{f"says_{language}": one.says[language] for language in LANGUAGES},
        "declared_mbit_s": one.rate_mbit_s,
        "since": one.since.isoformat(),
        "until": None if one.until is None else one.until.isoformat(),
        "source": one.source,
        "read_on": one.read_on.isoformat(),
    }


def _measured(finding: Finding | None) -> dict[str, Value]:
    """What the cell gave; nothing of fewer than five homes."""
    if finding is None or finding.homes < FEWEST_LINES:
        return {}
    found = finding.effects.get("thr")
    return {
        "outcome": finding.outcome,
        "direction_of_effect": finding.direction_of_effect,
        "effect_percent": None if found is None else percent(found.value),
        "delivered_mbit_s": finding.delivered_mbit_s,
        "homes": finding.homes,
    }

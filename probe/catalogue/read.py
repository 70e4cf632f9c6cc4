"""Reading the catalogue's files: what they say, and every mistake in them with its file and entry."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from probe.catalogue.entries import Catalogue, Controls, Entry, FetchObject, MatchedControl, RiskLine

T = TypeVar("T")

SHIPPED: Final = Path(__file__).parent
SERVICES: Final = "services"
CONTROLS: Final = "controls.toml"
RISK: Final = "risk.toml"
VERIFICATION: Final = "verification.toml"
NO_CONTROLS: Final = Controls(owned_labels=(), spoofed_popular=())
NESTED: Final[dict[type, dict[str, type]]] = {Entry: {"fetch": FetchObject, "control": MatchedControl}}


@dataclass(frozen=True)
class Problem:
    """A mistake: message ``catalogue.<code>``, the file, the entry ("" for the file itself), what fills the message."""

    code: str
    file: str
    entry: str = ""
    facts: Mapping[str, object] = field(default_factory=dict, hash=False)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One look-up of ``catalogue verify``: of which entry (its ``digest``), when, and how it went."""

    id: str
    entry: str
    on: date
    ok: bool
    result: str


@dataclass
class Reading:
    """What the files of one folder say. ``places`` names the file of each entry, in the order of reading."""

    entries: list[Entry] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    controls: Controls = NO_CONTROLS
    risks: list[RiskLine] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def catalogue(self) -> Catalogue:
        """The entries in the order of their ids, each ``verified`` as its record says."""
        good = {(record.id, record.entry): record.on for record in self.records if record.ok}
        services = [_as_recorded(entry, good.get((entry.id, entry.digest()))) for entry in self.entries]
        services.sort(key=lambda entry: entry.id)
        return Catalogue(services=tuple(services), controls=self.controls, risks=tuple(self.risks))


def read(folder: Path) -> Reading:
    """Read ``folder``; never raises for what stands in it: mistakes are ``problems``."""
    reading = Reading()
    for path in sorted((folder / SERVICES).glob("*.toml")):
        file = f"{SERVICES}/{path.name}"
        for where, raw in _blocks(path, file, "service", reading):
            if (entry := _convert(raw, Entry, file, where, reading)) is not None:
                reading.entries.append(entry)
                reading.places.append(file)
    if not reading.entries and not reading.problems:
        reading.problems.append(Problem("empty", f"{SERVICES}/"))
    controls = _table(folder / CONTROLS, CONTROLS, reading)
    if controls is not None:
        reading.controls = _convert(controls, Controls, CONTROLS, "", reading) or NO_CONTROLS
    for where, raw in _blocks(folder / RISK, RISK, "risk", reading):
        if (line := _convert(raw, RiskLine, RISK, where, reading)) is not None:
            reading.risks.append(line)
    if (folder / VERIFICATION).exists():
        for where, raw in _blocks(folder / VERIFICATION, VERIFICATION, "record", reading):
            if (record := _convert(raw, Record, VERIFICATION, where, reading)) is not None:
                reading.records.append(record)
    return reading


@cache
def shipped() -> Catalogue:
    """The catalogue that came with this program. That it has no mistakes is a test's business."""
    return read(SHIPPED).catalogue()


def _as_recorded(entry: Entry, on: date | None) -> Entry:
    return entry if on is None else msgspec.structs.replace(entry, verified=True, verified_on=on)


def _table(path: Path, file: str, reading: Reading) -> dict[str, Any] | None:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problem = Problem("unreadable", file, facts={"detail": error.strerror or type(error).__name__})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problem = Problem("not_toml", file, facts={"detail": error})
    reading.problems.append(problem)
    return None


def _blocks(path: Path, file: str, name: str, reading: Reading) -> Iterator[tuple[str, dict[str, Any]]]:
    """The ``[[name]]`` blocks of a file, each with its id or place; anything else in it is a mistake."""
    table = _table(path, file, reading)
    if table is None:
        return
    blocks = table.pop(name, [])
    reading.problems += [Problem("unknown_field", file, facts={"detail": other}) for other in table]
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        reading.problems.append(Problem("wrong_value", file, name, {"detail": f"[[{name}]]"}))
        return
    for number, block in enumerate(blocks, 1):
        identifier = block.get("id")
        yield (identifier if isinstance(identifier, str) else f"{name}[{number}]"), block


def _convert(raw: dict[str, Any], kind: type[T], file: str, where: str, reading: Reading) -> T | None:
    unknown = list(_unknown(raw, kind))
    reading.problems += [Problem("unknown_field", file, where, {"detail": name}) for name in unknown]
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        reading.problems.append(Problem("wrong_value", file, where, {"detail": error}))
        return None


def _unknown(raw: dict[str, Any], kind: type) -> Iterator[str]:
    known = {item.name for item in msgspec.structs.fields(kind)}
    for name, value in raw.items():
        if name not in known:
            yield name
        inner = NESTED.get(kind, {}).get(name)
        for block in value if isinstance(value, list) else [value]:
            if inner is not None and isinstance(block, dict):
                yield from (f"{name}.{deeper}" for deeper in _unknown(block, inner))

"""Spool: a source observed into a folder, in memory that does not grow with it.

Pairs go to files by bucket of cells, what each row was to files by bucket of tickets, and which homes shared a line tag to a
file per day, and again to files by bucket of homes. A second look at one bucket after the other then says what only the whole source can: which rows came twice, which
tickets were used for two bodies, and which homes are one line. Two bodies of one ticket are in the same bucket, whatever
cells they claim, so none escapes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from analysis.clusters import NOBODY, US_PER_DAY, Lines, Stays
from analysis.messages import Trouble
from analysis.observe.record import Observation
from analysis.reading import NOTHING, Reading, in_time, voided
from analysis.scale.buckets import BUFFER_BYTES, Buckets, bucket_of, records
from analysis.source import Source
from analysis.stats.parameters import Parameters

CELL_BUCKETS: Final = 512
TICKET_BUCKETS: Final = 256

RowKind = Literal["pair", "skipped", "result", "damaged"]


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a row was. ``of`` is a pair's ticket, another's id; ``name`` is the reason, the nettest or the error."""

    measurement_id: bytes
    of: bytes
    kind: RowKind
    name: str = ""


class Touch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A home and the line tags of one of its pairs, in the file of that day and in that of its bucket of homes."""

    measurement_id: str
    home: str
    tags: tuple[str, ...]
    network: int | None
    family: str
    apart: bool


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows of a source were. ``void`` tickets (hex) were used for two bodies.

    ``line_of``: the line of each home (``analysis.clusters``).
    """

    skipped: dict[str, int]
    results: dict[str, int]
    corrupt: tuple[str, ...]
    duplicates: int
    void: frozenset[str]
    line_of: dict[str, str]


def cells_file(bucket: int) -> str:
    """The file of that bucket of cells."""
    return f"pairs-{bucket:03}"


def rows_file(bucket: int) -> str:
    """The file of that bucket of tickets."""
    return f"rows-{bucket:03}"


class _RowsOnDisk:
    """The account of rows as it is written (``reading.Rows``): whether one came before is found out afterwards."""

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets

    def again(self, _measurement_id: bytes) -> bool:
        """Not known yet."""
        return False

    def pair(self, measurement_id: bytes, ticket: bytes) -> None:
        """It is a pair, of that ticket."""
        self._note(Row(measurement_id, ticket, "pair"))

    def other(self, measurement_id: bytes, kind: Literal["skipped", "result"], name: str) -> None:
        """It is no pair."""
        self._note(Row(measurement_id, measurement_id, kind, name))

    def damaged(self, measurement_id: bytes, text: str) -> None:
        """It cannot be read."""
        self._note(Row(measurement_id, measurement_id, "damaged", text))

    def _note(self, row: Row) -> None:
        self._buckets.add(rows_file(bucket_of(row.of, TICKET_BUCKETS)), msgspec.msgpack.encode(row))


def spool(
    source: Source,
    folder: Path,
    parameters: Parameters,
    *,
    keep_going: bool = False,
    until_us: int | None = None,
    signatures: bool = True,
    sealed: frozenset[str] = NOTHING,
    apart: frozenset[str] = NOTHING,
    joined: Mapping[str, str] = NOBODY,
    buffer_bytes: int = BUFFER_BYTES,
) -> Account:
    """Observe ``source`` into an empty ``folder`` (see ``reading.read_source``); raises ``Trouble``.

    ``apart`` are homes whose tags join them with nobody, ``joined`` homes that are one line beside (``clusters``).
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Trouble("spool.not_empty", path=folder)
    buckets = Buckets(folder, buffer_bytes)
    reading = Reading(
        source, _RowsOnDisk(buckets), keep_going=keep_going, signatures=signatures, sealed=sealed
    )
    encoder = msgspec.msgpack.Encoder()
    for one in reading.observations(parameters, until_us):
        buckets.add(cells_file(cell_bucket(one)), encoder.encode(one))
        alone = one.home in apart
        tags = () if alone else one.line_tags
        touch = encoder.encode(Touch(one.measurement_id, one.home, tags, one.asn, one.address_family, alone))
        buckets.add(f"day-{one.opened_at_us // US_PER_DAY}", touch)
        buckets.add(f"home-{bucket_of(one.home.encode(), TICKET_BUCKETS):03}", touch)
    buckets.close()
    return _account(folder, joined)


def cell_bucket(one: Observation) -> int:
    """The bucket of a pair's cell."""
    parts = (one.brand, one.technology, one.plan_class, one.service, one.direction)
    return bucket_of("/".join(parts).encode(), CELL_BUCKETS)


def _account(folder: Path, joined: Mapping[str, str]) -> Account:
    """What the rows were, one bucket of tickets after the other."""
    duplicates = 0
    others: dict[RowKind, Counter[str]] = {"skipped": Counter(), "result": Counter()}
    void: set[str] = set()
    corrupt: dict[bytes, str] = {}
    for bucket in range(TICKET_BUCKETS):
        ids: set[bytes] = set()
        body_of: dict[bytes, bytes] = {}
        for row in records(folder / rows_file(bucket), Row):
            if row.kind == "damaged":  # a good copy of it counts nevertheless
                corrupt[row.measurement_id] = row.name
            elif row.measurement_id in ids:
                duplicates += 1
            elif row.kind == "pair":
                if body_of.setdefault(row.of, row.measurement_id) != row.measurement_id:
                    void.add(row.of.hex())
            else:
                others[row.kind][row.name] += 1
            if row.kind != "damaged":
                ids.add(row.measurement_id)
    return Account(
        skipped=dict(sorted(others["skipped"].items())),
        results=dict(sorted(others["result"].items())),
        corrupt=tuple(sorted(corrupt.values())),
        duplicates=duplicates,
        void=frozenset(void),
        line_of=_lines(folder, joined),
    )


def _lines(folder: Path, joined: Mapping[str, str]) -> dict[str, str]:
    """The line of each home: the tags of one day are compared with each other and forgotten, then where each home lives."""
    lines = Lines()
    for path in sorted(folder.glob("day-*")):
        with lines.day() as touched:
            for touch in records(path, Touch):
                touched(touch.home, touch.tags)
    lines.settle(_living(folder))
    return lines.joined_as(joined)


def _living(folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The tags at which homes live, one bucket of homes after the other; a row that came twice counts once."""
    for path in sorted(folder.glob("home-*")):
        stays, ids = Stays(), set[str]()
        for touch in records(path, Touch):
            if not touch.apart and touch.measurement_id not in ids:
                stays.seen(touch.home, touch.network, touch.family, touch.tags)
            ids.add(touch.measurement_id)
        yield from stays.at()


def observations_of(folder: Path, bucket: int, account: Account) -> list[Observation]:
    """The pairs of a bucket of cells, each once, those of void tickets discarded, in order of time."""
    found: dict[str, Observation] = {}
    for one in records(folder / cells_file(bucket), Observation):
        found.setdefault(one.measurement_id, one)
    every = (voided(one) if one.pair_id in account.void else one for one in found.values())
    return sorted(every, key=in_time)


def every_bucket(folder: Path, account: Account) -> Iterator[list[Observation]]:
    """The pairs of each bucket of cells, one after the other."""
    return (observations_of(folder, bucket, account) for bucket in range(CELL_BUCKETS))

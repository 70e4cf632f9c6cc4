"""Reading: the rows of a source become observations, a block at a time; what each row was is kept account of.

Only ids are kept of what was read, by ``Rows``: in memory, or on disk where a store is too large (``scale.spool``).
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final, Literal, Protocol

from analysis import quality
from analysis.direct.contrary import Against, nothing
from analysis.ledger import read_tickets
from analysis.messages import Trouble
from analysis.observe.block import Block
from analysis.observe.observation import observe_block
from analysis.observe.open_lean import AnyOpened, open_lean
from analysis.observe.opened import Corrupt, Resulted, Skipped, Unproved, check_coin, open_stored
from analysis.observe.record import Observation, discarded
from analysis.quarter import Beside
from analysis.responders import ANY_KEY, ResponderKeys
from analysis.source import Source, store_source
from analysis.stats.parameters import Parameters
from collector.stored import StoredMeasurement, as_of
from probe.measurement.receipt import TicketDigest

CHUNK: Final = 500
YOUNG_OBJECTS: Final = 200_000
"""More than a chunk makes."""
UNREADABLE: Final = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)
"""What arithmetic on absurd numbers raises: such a row is damaged, and no reason to end a judgement."""
NOTHING: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class Seen:
    """The rows of a store, read: pairs observed, skipped ones by reason, rows that could not be read, ticket digests.

    ``vetted`` is the channel of each vetted key; ``joined`` the line of homes that pairs elsewhere are known to join;
    ``apart`` are keys with a line of their own by the operator's word; ``direct`` tells what nettests without pairs met;
    ``foreign_reports`` counts ticket reports by no registered key; ``beside`` are the quarter's other registrations.
    """

    observations: tuple[Observation, ...]
    skipped: dict[str, int]
    corrupt: tuple[str, ...]
    duplicates: int
    tickets: tuple[TicketDigest, ...] = ()
    results: dict[str, int] = field(default_factory=dict)
    vetted: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, str] = field(default_factory=dict)
    apart: frozenset[str] = NOTHING
    direct: Callable[[], frozenset[Against]] = nothing
    foreign_reports: int = 0
    beside: Beside = field(default_factory=dict)


class Rows(Protocol):
    """The account of rows. An id is told of once: whoever says that it came before is told no more of it."""

    def again(self, measurement_id: bytes) -> bool:
        """Whether a row of that id came before, and this one is to be passed over."""

    def pair(self, measurement_id: bytes, ticket: bytes) -> None:
        """It is a pair, of that ticket."""

    def other(self, measurement_id: bytes, kind: Literal["skipped", "result"], name: str) -> None:
        """It is no pair: one that was skipped, for that reason, or the result of that nettest."""

    def damaged(self, measurement_id: bytes, text: str) -> None:
        """It cannot be read."""


class RowsInMemory:
    """The account of a store whose ids fit. ``void``: tickets (hex) that more than one body was made of."""

    def __init__(self) -> None:
        self.ids: set[bytes] = set()
        self.tickets: dict[bytes, bytes] = {}
        self.void: set[str] = set()
        self.skipped: Counter[str] = Counter()
        self.results: Counter[str] = Counter()
        self.corrupt: list[str] = []
        self.duplicates = 0

    def again(self, measurement_id: bytes) -> bool:
        """Whether a row of that id came before; it is counted."""
        known = measurement_id in self.ids
        self.ids.add(measurement_id)
        self.duplicates += known
        return known

    def pair(self, measurement_id: bytes, ticket: bytes) -> None:
        """It is a pair, of that ticket."""
        if self.tickets.setdefault(ticket, measurement_id) != measurement_id:
            self.void.add(ticket.hex())

    def other(self, _measurement_id: bytes, kind: Literal["skipped", "result"], name: str) -> None:
        """It is no pair."""
        (self.skipped if kind == "skipped" else self.results)[name] += 1

    def damaged(self, _measurement_id: bytes, text: str) -> None:
        """It cannot be read."""
        self.corrupt.append(text)


class Reading:
    """One pass over a source. ``signatures``: whether those of each row are verified, but of rows from files that are ``sealed``."""

    def __init__(
        self,
        source: Source,
        rows: Rows,
        *,
        keep_going: bool = False,
        signatures: bool = True,
        sealed: frozenset[str] = NOTHING,
    ) -> None:
        self.source = source
        self.rows = rows
        self.keep_going = keep_going
        self.signatures = signatures
        self.sealed = sealed

    def observations(self, parameters: Parameters, until_us: int | None = None) -> Iterator[Observation]:
        """Of every pair, in the order of the source; with ``until_us`` only of what had been received by then."""
        rows = iter(self.source.measurements())
        if until_us is not None:
            rows = as_of(rows, until_us)
        while True:  # ends with the source
            with collected_seldom():
                observed, read = self._chunk(rows, parameters)
            yield from observed
            if read < CHUNK:
                return

    def _chunk(
        self, rows: Iterator[StoredMeasurement], parameters: Parameters
    ) -> tuple[list[Observation], int]:
        """Observations of the next rows, and how many rows those were; each document is let go when it has been read."""
        read, block = 0, Block()
        places: list[tuple[int, str]] = []
        for row in islice(rows, CHUNK):
            read += 1
            if self.opened(row, block) is not None:
                places.append((row.received_at_us, row.file))
        return self._observed(block, places, parameters), read

    def opened(self, stored: StoredMeasurement, block: Block | None = None) -> AnyOpened | None:
        """The pair in a row, added to ``block``; ``None`` for a row that holds none, which is told to ``rows``. Raises ``Trouble``."""
        if self.rows.again(stored.measurement_id):
            return None
        try:
            whole = self.signatures and stored.file not in self.sealed
            opened = open_stored(stored) if whole else open_lean(stored)
            if isinstance(opened, Skipped):
                self.rows.other(stored.measurement_id, "skipped", opened.reason)
                return None
            if isinstance(opened, Resulted):
                self.rows.other(stored.measurement_id, "result", opened.measurement.nettest)
                return None
            check_coin(opened)
            if block is not None:
                block.add(opened)
        except UNREADABLE as error:
            self._damaged(stored, error)
            return None
        self.rows.pair(stored.measurement_id, opened.ticket.pair_id)
        return opened

    def _observed(
        self, block: Block, places: list[tuple[int, str]], parameters: Parameters
    ) -> list[Observation]:
        """Observations of a block, given when each row was received and where it stands.

        Should one row defeat the arithmetic, each is tried alone and that one is damaged.
        """
        try:
            return _observed(block, parameters)
        except UNREADABLE:
            each = enumerate(places)
            return [
                one for index, place in each for one in self._alone(block.alone(index), *place, parameters)
            ]

    def _alone(
        self, block: Block, received_at_us: int, file: str, parameters: Parameters
    ) -> list[Observation]:
        try:
            return _observed(block, parameters)
        except UNREADABLE as error:
            id_ = bytes.fromhex(block.pairs[0].record.measurement_id)
            row = StoredMeasurement(id_, received_at_us, b"", b"", b"", file=file)
            self._damaged(row, Corrupt(f"{type(error).__name__}: {error}"))
            return []

    def _damaged(self, stored: StoredMeasurement, error: Exception) -> None:
        """Name the row; raises ``Trouble`` unless we are to keep going, or it is no damage: no responder is to end a judgement."""
        path, row = self.source.where(stored), stored.measurement_id.hex()
        if not self.keep_going and not isinstance(error, Unproved):
            raise Trouble("store.corrupt_row", exit_code=3, path=path, row=row, detail=error) from error
        self.rows.damaged(stored.measurement_id, f"{path.name} {row}: {error}")


@contextmanager
def collected_seldom() -> Iterator[None]:
    """No search for garbage while a chunk is at work: documents are no cycles, and go when nobody names them any more.

    They have to be gone before this ends, or the search that follows goes through all of them: a tenth of the time it took.
    """
    before = gc.get_threshold()
    gc.set_threshold(YOUNG_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _observed(block: Block, parameters: Parameters) -> list[Observation]:
    struck = [quality.struck_by(one) for one in quality.blind_block(block)]
    return observe_block(block, struck, parameters)


def voided(observation: Observation) -> Observation:
    """The pair of a ticket that turned out to have been used twice, by one key or by two."""
    return discarded(observation, "conflict")


def in_time(observation: Observation) -> tuple[int, str]:
    """What observations are put in order by: the responder's clock, then the id."""
    return observation.opened_at_us, observation.measurement_id


def read_store(store: Path, parameters: Parameters, *, signatures: bool = True) -> Seen:
    """Everything in a collector's folder."""
    return read_source(store_source(store), parameters, signatures=signatures)


def read_source(
    source: Source,
    parameters: Parameters,
    *,
    keep_going: bool = False,
    until_us: int | None = None,
    signatures: bool = True,
    sealed: frozenset[str] = NOTHING,
    keys: ResponderKeys = ANY_KEY,
) -> Seen:
    """Everything in the source, each measurement once, pairs in order of the responder's clock.

    With ``until_us`` only what had been received by then. Without ``signatures`` they are not verified again, nor are those of
    rows from files that are ``sealed``. Ticket reports count by ``keys``; whose pairs do is the judgement's to say (``judge.Scope``).
    """
    rows = RowsInMemory()
    reading = Reading(source, rows, keep_going=keep_going, signatures=signatures, sealed=sealed)
    observations = list(reading.observations(parameters, until_us))
    tickets, passed = read_tickets(source, keep_going=keep_going, until_us=until_us, keys=keys)
    observations = [voided(one) if one.pair_id in rows.void else one for one in observations]
    return Seen(
        observations=tuple(sorted(observations, key=in_time)),
        skipped=dict(sorted(rows.skipped.items())),
        results=dict(sorted(rows.results.items())),
        corrupt=tuple(sorted([*rows.corrupt, *passed.damaged])),
        duplicates=rows.duplicates,
        tickets=tickets,
        foreign_reports=passed.foreign,
    )

"""The cursor: how far a feed has come, in a file that is replaced whole after each batch the database has taken.

A place in the store is an hour, a kind, how many rows of it were fed and the id of the last: an hour file and the seal it
becomes hold the same rows in the same order (``closing.rows_of``), so the place outlives the sealing, and where the id at
the place is another, all of that hour is fed again, which overwrites itself.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from collector.messages import Trouble
from collector.whole_file import write_whole


class Place(msgspec.Struct, frozen=True, array_like=True):
    """How far one hour's rows of one kind were fed."""

    rows: int
    last_id: bytes


@dataclass(frozen=True)
class Where:
    """Whose rows: the hour counted since 1970 UTC, and the kind of document."""

    hour: int
    kind: str

    @property
    def name(self) -> str:
        """As it stands in the file."""
        return f"{self.hour} {self.kind}"


class Cursor(msgspec.Struct, kw_only=True):
    """``feed`` names this cursor to the database; ``fed`` counts rows, sent again or not, and only grows.

    ``sealed_through``: every seal up to this serial is fed, and those of ``sealed_beyond``. ``void``: a conflict came since
    the pairs were last marked. ``rejected``: lines that the database would not have. ``withdrawn``: keys that had withdrawn when
    it began; with another number the bucket holds what it must not. ``parts``: the shards written to (``mark.parts_of``) that
    are not past their age, each with the rows that were fed when it last was. The rest is for ``status``.
    """

    schema_version: int = 1
    feed: str
    fed: int = 0
    places: dict[str, Place] = {}
    sealed_through: int = 0
    sealed_beyond: list[int] = []
    parts: dict[str, int] = {}
    void: bool = False
    swept_at_us: int = 0
    rejected: int = 0
    withdrawn: int = 0
    unreadable: int = 0
    too_old: int = 0
    fed_at_us: int = 0
    lag_rows: int = 0
    restarts: int = 0

    def place(self, where: Where) -> Place:
        """How far it came there."""
        return self.places.get(where.name, Place(0, b""))

    def is_sealed_fed(self, serial: int) -> bool:
        """Whether nothing of that seal is left."""
        return serial <= self.sealed_through or serial in self.sealed_beyond

    def sealed_fed(self, serial: int, hour: int, kinds: tuple[str, ...]) -> None:
        """Note that a seal is fed whole: its places need not be kept."""
        for kind in kinds:
            self.places.pop(Where(hour, kind).name, None)
        beyond = {*self.sealed_beyond, serial}
        while self.sealed_through + 1 in beyond:
            self.sealed_through += 1
            beyond.discard(self.sealed_through)
        self.sealed_beyond = sorted(beyond)

    def copy(self) -> Self:
        """As it stands now: what a batch is to be noted with."""
        return msgspec.structs.replace(self, places=dict(self.places), sealed_beyond=list(self.sealed_beyond))

    def from_nothing(self, feed: str) -> Self:
        """A cursor at the beginning, under a new name; what was counted of the rows stays."""
        return type(self)(feed=feed, restarts=self.restarts + 1)


def read(path: Path) -> Cursor | None:
    """The cursor in ``path``, ``None`` where there is none; raises ``Trouble`` for one that cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Cursor)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Trouble("timeseries.bad_cursor", path=path, detail=error) from error


def write(path: Path, cursor: Cursor) -> None:
    """Replace the file, on the disk before this returns. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, msgspec.json.encode(cursor))

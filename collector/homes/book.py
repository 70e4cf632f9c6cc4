"""The book of homes: invitations, what the operator decided of each home, and who has withdrawn. ``homes.sqlite``.

Written by the collector when an invitation is used or a home withdraws, and by the operator's commands beside it;
readers of other processes see a change within half a second. Homes without a row are enrolled and nothing more.
The ledger is append-only. After a withdrawal nothing here names the home any more: hashes of its random keys stay,
so that the keys cannot come back and the missingness test knows whose tickets not to wait for.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, TypeVar
from urllib.parse import quote

from collector.data_folder import make_private
from collector.file_trouble import file_trouble
from collector.schema_steps import bring_up

State = Literal["enrolled", "waiting", "vetted", "revoked"]
Event = Literal["waiting", "invited", "approved", "revoked", "restored", "separated", "withdrawn"]
T = TypeVar("T")
REFRESH_S: Final = 0.5

STEPS: Final = (
    """
    CREATE TABLE invitations (
        code_sha256 BLOB PRIMARY KEY, channel TEXT NOT NULL, made_at_us INTEGER NOT NULL,
        expires_at_us INTEGER NOT NULL, used_by BLOB, used_at_us INTEGER
    ) STRICT;
    CREATE TABLE homes (
        home BLOB PRIMARY KEY, state TEXT NOT NULL, channel TEXT, since_us INTEGER NOT NULL, reason TEXT NOT NULL,
        separated_at_us INTEGER
    ) STRICT;
    CREATE TABLE ledger (
        seq INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, home BLOB, event TEXT NOT NULL, reason TEXT NOT NULL
    ) STRICT;
    CREATE TABLE withdrawn (
        key_sha256 BLOB PRIMARY KEY, at_us INTEGER NOT NULL, quarter_key BLOB
    ) STRICT;
    """,
)
"""What each version of the file added; ``withdrawn.quarter_key`` is there until the archive is free of the key."""

STATES: Final[Mapping[str, State]] = {
    "waiting": "waiting",
    "invited": "vetted",
    "approved": "vetted",
    "revoked": "revoked",
}
"""What a decision makes of a home, where it does not depend on the ones before."""


@dataclass(frozen=True)
class Home:
    """What is known of a home beyond its enrolment. ``home`` is its long-lived public key."""

    home: bytes
    state: State
    channel: str | None
    since_us: int
    reason: str
    separated_at_us: int | None = None

    @property
    def vetted(self) -> bool:
        """Whether it was invited by name or approved."""
        return self.state == "vetted"


@dataclass(frozen=True)
class Invitation:
    """One code, by its hash. ``used_by`` is the home that came with it first."""

    code_sha256: bytes
    channel: str
    made_at_us: int
    expires_at_us: int
    used_by: bytes | None


class HomeBook:
    """The book at ``path``. One thread writes; ``state`` and ``is_withdrawn`` answer from memory, on any one other."""

    def __init__(self, path: Path, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        try:
            make_private(path)
            self._db = _connect(path)
            bring_up(self._db, STEPS, path)
            self._watch = _connect(path)
        except sqlite3.DatabaseError as error:
            raise file_trouble(path, error) from error
        self._version = -1
        self._looked_s = -REFRESH_S
        self._homes: dict[bytes, Home] = {}
        self._withdrawn: frozenset[bytes] = frozenset()

    def close(self) -> None:
        """Close the file."""
        self._watch.close()
        self._db.close()

    # ------------------------------------------------------------------------- asked with every document

    def state(self, home: bytes) -> State:
        """What the operator decided of ``home``, at most half a second ago."""
        self._refresh()
        entry = self._homes.get(home)
        return "enrolled" if entry is None else entry.state

    def is_withdrawn(self, key: bytes) -> bool:
        """Whether ``key``, long-lived or of a quarter, is that of a home that has withdrawn."""
        self._refresh()
        return bool(self._withdrawn) and sha256(key).digest() in self._withdrawn

    def _refresh(self) -> None:
        now_s = self._monotonic_s()
        if now_s - self._looked_s < REFRESH_S:
            return
        self._looked_s = now_s
        version = self._watch.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._homes = {entry.home: entry for entry in homes_in(self._watch)}
            self._withdrawn = frozenset(
                row[0] for row in self._watch.execute("SELECT key_sha256 FROM withdrawn")
            )
            self._version = version

    def _changed(self) -> None:
        """A change of our own is known at once."""
        self._looked_s = -REFRESH_S

    # ------------------------------------------------------------------------------- the operator's word

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """One transaction, durable when the block has ended."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._changed()

    def homes(self) -> tuple[Home, ...]:
        """Every home the operator or an invitation has said something of."""
        return tuple(homes_in(self._db))

    def home(self, home: bytes) -> Home | None:
        """One of them."""
        return next((entry for entry in homes_in(self._db) if entry.home == home), None)

    def decide(self, home: bytes, event: Event, channel: str | None, reason: str, at_us: int) -> None:
        """Note a decision in the ledger and change the home's state by it. ``restored`` gives back what a revocation took."""
        with self._change() as db:
            db.execute(
                "INSERT INTO ledger (at_us, home, event, reason) VALUES (?, ?, ?, ?)",
                (at_us, home, event, reason),
            )
            if event == "separated":
                # A home nobody decided anything of stays as it was, but for this.
                db.execute(
                    "INSERT INTO homes VALUES (?, 'enrolled', NULL, ?, ?, ?)"
                    " ON CONFLICT (home) DO UPDATE SET separated_at_us = excluded.separated_at_us",
                    (home, at_us, reason, at_us),
                )
                return
            state = _standing(db, home) if event == "restored" else STATES[event]
            db.execute(
                "INSERT INTO homes VALUES (?, ?, ?, ?, ?, NULL) ON CONFLICT (home) DO UPDATE SET"
                " state = excluded.state, channel = coalesce(excluded.channel, channel),"
                " since_us = excluded.since_us, reason = excluded.reason",
                (home, state, channel, at_us, reason),
            )

    def ledger(self) -> list[tuple[int, bytes | None, str, str]]:
        """Every change: when, of which home, what, why."""
        return self._db.execute("SELECT at_us, home, event, reason FROM ledger ORDER BY seq").fetchall()

    # --------------------------------------------------------------------------------------- invitations

    def invite(self, hashes: Iterable[bytes], channel: str, made_at_us: int, expires_at_us: int) -> None:
        """Keep new invitations, by the hashes of their codes."""
        with self._change() as db:
            db.executemany(
                "INSERT INTO invitations VALUES (?, ?, ?, ?, NULL, NULL)",
                ((code, channel, made_at_us, expires_at_us) for code in hashes),
            )

    def invitations(self) -> tuple[Invitation, ...]:
        """Every invitation, used or not."""
        rows = self._db.execute(
            "SELECT code_sha256, channel, made_at_us, expires_at_us, used_by FROM invitations ORDER BY made_at_us, code_sha256"
        )
        return tuple(Invitation(*row) for row in rows)

    def invitation(self, code_sha256: bytes) -> Invitation | None:
        """The invitation whose code has that hash."""
        row = self._db.execute(
            "SELECT code_sha256, channel, made_at_us, expires_at_us, used_by FROM invitations WHERE code_sha256 = ?",
            (code_sha256,),
        ).fetchone()
        return None if row is None else Invitation(*row)

    def use(self, invitation: Invitation, home: bytes, at_us: int) -> bool:
        """Give the invitation to ``home`` for good; false if another was faster."""
        with self._change() as db:
            took = db.execute(
                "UPDATE invitations SET used_by = ?, used_at_us = ? WHERE code_sha256 = ? AND (used_by IS NULL OR used_by = ?)",
                (home, at_us, invitation.code_sha256, home),
            )
        return took.rowcount == 1

    # --------------------------------------------------------------------------------------- withdrawals

    def withdraw(self, home: bytes, quarter_keys: Iterable[bytes], at_us: int) -> None:
        """Forget ``home``, and what the operator wrote about it. Its quarter keys are named until the archive is free of
        them, then by their hashes alone.
        """
        with self._change() as db:
            rows = [
                (sha256(home).digest(), at_us, None),
                *((sha256(key).digest(), at_us, key) for key in quarter_keys),
            ]
            db.executemany("INSERT OR IGNORE INTO withdrawn VALUES (?, ?, ?)", rows)
            db.execute("DELETE FROM homes WHERE home = ?", (home,))
            db.execute("UPDATE ledger SET home = NULL, reason = '' WHERE home = ?", (home,))
            db.execute("UPDATE invitations SET used_by = ? WHERE used_by = ?", (sha256(home).digest(), home))
            db.execute(
                "INSERT INTO ledger (at_us, home, event, reason) VALUES (?, NULL, 'withdrawn', '')", (at_us,)
            )

    def withdrawn(self) -> frozenset[bytes]:
        """SHA-256 of every key that has withdrawn."""
        return frozenset(row[0] for row in self._db.execute("SELECT key_sha256 FROM withdrawn"))

    def learn(self, hashes: frozenset[bytes], home_of: Mapping[bytes, bytes], at_us: int) -> None:
        """Take in withdrawals that another copy of this folder was told of; ``home_of`` are the keys on the roster."""
        for home in set(home_of.values()):
            if sha256(home).digest() in hashes:
                self.withdraw(home, [key for key, of in home_of.items() if of == home], at_us)
        with self._change() as db:
            rows = ((one, at_us) for one in hashes)
            db.executemany("INSERT OR IGNORE INTO withdrawn VALUES (?, ?, NULL)", rows)

    def leaving(self) -> frozenset[bytes]:
        """Quarter keys that have withdrawn and may still be in the archive."""
        return frozenset(
            row[0]
            for row in self._db.execute("SELECT quarter_key FROM withdrawn WHERE quarter_key IS NOT NULL")
        )

    def gone(self, keys: Iterable[bytes]) -> None:
        """The archive is free of those quarter keys: forget them."""
        with self._change() as db:
            db.executemany(
                "UPDATE withdrawn SET quarter_key = NULL WHERE quarter_key = ?", ((key,) for key in keys)
            )


def _standing(db: sqlite3.Connection, home: bytes) -> State:
    """What ``home`` was, by the ledger, before it was revoked: nobody becomes vetted, or is let in, by a revocation lifted."""
    events = db.execute("SELECT event FROM ledger WHERE home = ? ORDER BY seq DESC", (home,))
    return next((STATES[event] for (event,) in events if event in STATES and event != "revoked"), "enrolled")


def homes_in(db: sqlite3.Connection) -> Iterator[Home]:
    """Every row of the table ``homes``."""
    for row in db.execute(
        "SELECT home, state, channel, since_us, reason, separated_at_us FROM homes ORDER BY since_us, home"
    ):
        yield Home(*row)


def read_homes(path: Path) -> tuple[Home, ...]:
    """The homes in the book at ``path``, read-only; none where there is no book."""
    return tuple(_read(path, homes_in))


def read_withdrawn(path: Path) -> frozenset[bytes]:
    """SHA-256 of every key, long-lived or of a quarter, that has withdrawn."""
    return frozenset(
        _read(path, lambda db: (row[0] for row in db.execute("SELECT key_sha256 FROM withdrawn")))
    )


def read_leaving(path: Path) -> frozenset[bytes]:
    """Quarter keys that have withdrawn and whose rows are not out of the archive yet: readers pass them over."""
    query = "SELECT quarter_key FROM withdrawn WHERE quarter_key IS NOT NULL"
    return frozenset(_read(path, lambda db: (row[0] for row in db.execute(query))))


def _read(path: Path, rows: Callable[[sqlite3.Connection], Iterable[T]]) -> list[T]:
    """What ``rows`` finds in the file, read-only; nothing where it is not there, or has not got its tables yet."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=10.0)) as db:
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            return []
        return list(rows(db))


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)
    # No WAL: its readers make a file of their own, and on a full disk there would be no reading of anything.
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA secure_delete = ON")
    return db

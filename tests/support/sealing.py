"""Sealing for tests: folders filled row by row, the sealer in this process and as a process, what a store holds."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from collector.archive import read_digests, read_measurements
from collector.archive_place import place_of
from collector.data_folder import DataFolder
from collector.hot_files import HOUR_US, close_hour, insert_sql, open_hour
from collector.messages import Trouble
from collector.seal import Sealer, Summary
from collector.stored import StoredMeasurement, StoredReport

ROOT = Path(__file__).parents[2]
HOUR = 492_476
"""2026-03-07T20Z: far enough in the past of any machine that runs the tests."""


@dataclass(frozen=True)
class Document:
    """A document that no store looks into: ``kind`` is its table."""

    number: int
    kind: str = "measurements"
    pair: int | None = None
    key: bytes = bytes(32)

    @property
    def body(self) -> bytes:
        """Bytes that differ by number, long enough to fill pages."""
        return b'{"n":%d,"text":"%b"}' % (self.number, sha256(b"%d" % self.number).hexdigest().encode() * 9)

    @property
    def id(self) -> bytes:
        """The hash of the bytes."""
        return sha256(self.body).digest()

    def values(self, received_at_us: int) -> tuple[object, ...]:
        """A row of its table."""
        signature = sha256(self.body + b"signed").digest() * 2
        pair = (
            () if self.kind == "reports" else (None if self.pair is None else self.pair.to_bytes(16, "big"),)
        )
        return (self.id, received_at_us, self.key, signature, *pair, self.body)


def said_by(code: str, *arguments: str) -> str:
    """What a Python of its own prints that runs ``code``."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def fill(folder: DataFolder, hour: int, documents: Iterable[Document]) -> int:
    """Commit documents as the collector's writer does, and close the file; the hour that took them."""
    db, hour = open_hour(folder.hot, hour)
    db.execute("BEGIN IMMEDIATE")
    for n, document in enumerate(documents):
        db.execute(insert_sql(document.kind, 1), document.values(hour * HOUR_US + n))
    db.execute("COMMIT")
    close_hour(db)
    return hour


def mixed(hours: int, each: int, first: int = 0) -> dict[int, list[Document]]:
    """Documents of all kinds for some hours: pairs, skipped ones, every tenth a conflict with its pair, a report an hour."""
    made: dict[int, list[Document]] = {}
    for offset in range(hours):
        start = first + offset * (each + each // 10 + 1)
        rows = [Document(start + n, pair=start + n if n % 3 else None) for n in range(each)]
        pairs = [row for row in rows if row.pair is not None]
        rows += [Document(start + each + n, "conflicts", pairs[n].pair) for n in range(each // 10)]
        made[HOUR + offset] = [*rows, Document(start + each + each // 10, "reports")]
    return made


@dataclass
class Sealing:
    """The sealer on one folder, its clock some hours after what ``mixed`` makes."""

    folder: DataFolder
    now_hour: int = HOUR + 48
    said: list[Trouble] = field(default_factory=list)

    @classmethod
    def make(cls, root: Path) -> "Sealing":
        """A fresh folder."""
        folder = DataFolder(root / "data")
        folder.create()
        return cls(folder)

    def sealer(self) -> Sealer:
        """A sealer that has done nothing yet."""
        place = place_of(self.folder)
        return Sealer(
            self.folder,
            place,
            self.folder.open(),
            lambda: self.now_hour * HOUR_US,
            os.urandom,
            self.said.append,
        )

    def run(self) -> Summary:
        """One run in this process; raises what it raises."""
        with self.folder.sealing():
            return self.sealer().run()

    def measurements(self) -> list[StoredMeasurement]:
        """Every measurement that the one reader gives."""
        return list(read_measurements(self.folder.root))

    def reports(self) -> list[StoredReport]:
        """Every report that the one reader gives."""
        return list(read_digests(self.folder.root))

    def parts(self) -> list[Path]:
        """The Parquet files of an archive in the folder."""
        return sorted((self.folder.root / "archive").rglob("*.parquet"))

    def hot(self) -> list[str]:
        """Names of the hour files."""
        return sorted(path.name for path in self.folder.hot.iterdir())


def command(folder: DataFolder, *words: str) -> list[str]:
    """The words of ``isonomia-collector seal``."""
    return [sys.executable, "-m", "collector", "seal", "--data", str(folder.root), "--lang", "en", *words]


def seal(folder: DataFolder, *words: str, code: int = 0, **environment: str) -> dict[str, object]:
    """Run the real command with ``--json``; what it said. On another exit code than 0: its sentence under ``error``."""
    done = subprocess.run(
        command(folder, "--json", *words),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
        env={**os.environ, **environment},
    )
    assert code == done.returncode, done.stderr
    said: dict[str, object] = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
    return said if code == 0 else {**said, "error": done.stderr}


def rows(folder: DataFolder) -> list[tuple[bytes, bytes, bool]]:
    """Id, body and flag of every measurement, by id: what must be the same before and after."""
    return sorted((row.measurement_id, row.body, row.conflict) for row in read_measurements(folder.root))


def damage(path: Path, at: int = -200) -> None:
    """Change one byte of a file."""
    content = bytearray(path.read_bytes())
    content[at] ^= 0x41
    with closing(path.open("r+b")) as file:
        file.write(content)

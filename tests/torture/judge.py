"""The judge: what the probes' journals say against what the store holds, and whether the seals are what they say."""

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from collector.archive import Store, read_measurements
from collector.data_folder import DataFolder
from collector.ed25519 import verify_fast
from collector.sealed import open_head, read_heads
from probe.measurement.merkle import root
from probe.measurement.signing import MEASUREMENT, Signed, public_bytes


@dataclass(frozen=True)
class Account:
    """One round: how many documents were told accepted, wait, are in the store; ids that are where they must not be."""

    told: int
    waiting: int
    stored: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    strangers: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether nothing was lost, doubled or made up."""
        return not (self.lost or self.doubled or self.strangers)


def _lines(path: Path) -> list[str]:
    """Whole lines of a journal; one that a kill cut short was never told of."""
    return path.read_text().splitlines() if path.exists() else []


def _waiting(home: Path) -> set[str]:
    return {path.stem for path in (home / "spool" / "pending").glob("[!.]*.json")}


def account(folder: Path, data: Path) -> Account:
    """Judge one moment, while everything goes on.

    The order of reading makes it sound: a document leaves the spool after the journal has it, and the journal after
    the store has it. So first what was made, then the spools, then the journals, then the store.
    """
    homes = sorted((folder / "homes").iterdir())
    made = {one for home in homes for one in _lines(home / "made")}
    waiting = {one for home in homes for one in _waiting(home)}
    told = {one for home in homes for one in _lines(home / "journal")}
    rows = Store(data).rows(("measurements", "conflicts"), ("document_id",))
    stored = Counter(row[0].hex() for _, row in rows)
    now_made = {
        one for home in homes for one in (*_lines(home / "made"), *_waiting(home), *_lines(home / "journal"))
    }
    return Account(
        told=len(told),
        waiting=len(waiting),
        stored=len(stored),
        lost=tuple(sorted((told - stored.keys()) | (made - waiting - told))),
        doubled=tuple(sorted(one for one, count in stored.items() if count > 1)),
        strangers=tuple(sorted(stored.keys() - now_made)),
    )


def verify(data: Path) -> int:
    """Check every document's hash and signature and every seal's; how many seals. Nobody may be writing."""
    for row in read_measurements(data):
        assert row.measurement_id == sha256(row.body).digest()
        assert not row.conflict
        verify_fast(Signed(row.key, row.signature, msgspec.Raw(row.body)), MEASUREMENT)
    folder = DataFolder(data)
    operator = public_bytes(folder.open())
    heads = read_heads(folder.sealed)
    assert list(range(1, len(heads) + 1)) == [head.serial for head in heads]
    for head in heads:
        published = data / "archive" / "v1" / "log"
        open_head((published / head.name).read_bytes(), head.name, operator)
        leaves = (published / f"{head.serial:08}.leaves").read_bytes()
        assert head.root == root([leaves[n : n + 32] for n in range(0, len(leaves), 32)])
        assert head.leaves == len(leaves) // 32
        if head.part is not None:
            assert head.part.sha256 == sha256((data / "archive" / head.part.name).read_bytes()).digest()
    return len(heads)

"""Sealed: what a data folder knows of its seals: a signed head and a compact index of each, in ``sealed/``.

00000007.json      the head of seal 7, signed with the operator's key; 00000007.r2.json is its second revision
00000007.index     ids, keys and tickets of its documents, so that a server knows them at start

The heads are the public log's first step: each names the root over its documents' salted hashes (``salted``) and
the head before it, so that none can be taken back unseen. A head in this folder is what makes a seal count: until
it is here the hour file does, from then on the archive does, and the hour file may go. Both files are copies; the
sealer fetches them again from the archive where they are missing. Nothing here needs pyarrow or fsspec, for the
server reads it.
"""

import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, cast

import msgspec

from collector.hot_files import TABLES
from collector.messages import Trouble
from probe.measurement.signing import BadSignature, Signed, verify

LOG: Final = "v1/log/"
"""Where the log stands in the archive."""
SEAL: Final = "seal"
"""The purpose that a head is signed for (``probe.measurement.signing``)."""

NO_HEAD: Final = bytes(32)
"""What the first head names as the one before it."""

_HEAD_NAME: Final = re.compile(r"(\d{8})(?:\.r([1-9]\d*))?\.json")
_INDEX_NAME: Final = re.compile(r"\d{8}\.index")
_KINDS: Final = tuple(TABLES)
_MAGIC: Final = b"ISONIDX1"
_INDEX_HEAD: Final = struct.Struct(">8sqq")  # magic, hour, number of notes
_NOTE: Final = struct.Struct(">B32s32s16s")  # kind, id, key, pair id
_HAS_PAIR: Final = 0x80


class Part(msgspec.Struct, frozen=True):
    """A Parquet file of the archive: its name under the archive's root, its size and hash."""

    name: str
    size_bytes: int
    sha256: bytes


class Named(msgspec.Struct, frozen=True):
    """A registration that a head names: its SHA-256, and its quarter ("2026Q4")."""

    sha256: bytes
    quarter: str


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed of a seal. ``hour`` counts hours since 1970 UTC; ``root`` is over ``leaves`` salted hashes.

    ``part`` is where the documents are: ``None`` once they were deleted (``reason`` then says why), which makes a new
    revision. Root and leaves stay. ``previous`` is the SHA-256 of the signed body of the head before, in revision 1.
    ``registrations`` are those that no head before it named (``registrations``).
    """

    schema_version: int = 1
    serial: int
    revision: int = 1
    seal_id: str
    hour: int
    measurements: int
    conflicts: int
    reports: int
    leaves: int
    root: bytes
    part: Part | None
    previous: bytes
    reason: Literal["sealed", "retention", "withdrawal"] = "sealed"
    made_at_us: int
    registrations: tuple[Named, ...] = ()

    @property
    def rows(self) -> int:
        """How many documents the part holds."""
        return self.measurements + self.conflicts + self.reports

    @property
    def name(self) -> str:
        """The name of the file this head stands in."""
        return f"{self.serial:08}.json" if self.revision == 1 else f"{self.serial:08}.r{self.revision}.json"


@dataclass(frozen=True)
class Note:
    """What must be remembered of a document: its table, id, key and ticket."""

    kind: str
    document_id: bytes
    key: bytes
    pair_id: bytes | None


def numbered(name: str) -> tuple[int, int] | None:
    """Serial and revision in the name of a head's file; ``None`` for another file."""
    match = _HEAD_NAME.fullmatch(name)
    return None if match is None else (int(match[1]), int(match[2] or 1))


def index_path(folder: Path, serial: int) -> Path:
    """Where the index of that seal stands."""
    return folder / f"{serial:08}.index"


def open_head(
    content: bytes, path: Path | str, operator_key: bytes, retired: frozenset[bytes] = frozenset()
) -> tuple[Head, bytes]:
    """The head in ``content`` and the SHA-256 of its signed body.

    Raises ``Trouble`` unless ``operator_key`` signed it, or one that was the operator's before (``retired``).
    """
    try:
        signed = msgspec.json.decode(content, type=Signed)
        body = verify(signed, SEAL)
        if signed.key != operator_key and signed.key not in retired:
            raise BadSignature("signed by another key")
        return msgspec.json.decode(body, type=Head), sha256(body).digest()
    except (msgspec.MsgspecError, UnicodeDecodeError, BadSignature) as error:
        raise Trouble("seal.bad_head", path=path, detail=error) from error


def read_heads(folder: Path) -> tuple[Head, ...]:
    """The latest revision of every head in ``folder``, by serial. Raises ``Trouble`` for one that cannot be read.

    Signatures were verified when the files came here, and are by the sealer at every run; a reader trusts the folder
    as it trusts the hour files beside it.
    """
    latest: dict[int, tuple[int, Path]] = {}
    for path in folder.glob("*.json") if folder.is_dir() else ():
        number = numbered(path.name)
        if number is not None and number > (number[0], latest.get(number[0], (0, path))[0]):
            latest[number[0]] = (number[1], path)
    return tuple(_read(path) for _, (_, path) in sorted(latest.items()))


def first_revisions(folder: Path) -> Iterator[bytes]:
    """Every head in ``folder`` as it was first signed, by serial."""
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        number = numbered(path.name)
        if number is not None and number[1] == 1:
            yield path.read_bytes()


def _read(path: Path) -> Head:
    try:
        signed = msgspec.json.decode(path.read_bytes(), type=Signed)
        return msgspec.json.decode(signed.body, type=Head)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Trouble("seal.bad_head", path=path, detail=error) from error


def index_bytes(hour: int, notes: Iterable[Note]) -> bytearray:
    """The index of a seal: a head, 81 bytes a document, and the SHA-256 of both."""
    content = bytearray(_INDEX_HEAD.size)
    for note in notes:
        kind = _KINDS.index(note.kind) | (0 if note.pair_id is None else _HAS_PAIR)
        content += _NOTE.pack(kind, note.document_id, note.key, note.pair_id or bytes(16))
    _INDEX_HEAD.pack_into(content, 0, _MAGIC, hour, (len(content) - _INDEX_HEAD.size) // _NOTE.size)
    content += sha256(content).digest()
    return content


def open_index(path: Path) -> tuple[int, Iterator[Note]]:
    """The hour of a seal and its notes; raises ``Trouble`` for an index that is not whole."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Trouble("seal.bad_index", path=path, detail=error.strerror or error) from error
    body = memoryview(content)[:-32]
    if len(content) < _INDEX_HEAD.size + 32 or sha256(body).digest() != content[-32:]:
        raise Trouble("seal.bad_index", path=path, detail="SHA-256")
    magic, hour, count = _INDEX_HEAD.unpack_from(body)
    if magic != _MAGIC or count * _NOTE.size != len(body) - _INDEX_HEAD.size:
        raise Trouble("seal.bad_index", path=path, detail=magic.hex())
    return cast(int, hour), _notes(body)


def _notes(body: memoryview) -> Iterator[Note]:
    for kind, document_id, key, pair_id in _NOTE.iter_unpack(body[_INDEX_HEAD.size :]):
        yield Note(_KINDS[kind & ~_HAS_PAIR], document_id, key, pair_id if kind & _HAS_PAIR else None)


def notes_in(size_bytes: int) -> int:
    """How many notes an index of that size holds."""
    return (size_bytes - _INDEX_HEAD.size - 32) // _NOTE.size


def index_files(folder: Path) -> list[Path]:
    """Every index in ``folder``, by serial; other files are not ours and are left out."""
    return sorted(path for path in folder.glob("*.index") if _INDEX_NAME.fullmatch(path.name))


def sealed_by_key(folder: Path, first_hour: int) -> Iterator[tuple[bytes, int, int]]:
    """Key, number of measurements and their share of the part's bytes, for each seal from ``first_hour`` on and each key."""
    for head in read_heads(folder):
        path = index_path(folder, head.serial)
        if head.hour >= first_hour and head.part is not None and path.exists():
            counts = Counter(note.key for note in open_index(path)[1] if note.kind != "reports")
            for key, count in counts.items():
                yield key, count, count * head.part.size_bytes // head.rows

"""The bundle: one zip that stands alone, with everything a finding rests on (evidence.md). This is the sealed form.

manifest.json          every other file with its SHA-256, and what the bundle is
finding.json           the finding, with the ids of its measurements
registration.json      as it was registered, and registration.json.sha256 beside it
measurements.ndjson    the signed bytes: of the finding's cell, of its service on other lines, of the gates, and of every cell
                       that was over a bar, for e-BH looks at them all; a cell under every bar changes no other
reports.ndjson         the responders' signed ticket reports
roster.ndjson          enrolments with a registered invitation, which make a home vetted
lines.json             which homes are one line, of pairs that are not in here too
heads.ndjson           the signed heads of the public log in which those measurements stand, and that name the registration
leaves.ndjson          where each measurement stands in them: its salt, its leaf and the inclusion proof
catalogue.json         the services and control names that were measured by; the registration holds their hash

Whoever has it recomputes the finding without us. It names keys and holds signed documents: it is for a regulator, a court
or the accused's expert, and not for the public.
"""

import lzma
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypeVar

import msgspec

from analysis.finding import Finding
from analysis.log import Leaf, SignedHead
from analysis.messages import Trouble
from analysis.source import Source
from collector.enrolment import Enrolled
from collector.stored import CONFLICT, StoredMeasurement, StoredReport
from probe.measurement.signing import document_id
from probe.plan import ControlName, Service

MANIFEST: Final = "manifest.json"
FINDING: Final = "finding.json"
REGISTRATION: Final = "registration.json"
REGISTERED: Final = "registration.json.sha256"
MEASUREMENTS: Final = "measurements.ndjson"
REPORTS: Final = "reports.ndjson"
ROSTER: Final = "roster.ndjson"
LINES: Final = "lines.json"
HEADS: Final = "heads.ndjson"
LEAVES: Final = "leaves.ndjson"
CATALOGUE: Final = "catalogue.json"
FILES: Final = (
    FINDING, REGISTRATION, REGISTERED, MEASUREMENTS, REPORTS, ROSTER, LINES, HEADS, LEAVES, CATALOGUE,
)  # fmt: skip
PAIRS: Final = "pairs.ndjson"
PUBLIC_FILES: Final = (FINDING, REGISTRATION, REGISTERED, PAIRS, HEADS, CATALOGUE)
"""Of the public form (``open_bundle``)."""
DIRECT: Final = "direct.json"
DIRECT_FILES: Final = (DIRECT, REGISTRATION, REGISTERED, MEASUREMENTS)
"""Of results without pairs (``direct.packed``)."""
FILES_OF: Final = {"sealed": FILES, "public": PUBLIC_FILES, "direct": DIRECT_FILES}
VERSION: Final = 2
"""Bundles of version 1 had neither catalogue nor, in the sealed form, heads and leaves."""
SINCE_2: Final = {"sealed": (HEADS, LEAVES, CATALOGUE), "public": (CATALOGUE,), "direct": ()}
MOST_BYTES: Final = 16 * 2**30
"""Of one file in a bundle: more than any quarter's documents, and an end to a zip that unpacks for ever."""
LONGEST_LINE: Final = 2**22
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
"""Zip wants a time; the same content is the same file."""

NOBODY: Final[Mapping[str, int]] = {}

UNZIPPABLE: Final = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, KeyError,
    RuntimeError,  # encrypted; a method that is not known here is a NotImplementedError, one of these
)  # fmt: skip
"""What a damaged zip raises while it is read, or one that was packed anew by other means."""

T = TypeVar("T")
Form = Literal["sealed", "public", "direct"]


class Packed(Protocol):
    """What a bundle is about."""

    @property
    def finding_id(self) -> str:
        """By what it is known."""

    @property
    def code_version(self) -> str:
        """Which code judged it."""

    @property
    def registration_sha256(self) -> str:
        """By which registration."""

    @property
    def judged_at(self) -> str:
        """When."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle holds: SHA-256 (hex) and size of each file, which finding it is for, by which code it was judged.

    ``separated``: the homes in it that the operator declared to have lines of their own, and since when (µs, 1970 UTC).
    """

    schema_version: int = VERSION
    form: Form = "sealed"
    finding_id: str
    code_version: str
    registration_sha256: str
    judged_at: str
    measurements: int
    sha256: dict[str, str]
    separated: dict[str, int] = {}


class SaltedLeaf(Leaf, frozen=True, kw_only=True):
    """Where a measurement stands in the log: with the salt (hex) its leaf is made anew from its id."""

    document_id: str
    salt: str


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan measures by: ``catalogue`` is the version of the one it draws on, ``None`` where it draws on none."""

    catalogue: str | None
    services: tuple[Service, ...]
    controls: tuple[ControlName, ...]

    def version(self) -> str:
        """What a registration and every measurement carry of it (``probe.plan.Plan.catalogue_version``)."""
        own = document_id(msgspec.json.encode((self.services, self.controls))).hex()[:16]
        return own if self.catalogue is None else f"{self.catalogue}/{own}"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A signed document as a line: the exact bytes, who signed them, and when the collector had them."""

    document_id: bytes
    received_at_us: int
    key: bytes
    signature: bytes
    body: bytes
    conflict: bool = False


@dataclass(frozen=True)
class Contents:
    """What goes into a bundle."""

    finding: Finding
    registration: bytes
    registered: bytes
    measurements: Callable[[], Iterator[StoredMeasurement]]
    reports: Callable[[], Iterator[StoredReport]]
    roster: tuple[Enrolled, ...]
    lines: dict[str, str]
    separated: dict[str, int]
    heads: tuple[SignedHead, ...]
    leaves: tuple[SaltedLeaf, ...]
    catalogue: Published | None


def write(path: Path, contents: Contents) -> Manifest:
    """Write the sealed bundle whole or not at all; raises ``Trouble``. Lines go straight into the zip, so memory does not grow."""
    finding = contents.finding
    parts: dict[str, Iterator[bytes]] = {
        FINDING: iter([_json(finding)]),
        REGISTRATION: iter([contents.registration]),
        REGISTERED: iter([contents.registered]),
        MEASUREMENTS: map(line_of_measurement, contents.measurements()),
        REPORTS: map(_line_of_report, contents.reports()),
        ROSTER: (msgspec.json.encode(one) + b"\n" for one in contents.roster),
        LINES: iter([_json(dict(sorted(contents.lines.items())))]),
        HEADS: lines_of(contents.heads),
        LEAVES: lines_of(contents.leaves),
        CATALOGUE: iter([_json(contents.catalogue)]),
    }
    return write_files(
        path, parts, finding, form="sealed", counted=MEASUREMENTS, separated=contents.separated
    )


def write_files(
    path: Path,
    parts: Mapping[str, Iterable[bytes]],
    finding: Packed,
    *,
    form: Form,
    counted: str,
    separated: Mapping[str, int] = NOBODY,
) -> Manifest:
    """Write a bundle of these files; ``counted`` names the one whose chunks are its measurements. Raises ``Trouble``.

    ``separated`` names homes, so a public bundle has none.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as packed:
            written = {name: _add(packed, name, chunks) for name, chunks in parts.items()}
            manifest = Manifest(
                form=form,
                finding_id=finding.finding_id,
                code_version=finding.code_version,
                registration_sha256=finding.registration_sha256,
                judged_at=finding.judged_at,
                measurements=written[counted][1],
                sha256={name: digest for name, (digest, _) in written.items()},
                separated=dict(sorted(separated.items())),
            )
            _add(packed, MANIFEST, iter([_json(manifest)]))
        partial.replace(path)
    except OSError as error:
        raise Trouble("out.cannot_write", path=path, detail=error.strerror or error) from error
    return manifest


def lines_of(records: Iterable[msgspec.Struct]) -> Iterator[bytes]:
    """A line for each record."""
    return (msgspec.json.encode(one) + b"\n" for one in records)


def _add(packed: zipfile.ZipFile, name: str, chunks: Iterable[bytes]) -> tuple[str, int]:
    """Add a file; its SHA-256, and of how many chunks it is."""
    digest, count = sha256(), 0
    info = zipfile.ZipInfo(name, _MOMENT)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    with packed.open(info, "w", force_zip64=True) as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
            count += 1
    return digest.hexdigest(), count


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def line_of_measurement(row: StoredMeasurement) -> bytes:
    """A signed document as a line of a bundle."""
    document = Document(
        document_id=row.measurement_id, received_at_us=row.received_at_us, key=row.key, signature=row.signature,
        body=row.body, conflict=row.conflict,
    )  # fmt: skip
    return msgspec.json.encode(document) + b"\n"


def _line_of_report(row: StoredReport) -> bytes:
    document = Document(
        document_id=row.report_id, received_at_us=row.received_at_us, key=row.key, signature=row.signature,
        body=row.body,
    )  # fmt: skip
    return msgspec.json.encode(document) + b"\n"


class Bundle:
    """A bundle, opened. Raises ``Trouble`` for a file that is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._packed = zipfile.ZipFile(path)
        except OSError as error:
            raise Trouble("finding.missing", path=path, detail=error.strerror or error) from error
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise Trouble("finding.unreadable", path=path, detail=error) from error
        self.manifest = self.decoded(MANIFEST, Manifest)
        if not 1 <= self.manifest.schema_version <= VERSION:
            detail = f"schema_version {self.manifest.schema_version}: 1 … {VERSION}"
            raise Trouble("finding.unreadable", path=path, detail=detail)

    @property
    def files(self) -> tuple[str, ...]:
        """What a bundle of this form holds beside its manifest."""
        form = self.manifest.form
        every = FILES_OF[form]
        return (
            every if self.manifest.schema_version > 1 else tuple(n for n in every if n not in SINCE_2[form])
        )

    def damaged(self) -> dict[str, str]:
        """What is wrong with the files, by name; empty if every byte is what the manifest says."""
        names = self._packed.namelist()
        wrong = dict.fromkeys(set(names) - {MANIFEST, *self.files}, "not of a bundle")
        wrong |= {name: "twice" for name, count in Counter(names).items() if count > 1}
        if self.content(MANIFEST) != _json(self.manifest) and self.manifest.schema_version == VERSION:
            wrong[MANIFEST] = "not as it is written"
        for name in self.files:
            try:
                digest = sha256()
                for chunk in self._chunks(name):
                    digest.update(chunk)
                if digest.hexdigest() != self.manifest.sha256.get(name):
                    wrong[name] = f"sha256 {digest.hexdigest()}"
            except (*UNZIPPABLE, Trouble) as error:
                wrong[name] = str(error)
        return dict(sorted(wrong.items()))

    def content(self, name: str) -> bytes:
        """A small file, whole."""
        return b"".join(self._chunks(name))

    def decoded(self, name: str, kind: type[T]) -> T:
        """A small JSON file as ``kind``."""
        try:
            return msgspec.json.decode(self.content(name), type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, *UNZIPPABLE) as error:
            raise Trouble("finding.unreadable", path=f"{self.path}/{name}", detail=error) from error

    def source(self) -> Source:
        """The documents, as a judgement reads them."""
        return Source(
            measurements=self._measurements,
            reports=self._reports,
            roster=lambda: tuple(self.lines(ROSTER, Enrolled)),
            where=lambda row: Path(row.file),
            separations=self._separations,
            naming_heads=lambda: tuple((one.seal, one.content) for one in self.heads()),
            has_log=lambda: bool(self.heads()),
        )

    def _separations(self) -> dict[bytes, int]:
        try:
            return {bytes.fromhex(key): at for key, at in self.manifest.separated.items()}
        except ValueError as error:
            raise Trouble("finding.unreadable", path=f"{self.path}/{MANIFEST}", detail=error) from error

    def catalogue(self) -> Published | None:
        """What was measured by; ``None`` where the store had its plan no more, and in bundles of version 1."""
        if CATALOGUE not in self.files or self.content(CATALOGUE).strip() == b"null":
            return None
        return self.decoded(CATALOGUE, Published)

    def heads(self) -> list[SignedHead]:
        """The signed heads in it."""
        return list(self.lines(HEADS, SignedHead)) if HEADS in self.files else []

    def _measurements(self) -> Iterator[StoredMeasurement]:
        for one in self.lines(MEASUREMENTS, Document):
            flags = frozenset({CONFLICT}) if one.conflict else frozenset[str]()
            yield StoredMeasurement(
                one.document_id,
                one.received_at_us,
                one.body,
                one.key,
                one.signature,
                flags,
                f"{self.path}/{MEASUREMENTS}",
            )

    def _reports(self) -> Iterator[StoredReport]:
        for one in self.lines(REPORTS, Document):
            yield StoredReport(
                one.document_id,
                one.received_at_us,
                one.body,
                one.key,
                one.signature,
                f"{self.path}/{REPORTS}",
            )

    def lines(self, name: str, kind: type[T]) -> Iterator[T]:
        """Each line of a file as ``kind``; raises ``Trouble`` that names file and line."""
        decoder, number = msgspec.json.Decoder(kind), 0
        try:
            with self._packed.open(name) as file:
                while line := file.readline(LONGEST_LINE):
                    number += 1
                    yield decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, *UNZIPPABLE) as error:
            where = f"{self.path}/{name}"
            raise Trouble("store.corrupt_row", exit_code=3, path=where, row=number, detail=error) from error

    def _chunks(self, name: str) -> Iterator[bytes]:
        read = 0
        with self._packed.open(name) as file:
            while chunk := file.read(2**20):
                read += len(chunk)
                if read > MOST_BYTES:
                    raise Trouble(
                        "finding.unreadable", path=f"{self.path}/{name}", detail=f"> {MOST_BYTES} bytes"
                    )
                yield chunk

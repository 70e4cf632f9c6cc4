"""The committed measurements of a scenario: written once from a collector's store, checked row by row when read.

A document stands on one line, byte for byte as it was uploaded, for its signature covers those bytes.
"""

from pathlib import Path
from typing import Final

import msgspec

from analysis.observe.opened import open_stored
from collector.reader import StoredMeasurement
from probe.measurement.signing import Signed

FOLDER: Final = Path(__file__).parent
MEASUREMENTS: Final = "measurements.json"
END: Final = b"]}"


class Damaged(ValueError):
    """A committed file is not what was measured; the text names the file, and the row where there is one."""


class Row(msgspec.Struct, frozen=True):
    """A stored measurement: ``document`` as it was uploaded, ``measurement_id`` the SHA-256 of its body, in hex."""

    measurement_id: str
    received_at_us: int
    document: Signed

    def stored(self) -> StoredMeasurement:
        """The row as the collector keeps it."""
        signed = self.document
        return StoredMeasurement(
            bytes.fromhex(self.measurement_id),
            self.received_at_us,
            signed.body_bytes(),
            signed.key,
            signed.signature,
        )


class Measurements(msgspec.Struct, frozen=True, kw_only=True):
    """``measurements.json``: which scenario, by what right and with which delay line the lab was built, and the rows."""

    scenario: str
    mode: str
    delay_line: str
    service: str
    rows: tuple[Row, ...]


def row_of(stored: StoredMeasurement) -> Row:
    """The row to commit of a measurement in a store."""
    document = Signed(stored.key, stored.signature, msgspec.Raw(stored.body))
    return Row(stored.measurement_id.hex(), stored.received_at_us, document)


def write(path: Path, measurements: Measurements) -> None:
    """Write the file, a row a line. Nothing indents it: that would change the signed bytes."""
    head = msgspec.json.encode(msgspec.structs.replace(measurements, rows=())).removesuffix(END)
    lines = b",\n".join(msgspec.json.encode(row) for row in measurements.rows)
    path.write_bytes(head + b"\n" + lines + b"\n" + END + b"\n")


def read(path: Path) -> Measurements:
    """The file, each row's hash and signatures verified; raises ``Damaged``.

    Read line by line, so that a row that is not even JSON any more is still named. Rows are counted from 1.
    """
    try:
        head, *lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
    except OSError as error:
        raise Damaged(f"{path}: {error.strerror or error}") from error
    if not lines or lines.pop() != END:
        raise Damaged(f"{path}: is not a head, a row a line and {END.decode()}")
    try:
        measurements = msgspec.json.decode(head + END, type=Measurements)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Damaged(f"{path}: head: {error}") from error
    rows = tuple(_row(path, number, line) for number, line in enumerate(lines, start=1))
    return msgspec.structs.replace(measurements, rows=rows)


def _row(path: Path, number: int, line: bytes) -> Row:
    try:
        row = msgspec.json.decode(line.removesuffix(b","), type=Row)
        open_stored(row.stored())
    except ValueError as error:  # no JSON, no UTF-8, an id that is no hex, or Corrupt
        raise Damaged(f"{path}: row {number}: {error}") from error
    return row

"""Archive parts of before signatures could be shared, beside those of today: both are read, and say the same."""

import os
from io import BytesIO

import pyarrow as pa
from pyarrow import parquet as pq

from collector import parquet
from collector.closing import Row


def row(signature: bytes) -> Row:
    """A measurement's row with that signature."""
    return Row(
        "measurements", os.urandom(32), 1, os.urandom(32), signature, os.urandom(16), os.urandom(16), b"{}"
    )


def test_a_part_with_signatures_of_one_length_is_read_as_before(tmp_path):
    """Signatures were a column of 64 bytes each: such a part is read, and so is one with a shared signature in it."""
    rows = [row(os.urandom(64)) for _ in range(3)]
    at = parquet.NAMES.index("signature")
    former = parquet.SCHEMA.set(at, pa.field("signature", pa.binary(64), nullable=False))
    old, new = tmp_path / "old.parquet", tmp_path / "new.parquet"
    pq.write_table(
        pa.table({name: [getattr(one, name) for one in rows] for name in parquet.NAMES}, schema=former), old
    )
    with new.open("wb") as sink:
        parquet.write(sink, [*rows, row(os.urandom(258))], {})
    read = [list(parquet.read(BytesIO(file.read_bytes()), ["measurements"])) for file in (old, new)]
    assert [tuple(one) for one in rows] == read[0] == read[1][:3]
    assert [64, 64, 64, 258] == [len(one[at]) for one in read[1]]

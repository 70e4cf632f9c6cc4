"""Parquet: the sealed documents as a table that any tool reads. The one file that speaks pa.

One row a document, its exact signed bytes in ``body``; ``kind`` says which table of the hour file it is from, and a
row group holds one kind. Rows are written and read by row groups of some megabytes, so memory does not grow with the
hour. zstd at level 9: JSON of one probe resembles the next, and a seal is written once.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import IO, Any, Final, Protocol

from collector.closing import Row
from collector.hot_files import TABLES
from collector.messages import Trouble
from collector.salted import SALT_BYTES
from probe.measurement.merkle import HASH_BYTES
from probe.measurement.signing import KEY_BYTES

try:
    import pyarrow as pa
    from pyarrow import parquet as pq
except ImportError as error:
    raise Trouble("archive.extra", detail="pyarrow") from error

GROUP_BYTES: Final = 8 * 1024 * 1024
GROUP_ROWS: Final = 2_000
READ_ROWS: Final = 100
LEVEL: Final = 9

SCHEMA: Final = pa.schema(
    [
        pa.field("kind", pa.string(), nullable=False),
        pa.field("document_id", pa.binary(HASH_BYTES), nullable=False),
        pa.field("received_at_us", pa.int64(), nullable=False),
        pa.field("key", pa.binary(KEY_BYTES), nullable=False),
        pa.field("signature", pa.binary(), nullable=False),
        pa.field("pair_id", pa.binary(), nullable=True),
        pa.field("salt", pa.binary(SALT_BYTES), nullable=False),
        pa.field("body", pa.binary(), nullable=False),
    ]
)
"""Columns as ``Row`` has them. ``received_at_us`` is the collector's clock, µs since 1970 UTC."""

NAMES: Final[tuple[str, ...]] = tuple(SCHEMA.names)


@dataclass(frozen=True)
class Written:
    """How many rows of each kind a file got."""

    rows: dict[str, int]


def spare_memory() -> None:
    """For a process of its own: pyarrow then gives memory back to the system, where its own pools keep what they had."""
    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


class Sink(Protocol):
    """What pyarrow writes to."""

    closed: bool

    def write(self, data: bytes, /) -> int:
        """Take ``data``."""

    def flush(self) -> None:
        """Pass on what was taken."""

    def tell(self) -> int:
        """How much was taken."""

    def close(self) -> None:
        """No more comes."""


def write(sink: Sink, rows: Iterable[Row], about: dict[str, str]) -> Written:
    """Write ``rows``, which come kind by kind; ``about`` goes into the file's metadata."""
    schema = SCHEMA.with_metadata({f"isonomia.{name}": text for name, text in about.items()})
    counted = dict.fromkeys(TABLES, 0)
    with pq.ParquetWriter(
        sink,
        schema,
        compression="zstd",
        compression_level=LEVEL,
        use_dictionary=["kind", "key"],
        write_statistics=["kind", "received_at_us"],
        data_page_size=2 * 1024 * 1024,
    ) as writer:
        for kind, of_kind in groupby(rows, key=lambda row: row.kind):
            for group in _groups(of_kind):
                columns = [_array(*of) for of in zip(zip(*group, strict=True), schema.types, strict=True)]
                table = pa.Table.from_arrays(columns, schema=schema)
                writer.write_table(table, row_group_size=len(group))
                counted[kind] += len(group)
    return Written(counted)


def _array(values: Sequence[Any], kind: Any) -> Any:
    """``values`` as an array, put together from its buffers: ``pyarrow.array`` would import pandas where it is installed."""
    count = len(values)
    if kind == pa.int64():
        return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(array("q", values))])
    texts = [value.encode() if isinstance(value, str) else value or b"" for value in values]
    data = pa.py_buffer(b"".join(texts))
    if pa.types.is_fixed_size_binary(kind):
        if any(len(text) != kind.byte_width for text in texts):
            raise ValueError(f"not {kind.byte_width} bytes")
        return pa.Array.from_buffers(kind, count, [None, data])
    offsets = pa.py_buffer(array("i", accumulate(map(len, texts), initial=0)))
    present = sum(1 << n for n, value in enumerate(values) if value is not None)
    valid = pa.py_buffer(present.to_bytes((count + 7) // 8, "little"))
    return pa.Array.from_buffers(kind, count, [valid, offsets, data])


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    group: list[Row] = []
    size = 0
    for row in rows:
        group.append(row)
        size += len(row.body)
        if size >= GROUP_BYTES or len(group) == GROUP_ROWS:
            yield group
            group, size = [], 0
    if group:
        yield group


def read(
    source: IO[bytes], kinds: Iterable[str], columns: tuple[str, ...] = NAMES
) -> Iterator[tuple[Any, ...]]:
    """``columns`` of every row of ``kinds``, in the order they were written; raises ``ValueError`` for no such file."""
    wanted = frozenset(kinds)
    try:
        file = pq.ParquetFile(source, pre_buffer=False)
        groups = [n for n in range(file.num_row_groups) if _kind(file, n) in wanted]
        for batch in file.iter_batches(
            READ_ROWS, row_groups=groups, columns=list(columns), use_threads=False
        ):
            yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)
    except (pa.ArrowException, KeyError) as error:
        raise ValueError(str(error)) from error


def _kind(file: Any, group: int) -> str:
    return str(file.metadata.row_group(group).column(NAMES.index("kind")).statistics.min)

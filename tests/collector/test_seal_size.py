"""Size and memory of a seal: beside DuckDB's own zstd Parquet of the same table, and under 250 MB."""

import random

import duckdb

from collector.hot_files import HOUR_US, close_hour, insert_sql, open_hour
from probe.measurement.signing import document_id
from tests.support.collectors import NOW
from tests.support.documents import key_from, make_pair_document, make_plan
from tests.support.sealing import HOUR, Sealing, seal

DIFFERENT, DOCUMENTS = 150, 1_500
LARGEST_MB = 250


def fill_with_pairs(sealing: Sealing) -> None:
    """An hour of pairs as probes make them, ten homes, each pair ten times with another number behind it."""
    rng = random.Random(1)
    responder_key, keys = key_from(rng), [key_from(rng) for _ in range(10)]
    plan = make_plan(responder_key)
    made = [
        make_pair_document(rng, responder_key, keys[n % 10], plan, "s1", 4e6, 20e6, started_at=NOW)
        for n in range(DIFFERENT)
    ]
    db, hour = open_hour(sealing.folder.hot, HOUR)
    db.execute("BEGIN IMMEDIATE")
    for n in range(DOCUMENTS):
        document = made[n % DIFFERENT]
        body = document.body_bytes()[:-1] + b',"n":%d}' % n
        row = (
            document_id(body),
            hour * HOUR_US + n,
            document.key,
            rng.randbytes(64),
            rng.randbytes(16),
            body,
        )
        db.execute(insert_sql("measurements", 1), row)
    db.execute("COMMIT")
    close_hour(db)


def test_size_and_memory(tmp_path, capsys):
    """A part is at most a tenth larger than what DuckDB writes of the same rows with zstd; the sealer's peak stays under 250 MB."""
    sealing = Sealing.make(tmp_path)
    fill_with_pairs(sealing)
    said = seal(sealing.folder)
    (part,) = sealing.parts()
    other = tmp_path / "duckdb.parquet"
    duckdb.execute(
        f"COPY (SELECT * FROM read_parquet('{part}', hive_partitioning = false)) "  # noqa: S608 - our own path
        f"TO '{other}' (FORMAT parquet, COMPRESSION zstd)"
    )
    ours, theirs = part.stat().st_size, other.stat().st_size
    with capsys.disabled():
        print(
            f"\n{ours / DOCUMENTS:.0f} bytes a document, {ours / theirs:.2f} of DuckDB's zstd Parquet; "
            f"hot {int(str(said['hot_bytes'])) / DOCUMENTS:.0f}; peak {said['peak_rss_mb']} MB"
        )
    assert ours <= 1.1 * theirs
    assert int(str(said["peak_rss_mb"])) <= LARGEST_MB

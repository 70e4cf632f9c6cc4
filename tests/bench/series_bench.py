"""The feed's rate into Debian's InfluxDB, beside the same lines sent raw by curl.

The golden documents, copied with ids and times of their own, are fed by ``timeseries.feed``; then the very lines it wrote
are sent to an emptied database by curl, in the same batches. Rounds alternate, so that a neighbour's load falls on both.
"""

import statistics
import subprocess
import tempfile
import time
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from collector.data_folder import DataFolder
from collector.hot_files import insert_sql, open_hour
from collector.stored import StoredMeasurement
from collector.timeseries.facts import point_of
from collector.timeseries.feed import BATCH_LINES
from collector.timeseries.policy import PRIVATE
from collector.timeseries.tags import vocabulary_of
from tests.support.databases import Database, running
from tests.support.series import feed_once, golden_folder, golden_rows

GATE = 0.2
ROUNDS = 3
HOUR_US = 3_600_000_000


def series_bench(documents: int = 12_000) -> dict[str, Any]:
    """Documents and lines a second, the median ratio over the rounds, and whether it is at least ``GATE``."""
    with tempfile.TemporaryDirectory(prefix="isonomia-series-") as name:
        root = Path(name)
        folder = golden_folder(root, "neutral")
        _many(folder, documents)
        batches = _batches(folder, root)
        with running("influx1", root / "influx") as database:
            rounds = [(_fed(folder, database), _curled(database, batches)) for _ in range(ROUNDS)]
        size = sum(path.stat().st_size for path in batches)
    ratio = statistics.median(ours / raw for ours, raw in rounds)
    return {
        "documents": documents,
        "line_bytes": round(size / documents),
        "feed_per_s": round(statistics.median(ours for ours, _ in rounds)),
        "curl_per_s": round(statistics.median(raw for _, raw in rounds)),
        "ratio": round(ratio, 3),
        "ratio_gate": GATE,
        "passes": ratio >= GATE,
    }


def _many(folder: DataFolder, documents: int) -> None:
    """Golden documents, each told apart by a space more in its body: another hash, and so another point."""
    originals = golden_rows("policed-1.5")
    db, _ = open_hour(folder.hot, originals[0].received_at_us // HOUR_US + 1)
    db.execute("BEGIN IMMEDIATE")
    for number in range(documents):
        one = originals[number % len(originals)]
        stamp = b'"opened_at_us":%d' % (1_795_305_363_264_029 + number * 997)
        head, _, rest = one.body.partition(b'"opened_at_us":')
        body = head + stamp + rest[16:]
        row = (sha256(body).digest(), one.received_at_us, one.key, one.signature, None, body)
        db.execute(insert_sql("measurements", 1), row)
    db.execute("COMMIT")
    db.close()


def _batches(folder: DataFolder, root: Path) -> list[Path]:
    """The lines as files, a batch each."""
    from collector.archive import read_measurements

    words = vocabulary_of(folder.plans)
    rows = iter(read_measurements(folder.root))
    made: list[Path] = []
    while batch := list(islice(rows, BATCH_LINES)):
        path = root / f"{len(made)}.lines"
        path.write_text("\n".join(_line(one, words) for one in batch), encoding="utf-8")
        made.append(path)
    return made


def _line(stored: StoredMeasurement, words: Any) -> str:
    return point_of(stored, words).line()


def _fed(folder: DataFolder, database: Database) -> float:
    begun = time.monotonic()
    done = feed_once(folder, database.url, rebuild=True, kind="influx1")
    return done.rows / (time.monotonic() - begun)


def _curled(database: Database, batches: list[Path]) -> float:
    database.ask(f"/query?q=DROP+DATABASE+{PRIVATE.name}", "")
    database.ask(f"/query?q=CREATE+DATABASE+{PRIVATE.name}", "")
    lines = sum(path.read_bytes().count(b"\n") + 1 for path in batches)
    begun = time.monotonic()
    for path in batches:
        url = f"{database.url}/write?db={PRIVATE.name}&precision=ns"
        subprocess.run(["curl", "-sf", "--data-binary", f"@{path}", url], check=True)
    return lines / (time.monotonic() - begun)


if __name__ == "__main__":
    print(series_bench())

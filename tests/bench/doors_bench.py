"""The doors beside each other: single documents, batches of fifty and MQTT, at one collector, in alternating rounds.

The documents are real, signed and each posted once. Ratios are what counts; the absolute rates are those of this
machine. At half the rate of the singles the answers' latency is taken, from the time each request was due.

    python -m tests.bench.doors_bench [DOCUMENTS]
"""

import gzip
import json
import random
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from collector.batch import CONTENT_TYPE
from tests.bench.collector_bench import PROBES, ROOT, _documents, _load, _memory_and_cpu, _run, _server
from tests.bench.load import write_bodies
from tests.support.documents import key_from, make_plan, operator_toml

BATCH = 50
ROUNDS = 3
GATES = {"batch_ratio": 2.5, "half_load_p99_ms": 100.0, "rss_mb": 120.0}
HALF_LOAD_S = 3.0

__all__ = ["PROBES", "ROOT", "doors_bench"]


def doors_bench(documents: int = 3000, connections: int = 32) -> dict[str, Any]:
    """Rates in documents a second, their ratios, the latency at half load, the server's memory."""
    rng = random.Random(8)
    responder_key = key_from(rng)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "operator.toml").write_text(operator_toml(make_plan(responder_key)))
        _run("-m", "collector", "init", "--data", str(folder / "data"))
        serve = ["-m", "collector", "serve", "--data", str(folder / "data"), "--json"]
        serve += ["--operator", str(folder / "operator.toml"), "--listen", "127.0.0.1:0"]
        with _server(*serve) as (collector, process):
            raw = _documents(rng, responder_key, collector, 3 * documents)
            singles, batched, paced = raw[:documents], raw[documents : 2 * documents], raw[2 * documents :]
            write_bodies(folder / "bodies", [gzip.compress(body, 6) for body in (*singles, *paced)])
            batches = folder / "batches"
            batches.mkdir()
            groups = [batched[n : n + BATCH] for n in range(0, documents, BATCH)]
            write_bodies(batches / "bodies", [gzip.compress(b"\n".join(group), 6) for group in groups])
            url = f"{collector}/v1/measurements"
            rounds = [
                (
                    _load(url, folder, connections, documents // ROUNDS, n * (documents // ROUNDS)),
                    _batches(url, batches, len(groups) // ROUNDS, n * (len(groups) // ROUNDS)),
                )
                for n in range(ROUNDS)
            ]
            rates = [one["rate"] for one, _ in rounds]
            per_s = statistics.median(rates) / 2
            paced_count = min(documents, int(per_s * HALF_LOAD_S))
            half = json.loads(
                _run(
                    *("-m", "tests.bench.load", url, str(folder / "bodies"), str(connections)),
                    *(str(paced_count), str(documents), "application/json", str(per_s)),
                )
            )
            rss_mb, _ = _memory_and_cpu(process.pid)
    return _summary(rounds, half, rss_mb)


def _batches(url: str, folder: Path, count: int, first: int) -> dict[str, Any]:
    words = (url, str(folder / "bodies"), "4", str(count), str(first), CONTENT_TYPE)
    return dict(json.loads(_run("-m", "tests.bench.load", *words)))


def _summary(
    rounds: list[tuple[dict[str, Any], dict[str, Any]]], half: dict[str, Any], rss_mb: float
) -> dict[str, Any]:
    refused = [
        status for pair in (*rounds, (half,)) for one in pair for status in one["statuses"] if status != "200"
    ]
    figures = {
        "single_rate": round(statistics.median(one["rate"] for one, _ in rounds)),
        "batch_rate": round(BATCH * statistics.median(many["rate"] for _, many in rounds)),
        "batch_ratio": round(
            statistics.median(BATCH * many["rate"] / one["rate"] for one, many in rounds), 2
        ),
        "batch_p99_ms": round(max(many["p99_ms"] for _, many in rounds), 1),
        "half_load_rate": round(half["rate"]),
        "half_load_p50_ms": round(half["p50_ms"], 1),
        "half_load_p99_ms": round(half["p99_ms"], 1),
        "rss_mb": rss_mb,
        "refused": len(refused),
    }
    within = {
        "batch_ratio": figures["batch_ratio"] >= GATES["batch_ratio"],
        "half_load_p99_ms": figures["half_load_p99_ms"] < GATES["half_load_p99_ms"],
        "rss_mb": figures["rss_mb"] <= GATES["rss_mb"],
    }
    return {**figures, "gates": GATES, "within": within, "passes": all(within.values()) and not refused}


if __name__ == "__main__":
    print(json.dumps(doors_bench(*map(int, sys.argv[1:])), indent=1))

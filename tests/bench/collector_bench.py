"""The collector's rate with real signed documents, beside an empty handler on the same server settings.

Three processes: the real ``isonomia-collector serve``, an empty handler in aiohttp with the collector's own
runner, and the generator (``load``), all on the same cores. Rounds alternate, so that a neighbour's load falls
on both. The documents are made beforehand: pairs with statement and ticks, each posted once.

    python -m tests.bench.collector_bench [DOCUMENTS [CONNECTIONS]]

A round has thousands of documents: an empty handler answers one thousand in a twentieth of a second, in which it is a third
slower than it is (note 048).
"""

import asyncio
import gzip
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from collector.app import make_runner
from probe.measurement.signing import Signed
from probe.plan import Plan
from tests.bench.load import write_bodies
from tests.support.documents import key_from, make_enrolment, make_pair_document, make_plan, operator_toml

RATIO_GATE = 0.15
ROUNDS = 6
PROBES = 20
ROOT = Path(__file__).parents[2]


def collector_bench(documents: int = 18_000, connections: int = 32) -> dict[str, Any]:
    """Rates per second, latencies in ms, sizes in bytes, CPU and
    memory of the collector; ``passes`` tells whether the ratio's gate holds.
    """
    rng = random.Random(7)
    responder_key = key_from(rng)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        operator = folder / "operator.toml"
        operator.write_text(operator_toml(make_plan(responder_key)))
        _run("-m", "collector", "init", "--data", str(folder / "data"))
        serve = ["-m", "collector", "serve", "--data", str(folder / "data"), "--operator", str(operator)]
        with (
            _server(*serve, "--listen", "127.0.0.1:0", "--json") as (collector, process),
            _server("-m", "tests.bench.collector_bench", "empty") as (empty, _),
        ):
            raw = _documents(rng, responder_key, collector, documents)
            write_bodies(folder / "bodies", [gzip.compress(body, 6) for body in raw])
            _, idle_cpu_s = _memory_and_cpu(process.pid)
            rounds = [
                (
                    _load(f"{empty}/v1/measurements", folder, connections, documents // ROUNDS, 0),
                    _load(
                        f"{collector}/v1/measurements",
                        folder,
                        connections,
                        documents // ROUNDS,
                        n * (documents // ROUNDS),
                    ),
                )
                for n in range(ROUNDS)
            ]
            rss_mb, cpu_s = _memory_and_cpu(process.pid)
        zipped = (folder / "bodies").stat().st_size / documents - 4
    sizes = {"document_bytes": round(sum(map(len, raw)) / documents), "gzip_bytes": round(zipped)}
    cost = {"cpu_us": round((cpu_s - idle_cpu_s) / documents * 1e6), "rss_mb": rss_mb}
    return {**_summary(rounds), "connections": connections, **sizes, **cost}


def _summary(rounds: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    """Sums over the rounds; the median of the medians, the worst of the 99th percentiles."""
    answered = sum(ours["answered"] for _, ours in rounds)
    refused = sum(
        count for _, ours in rounds for status, count in ours["statuses"].items() if status != "200"
    )
    rate = answered / sum(ours["seconds"] for _, ours in rounds)
    empty_rate = sum(other["answered"] for other, _ in rounds) / sum(other["seconds"] for other, _ in rounds)
    # The median over the rounds, each beside its own empty handler: a neighbour's burst spoils one, not all.
    ratio = statistics.median(ours["rate"] / other["rate"] for other, ours in rounds)
    return {
        "rate": round(rate),
        "empty_rate": round(empty_rate),
        "ratio": round(ratio, 3),
        "ratio_gate": RATIO_GATE,
        "passes": ratio >= RATIO_GATE and refused == 0,
        "documents": answered,
        "refused": refused,
        "p50_ms": round(sorted(ours["p50_ms"] for _, ours in rounds)[len(rounds) // 2], 1),
        "p99_ms": round(max(ours["p99_ms"] for _, ours in rounds), 1),
    }


def _documents(rng: random.Random, responder_key: Any, collector: str, count: int) -> list[bytes]:
    """Signed pairs of ``PROBES`` enrolled probes, as bytes."""
    now = datetime.now(UTC)
    keys = [key_from(rng) for _ in range(PROBES)]
    for key in keys:
        _post(f"{collector}/v1/enrolments", msgspec.json.encode(make_enrolment(key_from(rng), key, now)))
    plan = _plan(collector)
    return [
        msgspec.json.encode(
            make_pair_document(rng, responder_key, keys[n % PROBES], plan, "s1", 4e6, 20e6, started_at=now)
        )
        for n in range(count)
    ]


def _plan(collector: str) -> Plan:
    with urllib.request.urlopen(f"{collector}/v1/plan") as response:  # noqa: S310 - our own loopback server
        signed = msgspec.json.decode(response.read(), type=Signed)
    return msgspec.json.decode(signed.body_bytes(), type=Plan)


def _post(url: str, body: bytes) -> None:
    with urllib.request.urlopen(url, data=body) as response:  # noqa: S310 - our own loopback server
        response.read()


def _load(url: str, folder: Path, connections: int, count: int, first: int) -> dict[str, Any]:
    words = (url, folder / "bodies", connections, count, first)
    return dict(json.loads(_run("-m", "tests.bench.load", *map(str, words))))


def _run(*words: str) -> str:
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


@contextmanager
def _server(*words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server process that prints a JSON line with its ``url``; stopped on the way out."""
    with subprocess.Popen([sys.executable, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"], process
        finally:
            process.terminate()
            process.wait(20)


def _memory_and_cpu(pid: int) -> tuple[float, float]:
    """Peak resident MB and CPU seconds of a process and its children, from procfs."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    memory_kb, ticks = 0, 0
    for number in (str(pid), *children):
        status = Path(f"/proc/{number}/status").read_text()
        memory_kb += int(status.partition("VmHWM:")[2].split()[0])
        ticks += sum(map(int, Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[11:13]))
    return round(memory_kb / 1024, 1), ticks / os.sysconf("SC_CLK_TCK")


async def _serve_empty() -> None:
    """Read the body and say 200: what aiohttp itself costs."""

    async def handle(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=b"{}", content_type="application/json")

    app = web.Application()
    app.router.add_post("/v1/measurements", handle)
    runner = make_runner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"url": f"http://127.0.0.1:{runner.addresses[0][1]}"}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1:] == ["empty"]:
        asyncio.run(_serve_empty())
    else:
        print(json.dumps(collector_bench(*map(int, sys.argv[1:])), indent=1))

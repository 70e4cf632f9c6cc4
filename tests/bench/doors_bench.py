"""The doors beside each other: single documents, batches of fifty and MQTT, at one collector, and an empty handler, in alternating rounds.

The documents are real, signed and each posted once. Ratios are what counts; the absolute rates are those of this
machine. At half the rate of the singles the answers' latency is taken, from the time each request was due. The broker is a
real Mosquitto with TLS; generator, broker and collector share the cores.

    python -m tests.bench.doors_bench [DOCUMENTS [CONNECTIONS]]
"""

import gzip
import json
import random
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.batch import CONTENT_TYPE
from probe.measurement.signing import Signed, public_bytes
from probe.mqtt_access import MqttAccess
from probe.rolls import ROLL_HEADER
from probe.together import under_one_signature
from tests.bench.collector_bench import _load, _memory_and_cpu, _plan, _post, _run, _server
from tests.bench.load import write_bodies
from tests.bench.mqtt_load import Sender, write_load
from tests.support.brokers import mosquitto
from tests.support.collectors import Clock, Site, unix_now_us
from tests.support.documents import key_from, make_enrolment, make_pair_document, roll_of

BATCH = 50
ROUNDS = 3
PROBES = 32
"""What one key may send in a day (``documents_per_key_day``) is far from reached."""
CONNECTIONS = 32
"""Of the singles, and of the empty handler."""
SENDERS = PROBES
"""Probes that send by MQTT, a window of fifty documents each: 1,600 are under way (note 045)."""
BATCH_CONNECTIONS = 8
"""Batches under way at once: while some are committed others are checked."""
GATES = {
    "single_ratio": 0.15,
    "batch_ratio": 2.5,
    "mqtt_ratio": 0.5,
    "half_load_p99_ms": 100.0,
    "rss_mb": 120.0,
}
HALF_LOAD_S = 3.0


@dataclass(frozen=True)
class Load:
    """Where everything to be sent lies: ``folder``/bodies holds the singles, then those for half load."""

    folder: Path
    url: str
    empty_url: str
    each: int
    connections: int


def doors_bench(documents: int = 12_000, connections: int = CONNECTIONS) -> dict[str, Any]:
    """Rates in documents a second, their ratios, the latency at half load, the server's memory; ``passes``."""
    each = documents // ROUNDS // BATCH * BATCH
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        site = Site.make(folder, 8, Clock(unix_now_us()))
        stack.enter_context(mosquitto(site, folder / "mosquitto.log"))
        serve = ["-m", "collector", "serve", "--data", str(site.folder.root), "--json"]
        serve += ["--operator", str(site.operator_file), "--listen", "127.0.0.1:0"]
        collector, process = stack.enter_context(_server(*serve))
        empty, _ = stack.enter_context(_server("-m", "tests.bench.collector_bench", "empty"))
        _prepare(site, folder, collector, each)
        load = Load(folder, f"{collector}/v1/measurements", f"{empty}/v1/measurements", each, connections)
        kinds = (_singles, _batches, _mqtt, _empty)
        rounds = [tuple(_costed(kind, load, n, process.pid) for kind in kinds) for n in range(ROUNDS)]
        half = _half_load(load, statistics.median(one["rate"] for one, *_ in rounds) / 2)
        rss_mb, _ = _memory_and_cpu(process.pid)
    return _summary(rounds, half, rss_mb)


def _prepare(site: Site, folder: Path, collector: str, each: int) -> None:
    """Enrol the probes, make and sign the documents, lay them out for the generators."""
    rng = random.Random(8)
    keys = [key_from(rng) for _ in range(PROBES)]
    for key in keys:
        _post(
            f"{collector}/v1/enrolments",
            msgspec.json.encode(make_enrolment(key_from(rng), key, site.clock.moment)),
        )
    plan = _plan(collector)

    def document(owner: int) -> bytes:
        signed = make_pair_document(
            rng, site.responder_key, keys[owner], plan, "s1", 4e6, 20e6, started_at=site.clock.moment
        )
        return msgspec.json.encode(signed)

    singles = [gzip.compress(document(number % PROBES), 6) for number in range(2 * ROUNDS * each)]
    write_bodies(folder / "bodies", singles)
    batches, heads = [], []
    for number in range(ROUNDS * each // BATCH):
        documents = [document(number % PROBES) for _ in range(BATCH)]
        batches.append(_batch(keys[number % PROBES], documents))
        heads.append(f"{ROLL_HEADER}: {roll_of(site.responder_key, documents)}\r\n".encode())
    (folder / "batches").mkdir()
    write_bodies(folder / "batches" / "bodies", batches)
    write_bodies(folder / "batches" / "bodies.heads", heads)
    access = [_access(collector, key) for key in keys[:SENDERS]]
    for number in range(ROUNDS):
        mine: list[list[bytes]] = [[] for _ in access]
        for made in range(each):
            mine[made % SENDERS].append(gzip.compress(document(made % SENDERS), 6))
        senders = [Sender(a, k.private_bytes_raw(), m) for a, k, m in zip(access, keys, mine, strict=False)]
        write_load(folder / f"mqtt{number}", senders)


def _batch(key: Ed25519PrivateKey, documents: list[bytes]) -> bytes:
    """What a probe sends of its spool at once."""
    return gzip.compress(b"\n".join(under_one_signature(key, documents)), 6)


def _access(collector: str, key: Ed25519PrivateKey) -> MqttAccess:
    with urllib.request.urlopen(f"{collector}/v1/mqtt?key={public_bytes(key).hex()}") as response:  # noqa: S310 - our own
        signed = msgspec.json.decode(response.read(), type=Signed)
    return msgspec.json.decode(signed.body_bytes(), type=MqttAccess)


def _costed(send: Callable[[Load, int], dict[str, Any]], load: Load, number: int, pid: int) -> dict[str, Any]:
    """What ``send`` found, with the processor time a document, µs, of the collector and with its generator's: a neighbour
    changes that little, and their quotient is the ratio of rates on a machine that has nothing else to do.
    """
    _, before_s = _memory_and_cpu(pid)
    found = send(load, number)
    _, after_s = _memory_and_cpu(pid)
    server_us = (after_s - before_s) / load.each * 1e6
    return {**found, "cpu_us": server_us, "machine_us": server_us + found.get("cpu_s", 0.0) / load.each * 1e6}


def _singles(load: Load, number: int) -> dict[str, Any]:
    return _load(load.url, load.folder, load.connections, load.each, number * load.each)


def _empty(load: Load, number: int) -> dict[str, Any]:
    """The same bodies, twice as many: an empty handler is through with them before it has found its pace (note 048)."""
    return _load(load.empty_url, load.folder, load.connections, 2 * load.each, number * load.each)


def _batches(load: Load, number: int) -> dict[str, Any]:
    count = load.each // BATCH
    words = (
        load.url,
        str(load.folder / "batches" / "bodies"),
        str(BATCH_CONNECTIONS),
        str(count),
        str(number * count),
        CONTENT_TYPE,
    )
    found = dict(json.loads(_run("-m", "tests.bench.load", *words)))
    return {**found, "rate": found["rate"] * BATCH}


def _mqtt(load: Load, number: int) -> dict[str, Any]:
    return dict(json.loads(_run("-m", "tests.bench.mqtt_load", str(load.folder / f"mqtt{number}"))))


def _half_load(load: Load, per_s: float) -> dict[str, Any]:
    count, first = min(ROUNDS * load.each, int(per_s * HALF_LOAD_S)), ROUNDS * load.each
    words = (load.url, str(load.folder / "bodies"), str(load.connections), str(count), str(first))
    return dict(json.loads(_run("-m", "tests.bench.load", *words, "application/json", str(per_s))))


def _summary(
    rounds: Sequence[tuple[dict[str, Any], ...]], half: dict[str, Any], rss_mb: float
) -> dict[str, Any]:
    fine = {"200", "accepted"}
    refused = sum(
        count
        for one in (*(one for many in rounds for one in many), half)
        for status, count in one["statuses"].items()
        if status not in fine
    )
    figures: dict[str, float] = {
        "single_rate": round(statistics.median(one["rate"] for one, *_ in rounds)),
        "batch_rate": round(statistics.median(many["rate"] for _, many, *_ in rounds)),
        "mqtt_rate": round(statistics.median(mqtt["rate"] for _, _, mqtt, _ in rounds)),
        "empty_rate": round(statistics.median(empty["rate"] for *_, empty in rounds)),
        "single_ratio": round(statistics.median(one["rate"] / empty["rate"] for one, *_, empty in rounds), 3),
        "batch_ratio": round(statistics.median(many["rate"] / one["rate"] for one, many, *_ in rounds), 2),
        "batch_ratio_cpu": round(
            statistics.median(one["machine_us"] / many["machine_us"] for one, many, *_ in rounds), 2
        ),
        "mqtt_ratio": round(statistics.median(mqtt["rate"] / one["rate"] for one, _, mqtt, _ in rounds), 2),
        **{
            f"{name}_cpu_us": round(statistics.median(many[place]["cpu_us"] for many in rounds))
            for place, name in enumerate(("single", "batch", "mqtt"))
        },
        "half_load_rate": round(half["rate"]),
        "half_load_p50_ms": round(half["p50_ms"], 1),
        "half_load_p99_ms": round(half["p99_ms"], 1),
        "rss_mb": rss_mb,
    }
    within = {
        name: figures[name] >= gate if name.endswith("ratio") else figures[name] <= gate
        for name, gate in GATES.items()
    }
    return {
        **figures,
        "refused": refused,
        "gates": GATES,
        "within": within,
        "passes": all(within.values()) and not refused,
    }


if __name__ == "__main__":
    print(json.dumps(doors_bench(*map(int, sys.argv[1:])), indent=1))

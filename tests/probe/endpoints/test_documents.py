"""What the nettests record fits the envelope, the schema and the collector's bound, at its largest."""

import json
import random
from datetime import UTC, datetime

import msgspec
import pytest

from collector.ingest import LARGEST_RESULT_BYTES
from probe.errands.facts import NETTESTS
from probe.measurement.envelope import decode
from probe.measurement.results import (
    DnsAnswer,
    DnsResult,
    FetchResult,
    LatencyResult,
    ReachabilityResult,
    Result,
    ShownCertificate,
)
from probe.nettests.dns import MOST_SHOWN
from probe.nettests.table import NETTESTS as MODULES
from probe.nettests.table import load
from tests.support.documents import key_from, make_pair_document, make_plan
from tests.support.results import CERTIFICATE, LOOK, SAMPLES, make_result_document, with_results

RNG = random.Random(5)
RESPONDER, HOME = key_from(RNG), key_from(RNG)
PLAN = with_results(make_plan(RESPONDER))
PAIR = decode(
    make_pair_document(RNG, RESPONDER, HOME, PLAN, PLAN.services[0].id, 18e6, 18e6).body_bytes()
).pair
CERTIFIED = msgspec.structs.replace(CERTIFICATE, issuer="i" * 160, subject="s" * 160, reason="r" * 160)
LARGE_LOOK = msgspec.structs.replace(
    LOOK,
    certificate=CERTIFIED,
    title="t" * 160,
    host="h" * 60,
    t_us=tuple(range(10_000_000, 10_000_000 + 100 * 50_000, 50_000)),
    at_bytes=tuple(range(1_000_000, 1_000_100)),
)


def largest() -> dict[str, Result]:
    """A result of each kind at the size that the nettests themselves can reach."""
    addresses = tuple(f"203.0.113.{n}" for n in range(100, 116))
    answer = DnsAnswer(
        server="cloudflare",
        transport="dot",
        failure="ok",
        addresses=addresses,
        second=addresses,
        time_us=10**6,
    )
    shown = ShownCertificate(
        address=addresses[0], asked_because="home_only", failure="tls_certificate", certificate=CERTIFIED
    )
    assert PAIR is not None
    assert isinstance(SAMPLES["latency"], LatencyResult)
    return {
        "dns": DnsResult(
            name="n" * 60,
            resolver=addresses[0],
            answers=(answer,) * 7,
            random_name=answer,
            certificates=(shown,) * (MOST_SHOWN + 1),
            unasked=answer,
        ),
        "fetch": FetchResult(looks=(LARGE_LOOK, LARGE_LOOK), gap_ms=1000),
        "reachability": ReachabilityResult(
            looks=(msgspec.structs.replace(LARGE_LOOK, t_us=(), at_bytes=(), title=None),) * 6
        ),
        "latency": msgspec.structs.replace(
            SAMPLES["latency"],
            ticket=PAIR.ticket,
            statement=PAIR.statement,
            series=SAMPLES["latency"].series * 6,
        ),
    }


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_largest_fits(kind):
    """With two witnesses beside it the largest result stays below what a collector takes."""
    assert PAIR is not None
    result = largest()[kind]
    signed = make_result_document(HOME, PLAN, PLAN.services[0].id, datetime(2026, 11, 21, tzinfo=UTC), result)
    witnesses = 2 * len(msgspec.json.encode(PAIR.statement))
    assert LARGEST_RESULT_BYTES > len(signed.body_bytes()) + witnesses
    assert result == decode(signed.body_bytes()).result


def test_the_tables_name_the_same_nettests():
    """What is listed can be loaded, and what can be loaded is listed."""
    assert set(MODULES) == set(NETTESTS)
    for name in MODULES:
        assert name == load(name).name


def test_no_field_without_a_bound():
    """Every text and every list of a result says how long it may be, so that no document can swell."""
    free: list[str] = []

    def walk(kind: dict, where: str) -> None:
        for name, part in kind.get("properties", {}).items():
            for one in part.get("anyOf", [part]):
                is_text = one.get("type") == "string" and not {"maxLength", "enum"} & set(one)
                is_list = one.get("type") == "array" and "maxItems" not in one
                if is_text or is_list:
                    free.append(f"{where}.{name}")

    kinds = (DnsResult, FetchResult, ReachabilityResult, LatencyResult)
    _, definitions = msgspec.json.schema_components(kinds)
    for name, definition in json.loads(json.dumps(definitions)).items():
        if name != "Signed":  # keys and signatures are measured when they are verified
            walk(definition, name)
    assert [] == free

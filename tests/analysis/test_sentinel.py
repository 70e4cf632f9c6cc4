"""Both runs failed and the sentinel was well: an outcome that is kept and counted, and that accuses nobody by itself."""

import asyncio
from typing import Any

import msgspec
import pytest

from analysis import quality
from probe.measurement.receipt import Path
from tests.analysis.worlds import ASN, NEUTRAL, World, swapped
from tests.support.documents import make_sentinel

BOTH = {"original": "tls_timeout", "control": "tls_timeout"}


@pytest.fixture
def world():
    """Two homes."""
    return World(homes=2)


def watched(world: World, home: int, **terms: Any):
    """A pair of which both runs failed and that could not be closed, after a good sentinel."""
    measurement = world.pair(home, NEUTRAL, failures=BOTH, closed=False)
    path = Path(address_family="ipv4", asn=ASN, country="FR", line_tag=world.tags[home])
    sentinel = make_sentinel(world.desk, world.keys[home], measurement.pair, path, **terms)
    return with_sentinel(measurement, sentinel)


def with_sentinel(measurement, sentinel):
    """The measurement with that sentinel."""
    pair = msgspec.structs.replace(measurement.pair, sentinel=sentinel)
    return msgspec.structs.replace(measurement, pair=pair)


def rule_of(world: World, measurement):
    """The rule that discards it, whatever its labels."""
    found = {
        quality.discarded_by(quality.blind(world.opened(one))) for one in (measurement, swapped(measurement))
    }
    (rule,) = found
    return rule


def test_with_a_good_sentinel_it_counts(world):
    """Not closed, both failed: kept after a good sentinel, with the line that the sentinel's receipt saw; else discarded."""
    pair = watched(world, 0)
    assert None is rule_of(world, pair)
    seen = world.seen(pair)
    assert (ASN, 0.0) == (seen.asn, seen.features.d_fail)
    assert [f"both_failed_after_{seen.first}"] == [n for n in seen.notes if n.startswith("both_failed")]
    assert "no_statement" == rule_of(world, with_sentinel(pair, None))
    assert "no_statement" == rule_of(world, with_sentinel(pair, pair.pair.sentinel.slim()))


def test_a_sentinel_excuses_no_other_pair(world):
    """A pair of which one run went well and that was not closed is discarded, sentinel or not: it must not depend on the label."""
    for failures in ({"original": "tls_reset"}, {"control": "tls_reset"}):
        pair = world.pair(0, NEUTRAL, failures=failures, closed=False)
        path = Path(address_family="ipv4", asn=ASN)
        sentinel = make_sentinel(world.desk, world.keys[0], pair.pair, path)
        assert "no_statement" == rule_of(world, with_sentinel(pair, sentinel))


def test_a_finding_counts_them_by_what_came_first(world):
    """The finding tells how many failed twice after each label, and is no accusation."""
    judgement = world.judged([watched(world, n % 2) for n in range(12)])
    one = next(f for f in judgement.findings if f.service == NEUTRAL)
    assert 12 == sum(one.both_failed.values())
    assert "undetermined" == one.outcome
    assert {} == one.discards
    plain = next(f for f in judgement.findings if f.service != NEUTRAL)
    assert msgspec.UNSET is plain.both_failed


def test_the_collector_checks_a_sentinels_evidence(world, tmp_path):
    """Another's sentinel, one of another variant, of long before or after the pair, and an altered receipt are refused."""
    good = watched(world, 0)
    opened_us = good.pair.open_ticket().opened_at_us
    other_home = watched(world, 1).pair.sentinel
    foreign = msgspec.structs.replace(good.pair.sentinel, statement=other_home.statement)
    renamed = msgspec.structs.replace(
        good.pair.sentinel,
        run=msgspec.structs.replace(good.pair.sentinel.run, name="stream1.culture.example"),
    )
    documents = [
        good,
        with_sentinel(good, other_home),
        watched(world, 0, variant="paced"),
        watched(world, 0, opened_at_us=opened_us - 3_600_000_000),
        watched(world, 0, opened_at_us=opened_us + 3_600_000_000),
        with_sentinel(good, foreign),
        with_sentinel(good, renamed),
    ]
    answers = asyncio.run(world.fill(tmp_path, documents))
    assert [
        "accepted",
        "ticket_of_another_key",
        "ticket_for_another_test",
        "ticket_for_another_test",
        "ticket_for_another_test",
        "foreign_receipt",
        "coin_contradicted",
    ] == answers

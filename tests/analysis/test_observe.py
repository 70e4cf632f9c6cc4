"""From signed bytes to observations."""

import math

import msgspec
import numpy as np
import pytest

from analysis.observe import features
from analysis.observe.facts import local_hour
from analysis.observe.numbers import RunNumbers, Sides, pair_numbers
from analysis.observe.opened import Corrupt, Resulted, Skipped, open_stored
from analysis.stats.pair import RunFacts, pair_features
from collector.reader import StoredMeasurement
from probe.measurement.signing import document_id
from probe.measurement.ticks import Ticks
from tests.analysis.worlds import LINE, PARAMETERS, START, World
from tests.support.documents import make_skipped_document
from tests.support.plans import unix_us
from tests.support.results import SAMPLES, make_result_document


def test_the_facts_of_a_pair_reach_its_observation():
    """Line, service, strata, rates, RTT, loss and the tail's window are those of the signed documents."""
    world = World(homes=1)
    measurement = world.pair(0, "s1", 1.45e6, stratum="owned")
    seen = world.seen(measurement)
    receipts = {receipt.order: receipt for receipt in measurement.pair.open_statement().receipts}
    assert (measurement.probe_key.hex(), "s1", "down", "paced", "owned") == (
        seen.home, seen.service, seen.direction, seen.variant, seen.stratum,
    )  # fmt: skip
    assert (LINE.brand, LINE.technology, LINE.region, 64500) == (
        seen.brand,
        seen.technology,
        seen.region,
        seen.asn,
    )
    assert (f"r1:{world.tags[0].hex()}",) == seen.line_tags
    assert measurement.pair.runs[0].role == seen.first
    assert 1.45 == pytest.approx(seen.original.tail_mbit_s, rel=0.03)
    assert 19.5 == pytest.approx(seen.control.tail_mbit_s, rel=0.03)
    assert seen.features.tail_original_bit_s == pytest.approx(seen.original.tail_mbit_s * 1e6, rel=1e-6)
    assert 20_500 == pytest.approx(seen.original.rtt_us, rel=0.05)
    assert 0.03 == pytest.approx(seen.original.loss, rel=0.2)
    assert 0.0 == seen.control.loss
    began_s = (receipts[seen.original.order].started_at_us + 10_250) / 1e6
    assert began_s + 4 == pytest.approx(seen.original.tail_to_unix_s)
    assert began_s < seen.original.tail_from_unix_s < began_s + 3
    assert ("responder", None, ()) == (seen.clock, seen.discarded_by, seen.notes)
    assert sum(run.wire_bytes for run in measurement.pair.runs) == seen.bytes


def columns_of(runs):
    """The numbers of runs, as columns."""
    bins = np.array([0 if run.rates_bit_s is None else run.rates_bit_s.size for run in runs])
    rates_bit_s = np.full((len(runs), bins.max()), np.nan)
    for at, run in enumerate(runs):
        rates_bit_s[at, : bins[at]] = () if run.rates_bit_s is None else run.rates_bit_s
    nothing = np.full(len(runs), np.nan)
    return RunNumbers(
        well=np.array([not run.failed for run in runs]),
        altered=np.array([run.altered for run in runs]),
        bins=bins,
        rates_bit_s=rates_bit_s,
        rtt_us=np.array([run.rtt_us for run in runs]),
        loss=np.array([run.loss for run in runs]),
        early_mbit_s=nothing,
        late_mbit_s=nothing,
    )


def test_many_pairs_at_once_say_what_each_says_alone():
    """The batched comparison is `stats.pair.pair_features`, pair by pair and bit by bit, for runs of unequal length too."""
    rng = np.random.default_rng(3)
    pairs = []
    for bins in (20, 20, 19, 50, 3, 0):
        original, control = (
            RunFacts(False, 1e6 * np.exp(rng.normal(0, 0.2, bins + extra)), 2e4 + bins * extra, 0.01)
            for extra in (0, 1)
        )
        pairs.append((original, control))
    good = pairs[0][1]
    pairs += [(RunFacts(True), good), (good, RunFacts(True)), (RunFacts(False, altered=True), good)]
    places = np.arange(2 * len(pairs)).reshape(-1, 2)
    runs = columns_of([run for pair in pairs for run in pair])
    found = pair_numbers(runs, Sides(places[:, 0], places[:, 1]), PARAMETERS)
    for at, (original, control) in enumerate(pairs):
        alone = pair_features(original, control, PARAMETERS)
        assert repr([float(value) for value in vars(alone).values()]) == repr(
            [float(getattr(found, name)[at]) for name in vars(alone)]
        )


def test_a_run_that_has_all_its_bytes_early_did_not_stall():
    """A finished run ends with its last tick; one that stood still has ticks to the end, and its silence counts."""
    complete = Ticks(t_us=(0, 1_000_000, 3_000_000), wire_bytes=(0, 1_000_000, 3_000_000))
    stalled = Ticks(t_us=(0, 3_000_000, 4_000_100), wire_bytes=(0, 3_000_000, 3_000_000))
    assert (3.0, 4.0) == (features.span_s(complete, 4.0), features.span_s(stalled, 4.0))
    run = msgspec.structs.replace(World(1).pair(0, "s1").pair.runs[0], ticks=stalled)
    rates = features.run_rates(run, 4.0, "down", PARAMETERS)
    assert rates is not None
    assert (20, PARAMETERS.floor_bit_s) == (rates.size, rates[-1])


def test_what_the_sender_did_not_tell_is_unknown():
    """Without the sender's ticks RTT and loss are missing, never zero."""
    assert math.isnan(features.median_rtt_us(None, 4.0))
    assert math.isnan(features.median_rtt_us(Ticks(t_us=(10,), wire_bytes=(1,), rtt_us=(5,)), 4.0))
    assert math.isnan(
        features.loss_share(Ticks(t_us=(10,), wire_bytes=(1,), segs_out=(0,), total_retrans=(0,)))
    )
    world = World(homes=1)

    def silent(run):
        ticks = msgspec.structs.replace(run.responder_ticks, rtt_us=(), total_retrans=())
        return msgspec.structs.replace(run, responder_ticks=ticks)

    quiet = world.change(world.pair(0, "s1"), silent)
    seen = world.seen(quiet)
    assert (None, None, None) == (seen.original.rtt_us, seen.original.loss, seen.original.queueing_us)
    assert math.isfinite(seen.features.d_thr)


def test_local_hours_wrap_at_midnight():
    """The responder's clock and the declared offset give the local time."""
    assert (23.5, 0.5) == (local_hour(unix_us(START), 210), local_hour(unix_us(START), 270))


def test_changed_bytes_are_corrupt():
    """Other bytes than those hashed and signed are never observed, and the error says which it was."""
    world = World(homes=1)
    row = world.stored(world.pair(0, "s1"))
    with pytest.raises(Corrupt, match="hash"):
        open_stored(msgspec_replace(row, body=row.body.replace(b'"s1"', b'"s2"')))
    forged = row.body.replace(b'"s1"', b'"s2"')
    with pytest.raises(Corrupt, match="signature"):
        open_stored(msgspec_replace(row, body=forged, measurement_id=document_id(forged)))


def test_a_skipped_measurement_says_why():
    """A planned pair that did not run is opened as its reason."""
    world = World(homes=1)
    document = make_skipped_document(world.keys[0], world.plan, "s1", START, "budget:month")
    body = document.body_bytes()
    opened = open_stored(StoredMeasurement(document_id(body), 0, body, document.key, document.signature))
    assert isinstance(opened, Skipped)
    assert "budget:month" == opened.reason


def test_a_result_without_a_pair_is_opened_as_one():
    """What a nettest without a pair found is told from pairs and from what was skipped."""
    world = World(homes=1)
    document = make_result_document(world.keys[0], world.plan, "s1", START, SAMPLES["fetch"])
    body = document.body_bytes()
    opened = open_stored(StoredMeasurement(document_id(body), 0, body, document.key, document.signature))
    assert isinstance(opened, Resulted)
    assert SAMPLES["fetch"] == opened.measurement.result


def test_altered_handshakes_are_noted():
    """A ClientHello or a name that arrived otherwise than it was sent stands in the notes, and whose run is not borne out."""
    world = World(homes=1)

    def altered(statement):
        first, second = statement.receipts
        changed = msgspec.structs.replace(first, client_hello_sha256=bytes(32), name_seen="other.example")
        return msgspec.structs.replace(statement, receipts=(changed, second))

    measurement = world.pair(0, "s1")
    seen = world.seen(world.restated(measurement, altered))
    notes = (f"hello_altered: {seen.first}", f"name_altered: {seen.first}", f"refuted: {seen.first}")
    assert notes == seen.notes


def msgspec_replace(row, **changes):
    """A stored row with other values."""
    return StoredMeasurement(**{**vars(row), **changes})

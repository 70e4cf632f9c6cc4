"""Results without a pair in a store: counted by nettest, never judged, never dropped in silence."""

from analysis.reading import read_store
from collector.reader import StoredMeasurement
from probe.measurement.signing import document_id
from tests.analysis.worlds import PARAMETERS, START, World
from tests.golden.chain import fill
from tests.support.plans import unix_us
from tests.support.results import SAMPLES, make_result_document


def test_a_store_with_results(tmp_path):
    """One row of each kind beside one pair: each is counted once, and the pair is the one observation."""
    world = World(homes=1)
    rows = [world.stored(world.pair(0, "s1"))]
    for sample in (*SAMPLES.values(), SAMPLES["dns"]):
        document = make_result_document(world.keys[0], world.plan, "s1", START, sample)
        body = document.body_bytes()
        row = StoredMeasurement(document_id(body), unix_us(START), body, document.key, document.signature)
        if row.measurement_id not in {kept.measurement_id for kept in rows}:
            rows.append(row)
    seen = read_store(fill(tmp_path, rows), PARAMETERS)
    assert (1, dict.fromkeys(sorted(SAMPLES), 1)) == (len(seen.observations), seen.results)
    assert ({}, ()) == (seen.skipped, seen.corrupt)

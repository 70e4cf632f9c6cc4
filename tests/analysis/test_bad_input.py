"""Bad input: each damaged row is an error that names file and row, or counted and named; none is dropped, none accuses."""

import msgspec
import pytest

from analysis.messages import Trouble
from analysis.reading import read_source
from analysis.source import Source
from collector.stored import StoredMeasurement
from probe.measurement.envelope import encode
from probe.measurement.signing import MEASUREMENT, document_id, sign
from tests.analysis.worlds import PARAMETERS, World

FILE = "hot/2026-11-21T22.sqlite"


def row(world: World, body: bytes) -> StoredMeasurement:
    """A row whose bytes are signed by the first home, whatever they say."""
    document = sign(world.keys[0], MEASUREMENT, body)
    return StoredMeasurement(document_id(body), 1, body, document.key, document.signature, frozenset(), FILE)


def source(*rows: StoredMeasurement) -> Source:
    """A source of these rows and of nothing else."""
    from pathlib import Path

    return Source(lambda: iter(rows), lambda: iter(()), tuple, lambda one: Path(one.file))


def body_with(world: World, old: bytes, new: bytes) -> bytes:
    """A good measurement's bytes with something replaced, once."""
    body = encode(world.pair(0, "s1"))
    assert old in body
    return body.replace(old, new, 1)


BAD = {
    "not a number": (b'"t_us":[', b'"t_us":[NaN,'),
    "infinite": (b'"t_us":[', b'"t_us":[1e999,'),
    "a time before the run": (b'"t_us":[', b'"t_us":[-5,'),
    "a time beyond what JSON can hold": (b'"t_us":[', b'"t_us":[99999999999999999999,'),
    "columns of unequal length": (b'"t_us":[', b'"t_us":[1,'),
    "a text for a number": (b'"t_us":[', b'"t_us":["1",'),
    "half a document": (b'"runs":[', b'"runs"'),
    "bytes that are no text": (b'"service":"', b'"service":"\xff'),
    "a negative duration": (b'"duration_us":', b'"duration_us":-'),
    "a third role": (b'"role":"original"', b'"role":"judge"'),
}


@pytest.mark.parametrize("name", BAD)
def test_a_damaged_row_is_named_and_the_others_are_read(name):
    """The first damaged row ends a judgement, with file and row; told to keep going, it is named and the rest are observed."""
    world = World(homes=1)
    bad, good = row(world, body_with(world, *BAD[name])), world.stored(world.pair(0, "s1"))
    with pytest.raises(Trouble) as caught:
        read_source(source(good, bad), PARAMETERS)
    assert ("store.corrupt_row", 3) == (caught.value.message_id, caught.value.exit_code)
    assert FILE in caught.value.text("en")
    assert bad.measurement_id.hex() in caught.value.text("fr")
    seen = read_source(source(bad, good), PARAMETERS, keep_going=True)
    assert [good.measurement_id.hex()] == [one.measurement_id for one in seen.observations]
    assert 1 == len(seen.corrupt)
    assert bad.measurement_id.hex() in seen.corrupt[0]


@pytest.mark.parametrize("role", ["original", "control"])
def test_a_run_of_no_length_is_discarded_for_a_reason(role):
    """A run that "ended well" in no time, or without a tick, is counted under its rule, whichever label it has."""
    world = World(homes=1)

    def emptied(run):
        return msgspec.structs.replace(run, duration_us=0) if run.role == role else run

    assert "no_series" == world.seen(world.change(world.pair(0, "s1"), emptied)).discarded_by


def test_a_document_that_comes_twice_counts_once():
    """The same bytes again are a duplicate, counted as such."""
    world = World(homes=1)
    once = world.stored(world.pair(0, "s1"))
    seen = read_source(source(once, once), PARAMETERS)
    assert (1, 1) == (len(seen.observations), seen.duplicates)


def test_a_statement_that_its_responder_never_signed_is_named_and_ends_nothing():
    """At the door its responder vouched for it (``collector.rolls``): no row for which that can end a judgement, and none that counts."""
    world = World(homes=1)
    measurement, good = world.pair(0, "s1"), world.stored(world.pair(0, "s1"))
    assert measurement.pair is not None
    assert measurement.pair.statement is not None
    statement = msgspec.structs.replace(measurement.pair.statement, signature=bytes(64))
    pair = msgspec.structs.replace(measurement.pair, statement=statement)
    bad = world.stored(msgspec.structs.replace(measurement, pair=pair))
    seen = read_source(source(bad, good), PARAMETERS)
    assert [good.measurement_id.hex()] == [one.measurement_id for one in seen.observations]
    (named,) = seen.corrupt
    assert bad.measurement_id.hex() in named

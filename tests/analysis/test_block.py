"""Many runs at once say to the last bit what each says alone, and reading less of a document changes no observation."""

import random
from dataclasses import replace as replace_dataclass
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest

from analysis import quality
from analysis.observe import features
from analysis.observe.block import Block
from analysis.observe.corroborated import Course, _same_courses, same_course
from analysis.observe.flat import Flat
from analysis.observe.numbers import run_numbers
from analysis.observe.open_lean import Lean, open_lean
from analysis.observe.opened import Corrupt, Opened, open_stored
from analysis.observe.packed import Laid, packed_near
from analysis.reading import read_source
from analysis.source import Source
from analysis.stats.parameters import Parameters
from analysis.stats.series import bin_rates
from probe.measurement.envelope import encode
from probe.measurement.receipt import Path as NetworkPath
from probe.measurement.ticket import Direction
from probe.measurement.ticks import Ticks
from tests.analysis.test_bad_input import BAD, body_with, row
from tests.analysis.worlds import PARAMETERS, World
from tests.support.documents import make_sentinel

replace = msgspec.structs.replace


def _odd(rng):
    """A change of a run's ticks, by chance: most leave a readable run, some one that only the plain way reads."""

    def change(run):
        near, far = run.ticks, run.responder_ticks
        if near is None or far is None:
            return run
        changes = (
            lambda: {"responder_ticks": replace(far, rtt_us=(), total_retrans=())},
            lambda: {"responder_ticks": replace(far, rtt_us=tuple(rng.randrange(60_000) for _ in far.t_us))},
            lambda: {"responder_ticks": replace(far, rtt_us=(1 << 50,) * len(far.t_us))},
            lambda: {"responder_ticks": replace(far, t_us=far.t_us[::-1])},
            lambda: {"responder_ticks": replace(far, bytes_acked=tuple(int(one * rng.uniform(0.9, 1.1)) for one in far.bytes_acked))},
            lambda: {"ticks": replace(near, t_us=near.t_us[:1] + near.t_us[:-1])},
            lambda: {"ticks": replace(near, t_us=near.t_us[::-1])},
            lambda: {"ticks": replace(near, t_us=tuple(one // 200_000 * 200_000 for one in near.t_us))},
            lambda: {"ticks": replace(near, t_us=tuple(one + (1 << 40) for one in near.t_us))},
            lambda: {"ticks": replace(near, wire_bytes=())},
            lambda: {"ticks": None},
            lambda: {"client_hello": None},
        )  # fmt: skip
        return replace(run, **rng.choice(changes)())

    return change


@pytest.fixture(scope="module")
def rows():
    """Stored pairs of every sort that the analysis meets, some of them odd."""
    rng, found = random.Random(5), []
    directions: tuple[Direction, ...] = ("down", "up")
    for seed, direction in enumerate(directions):
        world = World(homes=2, seed=7 + seed, directions=(direction,))
        for number in range(36):
            variant = rng.choice(("paced", "paced", "long", "saturate"))
            facts = {"direction": direction, "variant": variant, "closed": rng.random() > 0.1}
            pair = world.treated(number % 2, f"s{number % 4 + 1}", **facts)
            if pair.pair.statement is not None and rng.random() < 0.7:
                pair = world.change(pair, _odd(rng))
            found.append(world.stored(pair, frozenset({"conflict"}) if number == 7 else frozenset()))
        failed = {"original": "tls_reset", "control": "connect_timeout"}
        both = world.pair(0, "s1", failures=failed, direction=direction)
        path = NetworkPath(address_family="ipv4", asn=64500, line_tag=world.tags[0])
        kept = replace(both.pair, sentinel=make_sentinel(world.desk, world.keys[0], both.pair, path))
        short = replace(world.pair(1, "s2", direction=direction).pair, aborted="stopped")
        found += [
            world.stored(replace(both, pair=kept)),
            world.stored(replace(world.pair(1, "s2", direction=direction), pair=replace(short, runs=short.runs[:1]))),
        ]  # fmt: skip
    return found


def test_reading_what_is_needed_says_what_reading_everything_says(rows):
    """Lean or whole, one by one or in a block: the observations of a row have the same bytes."""
    source = Source(lambda: iter(rows), lambda: iter(()), tuple, lambda _: Path())
    encoder = msgspec.json.Encoder()
    whole, lean = (
        encoder.encode_lines(read_source(source, PARAMETERS, signatures=each, keep_going=True).observations)
        for each in (True, False)
    )
    alone = b""
    for stored in rows:
        only = replace_dataclass(source, measurements=partial(iter, [stored]))
        alone += encoder.encode_lines(read_source(only, PARAMETERS, signatures=False).observations)
    assert whole == lean
    assert sorted(whole.splitlines()) == sorted(alone.splitlines())
    found = {msgspec.json.decode(line)["discarded_by"] for line in whole.splitlines()}
    assert {None, "conflict", "no_series", "uncorroborated", "no_statement"} <= found
    assert {Lean, Opened} == {type(open_lean(stored)) for stored in rows}


def test_runs_of_a_block_have_the_numbers_they_have_alone(rows):
    """Rates, thirds, round-trip times and courses are bit for bit those of the plain functions, run by run."""
    opened = [one for one in map(open_stored, rows) if isinstance(one, Opened)]
    block = Block(opened)
    counting = [n for n, one in enumerate(quality.blind_block(block)) if quality.discarded_by(one) is None]
    numbers = run_numbers(block, counting, PARAMETERS)
    compared = 0
    for index in counting:
        ticket = opened[index].ticket
        duration_s = ticket.duration_ms / 1000
        for run, facts in zip(opened[index].pair.runs, block.pairs[index].runs, strict=True):
            if not run.ok:
                continue
            at, far = facts.at, run.responder_ticks if ticket.direction == "down" else run.ticks
            rates = features.run_rates(run, duration_s, ticket.direction, PARAMETERS)
            assert rates is not None
            assert rates.tobytes() == numbers.rates_bit_s[at, : numbers.bins[at]].tobytes()
            assert features.thirds_mbit_s(rates) == (numbers.early_mbit_s[at], numbers.late_mbit_s[at])
            assert repr(features.median_rtt_us(far, duration_s)) == repr(float(numbers.rtt_us[at]))
            assert repr(features.loss_share(far)) == repr(float(numbers.loss[at]))
            compared += 1
    assert compared > 30
    some = [run for run in block.runs if run.far and run.near and run.far.bytes_acked]
    courses = [Course(run.at, 70_000 * (run.at % 3), 10_000 * (run.at % 40)) for run in some]
    alone = [same_course(run, course) for run, course in zip(some, courses, strict=True)]
    assert {True, False} == set(alone)
    assert alone == _same_courses(block, courses)


@pytest.mark.parametrize("bin_s", [0.2, 0.1, 0.25, 0.3])
def test_rates_of_many_are_numpys_interpolation(bin_s):
    """With ticks on, before and behind the edges of bins, doubled ones too, the rates are ``bin_rates``', bit for bit."""
    rng, parameters = np.random.default_rng(1), Parameters.from_json({**PARAMETERS.to_json(), "bin_s": bin_s})
    step_us, times, counts = round(bin_s * 1e6), [], []
    for number in range(200):
        t_us = np.sort(rng.integers(0, 4_000_000, 1 + number % 40))
        near = rng.random(t_us.size) < 0.4
        t_us[near] = np.sort(t_us[near] // step_us * step_us + rng.integers(-1, 2, near.sum())).clip(0)
        times.append(np.sort(t_us).tolist())
        counts.append(np.cumsum(rng.integers(0, 500_000, t_us.size)).tolist())
    ticks = [
        packed_near(Ticks(t_us=tuple(one), wire_bytes=tuple(count)))
        for one, count in zip(times, counts, strict=True)
    ]
    flat = Flat(Laid(ticks))
    for bins in (0, 1, 7, 20):
        found = flat.rates(flat.column("wire_bytes"), np.arange(len(times)), bins, parameters)
        for one, t_us, count in zip(found, times, counts, strict=True):
            alone = bin_rates(np.array(t_us) / 1e6, count, parameters, (bins + 0.5) * bin_s)
            assert alone.tobytes() == np.ascontiguousarray(one).tobytes()


@pytest.mark.parametrize("name", sorted(BAD.keys() - {"bytes that are no text"}))
def test_what_is_damaged_in_a_column_that_is_read_is_refused_either_way(name):
    """A row that would not pass the door is refused in the words of the strict reading where what counts is damaged."""
    world = World(homes=1)
    bad = row(world, body_with(world, *BAD[name]))
    with pytest.raises(Corrupt) as strict:
        open_stored(bad, signatures=False)
    with pytest.raises(Corrupt) as lean:
        open_lean(bad)
    assert str(strict.value) == str(lean.value)


def test_bytes_that_are_not_the_rows_own_are_refused():
    """Without signatures the hash still binds the bytes, the key the ticket, and the coin the runs."""
    world = World(homes=2)
    good = world.stored(world.pair(0, "s1"))
    with pytest.raises(Corrupt, match="hash"):
        open_lean(row(world, good.body).__class__(**{**vars(good), "body": good.body + b" "}))
    other = replace(world.pair(0, "s1"), probe_key=world.keys[1].public_key().public_bytes_raw())
    with pytest.raises(Corrupt, match="another key"):
        open_lean(row(world, encode(other)))


def _with(world, old, new):
    """A stored pair with something in its bytes replaced where it comes last."""
    before, _, after = encode(world.pair(0, "s1")).rpartition(old)
    return row(world, before + new + after)


TICKS = b'"responder_ticks":'
ZEROS = b'"sndbuf_limited_us":['


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TICKS, b'"x":{"responder_ticks":{"t_us":[0]}},"responder_ticks":'),
        (TICKS, b'"responder_ticks":{"t_us":[0]},"responder_ticks":'),
        (TICKS, rb'"responder\u005fticks":'),
        (TICKS, b'"responder_ticks" : '),
        (TICKS, b'"responder_ticks":null,"also":'),
        (b'"sndbuf_limited_us":[0', b'"of_a_later_version":[1],"sndbuf_limited_us":[0'),
        (b'"sndbuf_limited_us":[0', b'"sndbuf_limited_us":[1'),
        (b'"direction":"down"', b'"direction":"up"'),
    ],
)
def test_a_document_that_is_spelt_otherwise_says_what_it_says_whole(old, new):
    """Names twice, escaped, with spaces, or in another place: what is read in part is what is read whole."""
    world = World(homes=1)
    stored = _with(world, old, new)
    source = Source(lambda: iter([stored]), lambda: iter(()), tuple, lambda _: Path())
    whole, lean = (opener(stored) for opener in (partial(open_stored, signatures=False), open_lean))
    assert isinstance(whole, Opened)
    assert isinstance(lean, Lean | Opened)
    assert whole.measurement.started_at == lean.measurement.started_at
    statement = whole.statement
    assert statement is not None
    digests = [receipt.ticks_sha256 for receipt in statement.receipts]
    named = [[one.named(at, sha256) for at, sha256 in enumerate(digests)] for one in (whole, lean)]
    assert named[0] == named[1]
    blind = [quality.blind(one) for one in (whole, lean)]
    assert blind[0] == blind[1]
    assert 1 == len(read_source(source, PARAMETERS, signatures=False).observations)


def test_what_is_damaged_in_a_column_that_is_not_read_is_named_where_the_digest_does_not_fit():
    """Where the digest does not fit, all of the document is read, and the damage is told as that reading tells it."""
    stored = _with(World(homes=1), ZEROS, ZEROS + b'"1",')
    source = Source(lambda: iter([stored]), lambda: iter(()), tuple, lambda _: Path())
    seen = read_source(source, PARAMETERS, signatures=False, keep_going=True)
    assert (0, 1) == (len(seen.observations), len(seen.corrupt))
    assert "Expected `int`, got `str`" in seen.corrupt[0]


def test_a_run_is_judged_alike_whoever_stands_beside_it():
    """Columns of unequal length, beside a run whose times run backwards: the rules say what they say of the pair alone."""
    world = World(homes=1)
    uneven, backward = (
        world.change(world.pair(0, service), change)
        for service, change in (
            ("s1", lambda run: replace(run, ticks=replace(run.ticks, wire_bytes=()))),
            ("s2", lambda run: replace(run, ticks=replace(run.ticks, t_us=run.ticks.t_us[::-1]))),
        )
    )
    opened = [
        one for one in map(open_stored, map(world.stored, (uneven, backward))) if isinstance(one, Opened)
    ]
    alone = [quality.struck_by(quality.blind(one)) for one in opened]
    assert [("no_series",), ("no_series", "uncorroborated")] == alone
    assert alone == [quality.struck_by(one) for one in quality.blind_block(Block(opened))]

"""Altered runs of plain HTTP: they count as failed beside a whole control, alike ones count for nothing, and the mechanism has a name."""

import doctest

import msgspec
import numpy as np
import pytest

import probe.measurement.http
import probe.nettests.replay_quic
import probe.wire.http
from analysis.mechanism_facts import altered, home_facts
from analysis.observe.altered import alterations
from analysis.observe.record import RunObserved
from analysis.stats.pair import RunFacts, pair_features
from analysis.stats.parameters import Parameters
from probe.measurement.http import Header, HttpArrived, HttpSeen
from probe.measurement.receipt import Receipt
from probe.measurement.run import Run

HEAD = (Header("Host", "a.example", 9), Header("Accept", "*/*", 3))
ADDED = (*HEAD, Header("Via", "<withheld>", 8))
RATES = np.full(20, 20e6)


@pytest.mark.parametrize(
    ("original", "control", "expected"),
    [(True, False, -1.0), (False, True, 1.0), (True, True, 0.0), (False, False, 0.0)],
)
def test_an_altered_run_counts_as_a_failed_one(original, control, expected):
    """The difference in failures tells which run alone was altered; the rates count all the same."""
    one, other = (RunFacts(failed=False, rates_bit_s=RATES, altered=each) for each in (original, control))
    found = pair_features(one, other, Parameters())
    assert expected == found.d_fail
    assert 0.0 == found.d_thr


def run_and_receipt(arrived=HEAD, answered=HEAD, content="intact"):
    """A run of plain HTTP and the responder's receipt of it."""
    seen = HttpSeen(sent=HEAD, arrived=answered, status=200, content=content)
    run = Run(
        role="original", order=0, name="a.example", address="198.51.100.1", address_index=0, failure="ok",
        started_at_us=1, http=seen,
    )  # fmt: skip
    return run, Receipt(order=0, seen=True, http=HttpArrived(arrived=arrived, sent=HEAD, line_intact=True))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, ()),
        ({"arrived": ADDED}, ("request added via",)),
        ({"answered": HEAD[:1]}, ("answer removed accept",)),
        ({"content": "altered"}, ("content altered",)),
    ],
)
def test_both_ways_and_the_content_are_compared(changed, expected):
    """The request as it arrived, the answer as it arrived, and the body."""
    assert expected == alterations(*run_and_receipt(**changed))


def test_nothing_is_said_of_what_nobody_saw():
    """Without a receipt, or for a run that is not plain HTTP, there is nothing to compare."""
    run, receipt = run_and_receipt(arrived=ADDED)
    assert () == alterations(run, None)
    assert () == alterations(msgspec.structs.replace(run, http=None), receipt)


def observed(role_altered: tuple[str, ...]) -> RunObserved:
    """A run that went well, altered as told."""
    return RunObserved(
        order=0, name="a.example", failure="ok", seen=True, connect_us=1, tls_us=None, first_byte_us=1, duration_us=1,
        wire_bytes=1, cpu_share=None, altered=role_altered,
    )  # fmt: skip


class _Pair:
    """What ``home_facts`` reads of an observation."""

    def __init__(self, original: tuple[str, ...], control: tuple[str, ...]) -> None:
        self.original, self.control = observed(original), observed(control)
        self.pace_bit_s = 20_000_000
        self.variant = "paced"


@pytest.mark.parametrize(
    ("original", "control", "expected"),
    [
        (("request added via",), (), True),
        (("request added via",), ("request added via",), False),
        ((), (), False),
    ],
)
def test_a_home_is_altered_where_its_originals_alone_are(original, control, expected):
    """A proxy that treats every name alike makes no home an altered one."""
    assert expected == home_facts([_Pair(original, control)] * 3).altered  # type: ignore[list-item]  # as read


def test_older_observations_have_no_alterations():
    """A run of another nettest leaves the field out of its JSON, and reads as unaltered."""
    run = msgspec.structs.replace(observed(()), altered=msgspec.UNSET)
    assert () == altered(run)
    assert b"altered" not in msgspec.json.encode(run)


@pytest.mark.parametrize("module", [probe.measurement.http, probe.wire.http, probe.nettests.replay_quic])
def test_examples_hold(module):
    """The examples in the docstrings give what they say."""
    assert 0 == doctest.testmod(module).failed

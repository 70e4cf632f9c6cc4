"""Saturate over QUIC on a real line: a limit above the catalogue's pace, on a name in QUIC, is seen; the same line without it is quiet."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from probe.gate import Gate
from probe.measurement.pair import Pair
from probe.measurement.run import Run
from probe.measurement.ticket import Direction
from probe.nettests import replay_quic
from probe.nettests.base import Net
from probe.nettests.replay_tls import rate_mbit_s
from probe.plan import DIRECTIONS
from tests.lab.matches import QuicName
from tests.lab.namespaces import inside
from tests.lab.network import Lab
from tests.lab.policies import Police
from tests.lab.support import needs_lab
from tests.support.responder import ORIGINAL, RunningResponder, running_responder

pytestmark = [pytest.mark.lab, pytest.mark.alone, pytest.mark.timeout(150)]

LIMIT_MBIT_S, LINE_MBIT_S = 8.0, 20.0
"""Between them and a catalogue's 6 Mbit/s over QUIC: what a paced pair never sees."""
POLICED, QUIET = 0, 1
"""Two homes of one ISP; its limiter holds for the first."""
MOST_TRIES = 3
LATE_TICKS = 2


@dataclass
class Place:
    """An ISP with two homes, and a responder behind it."""

    lab: Lab
    far: RunningResponder

    def rates_mbit_s(self, home: int, direction: Direction) -> tuple[float, float]:
        """Of a pair's original and control. A machine that was late says so, and the pair would not count: then another is taken."""
        params = self.far.params(variant="saturate", pace_bit_s=0, duration_ms=1500, direction=direction)
        net = Net(rng=random.Random(home), gate=Gate(lab=True))
        measure = partial(inside, self.lab.namespace("probe", home), partial(replay_quic.run, net, params))
        pair = measure().pair
        for _ in range(MOST_TRIES - 1):
            if was_late(pair):
                pair = measure().pair
        assert 2e6 * LIMIT_MBIT_S < pair.limits.pace_bit_s, "this machine's CPU would limit first"
        return rate_of(pair.run("original")), rate_of(pair.run("control"))


def was_late(pair: Pair) -> bool:
    """Whether either end says of a run that its sender had nothing to send at some ticks."""
    statement = pair.open_statement()
    assert statement is not None
    here = [run.sender_late_ticks or 0 for run in pair.runs]
    there = [receipt.sender_late_ticks or 0 for receipt in statement.receipts]
    return max(here + there) > LATE_TICKS


def rate_of(run: Run | None) -> float:
    """The rate of a run that went well."""
    assert run is not None
    assert "ok" == run.failure
    return rate_mbit_s(run) or 0.0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Both homes have 20 Mbit/s either way; the ISP lets 8 of them through under one name in QUIC, in the first."""
    needs_lab()
    line = round(LINE_MBIT_S * 1e6)
    limits = [
        Police(round(LIMIT_MBIT_S * 1e6), 16_000, QuicName(ORIGINAL), homes=(POLICED,), upward=upward)
        for upward in (False, True)
    ]
    with Lab(homes=2, line_bit_s=line, line_up_bit_s=line, policies=limits) as lab:
        prefix, listen = ("ip", "netns", "exec", lab.namespace("net")), lab.responder_addresses[:2]
        folder = tmp_path_factory.mktemp("far")
        with running_responder(folder, prefix=prefix, listen=listen, port=443, quic=True) as far:
            yield Place(lab, far)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_limit_above_the_pace(direction: Direction, place: Place) -> None:
    """The name gets at most the limit, the control most of the line."""
    original, control = place.rates_mbit_s(POLICED, direction)
    assert 0.4 * LIMIT_MBIT_S < original < 1.05 * LIMIT_MBIT_S
    assert 1.5 * original < control < LINE_MBIT_S


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_line_beside_it(direction: Direction, place: Place) -> None:
    """The innocent twin: name and control fill the line alike."""
    original, control = place.rates_mbit_s(QUIET, direction)
    assert original == pytest.approx(control, rel=0.15)
    assert 0.6 * LINE_MBIT_S < min(original, control)

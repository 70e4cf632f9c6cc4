"""The disruption signal: how often it is wrong in fleets that are nobody's beta-binomial, and what it sees."""

import random

import pytest

from collector.fleet.disruption import (
    ALPHA,
    HISTORY,
    LEAST_HISTORY,
    WINDOWS_A_DAY,
    Share,
    judge,
    tail,
)

YEAR = 365 * WINDOWS_A_DAY
DAYLIGHT = (1.6, 0.6, 0.6, 1.2)
"""How much likelier a home is silent by time of day: most at night."""


def quiet_year(
    rng: random.Random, homes: int, *, unequal: bool, outages: float, during: set[int] | None = None
) -> list[Share]:
    """A group without any disruption but the ``outages`` it is used to: in that share of windows one begins, in which each
    home is silent with probability a half, for one to four windows. ``during`` takes the windows of these.
    """
    silent = [rng.betavariate(0.6, 10.0) if unequal else 0.05 for _ in range(homes)]
    shares, outage = [], 0
    for at in range(HISTORY + YEAR):
        if outage == 0 and rng.random() < outages:
            outage = rng.randint(1, 4)
        if outage and during is not None:
            during.add(at)
        gone = sum(
            rng.random() < max(0.5 if outage else 0.0, min(1.0, p * DAYLIGHT[at % WINDOWS_A_DAY]))
            for p in silent
        )
        outage = max(0, outage - 1)
        shares.append(Share(homes, gone))
    return shares


def signals(shares: list[Share]) -> list[int]:
    """The windows that are signalled, each judged by those before it."""
    found = []
    for at in range(HISTORY, len(shares)):
        judged = judge(shares[at - HISTORY : at], shares[at])
        if judged is not None and judged.signalled:
            found.append(at)
    return found


@pytest.mark.parametrize(
    ("unequal", "outages"),
    [(False, 0.0), (True, 0.0), (True, 0.01)],
    ids=["equal homes", "unequal homes", "a fleet used to outages"],
)
def test_false_alarms_in_a_year_of_quiet(unequal, outages):
    """Groups of 6, 12 and 30 homes for a year each: at most the one signal a year and group that is stated, outages of its
    own apart; and of these it tells fewer than there are, for they are part of its history.
    """
    rng, wrong, told, windows = random.Random(19), 0, 0, 0
    for homes in (6, 12, 30):
        during: set[int] = set()
        found = signals(quiet_year(rng, homes, unequal=unequal, outages=outages, during=during))
        wrong += len(set(found) - during)
        told += len(set(found) & during)
        windows += len(during)
    assert wrong <= 3, wrong
    assert told <= windows / 2


@pytest.mark.parametrize(("homes", "gone"), [(6, 6), (12, 7), (30, 11)])
def test_a_disruption_is_seen_in_its_first_window(homes, gone):
    """A share of a quiet group falls silent: signalled at once; as many as usual: not."""
    rng = random.Random(5)
    history = quiet_year(rng, homes, unequal=True, outages=0.0)[:HISTORY]
    judged = judge(history, Share(homes, gone))
    assert judged is not None
    assert judged.signalled, judged
    usual = judge(history, Share(homes, round(judged.expected)))
    assert usual is not None
    assert not usual.signalled


def test_silence_is_data():
    """Windows in which nobody was heard are part of the history: a group that is often wholly silent is not signalled
    for it, and one that never is, is.
    """
    often = [Share(8, 8 if at % 11 == 0 else 0) for at in range(HISTORY)]
    never = [Share(8, 0)] * HISTORY
    judged = [judge(history, Share(8, 8)) for history in (often, never)]
    assert [False, True] == [one is not None and one.signalled for one in judged]


def test_too_little_to_say():
    """Fewer than five homes, or less than a week of history: no judgement at all."""
    assert judge([Share(4, 0)] * HISTORY, Share(4, 4)) is None
    assert judge([Share(9, 0)] * (LEAST_HISTORY - 1), Share(9, 9)) is None


def test_the_tail_is_a_probability():
    """Against its sum over all outcomes, and the binomial it becomes without correlation."""
    for homes, mean, rho in ((5, 0.1, 0.02), (12, 0.3, 0.2), (30, 0.05, 0.5)):
        assert abs(1.0 - tail(homes, mean, rho, 0)) < 1e-9
        steps = [tail(homes, mean, rho, k) for k in range(homes + 2)]
        assert steps == sorted(steps, reverse=True)
        assert abs(homes * mean - sum(steps[1:])) < 1e-9  # the mean is the sum of the tails
    assert abs(tail(12, 0.3, 1e-9, 5) - tail(12, 0.3, 0.0, 5)) < 1e-6
    assert 0 < ALPHA < 0.001

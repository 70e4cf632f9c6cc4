"""How long a board will take: seconds of each run, from its pairs, and of all of them, so many at a time.

The figures were measured here (README.md): what a pair takes beside its two transfers, and what a run takes beside its pairs.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from pathlib import Path

from tests.lab.experiment import DIRECT, homes_at_once
from tests.lab.workers import Work, next_of
from tests.scenarios.scenario import Scenario

Run = tuple[Scenario, int]
TRANSFER_S = {"paced": 4.0, "long": 10.0, "saturate": 2.0}
GAP_S = 2.0
PAIR_S = 0.6
"""Opening, closing, handing in."""
START_S, HOME_S = 14.0, 1.4
"""Programs, joining (a few homes at a time), judging."""
DIRECT_S = 60.0
"""The internet's servers, and questions of as many homes elsewhere: 100 s in all were measured with five homes of either provider."""
SLOWER_S = {"bufferbloat": 165.0}
"""What a row took beyond that, where connections wait for seconds or run into their time-outs."""
SHARE_OF_A_HOME = {"replay_quic": 0.14, "direct": 0.05, "paced": 0.05}
"""Of both processors, while a row of so many homes runs: five homes of paced pairs took 41 s of them in 100 s."""
SHARE_IN_TURN = 0.2
"""Of a row whose homes take turns, however many."""
LIMIT_FACTOR, LIMIT_S = 2.5, 120.0


def seconds(scenario: Scenario, homes: int) -> float:
    """Return how long a run should take."""
    if scenario.nettest in DIRECT:
        return START_S + DIRECT_S + 2 * HOME_S * homes
    pair_s = 2 * TRANSFER_S[scenario.variant] + GAP_S + PAIR_S + scenario.between_pairs_s
    providers = 2 if scenario.two_by_two else 1  # one after the other
    turns = math.ceil(homes / homes_at_once(scenario.nettest, scenario.variant, homes))
    measuring_s = turns * scenario.pairs * pair_s
    return START_S + providers * (HOME_S * homes + measuring_s) + SLOWER_S.get(scenario.name, 0.0)


def limit_s(scenario: Scenario, homes: int) -> float:
    """Return after how long a run has hung: no row may hold up the board."""
    return LIMIT_FACTOR * seconds(scenario, homes) + LIMIT_S


def longest_first(runs: Sequence[Run], homes: int) -> list[Run]:
    """Return the runs in the order in which they are begun: no long one is left for the end, when nothing runs beside it."""
    return sorted(runs, key=lambda run: -seconds(run[0], homes))


def share(scenario: Scenario, homes: int) -> float:
    """Return how much of the machine a run keeps busy."""
    if scenario.variant == "saturate":
        return SHARE_IN_TURN
    kind = "direct" if scenario.nettest in DIRECT else scenario.nettest
    asked = 2 * homes if kind == "direct" else homes  # as many of the other provider are asked
    working = homes_at_once(scenario.nettest, scenario.variant, asked)
    return working * SHARE_OF_A_HOME.get(kind, SHARE_OF_A_HOME["paced"])


def work(run: Run, homes: int, argv: tuple[str, ...] = (), log: Path | None = None) -> Work:
    """Return a run as work for the machine."""
    scenario, seed = run
    return Work(
        label=f"{scenario.name} {seed}",
        argv=argv,
        alone=scenario.alone,
        limit_s=limit_s(scenario, homes),
        log=log,
        share=share(scenario, homes),
    )


def total_s(runs: Sequence[Run], homes: int, at_once: int) -> float:
    """Return how long all take, begun as `workers.run_all` begins them."""
    lasts_s = {work(run, homes): seconds(run[0], homes) for run in longest_first(runs, homes)}
    waiting = sorted(lasts_s, key=lambda one: one.alone)
    running: list[tuple[float, str, Work]] = []
    now_s = 0.0
    while waiting or running:
        while one := next_of(waiting, [work for _, _, work in running], at_once):
            waiting.remove(one)
            heapq.heappush(running, (now_s + lasts_s[one], one.label, one))
        now_s = heapq.heappop(running)[0]
    return now_s


def table(runs: Sequence[Run], homes: int, at_once: int) -> list[str]:
    """Return a line a run, and one for all."""
    lines = [f"{s.name:24} {seed} {round(seconds(s, homes)):5} s" for s, seed in longest_first(runs, homes)]
    minutes = total_s(runs, homes, at_once) / 60
    return [*lines, f"{len(runs)} x {homes} homes, {at_once} at a time: {minutes:.0f} min"]

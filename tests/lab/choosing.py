"""Which rows of the scoreboard are run: all, some by name, six by the commit's hash; with which seeds; in which shard."""

from __future__ import annotations

from collections.abc import Sequence

from tests.lab.board import SURE, predicted
from tests.lab.plan import Run
from tests.lab.results import HOMES, commit
from tests.scenarios import SCENARIOS, Scenario

QUICK_GUILTY = 3
INNOCENT_SEEDS = 3
"""Of the larger board; nothing is said of the innocent on the strength of one run each."""


def chosen(names: Sequence[str], *, quick: bool, of_commit: str | None = None) -> list[Scenario]:
    """Return the runnable rows of these names, or all; `quick`: three guilty ones and their twins, by the commit's hash.

    Raises ValueError for a name that is not there or cannot run.
    """
    runnable = {s.name: s for s in SCENARIOS if s.runnable}
    unknown = [name for name in names if name not in runnable]
    if unknown:
        raise ValueError(f"scenarios that are not there, or wait for something: {', '.join(unknown)}")
    if names:
        return [runnable[name] for name in names]
    return _quick(list(runnable.values()), of_commit or commit()) if quick else list(runnable.values())


def _quick(rows: list[Scenario], of_commit: str) -> list[Scenario]:
    """Return six rows: from a place that the hash says, guilty ones of ordinary length that are sure, whose twins differ."""
    by_name = {s.name: s for s in rows}
    short = [s for s in rows if s.expected == "different" and s.variant == "paced"]
    start = int(of_commit[:8], 16) % len(short)
    # A step that shares no factor with the length visits every row; neighbours in the list are alike.
    step = next(n for n in range(7, 2 * len(short) + 7) if len(short) % n and n % 2)
    picked: list[Scenario] = []
    for place in range(len(short) * step):
        candidate = short[(start + place * step) % len(short)]
        fresh = candidate not in picked and candidate.twin not in {s.twin for s in picked}
        if fresh and (predicted(candidate, HOMES) or 0) >= SURE:
            picked.append(candidate)
        if len(picked) == QUICK_GUILTY:
            break
    return [*picked, *(by_name[s.twin] for s in picked if s.twin)]


def seeds(scenario: Scenario, homes: int) -> tuple[int, ...]:
    """Return the seeds of a row: one, and of an innocent one on the larger board three."""
    count = INNOCENT_SEEDS if homes > HOMES and not scenario.guilty else 1
    return tuple(scenario.seed + n for n in range(count))


def second_seed(scenario: Scenario, homes: int) -> int:
    """Return the seed for the second try of a sure row that was missed; it counts for nothing else."""
    return seeds(scenario, homes)[-1] + 1


def shard_of(wanted: list[Run], shard: str) -> list[Run]:
    """Return every n-th run; raises ValueError for another form than i/n."""
    index, _, count = shard.partition("/")
    if not (index.isdigit() and count.isdigit() and int(index) < int(count)):
        raise ValueError(f"shard {shard!r}: write i/n with i from 0 to n-1")
    return wanted[int(index) :: int(count)]

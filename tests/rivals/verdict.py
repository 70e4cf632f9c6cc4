"""One rule on the pairs of a run of an experiment.

Wehe says nothing of several tests together (the aggregate of its SIGCOMM 2019 paper is in no repository), so a run is read in
three ways: by the majority of its pairs, by any pair, and as a person would who has confirmation switched on, which is the
default: after "differentiation" or "inconclusive" the test is repeated once and only the second result is kept.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.rivals.decide import PairVerdict

Direction = Literal["slowed", "favoured"]
SLOWED: tuple[PairVerdict, ...] = ("slowed", "blocked")


@dataclass(frozen=True)
class RivalVerdict:
    """What one rule says of a run; all numbers count pairs, but ``tests`` and those after it count confirmed tests.

    pairs: those with a verdict, unusable ones aside; slowed does not include blocked (the original alone failed).
    """

    rule: str
    pairs: int
    unusable: int
    slowed: int
    favoured: int
    blocked: int
    inconclusive: int
    tests: int
    tests_slowed: int
    tests_favoured: int

    @property
    def flagged(self) -> int:
        """Pairs called different, in either direction, blocked ones included."""
        return self.slowed + self.blocked + self.favoured

    @property
    def throttled(self) -> int:
        """Pairs called slowed or blocked."""
        return self.slowed + self.blocked

    @property
    def majority(self) -> Direction | None:
        """The run's verdict by majority: more than half of its pairs, all in one direction."""
        if 2 * self.throttled > self.pairs:
            return "slowed"
        return "favoured" if 2 * self.favoured > self.pairs else None

    @property
    def any_pair(self) -> tuple[Direction, ...]:
        """Directions in which any pair is called different."""
        return _directions(self.throttled, self.favoured)

    @property
    def any_confirmed(self) -> tuple[Direction, ...]:
        """Directions in which any confirmed test is called different: what somebody in these homes would have read."""
        return _directions(self.tests_slowed, self.tests_favoured)


def _directions(slowed: int, favoured: int) -> tuple[Direction, ...]:
    found: list[Direction] = ["slowed"] if slowed else []
    return (*found, "favoured") if favoured else tuple(found)


def rival_verdict(rule: str, by_home: Mapping[str, Sequence[PairVerdict]]) -> RivalVerdict:
    """The verdict on a run, from the verdicts on each home's pairs in order of time.

    >>> v = rival_verdict("client", {"a": ["slowed", "none", "none"], "b": ["slowed", "slowed", "slowed"]})
    >>> v.slowed, v.majority, v.any_pair, v.tests, v.tests_slowed
    (4, 'slowed', ('slowed',), 3, 1)
    """
    counts: Counter[PairVerdict] = Counter()
    tests: Counter[PairVerdict] = Counter()
    for verdicts in by_home.values():
        counts.update(verdicts)
        tests.update(confirmed(verdicts))
    return RivalVerdict(
        rule=rule,
        pairs=counts.total() - counts["unusable"],
        unusable=counts["unusable"],
        slowed=counts["slowed"],
        favoured=counts["favoured"],
        blocked=counts["blocked"],
        inconclusive=counts["inconclusive"],
        tests=tests.total(),
        tests_slowed=sum(tests[verdict] for verdict in SLOWED),
        tests_favoured=tests["favoured"],
    )


def confirmed(verdicts: Iterable[PairVerdict]) -> list[PairVerdict]:
    """Results of a home's tests with confirmation on; a first result without a pair left to confirm it is no test.

    An unusable pair ends in an error message, first or second, and leaves no result.

    >>> confirmed(["none", "slowed", "none", "inconclusive", "slowed", "slowed"])
    ['none', 'none', 'slowed']
    """
    results: list[PairVerdict] = []
    waiting = False
    for verdict in verdicts:
        if verdict == "unusable":
            waiting = False
        elif waiting or verdict == "none":
            results.append(verdict)
            waiting = False
        else:
            waiting = True
    return results

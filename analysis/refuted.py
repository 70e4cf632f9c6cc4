"""Refuted: of pairs that the responder does not bear out, which run it was (``observe.corroborated``). Pure.

A proxy that takes a transfer over, and acknowledges in the home's place, makes the two ends disagree: such a pair cannot be measured and
is discarded, whichever label did it. But the coin is fair: where on line after line it is the run of one label alone, that
label is treated otherwise. What it suffers nobody saw, so it accuses nobody; it is told, and no certificate is issued beside it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from analysis.observe.record import REFUTED, Observation
from analysis.uneven import is_uneven

RULE: Final = "uncorroborated"
LABELS: Final = ("original", "control")


@dataclass(frozen=True)
class Refuted:
    """Pairs by the run that was refuted, "original", "control" or "both"; ``uneven``: one label more often, over lines, beyond chance at 1 %."""

    by: dict[str, int] = field(default_factory=dict)
    uneven: bool = False


NOTHING_REFUTED: Final = Refuted()


def refuted_of(pairs: Iterable[Observation], line_of: Mapping[str, str]) -> Refuted:
    """Of the pairs of a cell. Each line has one voice, whatever the number of its pairs."""
    by: Counter[str] = Counter()
    voice: Counter[str] = Counter()
    for pair in pairs:
        if pair.discarded_by != RULE:
            continue
        labels = [label for label in LABELS if f"{REFUTED}{label}" in pair.notes]
        if labels:
            by["both" if len(labels) > 1 else labels[0]] += 1
        if len(labels) == 1:
            voice[line_of.get(pair.home, pair.home)] += 1 if labels[0] == "control" else -1
    if not by:
        return NOTHING_REFUTED
    return Refuted(dict(sorted(by.items())), is_uneven([float((n > 0) - (n < 0)) for n in voice.values()]))

"""Every number that colours a panel or raises an alert, once, with its reason."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Threshold:
    """``value`` in the unit of what it is held against; ``above``: whether more is worse."""

    value: float
    reason: str
    above: bool = True


THRESHOLDS: Final[dict[str, Threshold]] = {
    "few_lines": Threshold(5, "evidence.md, L2: nothing is published of fewer than five lines", above=False),
    "discarded_percent": Threshold(
        10, "integrity.md 1: missing or lost over 10 % makes a cell invalid; a fleet near it needs a look"
    ),
    "grade": Threshold(3, "integrity.md 10: from grade 3 a network may be named after notice and reply"),
    "disruption_percent": Threshold(
        50,
        "controls bear neutral names: if half of them fail, it is the network or a responder, not a service",
    ),
    "disruption_pairs": Threshold(
        20, "under twenty pairs, half of them failing is one bad home", above=False
    ),
    "silent_pairs": Threshold(
        1, "every home measures several times a day: six hours without a pair are nobody's sleep", above=False
    ),
    "lag_rows": Threshold(
        50_000, "more than the feed writes in ten seconds (docs/notes/016): it is not keeping up"
    ),
    "disk_free_percent": Threshold(
        10,
        "the sealer needs room for an hour and its copy; SQLite stops taking documents on a full disk",
        above=False,
    ),
    "parity": Threshold(
        95, "5 % is the least difference that the e-process is tuned to see (detection.md 4)", above=False
    ),
}

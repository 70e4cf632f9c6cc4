"""Retention and down-sampling, as code: which buckets there are, who reads them, how long they keep, what remains.

Down-sampling is the analysis's: raw facts of hours become cell-hours and cell-clocks of at least five lines
(``isonomia-analysis publish``), by the same code for every database. A continuous query or a Flux task would count
pairs that quality discards, and would be written three times over. So nothing but age deletes a raw fact, and what
outlives it was written beside it long before.
"""

from dataclasses import dataclass
from typing import Final

DAY_S: Final = 86_400


@dataclass(frozen=True)
class Bucket:
    """A bucket (a database, to InfluxDB 1). ``keep_days`` ``None``: for ever. ``shard_days``: what is deleted at once."""

    name: str
    keep_days: int | None
    shard_days: int
    measurements: tuple[str, ...]
    reason: str

    @property
    def keep_s(self) -> int:
        """Retention in seconds, 0 for ever (as the v2 API writes it)."""
        return 0 if self.keep_days is None else self.keep_days * DAY_S

    def holds(self, time_ns: int, now_ns: int) -> bool:
        """Whether a point of that time is still kept, with a shard's length to spare: InfluxDB refuses older ones."""
        if self.keep_days is None:
            return True
        return now_ns - time_ns < (self.keep_days - self.shard_days) * DAY_S * 1_000_000_000


PRIVATE: Final = Bucket(
    "isonomia_private",
    730,
    7,
    ("pair", "result", "skipped", "feed", "feed_part"),
    "a point a document; 24 months, as raw measurements are kept (evidence.md, Privacy); for the operator alone",
)
INSIDE: Final = Bucket(
    "isonomia_inside",
    1827,
    30,
    (
        "cell_hour",
        "cell_day",
        "cell_clock",
        "cell_weekday",
        "change_point",
        "finding",
        "finding_state",
        "matrix",
        "parity",
        "comparison",
        "reach",
        "declared",
        "practice",
        "coverage",
        "discards",
        "fleet",
        "catalogue",
        "method",
    ),
    "what raw facts come down to: cell-hours of at least 5 lines, findings of any state; five years, a rule's life; for operator and reviewers",
)
PUBLIC: Final = Bucket(
    "isonomia_public",
    None,
    30,
    (
        "cell_hour",
        "cell_day",
        "cell_clock",
        "cell_weekday",
        "finding",
        "finding_state",
        "coverage",
        "fleet",
        "catalogue",
        "method",
    ),
    "coverage, and what is published with the reply beside it; for ever, as nothing published is deleted, only marked",
)
BUCKETS: Final = (PRIVATE, INSIDE, PUBLIC)

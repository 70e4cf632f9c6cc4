"""Metrics in Prometheus's text format (0.0.4), written by hand: counters and gauges, no label names a home."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from collector.rejections import REJECTIONS

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
DOORS: Final = (
    "measurements",
    "enrolments",
    "tickets",
    "withdrawals",
    "plan",
    "catalogue",
    "mqtt",
    "mqtt_access",
    "fleet",
)
OUTCOMES: Final = ("accepted", "duplicate", *REJECTIONS)


@dataclass
class Metrics:
    """What the collector counts. Touched on the event loop alone."""

    documents: dict[tuple[str, str], int] = field(
        default_factory=lambda: {(door, outcome): 0 for door in DOORS for outcome in OUTCOMES}
    )
    body_bytes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DOORS, 0))
    commits: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    committed_rows: int = 0
    commit_s: float = 0.0
    malformed_requests: int = 0
    connections_refused: int = 0
    connections_silent: int = 0
    vouched_falsely: int = 0
    """Statements on a responder's roll that it never signed, of those in the batches that are verified without."""

    def count(self, door: str, outcome: str, received_bytes: int) -> None:
        """One document came through ``door`` and was answered with ``outcome`` (a status or a rejection's code)."""
        self.documents[door, outcome] += 1
        self.body_bytes[door] += received_bytes

    def commit(self, rows: int, took_s: float, *, ok: bool) -> None:
        """One group was committed, or failed."""
        self.commits[ok] += 1
        self.commit_s += took_s
        self.committed_rows += rows if ok else 0

    def text(self, gauges: dict[str, float]) -> str:
        """The exposition; ``gauges`` are read by the caller at this moment."""
        return "".join(f"{line}\n" for line in self._lines(gauges))

    def _lines(self, gauges: dict[str, float]) -> Iterator[str]:
        yield "# HELP isonomia_collector_documents_total Documents by door and outcome."
        yield "# TYPE isonomia_collector_documents_total counter"
        for (door, outcome), count in self.documents.items():
            yield f'isonomia_collector_documents_total{{door="{door}",outcome="{outcome}"}} {count}'
        yield "# HELP isonomia_collector_received_bytes_total Bytes of bodies as received."
        yield "# TYPE isonomia_collector_received_bytes_total counter"
        for door, count in self.body_bytes.items():
            yield f'isonomia_collector_received_bytes_total{{door="{door}"}} {count}'
        yield "# HELP isonomia_collector_commits_total Group commits of the hot store."
        yield "# TYPE isonomia_collector_commits_total counter"
        for ok, count in self.commits.items():
            yield f'isonomia_collector_commits_total{{ok="{str(ok).lower()}"}} {count}'
        yield "# TYPE isonomia_collector_committed_rows_total counter"
        yield f"isonomia_collector_committed_rows_total {self.committed_rows}"
        yield "# TYPE isonomia_collector_commit_seconds_total counter"
        yield f"isonomia_collector_commit_seconds_total {self.commit_s:.6f}"
        for name, count in (
            ("malformed_requests", self.malformed_requests),
            ("connections_refused", self.connections_refused),
            ("connections_silent", self.connections_silent),
            ("vouched_falsely", self.vouched_falsely),
        ):
            yield f"# TYPE isonomia_collector_{name}_total counter"
            yield f"isonomia_collector_{name}_total {count}"
        for name, value in gauges.items():
            yield f"# TYPE isonomia_collector_{name} gauge"
            yield f"isonomia_collector_{name} {value:g}"

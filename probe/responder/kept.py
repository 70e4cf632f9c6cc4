"""Statements of closed tickets, kept for a while: an answer that was lost on its way can be asked for again.

What is given again is the very same bytes, so asking twice tells nothing new and signs nothing twice. The pair id
is the key to it: 16 random bytes that the probe alone was told.
"""

from dataclasses import dataclass, field

from probe.responder.config import Bounds
from probe.wire.messages import Closed


@dataclass
class Kept:
    """Answers to ``close``, oldest first; bounded in time and in number. They hold no address."""

    bounds: Bounds
    _answers: dict[bytes, tuple[float, Closed]] = field(default_factory=dict)

    def keep(self, pair_id: bytes, answer: Closed, now_s: float) -> None:
        """Remember ``answer``; the oldest makes way."""
        self.forget(now_s)
        while len(self._answers) >= self.bounds.kept_statements:
            del self._answers[next(iter(self._answers))]
        self._answers[pair_id] = (now_s + self.bounds.kept_s, answer)

    def find(self, pair_id: bytes, now_s: float) -> Closed | None:
        """The answer that was given, if it is still here."""
        until_s, answer = self._answers.get(pair_id, (now_s, None))
        return answer if now_s < until_s else None

    def forget(self, now_s: float) -> None:
        """Drop what has been kept for its time."""
        for pair_id in [p for p, (until_s, _) in self._answers.items() if now_s >= until_s]:
            del self._answers[pair_id]

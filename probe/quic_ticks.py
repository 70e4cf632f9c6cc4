"""Ticks of a QUIC run at either end, and whether its sender was late: for QUIC what ``tcpinfo`` is for TCP.

The kernel paces TCP; for QUIC a program does (``wire.quic.Pacer``), so what it was late is what tells whether the program, not the
network, was the limit: a tick before which more than 5 % of the time was lost counts as late (integrity.md 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from probe.measurement.ticks import Ticks

if TYPE_CHECKING:
    from probe.wire.quic import QuicChannel

LATE_SHARE: Final = 0.05


@dataclass
class Columns:
    """Columns of ticks, as they are noted."""

    _columns: dict[str, list[int]] = field(default_factory=dict)

    def note(self, t_us: int, wire_bytes: int, fields: Mapping[str, int]) -> None:
        """One tick: ``t_us`` after this end's first byte of bulk, ``wire_bytes`` of the stream since then."""
        for name, value in {"t_us": t_us, "wire_bytes": wire_bytes, **fields}.items():
            self._columns.setdefault(name, []).append(value)

    def ticks(self) -> Ticks:
        """All that was noted."""
        return Ticks(**{name: tuple(values) for name, values in self._columns.items()})


@dataclass
class SenderWatch:
    """What the end that sends the bulk notes: bytes sent and acknowledged, its channel's statistics, late ticks.

    ``before_bytes`` of the stream are no bulk. Times are seconds of a clock that never steps; the bulk began at ``began_s``.
    """

    channel: QuicChannel
    before_bytes: int
    began_s: float
    late_ticks: int = 0
    _columns: Columns = field(default_factory=Columns)

    def __post_init__(self) -> None:
        self._noted_s, self._lost_s = self.began_s, self.channel.lost_s

    @property
    def handed_bytes(self) -> int:
        """Bulk that was sent, each byte counted once."""
        return max(0, self.channel.sent_bytes - self.before_bytes)

    @property
    def acked_bytes(self) -> int:
        """Bulk that was acknowledged without a gap."""
        return max(0, self.channel.acked_bytes - self.before_bytes)

    def note(self, now_s: float, *, counts: bool = True) -> None:
        """One tick now; with ``counts`` false it cannot be late: everything was sent, or the bulk has yet to begin."""
        t_us = round((now_s - self.began_s) * 1e6)
        self._columns.note(t_us, self.handed_bytes, self.channel.sender_fields(self.before_bytes))
        lost_s = self.channel.lost_s
        if counts and lost_s - self._lost_s > LATE_SHARE * (now_s - self._noted_s):
            self.late_ticks += 1
        self._noted_s, self._lost_s = now_s, lost_s

    def ticks(self) -> Ticks:
        """All ticks so far."""
        return self._columns.ticks()

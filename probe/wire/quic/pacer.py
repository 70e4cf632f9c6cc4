"""The pace of a QUIC run: aioquic's own pacer, held to the ticket's rate."""

from __future__ import annotations

from typing import Final

from aioquic.quic.recovery import QuicPacketPacer

from probe.wire.quic.settings import DATAGRAM_BYTES

BURST_S: Final = 0.010
"""The pacer may catch up so much: what an event loop on a machine at work is late now and then."""
BURST_DATAGRAMS: Final = 16
"""… or so many datagrams, where they take longer: as many as TCP's segmentation offload sends at once."""
GRAIN_S: Final = 0.001
"""The pacer sleeps at least so long: datagrams go in twos and threes at 20 Mbit/s, as the kernel's own pacing sends them."""


class Pacer(QuicPacketPacer):
    """aioquic's pacer, never faster than ``pace_bit_s`` of UDP payload; 0 leaves it to the congestion control.

    ``lost_s`` sums the time in which a datagram was due and the program did not come to send it.
    """

    def __init__(self, pace_bit_s: int) -> None:
        super().__init__(max_datagram_size=DATAGRAM_BYTES)
        self.least_s = DATAGRAM_BYTES * 8 / pace_bit_s if pace_bit_s else 0.0
        self.held_by_network = True
        self.lost_s = 0.0
        if self.least_s:
            self.packet_time = self.least_s
            self._bound()

    def update_rate(self, congestion_window: int, smoothed_rtt: float) -> None:
        """The congestion control's rate, or the ticket's if that is lower."""
        super().update_rate(congestion_window, smoothed_rtt)
        if self.least_s:
            self.packet_time = max(self.packet_time or 0.0, self.least_s)
            self._bound()

    def next_send_time(self, now: float) -> float | None:  # type: ignore[override]  # the library's own returns None
        """When the next datagram may go; ``None``: now."""
        if self.packet_time is None:
            return None
        self.update_bucket(now)
        return None if self.bucket_time > 0 else now - self.bucket_time + max(self.packet_time, GRAIN_S)

    def update_after_send(self, now: float) -> None:
        """One datagram's time is spent, also beyond what the bucket holds: the library forgives that, and so exceeds its rate."""
        if self.packet_time is not None:
            self.update_bucket(now)
            self.bucket_time -= self.packet_time

    def _bound(self) -> None:
        self.bucket_max = max(BURST_DATAGRAMS * (self.packet_time or 0.0), BURST_S)
        self.bucket_time = min(self.bucket_time, self.bucket_max)

    def update_bucket(self, now: float) -> None:
        """Fill the bucket; what does not fit is time that was lost, unless the network had us wait."""
        if not self.held_by_network and now > self.evaluation_time:
            self.lost_s += max(0.0, self.bucket_time + now - self.evaluation_time - self.bucket_max)
        super().update_bucket(now)

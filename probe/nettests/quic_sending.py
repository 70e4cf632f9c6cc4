"""Sending bulk over QUIC: an upload at the ticket's pace, until the far end has had enough. What arrived, the far end tells.

The mirror of ``quic_receiving``, and ``sending`` over QUIC: the receiver ends its side of the stream when its time is over, and this
end then closes the connection. Should that end not arrive, this end stops by itself half a second later. What is counted
here is what was acknowledged; the rate of an upload is judged by the responder's ticks alone.
"""

import random

from probe.measurement.ticket import GRACE_S
from probe.measurement.ticks import next_tick_s
from probe.nettests.connection import RunFailed
from probe.nettests.quic_connection import QuicConnection
from probe.nettests.run_end import ended_by_peer, has_all, run_ends
from probe.nettests.sending import BLOCK
from probe.nettests.transfer import Transferred
from probe.quic_ticks import SenderWatch
from probe.wire.quic import AHEAD_BYTES, CONGESTION_CONTROL


def send(
    connection: QuicConnection, rng: random.Random, duration_s: float, most_bytes: int, pace_bit_s: int
) -> Transferred:
    """Send bulk for ``duration_s``, ``most_bytes`` at most, at ``pace_bit_s``. Never raises for the network.

    Ends: when the far end ends it, half a second after the duration, or when nothing was acknowledged in time.
    """
    connection.channel.pace(pace_bit_s)
    return _Sender(connection, rng, duration_s, most_bytes).run()


class _Sender:
    def __init__(
        self, connection: QuicConnection, rng: random.Random, duration_s: float, most_bytes: int
    ) -> None:
        self.connection, self.channel, self.rng = connection, connection.channel, rng
        self.duration_s, self.most_bytes = duration_s, most_bytes
        self.began_s = connection.now_s()
        self.watch = SenderWatch(self.channel, self.channel.sent_bytes, self.began_s)
        self.first_s: float | None = None
        self.written_bytes = 0

    def run(self) -> Transferred:
        self._note()
        failure = self._loop()
        now_s, first_s = self.connection.now_s(), self.first_s
        self._note()
        return Transferred(
            failure=failure,
            first_byte_us=None if first_s is None else _us(first_s - self.began_s),
            duration_us=0 if first_s is None else _us(now_s - first_s),
            wire_bytes=self.watch.acked_bytes,
            ticks=self.watch.ticks(),
            sender_late_ticks=self.watch.late_ticks,
            congestion_control=CONGESTION_CONTROL,
        )

    def _loop(self) -> str:
        """Ends: each turn sends, hears, and waits no longer than to the next of tick and end."""
        tick_s = self.began_s + next_tick_s(self.rng)
        while True:
            now_s = self.connection.now_s()
            if self.first_s is None and self.watch.acked_bytes:
                self.first_s = now_s
            end_s, at_end = run_ends(self.began_s, self.first_s, self.duration_s + GRACE_S)
            if now_s >= end_s:
                return at_end
            if now_s >= tick_s:
                self._note()
                tick_s = now_s + next_tick_s(self.rng)
            ended = self._turn(min(tick_s, end_s))
            if ended is not None:
                return ended

    def _turn(self, until_s: float) -> str | None:
        """Keep something to send, let datagrams come and go once; the failure (or ok) if that ended the run."""
        while self.written_bytes < self.most_bytes and self.channel.unsent_bytes < AHEAD_BYTES:
            self.channel.write(BLOCK)
            self.written_bytes += len(BLOCK)
        try:
            self.connection.turn(until_s, "start" if self.first_s is None else "transfer")
        except RunFailed as failed:
            return failed.failure
        if self.channel.read():
            return "protocol_error"
        return self._end() if self.channel.finished or self.channel.closed else None

    def _end(self) -> str:
        """The far end has ended it: its stream, which nobody on the way can forge, or the connection."""
        now_s = self.connection.now_s()
        if self.first_s is None and self.watch.acked_bytes:
            self.first_s = now_s
        # The end of the stream may overtake the last acknowledgement.
        told_bytes = self.watch.handed_bytes if self.channel.finished else self.watch.acked_bytes
        lasted_s = None if self.first_s is None else now_s - self.first_s
        return ended_by_peer(lasted_s, self.duration_s, whole=has_all(told_bytes, self.most_bytes))

    def _note(self) -> None:
        """A tick now. It cannot be late once everything was sent."""
        all_sent = self.watch.handed_bytes >= self.most_bytes
        self.watch.note(self.connection.now_s(), counts=not all_sent)


def _us(seconds: float) -> int:
    return round(seconds * 1e6)

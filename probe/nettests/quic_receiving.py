"""Receiving bulk over QUIC: the stream's bytes, delivered in order, on memoryless ticks: what an application gets, as with TCP."""

import random
from dataclasses import dataclass, field

from probe.measurement.ticks import Ticks, next_tick_s
from probe.nettests.connection import RunFailed
from probe.nettests.quic_connection import QuicConnection
from probe.nettests.run_end import ended_by_peer, has_all, run_ends
from probe.nettests.transfer import Transferred
from probe.quic_ticks import Columns


def receive(
    connection: QuicConnection, rng: random.Random, duration_s: float, expected_bytes: int, trailing: bytes
) -> Transferred:
    """Read bulk for ``duration_s`` after its first byte; ``trailing`` has come already. Raises ``RunFailed`` before the first byte.

    Ends: at the duration, with all bytes, with the connection, or when no first byte came in time.
    """
    before_bytes = connection.channel.received_bytes - len(trailing)
    return _Receiver(connection, rng, duration_s, expected_bytes, before_bytes).run()


@dataclass
class _Receiver:
    connection: QuicConnection
    rng: random.Random
    duration_s: float
    expected_bytes: int
    before_bytes: int
    columns: Columns = field(default_factory=Columns)

    @property
    def wire_bytes(self) -> int:
        """Bytes of bulk so far."""
        return self.connection.channel.received_bytes - self.before_bytes

    def run(self) -> Transferred:
        connection = self.connection
        waited_s = connection.now_s()
        first_s = waited_s if self.wire_bytes else None
        end_s, at_end = run_ends(waited_s, None, self.duration_s)
        while first_s is None:
            connection.turn(end_s, "start")
            if connection.channel.read():
                first_s = connection.now_s()
            elif connection.channel.closed:
                return Transferred(ended_by_peer(None, self.duration_s, whole=False), None, 0, 0, Ticks())
            elif connection.now_s() >= end_s:
                return Transferred(at_end, None, 0, 0, Ticks())
        failure = self._loop(first_s)
        duration_us = _us(connection.now_s() - first_s)
        self._note(duration_us)
        return Transferred(
            failure=failure,
            first_byte_us=_us(first_s - waited_s),
            duration_us=duration_us,
            wire_bytes=self.wire_bytes,
            ticks=self.columns.ticks(),
        )

    def _loop(self, first_s: float) -> str:
        """Ends: each turn waits no longer than to the next of tick and end."""
        connection = self.connection
        end_s, at_end = run_ends(first_s, first_s, self.duration_s)
        self._note(0)
        tick_s = first_s + next_tick_s(self.rng)
        while True:
            try:
                connection.turn(min(tick_s, end_s), "transfer")
            except RunFailed as failed:
                return failed.failure
            connection.channel.read()  # the content is thrown away; QUIC has checked its integrity
            now_s = connection.now_s()
            if now_s >= end_s:
                return at_end
            whole = has_all(self.wire_bytes, self.expected_bytes)
            if whole or connection.channel.closed:
                return ended_by_peer(now_s - first_s, self.duration_s, whole=whole)
            if now_s >= tick_s:
                self._note(_us(now_s - first_s))
                tick_s = now_s + next_tick_s(self.rng)

    def _note(self, t_us: int) -> None:
        self.columns.note(t_us, self.wire_bytes, self.connection.channel.receiver_fields())


def _us(seconds: float) -> int:
    return round(seconds * 1e6)

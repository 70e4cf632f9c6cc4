"""Pings: one carrier's questions and answers, and the series that comes of them. Round trips in µs."""

import select
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, Literal, Protocol

from probe.measurement.failures import OK, unknown
from probe.measurement.results import Series
from probe.measurement.run import Role
from probe.nettests.base import Net
from probe.nettests.connection import Connection, RunFailed
from probe.wire.echo import DATAGRAM_BYTES, RECORD_BYTES, number_in, number_of, question, record

WAIT_S: Final = 1.0
"""An answer later than this counts as none; it is seen as reordered when it comes after all."""


@dataclass
class Tally:
    """What one carrier has seen in one phase."""

    sent: int = 0
    rtts_us: list[int] = field(default_factory=list)
    reordered: int = 0
    duplicates: int = 0
    failure: str = OK

    def series(
        self, phase: Literal["idle", "load"], carrier: Literal["tcp", "udp"], role: Role | None
    ) -> Series:
        """The record of it."""
        ordered = sorted(self.rtts_us)
        shares = {"min": 0.0, "p10": 0.1, "p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
        found: dict[str, Any] = {f"{name}_us": nearest_rank(ordered, share) for name, share in shares.items()}
        return Series(
            phase=phase,
            carrier=carrier,
            role=role,
            failure=self.failure,
            sent=self.sent,
            answered=len(ordered),
            reordered=self.reordered,
            duplicates=self.duplicates,
            jitter_us=jitter_us(self.rtts_us),
            **found,
        )


def nearest_rank(ordered: Sequence[int], share: float) -> int | None:
    """The smallest value that at least ``share`` of ``ordered`` do not exceed; ``None`` of nothing.

    >>> nearest_rank([15, 20, 35, 40, 50], 0.4), nearest_rank([15, 20, 35, 40, 50], 0.0)
    (20, 15)
    """
    if not ordered:
        return None
    rank = -(-round(share * len(ordered) * 1000) // 1000)
    return ordered[max(0, rank - 1)]


def jitter_us(rtts_us: Sequence[int]) -> int | None:
    """Mean difference of successive round trips (RFC 5481, 1, in its mean); ``None`` of fewer than two.

    >>> jitter_us([100, 110, 90])
    15
    """
    if len(rtts_us) < 2:
        return None
    steps = [abs(later - earlier) for earlier, later in pairwise(rtts_us)]
    return round(sum(steps) / len(steps))


class Pinger(Protocol):
    """A carrier that can be asked."""

    def ask(self, tally: Tally) -> None:
        """Ask once, wait for the answer, count it. Never raises for what the network does."""


@dataclass
class TcpPinger:
    """Small records inside a run's TLS connection, one at a time."""

    net: Net
    connection: Connection
    number: int = 0

    def ask(self, tally: Tally) -> None:
        """See ``Pinger``. A connection that broke is asked no more. Ends: with the answer, or after ``WAIT_S``."""
        if tally.failure != OK:
            return
        self.number += 1
        tally.sent += 1
        sent_s = self.net.monotonic_s()
        try:
            self.connection.channel.write(record(self.number))
            self.connection.flush()
            self._hear(sent_s, tally)
        except RunFailed as failed:
            if not failed.failure.endswith("_timeout"):
                tally.failure = failed.failure
        except OSError as error:
            tally.failure = "transfer_reset" if isinstance(error, ConnectionError) else unknown(error)

    def _hear(self, sent_s: float, tally: Tally) -> None:
        heard = b""
        while True:  # ends: with our number, or RunFailed at the deadline
            plain = self.connection.read_plain("transfer")
            heard += plain
            while len(heard) >= RECORD_BYTES:
                said, heard = heard[:RECORD_BYTES], heard[RECORD_BYTES:]
                if number_of(said) == self.number:
                    tally.rtts_us.append(_us(self.net.monotonic_s() - sent_s))
                    return
                tally.reordered += 1  # the late answer of an earlier question
            if not plain:
                self.connection.fill(sent_s + WAIT_S, "transfer")


@dataclass
class UdpPinger:
    """Datagrams, two back to back, so that their order can be seen."""

    net: Net
    sock: socket.socket
    token: bytes
    number: int = 0
    _answered: set[int] = field(default_factory=set)

    def ask(self, tally: Tally) -> None:
        """See ``Pinger``. Ends: with both answers, or after ``WAIT_S``."""
        if tally.failure != OK:
            return
        sent_s: dict[int, float] = {}
        try:
            for _ in range(2):
                self.number += 1
                tally.sent += 1
                sent_s[self.number] = self.net.monotonic_s()
                self.sock.send(question(self.token, self.number))
            self._hear(sent_s, tally)
        except ConnectionRefusedError:  # ICMP: nobody listens there
            tally.failure = "connect_refused"
        except OSError as error:
            tally.failure = unknown(error)

    def _hear(self, sent_s: dict[int, float], tally: Tally) -> None:
        deadline_s = max(sent_s.values()) + WAIT_S
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        latest = min(sent_s)
        while sent_s:
            left_s = deadline_s - self.net.monotonic_s()
            if left_s <= 0 or not poll.poll(left_s * 1000):
                return
            number = number_in(self.sock.recv(DATAGRAM_BYTES + 1), self.token)
            if number is None:
                continue
            if number in self._answered:
                tally.duplicates += 1
                continue
            self._answered.add(number)
            tally.reordered += number < latest
            latest = max(latest, number)
            if number in sent_s:
                tally.rtts_us.append(_us(self.net.monotonic_s() - sent_s.pop(number)))


def _us(seconds: float) -> int:
    return round(seconds * 1e6)

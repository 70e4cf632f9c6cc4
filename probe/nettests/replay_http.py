"""replay_http: one pair of transfers over plain HTTP that differ in the Host alone, and what happened to their heads.

Records what replay_tls records but for TLS: bytes and TCP_INFO of both ends on memoryless ticks, the responder's receipt,
the failure that ended it; and the request's header fields as sent against as they arrived at the responder, the answer's the
same way round, and whether the content is the responder's byte for byte. A body without our mark is `answered_by_other`, with its
hash, length and title. Values of headers that we did not send are withheld at either end: they may hold the home's address.
The pair is opened and closed over TLS. Variants: ``paced`` and ``long``.
"""

import time
from dataclasses import dataclass
from typing import Any, Final, cast

from probe.measurement.failures import unknown
from probe.measurement.http import HttpSeen, OtherPage, kept
from probe.measurement.run import Run
from probe.nettests.base import CannotRun, Net
from probe.nettests.connection import ANSWER_S, CONNECT_S, READ_BYTES, Connection, RunFailed, layered
from probe.nettests.replay_tls import ReplayParams, ReplayResult, run_pair
from probe.nettests.session import OpenPair
from probe.nettests.transfer import receive
from probe.plan import Responder
from probe.scrub import Scrubber
from probe.wire import http
from probe.wire.http_heads import Answer, NotHttp, read_answer
from probe.wire.tls import TlsChannel

NAME: Final = "replay_http"
VERSION: Final = "1"
LARGEST_OTHER: Final = 64 * 1024
"""So much of somebody else's page is read."""
OTHER_S: Final = 2.0


def run(net: Net, params: ReplayParams) -> ReplayResult:
    """Open, run twice, close. Raises ``CannotRun`` when no ticket could be had, or the responder serves no HTTP."""
    if params.direction != "down":
        raise CannotRun(f"unsupported:direction:{params.direction}")
    if params.variant == "saturate":
        raise CannotRun(f"unsupported:variant:{params.variant}")
    if params.responder.http_port is None:
        raise CannotRun("unsupported:responder:http")

    return run_pair(net, params, NAME, replay)


@dataclass
class _Plain:
    """Stands where TLS stands in a connection: nothing is encrypted, and the content is compared instead of decrypted."""

    body: http.Body
    undecrypted_bytes: int = 0

    def feed(self, data: bytes | memoryview) -> None:
        self.body.feed(data)

    def read_into(self, _buffer: memoryview) -> int:
        return 0


@dataclass
class _HttpRun:
    """One run under way."""

    net: Net
    connection: Connection
    host: str
    body: http.Body
    bulk_bytes: int
    scrubber: Scrubber
    received: bytes = b""
    arrived: tuple[tuple[str, str], ...] = ()
    status: int | None = None
    other: OtherPage | None = None

    def ask(self, token: str) -> None:
        """Send the request, read the answer's head and the page with our mark; raises ``RunFailed``."""
        try:
            self.connection.sock.sendall(http.request(self.host, token))
            head = self._head(self.net.monotonic_s() + ANSWER_S)
        except OSError as error:
            raise RunFailed(layered("start", error)) from error
        self.arrived, self.status = head.headers, head.status
        self.received = head.rest
        self._page()

    def _head(self, deadline_s: float) -> Answer:
        while True:  # ends: with a head, what is none, or RunFailed at the deadline
            try:
                head = read_answer(self.received)
            except NotHttp as error:
                raise RunFailed("http_garbled") from error
            if head is not None:
                return head
            self._more(deadline_s)

    def _page(self) -> None:
        """The page with the mark, or somebody else's. Ends: with enough bytes, the deadline or the far end."""
        deadline_s = self.net.monotonic_s() + ANSWER_S
        wanted = http.page(self.body.marked)
        while len(self.received) < len(wanted) and self.body.marked.encode() not in self.received:
            try:
                self._more(deadline_s)
            except RunFailed:
                break
        if self.body.marked.encode() not in self.received:
            self.other = self._other()
            raise RunFailed("answered_by_other")
        while len(self.received) < len(wanted):
            self._more(deadline_s)
        self.body.feed(self.received)

    def _other(self) -> OtherPage:
        """Read somebody else's page, for a moment and up to a bound."""
        deadline_s = self.net.monotonic_s() + OTHER_S
        while len(self.received) < LARGEST_OTHER:
            try:
                self._more(deadline_s)
            except (RunFailed, OSError):
                break
        scrubbed_sha256, title = http.told_of(self.received[:LARGEST_OTHER], self._scrubbed)
        return OtherPage(scrubbed_sha256=scrubbed_sha256, length=len(self.received), title=title)

    def _scrubbed(self, text: str) -> str:
        return self.scrubber.text(text, 2 * LARGEST_OTHER)

    def _more(self, deadline_s: float) -> None:
        """At least a byte more; raises ``RunFailed``."""
        if not self.connection.wait_readable(deadline_s):
            raise RunFailed("start_timeout")
        try:
            data = self.connection.sock.recv(READ_BYTES)
        except OSError as error:
            raise RunFailed(layered("start", error)) from error
        if not data:
            raise RunFailed("start_eof")
        self.received += data

    def seen(self) -> HttpSeen:
        """What stands in the run."""
        sent = http.request_headers(self.host)
        ours = http.answer_headers(http.body_bytes(self.body.marked, self.bulk_bytes))
        known = self.body.received_bytes > 0
        return HttpSeen(
            sent=kept(sent, sent),
            arrived=kept(self.arrived, ours, self._scrubbed),
            status=self.status,
            content=("intact" if self.body.altered_at is None else "altered") if known else "unknown",
            altered_at_byte=self.body.altered_at,
            other=self.other,
        )


def replay(net: Net, responder: Responder, facts: dict[str, Any], opened: OpenPair) -> Run:
    """One run; whatever the network does is in the result. The responder serves plain HTTP."""
    ticket, order, port = opened.ticket, facts["order"], responder.http_port or 0
    began_s = net.monotonic_s()
    try:
        sock = net.connect((facts["address"], port), CONNECT_S)
    except OSError as error:
        return Run(failure=layered("connect", error), **facts)
    connect_us = round((net.monotonic_s() - began_s) * 1e6)
    sock.settimeout(ANSWER_S)
    body = http.Body(http.mark(opened.nonce, ticket.pair_id, order))
    plain = cast(TlsChannel, _Plain(body))  # receive() asks of a channel what _Plain has
    connection = Connection(net, sock, plain, connect_us=connect_us)
    scrubber = Scrubber(tuple(filter(None, [opened.line_address])))
    run = _HttpRun(net, connection, facts["name"], body, ticket.max_run_bytes, scrubber)
    cpu_began_s = time.process_time()
    try:
        run.ask(http.run_token(opened.nonce, ticket.pair_id, order))
        connection.conversation.trailing = run.received[body.page_bytes :]
        got = receive(net, connection, ticket.duration_ms / 1000, ticket.max_run_bytes)
    except RunFailed as failed:
        return Run(failure=failed.failure, connect_us=connect_us, http=run.seen(), **facts)
    except ValueError as error:  # a name that cannot stand in a Host
        return Run(failure=unknown(error), connect_us=connect_us, **facts)
    finally:
        connection.reset()
    timed: dict[str, Any] = {}
    if got.first_byte_us is not None:
        cpu_s = time.process_time() - cpu_began_s
        timed = {
            "first_byte_us": got.first_byte_us,
            "duration_us": got.duration_us,
            "wire_bytes": got.wire_bytes,
            "cpu_share": round(cpu_s / max(got.duration_us / 1e6, 1e-3), 4),
            "ticks": got.ticks,
        }
    return Run(failure=got.failure, connect_us=connect_us, http=run.seen(), **timed, **facts)

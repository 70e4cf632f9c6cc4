"""latency: round trips to a responder under the service's name and under a control, idle and while the line is full.

Records for each carrier (small records inside TLS under either name, datagrams without one), idle and under load:
percentiles, jitter, loss, reordering; and the TCP handshakes' lengths. The two connections stand at once, and every
round asks all carriers in a new random order, so that whatever changes with time meets them alike. The coin of a
ticket decides addresses and control; the statement says whose line it was. Datagrams show no name: what is lost, late or
out of order among them is the line's, and says nothing of a service. All of it is an observation, for no registered metric
counts echoes. The load is a capacity transfer under the responder's own name, and only where the plan of the visit has room.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.failures import OK
from probe.measurement.results import LatencyResult, Series
from probe.measurement.run import Role
from probe.measurement.signing import Signed
from probe.measurement.ticket import AddressFamily, Opening, Stratum
from probe.nettests import capacity
from probe.nettests.base import CannotRun, Cost, Net
from probe.nettests.capacity import CapacityParams
from probe.nettests.connection import Connection, RunFailed, dial
from probe.nettests.pings import Pinger, Tally, TcpPinger, UdpPinger
from probe.nettests.session import OpenPair, Session
from probe.plan import Responder
from probe.wire.echo import token_of
from probe.wire.messages import Start
from probe.wire.tls import client_context

NAME: Final = "latency"
VERSION: Final = "1"
LONGEST_MS: Final = 20_000
RESERVED_BIT_S: Final = 100_000
"""What the ticket reserves for its records: far more than they need."""
ROUND_BYTES: Final = 1000
"""Four questions and answers with their headers, rounded up."""
SESSION_BYTES: Final = 40_000
LOAD_MS: Final = 2000
LOAD_BEGINS_S: Final = 0.5
"""Questions under load begin when the transfer has left slow start, roughly."""

Names = tuple[Role, str, int]


@dataclass(frozen=True)
class LatencyParams:
    """What it needs. ``load_bytes``: what the load may cost at most, 0 for none."""

    responder: Responder
    grant: Signed
    quarter_key: Ed25519PrivateKey
    service: str
    original_name: str
    stratum: Stratum
    control_candidates: tuple[str, ...]
    address_family: AddressFamily = "ipv4"
    idle_rounds: int = 40
    load_rounds: int = 20
    load_ms: int = LOAD_MS
    load_bytes: int = 0
    rest_ms: int = 50


def cost(params: LatencyParams) -> Cost:
    """At most: the session, every round, and the load."""
    rounds = params.idle_rounds + (params.load_rounds if params.load_bytes else 0)
    return Cost(
        bytes=SESSION_BYTES + rounds * ROUND_BYTES + params.load_bytes, seconds=LONGEST_MS / 1000 + 10.0
    )


def run(net: Net, params: LatencyParams) -> LatencyResult:
    """Open, ask, close. Raises ``CannotRun`` when no ticket could be had."""
    session = Session(net, params.responder, params.quarter_key, params.address_family)
    opened = session.open(_opening(net, params, session.commitment))
    if opened.trouble:
        raise CannotRun(opened.trouble)
    asking = _Asking(net, params, opened)
    try:
        asking.connect()
        series = asking.phase("idle", params.idle_rounds)
        load_bit_s = None
        if params.load_bytes:
            with _Load(net, params) as load:
                net.sleep_s(LOAD_BEGINS_S)
                series += asking.phase("load", params.load_rounds, load.running)
            load_bit_s = load.bit_s
    finally:
        asking.end()
    closed = session.close(opened.ticket.pair_id)
    return LatencyResult(
        ticket=opened.signed,
        nonce=opened.nonce,
        statement=None if closed is None else closed[0],
        original_name=params.original_name,
        control_name=opened.coin.control_name(opened.ticket.control_candidates),
        connect_us=tuple(asking.connect_us.get(role) for role in ("original", "control")),
        series=tuple(series),
        load_bit_s=load_bit_s,
    )


def _opening(net: Net, params: LatencyParams, commitment: bytes) -> Opening:
    return Opening(
        grant=params.grant,
        responder=params.responder.id,
        commit=commitment,
        nettest=NAME,
        variant="echo",
        service=params.service,
        direction="down",
        address_family=params.address_family,
        original_name=params.original_name,
        stratum=params.stratum,
        control_candidates=params.control_candidates,
        pace_bit_s=RESERVED_BIT_S,
        duration_ms=LONGEST_MS,
        sent_at_us=net.unix_us(),
    )


@dataclass
class _Asking:
    """The connections of one measurement, and what was heard on them."""

    net: Net
    params: LatencyParams
    opened: OpenPair
    connect_us: dict[Role, int] = field(default_factory=dict)
    _connections: list[Connection] = field(default_factory=list)
    _pingers: list[tuple[Role | None, Pinger | None, str]] = field(default_factory=list)
    _closing: list[Callable[[], None]] = field(default_factory=list)

    def connect(self) -> None:
        """Both names' connections, in the coin's order, and a datagram socket. What fails is in the series."""
        coin = self.opened.coin
        control = coin.control_name(self.opened.ticket.control_candidates)
        both: list[Names] = [
            ("original", self.params.original_name, coin.original_address),
            ("control", control, coin.control_address),
        ]
        if not coin.original_first:
            both.reverse()
        for order, names in enumerate(both):
            self._pingers.append(self._tcp(order, names))
        self._pingers.append(self._udp(self._address(coin.original_address)))

    def _address(self, index: int) -> str:
        return self.params.responder.in_family(self.params.address_family)[index]

    def _tcp(self, order: int, names: Names) -> tuple[Role | None, Pinger | None, str]:
        role, name, index = names
        where = (self._address(index), self.params.responder.port)
        try:
            connection = dial(self.net, where, name, client_context)
            self._connections.append(connection)
            self.connect_us[role] = connection.connect_us
            connection.handshake(self.params.responder.certificate_sha256)
            connection.say(Start(self.opened.ticket.pair_id, 1 if order else 0))
            connection.hear()
        except RunFailed as failed:
            return role, None, failed.failure
        return role, TcpPinger(self.net, connection), OK

    def _udp(self, address: str) -> tuple[Role | None, Pinger | None, str]:
        token = token_of(self.opened.ticket.pair_id, self.opened.nonce)
        try:
            sock = self.net.gate.udp((address, self.params.responder.port), 1.0)
        except OSError:
            return None, None, "connect_unreachable"
        self._closing.append(sock.close)
        return None, UdpPinger(self.net, sock, token), OK

    def phase(
        self, phase: Literal["idle", "load"], rounds: int, goes_on: Callable[[], bool] = lambda: True
    ) -> list[Series]:
        """Ask every carrier once a round, in random order. Ends: after ``rounds``, or when ``goes_on`` says no."""
        tallies = [Tally(failure=failure) for _, _, failure in self._pingers]
        turns = list(range(len(self._pingers)))
        for _ in range(rounds):
            if not goes_on():
                break
            self.net.rng.shuffle(turns)
            for turn in turns:
                pinger = self._pingers[turn][1]
                if pinger is not None:
                    pinger.ask(tallies[turn])
            self.net.sleep_s(self.net.rng.uniform(0.5, 1.5) * self.params.rest_ms / 1000)
        return [
            tally.series(phase, "udp" if role is None else "tcp", role)
            for tally, (role, _, _) in zip(tallies, self._pingers, strict=True)
        ]

    def end(self) -> None:
        """Nothing stays open."""
        for connection in self._connections:
            connection.reset()
        for close in self._closing:
            close()


class _Load:
    """A capacity transfer in a thread of its own. ``bit_s`` is its rate once it has ended well."""

    def __init__(self, net: Net, params: LatencyParams) -> None:
        self.bit_s: int | None = None
        self._net = net
        self._terms = CapacityParams(
            responder=params.responder,
            grant=params.grant,
            quarter_key=params.quarter_key,
            duration_ms=params.load_ms,
            address_family=params.address_family,
        )
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)

    def _run(self) -> None:
        try:
            self.bit_s = capacity.run(self._net, self._terms).bit_s
        except CannotRun:
            self.bit_s = None

    def running(self) -> bool:
        """Whether the line is being filled."""
        return self._thread.is_alive()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(self._terms.duration_ms / 1000 + 30.0)

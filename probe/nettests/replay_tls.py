"""replay_tls: one pair of TLS transfers that differ in the server name alone, downwards or upwards.

Records, for each of the two runs: the handshakes' lengths, the ClientHello less its keys and its JA4, bytes
and TCP_INFO of both ends on memoryless ticks, the responder's receipt, and the failure that ended it; and the sentinel,
a run under a control alone, that went before them. The sender paces: downwards the responder, upwards the probe; what
counts is what the receiver counted. Variants: ``paced`` (4 s at the pace), ``long`` (10 s at the same pace, for late throttles) and ``saturate`` (2 s unpaced, rare
and by consent: low priority, and limits above the pace).

The settings of both runs are fixed before either name is used; the coin decides order, addresses and control.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.envelope import Clock, InterfaceCounters
from probe.measurement.failures import OK
from probe.measurement.pair import Limits, Pair, Sentinel
from probe.measurement.run import Role, Run
from probe.measurement.signing import Signed
from probe.measurement.ticket import AddressFamily, Direction, Opening, Stratum, Ticket, Variant
from probe.nettests.base import LONGEST_GAP_MS, Net
from probe.nettests.connection import Connection, RunFailed, dial
from probe.nettests.sending import send
from probe.nettests.session import OpenPair, Session
from probe.nettests.transfer import Transferred, receive
from probe.plan import Responder
from probe.wire.messages import Start
from probe.wire.tls import client_context

NAME: Final = "replay_tls"
VERSION: Final = "1"
STOPPED: Final = "stopped_by_volunteer"
STEP_S: Final = 1.0

Progress = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True)
class ReplayParams:
    """What a pair needs. ``counters`` reads (received, sent) bytes of the interface in use, if it can be told."""

    responder: Responder
    grant: Signed
    quarter_key: Ed25519PrivateKey
    service: str
    original_name: str
    stratum: Stratum
    control_candidates: tuple[str, ...]
    pace_bit_s: int
    variant: Variant = "paced"
    duration_ms: int = 4000
    gap_ms: int = 2000
    capacity_bit_s: int | None = None
    address_family: AddressFamily = "ipv4"
    direction: Direction = "down"
    counters: Callable[[], tuple[int, int]] | None = None
    progress: Progress | None = None
    sentinel: bool = False
    """Whether a sentinel goes before the pair (``sentinel``)."""
    stop: Callable[[], bool] | None = None
    """Asked before the second run, and while a long gap is slept: true closes the pair as aborted."""

    @property
    def wash_ms(self) -> int:
        """The gap of a washed pair, for which its ticket must live longer; 0 for an ordinary one."""
        return self.gap_ms if self.gap_ms > LONGEST_GAP_MS else 0

    def opening(
        self,
        net: Net,
        commitment: bytes,
        variant: Variant,
        pace_bit_s: int,
        duration_ms: int,
        nettest: str = NAME,
    ) -> Opening:
        """What is asked of the responder. A sentinel's names no service, and goes over TLS whatever the pair goes over."""
        service, original = self.service, self.original_name
        if variant == "sentinel":
            service, original = variant, self.responder.owned_name
        return Opening(
            grant=self.grant,
            responder=self.responder.id,
            commit=commitment,
            nettest=nettest,
            variant=variant,
            service=service,
            direction=self.direction,
            address_family=self.address_family,
            original_name=original,
            stratum=self.stratum,
            control_candidates=self.control_candidates,
            pace_bit_s=pace_bit_s,
            duration_ms=duration_ms,
            sent_at_us=net.unix_us(),
            wash_ms=0 if variant == "sentinel" else self.wash_ms,
        )


@dataclass(frozen=True)
class ReplayResult:
    """A pair as it went, the clock exchange of its ticket, the interface's counters around the runs."""

    pair: Pair
    clock: Clock | None
    cross_traffic: InterfaceCounters | None


class CarrierLost(Exception):
    """What carries the runs of a pair is gone: this machine's trouble, not the network's. The pair is aborted."""


Carry = Callable[[Net, Responder, dict[str, Any], OpenPair], Run]
"""How one run is carried; ``dict`` has the fields of ``Run`` known before. ``replay_quic`` and ``replay_http`` bring theirs."""


def run(net: Net, params: ReplayParams) -> ReplayResult:
    """One pair over TLS."""
    return run_pair(net, params, NAME, lambda net, far, facts, opened: replay(net, far, facts, opened.ticket))


def run_pair(
    net: Net, params: ReplayParams, nettest: str, carry: Carry, ceiling_bit_s: int | None = None
) -> ReplayResult:
    """Open, run twice, close. Raises ``CannotRun`` when no ticket could be had.

    From the ticket on the coin is known, so whatever happens then is this pair's outcome, never a second throw.
    """
    progress = params.progress or _silent
    sentinel = _watch(net, params, progress) if params.sentinel else None
    session = Session(net, params.responder, params.quarter_key, params.address_family)
    opened = session.open(
        params.opening(
            net, session.commitment, params.variant, params.pace_bit_s, params.duration_ms, nettest
        )
    )
    progress("ticket", {"pair_id": opened.ticket.pair_id.hex(), "counter": opened.ticket.counter})
    counters = [_read_counters(params)]
    runs: list[Run] = []
    aborted = opened.trouble
    for order in (0, 1) if aborted is None else ():
        if order and _rest(net, params):
            aborted = STOPPED
            break
        try:
            runs.append(_run(net, params.responder, opened, order, progress, carry))
        except CarrierLost as lost:
            aborted = f"crashed: {lost}"[:120]
            break
        counters.append(_read_counters(params))
    closed = session.close(opened.ticket.pair_id, with_roll=True)
    progress("closed", {"statement": closed is not None})
    if closed is not None:
        ticks = closed[1].runs
        runs = [
            msgspec.structs.replace(r, responder_ticks=ticks[r.order]) if r.order < len(ticks) else r
            for r in runs
        ]
    pair = Pair(
        ticket=opened.signed,
        nonce=opened.nonce,
        runs=tuple(runs),
        limits=Limits(
            pace_bit_s=opened.ticket.pace_bit_s,
            duration_ms=params.duration_ms,
            capacity_bit_s=params.capacity_bit_s,
            ceiling_bit_s=ceiling_bit_s,
        ),
        gap_ms=params.gap_ms,
        statement=None if closed is None else closed[0],
        aborted=aborted,
        sentinel=sentinel.slim() if sentinel and all(run.ok for run in runs) else sentinel,
    )
    return ReplayResult(pair, opened.clock, _cross_traffic(counters))


def _watch(net: Net, params: ReplayParams, progress: Progress) -> Sentinel | None:
    from probe.nettests.sentinel import watch  # noqa: PLC0415 - it stands on this file

    sentinel = watch(net, params)
    progress("sentinel", {"failure": sentinel.run.failure if sentinel else None})
    return sentinel


def _rest(net: Net, params: ReplayParams) -> bool:
    """Sleep the gap; whether the volunteer asks to stop. Ends: a long one is slept in steps of a second."""
    asked = params.stop or (lambda: False)
    left_s = params.gap_ms / 1000
    if params.wash_ms:
        while left_s > STEP_S and not asked():
            net.sleep_s(STEP_S)
            left_s -= STEP_S
    if not asked():
        net.sleep_s(left_s)
    return asked()


def _run(
    net: Net, responder: Responder, opened: OpenPair, order: int, progress: Progress, carry: Carry
) -> Run:
    """One run; whatever the network does is in the result."""
    coin, ticket = opened.coin, opened.ticket
    role: Role = "original" if coin.original_first == (order == 0) else "control"
    original = role == "original"
    index = coin.original_address if original else coin.control_address
    name = ticket.original_name if original else coin.control_name(ticket.control_candidates)
    progress("run_started", {"order": order, "role": role})
    facts: dict[str, Any] = {
        "role": role,
        "order": order,
        "name": name,
        "address": responder.in_family(ticket.address_family)[index],
        "address_index": index,
        "started_at_us": net.unix_us(),
    }
    result = carry(net, responder, facts, opened)
    progress(
        "run_ended",
        {"order": order, "role": role, "failure": result.failure, "rate_mbit_s": rate_mbit_s(result)},
    )
    return result


def replay(net: Net, responder: Responder, facts: dict[str, Any], ticket: Ticket) -> Run:
    """Dial, start, receive or send; ``facts`` are the fields of ``Run`` known before (role, order, name, address …)."""
    try:
        connection = dial(net, (facts["address"], responder.port), facts["name"], client_context)
    except RunFailed as failed:
        return Run(failure=failed.failure, **facts)
    facts["connect_us"] = connection.connect_us
    cpu_began_s = time.process_time()
    try:
        moved = _transfer(net, connection, responder, facts["order"], ticket)
    except RunFailed as failed:
        return Run(
            failure=failed.failure, tls_us=connection.tls_us, client_hello=connection.client_hello(), **facts
        )
    finally:
        connection.reset()
    cpu_s = time.process_time() - cpu_began_s
    if moved.first_byte_us is None:
        return Run(
            failure=moved.failure,
            tls_us=connection.tls_us,
            client_hello=connection.client_hello(),
            **facts,
        )
    return Run(
        failure=moved.failure,
        tls_us=connection.tls_us,
        first_byte_us=moved.first_byte_us,
        duration_us=moved.duration_us,
        wire_bytes=moved.wire_bytes,
        cpu_share=round(cpu_s / max(moved.duration_us / 1e6, 1e-3), 4),
        client_hello=connection.client_hello(),
        ticks=moved.ticks,
        sender_late_ticks=moved.sender_late_ticks,
        congestion_control=moved.congestion_control,
        **facts,
    )


def _transfer(
    net: Net, connection: Connection, responder: Responder, order: int, ticket: Ticket
) -> Transferred:
    connection.handshake(responder.certificate_sha256)
    connection.say(Start(ticket.pair_id, 1 if order else 0))
    connection.hear()
    duration_s = ticket.duration_ms / 1000
    if ticket.direction == "up":
        return send(net, connection, duration_s, ticket.max_run_bytes, ticket.pace_bit_s)
    return receive(net, connection, duration_s, ticket.max_run_bytes)


def moved_bytes(run: Run) -> int:
    """What a run cost in TCP payload: of an upload what was handed to the socket, which may be more than arrived."""
    handed = run.ticks.wire_bytes[-1:] if run.ticks else ()
    return max(run.wire_bytes, *handed) if handed else run.wire_bytes


def pair_bytes(pair: Pair) -> int:
    """What a pair cost in TCP payload, its sentinel included."""
    return sum(moved_bytes(run) for run in (*pair.runs, *((pair.sentinel.run,) if pair.sentinel else ())))


def rate_mbit_s(run: Run) -> float | None:
    """Mean rate of a finished run, ``None`` for one that failed."""
    if run.failure != OK or not run.duration_us:
        return None
    return round(run.wire_bytes * 8 / run.duration_us, 3)


def _read_counters(params: ReplayParams) -> tuple[int, int] | None:
    try:
        return params.counters() if params.counters else None
    except OSError:  # the interface went away
        return None


def _cross_traffic(counters: list[tuple[int, int] | None]) -> InterfaceCounters | None:
    known = [pair for pair in counters if pair is not None]
    if len(known) != len(counters):
        return None
    return InterfaceCounters(tuple(pair[0] for pair in known), tuple(pair[1] for pair in known))


def _silent(event: str, facts: dict[str, Any]) -> None:
    """Progress for nobody."""

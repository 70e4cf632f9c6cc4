"""replay_quic: one pair of QUIC transfers that differ in the server name alone, downwards or upwards.

Records what replay_tls records, as far as QUIC gives it: the Retry's round trip and the handshake's length, the
ClientHello less its keys and its JA4, bytes on memoryless ticks, the sender's round-trip times, losses and acknowledged
bytes, the responder's receipt, and the failure that ended it, by layer. What counts is what the receiver counted. The pair is opened and
closed over TLS under the responder's own name, so that a network without UDP is a result. Needs the extra `quic`; the transfers run in
a child process. Variants: ``paced``, ``long`` and ``saturate`` (2 s, rare and by consent: as fast as both ends' CPUs are sure to carry).

A program does here what the kernel does for TCP, so the CPU may be what is measured: the child measures its ceiling, in the pair's
direction, before the ticket; the pace asked for is at most half of it, and the pair records both. So a pair that is to saturate has a
pace too: that half, or what half of the responder's ceiling leaves. It fills a slower line; of limits above its pace it says nothing.
"""

from dataclasses import replace
from typing import Any, Final

from probe.measurement.run import Run
from probe.measurement.ticket import FASTEST_PACE_BIT_S, Ticket
from probe.nettests.base import CannotRun, Net
from probe.nettests.quic_child import Child, ChildLost
from probe.nettests.quic_wanted import Wanted
from probe.nettests.replay_tls import CarrierLost, ReplayParams, ReplayResult, run_pair
from probe.nettests.session import OpenPair
from probe.plan import Responder

NAME: Final = "replay_quic"
VERSION: Final = "1"
SHARE_OF_CEILING: Final = 0.5
NO_CEILING: Final = "unsupported:ceiling"
"""What this CPU can carry could not be measured, so no pace is known to be half of it."""


def run(net: Net, params: ReplayParams) -> ReplayResult:
    """Open, run twice, close. Raises ``CannotRun`` when no ticket could be had, no QUIC on either end, or no ceiling."""
    if params.responder.quic_port is None:
        raise CannotRun("unsupported:responder:quic")
    with Child() as child:
        try:
            ready = child.ready()
        except ChildLost as lost:
            raise CannotRun("unsupported:extra:quic" if lost.missing else f"crashed: child {lost}") from lost
        ceiling_bit_s = ready.send_bit_s if params.direction == "up" else ready.receive_bit_s
        if not ceiling_bit_s:
            raise CannotRun(NO_CEILING)
        wished_bit_s = FASTEST_PACE_BIT_S if params.variant == "saturate" else params.pace_bit_s
        pace_bit_s = within_ceiling(wished_bit_s, ceiling_bit_s)

        def carry(_net: Net, responder: Responder, facts: dict[str, Any], opened: OpenPair) -> Run:
            return _carry(child, wanted(responder, facts, opened.ticket, lab=net.gate.lab))

        return run_pair(net, replace(params, pace_bit_s=pace_bit_s), NAME, carry, ceiling_bit_s)


def within_ceiling(pace_bit_s: int, ceiling_bit_s: int) -> int:
    """The pace, or half of what this CPU can do if that is less.

    >>> within_ceiling(20_000_000, 100_000_000), within_ceiling(20_000_000, 24_000_000)
    (20000000, 12000000)
    """
    return max(1, min(pace_bit_s, int(ceiling_bit_s * SHARE_OF_CEILING)))


def wanted(responder: Responder, facts: dict[str, Any], ticket: Ticket, *, lab: bool) -> Wanted:
    """One run of a ticket, as the child needs it told. The responder serves QUIC."""
    return Wanted(
        facts=facts,
        port=responder.quic_port or 0,
        pin=responder.certificate_sha256,
        pair_id=ticket.pair_id,
        duration_ms=ticket.duration_ms,
        max_run_bytes=ticket.max_run_bytes,
        direction=ticket.direction,
        pace_bit_s=ticket.pace_bit_s,
        lab=lab,
    )


def _carry(child: Child, run: Wanted) -> Run:
    try:
        return child.carry(run)
    except ChildLost as lost:
        raise CarrierLost(f"child {lost}") from lost

"""replay_quic: one pair of QUIC transfers that differ in the server name alone.

Records what replay_tls records, as far as QUIC gives it: the Retry's round trip and the handshake's length, the
ClientHello less its keys and its JA4, bytes on memoryless ticks, the sender's round-trip times, losses and acknowledged
bytes, the responder's receipt, and the failure that ended it, by layer. The pair is opened and closed over TLS under the
responder's own name, so that a network without UDP is a result.
Variants: ``paced`` and ``long``. Needs the extra `quic`; the transfers run in a child process.

A program does here what the kernel does for TCP, so the CPU may be what is measured: the child measures its ceiling before the
ticket, the pace asked for is at most half of it, and the pair records both.
"""

from dataclasses import replace
from typing import Any, Final

from probe.measurement.run import Run
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
    if params.direction != "down":
        raise CannotRun(f"unsupported:direction:{params.direction}")
    if params.variant == "saturate":
        raise CannotRun(f"unsupported:variant:{params.variant}")
    port = params.responder.quic_port
    if port is None:
        raise CannotRun("unsupported:responder:quic")
    with Child() as child:
        try:
            ready = child.ready()
        except ChildLost as lost:
            raise CannotRun("unsupported:extra:quic" if lost.missing else f"crashed: child {lost}") from lost
        if not ready.receive_bit_s:
            raise CannotRun(NO_CEILING)
        pace_bit_s = within_ceiling(params.pace_bit_s, ready.receive_bit_s)

        def carry(_net: Net, responder: Responder, facts: dict[str, Any], opened: OpenPair) -> Run:
            return _carry(child, net.gate.lab, port, responder, facts, opened)

        return run_pair(net, replace(params, pace_bit_s=pace_bit_s), NAME, carry, ready.receive_bit_s)


def within_ceiling(pace_bit_s: int, ceiling_bit_s: int) -> int:
    """The pace, or half of what this CPU can do if that is less.

    >>> within_ceiling(20_000_000, 100_000_000), within_ceiling(20_000_000, 24_000_000)
    (20000000, 12000000)
    """
    return max(1, min(pace_bit_s, int(ceiling_bit_s * SHARE_OF_CEILING)))


def _carry(
    child: Child, lab: bool, port: int, responder: Responder, facts: dict[str, Any], opened: OpenPair
) -> Run:
    ticket = opened.ticket
    wanted = Wanted(
        facts=facts,
        port=port,
        pin=responder.certificate_sha256,
        pair_id=ticket.pair_id,
        duration_ms=ticket.duration_ms,
        max_run_bytes=ticket.max_run_bytes,
        lab=lab,
    )
    try:
        return child.carry(wanted)
    except ChildLost as lost:
        raise CarrierLost(f"child {lost}") from lost

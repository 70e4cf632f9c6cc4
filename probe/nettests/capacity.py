"""capacity: how much the line carries in one direction, by one ticketed, unpaced transfer under a neutral name.

3 s, at most 50 MB; the estimate is the receiver's mean rate after the first third (slow start left out). The coin
draws the name among the registered controls and the responder's own, and the address: whoever slowed one name that is
known beforehand would lower the pace of every pair, and hide. The runner keeps the median of the last three, weekly
(architecture.md, "Measurement").
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.failures import OK
from probe.measurement.signing import Signed
from probe.measurement.ticket import LARGEST_RUN_BYTES, AddressFamily, Direction, Opening
from probe.measurement.ticks import Ticks
from probe.nettests.base import CannotRun, Net
from probe.nettests.replay_tls import moved_bytes, replay
from probe.nettests.session import Session
from probe.plan import Responder

NAME: Final = "capacity"
VERSION: Final = "1"
LEFT_OUT_SHARE: Final = 1 / 3
LATEST_TICK_US: Final = 20_000


@dataclass(frozen=True)
class CapacityParams:
    """What the transfer needs. ``names`` are those the coin draws from; none: the responder's own."""

    responder: Responder
    grant: Signed
    quarter_key: Ed25519PrivateKey
    duration_ms: int = 3000
    largest_bytes: int = LARGEST_RUN_BYTES
    address_family: AddressFamily = "ipv4"
    direction: Direction = "down"
    names: tuple[str, ...] = ()
    progress: Callable[[str, dict[str, Any]], None] | None = None


@dataclass(frozen=True)
class CapacityResult:
    """``bit_s``: TCP payload rate at the receiver; ``wire_bytes``: what it cost; ``name``: what it went under."""

    bit_s: int
    wire_bytes: int
    name: str = ""


def run(net: Net, params: CapacityParams) -> CapacityResult:
    """Measure; raises ``CannotRun`` when the transfer failed or was too short to say anything."""
    responder = params.responder
    session = Session(net, responder, params.quarter_key, params.address_family)
    opened = session.open(
        Opening(
            grant=params.grant,
            responder=responder.id,
            commit=session.commitment,
            nettest=NAME,
            variant="capacity",
            service=NAME,
            direction=params.direction,
            address_family=params.address_family,
            original_name=responder.owned_name,
            stratum="owned",
            control_candidates=params.names,
            pace_bit_s=0,
            duration_ms=params.duration_ms,
            sent_at_us=net.unix_us(),
        ),
        params.largest_bytes,
    )
    if opened.trouble:
        raise CannotRun(opened.trouble)
    coin = opened.coin
    name = coin.control_name(params.names) if params.names else responder.owned_name
    facts: dict[str, Any] = {
        "role": "control",
        "order": 0,
        "name": name,
        "address": responder.in_family(params.address_family)[coin.control_address],
        "address_index": coin.control_address,
        "started_at_us": net.unix_us(),
    }
    transfer = replay(net, responder, facts, opened.ticket)
    closed = session.close(opened.ticket.pair_id)
    if transfer.failure != OK:
        raise CannotRun(f"responder:capacity:{transfer.failure}")
    ticks = transfer.ticks
    if params.direction == "up":  # what arrived, the responder tells
        ticks = closed[1].runs[0] if closed and closed[1].runs else None
    rate_bit_s = rate_after_start_bit_s(ticks, params.duration_ms * 1000)
    return CapacityResult(rate_bit_s, moved_bytes(transfer), name)


def rate_after_start_bit_s(ticks: Ticks | None, longest_us: int) -> int:
    """Mean rate over what follows the first third of a run at its receiver; raises ``CannotRun`` if it is too short.

    What arrives after ``longest_us`` comes from queues, and is left out.
    """
    if ticks is None or len(ticks.t_us) < 2:
        raise CannotRun("responder:capacity:too_short")
    last = max(1, sum(t_us <= longest_us + LATEST_TICK_US for t_us in ticks.t_us) - 1)
    cut_us = ticks.t_us[last] * LEFT_OUT_SHARE
    later = [i for i, t_us in enumerate(ticks.t_us) if t_us >= cut_us]
    first = min(later[0] if later else 0, last - 1)
    span_us = ticks.t_us[last] - ticks.t_us[first]
    if span_us <= 0:
        raise CannotRun("responder:capacity:too_short")
    return round((ticks.wire_bytes[last] - ticks.wire_bytes[first]) * 8e6 / span_us)

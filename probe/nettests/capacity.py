"""capacity: how much the line carries, by one ticketed, unpaced transfer under the responder's own name.

Downwards, 3 s, at most 50 MB; the estimate is the mean rate after the first third (slow start left out).
The runner keeps the median of the last three, weekly (architecture.md, "Measurement").
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.failures import OK
from probe.measurement.run import Run
from probe.measurement.signing import Signed
from probe.measurement.ticket import LARGEST_RUN_BYTES, AddressFamily, Opening
from probe.nettests.base import CannotRun, Net
from probe.nettests.replay_tls import replay
from probe.nettests.session import Session
from probe.plan import Responder

NAME: Final = "capacity"
VERSION: Final = "1"
LEFT_OUT_SHARE: Final = 1 / 3


@dataclass(frozen=True)
class CapacityParams:
    """What the transfer needs."""

    responder: Responder
    grant: Signed
    quarter_key: Ed25519PrivateKey
    duration_ms: int = 3000
    largest_bytes: int = LARGEST_RUN_BYTES
    address_family: AddressFamily = "ipv4"
    progress: Callable[[str, dict[str, Any]], None] | None = None


@dataclass(frozen=True)
class CapacityResult:
    """``bit_s``: TCP payload rate downwards; ``wire_bytes``: what it cost."""

    bit_s: int
    wire_bytes: int


def run(net: Net, params: CapacityParams) -> CapacityResult:
    """Measure; raises ``CannotRun`` when the transfer failed or was too short to say anything."""
    responder = params.responder
    session = Session(net, responder, params.quarter_key)
    opened = session.open(
        Opening(
            grant=params.grant,
            responder=responder.id,
            commit=session.commitment,
            nettest=NAME,
            variant="capacity",
            service=NAME,
            direction="down",
            address_family=params.address_family,
            original_name=responder.owned_name,
            stratum="owned",
            control_candidates=(),
            pace_bit_s=0,
            duration_ms=params.duration_ms,
            sent_at_us=net.unix_us(),
        ),
        params.largest_bytes,
    )
    if opened.trouble:
        raise CannotRun(opened.trouble)
    facts: dict[str, Any] = {
        "role": "control",
        "order": 0,
        "name": responder.owned_name,
        "address": responder.addresses[0],
        "address_index": 0,
        "started_at_us": net.unix_us(),
    }
    transfer = replay(net, responder, facts, opened.ticket)
    session.close(opened.ticket.pair_id)
    if transfer.failure != OK:
        raise CannotRun(f"responder:capacity:{transfer.failure}")
    return CapacityResult(rate_after_start_bit_s(transfer), transfer.wire_bytes)


def rate_after_start_bit_s(transfer: Run) -> int:
    """Mean rate over what follows the first third of a finished run; raises ``CannotRun`` if it is too short."""
    ticks = transfer.ticks
    if ticks is None or len(ticks.t_us) < 2 or not transfer.duration_us:
        raise CannotRun("responder:capacity:too_short")
    cut_us = transfer.duration_us * LEFT_OUT_SHARE
    later = [i for i, t_us in enumerate(ticks.t_us) if t_us >= cut_us]
    first = min(later[0] if later else 0, len(ticks.t_us) - 2)
    span_us = ticks.t_us[-1] - ticks.t_us[first]
    if span_us <= 0:
        raise CannotRun("responder:capacity:too_short")
    return round((ticks.wire_bytes[-1] - ticks.wire_bytes[first]) * 8e6 / span_us)

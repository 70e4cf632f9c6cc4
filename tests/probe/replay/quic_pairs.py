"""Pairs and single runs over QUIC, at a pace that a busy machine keeps, with or without a box on the way."""

import random
from typing import Any

from probe.measurement.run import Run
from probe.measurement.ticket import LARGEST_RUN_BYTES, Ticket
from probe.nettests import quic_run, replay_quic
from probe.nettests.quic_wanted import Wanted
from probe.nettests.replay_tls import ReplayResult
from tests.support.responder import ORIGINAL, RunningResponder, ethernet_net
from tests.support.udp_box import UdpRule, udp_box

SERVICE = frozenset({ORIGINAL})
PACE_BIT_S = 4_000_000


def pair(far: RunningResponder, **changes: Any) -> ReplayResult:
    """A short pair."""
    return replay_quic.run(ethernet_net(), far.params(**{"pace_bit_s": PACE_BIT_S, **changes}))


def through(far: RunningResponder, rule: UdpRule, **changes: Any) -> tuple[Run, Run, ReplayResult]:
    """(original, control, result) of a pair through a box."""
    with udp_box(far.responder, rule) as box:
        result = pair(far, responder=box.responder, **{"duration_ms": 300, **changes})
    original, control = (result.pair.run(role) for role in ("original", "control"))
    assert original is not None
    assert control is not None
    return original, control, result


def wanted(
    far: RunningResponder, *, ticket: Ticket | None = None, pair_id: bytes = b"", **facts: Any
) -> Wanted:
    """A run to be carried; without a ticket one of made-up terms."""
    known = {
        "role": "control",
        "order": 0,
        "name": "a.example",
        "address": far.responder.addresses[0],
        "address_index": 0,
        "started_at_us": 1,
        **facts,
    }
    return Wanted(
        facts=known,
        port=far.responder.quic_port or 0,
        pin=far.responder.certificate_sha256,
        pair_id=ticket.pair_id if ticket else pair_id,
        duration_ms=50,
        max_run_bytes=ticket.max_run_bytes if ticket else LARGEST_RUN_BYTES,
        direction=ticket.direction if ticket else "down",
        pace_bit_s=ticket.pace_bit_s if ticket else 0,
        lab=True,
    )


def carried(run: Wanted) -> Run:
    """The run, in this very process."""
    return quic_run.carry(run, random.SystemRandom())

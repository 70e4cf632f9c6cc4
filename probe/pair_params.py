"""What a replay is given: an order, the standing it is under, and a voice for its steps."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from probe.emitter import Emitter
from probe.link import Counters
from probe.nettests.replay_tls import ReplayParams
from probe.orders import Order
from probe.standing import Standing


def replay_params(
    standing: Standing, order: Order, counters: Counters | None, emitter: Emitter, stop: Callable[[], bool]
) -> ReplayParams:
    """The parameters of one pair; called on the loop, to which the nettest's thread speaks of its progress."""
    loop = asyncio.get_running_loop()

    def progress(step: str, facts: dict[str, Any]) -> None:
        say = partial(emitter.emit, "progress", **{**facts, "service": order.service.id, "step": step})
        try:
            loop.call_soon_threadsafe(say)
        except RuntimeError:  # a pair that was given up outlived the loop
            pass

    return ReplayParams(
        responder=order.responder,
        grant=standing.grant,
        quarter_key=standing.identity.quarter_key,
        service=order.service.id,
        original_name=order.original_name,
        stratum=order.stratum,
        control_candidates=order.control_candidates,
        pace_bit_s=order.pace_bit_s,
        variant=order.nettest.variant,
        duration_ms=order.nettest.duration_ms,
        gap_ms=order.gap_ms,
        capacity_bit_s=order.capacity_bit_s,
        address_family=order.address_family,
        direction=order.nettest.direction,
        sentinel=order.nettest.sentinel,
        counters=counters,
        progress=progress,
        stop=stop,
    )

"""A replay without a network: the responder's desk signs, the coin is tossed, the ticks are made up.

The service's id says what happens: ``silent`` (no ticket), ``crash`` (a bug), ``hang`` (longer than any patience),
``blocked`` (the original's TLS is reset); any other service is left alone.
"""

import random
from typing import Final

import msgspec

from probe.measurement.coin import Coin, commit
from probe.measurement.envelope import Clock
from probe.measurement.pair import Limits, Pair
from probe.measurement.run import Run
from probe.measurement.signing import TICKET, sign
from probe.measurement.ticket import Ticket
from probe.nettests.base import CannotRun, Net
from probe.nettests.replay_tls import ReplayParams, ReplayResult
from tests.support.documents import ResponderDesk, key_from, make_transfer

NAME: Final = "replay_tls"
VERSION: Final = "paper"
RESPONDER_KEY: Final = key_from(random.Random("responder"))


def run(net: Net, params: ReplayParams) -> ReplayResult:
    """A pair, at once."""
    if params.service == "silent":
        raise CannotRun("responder:open:connect_timeout")
    if params.service == "crash":
        raise ValueError("no table for 192.0.2.7")
    if params.service == "hang":
        net.sleep_s(600)
    rng = random.Random(net.rng.random())
    nonce = rng.randbytes(32)
    ticket = _ticket(net, params, rng, nonce)
    coin = ticket.coin(nonce)
    if params.progress:
        params.progress("ticket", {"pair_id": ticket.pair_id.hex()})
    runs = tuple(_run(net, params, rng, coin, order) for order in (0, 1))
    limits = Limits(
        pace_bit_s=params.pace_bit_s, duration_ms=params.duration_ms, capacity_bit_s=params.capacity_bit_s
    )
    signed = sign(RESPONDER_KEY, TICKET, ticket)
    pair = Pair(ticket=signed, nonce=nonce, runs=runs, limits=limits, gap_ms=params.gap_ms)
    return ReplayResult(pair, Clock(0, 1000), None)


def _ticket(net: Net, params: ReplayParams, rng: random.Random, nonce: bytes) -> Ticket:
    return ResponderDesk(RESPONDER_KEY, params.responder.id, rng).ticket(
        probe_key=params.quarter_key.public_key().public_bytes_raw(),
        nettest=NAME,
        variant=params.variant,
        service=params.service,
        direction=params.direction,
        address_family=params.address_family,
        original_name=params.original_name,
        stratum=params.stratum,
        control_candidates=params.control_candidates,
        pace_bit_s=params.pace_bit_s,
        duration_ms=params.duration_ms,
        max_run_bytes=params.pace_bit_s * params.duration_ms // 8000,
        commit=commit(nonce),
        opened_at_us=net.unix_us(),
        expires_at_us=net.unix_us() + 60_000_000,
    )


def _run(net: Net, params: ReplayParams, rng: random.Random, coin: Coin, order: int) -> Run:
    original = coin.original_first == (order == 0)
    index = coin.original_address if original else coin.control_address
    facts = {
        "role": "original" if original else "control",
        "order": order,
        "name": params.original_name if original else coin.control_name(params.control_candidates),
        "address": params.responder.addresses[index],
        "address_index": index,
        "started_at_us": net.unix_us(),
    }
    if original and params.service == "blocked":
        return msgspec.convert({**facts, "failure": "tls_reset"}, Run)
    transfer = make_transfer(rng, params.pace_bit_s, params.duration_ms * 1000, pace_bit_s=params.pace_bit_s)
    seen = {
        "failure": "ok",
        "duration_us": transfer.duration_us,
        "wire_bytes": transfer.wire_bytes,
        "ticks": transfer.ticks,
    }
    return msgspec.convert({**facts, **seen}, Run)

"""An opening in order, of nobody: for what is decided about openings before a signature is looked at."""

from typing import Any

import msgspec

from probe.measurement.coin import commit
from probe.measurement.signing import Signed
from probe.measurement.ticket import Opening, Ticket


def an_opening(**changes: Any) -> Opening:
    """A paced pair over QUIC, down, but for ``changes``."""
    terms: dict[str, Any] = {
        "grant": Signed(bytes(32), bytes(64), msgspec.Raw(b"{}")),
        "responder": "r1",
        "commit": commit(bytes(32)),
        "nettest": "replay_quic",
        "variant": "paced",
        "service": "video",
        "direction": "down",
        "address_family": "ipv4",
        "original_name": "video.service.example",
        "stratum": "owned",
        "control_candidates": ("one.control.example",),
        "pace_bit_s": 20_000_000,
        "duration_ms": 2000,
        "sent_at_us": 1,
        **changes,
    }
    return Opening(**terms)


def a_ticket(asked: Opening, key: bytes, **changes: Any) -> Ticket:
    """A ticket that grants what was asked to ``key``, but for ``changes``."""
    terms = msgspec.structs.asdict(asked)
    shared = {name: terms[name] for name in Ticket.__struct_fields__ if name in terms}
    facts: dict[str, Any] = {
        **shared,
        "pair_id": bytes(16),
        "probe_key": key,
        "max_run_bytes": 1,
        "nonce": bytes(32),
        "counter": 1,
        "opened_at_us": 1,
        "expires_at_us": 2,
        **changes,
    }
    return Ticket(**facts)

"""Whether an opening is in order: signed, granted, within bounds. Raises ``Refusal`` with the code that fits."""

import msgspec

from probe.measurement.signing import GRANT, OPENING, BadSignature, Signed, decode_json, open_signed
from probe.measurement.ticket import Grant, Opening
from probe.responder.book import Refusal
from probe.responder.config import ResponderConfig

_PAIRS = frozenset({"paced", "long"})
NETTESTS = {
    "replay_tls": _PAIRS | {"saturate", "sentinel"},
    "replay_quic": _PAIRS | {"saturate"},
    "replay_http": _PAIRS,
    "capacity": frozenset({"capacity"}),
    "latency": frozenset({"echo"}),
}
"""Nettest to its variants; those that send bulk over TLS and QUIC are served in both directions, plain HTTP downwards."""


def check(raw: bytes, config: ResponderConfig, operator_key: bytes, now_us: int) -> tuple[Opening, Grant]:
    """The opening in ``raw`` and its grant, both verified."""
    try:
        signed = decode_json(raw, Signed)
        opening = open_signed(signed, OPENING, Opening)
    except (BadSignature, msgspec.MsgspecError) as error:
        raise Refusal("bad_opening", "not an opening that its key signed") from error
    grant = _grant(opening, signed.key, config, operator_key, now_us)
    _request(opening, config)
    return opening, grant


def _grant(
    opening: Opening, probe_key: bytes, config: ResponderConfig, operator_key: bytes, now_us: int
) -> Grant:
    try:
        grant = open_signed(opening.grant, GRANT, Grant)
    except (BadSignature, msgspec.MsgspecError) as error:
        raise Refusal("bad_grant", "the grant is not signed as it should be") from error
    if opening.grant.key not in (operator_key, config.second_key_bytes()):
        raise Refusal("bad_grant", "the grant is another operator's")
    if grant.probe_key != probe_key:
        raise Refusal("bad_grant", "the grant is for another key")
    if config.id not in grant.responders or opening.responder != config.id:
        raise Refusal("bad_grant", "the grant or the opening names another responder")
    if grant.expires_at_us <= now_us:
        raise Refusal("bad_grant", "the grant has expired; fetch the plan again")
    return grant


def _request(opening: Opening, config: ResponderConfig) -> None:
    bounds = config.bounds
    if opening.variant not in NETTESTS.get(opening.nettest, frozenset()):
        raise Refusal("bad_request", "this responder does not serve that nettest and variant")
    served = {"replay_quic": config.quic, "replay_http": config.http_port is not None}
    downwards_alone = opening.nettest == "replay_http"
    if not served.get(opening.nettest, True) or (downwards_alone and opening.direction != "down"):
        raise Refusal("bad_request", "this responder does not serve that protocol and direction")
    too_fast = opening.pace_bit_s > bounds.largest_pace_bit_s and opening.variant != "saturate"
    if opening.duration_ms > bounds.longest_run_ms or too_fast:
        raise Refusal("bad_request", "the run is longer or faster than this responder serves")
    if opening.wash_ms > bounds.longest_wash_ms:
        raise Refusal("bad_request", "the runs of a pair are further apart than this responder waits")
    if opening.variant == "capacity":
        if opening.original_name != config.owned_name:
            raise Refusal("bad_request", "capacity is measured in the responder's own name")
        if not {config.owned_name, *config.capacity_names}.issuperset(opening.control_candidates):
            raise Refusal("bad_request", "capacity is measured under names that this responder allows")
    elif not opening.control_candidates or _is_unpaced(opening) == bool(opening.pace_bit_s):
        raise Refusal(
            "bad_request", "a replay needs a control list, and a pace unless it is to saturate over TLS"
        )
    if opening.variant == "saturate" and opening.duration_ms > bounds.longest_unpaced_ms:
        raise Refusal("bad_request", "an unpaced run is shorter on this responder")


def _is_unpaced(opening: Opening) -> bool:
    """Whether it must come without a pace. Over QUIC one that is to saturate has a pace too, and gets what there is room for."""
    return opening.variant == "saturate" and opening.nettest != "replay_quic"

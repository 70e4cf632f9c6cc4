"""The sentinel: before a pair, one short transfer under a control name alone (integrity.md 4).

It has a ticket of its own, which names no service, and comes before the pair's coin. If it fails, the visit is put off and
nothing is thrown. If it is well and both runs of the pair then fail, line and responder are no explanation: the pair is
an outcome, and the sentinel's signed statement says whose line it was even if the pair could not be closed.
"""

from typing import Any, Final

import msgspec

from probe.measurement.failures import OK
from probe.measurement.pair import Sentinel
from probe.nettests.base import CannotRun, Net
from probe.nettests.replay_tls import ReplayParams, replay
from probe.nettests.session import Session

VARIANT: Final = "sentinel"
DURATION_MS: Final = 300
PACE_BIT_S: Final = 2_000_000
UNKNOWN_TO_IT: Final = ("bad_opening", "bad_request")
"""What a responder of before there were sentinels answers: then there is none, and the pair goes on."""


def watch(net: Net, params: ReplayParams) -> Sentinel | None:
    """The sentinel of a pair; ``None`` where the responder knows of none. Raises ``CannotRun("sentinel:…")``."""
    session = Session(net, params.responder, params.quarter_key, params.address_family)
    try:
        opened = session.open(params.opening(net, session.commitment, VARIANT, PACE_BIT_S, DURATION_MS))
    except CannotRun as cannot:
        if cannot.reason.endswith(UNKNOWN_TO_IT):
            return None
        raise CannotRun(f"sentinel:{cannot.reason}") from cannot
    if opened.trouble:
        raise CannotRun(f"sentinel:{opened.trouble}")
    coin, index = opened.coin, opened.coin.control_address
    facts: dict[str, Any] = {
        "role": "control",
        "order": 0,
        "name": coin.control_name(opened.ticket.control_candidates),
        "address": params.responder.in_family(params.address_family)[index],
        "address_index": index,
        "started_at_us": net.unix_us(),
    }
    run = replay(net, params.responder, facts, opened.ticket)
    closed = session.close(opened.ticket.pair_id)
    if run.failure != OK:
        raise CannotRun(f"sentinel:{run.failure}")
    return Sentinel(
        run=msgspec.structs.replace(run, ticks=None, client_hello=None),
        ticket=opened.signed,
        nonce=opened.nonce,
        statement=None if closed is None else closed[0],
    )

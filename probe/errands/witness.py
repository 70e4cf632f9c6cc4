"""The witness: whose line a result is from, in a responder's signed words (integrity.md 1).

A ticket that is opened and closed at once, without a run, has a statement all the same: network, country and line tag
of the connection that closed it. One within a minute before and one after a result that met no responder say that the
line was the same. No address is in it, and the ticket's variant is one that no cell counts.
"""

from dataclasses import dataclass
from typing import Final

from probe.measurement.signing import Signed
from probe.measurement.ticket import AddressFamily, Opening
from probe.nettests.base import CannotRun, Net
from probe.nettests.latency import NAME, RESERVED_BIT_S
from probe.nettests.session import Session
from probe.plan import Responder
from probe.standing import Standing

WITNESS_BYTES: Final = 20_000
"""Two connections with their handshakes."""
FRESH_S: Final = 60.0
SERVICE: Final = "whoami"


@dataclass(frozen=True)
class Seen:
    """What a responder said: its signed ``statement``, without an address; and ``line_address`` to us alone, to scrub by."""

    statement: Signed
    line_address: str | None


def witness(net: Net, standing: Standing, responder: Responder, family: AddressFamily) -> Seen | None:
    """What the responder says of now; ``None`` where it cannot be had, which is no reason not to measure."""
    session = Session(net, responder, standing.identity.quarter_key, family)
    opening = Opening(
        grant=standing.grant,
        responder=responder.id,
        commit=session.commitment,
        nettest=NAME,
        variant="echo",
        service=SERVICE,
        direction="down",
        address_family=family,
        original_name=responder.owned_name,
        stratum="owned",
        control_candidates=(responder.owned_name,),
        pace_bit_s=RESERVED_BIT_S,
        duration_ms=1000,
        sent_at_us=net.unix_us(),
    )
    try:
        opened = session.open(opening)
    except CannotRun:
        return None
    closed = session.close(opened.ticket.pair_id)
    return None if closed is None else Seen(closed[0], opened.line_address)

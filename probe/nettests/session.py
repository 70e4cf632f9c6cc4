"""Opening and closing a pair at the responder, under the responder's own name."""

import os
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.coin import NONCE_BYTES, Coin, commit
from probe.measurement.envelope import Clock
from probe.measurement.receipt import ResponderTicks
from probe.measurement.signing import (
    OPENING,
    TICKET,
    BadSignature,
    Signed,
    decode_json,
    open_signed,
    public_bytes,
    sign,
)
from probe.measurement.ticket import LARGEST_RUN_BYTES, AddressFamily, Opening, Ticket, most_run_bytes
from probe.nettests.base import CannotRun, Net
from probe.nettests.connection import Connection, RunFailed, dial
from probe.plan import Responder
from probe.wire.conversation import Conversation
from probe.wire.messages import NO_ROLL, Close, Closed, Open, Opened, Reveal
from probe.wire.tls import client_context

CLOSE_RESTS_S: Final = (0.2, 1.0, 3.0, 10.0)
"""Rests between the attempts to close a pair; in each the responder waits three seconds for its runs to end."""


@dataclass(frozen=True)
class OpenPair:
    """An open pair: the signed ticket, its content, the probe's nonce, what the coin says, both clocks.

    ``trouble`` is set when the nonce could not be revealed: the runs would be refused, the pair is aborted.
    ``line_address`` is the line's own as the responder saw it, to scrub by; never part of a document.
    """

    signed: Signed
    ticket: Ticket
    nonce: bytes
    coin: Coin
    clock: Clock
    trouble: str | None = None
    line_address: str | None = None


@dataclass
class Session:
    """The probe's dealings with one responder outside the runs; in ``family``, as its runs, where it answers there."""

    net: Net
    responder: Responder
    quarter_key: Ed25519PrivateKey
    family: AddressFamily = "ipv4"
    nonce: bytes = field(default_factory=lambda: os.urandom(NONCE_BYTES))

    def open(self, opening: Opening, largest_bytes: int = LARGEST_RUN_BYTES) -> OpenPair:
        """Get a ticket for ``opening`` and reveal the nonce. Raises ``CannotRun``.

        ``opening.commit`` must be this session's (``commitment``). A ticket for more than ``largest_bytes`` a run,
        or than its pace and duration come to, is not believed.
        """
        connection = self._dial("open")
        try:
            return self._open(connection, opening, largest_bytes)
        except RunFailed as failed:
            raise CannotRun(f"responder:open:{failed}") from failed
        except (BadSignature, msgspec.MsgspecError) as error:
            raise CannotRun("responder:open:bad_ticket") from error
        finally:
            connection.close()

    @property
    def commitment(self) -> bytes:
        """What an opening must carry as ``commit``."""
        return commit(self.nonce)

    def _open(self, connection: Connection, opening: Opening, largest_bytes: int) -> OpenPair:
        request = sign(self.quarter_key, OPENING, opening)
        sent_us = self.net.unix_us()
        connection.say(Open(msgspec.Raw(msgspec.json.encode(request))))
        answer: Opened = connection.hear()
        arrived_us = self.net.unix_us()
        signed = decode_json(answer.ticket, Signed)
        ticket = open_signed(signed, TICKET, Ticket)
        if signed.key != self.responder.key or not same_terms(opening, ticket, request.key):
            raise BadSignature("the ticket is not what was asked for, or not by this responder")
        if ticket.max_run_bytes > most_run_bytes(ticket.pace_bit_s, opening.duration_ms, largest_bytes):
            raise BadSignature("the ticket allows more bytes than were asked for")
        trouble = self._reveal(connection, ticket.pair_id)
        clock = _clock(sent_us, answer, arrived_us)
        return OpenPair(
            signed, ticket, self.nonce, ticket.coin(self.nonce), clock, trouble, _address(answer.peer)
        )

    def _reveal(self, connection: Connection, pair_id: bytes) -> str | None:
        """Reveal the nonce; what went wrong, if anything. Both ends may know the coin now: no second throw."""
        try:
            connection.say(Reveal(pair_id, self.nonce))
            connection.hear()
        except RunFailed as failed:
            return f"responder:reveal:{failed}"
        return None

    def close(self, pair_id: bytes, *, with_roll: bool = False) -> tuple[Signed, ResponderTicks] | None:
        """The responder's signed statement and its ticks; ``None`` if it cannot be had.

        A box on the way may reset this connection once it knows how the pair went, and a pair without a statement
        is not judged: so the probe asks again and again, for longer than anybody would call an accident. Ends:
        after ``CLOSE_RESTS_S``, or when the responder says that it has no such ticket.

        ``with_roll``: the responder is also asked to vouch for this statement with those that wait, at the first attempt
        alone: a line that does not carry the longer message carries the shorter one.
        """
        for rest_s in (*CLOSE_RESTS_S, None):
            try:
                return self._close(pair_id, with_roll=with_roll)
            except RunFailed as failed:
                if failed.code not in (None, "over_limit"):
                    return None
            except (CannotRun, msgspec.MsgspecError):
                pass
            with_roll = False
            if rest_s is not None:
                self.net.sleep_s(rest_s)
        return None

    def _close(self, pair_id: bytes, *, with_roll: bool) -> tuple[Signed, ResponderTicks]:
        keys = public_bytes(self.quarter_key), self.responder.key
        connection = self._dial("close")
        try:
            before = self.net.rolls.of(*keys) if with_roll else None
            connection.say(Close(pair_id, before or NO_ROLL))
            answer: Closed = connection.hear()
            if with_roll:
                self.net.rolls.keep(*keys, answer.roll)
            return decode_json(answer.statement, Signed), decode_json(answer.ticks, ResponderTicks)
        finally:
            connection.close()

    def _dial(self, what: str) -> Connection:
        """A pinned connection under the responder's own name; the first address that answers.

        One of the other family still opens a pair whose own is blocked, which is then a result.
        """
        failures: list[str] = []
        own = self.responder.in_family(self.family)
        for address in (*own, *(other for other in self.responder.addresses if other not in own)):
            try:
                connection = dial(
                    self.net, (address, self.responder.port), self.responder.owned_name, client_context
                )
            except RunFailed as failed:
                failures.append(failed.failure)
                continue
            try:
                connection.handshake(self.responder.certificate_sha256)
            except RunFailed as failed:
                connection.close()
                failures.append(failed.failure)
                continue
            connection.conversation = Conversation("client")
            return connection
        raise CannotRun(f"responder:{what}:{failures[-1]}")


def same_terms(opening: Opening, ticket: Ticket, key: bytes) -> bool:
    """Whether a ticket grants exactly what was asked; the responder may only shorten its expiry.

    And lower the pace of a pair that is to saturate and has one (QUIC), to what its CPU has room for.
    """
    asked: dict[str, Any] = msgspec.structs.asdict(opening)
    if opening.variant == "saturate" and 0 < ticket.pace_bit_s < opening.pace_bit_s:
        del asked["pace_bit_s"]
    shared = set(asked) & set(ticket.__struct_fields__)
    return ticket.probe_key == key and all(asked[name] == getattr(ticket, name) for name in shared)


def _clock(sent_us: int, answer: Opened, arrived_us: int) -> Clock:
    """Offset and bound from four time stamps (RFC 5905, section 8): responder's clock minus the probe's."""
    there = answer.received_at_us - sent_us
    back = answer.sent_at_us - arrived_us
    round_trip_us = (arrived_us - sent_us) - (answer.sent_at_us - answer.received_at_us)
    return Clock(offset_us=(there + back) // 2, bound_us=max(0, round_trip_us) // 2)


def _address(told: str | None) -> str | None:
    """What the responder told of our address, if it is one."""
    try:
        return None if told is None else str(ip_address(told.removeprefix("::ffff:")))
    except ValueError:
        return None

"""Receipts: the responder's signed account of a pair, run by run (integrity.md 1 and 5).

The responder looks its peer's address up in memory (ASN, country, line tag) on the connection that was
measured, and forgets the address. It parses the name it was shown only after the last byte was sent.
"""

from typing import Annotated, Literal

import msgspec

from probe.measurement.http import HttpArrived
from probe.measurement.ticket import AddressFamily, ByteCount, Hash, Micros, PairId
from probe.measurement.ticks import Ticks

Ended = Literal["duration", "bytes", "peer_closed", "peer_reset", "stopped"]


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """Where a connection came from, without the address.

    ``line_tag`` is the HMAC-SHA-256 of the peer's /24 or /48 under the responder's quarter secret, cut to 16
    bytes: the same home line, the same tag. ``line_tag_domain`` is a fingerprint of that secret: only tags of one
    domain can be compared, and responders of one operator may share a secret. ``asn`` and ``country`` are ``None`` where no MMDB knows the peer;
    ``mmdb_sha256`` names the MMDB that was asked, ``None`` if none is configured.
    """

    address_family: AddressFamily
    asn: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)] | None = None
    country: str | None = None
    mmdb_sha256: Hash | None = None
    line_tag: Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)] | None = None
    line_tag_domain: Annotated[bytes, msgspec.Meta(min_length=8, max_length=8)] | None = None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the responder saw of one run. A run that never reached it has ``seen`` false and the rest unset.

    ``sender_late_ticks`` counts ticks before the byte target at which the socket had nothing left to send:
    the sending application, not the network, was the limit (over 5 % makes the run invalid for both labels). Of an
    upload the responder is the receiver: ``wire_bytes`` is what arrived, and the probe counts its own late ticks.
    ``http`` is what arrived of a plain request (replay_http), where ``name_seen`` is its Host.
    ``name_seen`` and ``client_hello_sha256`` tell whether the handshake arrived as the probe sent it.
    """

    order: Literal[0, 1]
    seen: bool
    path: Path | None = None
    address_index: int | None = None
    name_seen: str | None = None
    client_hello_sha256: Hash | None = None
    started_at_us: Micros | None = None
    ended_at_us: Micros | None = None
    ended: Ended | None = None
    wire_bytes: ByteCount | None = None
    ticks: ByteCount | None = None
    sender_late_ticks: ByteCount | None = None
    ticks_sha256: Hash | None = None
    congestion_control: str | None = None
    http: HttpArrived | None = None


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """The responder's one signature over a ticket and both receipts. Signed for ``statement``.

    ``path`` is that of the connection that closed the pair, which tells whose line it was even when a run
    never arrived. ``ticket_signature`` repeats the ticket's: with ``ticket_sha256`` it makes this one signature
    answer for the ticket whole (``Pair.vouched``). Early responders left it out.
    """

    pair_id: PairId
    ticket_sha256: Hash
    path: Path
    receipts: tuple[Receipt, ...]
    closed_at_us: Micros
    ticket_signature: Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)] | None = None


class ResponderTicks(msgspec.Struct, frozen=True):
    """The responder's ticks of each run, in run order; sent after the runs, named by the receipts' digests."""

    runs: tuple[Ticks | None, ...]


class TicketDigest(msgspec.Struct, frozen=True, kw_only=True):
    """What a responder tells the collector of a ticket it opened, for the missingness test.

    ``last_order`` is the order of the last run it saw (``None``: none) and ``runs_seen`` how many. A revealed nonce
    decides the coin, so ``original_first`` tells the label behind an order; ``None``: the nonce never came.
    ``direction`` ``None``: a responder of before there were uploads.
    """

    pair_id: PairId
    probe_key: Hash
    service: str
    variant: str
    opened_at_us: Micros
    counter: Micros
    runs_seen: int = 0
    last_order: int | None = None
    closed: bool = False
    revealed: bool = False
    original_first: bool | None = None
    direction: str | None = None


class DigestReport(msgspec.Struct, frozen=True, kw_only=True):
    """An hour's ticket digests. Signed for ``digest`` by the responder, posted to ``/v1/tickets``."""

    responder: str
    serial: Micros
    made_at_us: Micros
    tickets: tuple[TicketDigest, ...]

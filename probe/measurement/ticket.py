"""Grant, opening and ticket: what must be signed before a responder sends a byte of bulk.

The operator signs a *grant* for a quarter key. The probe signs an *opening* that shows the grant and holds
its commitment (``coin``). The responder answers with a *ticket*, signed, single-use: everything that governs
the pair stands in it, so a ticket and two nonces are enough to recompute the coin and both names.
"""

from typing import Annotated, Literal

import msgspec

from probe.measurement.coin import NONCE_BYTES, Coin, toss
from probe.measurement.signing import Signed

Direction = Literal["down", "up"]
AddressFamily = Literal["ipv4", "ipv6"]
Stratum = Literal["owned", "spoofed_popular", "spoofed_same_sector"]
Variant = Literal["paced", "long", "saturate", "trace", "capacity"]

PAIR_ID_BYTES = 16
Hash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
PairId = Annotated[bytes, msgspec.Meta(min_length=PAIR_ID_BYTES, max_length=PAIR_ID_BYTES)]
Nonce = Annotated[bytes, msgspec.Meta(min_length=NONCE_BYTES, max_length=NONCE_BYTES)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
ShortText = Annotated[str, msgspec.Meta(max_length=64)]


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's leave for one quarter key. Signed for ``grant`` by the operator."""

    probe_key: Hash
    responders: tuple[ShortText, ...]
    bytes_per_day: int
    expires_at_us: int


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What a probe asks for. Signed for ``opening`` by the quarter key.

    ``control_candidates`` is the registered list of ``stratum``, matched in length to ``original_name``
    (``coin.matched_names``); it is empty for ``capacity``, which has one run and no coin to speak of.
    """

    grant: Signed
    responder: ShortText
    commit: Hash
    nettest: ShortText
    variant: Variant
    service: ShortText
    direction: Direction
    address_family: AddressFamily
    original_name: Name
    stratum: Stratum
    control_candidates: Annotated[tuple[Name, ...], msgspec.Meta(max_length=64)]
    pace_bit_s: Annotated[int, msgspec.Meta(ge=0)]
    duration_ms: Annotated[int, msgspec.Meta(ge=1, le=60_000)]
    sent_at_us: int


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """The responder's opening of a pair. Signed for ``ticket`` by the responder's key.

    ``pace_bit_s`` 0 means unpaced. ``counter`` grows by one with each ticket of a responder, so a gap in what
    the collector holds is a missing measurement. A run sends at most ``max_run_bytes``.
    """

    pair_id: PairId
    responder: ShortText
    probe_key: Hash
    nettest: ShortText
    variant: Variant
    service: ShortText
    direction: Direction
    address_family: AddressFamily
    original_name: Name
    stratum: Stratum
    control_candidates: tuple[Name, ...]
    pace_bit_s: int
    duration_ms: int
    max_run_bytes: int
    commit: Hash
    nonce: Nonce
    counter: int
    opened_at_us: int
    expires_at_us: int

    def coin(self, probe_nonce: bytes) -> Coin:
        """The coin this ticket and the probe's revealed nonce decide."""
        return toss(probe_nonce, self.nonce, self.pair_id)

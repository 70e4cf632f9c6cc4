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
Variant = Literal["paced", "long", "saturate", "trace", "capacity", "sentinel", "echo", "plain"]
"""How a nettest is run: ``echo`` is latency's, ``plain`` that of nettests without a responder."""

PAIR_ID_BYTES = 16
Hash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
PairId = Annotated[bytes, msgspec.Meta(min_length=PAIR_ID_BYTES, max_length=PAIR_ID_BYTES)]
Nonce = Annotated[bytes, msgspec.Meta(min_length=NONCE_BYTES, max_length=NONCE_BYTES)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
Micros = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""Microseconds since 1970, or a length in them: what any JSON reader can hold exactly."""
BitRate = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=120_000)]
WashOut = Annotated[int, msgspec.Meta(ge=0, le=900_000)]
"""ms between the runs of a washed pair; 0: an ordinary one."""
ByteCount = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
ShortText = Annotated[str, msgspec.Meta(max_length=64)]


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's leave for one quarter key. Signed for ``grant`` by the operator."""

    probe_key: Hash
    responders: tuple[ShortText, ...]
    bytes_per_day: ByteCount
    expires_at_us: Micros


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What a probe asks for. Signed for ``opening`` by the quarter key.

    ``control_candidates`` is the registered list of ``stratum``, matched in length to ``original_name``
    (``coin.matched_names``). ``capacity`` and ``sentinel`` have one run, under a name of that list; where ``capacity`` has
    none, under the responder's own. ``wash_ms`` is how much longer than usual the ticket of a washed pair must live.
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
    pace_bit_s: BitRate
    duration_ms: Annotated[int, msgspec.Meta(ge=1, le=60_000)]
    sent_at_us: Micros
    wash_ms: WashOut = 0


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
    pace_bit_s: BitRate
    duration_ms: Milliseconds
    max_run_bytes: ByteCount
    commit: Hash
    nonce: Nonce
    counter: Micros
    opened_at_us: Micros
    expires_at_us: Micros
    wash_ms: WashOut = 0

    def coin(self, probe_nonce: bytes) -> Coin:
        """The coin this ticket and the probe's revealed nonce decide."""
        return toss(probe_nonce, self.nonce, self.pair_id)


GRACE_S = 0.5
"""The responder may send this much longer than the ticket says, so that the probe, not it, ends the run."""
LARGEST_RUN_BYTES = 50_000_000
FASTEST_PACE_BIT_S = 100_000_000
"""No plan asks for a faster pace, and no responder serves one unless it was told to."""


def most_run_bytes(pace_bit_s: int, duration_ms: int, largest_bytes: int = LARGEST_RUN_BYTES) -> int:
    """The most that one run may send, for either end: the responder stops there, the probe does not believe more.

    >>> most_run_bytes(20_000_000, 4000)
    11250000
    """
    if not pace_bit_s:
        return largest_bytes
    return min(largest_bytes, round(pace_bit_s / 8 * (duration_ms / 1000 + GRACE_S)))

"""The coin of a pair: neither end can choose after seeing the other's nonce (integrity.md 2).

The probe commits to its nonce, the responder answers with its own in clear inside a signed ticket, the probe
reveals. Of ``SHA-256(probe nonce | responder nonce | pair id)``, read big-endian:

* bit 0 (the least significant of the whole number) decides the order,
* bit 1 decides which of two addresses the original uses,
* bytes 8-15, as a number, modulo the length of the control list, decide the control name.
"""

from hashlib import sha256

import msgspec

NONCE_BYTES = 32
COMMIT_PREFIX = b"isonomia-coin-1"


class Coin(msgspec.Struct, frozen=True):
    """What the coin decided. ``original_first``: order; ``original_address``: index 0 or 1."""

    original_first: bool
    original_address: int
    draw: int

    @property
    def control_address(self) -> int:
        """The other of the two addresses: original and control never share one within a pair."""
        return 1 - self.original_address

    def control_name(self, candidates: tuple[str, ...]) -> str:
        """The name drawn from ``candidates``; raises ``ValueError`` when there are none."""
        if not candidates:
            raise ValueError("the control list of this stratum is empty")
        return candidates[self.draw % len(candidates)]


def commit(probe_nonce: bytes) -> bytes:
    """The probe's 32-byte commitment to its 256-bit nonce."""
    if len(probe_nonce) != NONCE_BYTES:
        raise ValueError(f"a nonce has {NONCE_BYTES} bytes, this one {len(probe_nonce)}")
    return sha256(COMMIT_PREFIX + probe_nonce).digest()


def toss(probe_nonce: bytes, responder_nonce: bytes, pair_id: bytes) -> Coin:
    """The coin of a transcript.

    >>> toss(bytes(32), bytes(32), bytes(16))
    Coin(original_first=True, original_address=0, draw=4140634795799935359)
    """
    digest = sha256(probe_nonce + responder_nonce + pair_id).digest()
    last = digest[-1]
    return Coin(
        original_first=last & 1 == 0,
        original_address=last >> 1 & 1,
        draw=int.from_bytes(digest[8:16], "big"),
    )


CLOSEST_LENGTHS = 2
"""Control names whose length differs by at most this from the original's count as matched."""


def matched_names(names: tuple[str, ...], original: str) -> tuple[str, ...]:
    """The candidates of a stratum for ``original``, sorted: those of nearly its length, else the nearest.

    The ClientHello grows by a byte for each letter, so names of the same length keep the packets alike.

    >>> matched_names(("aa.example", "bb.example", "very-long-name.example"), "cc.example")
    ('aa.example', 'bb.example')
    """
    if not names:
        return ()
    gap = {name: abs(len(name) - len(original)) for name in names}
    limit = max(CLOSEST_LENGTHS, min(gap.values()))
    return tuple(sorted(name for name in names if gap[name] <= limit))

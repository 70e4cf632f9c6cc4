r"""Merkle trees, hashed as RFC 9162 (2.1.1) hashes: one root commits to a whole list.

Shared signatures sign such a root (``shared``), and so do the heads of the collector's seals.

>>> root([leaf_hash(b""), leaf_hash(b"\x00")]).hex()
'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
EMPTY: Final = sha256(b"").digest()
"""The root of no leaves (RFC 9162, 2.1.1)."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf that holds ``entry``."""
    return sha256(b"\x00" + entry).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root of leaf hashes in their order.

    Level by level: an odd one out moves up unchanged, which gives the same tree as RFC 9162's split at the
    largest power of two. Ends because each level has half as many.
    """
    level = list(leaves)
    if not level:
        return EMPTY
    while len(level) > 1:
        above = [_parent(level[n], level[n + 1]) for n in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The siblings from the leaf of that index up to the root (RFC 9162, 2.1.3.1); a level where it has none is left out.

    >>> leaves = [leaf_hash(bytes([n])) for n in range(7)]
    >>> all(root_from(leaves[n], n, 7, inclusion_proof(leaves, n)) == root(leaves) for n in range(7))
    True
    """
    if not 0 <= index < len(leaves):
        raise ValueError(f"no leaf {index} among {len(leaves)}")
    level, found = list(leaves), []
    while len(level) > 1:  # ends: each level has half as many
        sibling = index ^ 1
        if sibling < len(level):
            found.append(level[sibling])
        above = [_parent(level[n], level[n + 1]) for n in range(0, len(level) - 1, 2)]
        level = [*above, level[-1]] if len(level) % 2 else above
        index //= 2
    return found


def root_from(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that a leaf and its proof lead to in a tree of ``size`` leaves (RFC 9162, 2.1.3.2); ``None`` if they do not fit."""
    if not 0 <= index < size:
        return None
    at, last, rest = index, size - 1, list(proof)
    while last:  # ends: it halves
        if at ^ 1 <= last:
            if not rest:
                return None
            sibling = rest.pop(0)
            leaf = _parent(sibling, leaf) if at % 2 else _parent(leaf, sibling)
        at, last = at // 2, last // 2
    return None if rest else leaf


def _parent(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()

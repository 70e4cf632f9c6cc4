r"""Shared signatures: one Ed25519 signature for several documents, each of which carries the way to it.

Who brings fifty documents at once signs the head of the Merkle tree (RFC 9162, 2.1) over their ids; whoever verifies
them then pays for one signature instead of fifty. In place of a signature of its own, each document bears

    64 bytes        Ed25519(key, b"isonomia/" + purpose + b"/2\n" + head)         (RFC 8032)
    1 byte          how many documents share it
    1 byte          the number of this one among them, from 0
    32 bytes each   the hashes beside its way to the root, lowest first           (RFC 9162, 2.1.3.1)

The head is the number of documents (1 byte) and the root. A leaf is the hash of a document's id, the SHA-256 of its
body, and can never be passed off as a node. So a document still stands for itself: nothing but its body, its key and
these bytes is needed to verify it.
"""

from collections.abc import Sequence
from typing import Final

from probe.measurement.merkle import HASH_BYTES, inclusion_proof, leaf_hash, root, root_from

ED25519_BYTES: Final = 64
MOST_SHARED: Final = 128
"""Documents under one signature: no batch has more."""
_PLACE_BYTES: Final = 2
LONGEST_BYTES: Final = ED25519_BYTES + _PLACE_BYTES + (MOST_SHARED - 1).bit_length() * HASH_BYTES


def tree_head(ids: Sequence[bytes]) -> bytes:
    """The head of the tree over documents ``ids``, in their order: what their shared signature covers.

    Raises ``ValueError`` for more than ``MOST_SHARED``, or none.
    """
    if not 0 < len(ids) <= MOST_SHARED:
        raise ValueError(f"{len(ids)} documents under one signature; at most {MOST_SHARED} can share one")
    return bytes((len(ids),)) + root([leaf_hash(one) for one in ids])


def packed(signature: bytes, ids: Sequence[bytes]) -> list[bytes]:
    """What each of the documents ``ids`` bears, in their order, where ``signature`` covers ``tree_head(ids)``."""
    leaves = [leaf_hash(one) for one in ids]
    return [
        b"".join((signature, bytes((len(ids), number)), *inclusion_proof(leaves, number)))
        for number in range(len(ids))
    ]


def unpacked(signature: bytes, document_id: bytes) -> tuple[bytes, bytes] | None:
    """The 64 bytes of Ed25519 in a shared signature, and the head that it covers if the document is of the tree.

    ``None`` if it has not that form.
    """
    way = signature[ED25519_BYTES + _PLACE_BYTES :]
    if not ED25519_BYTES + _PLACE_BYTES <= len(signature) <= LONGEST_BYTES or len(way) % HASH_BYTES:
        return None
    size, number = signature[ED25519_BYTES], signature[ED25519_BYTES + 1]
    if size > MOST_SHARED:
        return None
    proof = [way[at : at + HASH_BYTES] for at in range(0, len(way), HASH_BYTES)]
    found = root_from(leaf_hash(document_id), number, size, proof)
    return None if found is None else (signature[:ED25519_BYTES], bytes((size,)) + found)

"""Salted leaves of the public log (``probe.measurement.merkle`` makes trees of them).

A leaf says nothing of its document to who does not have the salt; who has both can recompute it. Leaves are
sorted by value before the root is taken, so the list is a set and tells no order of arrival.
"""

from typing import Final

from probe.measurement.merkle import HASH_BYTES, leaf_hash

SALT_BYTES: Final = 16


def salted_leaf(salt: bytes, document_id: bytes) -> bytes:
    """The leaf of a document: ``salt`` has 16 bytes, ``document_id`` 32, so no other pair gives these 48."""
    if len(salt) != SALT_BYTES or len(document_id) != HASH_BYTES:
        raise ValueError(
            f"a leaf is of {SALT_BYTES} + {HASH_BYTES} bytes, not {len(salt)} + {len(document_id)}"
        )
    return leaf_hash(salt + document_id)

"""Whose word counts: the signing keys that a registration ties to each responder's id. Pure.

A ticket, a statement and a ticket report bring along the key that signed them, so that their signatures verify proves nothing by
itself: anybody can make a key and name it "r1". What is registered is the SHA-256 of each responder's key, fixed before
anybody looked; a pair or a report by any other key, or under another id than its key's, is not judged.
"""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final

MOST_REMEMBERED: Final = 1024
"""More keys than responders there are; forged ones must not fill the memory."""


@lru_cache(maxsize=MOST_REMEMBERED)
def key_sha256(key: bytes) -> str:
    """SHA-256 (hex) of a public key: what stands for it in a registration. Computed once for a key, not once for a pair."""
    return sha256(key).hexdigest()


class ResponderKeys:
    """The registered keys. Where none is registered every key is known, and ``named`` is false: then no more than grade 2 is said."""

    def __init__(self, registered: Mapping[str, tuple[str, ...]]) -> None:
        self.named = bool(registered)
        self._id_of = {key: responder for responder, keys in registered.items() for key in keys}

    def knows(self, responder: str, key: str | None) -> bool:
        """Whether ``key`` (SHA-256, hex) is one that this responder was registered with."""
        return not self.named or (key is not None and self._id_of.get(key) == responder)


ANY_KEY: Final = ResponderKeys({})

"""Rolls: one signature of a responder over many statements that it has signed, for who has to verify them all at once.

A probe whose spool holds fifty pairs holds fifty statements, and the collector would pay for a signature of each: a fifth of its
work on a batch. So a responder that closes a pair also signs a *roll*: the entries of the statements that this probe has had of it
lately. An entry is a hash that one statement alone has:

    SHA-256(responder's key, 32 bytes | signature, 64 bytes | body)

A roll says nothing that the statements do not say by themselves. Nobody keeps it, no evidence needs it, and where there is none each
statement is verified alone: it spares who knows the responder's key a verification, no more.
"""

from hashlib import sha256
from typing import Annotated, Final

import msgspec

from probe.measurement.signing import KEY_BYTES, SIGNATURE_BYTES, Signed

ENTRY_BYTES: Final = 32
MOST_ENTRIES: Final = 128
LARGEST_ROLL_BYTES: Final = 7 * 1024
"""Of a signed roll in JSON: as many entries, and some room. It fits into one header of HTTP, of which servers take 8 kB."""


class Roll(msgspec.Struct, frozen=True):
    """Entries one after the other, the newest last. Signed for ``roll`` by the responder whose statements they are."""

    entries: Annotated[bytes, msgspec.Meta(min_length=ENTRY_BYTES, max_length=MOST_ENTRIES * ENTRY_BYTES)]


def entry_of(statement: Signed) -> bytes:
    """The entry of a signed statement; empty, which no roll holds, where key or signature has another length."""
    if len(statement.key) != KEY_BYTES or len(statement.signature) != SIGNATURE_BYTES:
        return b""
    return sha256(statement.key + statement.signature + statement.body_bytes()).digest()


def holds(entries: bytes, entry: bytes) -> bool:
    """Whether ``entry`` is among ``entries``.

    >>> holds(bytes(32) + b"1" * 32, b"1" * 32), holds(b"0" + b"1" * 63, b"1" * 32), holds(bytes(32), b"")
    (True, True, False)
    """
    if len(entry) != ENTRY_BYTES:
        return False
    at = entries.find(entry)
    while at >= 0 and at % ENTRY_BYTES:
        at = entries.find(entry, at + 1)
    return at >= 0


def extended(entries: bytes, entry: bytes) -> bytes:
    """``entries`` with ``entry`` as the newest, once; the oldest make way."""
    if holds(entries, entry):
        return entries
    return (entries + entry)[-MOST_ENTRIES * ENTRY_BYTES :]

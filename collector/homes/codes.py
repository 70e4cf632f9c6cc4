"""Invitation codes: what an operator gives to one home, and the hash by which it is known here.

A code is 26 characters of Crockford's base 32 (no I, L, O, U), 130 random bits, in groups that can be read aloud.
Only its SHA-256 is kept, the one that a registration lists (``analysis.registration``): who reads the book cannot
invite himself.
"""

import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHARACTERS: Final = 26


def make_code(random_below: Callable[[int], int] = secrets.randbelow) -> str:
    """A new code; ``random_below(n)`` gives a number below n that nobody can guess.

    >>> make_code(lambda n: 10)
    'AAAAA-AAAAA-AAAAA-AAAAA-AAAAAA'
    """
    return _grouped("".join(ALPHABET[random_below(len(ALPHABET))] for _ in range(CHARACTERS)))


def canonical(typed: str) -> str:
    """The code that somebody typed, as it was given out: small letters, spaces and missing hyphens do not matter.

    >>> canonical("aaaaa aaaaa-aaaaaaaaaa aaaaaa"), canonical("of another kind")
    ('AAAAA-AAAAA-AAAAA-AAAAA-AAAAAA', 'of another kind')
    """
    letters = "".join(typed.upper().split()).replace("-", "")
    return _grouped(letters) if len(letters) == CHARACTERS else typed


def hash_of(typed: str) -> bytes:
    """The hash of a code as somebody typed it."""
    return sha256(canonical(typed).encode()).digest()


def _grouped(letters: str) -> str:
    return "-".join((letters[:5], letters[5:10], letters[10:15], letters[15:20], letters[20:]))

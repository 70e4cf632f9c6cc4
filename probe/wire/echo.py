"""Echoes: the small questions of the nettest latency, inside a run's TLS connection and over UDP. Sans-I/O.

Inside TLS, after ``going``: every 32 bytes the probe says come back as they are. Over UDP::

    question   0x04 | token (16) | number (32 bits, big-endian) | zeros, 64 bytes in all
    answer     0x05 | the same 63 bytes

The token is known to the two ends of a ticket alone, from inside TLS, until the pair is published and long over. An
answer is never longer than its question, a ticket has so many of them, and without one nothing is ever answered: no
use to a reflection. The first byte lies in the range that RFC 9443 leaves to nobody, so that QUIC may share the port.

>>> asked = question(bytes(16), 7)
>>> len(asked), number_in(answer_to(asked), bytes(16)), token_in(asked) == bytes(16)
(64, 7, True)
"""

import struct
from hashlib import sha256
from typing import Final

RECORD_BYTES: Final = 32
DATAGRAM_BYTES: Final = 64
TOKEN_BYTES: Final = 16
ASKS: Final = 0x04
ANSWERS: Final = 0x05
LABEL: Final = b"isonomia-echo-1"


def token_of(pair_id: bytes, nonce: bytes) -> bytes:
    """The token of a ticket, from its id and the probe's revealed nonce."""
    return sha256(LABEL + pair_id + nonce).digest()[:TOKEN_BYTES]


def question(token: bytes, number: int) -> bytes:
    """The datagram that asks."""
    return struct.pack("!B16sI", ASKS, token, number).ljust(DATAGRAM_BYTES, b"\0")


def token_in(datagram: bytes) -> bytes | None:
    """The token of a question; ``None`` for whatever is none."""
    if len(datagram) != DATAGRAM_BYTES or datagram[0] != ASKS:
        return None
    return datagram[1 : 1 + TOKEN_BYTES]


def answer_to(datagram: bytes) -> bytes:
    """The answer to a question: as long as it."""
    return bytes([ANSWERS]) + datagram[1:]


def number_in(datagram: bytes, token: bytes) -> int | None:
    """The number of an answer to one of ours; ``None`` for whatever is none."""
    if len(datagram) != DATAGRAM_BYTES or datagram[0] != ANSWERS or datagram[1:17] != token:
        return None
    return int.from_bytes(datagram[17:21], "big")


def record(number: int) -> bytes:
    """What is said inside TLS."""
    return number.to_bytes(4, "big").ljust(RECORD_BYTES, b"\0")


def number_of(said: bytes) -> int:
    """The number of an echoed record."""
    return int.from_bytes(said[:4], "big")

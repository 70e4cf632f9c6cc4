"""The frames' contents: frozen, tagged by ``type``. Signed documents pass through as raw JSON.

A frame is a 32-bit big-endian length and that many bytes of JSON. The first byte of a frame is therefore 0,
which no text protocol starts with.
"""

from typing import Annotated, Literal

import msgspec

LARGEST_CLIENT_FRAME = 16 * 1024
LARGEST_SERVER_FRAME = 128 * 1024

Bytes16 = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Bytes32 = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


NO_ROLL = msgspec.Raw(b"null")


class Open(msgspec.Struct, frozen=True, tag="open"):
    """Probe: open a pair. ``opening`` is a signed Opening."""

    opening: msgspec.Raw


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """Responder: here is the ticket. The two times are its clock at receipt and at sending, µs since 1970.

    ``peer``: the address that it sees at the other end, told to that end alone, so that the probe knows what to scrub.
    """

    ticket: msgspec.Raw
    received_at_us: int
    sent_at_us: int
    peer: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class Reveal(msgspec.Struct, frozen=True, tag="reveal"):
    """Probe: the nonce behind the commitment."""

    pair_id: Bytes16
    nonce: Bytes32


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """Responder: the nonce fits; both runs may start."""


class Start(msgspec.Struct, frozen=True, tag="start"):
    """Probe: start run ``order`` of a pair on this very connection."""

    pair_id: Bytes16
    order: Literal[0, 1]


class Going(msgspec.Struct, frozen=True, tag="going"):
    """Responder: every byte after this frame is bulk, the responder's or the probe's as the ticket says, to the end."""


class Close(msgspec.Struct, frozen=True, tag="close"):
    """Probe: no more runs; sign what you saw. ``roll``: the responder's last one (a signed Roll, or null), if statements of it wait to be sent."""

    pair_id: Bytes16
    roll: msgspec.Raw = NO_ROLL


class Closed(msgspec.Struct, frozen=True, tag="closed"):
    """Responder: the signed Statement, the ticks that its receipts name by hash, and the roll that now has this statement, too."""

    statement: msgspec.Raw
    ticks: msgspec.Raw
    roll: msgspec.Raw = NO_ROLL


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """Responder: no, with a code of the closed list in README.md and one line for a person."""

    code: str
    text: str


ClientMessage = Open | Reveal | Start | Close
ServerMessage = Opened | Ready | Going | Closed | Refused

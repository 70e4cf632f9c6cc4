r"""Who may say what when: one table, two roles.

Each connection holds one conversation: a pair is opened, started or closed, each on a connection of its own.

>>> probe, responder = Conversation("client"), Conversation("server")
>>> wire = probe.send(Start(bytes(16), 0))
>>> responder.receive(wire)
[Start(pair_id=b'\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00', order=0)]
>>> probe.receive(responder.send(Going()) + b"bulk")
[Going()]
>>> probe.state, probe.trailing
(<State.BULK: 'bulk'>, b'bulk')
"""

from enum import Enum
from typing import Any, Final, Literal

import msgspec

from probe.wire.messages import (
    LARGEST_CLIENT_FRAME,
    LARGEST_SERVER_FRAME,
    ClientMessage,
    Close,
    Closed,
    Going,
    Open,
    Opened,
    Ready,
    Refused,
    Reveal,
    ServerMessage,
    Start,
)

Role = Literal["client", "server"]
HEADER_BYTES: Final = 4


class ProtocolError(Exception):
    """Something was said that the state does not allow."""


class LocalProtocolError(ProtocolError):
    """This end is to blame."""


class RemoteProtocolError(ProtocolError):
    """The far end is to blame."""


class NotOurProtocol(RemoteProtocolError):
    """The far end's first bytes are no frame; ``data`` holds them."""

    def __init__(self, data: bytes) -> None:
        super().__init__("the first bytes are no frame of this protocol")
        self.data = data


class State(Enum):
    """Where a conversation stands; the client speaks in IDLE and OPENED, the server in the others."""

    IDLE = "idle"
    OPENING = "opening"
    OPENED = "opened"
    REVEALING = "revealing"
    STARTING = "starting"
    BULK = "bulk"
    CLOSING = "closing"
    DONE = "done"


TABLE: Final[dict[tuple[State, type], State]] = {
    (State.IDLE, Open): State.OPENING,
    (State.OPENING, Opened): State.OPENED,
    (State.OPENING, Refused): State.DONE,
    (State.OPENED, Reveal): State.REVEALING,
    (State.REVEALING, Ready): State.DONE,
    (State.REVEALING, Refused): State.DONE,
    (State.IDLE, Start): State.STARTING,
    (State.STARTING, Going): State.BULK,
    (State.STARTING, Refused): State.DONE,
    (State.IDLE, Close): State.CLOSING,
    (State.CLOSING, Closed): State.DONE,
    (State.CLOSING, Refused): State.DONE,
}

_DECODERS: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    "client": msgspec.json.Decoder(ServerMessage),
    "server": msgspec.json.Decoder(ClientMessage),
}
_LARGEST_IN: Final = {"client": LARGEST_SERVER_FRAME, "server": LARGEST_CLIENT_FRAME}
_SPOKEN_BY: Final[dict[str, tuple[type, ...]]] = {
    "client": (Open, Reveal, Start, Close),
    "server": (Opened, Ready, Going, Closed, Refused),
}


class Conversation:
    """One connection's frames. ``trailing`` holds bulk bytes that came with the ``Going`` frame."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.state = State.IDLE
        self.trailing = b""
        self._buffer = bytearray()

    def send(self, message: ClientMessage | ServerMessage) -> bytes:
        """The frame of ``message``; raises ``LocalProtocolError`` if the state does not allow it."""
        after = TABLE.get((self.state, type(message)))
        if after is None or not isinstance(message, _SPOKEN_BY[self.role]):
            raise LocalProtocolError(
                f"the {self.role} may not say {type(message).__name__} in {self.state.value}"
            )
        body = msgspec.json.encode(message)
        self.state = after
        return len(body).to_bytes(HEADER_BYTES, "big") + body

    def receive(self, data: bytes | memoryview) -> list[Any]:
        """The messages that ``data`` completes; raises ``RemoteProtocolError``.

        Ends: each turn consumes a frame of the buffer or returns.
        """
        self._buffer += data
        if self.state is State.IDLE and self._buffer and self._buffer[0] != 0:
            raise NotOurProtocol(bytes(self._buffer))
        messages: list[Any] = []
        while self.state is not State.BULK and len(self._buffer) >= HEADER_BYTES:
            length = int.from_bytes(self._buffer[:HEADER_BYTES], "big")
            if length > _LARGEST_IN[self.role]:
                raise RemoteProtocolError(
                    f"a frame of {length} bytes; the largest allowed is {_LARGEST_IN[self.role]}"
                )
            if len(self._buffer) < HEADER_BYTES + length:
                return messages
            messages.append(self._accept(bytes(self._buffer[HEADER_BYTES : HEADER_BYTES + length])))
            del self._buffer[: HEADER_BYTES + length]
        if self.state is State.BULK and self._buffer:
            self.trailing += bytes(self._buffer)
            self._buffer.clear()
        return messages

    def _accept(self, body: bytes) -> Any:
        try:
            message = _DECODERS[self.role].decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise RemoteProtocolError(f"a frame that is no message: {error}") from error
        after = TABLE.get((self.state, type(message)))
        if after is None:
            raise RemoteProtocolError(f"{type(message).__name__} is not allowed in {self.state.value}")
        self.state = after
        return message

"""TLS over an asyncio socket, keeping the first flight as raw bytes and never looking into it."""

import asyncio
import socket
import ssl
from typing import Final

from probe.wire.tls import TlsChannel

READ_BYTES: Final = 64 * 1024


class PlainStream:
    """The responder's end of a connection without TLS. Every method raises ``OSError`` or ``EOFError``."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.handed_bytes = 0
        self._loop = asyncio.get_running_loop()

    async def read(self) -> bytes:
        """Some bytes, at least one."""
        data = await self._loop.sock_recv(self.sock, READ_BYTES)
        if not data:
            raise EOFError
        await asyncio.sleep(0)
        return data

    async def write(self, data: bytes) -> None:
        """Hand to the kernel; returns when the kernel took it all."""
        await self._loop.sock_sendall(self.sock, data)
        self.handed_bytes += len(data)

    def reset(self) -> None:
        """End at once."""
        reset(self.sock)


def reset(sock: socket.socket) -> None:
    """End a connection at once."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    finally:
        sock.close()


class TlsStream:
    """The responder's end of one connection. Every method raises ``OSError``, ``ssl.SSLError`` or ``EOFError``."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self.sock = sock
        self.channel = TlsChannel(context)
        self.handed_bytes = 0
        self.taken_bytes = 0
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._plain = memoryview(bytearray(READ_BYTES))
        self._loop = asyncio.get_running_loop()

    async def handshake(self) -> None:
        """Until established. Ends: each turn needs new bytes, and the caller sets a deadline."""
        while not self.channel.handshake():
            await self.flush()
            data = await self._loop.sock_recv(self.sock, READ_BYTES)
            if not data:
                raise EOFError
            self.channel.feed(data)
        await self.flush()

    async def read(self) -> bytes:
        """Some decrypted bytes, at least one. Ends: as ``handshake``."""
        while True:
            plain = self.channel.read()
            if plain:
                return plain
            data = await self._loop.sock_recv(self.sock, READ_BYTES)
            self.channel.feed(data)
            await asyncio.sleep(
                0
            )  # sock_recv never waits while bytes are there: let deadlines have their turn

    async def absorb(self) -> None:
        """Take what has come, once; check the records' integrity and throw their content away. Counts ``taken_bytes``."""
        count = await self._take()
        self.channel.feed(self._buffer[:count])
        while self.channel.read_into(self._plain):
            pass
        await asyncio.sleep(0)  # as in ``read``

    async def discard(self) -> bool:
        """Take what has come, once, unread, when TLS is broken; false at the peer's end."""
        count = await self._take()
        await asyncio.sleep(0)  # as in ``read``
        return count > 0

    async def _take(self) -> int:
        """Fill the buffer once; the bytes in it. Unlike ``sock_recv``, nothing is lost or uncounted if it is cancelled."""
        while True:
            try:
                count = self.sock.recv_into(self._buffer)
            except (BlockingIOError, InterruptedError):
                await self._readable()
                continue
            self.taken_bytes += count
            return count

    async def _readable(self) -> None:
        """Until there is something to read, or an end."""
        came = self._loop.create_future()

        def wake() -> None:
            if not came.done():
                came.set_result(None)

        self._loop.add_reader(self.sock, wake)
        try:
            await came
        finally:
            self._loop.remove_reader(self.sock)

    async def write(self, data: bytes) -> None:
        """Encrypt and hand to the kernel; returns when the kernel took it all."""
        self.channel.write(data)
        await self.flush()

    async def flush(self) -> None:
        """Hand what TLS has ready to the kernel."""
        wire = self.channel.take()
        if wire:
            await self._loop.sock_sendall(self.sock, wire)
            self.handed_bytes += len(wire)

    def reset(self) -> None:
        """End at once."""
        reset(self.sock)

    def close(self) -> None:
        """End in good order."""
        self.sock.close()

"""A transparent proxy in the ISP: takes plain HTTP in the server's name, and does something to one Host.

    python -m tests.lab.http_box PORT KIND NAME

KIND: `header` adds a Via and an X-Forwarded-For to the request; `content` writes into the page that comes back; `page` answers with a
page of its own, status 403. Other Hosts pass through the same proxy untouched, so that splitting TCP is no difference between
names. The router redirects port 80 to it (`rules`); SO_ORIGINAL_DST tells where a client wanted to go. Prints "ready". Ends by a signal.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Sequence

SO_ORIGINAL_DST = 80
READ_BYTES = 16 * 1024
BUFFER_BYTES = 64 * 1024
"""As much as a line of 20 ms needs at 20 Mbit/s, and little, so that the proxy holds little: what it has taken and not given on looks like an acknowledgement to the sender."""
NOTE = b"<script>/* your provider */</script>"
PAGE = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    b"<html><head><title>Site bloqu\xc3\xa9 pour %s</title></head><body>403</body></html>"
)


def altered_request(head: bytes, peer: str) -> bytes:
    """Return the request's head with two headers more, one of which tells the home's address, as such boxes do."""
    more = f"Via: 1.1 box.provider.example\r\nX-Forwarded-For: {peer}\r\n".encode()
    return head[:-2] + more + b"\r\n"


async def relay(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, before: bytes = b"", after: bytes = b""
) -> None:
    """Copy until the end; `after` is written behind the first `before` in what passes."""
    waiting = before
    writer.transport.set_write_buffer_limits(high=READ_BYTES)
    while data := await reader.read(READ_BYTES):
        if waiting and waiting in data:
            data, waiting = data.replace(waiting, waiting + after, 1), b""
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve_one(
    kind: str, name: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """One client."""
    sock = writer.get_extra_info("socket")
    port, packed = struct.unpack_from(">2xH4s", sock.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16))
    upstream: asyncio.StreamWriter | None = None
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        hit = b"\r\nHost: " + name + b"\r\n" in head
        peer = writer.get_extra_info("peername")[0]
        if hit and kind == "page":
            writer.write(PAGE % peer.encode())
            await writer.drain()
            return
        out = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        out.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        out.setblocking(False)
        await asyncio.get_running_loop().sock_connect(out, (socket.inet_ntoa(packed), port))
        from_far, upstream = await asyncio.open_connection(sock=out, limit=READ_BYTES)
        upstream.write(altered_request(head, peer) if hit and kind == "header" else head)
        before = b"<body>" if hit and kind == "content" else b""
        ways = [
            asyncio.ensure_future(relay(from_far, writer, before, NOTE)),
            asyncio.ensure_future(relay(reader, upstream)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass
    finally:
        for one in (writer, upstream):
            if one is not None:
                one.close()


async def main(arguments: Sequence[str]) -> None:
    """Run until a signal comes."""
    port, kind, name = int(arguments[0]), arguments[1], arguments[2].encode()
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
    sock.bind(("0.0.0.0", port))
    server = await asyncio.start_server(lambda r, w: serve_one(kind, name, r, w), sock=sock, limit=READ_BYTES)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))

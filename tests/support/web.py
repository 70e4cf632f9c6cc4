"""A content server on loopback: real aiohttp over real TLS, in a thread of its own, that can be told to misbehave."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from aiohttp import web

START_S = 10.0
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass
class Web:
    """One running server: its port, and what it was asked."""

    port: int
    asked: list[str] = field(default_factory=list)


def body(
    content: bytes, media: str = "application/octet-stream", status: int = 200, delay_s: float = 0.0
) -> Handler:
    """A handler that answers with ``content``, honouring Range."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(delay_s)
        wanted = request.http_range
        part = content[wanted.start or 0 : wanted.stop]
        headers = {"Content-Type": media}
        if wanted.stop is not None and status == 200:
            headers["Content-Range"] = f"bytes 0-{len(part) - 1}/{len(content)}"
            return web.Response(body=part, status=206, headers=headers)
        return web.Response(body=content, status=status, headers=headers)

    return handle


def redirect(url: str) -> Handler:
    """A handler that sends elsewhere."""

    async def handle(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": url})

    return handle


@contextlib.contextmanager
def served(
    handler: Handler, tls: ssl.SSLContext | None, address: str = "127.0.0.1", port: int = 0
) -> Iterator[Web]:
    """A server at ``address``, stopped on leaving."""
    ready = threading.Event()
    running = Web(0)
    ending: list[Callable[[], object]] = []

    async def note(request: web.BaseRequest) -> web.StreamResponse:
        running.asked.append(f"{request.method} {request.host}{request.path}")
        return await handler(request)

    async def main() -> None:
        runner = web.ServerRunner(web.Server(note))
        await runner.setup()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.create_server((address, port), family=family)
        running.port = sock.getsockname()[1]
        await web.SockSite(runner, sock, ssl_context=tls).start()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        ending.append(lambda: loop.call_soon_threadsafe(stop.set))
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    assert ready.wait(START_S)
    try:
        yield running
    finally:
        ending[0]()
        thread.join(START_S)


Visit = Callable[[socket.socket], None]


@contextlib.contextmanager
def box(visit: Visit, address: str = "127.0.0.1") -> Iterator[int]:
    """A TCP listener that does ``visit`` to each connection: what a box on the way would; its port."""
    listener = socket.create_server((address, 0))
    held: list[socket.socket] = []

    def loop() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            held.append(sock)
            with contextlib.suppress(OSError):
                sock.settimeout(10)
                visit(sock)

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(START_S)
        for sock in held:
            sock.close()


def reset(sock: socket.socket) -> None:
    """Read the first flight, then reset."""
    sock.recv(4096)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()


def silence(sock: socket.socket) -> None:
    """Read the first flight and swallow it."""
    sock.recv(4096)


def hang_up(sock: socket.socket) -> None:
    """Read the first flight, then end in good order."""
    sock.recv(4096)
    sock.shutdown(socket.SHUT_RDWR)


def alert(sock: socket.socket) -> None:
    """A fatal handshake_failure, as a box that dislikes a name sends it."""
    sock.recv(4096)
    sock.sendall(bytes.fromhex("15030300020228"))
    sock.close()


def plain_page(sock: socket.socket) -> None:
    """An HTTP page where TLS was expected."""
    sock.recv(4096)
    sock.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    sock.close()

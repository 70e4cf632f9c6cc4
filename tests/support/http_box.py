"""A transparent proxy for tests: between a probe and a responder's two addresses, doing something to one Host."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from probe.plan import Responder

Turn = Callable[[bytes], bytes]
"""What is done to bytes that pass; the first call sees the head."""


@dataclass(frozen=True)
class HttpRule:
    """What is done for one Host. ``answer``: the proxy's own, instead of the responder's; ``then``: how it ends then."""

    host: bytes
    request: Turn = lambda head: head
    answer_head: Turn = lambda data: data
    answer: bytes | None = None
    then: str = "close"


def _relay(source: socket.socket, target: socket.socket, turn: Turn | None) -> None:
    try:
        while data := source.recv(65536):
            if turn is not None:
                data, turn = turn(data), None
            target.sendall(data)
    except OSError:
        pass
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _serve(client: socket.socket, far: tuple[str, int], rule: HttpRule) -> None:
    with client:
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(65536)
            if not data:
                return
            head += data
        hit = b"\r\nHost: " + rule.host + b"\r\n" in head
        if hit and rule.answer is not None:
            client.sendall(rule.answer)
            if rule.then == "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            elif rule.then == "silence":
                client.settimeout(20)
                with contextlib.suppress(OSError):
                    client.recv(1)
            return
        with socket.create_connection(far) as upstream:
            upstream.sendall(rule.request(head) if hit else head)
            back = threading.Thread(target=_relay, args=(upstream, client, rule.answer_head if hit else None))
            back.start()
            _relay(client, upstream, None)
            back.join()


def _accept(listener: socket.socket, far: tuple[str, int], rule: HttpRule) -> None:
    """Ends: the listener is closed."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(client, far, rule), daemon=True).start()


@contextlib.contextmanager
def http_box(far: Responder, rule: HttpRule) -> Iterator[Responder]:
    """A proxy before the responder's plain HTTP; yields what a probe must believe to go through it."""
    assert far.http_port is not None
    listeners: list[socket.socket] = []
    port = 0
    for address in far.addresses:
        listener = socket.create_server((address, port))
        port = listener.getsockname()[1]
        listeners.append(listener)
        threading.Thread(target=_accept, args=(listener, (address, far.http_port), rule), daemon=True).start()
    try:
        yield msgspec.structs.replace(far, http_port=port)
    finally:
        for listener in listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

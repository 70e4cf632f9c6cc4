"""A small real DNS server built of dnspython's own messages, over UDP, TCP and TLS; it answers as it is told, lies included."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

START_S = 10.0


@dataclass
class Names:
    """What the server knows. A name that is not in ``zone`` does not exist; an empty tuple: no address of that type.

    ``injected``: an answer with these addresses is sent ahead of the true one, by UDP. ``wildcard`` answers for what
    does not exist. ``silent`` names get no answer; ``rcode`` answers everything with that code; ``delay_s`` holds back.
    """

    zone: dict[str, tuple[str, ...]] = field(default_factory=dict)
    injected: dict[str, tuple[str, ...]] = field(default_factory=dict)
    wildcard: tuple[str, ...] | None = None
    silent: frozenset[str] = frozenset()
    rcode: str | None = None
    delay_s: float = 0.0
    port: int = 0
    tls_port: int = 0
    asked: list[str] = field(default_factory=list)

    def answers(self, wire: bytes, udp: bool) -> list[bytes]:
        """The answers to one question, in the order in which they are sent."""
        question = dns.message.from_wire(wire)
        name = question.question[0].name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        if name in self.silent:
            return []
        time.sleep(self.delay_s)
        found = [self._answer(question, self.injected[name])] if udp and name in self.injected else []
        if self.rcode:
            refused = dns.message.make_response(question)
            refused.set_rcode(dns.rcode.from_text(self.rcode))
            return [*found, refused.to_wire()]
        return [*found, self._answer(question, self.zone.get(name, self.wildcard))]

    def _answer(self, question: dns.message.Message, addresses: tuple[str, ...] | None) -> bytes:
        answer = dns.message.make_response(question, recursion_available=True)
        asked = question.question[0]
        if addresses is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
            return answer.to_wire()
        six = asked.rdtype == dns.rdatatype.AAAA
        fitting = [address for address in addresses if (":" in address) == six]
        if fitting:
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", asked.rdtype, *fitting))
        return answer.to_wire()

    def udp(self, sock: socket.socket) -> None:
        """Serve datagrams. Ends: when the socket is closed."""
        while True:
            try:
                wire, peer = sock.recvfrom(4096)
            except OSError:
                return
            if not wire:  # a socket that was shut down
                return
            for answer in self.answers(wire, udp=True):
                sock.sendto(answer, peer)

    def stream(self, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        """Serve connections one after the other. Ends: when the listener is closed."""
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), sock:
                sock.settimeout(5)
                with tls.wrap_socket(sock, server_side=True) if tls else sock as spoken:
                    (length,) = struct.unpack("!H", spoken.recv(2))
                    for answer in self.answers(spoken.recv(length), udp=False):
                        spoken.sendall(struct.pack("!H", len(answer)) + answer)


@contextlib.contextmanager
def serving(names: Names, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> Iterator[Names]:
    """``names`` at ``names.port`` (UDP and TCP) and, with ``tls``, at ``names.tls_port``: those that it has, or free ones."""
    datagrams, listener = _same_port(address, names.port)
    names.port = listener.getsockname()[1]
    listeners: list[tuple[socket.socket, ssl.SSLContext | None]] = [(listener, None)]
    if tls is not None:
        secured = socket.create_server((address, names.tls_port), family=_family(address))
        names.tls_port = secured.getsockname()[1]
        listeners.append((secured, tls))
    threads = [threading.Thread(target=names.udp, args=(datagrams,), daemon=True)]
    threads += [threading.Thread(target=names.stream, args=pair, daemon=True) for pair in listeners]
    for thread in threads:
        thread.start()
    try:
        yield names
    finally:
        for sock in (datagrams, *(pair[0] for pair in listeners)):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in threads:
            thread.join(START_S)


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _same_port(address: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A datagram socket and a listener on one port, a free one for 0. Ends: after some tries."""
    family = _family(address)
    for _ in range(50):
        listener = socket.create_server((address, port), family=family)
        datagrams = socket.socket(family, socket.SOCK_DGRAM)
        try:
            datagrams.bind((address, listener.getsockname()[1]))
        except OSError:
            listener.close()
            datagrams.close()
            continue
        return datagrams, listener
    raise OSError("no port is free for both UDP and TCP")

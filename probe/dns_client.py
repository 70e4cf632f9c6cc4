"""DNS by dnspython (the ``dns`` extra), wrapped here alone: one question over UDP, TCP, TLS or HTTPS, through the gate.

dnspython is imported when the first question is asked: a probe without the extra runs everything else.
"""

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from probe import doh
from probe.doh import NoAnswer
from probe.gate import DNS_PORT, DOT_PORT, Forbidden, Gate
from probe.measurement.failures import OK
from probe.measurement.results import Transport
from probe.measurement.ticket import AddressFamily, ShortText

if TYPE_CHECKING:
    import dns.message

TRIES: Final = 2
"""One datagram may be lost; a resolver that does not answer two is not answering."""
TRY_S: Final = 3.0
LISTEN_S: Final = 0.4
"""How long a second answer is waited for: an injected one and the true one come within a round trip of each other."""
MOST_ANSWERS: Final = 4
MOST_ADDRESSES: Final = 16
RECORD: Final = {"ipv4": "A", "ipv6": "AAAA"}


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A resolver. ``hostname`` is the name in its certificate, for DNS over TLS (RFC 7858); ``doh`` its URL over HTTPS, if it
    serves that at ``address`` over HTTP/1.1. ``address6`` is where it is in IPv6, if it is there too.
    """

    id: ShortText
    address: Annotated[str, msgspec.Meta(max_length=64)]
    hostname: str | None = None
    port: int = DNS_PORT
    tls_port: int = DOT_PORT
    doh: Annotated[str, msgspec.Meta(max_length=120, pattern="^https://")] | None = None
    address6: Annotated[str, msgspec.Meta(max_length=64)] | None = None

    def in_family(self, family: AddressFamily) -> "Server":
        """The resolver as it is asked in ``family``: where it is there; one that is in IPv4 alone, in IPv4."""
        if family == "ipv4" or self.address6 is None:
            return self
        return msgspec.structs.replace(self, address=self.address6)

    @property
    def reference(self) -> tuple[Transport, ...]:
        """How it is asked as a trusted one: twice where nobody on the way can answer in its stead, and once over bare TCP."""
        return ("dot", "tcp") if self.doh is None else ("dot", "doh", "tcp")


TRUSTED: Final = (
    Server(id="quad9-unfiltered", address="9.9.9.10", hostname="dns10.quad9.net", address6="2620:fe::10"),
    Server(
        id="cloudflare",
        address="1.1.1.1",
        hostname="one.one.one.one",
        doh="https://cloudflare-dns.com/dns-query",
        address6="2606:4700:4700::1111",
    ),
    Server(
        id="google",
        address="8.8.8.8",
        hostname="dns.google",
        doh="https://dns.google/dns-query",
        address6="2001:4860:4860::8888",
    ),
)
"""Public resolvers that do not filter, of three operators; each can be wrong alone."""


@dataclass(frozen=True)
class Asked:
    """What came of a question. ``second`` are the addresses of another, different answer to the same question."""

    failure: str
    rcode: str | None = None
    addresses: tuple[str, ...] = ()
    time_us: int | None = None
    second: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Asker:
    """Asks through ``gate``; ``trust`` verifies resolvers over TLS."""

    gate: Gate
    trust: ssl.SSLContext
    clock_s: Callable[[], float] = time.monotonic
    try_s: float = TRY_S
    listen_s: float = LISTEN_S

    def ask(self, server: Server, transport: Transport, name: str, family: AddressFamily) -> Asked:
        """Ask ``server`` for the addresses of ``name``. Never raises for what the network does. Ends: ``TRIES`` times ``try_s``."""
        asked = Asked("dns_timeout")
        for _ in range(TRIES):
            asked = self._once(server, transport, name, family)
            if asked.failure != "dns_timeout":
                break
        return asked

    def _once(self, server: Server, transport: Transport, name: str, family: AddressFamily) -> Asked:
        import dns.exception
        import dns.message
        import dns.name

        try:
            question = dns.message.make_query(name, RECORD[family])
            if transport == "udp":
                return self._udp(server, question, family)
            if transport == "doh":
                return self._https(server, question, family)
            with self._connected(server, transport) as sock:
                return self._stream(sock, server, question, family)
        except dns.message.Truncated:
            return self._once(server, "tcp", name, family)
        except (dns.exception.Timeout, TimeoutError):
            return Asked("dns_timeout")
        except Forbidden:
            return Asked("address_forbidden")
        except ssl.SSLCertVerificationError:
            return Asked("tls_certificate")
        except ssl.SSLError:
            return Asked("tls_garbled")
        except NoAnswer:
            return Asked("dns_garbled")
        except (OSError, EOFError):
            return Asked("dns_unreachable")
        except dns.name.LabelTooLong:
            return Asked("dns_nxdomain")
        except dns.exception.DNSException:
            return Asked("dns_garbled")

    def _udp(self, server: Server, question: "dns.message.Message", family: AddressFamily) -> Asked:
        import dns.query

        where = (server.address, server.port)
        with self.gate.udp(where, self.try_s) as sock:
            sock.setblocking(False)
            began_s = self.clock_s()
            # The socket is connected, so the kernel hears nobody else; dnspython need not compare addresses.
            dns.query.send_udp(sock, question, None, time.time() + self.try_s)
            answer = self._heard(sock, question, time.time() + self.try_s)
            took_us = round((self.clock_s() - began_s) * 1e6)
            first = _read(answer, family)
            return Asked(*first, took_us, self._second(sock, question, family, first))

    def _heard(
        self, sock: socket.socket, question: "dns.message.Message", until: float
    ) -> "dns.message.Message":
        """The next answer to ``question``; others' are passed over. Raises as dnspython does."""
        import dns.query

        got = dns.query.receive_udp(
            sock, expiration=until, query=question, ignore_errors=True, raise_on_truncation=True
        )
        answer: dns.message.Message = got[0]
        return answer

    def _second(
        self,
        sock: socket.socket,
        question: "dns.message.Message",
        family: AddressFamily,
        first: tuple[str, str, tuple[str, ...]],
    ) -> tuple[str, ...] | None:
        """Addresses of a different answer that follows; ``None`` if none does. Ends: after ``listen_s``, or a few answers."""
        import dns.exception
        import dns.query

        until = time.time() + self.listen_s  # dnspython's own clock
        for _ in range(MOST_ANSWERS):
            try:
                got = self._heard(sock, question, until)
            except (dns.exception.DNSException, OSError):
                return None
            other = _read(got, family)
            if (other[0], frozenset(other[2])) != (first[0], frozenset(first[2])):
                return other[2]
        return None

    def _https(self, server: Server, question: "dns.message.Message", family: AddressFamily) -> Asked:
        """Its time is not told: the connection's set-up is in it."""
        import dns.message

        wire = doh.ask(
            self.gate, self.trust, server.address, server.doh or "", question.to_wire(), self.try_s
        )
        answer = dns.message.from_wire(wire)
        return Asked(*_read(answer, family)) if question.is_response(answer) else Asked("dns_garbled")

    def _connected(self, server: Server, transport: Transport) -> socket.socket:
        if transport == "tcp":
            return self.gate.tcp((server.address, server.port), self.try_s)
        sock = self.gate.tcp((server.address, server.tls_port), self.try_s)
        try:
            return self.trust.wrap_socket(sock, server_hostname=server.hostname or server.address)
        except BaseException:
            sock.close()
            raise

    def _stream(
        self, sock: socket.socket, server: Server, question: "dns.message.Message", family: AddressFamily
    ) -> Asked:
        import dns.query

        sock.setblocking(False)
        began_s = self.clock_s()
        answer = dns.query.tcp(question, server.address, self.try_s, sock=sock)
        return Asked(*_read(answer, family), round((self.clock_s() - began_s) * 1e6))


def _read(answer: "dns.message.Message", family: AddressFamily) -> tuple[str, str, tuple[str, ...]]:
    """Failure, response code and addresses of an answer."""
    import dns.rcode
    import dns.rdatatype

    wanted = dns.rdatatype.from_text(RECORD[family])
    rows: list[Any] = [row for rrset in answer.answer if rrset.rdtype == wanted for row in rrset]
    addresses = tuple(sorted({row.address for row in rows}))[:MOST_ADDRESSES]
    rcode = dns.rcode.to_text(answer.rcode())
    if rcode == "NXDOMAIN":
        return "dns_nxdomain", rcode, addresses
    if rcode != "NOERROR":
        return "dns_failed", rcode, addresses
    return OK if addresses else "dns_no_address", rcode, addresses


def home_resolvers() -> tuple[Server, ...]:
    """The resolvers that this machine is set to use, in order; empty where there are none."""
    import dns.resolver

    try:
        found = dns.resolver.Resolver().nameservers
    except (dns.resolver.NoResolverConfiguration, OSError):
        return ()
    return tuple(Server(id="home", address=address) for address in found if isinstance(address, str))

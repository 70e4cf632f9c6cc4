"""One hop of a look: a name, a connection to the address it meant, one request; each phase's beginning is noted.

HTTP is aiohttp's. The name is looked up once, the connection goes to that very literal address, and the gate checks
it in the call that connects: a second answer of the resolver cannot lead it elsewhere.
"""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from probe import __version__
from probe.gate import Gate
from probe.look.certificates import trusting
from probe.look.failures import certificate_error, failure_of
from probe.look.lookup import FAMILIES, Lookup, LookupFailed, by_system
from probe.look.onward import is_homes, plain
from probe.look.page import declared_bytes
from probe.measurement.run import Role
from probe.measurement.ticket import AddressFamily
from probe.scrub import Scrubber

CONNECT_S: Final = 8.0
"""For the handshakes of TCP and TLS together."""
READ_S: Final = 8.0
TOTAL_S: Final = 25.0
AROUND_BODY_BYTES: Final = 192 * 1024
"""What handshakes, headers and redirects may add to a body, and what is read ahead of it."""
AROUND_HEAD_BYTES: Final = 64 * 1024
"""The same of headers alone: a chain of certificates and what a page's headers hold, several times over."""
MOST_SAMPLES: Final = 100
SAMPLE_US: Final = 50_000
HEAD_BYTES: Final = 64 * 1024
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
KEPT_HEADERS: Final = ("Content-Type", "Content-Length", "Content-Range", "Content-Encoding")
USER_AGENT: Final = f"isonomia-probe/{__version__} (network measurement)"


def wire_bytes(body_bytes: int) -> int:
    """What a look at ``body_bytes`` of body may bring in, all its hops together; past it the connection is given up."""
    return body_bytes + (AROUND_BODY_BYTES if body_bytes else AROUND_HEAD_BYTES)


@dataclass(frozen=True)
class Request:
    """What to look at: ``url``, and how many bytes of body at most. 0: the headers alone (HEAD), redirects not followed.

    ``known`` are the hashes that the catalogue has of the object: a body's own is told where it is one of these.
    """

    role: Role
    url: str
    most_bytes: int
    address_family: AddressFamily
    known: frozenset[bytes] = frozenset()

    @property
    def most_wire_bytes(self) -> int:
        """What may come on the wire for it, whatever a server calls it."""
        return wire_bytes(self.most_bytes)


@dataclass(frozen=True)
class Eyes:
    """What a look is done with. ``ca_pem`` replaces the system's authorities, for a laboratory.

    Hosts of ``off_domains``, and those whose names the home gives, are neither looked up nor contacted. Without ``knows_line`` nobody can tell whether a redirect leads back
    into the home, so that none to another host is followed.
    """

    gate: Gate
    scrubber: Scrubber
    lookup: Lookup = by_system
    ca_pem: str | None = None
    clock_s: Callable[[], float] = time.monotonic
    total_s: float = TOTAL_S
    connect_s: float = CONNECT_S
    read_s: float = READ_S
    off_domains: tuple[str, ...] = ()
    knows_line: bool = True

    def is_off(self, host: str) -> bool:
        """Whether ``host`` is of a service that may not be contacted from here."""
        name = "." + host.lower().rstrip(".")
        return any(name.endswith("." + domain) for domain in self.off_domains)


class HopFailed(Exception):
    """The hop ended in ``failure``."""

    def __init__(self, failure: str) -> None:
        super().__init__(failure)
        self.failure = failure


class TimedContext(ssl.SSLContext):
    """A TLS context that notes when a handshake begins: asyncio asks it for an SSL object once TCP stands."""

    began: Callable[[], None]
    last: ssl.SSLObject | None = None

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """See ssl.SSLContext."""
        self.began()
        self.last = super().wrap_bio(*args, **options)
        return self.last


@dataclass
class Body:
    """What came of the body: its first bytes, its hash so far, and bytes over time (µs).

    ``ended``: the answer's body did; ``whole``: and it was the object, from its first byte to its last; ``from_start``: what came are
    its first bytes.
    """

    received_bytes: int = 0
    ended: bool = False
    whole: bool = False
    from_start: bool = False
    head: bytearray = field(default_factory=bytearray)
    digest: Any = field(default_factory=sha256)
    t_us: list[int] = field(default_factory=list)
    at_bytes: list[int] = field(default_factory=list)

    def take(self, chunk: bytes, now_us: int) -> None:
        """Count one piece."""
        self.received_bytes += len(chunk)
        self.digest.update(chunk)
        self.head += chunk[: max(0, HEAD_BYTES - len(self.head))]
        if len(self.t_us) < MOST_SAMPLES and (not self.t_us or now_us >= self.t_us[-1] + SAMPLE_US):
            self.t_us.append(now_us)
            self.at_bytes.append(self.received_bytes)


@dataclass
class Hop:
    """One request: where it stands, when each phase began (monotonic seconds), what came back.

    ``url`` and ``host`` are in their plain spelling once the hop has begun.
    """

    url: str
    host: str = ""
    stage: str = "dns"
    address: str | None = None
    port: int = 443
    at_s: dict[str, float] = field(default_factory=dict)
    tls: TimedContext | None = None
    refused: ssl.SSLCertVerificationError | None = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Body = field(default_factory=Body)

    def enter(self, phase: str, now_s: float) -> None:
        """The phase begins; failures of what follows the handshakes are HTTP's."""
        self.at_s.setdefault(phase, now_s)
        self.stage = phase if phase in ("dns", "connect", "tls") else "http"

    def length_us(self, phase: str, *following: str) -> int | None:
        """How long ``phase`` took, if it began and one of the ``following`` did."""
        end_s = next((self.at_s[name] for name in following if name in self.at_s), None)
        if end_s is None or phase not in self.at_s:
            return None
        return max(0, round((end_s - self.at_s[phase]) * 1e6))


class _Pinned(AbstractResolver):
    """Answers every host with the one address that was looked up for it."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: Any = 0,  # noqa: ARG002 - aiohttp's interface; the address has its own
    ) -> list[ResolveResult]:
        """See aiohttp."""
        found = FAMILIES["ipv6" if ":" in self._address else "ipv4"]
        return [ResolveResult(hostname=host, host=self._address, port=port, family=found, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is open."""


async def run_hop(eyes: Eyes, request: Request, hop: Hop) -> str | None:
    """One request; where it redirects to, ``None`` if it does not. Raises ``HopFailed``; ``hop`` tells how far it came."""
    try:
        parts = plain(hop.url)
        hop.url, hop.host = parts.geturl(), parts.hostname or ""
        hop.port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise HopFailed("http_redirects") from error
    if eyes.is_off(hop.host) or is_homes(hop.host):
        raise HopFailed("address_forbidden")
    hop.enter("dns", eyes.clock_s())
    try:
        hop.address = (await eyes.lookup(hop.host, request.address_family))[0]
    except LookupFailed as failed:
        raise HopFailed(failed.failure) from failed
    hop.tls = TimedContext(ssl.PROTOCOL_TLS_CLIENT)
    hop.tls.began = lambda: hop.enter("tls", eyes.clock_s())
    if parts.scheme == "https":
        trusting(eyes.ca_pem, hop.tls)
    try:
        async with _session(eyes, hop, hop.tls, hop.address) as session:
            return await _request(eyes, session, request, hop)
    except HopFailed:
        raise
    except Exception as error:
        hop.refused = certificate_error(error)
        if eyes.gate.meter.is_full:
            raise HopFailed("tls_garbled" if hop.stage == "tls" else "http_garbled") from error
        raise HopFailed(failure_of(hop.stage, error)) from error


def _session(eyes: Eyes, hop: Hop, tls: ssl.SSLContext, address: str) -> aiohttp.ClientSession:
    def factory(info: Any) -> Any:
        sock = eyes.gate.socket_factory(info)
        hop.enter("connect", eyes.clock_s())
        return sock

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(_entering(eyes, hop, "http"))
    trace.on_request_headers_sent.append(_entering(eyes, hop, "sent"))
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=_Pinned(address),
            ssl=tls,
            socket_factory=factory,
            happy_eyeballs_delay=None,
            force_close=True,
            use_dns_cache=False,
        ),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=eyes.connect_s, sock_read=eyes.read_s),
        auto_decompress=False,
        trace_configs=[trace],
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def _entering(eyes: Eyes, hop: Hop, phase: str) -> Any:
    async def enter(*_: Any) -> None:
        hop.enter(phase, eyes.clock_s())

    return enter


async def _request(eyes: Eyes, session: aiohttp.ClientSession, request: Request, hop: Hop) -> str | None:
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    if request.most_bytes:
        headers["Range"] = f"bytes=0-{request.most_bytes - 1}"
    method = "GET" if request.most_bytes else "HEAD"
    async with session.request(method, hop.url, headers=headers, allow_redirects=False) as response:
        hop.enter("answered", eyes.clock_s())
        if not 100 <= response.status <= 999:  # RFC 9110, 15: no such thing; what it would say is not read
            raise HopFailed("http_garbled")
        hop.status = response.status
        hop.headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        location = response.headers.get("Location")
        if response.status in REDIRECTS and location and request.most_bytes:
            return urljoin(hop.url, location)
        await _read(eyes, response, request.most_bytes, hop)
        if not hop.body.ended:
            _cut(response)
    return None


def _cut(response: aiohttp.ClientResponse) -> None:
    """What is left of a body is not wanted: an orderly end of TLS would read it all the same."""
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()


async def _read(eyes: Eyes, response: aiohttp.ClientResponse, most_bytes: int, hop: Hop) -> None:
    """The body up to ``most_bytes``. Ends: at its end, at the limit, or with the look's deadline."""
    began_s, body = eyes.clock_s(), hop.body
    hop.at_s["body"] = began_s
    try:
        while body.received_bytes < most_bytes:
            chunk = await response.content.readany()
            if not chunk:
                break
            body.take(chunk[: most_bytes - body.received_bytes], round((eyes.clock_s() - began_s) * 1e6))
        body.ended = response.content.at_eof()
        body.whole = most_bytes > 0 and _is_whole(hop)
        body.from_start = most_bytes > 0 and _is_from_start(hop)
    finally:
        hop.at_s["end"] = eyes.clock_s()


def _is_from_start(hop: Hop) -> bool:
    """Whether the object's own bytes came, from its first one on: no other form of it, no other range, no error's page."""
    if hop.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        return False
    return hop.status == 200 or (
        hop.status == 206 and hop.headers.get("Content-Range", "").startswith("bytes 0-")
    )


def _is_whole(hop: Hop) -> bool:
    """Whether the object came, not a part of it (206: what Range asked for) and not another form of it.

    Where its length is declared, by that; else by the end of an answer that is no part (RFC 9110, 15.3.7).
    """
    if hop.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        return False
    total = declared_bytes(hop.headers)
    if hop.status == 206 and "Content-Range" not in hop.headers:  # parts, each with a range of its own
        return False
    if total is not None:
        return hop.body.received_bytes == total
    return hop.body.ended and hop.status != 206

"""dns: the home's resolver against trusted ones, for one of a service's names.

Records: each answer's code, addresses and time; a different second answer to the same question (injected on the way);
the home resolver's answer for a random name that cannot exist; for addresses that one side alone gave, the certificate
that stands behind them under the service's name. So a lie is told from a delivery network's geography: a nearer server
of the service shows a certificate that is valid for its name, and lies in a network of its own or of the service's; which one,
the analysis looks up (`isonomia-analysis direct --mmdb`), for a probe has no table of networks. Trusted resolvers are asked over
TLS, HTTPS and bare TCP. An observation; a rule of the analysis makes findings of many homes' (integrity.md 7).
"""

import ssl
from dataclasses import replace
from importlib.util import find_spec
from typing import Final

import msgspec

from probe.dns_client import TRUSTED, Asked, Asker, Server, home_resolvers
from probe.look.certificates import read, shown_unverified, trusting
from probe.look.eyes import gate_of, knows_line, scrubber_of
from probe.look.failures import failure_of
from probe.look.onward import is_homes
from probe.measurement.failures import OK
from probe.measurement.results import DnsAnswer, DnsResult, ShownCertificate, Transport
from probe.nettests.base import CannotRun, Cost, Net
from probe.nettests.endpoint import Endpoint, Surroundings
from probe.scrub import Scrubber

NAME: Final = "dns"
VERSION: Final = "1"
CONNECT_S: Final = 4.0
MOST_SHOWN: Final = 2
"""Addresses of each side behind which is looked."""
HTTPS: Final = 443
HOME: Final = "home"
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


class DnsParams(msgspec.Struct, frozen=True, kw_only=True):
    """What it needs. ``unasked`` runs no resolver (a responder's address): what answers there stands on the way.

    ``https_port`` is another in a laboratory alone.
    """

    endpoint: Endpoint
    surroundings: Surroundings = Surroundings()
    trusted: tuple[Server, ...] = TRUSTED
    unasked: Server | None = None
    https_port: int = HTTPS
    random_parent: str = "com"


PARAMS: Final = DnsParams
"""What a child process decodes."""


def cost(params: DnsParams) -> Cost:
    """At most: a few hundred bytes a question, some 6 kB a handshake."""
    transports = [transport for server in params.trusted for transport in server.reference]
    handshakes = sum(transport != "tcp" for transport in transports) + 2 * MOST_SHOWN
    return Cost(bytes=(3 + len(transports)) * 2_000 + handshakes * 8_000, seconds=60.0)


def run(net: Net, params: DnsParams) -> DnsResult:
    """Ask and compare. Raises ``CannotRun`` without the extra, for names that a home gives itself, or where this machine names no resolver."""
    if find_spec("dns") is None:
        raise CannotRun("unsupported:extra:dns")
    if any(is_homes(name.lower().removesuffix(".")) for name in params.endpoint.names):
        raise CannotRun("endpoint:home_name")
    home = _home(params)
    gate = replace(
        gate_of(net, params.surroundings),
        resolvers=frozenset({home.address}),
        trusted=frozenset(s.address for s in (*params.trusted, *filter(None, [params.unasked]))),
    )
    ca_pem = params.surroundings.ca_pem if params.surroundings.lab else None
    trust = trusting(ca_pem, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    session = _Session(replace(net, gate=gate), params, Asker(gate, trust, net.monotonic_s), trust)
    return session.result(home)


def _home(params: DnsParams) -> Server:
    given = params.surroundings.resolver
    if given is not None and params.surroundings.lab:
        return Server(id=HOME, address=given[0], port=given[1])
    found = home_resolvers()
    if not found:
        raise CannotRun("unsupported:no_resolver")
    return found[0]


class _Session:
    """One run: the questions in random order of servers, then the certificates."""

    def __init__(self, net: Net, params: DnsParams, asker: Asker, trust: ssl.SSLContext) -> None:
        self.net, self.params, self.asker, self.trust = net, params, asker, trust
        self.scrubber: Scrubber = scrubber_of(params.surroundings)
        self.family = params.surroundings.address_family
        self.name = net.rng.choice(params.endpoint.names)

    def result(self, home: Server) -> DnsResult:
        """Ask everybody; the record."""
        wanted: list[tuple[Server, Transport]] = [(home, "udp")]
        wanted += [(server, transport) for server in self.params.trusted for transport in server.reference]
        self.net.rng.shuffle(wanted)
        asked = [(server, how, self.asker.ask(server, how, self.name, self.family)) for server, how in wanted]
        label = "".join(self.net.rng.choices(LETTERS, k=20))
        nonsense = self.asker.ask(home, "udp", f"{label}.{self.params.random_parent}", self.family)
        unasked = self.params.unasked
        return DnsResult(
            name=self.name,
            resolver=self.scrubber.place(home.address),
            answers=tuple(self._answer(server, how, got) for server, how, got in asked),
            random_name=self._answer(home, "udp", nonsense),
            certificates=self._certificates(asked),
            unasked=None
            if unasked is None
            else self._answer(unasked, "udp", self.asker.ask(unasked, "udp", self.name, self.family)),
        )

    def _answer(self, server: Server, transport: Transport, asked: Asked) -> DnsAnswer:
        return DnsAnswer(
            server=server.id,
            transport=transport,
            failure=asked.failure,
            rcode=asked.rcode,
            addresses=tuple(map(self.scrubber.place, asked.addresses)),
            time_us=asked.time_us,
            second=None if asked.second is None else tuple(map(self.scrubber.place, asked.second)),
        )

    def _certificates(self, asked: list[tuple[Server, Transport, Asked]]) -> tuple[ShownCertificate, ...]:
        """What stands behind addresses that one side alone gave, where both sides gave some.

        Nothing where the line's own address is not known: the answer may be that very one, and the home's router behind it.
        """
        if not knows_line(self.params.surroundings):
            return ()
        said = [got for server, _, got in asked if server.id == HOME]
        first = {address for got in said for address in got.addresses}
        second = {address for got in said for address in got.second or ()}
        trusted = [(how, got) for server, how, got in asked if server.id != HOME and got.addresses]
        # Over bare TCP the same box may have answered, so that it is asked only where nothing better came (``dns_reading``).
        better = [(how, got) for how, got in trusted if how in ("dot", "doh")]
        theirs = {address for _, got in better or trusted for address in got.addresses}
        home_only, trusted_only = sorted((first | second) - theirs), sorted(theirs - first)
        self.net.rng.shuffle(home_only)
        shown = [self._shown(address, "home_only") for address in home_only[:MOST_SHOWN]]
        if shown:
            shown += [self._shown(address, "trusted_only") for address in trusted_only[:1]]
        return tuple(shown)

    def _shown(self, address: str, because: str) -> ShownCertificate:
        where = (address, self.params.https_port)
        failure, der, reason = OK, None, None
        stage = "connect"
        try:
            with self.net.gate.tcp(where, CONNECT_S) as sock:
                stage = "tls"
                with self.trust.wrap_socket(sock, server_hostname=self.name) as secured:
                    der = secured.getpeercert(binary_form=True)
        except OSError as error:
            failure = failure_of(stage, error)
            if isinstance(error, ssl.SSLCertVerificationError):
                reason = str(error.verify_message)
                der = shown_unverified(self.net.gate, where, self.name, CONNECT_S)
        return ShownCertificate(
            address=self.scrubber.place(address),
            asked_because="home_only" if because == "home_only" else "trusted_only",
            failure=failure,
            certificate=None if der is None else read(der, self.scrubber, reason),
        )

"""Results: what the nettests without a pair record, one frozen Struct each, in one tagged union. All bounded.

These are observations: dns, fetch and reachability corroborate and attribute, they earn no e-value (integrity.md 7).
Texts and addresses have been scrubbed before they stand here (``probe.scrub``): no address of the home is in them.
Facts alone: whether an answer is a lie or a page a block page is the analysis's question.
"""

from typing import Annotated, Literal

import msgspec

from probe.measurement.failures import is_endpoint_failure
from probe.measurement.run import Phase, Role
from probe.measurement.signing import Signed
from probe.measurement.ticket import ByteCount, Hash, Micros, Name, Nonce, ShortText

Place = Annotated[str, msgspec.Meta(max_length=64)]
"""An address as it may be published: literal, a prefix ("198.51.100.0/24"), "<line>", or "<special 10.0.0.0/8>"."""
Places = Annotated[tuple[Place, ...], msgspec.Meta(max_length=16)]
Sentence = Annotated[str, msgspec.Meta(max_length=160)]
Failure = Annotated[str, msgspec.Meta(max_length=200)]
Count = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Asn = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
Transport = Literal["udp", "tcp", "dot", "doh"]


def _check(failure: str) -> None:
    if not is_endpoint_failure(failure):
        raise ValueError(f"failure {failure!r} is not in the list of failures")


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate a server showed: hash of its DER, who it says issued it, whether it is valid for the name.

    ``reason`` is the TLS library's word for why not.
    """

    sha256: Hash
    issuer: Sentence
    subject: Sentence
    not_after_us: Micros
    valid: bool
    reason: Sentence | None = None


class DnsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One question and what came of it. ``server`` is "home" or a trusted resolver's id.

    ``time_us`` from the question to the answer, the connection's set-up left out. ``second`` holds the addresses of a
    different answer that came to the same question shortly after: somebody on the way answers as well.
    ``asns`` are networks of the addresses, of a probe that has a table of them; ours has none, and the analysis looks them up.
    """

    server: ShortText
    transport: Transport
    failure: Failure
    rcode: ShortText | None = None
    addresses: Places = ()
    asns: Annotated[tuple[Asn, ...], msgspec.Meta(max_length=16)] = ()
    time_us: Phase | None = None
    second: Places | None = None

    def __post_init__(self) -> None:
        _check(self.failure)


class ShownCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind an address that one side alone answered, asked under the service's name."""

    address: Place
    asked_because: Literal["home_only", "trusted_only"]
    failure: Failure
    certificate: Certificate | None = None

    def __post_init__(self) -> None:
        _check(self.failure)


class DnsResult(msgspec.Struct, frozen=True, kw_only=True, tag_field="nettest", tag="dns"):
    """``name`` asked of the home's resolver and of trusted ones; a random name that cannot exist asked of the former.

    ``resolver`` says where the home's resolver is: on the line (a router), in a special range, or its address.
    ``unasked`` is the answer of an address that runs no resolver: anything but silence is somebody's on the way.
    """

    name: Name
    resolver: Place | None
    answers: Annotated[tuple[DnsAnswer, ...], msgspec.Meta(max_length=16)]
    random_name: DnsAnswer
    certificates: Annotated[tuple[ShownCertificate, ...], msgspec.Meta(max_length=8)] = ()
    unasked: DnsAnswer | None = None

    @property
    def nettest(self) -> str:
        """The tag."""
        return "dns"


class Redirect(msgspec.Struct, frozen=True):
    """One redirect: status, and where to, less path and query, which may hold an address of the home."""

    status: Annotated[int, msgspec.Meta(ge=300, le=399)]
    scheme: Annotated[str, msgspec.Meta(max_length=16)]
    host: Name


Sign = Literal[
    "status_403", "status_451", "redirected_elsewhere", "html_instead", "title_of_refusal", "hash_differs",
    "length_differs", "head_differs",
]  # fmt: skip
"""Signs of a page that is not the object: each a fact, none a verdict."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One request at a server. Times are ``None`` for phases it did not reach.

    ``dns_us``, ``connect_us``, ``tls_us`` and ``first_byte_us`` are the lengths of the phases of the last hop (where
    redirects led); ``duration_us`` that of the body. ``t_us`` and ``at_bytes`` are cumulative body bytes over time.
    ``declared_bytes`` is Content-Length or Content-Range's total. The body is kept as hash, length and title. ``whole``: all of the
    object came; ``from_start``: its first bytes did, in its own form. ``compared``: which hash of the catalogue's the body's was held
    against, that of the whole object or of its first 1,000,000 bytes; ``None``: none, so that the content says nothing.
    """

    role: Role
    order: Literal[0, 1]
    host: Name
    url_sha256: Hash
    failure: Failure
    address: Place | None = None
    dns_us: Phase | None = None
    connect_us: Phase | None = None
    tls_us: Phase | None = None
    first_byte_us: Phase | None = None
    duration_us: Phase | None = None
    status: Annotated[int, msgspec.Meta(ge=100, le=999)] | None = None
    received_bytes: ByteCount = 0
    declared_bytes: ByteCount | None = None
    body_sha256: Hash | None = None
    whole: bool = False
    from_start: bool = False
    compared: Literal["whole", "head"] | None = None
    media_type: ShortText | None = None
    title: Sentence | None = None
    redirects: Annotated[tuple[Redirect, ...], msgspec.Meta(max_length=5)] = ()
    certificate: Certificate | None = None
    signs: Annotated[tuple[Sign, ...], msgspec.Meta(max_length=8)] = ()
    t_us: Annotated[tuple[Micros, ...], msgspec.Meta(max_length=128)] = ()
    at_bytes: Annotated[tuple[ByteCount, ...], msgspec.Meta(max_length=128)] = ()

    def __post_init__(self) -> None:
        _check(self.failure)


class FetchResult(msgspec.Struct, frozen=True, kw_only=True, tag_field="nettest", tag="fetch"):
    """The service's own object and its matched control, in random order."""

    looks: Annotated[tuple[Look, ...], msgspec.Meta(min_length=1, max_length=2)]
    gap_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)]

    @property
    def nettest(self) -> str:
        """The tag."""
        return "fetch"


class ReachabilityResult(msgspec.Struct, frozen=True, kw_only=True, tag_field="nettest", tag="reachability"):
    """Whether a service is there, in few bytes, and which layer fails: one look a name, twice where it failed."""

    looks: Annotated[tuple[Look, ...], msgspec.Meta(min_length=1, max_length=8)]

    @property
    def nettest(self) -> str:
        """The tag."""
        return "reachability"


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Round trips of one carrier under one name in one phase, µs. Percentiles are of those answered, nearest rank.

    ``jitter_us`` is the mean difference of successive round trips; ``reordered`` counts answers that came after a
    later question's; ``carrier`` tcp: small records inside an established TLS connection, so that a loss is a delay. ``role`` ``None``:
    the carrier shows no name (udp), so that what it tells is of the line, never of the measurement's service.
    """

    phase: Literal["idle", "load"]
    carrier: Literal["tcp", "udp"]
    role: Role | None
    failure: Failure
    sent: Count
    answered: Count
    reordered: Count = 0
    duplicates: Count = 0
    min_us: Phase | None = None
    p10_us: Phase | None = None
    p50_us: Phase | None = None
    p90_us: Phase | None = None
    p99_us: Phase | None = None
    max_us: Phase | None = None
    jitter_us: Phase | None = None

    def __post_init__(self) -> None:
        _check(self.failure)


class LatencyResult(msgspec.Struct, frozen=True, kw_only=True, tag_field="nettest", tag="latency"):
    """Round trips to a responder under the service's name and under a control, interleaved in random order.

    Ticket, nonce and statement are those of a pair: the coin decides addresses and control, and the statement says
    whose line it was. ``load_bit_s`` is the rate at which the line was filled meanwhile, ``None``: no load phase.
    """

    ticket: Signed
    nonce: Nonce
    statement: Signed | None
    original_name: Name
    control_name: Name
    connect_us: Annotated[tuple[Phase | None, ...], msgspec.Meta(max_length=2)]
    series: Annotated[tuple[Series, ...], msgspec.Meta(max_length=6)]
    load_bit_s: Annotated[int, msgspec.Meta(ge=0, le=10**12)] | None = None

    @property
    def nettest(self) -> str:
        """The tag."""
        return "latency"


Result = DnsResult | FetchResult | ReachabilityResult | LatencyResult

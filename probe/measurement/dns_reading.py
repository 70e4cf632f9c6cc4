"""What a dns result amounts to, by rules over its facts. Pure; an opinion, which the analysis may share or not.

Trusted answers are those over TLS or HTTPS; over bare TCP only where none of them came.

agrees             the home's resolver and a trusted one have an address in common
other_address      they have none, but the home's leads to a certificate that is valid for the name: geography, in whatever network
                   (or trusted resolvers have no address and the home's has)
false_address      they have none, and no address of the home's leads to a valid certificate, while a trusted one's does;
                   and where networks are known, none of the home's is one of a trusted answer's
denied             the home's resolver says that the name, which trusted ones have, is not or has no address
failed             the home's resolver answers with an error or not at all, while trusted ones answer
injected           a second, different answer came to the same question, or one from where no resolver is
wildcard           a random name that cannot exist has an address
no_reference       no trusted resolver answered, so that nothing can be said
undecided          addresses differ, and neither side's certificate could be seen, or the network is the same
"""

from collections.abc import Callable, Iterable
from typing import Final, Literal

from probe.measurement.failures import OK
from probe.measurement.results import DnsAnswer, DnsResult

Reading = Literal[
    "agrees",
    "other_address",
    "false_address",
    "denied",
    "failed",
    "injected",
    "wildcard",
    "no_reference",
    "undecided",
]
AsnOf = Callable[[str], int | None]
"""The network of an address or prefix, ``None`` where it is not known (``probe.networks``)."""
LIES: Final[frozenset[Reading]] = frozenset({"false_address", "denied", "injected"})


def unknown_network(_place: str) -> None:
    """Of who has no table."""


def readings(result: DnsResult, asn_of: AsnOf = unknown_network) -> tuple[Reading, ...]:
    """All that can be said of ``result``, the name's own reading first; ``asn_of`` tells the networks of addresses."""
    home = next((a for a in result.answers if a.server == "home"), None)
    trusted = reference(result)
    more: list[Reading] = []
    if (home is not None and home.second is not None) or _heard(result.unasked):
        more.append("injected")
    if result.random_name.failure == OK:
        more.append("wildcard")
    return (_of_name(result, home, trusted, asn_of), *more)


def reference(result: DnsResult) -> list[DnsAnswer]:
    """Trusted resolvers' answers; where any came over TLS or HTTPS, those alone: over bare TCP the same box may have answered."""
    answered = [a for a in result.answers if a.server != "home" and a.failure in (OK, "dns_nxdomain")]
    return [a for a in answered if a.transport in ("dot", "doh")] or answered


def networks_of(answers: Iterable[DnsAnswer], asn_of: AsnOf) -> set[int]:
    """The networks of their addresses that are known."""
    listed = list(answers)
    told = {asn for answer in listed for asn in answer.asns}
    looked_up = {asn_of(place) for answer in listed for place in answer.addresses}
    return told | {asn for asn in looked_up if asn is not None}


def _of_name(result: DnsResult, home: DnsAnswer | None, trusted: list[DnsAnswer], asn_of: AsnOf) -> Reading:
    theirs = {address for answer in trusted for address in answer.addresses}
    if home is None or not trusted:
        return "no_reference"
    if not theirs:
        return "agrees" if home.failure in ("dns_nxdomain", "dns_no_address") else "other_address"
    if home.failure in ("dns_nxdomain", "dns_no_address"):
        return "denied"
    if home.failure != OK:
        return "failed"
    if theirs & set(home.addresses):
        return "agrees"
    same_network = bool(networks_of([home], asn_of) & networks_of(trusted, asn_of))
    return _by_certificate(result, same_network)


def _by_certificate(result: DnsResult, same_network: bool) -> Reading:
    """An address in a network that trusted answers are in as well is never called false, whatever it shows."""
    valid = {"home_only": False, "trusted_only": False}
    for shown in result.certificates:
        valid[shown.asked_because] |= shown.certificate is not None and shown.certificate.valid
    if valid["home_only"]:
        return "other_address"
    return "false_address" if valid["trusted_only"] and not same_network else "undecided"


def _heard(unasked: DnsAnswer | None) -> bool:
    """Whether an address without a resolver answered: it said something, or refused the port by an answer of DNS."""
    return unasked is not None and unasked.rcode is not None

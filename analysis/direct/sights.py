"""Sights: one stored result of dns or fetch as one home's sight of a service, honest or false. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

from analysis.direct.place import Place
from analysis.observe.opened import Resulted
from probe.measurement.dns_reading import (
    LIES,
    AsnOf,
    networks_of,
    readings,
    reference,
    unknown_network,
)
from probe.measurement.failures import OK
from probe.measurement.results import DnsAnswer, DnsResult, FetchResult, Look, Sign

Kind = Literal["denied", "false_address", "injected", "page"]
PAGE_SIGNS: Final[frozenset[Sign]] = frozenset(
    {"status_451", "title_of_refusal", "html_instead", "hash_differs"}
)
"""Signs that what came is not the object. A 403 or another length alone is the service's own business as a rule."""


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What one home saw of a service once. ``kind`` ``None``: nothing false, and it could have been seen.

    ``answer`` is what was false, in words that are the same wherever the same was answered; ``asns`` the networks of its
    addresses that are known; ``foreign``: all of them are, and none is one that trusted answers are in. ``vouched``: a page came under a
    valid certificate of the very host that was asked, so that whoever wrote it holds the service's key. ``line`` is that of the home (``place``); ``network`` its ASN and ``day`` (UTC), both by a responder's word; ``None`` without a witness.
    """

    measurement_id: str
    service: str
    line: str
    network: int | None
    day: str | None
    nettest: Literal["dns", "fetch"] = "dns"
    kind: Kind | None = None
    answer: str = ""
    asns: tuple[int, ...] = ()
    foreign: bool = False
    vouched: bool = False


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a result told: see ``Sight``."""

    kind: Kind | None = None
    answer: str = ""
    asns: tuple[int, ...] = ()
    foreign: bool = False
    vouched: bool = False


HONEST: Final = Told()


def sight_of(resulted: Resulted, where: Place, asn_of: AsnOf = unknown_network) -> Iterator[Sight]:
    """The sight in a result, if it could see anything: one at most. ``asn_of`` tells the networks of addresses."""
    measurement = resulted.measurement
    match measurement.result:
        case DnsResult() as result:
            told = _dns(result, asn_of)
        case FetchResult() as result:
            told = _page(result)
        case _:
            return
    if told is None:
        return
    yield Sight(
        measurement_id=resulted.measurement_id.hex(),
        service=measurement.service,
        line=where.line,
        network=where.network,
        day=where.day,
        nettest="fetch" if isinstance(measurement.result, FetchResult) else "dns",
        **msgspec.structs.asdict(told),
    )


def _dns(result: DnsResult, asn_of: AsnOf) -> Told | None:
    """A lie and what it said; ``None`` where nothing can be said."""
    found = readings(result, asn_of)
    home = next((answer for answer in result.answers if answer.server == "home"), None)
    if home is None or found[0] in ("no_reference", "undecided", "failed"):
        return None
    lies = [reading for reading in found if reading in LIES]
    if not lies:
        return HONEST
    if lies[0] == "denied":
        return Told(kind="denied", answer=home.rcode or home.failure)
    if lies[0] == "false_address":
        return _told("false_address", home.addresses, reference(result), asn_of)
    unasked = () if result.unasked is None else result.unasked.addresses
    return _injected({*(home.second or ()), *unasked}, reference(result), asn_of)


def _injected(said: set[str], trusted: Sequence[DnsAnswer], asn_of: AsnOf) -> Told | None:
    """Somebody on the way answered as well. Where that was a trusted answer's address, or one of its networks', nothing was false."""
    true = {place for answer in trusted for place in answer.addresses}
    if said and said <= true:
        return HONEST
    theirs = networks_of(trusted, asn_of)
    if said and all(asn_of(place) in theirs for place in said - true):
        return None
    return _told("injected", tuple(said), trusted, asn_of)


def _told(kind: Kind, said: Sequence[str], trusted: Sequence[DnsAnswer], asn_of: AsnOf) -> Told:
    asns = {asn_of(place) for place in said}
    known = {asn for asn in asns if asn is not None}
    theirs = networks_of(trusted, asn_of)
    foreign = bool(theirs) and bool(known) and known == asns and not known & theirs
    return Told(kind=kind, answer=" ".join(sorted(said)), asns=tuple(sorted(known)), foreign=foreign)


def _page(result: FetchResult) -> Told | None:
    """A page in the object's place while its control came; ``None`` where the control did not, or nothing came."""
    looks: dict[str, Look] = {look.role: look for look in result.looks}
    original, control = looks.get("original"), looks.get("control")
    if (
        original is None
        or control is None
        or control.failure != OK
        or control.signs
        or original.failure != OK
    ):
        return None
    if not _page_signs(original):
        return HONEST
    what = original.body_sha256.hex() if original.body_sha256 else original.title
    return Told(kind="page", answer=f"{original.status} {what}", vouched=_vouched(original))


def _vouched(look: Look) -> bool:
    """Whether the last certificate is valid, and for the host that was asked: no redirect, which plain HTTP could forge, led to another."""
    at_home = all(redirect.host.lower() == look.host.lower() for redirect in look.redirects)
    return look.certificate is not None and look.certificate.valid and at_home


def _page_signs(look: Look) -> frozenset[Sign]:
    """Its signs of another page. The hash of a part, which early probes took for the whole, is none."""
    compared = look.whole and not is_part(look)
    return PAGE_SIGNS & set(look.signs) - (set() if compared else {"hash_differs"})


def is_part(look: Look) -> bool:
    """Whether the object is known to be longer than what came: a probe reads up to a bound."""
    return look.declared_bytes is not None and look.declared_bytes > look.received_bytes

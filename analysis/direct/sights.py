"""Sights: one stored result of dns or fetch as one home's sight of a service, honest or false. Pure."""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from analysis.direct.place import Place
from analysis.observe.opened import Resulted
from probe.measurement.dns_reading import LIES, readings
from probe.measurement.failures import OK
from probe.measurement.results import DnsResult, FetchResult, Look, Sign

Kind = Literal["denied", "false_address", "injected", "page"]
PAGE_SIGNS: Final[frozenset[Sign]] = frozenset(
    {"status_451", "title_of_refusal", "html_instead", "hash_differs"}
)
"""Signs that what came is not the object. A 403 or another length alone is the service's own business as a rule."""


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What one home saw of a service once. ``kind`` ``None``: nothing false, and it could have been seen.

    ``answer`` is what was false, in words that are the same wherever the same was answered. ``line`` is that of
    the home (``place``); ``network`` its ASN and ``day`` (UTC), both by a responder's word; ``None`` without a witness.
    """

    measurement_id: str
    service: str
    line: str
    network: int | None
    day: str | None
    nettest: Literal["dns", "fetch"] = "dns"
    kind: Kind | None = None
    answer: str = ""


def sight_of(resulted: Resulted, where: Place) -> Iterator[Sight]:
    """The sight in a result, if it could see anything: one at most."""
    measurement = resulted.measurement
    match measurement.result:
        case DnsResult() as result:
            told = _dns(result)
        case FetchResult() as result:
            told = _page(result)
        case _:
            return
    if told is None:
        return
    kind, answer = told
    yield Sight(
        measurement_id=resulted.measurement_id.hex(),
        service=measurement.service,
        line=where.line,
        network=where.network,
        day=where.day,
        nettest="fetch" if isinstance(measurement.result, FetchResult) else "dns",
        kind=kind,
        answer=answer,
    )


def _dns(result: DnsResult) -> tuple[Kind | None, str] | None:
    """A lie and what it said; ``None`` where nothing can be said."""
    found = readings(result)
    home = next((answer for answer in result.answers if answer.server == "home"), None)
    if home is None or found[0] in ("no_reference", "undecided", "failed"):
        return None
    lies = [reading for reading in found if reading in LIES]
    if not lies:
        return None, ""
    said = sorted(home.addresses) if lies[0] != "denied" else [home.rcode or home.failure]
    if lies == ["injected"]:
        unasked = () if result.unasked is None else result.unasked.addresses
        said = sorted({*(home.second or ()), *unasked})
    return lies[0], " ".join(said)  # type: ignore[return-value]  # LIES are kinds, by their names


def _page(result: FetchResult) -> tuple[Kind | None, str] | None:
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
        return None, ""
    return (
        "page",
        f"{original.status} {original.body_sha256.hex() if original.body_sha256 else original.title}",
    )


def _page_signs(look: Look) -> frozenset[Sign]:
    """Its signs of another page. The hash of a part, which early probes took for the whole, is none."""
    compared = look.whole and not is_part(look)
    return PAGE_SIGNS & set(look.signs) - (set() if compared else {"hash_differs"})


def is_part(look: Look) -> bool:
    """Whether the object is known to be longer than what came: a probe reads up to a bound."""
    return look.declared_bytes is not None and look.declared_bytes > look.received_bytes

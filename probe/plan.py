"""The plan: what the operator asks of a probe, signed, with a serial that only grows (integrity.md 9).

The operator's key is pinned at ``isonomia-probe join URL#KEYHASH``; every later plan must bear a serial that
is not smaller. A plan can lower a volunteer's caps, never lift them; whatever the operator's file says, its
numbers stay within the bounds that stand here.
"""

from typing import Annotated, Final, TypeVar

import msgspec

from probe.measurement.coin import matched_names
from probe.measurement.signing import Signed, document_id
from probe.measurement.ticket import Hash, Name, ShortText, Stratum, Variant

T = TypeVar("T")

LATEST_US: Final = 2**53
"""No time of a plan lies beyond this (the year 2255): what a double holds exactly, and every calendar knows."""

Time = Annotated[int, msgspec.Meta(ge=0, le=LATEST_US)]
Title = Annotated[str, msgspec.Meta(max_length=120)]


Pace = Annotated[int, msgspec.Meta(ge=100_000, le=100_000_000)]
"""bit/s"""
Duration = Annotated[int, msgspec.Meta(ge=100, le=20_000)]
"""ms"""
Gap = Annotated[int, msgspec.Meta(ge=0, le=30_000)]
"""ms"""
Rest = Annotated[float, msgspec.Meta(ge=0, le=7 * 86400)]
"""s"""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A cultural service: the names that mark its traffic and its catalogue pace (twice its best quality)."""

    id: ShortText
    title: Title
    names: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]
    pace_bit_s: Pace = 20_000_000


class ControlName(msgspec.Struct, frozen=True):
    """A registered neutral name and its stratum (integrity.md 3)."""

    name: Name
    stratum: Stratum


class Responder(msgspec.Struct, frozen=True, kw_only=True):
    """A far end: two or more literal addresses, its signing key, its certificate's pin, a name of its own.

    ``quic_port`` (UDP) is where it serves QUIC, ``http_port`` where plain HTTP; ``None``: it does not.
    """

    id: ShortText
    key: Hash
    certificate_sha256: Hash
    addresses: Annotated[tuple[str, ...], msgspec.Meta(min_length=2)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    owned_name: Name
    quic_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    http_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None


class NettestPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One nettest's orders. ``enabled`` false is the kill switch."""

    nettest: ShortText
    variant: Variant
    enabled: bool = True
    duration_ms: Duration = 4000
    gap_ms: Gap = 2000
    between_pairs_s: Rest = 600.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a probe does until the next plan. Signed for ``plan`` by the operator."""

    operator: Title
    serial: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    issued_at_us: Time
    expires_at_us: Time
    services: tuple[Service, ...]
    controls: tuple[ControlName, ...]
    responders: tuple[Responder, ...]
    nettests: tuple[NettestPlan, ...]
    grants: tuple[Signed, ...] = ()
    budget_bytes_month: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 3_000_000_000
    schema_version: int = 1

    def service(self, service_id: str) -> Service:
        """The service of that id; raises ``KeyError``."""
        return _named({service.id: service for service in self.services}, service_id, "service")

    def responder(self, responder_id: str) -> Responder:
        """The responder of that id; raises ``KeyError``."""
        return _named({responder.id: responder for responder in self.responders}, responder_id, "responder")

    def strata(self) -> tuple[str, ...]:
        """The strata that have at least one name, in registered order."""
        return tuple(dict.fromkeys(control.stratum for control in self.controls))

    def candidates(self, stratum: str, original: str) -> tuple[str, ...]:
        """The registered names of a stratum that match ``original`` in length: the list the coin draws from."""
        return matched_names(tuple(c.name for c in self.controls if c.stratum == stratum), original)

    def catalogue_version(self) -> str:
        """Hash of services and control names: what each measurement carries."""
        return document_id(msgspec.json.encode((self.services, self.controls))).hex()[:16]


def _named(rows: dict[str, T], wanted: str, kind: str) -> T:
    if wanted not in rows:
        raise KeyError(f"the plan has no {kind} {wanted!r}; it has: {', '.join(rows)}")
    return rows[wanted]


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A probe's request to be enrolled. Signed for ``enrolment`` by the long-lived key.

    ``certificate`` is that key's word for the quarter key. ``invitation`` may be required by the operator.
    """

    certificate: Signed
    software_version: ShortText
    sent_at_us: Time
    invitation: Annotated[str, msgspec.Meta(max_length=200)] | None = None

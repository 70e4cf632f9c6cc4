"""The plan: what the operator asks of a probe, signed, with a serial that only grows (integrity.md 9).

The operator's key is pinned at ``isonomia-probe join URL#KEYHASH``; every later plan must bear a serial that
is not smaller. A plan can lower a volunteer's caps, never lift them; whatever the operator's file says, its
numbers stay within the bounds that stand here.
"""

from typing import Annotated, Final, TypeVar

import msgspec

from probe.catalogue.entries import RiskLine
from probe.measurement.coin import matched_names
from probe.measurement.signing import Signed, document_id
from probe.measurement.ticket import (
    FASTEST_PACE_BIT_S,
    AddressFamily,
    Direction,
    Hash,
    Name,
    ShortText,
    Stratum,
    Variant,
    WashOut,
)

T = TypeVar("T")

LATEST_US: Final = 2**53
"""No time of a plan lies beyond this (the year 2255): what a double holds exactly, and every calendar knows."""

Time = Annotated[int, msgspec.Meta(ge=0, le=LATEST_US)]
Title = Annotated[str, msgspec.Meta(max_length=120)]


Pace = Annotated[int, msgspec.Meta(ge=100_000, le=FASTEST_PACE_BIT_S)]
"""bit/s"""
Duration = Annotated[int, msgspec.Meta(ge=100, le=20_000)]
"""ms"""
Gap = Annotated[int, msgspec.Meta(ge=0, le=30_000)]
"""ms"""
Rest = Annotated[float, msgspec.Meta(ge=0, le=7 * 86400)]
"""s"""
DIRECTIONS: Final[tuple[Direction, ...]] = ("down", "up")
MOST_CANDIDATES: Final = 64
"""As many names as an opening may list."""
SAME_SECTOR: Final = "spoofed_same_sector"
UPLOAD_VIDEO_BIT_S: Final = 8_000_000
UPLOAD_AUDIO_BIT_S: Final = 3_000_000
AUDIO_PACE_BIT_S: Final = 5_000_000
"""A service whose pace downwards is at most this sends sound, and is uploaded to at the lower of the two paces."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A cultural service: the names that mark its traffic and its catalogue pace (twice its best quality).

    ``sector`` says which names of the stratum ``spoofed_same_sector`` are its. ``upload_pace_bit_s`` unset: what its pace downwards comes to (``pace``). Fields that came later are left out of
    the JSON while they are unset, so that the catalogue's hash is the one that older measurements carry.
    """

    id: ShortText
    title: Title
    names: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]
    pace_bit_s: Pace = 20_000_000
    upload_pace_bit_s: Pace | msgspec.UnsetType = msgspec.UNSET
    sector: ShortText | msgspec.UnsetType = msgspec.UNSET

    def pace(self, direction: Direction) -> int:
        """The catalogue pace in a direction, bit/s.

        >>> Service(id="s", title="S", names=("s.example",)).pace("up")
        8000000
        """
        if direction == "down":
            return self.pace_bit_s
        if self.upload_pace_bit_s is not msgspec.UNSET:
            return self.upload_pace_bit_s
        usual = UPLOAD_AUDIO_BIT_S if self.pace_bit_s <= AUDIO_PACE_BIT_S else UPLOAD_VIDEO_BIT_S
        return min(usual, self.pace_bit_s)


class ControlName(msgspec.Struct, frozen=True):
    """A registered name and its stratum (integrity.md 3).

    ``sector``, of a name in ``spoofed_same_sector``: that of the service elsewhere which it belongs to. It is a control
    for services of that sector alone; without one, for every service.
    """

    name: Name
    stratum: Stratum
    sector: ShortText | msgspec.UnsetType = msgspec.UNSET

    def fits(self, service: Service | None) -> bool:
        """Whether it may be a control for ``service``."""
        if self.stratum != SAME_SECTOR or self.sector is msgspec.UNSET or service is None:
            return True
        return self.sector == service.sector


class Responder(msgspec.Struct, frozen=True, kw_only=True):
    """A far end: two or more literal addresses, its signing key, its certificate's pin, a name of its own.

    ``capacity_names`` are control names under which, besides its own, it lets capacity be measured. ``quic_port`` (UDP) is
    where it serves QUIC, ``http_port`` where plain HTTP; ``None``: it does not.
    """

    id: ShortText
    key: Hash
    certificate_sha256: Hash
    addresses: Annotated[tuple[str, ...], msgspec.Meta(min_length=2)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    owned_name: Name
    quic_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    http_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    capacity_names: tuple[Name, ...] = ()

    def in_family(self, family: AddressFamily) -> tuple[str, ...]:
        """Its addresses in one family, in order: those among which a pair's coin chooses, by index 0 or 1."""
        return tuple(address for address in self.addresses if (":" in address) == (family == "ipv6"))


class NettestPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One nettest's orders in one direction. ``enabled`` false is the kill switch.

    ``sentinel``: whether one goes before each pair; ``wash_ms`` the gap of a washed pair, one in eight (0: none).
    """

    nettest: ShortText
    variant: Variant
    direction: Direction = "down"
    enabled: bool = True
    duration_ms: Duration = 4000
    gap_ms: Gap = 2000
    between_pairs_s: Rest = 600.0
    sentinel: bool = True
    wash_ms: WashOut = 600_000


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a probe does until the next plan. Signed for ``plan`` by the operator.

    ``catalogue`` is the version of the catalogue that services or control names were taken from, ``None`` where all
    were spelled out. ``risks`` are the operator's own risk lines, which never lift ``off`` (``probe.catalogue.risk``).
    ``next_key`` is a second key of the operator's, pinned beside the first: the first plan that it signs makes it the only one.
    """

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
    catalogue: ShortText | None = None
    risks: tuple[RiskLine, ...] = ()
    schema_version: int = 1
    next_key: Hash | None = None

    def service(self, service_id: str) -> Service:
        """The service of that id; raises ``KeyError``."""
        return _named({service.id: service for service in self.services}, service_id, "service")

    def responder(self, responder_id: str) -> Responder:
        """The responder of that id; raises ``KeyError``."""
        return _named({responder.id: responder for responder in self.responders}, responder_id, "responder")

    def strata(self, service: Service | None = None) -> tuple[str, ...]:
        """The strata that have at least one name (for ``service``), in registered order."""
        return tuple(dict.fromkeys(control.stratum for control in self.controls if control.fits(service)))

    def candidates(self, stratum: str, original: str) -> tuple[str, ...]:
        """The registered names of a stratum that match ``original`` in length: the list the coin draws from.

        Of its own sector alone, where ``original`` is a name of a service.
        """
        service = next((one for one in self.services if original in one.names), None)
        fitting = (c.name for c in self.controls if c.stratum == stratum and c.fits(service))
        return matched_names(tuple(fitting), original)

    def directions(self) -> tuple[Direction, ...]:
        """The directions in which pairs are enabled, downwards first."""
        enabled = {n.direction for n in self.nettests if n.enabled and n.nettest != "capacity"}
        return tuple(direction for direction in DIRECTIONS if direction in enabled)

    def capacity_names(self, responder: Responder) -> tuple[str, ...]:
        """The names among which the coin draws a capacity transfer's: the responder's own, and controls it allows."""
        controls = {control.name for control in self.controls}
        allowed = (name for name in responder.capacity_names if name in controls)
        return tuple(dict.fromkeys((responder.owned_name, *allowed)))[:MOST_CANDIDATES]

    def catalogue_version(self) -> str:
        """What each measurement carries: a hash of the plan's services and control names, 16 hex digits.

        Where they come from a catalogue, its version stands before it: ``<catalogue>/<plan>``.
        """
        own = document_id(msgspec.json.encode((self.services, self.controls))).hex()[:16]
        return own if self.catalogue is None else f"{self.catalogue}/{own}"


def _named(rows: dict[str, T], wanted: str, kind: str) -> T:
    if wanted not in rows:
        raise KeyError(f"the plan has no {kind} {wanted!r}; it has: {', '.join(rows)}")
    return rows[wanted]


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A probe's request to be enrolled. Signed for ``enrolment`` by the long-lived key.

    ``certificate`` is that key's word for the quarter key, ``possession`` the quarter key's own for the long-lived one
    (``measurement.keys.prove_possession``). ``invitation`` may be required by the operator.
    """

    certificate: Signed
    software_version: ShortText
    sent_at_us: Time
    invitation: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    possession: Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)] | None = None

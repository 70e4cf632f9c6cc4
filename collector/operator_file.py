"""The operator's file as it is written: its blocks, in frozen types. ``settings`` reads it and checks what types cannot say."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from probe.catalogue.entries import Prose, RiskClass
from probe.measurement.ticket import Direction, ShortText, Stratum, Variant, WashOut
from probe.plan import Duration, Gap, Pace, Rest, Title

Positive = Annotated[int, msgspec.Meta(ge=1)]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A block of the file: a misspelt field is a mistake, not a silent default."""


class OperatorBlock(_Strict, frozen=True):
    """``[operator]``: who asks, and how much a home may spend in a month."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    budget_bytes_month: Positive = 3_000_000_000
    plan_days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 14


class ResponderBlock(_Strict, frozen=True):
    """``[[responder]]``: as ``isonomia-probe respond --describe`` prints it."""

    id: ShortText
    key: str
    certificate_sha256: str
    addresses: tuple[str, ...]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    owned_name: str
    capacity_names: tuple[str, ...] = ()
    quic_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    http_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None


class ServiceBlock(_Strict, frozen=True):
    """``[[service]]``: a cultural service, spelled out, or the id of one in the catalogue and nothing more.

    Of an entry of the catalogue, whatever stands here is taken from here: fewer names, for instance.
    """

    id: ShortText
    title: Title | None = None
    names: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] | None = None
    pace_bit_s: Pace | None = None
    upload_pace_bit_s: Pace | msgspec.UnsetType = msgspec.UNSET
    sector: ShortText | msgspec.UnsetType = msgspec.UNSET


class CatalogueBlock(_Strict, frozen=True):
    """``[catalogue]``: services by their id, and strata of registered control names.

    ``folder`` is that of a catalogue (as seen from the file), else the shipped one. ``owned_zone`` is a domain of the
    operator in which every name resolves to its responders; the stratum ``owned`` needs it.
    """

    services: tuple[ShortText, ...] = ()
    controls: tuple[Literal["owned", "spoofed_popular", "spoofed_same_sector"], ...] = ()
    owned_zone: str | None = None
    folder: str | None = None


class RiskBlock(_Strict, frozen=True, kw_only=True):
    """``[[risk]]``: a class of the operator's own, with its source; it may raise, or lower caution, never lift off."""

    countries: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    services: tuple[ShortText, ...] = ()
    risk: RiskClass
    source: Prose
    date: date


class ControlBlock(_Strict, frozen=True):
    """``[[control]]``: a registered name; ``sector`` is that of a service elsewhere, in ``spoofed_same_sector``."""

    name: str
    stratum: Stratum
    sector: ShortText | msgspec.UnsetType = msgspec.UNSET


class NettestBlock(_Strict, frozen=True):
    """``[[nettest]]``: one nettest's orders in one direction."""

    nettest: ShortText
    variant: Variant
    direction: Direction = "down"
    enabled: bool = True
    duration_ms: Duration = 4000
    gap_ms: Gap = 2000
    between_pairs_s: Rest = 600.0
    sentinel: bool = True
    wash_ms: WashOut = 600_000


class GrantBlock(_Strict, frozen=True):
    """``[grant]``: what a responder may send to one key in a day."""

    bytes_per_day: Positive = 500_000_000


class CollectorBlock(_Strict, frozen=True):
    """``[collector]``: bounds of the server itself. Prefixes are the /24 and /48 of whoever connects."""

    largest_roster: Positive = 100_000
    waiting_rows: Annotated[int, msgspec.Meta(ge=100, le=100_000)] = 2_000
    documents_per_key_day: Positive = 2_000
    bytes_per_key_day: Positive = 64_000_000
    enrolments_per_prefix_day: Positive = 50
    documents_per_prefix_minute: Positive = 6_000
    largest_connections: Positive = 500
    connections_per_prefix: Positive = 32
    trusted_proxies: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks of the reverse proxies in front: from these alone ``X-Forwarded-For`` is believed, and they have no limit."""
    checkers: Annotated[int, msgspec.Meta(ge=0, le=64)] = 1
    """Processes that verify documents beside the server's own; 0: none."""
    believe_rolls: bool = True
    """Whether a responder's signature over a list of its statements (``rolls``) spares verifying each of them at the door."""


class HomesBlock(_Strict, frozen=True):
    """``[homes]``: who is enrolled. ``open``: whoever comes; else by invitation, or by invitation or approval."""

    admission: Literal["open", "invitation", "approval"] = "open"


class MqttBlock(_Strict, frozen=True):
    """``[mqtt]``: the broker, as probes see it. ``collector_host`` is how the collector itself reaches it."""

    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8883
    collector_host: str | None = None


class OperatorFile(_Strict, frozen=True):
    """The whole file, as it is written."""

    operator: OperatorBlock
    responder: tuple[ResponderBlock, ...] = ()
    service: tuple[ServiceBlock, ...] = ()
    control: tuple[ControlBlock, ...] = ()
    nettest: tuple[NettestBlock, ...] = ()
    catalogue: CatalogueBlock = CatalogueBlock()
    risk: tuple[RiskBlock, ...] = ()
    grant: GrantBlock = GrantBlock()
    collector: CollectorBlock = CollectorBlock()
    homes: HomesBlock = HomesBlock()
    mqtt: MqttBlock | None = None

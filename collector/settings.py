"""The operator's file: what the plan is made of, read from TOML into frozen types.

A mistake is answered with the file, the place in it and what to do (``messages``, ``settings.*``).
"""

import ipaddress
import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final, NoReturn

import msgspec

from collector.messages import Trouble
from probe.measurement.ticket import ShortText, Stratum, Variant
from probe.plan import ControlName, Duration, Gap, NettestPlan, Pace, Responder, Rest, Service, Title

_HASH_DIGITS: Final = 64
_DOMAIN: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+")
_MISTAKES: Final = (
    (
        "settings.missing",
        re.compile(r"Object missing required field `(?P<detail>[^`]*)`(?: - at `(?P<where>[^`]*)`)?"),
    ),
    (
        "settings.unknown",
        re.compile(r"Object contains unknown field `(?P<detail>[^`]*)`(?: - at `(?P<where>[^`]*)`)?"),
    ),
    ("settings.wrong", re.compile(r"(?P<detail>.*?)(?: - at `(?P<where>[^`]*)`)?")),
)

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
    quic_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    http_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None


class ServiceBlock(_Strict, frozen=True):
    """``[[service]]``: a cultural service."""

    id: ShortText
    title: Title
    names: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    pace_bit_s: Pace = 20_000_000


class ControlBlock(_Strict, frozen=True):
    """``[[control]]``: a registered neutral name."""

    name: str
    stratum: Stratum


class NettestBlock(_Strict, frozen=True):
    """``[[nettest]]``: one nettest's orders."""

    nettest: ShortText
    variant: Variant
    enabled: bool = True
    duration_ms: Duration = 4000
    gap_ms: Gap = 2000
    between_pairs_s: Rest = 600.0


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
    largest_connections: Positive = 500
    connections_per_prefix: Positive = 32
    checkers: Annotated[int, msgspec.Meta(ge=0, le=64)] = 1
    """Processes that verify documents beside the server's own; 0: none."""


class OperatorFile(_Strict, frozen=True):
    """The whole file, as it is written."""

    operator: OperatorBlock
    responder: tuple[ResponderBlock, ...] = ()
    service: tuple[ServiceBlock, ...] = ()
    control: tuple[ControlBlock, ...] = ()
    nettest: tuple[NettestBlock, ...] = ()
    grant: GrantBlock = GrantBlock()
    collector: CollectorBlock = CollectorBlock()


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the collector works by: the plan's parts in the plan's own types."""

    operator: str
    budget_bytes_month: int
    plan_days: int
    services: tuple[Service, ...]
    controls: tuple[ControlName, ...]
    responders: tuple[Responder, ...]
    nettests: tuple[NettestPlan, ...]
    bytes_per_day: int
    bounds: CollectorBlock


def load(path: Path) -> Settings:
    """The settings in ``path``; raises ``Trouble`` that says what is wrong and where."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Trouble("settings.unreadable", path=path, detail=error.strerror or error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Trouble("settings.not_toml", path=path, detail=error) from error
    try:
        written = msgspec.convert(raw, OperatorFile)
    except msgspec.ValidationError as error:
        raise _translated(path, str(error)) from error
    return _Reading(path).settings(written)


def _translated(path: Path, text: str) -> Trouble:
    for message_id, pattern in _MISTAKES:
        match = pattern.fullmatch(text)
        if match:
            where = (match["where"] or "$").removeprefix("$").removeprefix(".") or "file"
            return Trouble(message_id, path=path, where=where, detail=match["detail"])
    return Trouble("settings.wrong", path=path, where="file", detail=text)


class _Reading:
    """One reading of one file: the checks that types cannot say."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def settings(self, written: OperatorFile) -> Settings:
        for name in ("responder", "service", "control", "nettest"):
            if not getattr(written, name):
                raise Trouble("settings.none", path=self.path, detail=name)
        self._once("responder", "id", (block.id for block in written.responder))
        self._once("service", "id", (block.id for block in written.service))
        self._once("control", "name", (block.name for block in written.control))
        self._once("nettest", "variant", (f"{n.nettest} {n.variant}" for n in written.nettest))
        self._neutral(written)
        return Settings(
            operator=written.operator.name,
            budget_bytes_month=written.operator.budget_bytes_month,
            plan_days=written.operator.plan_days,
            services=tuple(self._service(f"service[{i}]", block) for i, block in enumerate(written.service)),
            controls=tuple(
                ControlName(self._name(f"control[{i}].name", block.name), block.stratum)
                for i, block in enumerate(written.control)
            ),
            responders=tuple(self._responder(f"responder[{i}]", b) for i, b in enumerate(written.responder)),
            nettests=tuple(NettestPlan(**msgspec.structs.asdict(block)) for block in written.nettest),
            bytes_per_day=written.grant.bytes_per_day,
            bounds=written.collector,
        )

    def _responder(self, where: str, block: ResponderBlock) -> Responder:
        families: Counter[int] = Counter()
        for index, address in enumerate(block.addresses):
            try:
                families[ipaddress.ip_address(address).version] += 1
            except ValueError:
                self._wrong("settings.bad_address", f"{where}.addresses[{index}]", address)
        self._once(where, "addresses", block.addresses)
        if not families or min(families.values()) < 2:
            self._wrong("settings.one_address", f"{where}.addresses", "")
        return Responder(
            id=block.id,
            key=self._hash(f"{where}.key", block.key),
            certificate_sha256=self._hash(f"{where}.certificate_sha256", block.certificate_sha256),
            addresses=block.addresses,
            port=block.port,
            owned_name=self._name(f"{where}.owned_name", block.owned_name),
            quic_port=block.quic_port,
            http_port=block.http_port,
        )

    def _service(self, where: str, block: ServiceBlock) -> Service:
        names = tuple(self._name(f"{where}.names[{i}]", name) for i, name in enumerate(block.names))
        self._once(where, "names", names)
        return Service(id=block.id, title=block.title, names=names, pace_bit_s=block.pace_bit_s)

    def _neutral(self, written: OperatorFile) -> None:
        services = {name for block in written.service for name in block.names}
        for index, control in enumerate(written.control):
            if control.name in services:
                self._wrong("settings.control_is_service", f"control[{index}].name", control.name)

    def _once(self, where: str, field: str, values: Iterable[str]) -> None:
        for value, count in Counter(values).items():
            if count > 1:
                self._wrong("settings.twice", f"{where}.{field}", value)

    def _hash(self, where: str, text: str) -> bytes:
        if len(text) != _HASH_DIGITS or not re.fullmatch("[0-9a-fA-F]*", text):
            self._wrong("settings.bad_hex", where, str(_HASH_DIGITS))
        return bytes.fromhex(text)

    def _name(self, where: str, name: str) -> str:
        if not _DOMAIN.fullmatch(name):
            self._wrong("settings.bad_name", where, name)
        return name

    def _wrong(self, message_id: str, where: str, detail: str) -> NoReturn:
        raise Trouble(message_id, path=self.path, where=where, detail=detail)

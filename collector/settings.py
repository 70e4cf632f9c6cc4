"""The operator's file: what the plan is made of, read from TOML into frozen types.

A mistake is answered with the file, the place in it and what to do (``messages``, ``settings.*``).
"""

import ipaddress
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from collector.environment import overlaid
from collector.messages import Trouble
from collector.operator_file import (
    CollectorBlock,
    HomesBlock,
    MqttBlock,
    NettestBlock,
    OperatorFile,
    ResponderBlock,
    RiskBlock,
    ServiceBlock,
)
from probe.catalogue.check import form
from probe.catalogue.codes import COUNTRIES
from probe.catalogue.entries import Catalogue, RiskLine
from probe.catalogue.names import owned_names, popular_names, same_sector_names
from probe.catalogue.read import read, shipped
from probe.errands.facts import NETTESTS
from probe.plan import ControlName, NettestPlan, Responder, Service

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
    catalogue: Catalogue | None = None
    risks: tuple[RiskLine, ...] = ()
    homes: HomesBlock = HomesBlock()
    mqtt: MqttBlock | None = None

    @property
    def catalogue_version(self) -> str | None:
        """The version of the catalogue that services or control names come from; ``None`` where none do."""
        return None if self.catalogue is None else self.catalogue.version()


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in ``path``, and over them the environment's; raises ``Trouble`` that says what is wrong and where."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Trouble("settings.unreadable", path=path, detail=error.strerror or error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Trouble("settings.not_toml", path=path, detail=error) from error
    merged, behind = overlaid(raw, environ)
    try:
        written = msgspec.convert(merged, OperatorFile)
    except msgspec.ValidationError as error:
        raise _translated(path, str(error), behind) from error
    return _Reading(path).settings(written)


def _translated(path: Path, text: str, behind: Mapping[str, str]) -> Trouble:
    for message_id, pattern in _MISTAKES:
        match = pattern.fullmatch(text)
        if match:
            where = (match["where"] or "$").removeprefix("$").removeprefix(".") or "file"
            return Trouble(message_id, path=behind.get(where, path), where=where, detail=match["detail"])
    return Trouble("settings.wrong", path=path, where="file", detail=text)


class _Reading:
    """One reading of one file: the checks that types cannot say."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def settings(self, written: OperatorFile) -> Settings:
        block = written.catalogue
        from_catalogue = {"service": bool(block.services), "control": bool(block.controls)}
        for name in ("responder", "service", "control", "nettest"):
            if not getattr(written, name) and not from_catalogue.get(name, False):
                raise Trouble("settings.none", path=self.path, detail=name)
        self._once("responder", "id", (block.id for block in written.responder))
        self._once("service", "id", (*(block.id for block in written.service), *block.services))
        catalogue = self._catalogue(written)
        services = self._services(written, catalogue)
        controls = self._controls(written, services, catalogue)
        self._once("nettest", "variant", (f"{n.nettest} {n.variant} {n.direction}" for n in written.nettest))
        for index, order in enumerate(written.nettest):
            self._measurable(f"nettest[{index}]", order)
        self._neutral(services, controls)
        self._networks("collector.trusted_proxies", written.collector.trusted_proxies)
        return Settings(
            operator=written.operator.name,
            budget_bytes_month=written.operator.budget_bytes_month,
            plan_days=written.operator.plan_days,
            services=services,
            controls=controls,
            responders=tuple(self._responder(f"responder[{i}]", b) for i, b in enumerate(written.responder)),
            nettests=tuple(NettestPlan(**msgspec.structs.asdict(block)) for block in written.nettest),
            bytes_per_day=written.grant.bytes_per_day,
            bounds=written.collector,
            homes=written.homes,
            catalogue=catalogue,
            risks=tuple(self._risk(f"risk[{i}]", risk) for i, risk in enumerate(written.risk)),
            mqtt=written.mqtt,
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
            capacity_names=tuple(
                self._name(f"{where}.capacity_names[{i}]", name)
                for i, name in enumerate(block.capacity_names)
            ),
            quic_port=block.quic_port,
            http_port=block.http_port,
        )

    def _catalogue(self, written: OperatorFile) -> Catalogue | None:
        """The catalogue, if the file takes anything from it; raises ``Trouble`` where it has mistakes of form."""
        block = written.catalogue
        bare = any(service.names is None or service.title is None for service in written.service)
        if not (block.services or block.controls or bare):
            return None
        if block.folder is None:
            return shipped()
        reading = read(self.path.parent / block.folder)
        if faults := form(reading, datetime.now(UTC).date()):
            fault = faults[0]
            self._wrong("settings.bad_catalogue", "catalogue.folder", f"{fault.file} {fault.entry}".strip())
        return reading.catalogue()

    def _services(self, written: OperatorFile, catalogue: Catalogue | None) -> tuple[Service, ...]:
        spelled = (
            self._service(f"service[{i}]", block, catalogue) for i, block in enumerate(written.service)
        )
        listed = (
            self._listed(f"catalogue.services[{i}]", service, catalogue)
            for i, service in enumerate(written.catalogue.services)
        )
        return (*spelled, *listed)

    def _service(self, where: str, block: ServiceBlock, catalogue: Catalogue | None) -> Service:
        entry = None if catalogue is None else catalogue.entry(block.id)
        title = block.title or (entry.name if entry else None)
        offered = block.names or (entry.names if entry else None)
        if offered is None or title is None:
            self._wrong("settings.missing", where, "names" if title else "title")
        names = tuple(self._name(f"{where}.names[{i}]", name) for i, name in enumerate(offered))
        self._once(where, "names", names)
        pace_bit_s = block.pace_bit_s or (entry.pace_bit_s if entry and block.names is None else 20_000_000)
        return Service(
            id=block.id,
            title=title,
            names=names,
            pace_bit_s=pace_bit_s,
            upload_pace_bit_s=block.upload_pace_bit_s,
            sector=entry.group() if entry and block.sector is msgspec.UNSET else block.sector,
        )

    def _listed(self, where: str, service: str, catalogue: Catalogue | None) -> Service:
        entry = None if catalogue is None else catalogue.entry(service)
        if entry is None:
            self._wrong("settings.not_in_catalogue", where, service)
        return Service(
            id=entry.id,
            title=entry.name,
            names=entry.names,
            pace_bit_s=entry.pace_bit_s,
            sector=entry.group(),
        )

    def _controls(
        self, written: OperatorFile, services: tuple[Service, ...], catalogue: Catalogue | None
    ) -> tuple[ControlName, ...]:
        """Those spelled out, then those of the strata that the catalogue is to fill."""
        block = written.catalogue
        controls = [
            ControlName(self._name(f"control[{i}].name", control.name), control.stratum, control.sector)
            for i, control in enumerate(written.control)
        ]
        self._once("control", "name", (control.name for control in controls))
        known = {control.name for control in controls}
        originals = tuple(name for service in services for name in service.names)
        if catalogue is not None and "spoofed_popular" in block.controls:
            names = popular_names(catalogue.controls, originals)
            controls += [ControlName(name, "spoofed_popular") for name in names if name not in known]
        if catalogue is not None and "spoofed_same_sector" in block.controls:
            controls += _same_sector(catalogue, services, originals)
        if catalogue is not None and "owned" in block.controls:
            if block.owned_zone is None:
                self._wrong("settings.missing", "catalogue", "owned_zone")
            names = owned_names(
                catalogue.controls, self._name("catalogue.owned_zone", block.owned_zone), originals
            )
            controls += [ControlName(name, "owned") for name in names if name not in known]
        return tuple(controls)

    def _measurable(self, where: str, block: NettestBlock) -> None:
        """Probes would skip what their nettests cannot do, pair after pair: the operator hears it here."""
        facts = NETTESTS.get(block.nettest)
        if facts is None:
            self._wrong("settings.no_nettest", f"{where}.nettest", block.nettest, ", ".join(NETTESTS))
        for field, known in (("variant", facts.variants), ("direction", facts.directions)):
            asked = getattr(block, field)
            if asked not in known:
                told = f"{block.nettest}, {field} = {asked}"
                self._wrong("settings.not_measurable", f"{where}.{field}", told, ", ".join(known))

    def _risk(self, where: str, block: RiskBlock) -> RiskLine:
        for index, country in enumerate(block.countries):
            if country not in COUNTRIES:
                self._wrong("settings.bad_country", f"{where}.countries[{index}]", country)
        return RiskLine(**msgspec.structs.asdict(block))

    def _neutral(self, services: tuple[Service, ...], controls: tuple[ControlName, ...]) -> None:
        cultural = {name for service in services for name in service.names}
        for index, control in enumerate(controls):
            if control.name in cultural:
                self._wrong("settings.control_is_service", f"control[{index}].name", control.name)

    def _networks(self, where: str, networks: tuple[str, ...]) -> None:
        for index, network in enumerate(networks):
            try:
                ipaddress.ip_network(network, strict=False)
            except ValueError:
                self._wrong("settings.bad_network", f"{where}[{index}]", network)

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

    def _wrong(self, message_id: str, where: str, detail: str, known: str = "") -> NoReturn:
        raise Trouble(message_id, path=self.path, where=where, detail=detail, known=known)


def _same_sector(
    catalogue: Catalogue, services: tuple[Service, ...], originals: tuple[str, ...]
) -> list[ControlName]:
    """The third stratum: for each group of planned services the names of such services elsewhere."""
    found: dict[tuple[str, str], ControlName] = {}
    for service in services:
        if service.sector is msgspec.UNSET or catalogue.entry(service.id) is None:
            continue
        for original in service.names:
            for name in same_sector_names(catalogue, service.id, original):
                if name not in originals:
                    found[service.sector, name] = ControlName(name, "spoofed_same_sector", service.sector)
    return [found[key] for key in sorted(found)]

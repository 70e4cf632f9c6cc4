"""The registration: what will be judged and how, fixed and hashed before anybody looks (detection.md 4.1).

One JSON file, written once, with its SHA-256 beside it (``FILE.sha256``, as sha256sum writes it). ``load`` refuses a
file whose bytes changed, and rules other than the registered ones.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec

from analysis import quality
from analysis.messages import Trouble
from analysis.registration_bounds import is_late, out_of_bounds
from analysis.responders import key_sha256
from analysis.stats.pair import HYPOTHESES
from analysis.stats.parameters import Parameters
from analysis.version import code_version, rules_sha256
from probe.measurement.keys import quarter_of
from probe.measurement.signing import KEY_BYTES
from probe.plan import ControlName, Plan

JUDGED_VARIANTS: Final = ("paced", "long", "saturate")
MOST_CELLS: Final = 2000
HASH_SUFFIX: Final = ".sha256"
LARGEST_ASN: Final = 2**32 - 1
DIRECTIONS: Final = ("down", "up")


class CellKey(msgspec.Struct, frozen=True, order=True):
    """The unit of judgement: retail brand x technology x plan class x service x direction (integrity.md 6)."""

    brand: str
    technology: str
    plan_class: str
    service: str
    direction: str

    def text(self) -> str:
        """The parts, joined: for tables and messages."""
        return f"{self.brand}/{self.technology}/{self.plan_class}/{self.service}/{self.direction}"


class RegisteredNettest(msgspec.Struct, frozen=True, order=True):
    """A nettest and variant that take part in the e-value."""

    nettest: str
    variant: str


class RegisteredService(msgspec.Struct, frozen=True):
    """A service, the names that mark its traffic, and its catalogue pace (0: not registered)."""

    id: str
    title: str
    names: tuple[str, ...]
    pace_bit_s: int = 0


GateRole = Literal["negative", "placebo", "positive", "neutral"]
GATE_ROLES: Final[tuple[GateRole, ...]] = get_args(GateRole)


class RegisteredGate(msgspec.Struct, frozen=True, order=True):
    """A service of ours that is measured to test the measuring itself (``gate_cells``), and is no hypothesis."""

    role: GateRole
    service: str


class RegisteredResponder(msgspec.Struct, frozen=True, order=True):
    """Who runs a far end, on which network, and whether its addresses are published (integrity.md 8 and 10)."""

    id: str
    operator: str
    network: str
    published: bool


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that governs a quarter's judgement. ``parameters`` are those of ``stats.Parameters`` by name.

    ``asns`` are the networks of each brand: a pair counts only if the responder saw it come from one of them.
    ``stratum_bar`` is the E that each control stratum must reach by itself (``gates``); ``instrument_margin`` the share by
    which the interval of a delivered rate is widened on either side; ``rules_sha256`` hashes the sources that decide.
    ``gates`` are measured beside the family, on the lines of its cells. ``channels`` are the SHA-256 of the invitations given
    out, by recruitment channel: what makes a home vetted. ``responders`` says who runs which far end, ``responder_keys`` the SHA-256 of
    the keys that sign for each: by another key nothing is judged. Early registrations have none, and give no grade above 2. A
    certificate speaks of all but ``certificate_share`` of homes. ``beside`` are the SHA-256 of registrations that its store had of the
    same quarter. ``direct`` are the thresholds of the rules on results without pairs (``direct.registered``); early registrations have none.
    """

    schema_version: Literal[1] = 1
    quarter: str
    operator: str
    made_at: str
    code_version: str
    cells: tuple[CellKey, ...]
    asns: dict[str, tuple[int, ...]] = {}
    nettests: tuple[RegisteredNettest, ...]
    services: tuple[RegisteredService, ...]
    controls: tuple[ControlName, ...]
    control_names_sha256: str
    catalogue_version: str
    plan_serial: int
    parameters: dict[str, int | float | list[float]]
    q: float
    report_dates: tuple[str, ...]
    exclusions: tuple[str, ...]
    exclusions_sha256: str
    rules_sha256: str = ""
    stratum_bar: float = 3.0
    instrument_margin: float = 0.005
    gates: tuple[RegisteredGate, ...] = ()
    channels: dict[str, tuple[str, ...]] = {}
    responders: tuple[RegisteredResponder, ...] = ()
    certificate_share: float = 0.2
    responder_keys: dict[str, tuple[str, ...]] = {}
    beside: tuple[str, ...] = ()
    direct: dict[str, float] = {}

    @property
    def second(self) -> bool:
        """Whether another family was registered before, and its quarter had begun: somebody could have chosen."""
        return bool(self.beside) and self.late

    @property
    def late(self) -> bool:
        """Whether it was made when its quarter had begun."""
        return is_late(self)

    @property
    def without_asn(self) -> tuple[str, ...]:
        """Brands of which nothing can be judged, for no network of theirs is registered."""
        return tuple(sorted({cell.brand for cell in self.cells if not self.asns.get(cell.brand)}))

    @property
    def hypotheses(self) -> int:
        """How many hypotheses are tested together: two a cell, with or without data."""
        return len(self.cells) * len(HYPOTHESES)

    @property
    def gate_cells(self) -> dict[CellKey, GateRole]:
        """The cells of the gates' services, on every line and in every direction of the family."""
        return {
            msgspec.structs.replace(cell, service=gate.service): gate.role
            for gate in self.gates
            for cell in self.cells
        }

    def pace_bit_s(self, service: str) -> int:
        """The service's catalogue pace, 0 where none is registered."""
        return next((s.pace_bit_s for s in self.services if s.id == service), 0)

    def title(self, service: str) -> str:
        """The service's name for people."""
        return next((s.title for s in self.services if s.id == service), service)


def draft(
    plan: Plan,
    *,
    brands: Iterable[str],
    technologies: Iterable[str],
    plan_classes: Iterable[str],
    directions: Iterable[str],
    made_at: datetime,
    asns: Mapping[str, Iterable[int]] | None = None,
    quarter: str | None = None,
    report_dates: Iterable[str] = (),
    parameters: Parameters | None = None,
    gates: Iterable[RegisteredGate] = (),
    channels: Mapping[str, Iterable[str]] | None = None,
    responders: Iterable[RegisteredResponder] = (),
    responder_keys: Mapping[str, Iterable[bytes]] | None = None,
    earlier: Mapping[str, Registration] | None = None,
    direct: Mapping[str, float] | None = None,
) -> Registration:
    """A registration of every combination, for the services of ``plan``; raises ``Trouble`` if it cannot be one.

    Keys of responders are those of the plan, and ``responder_keys`` besides: of one that a later plan is to name. ``earlier`` are
    other registrations by their SHA-256.
    """
    parameters, quarter = parameters or Parameters(), quarter or quarter_of(made_at)
    own = _gates(plan, gates)
    tested = {gate.service for gate in own}
    services = [service.id for service in plan.services if service.id not in tested]
    cells = _cells(product(brands, technologies, plan_classes, services, directions))
    nettests = {
        RegisteredNettest(n.nettest, n.variant) for n in plan.nettests if n.variant in JUDGED_VARIANTS
    }
    return Registration(
        quarter=quarter,
        operator=plan.operator,
        made_at=made_at.astimezone(UTC).isoformat(timespec="seconds"),
        code_version=code_version(),
        cells=tuple(sorted(cells)),
        asns=_asns(cells, asns or {}),
        nettests=tuple(sorted(nettests)),
        services=tuple(RegisteredService(s.id, s.title, s.names, s.pace_bit_s) for s in plan.services),
        controls=plan.controls,
        control_names_sha256=sha256(msgspec.json.encode(plan.controls)).hexdigest(),
        catalogue_version=plan.catalogue_version(),
        plan_serial=plan.serial,
        parameters=parameters.to_json(),
        q=parameters.q,
        report_dates=tuple(report_dates),
        exclusions=quality.rule_ids(),
        exclusions_sha256=quality.rules_sha256(),
        rules_sha256=rules_sha256(),
        gates=tuple(own),
        channels={name: tuple(sorted(set(of))) for name, of in sorted((channels or {}).items())},
        responders=tuple(sorted(responders)),
        responder_keys=_keys(plan, responder_keys or {}),
        beside=_beside(quarter, earlier or {}),
        direct=dict(sorted((direct or {}).items())),
    )


def _gates(plan: Plan, gates: Iterable[RegisteredGate]) -> list[RegisteredGate]:
    """The gates in order, each of a service of the plan."""
    known, own = {service.id for service in plan.services}, sorted(set(gates))
    unknown = next((gate.service for gate in own if gate.service not in known), None)
    if unknown is not None:
        raise Trouble("registration.gate_of_no_service", service=unknown)
    return own


def _cells(combined: Iterable[tuple[str, str, str, str, str]]) -> frozenset[CellKey]:
    cells = frozenset(CellKey(*parts) for parts in combined)
    if not cells:
        raise Trouble("registration.no_cells")
    if len(cells) > MOST_CELLS:
        raise Trouble("registration.too_many_cells", count=len(cells), most=MOST_CELLS)
    return cells


def _asns(cells: Iterable[CellKey], asns: Mapping[str, Iterable[int]]) -> dict[str, tuple[int, ...]]:
    """The networks of each brand, which must be one of the cells'."""
    brands = {cell.brand for cell in cells}
    stranger = next((brand for brand in asns if brand not in brands), None)
    if stranger is not None:
        raise Trouble("registration.asn_of_no_brand", brand=stranger)
    return {brand: tuple(sorted(set(numbers))) for brand, numbers in sorted(asns.items())}


def _keys(plan: Plan, more: Mapping[str, Iterable[bytes]]) -> dict[str, tuple[str, ...]]:
    """The hashes of each responder's keys: those of the plan, and others besides."""
    keys = {one.id: {key_sha256(one.key)} for one in plan.responders}
    for responder, besides in more.items():
        keys.setdefault(responder, set()).update(map(key_sha256, besides))
    return {responder: tuple(sorted(every)) for responder, every in sorted(keys.items())}


def _beside(quarter: str, earlier: Mapping[str, Registration]) -> tuple[str, ...]:
    """Earlier registrations of the quarter, by hash."""
    return tuple(digest for digest, other in sorted(earlier.items()) if other.quarter == quarter)


def gate_of(text: str) -> RegisteredGate:
    """Role and service of ``placebo=SERVICE``; raises ``Trouble``.

    >>> gate_of("placebo=weather-now")
    RegisteredGate(role='placebo', service='weather-now')
    """
    name, _, service = text.partition("=")
    role = next((one for one in GATE_ROLES if one == name), None)
    if role is None or not service:
        raise Trouble("registration.bad_gate", detail=text, roles=", ".join(GATE_ROLES))
    return RegisteredGate(role, service)


def responder_of(text: str) -> RegisteredResponder:
    """A responder of ``ID=OPERATOR@NETWORK``, with ``!`` behind it where its addresses are not published.

    >>> responder_of("r2=Université X@AS64501!")
    RegisteredResponder(id='r2', operator='Université X', network='AS64501', published=False)
    """
    name, _, rest = text.partition("=")
    operator, _, network = rest.removesuffix("!").rpartition("@")
    if not (name and operator and network):
        raise Trouble("registration.bad_responder", detail=text)
    return RegisteredResponder(name, operator, network, not rest.endswith("!"))


def key_of(text: str) -> tuple[str, bytes]:
    """Responder and public key of ``ID=KEY``, the key in hex as ``isonomia-probe respond --describe`` prints it; raises ``Trouble``.

    >>> key_of("r2=" + "0a" * 32)[0]
    'r2'
    """
    name, _, digits = text.partition("=")
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if not name or len(key) != KEY_BYTES:
        raise Trouble("registration.bad_responder_key", detail=text)
    return name, key


def channel_of(text: str) -> tuple[str, str]:
    """Channel and SHA-256 of the invitation of ``CHANNEL=INVITATION``: the registration is public, an invitation not.

    >>> channel_of("radio=abc")[0]
    'radio'
    """
    name, _, invitation = text.partition("=")
    if not (name and invitation):
        raise Trouble("registration.bad_channel", detail="…")
    return name, invitation_sha256(invitation)


def invitation_sha256(invitation: str) -> str:
    """What stands for an invitation in a registration."""
    return sha256(invitation.encode()).hexdigest()


def asn_of(text: str) -> tuple[str, int]:
    """Brand and number of ``BRAND=AS64500``; raises ``Trouble``.

    >>> asn_of("FAI Labo=AS64500"), asn_of("A=B=1")
    (('FAI Labo', 64500), ('A=B', 1))
    """
    brand, sign, number = text.rpartition("=")
    digits = number.strip().upper().removeprefix("AS")
    if not (sign and brand and digits.isdecimal() and digits.isascii() and int(digits[:11]) <= LARGEST_ASN):
        raise Trouble("registration.bad_asn", detail=text)
    return brand, int(digits)


def canonical(registration: Registration) -> bytes:
    """The bytes of a registration: sorted keys, one line a value, written once and hashed."""
    return msgspec.json.format(msgspec.json.encode(registration, order="sorted"), indent=1) + b"\n"


def write(registration: Registration, path: Path) -> str:
    """Write the file and its hash, the hash returned; raises ``Trouble`` rather than overwrite either."""
    content = canonical(registration)
    digest = sha256(content).hexdigest()
    beside = path.with_name(path.name + HASH_SUFFIX)
    if beside.exists():
        raise Trouble("registration.exists", path=beside)
    try:
        with path.open("xb") as file:
            file.write(content)
        with beside.open("x", encoding="utf-8") as file:
            file.write(f"{digest}  {path.name}\n")
    except FileExistsError as error:
        raise Trouble("registration.exists", path=path) from error
    except OSError as error:
        raise Trouble("registration.cannot_write", path=path, detail=error.strerror or error) from error
    return digest


def load(path: Path) -> tuple[Registration, str, Parameters]:
    """The registration, its hash and its parameters; raises ``Trouble`` for a file that was not so registered."""
    content = _read(path)
    registered = (
        _read(path.with_name(path.name + HASH_SUFFIX)).decode("utf-8", "replace").split(" ", 1)[0].strip()
    )
    digest = sha256(content).hexdigest()
    if digest != registered:
        raise Trouble("registration.changed", path=path, registered=registered[:64], found=digest)
    try:
        registration = msgspec.json.decode(content, type=Registration)
        parameters = Parameters.from_json(registration.parameters)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Trouble("registration.unreadable", path=path, detail=error) from error
    wrong = list(out_of_bounds(registration, MOST_CELLS))
    if registration.q != parameters.q:
        wrong.append("q and parameters.q differ")
    if wrong:
        raise Trouble("registration.unreadable", path=path, detail=" ; ".join(wrong))
    if (registration.exclusions, registration.exclusions_sha256) != (
        quality.rule_ids(),
        quality.rules_sha256(),
    ):
        raise Trouble(
            "registration.other_rules", path=path, version=registration.code_version, here=code_version()
        )
    return registration, digest, parameters


def digest_of(path: Path) -> str:
    """The SHA-256 (hex) of a registration's file, whatever is in it."""
    return sha256(_read(path)).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Trouble("registration.missing", path=path, detail=error.strerror or error) from error

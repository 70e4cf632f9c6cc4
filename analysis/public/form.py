"""The export's format: one JSON file, version 1, read by the pages and by anybody else. Nothing here computes.

Numbers of lines and pairs are ``None`` where fewer than five lines stand behind them: withheld, not zero. In public those of anything but a
finding are rounded down (``analysis.public.steps``): they need not add up, and two editions cannot be subtracted. Rates are Mbit/s of TCP
payload at the receiver; times are UTC, ISO 8601. Fields may be added, none is removed or changes its meaning.
"""

from pathlib import Path
from typing import Any, Final, Literal

import msgspec

VERSION: Final = 1
FEWEST_LINES: Final = 5
"""Below this nothing of a group is told (evidence.md, Privacy)."""
FEWEST_LINES_REGION: Final = 10
"""As above for regions, which may be small."""
LARGEST_BYTES: Final = 200_000_000
"""A file past this is not an export of ours."""

Surface = Literal["public", "inside"]
Shown = Literal["published", "certificate", "not_judged", "withheld"]


class NotAnExport(ValueError):
    """The file cannot be read as an export; the text says why."""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How much stands behind something: access lines, measured pairs, days with a pair (inside alone)."""

    lines: int | None
    pairs: int | None
    days: int | None = None


class Spread(msgspec.Struct, frozen=True):
    """Over lines, each with its own median: the 10th, 50th and 90th percentile, in Mbit/s."""

    low: float
    mid: float
    high: float


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A place on a figure's axis, with five lines or more; ``None`` where all transfers of that role failed.

    ``at``: seconds since the first byte, hour of the day, or unix seconds, by the series it is in. ``failed_original`` and
    ``failed_control`` are counts out of ``pairs``.
    """

    at: float
    lines: int
    pairs: int
    original: Spread | None = None
    control: Spread | None = None
    failed_original: int = 0
    failed_control: int = 0


class Pictures(msgspec.Struct, frozen=True, kw_only=True):
    """The series of a finding: within a transfer, over the period in steps of ``step_s``, by hour of the day.

    ``withheld`` counts the places left out for want of lines.
    """

    within: tuple[Point, ...] = ()
    over: tuple[Point, ...] = ()
    step_s: int = 3600
    hours: tuple[Point, ...] = ()
    withheld: int = 0


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A step in a finding's life, as the ledger has it. ``reply_sha256`` are of the files of a reply: who sent it knows them."""

    state: str
    at: str
    reason: str
    reply_sha256: tuple[str, ...] = ()


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the network or the service answered: plain text, never markup."""

    by: str
    at: str
    language: str
    text: str


class ShownFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that may be shown. Fields that ``analysis.finding.Finding`` has mean the same, to the last digit.

    ``state`` is ``None`` for one that never entered the ledger (inside alone). Of a withdrawn one the words remain, and the reason.
    ``left`` of the ``left_of`` homes behind it, pairs that were discarded included, have withdrawn since it was judged.
    """

    finding_id: str
    state: str | None
    history: tuple[Change, ...] = ()
    replies: tuple[Reply, ...] = ()
    service: str
    title: str
    brand: str
    technology: str
    plan_class: str
    direction: str
    quarter: str
    outcome: str
    direction_of_effect: str | None
    grade: int
    attribution: str
    mechanism: str | None
    metric: str
    e_value: float
    log_e: float
    log_bar: float
    hypotheses: int
    q: float | None
    rho: float
    rho_at_bar: float
    delivered_mbit_s: float | None
    interval: tuple[float, float] | None
    effect: dict[str, Any] | None
    effects: dict[str, dict[str, Any]]
    share_of_homes: dict[str, Any] | None
    failures: dict[str, dict[str, int]]
    homes: int
    keys: int
    pairs: int
    bytes: int
    seconds: float
    discards: dict[str, int]
    also_struck: dict[str, int] = {}
    missing_tickets: int
    stretches: tuple[dict[str, Any], ...] = ()
    highest_rate_mbit_s: float | None
    largest_bucket_bytes: int | None
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    gates: tuple[dict[str, Any], ...]
    grade_checks: dict[str, bool]
    nameable: bool
    certificate: dict[str, Any] | None
    judged_at: str
    code_version: str
    catalogue_version: str
    registration_sha256: str
    measurement_ids_sha256: str
    sentences: dict[str, tuple[str, ...]]
    pictures: Pictures = Pictures()
    left: int = 0
    left_of: int = 0


class ServiceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A registered service; ``sector``, ``origin``, ``country`` and ``languages`` where the catalogue knows it."""

    id: str
    title: str
    names: tuple[str, ...] = ()
    pace_mbit_s: float | None = None
    sector: str | None = None
    origin: str | None = None
    country: str | None = None
    languages: tuple[str, ...] = ()
    counted: Counted = Counted(lines=None, pairs=None)


class NetworkFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A retail brand and its registered networks."""

    brand: str
    asns: tuple[int, ...] = ()
    counted: Counted = Counted(lines=None, pairs=None)


class CellFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A registered cell and what may be said of it. ``finding_id`` leads to what is shown, if anything."""

    brand: str
    technology: str
    plan_class: str
    service: str
    direction: str
    counted: Counted
    shown: Shown
    finding_id: str | None = None


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Lines by a declared property; ``name`` is ``None`` for all that is withheld or unknown together."""

    name: str | None
    lines: int


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured on a day (UTC)."""

    day: str
    counted: Counted


class Disruption(msgspec.Struct, frozen=True, kw_only=True):
    """An event that the operator publishes with its source: a shutdown, an outage, a change of rules."""

    title: dict[str, str]
    text: dict[str, str]
    began_at: str
    ended_at: str | None = None
    networks: tuple[str, ...] = ()
    source: str | None = None


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that pages may show. ``counted`` is the whole; ``regions`` are shares of its lines.

    ``lines_step``: numbers of lines are rounded down to a multiple of it; 1 is exact. Of an export made before it was told: 1.
    ``discarded`` counts each pair once, under the first rule that struck it; ``also_struck`` under every other that did.
    ``ledger_sha256`` is of the ledger's last line: who keeps it can prove whether an earlier line was changed or taken out since.
    """

    schema_version: int = VERSION
    surface: Surface = "public"
    made_at: str
    operator: str
    quarter: str
    report_dates: tuple[str, ...]
    registration_sha256: str
    ledger_sha256: str | None = None
    code_version: str
    catalogue_version: str
    hypotheses: int
    q: float
    rho: float
    exclusions: dict[str, dict[str, str]]
    lines_step: int = 1
    counted: Counted
    bytes: int | None = None
    first_day: str | None = None
    last_day: str | None = None
    discarded: dict[str, int] = {}
    also_struck: dict[str, int] = {}
    services: tuple[ServiceFacts, ...] = ()
    networks: tuple[NetworkFacts, ...] = ()
    cells: tuple[CellFacts, ...] = ()
    regions: tuple[Share, ...] = ()
    days: tuple[Day, ...] = ()
    findings: tuple[ShownFinding, ...] = ()
    disruptions: tuple[Disruption, ...] = ()


def encode(export: Export) -> bytes:
    """The bytes of an export: indented, so that two can be compared line by line."""
    return msgspec.json.format(msgspec.json.encode(export), indent=1) + b"\n"


def read(path: Path) -> Export:
    """The export in a file; raises ``NotAnExport`` and ``OSError``."""
    if path.stat().st_size > LARGEST_BYTES:
        raise NotAnExport(f"more than {LARGEST_BYTES} bytes")
    try:
        export = msgspec.json.decode(path.read_bytes(), type=Export)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise NotAnExport(str(error)) from error
    if export.schema_version != VERSION:
        raise NotAnExport(f"schema_version {export.schema_version}, not {VERSION}")
    return export

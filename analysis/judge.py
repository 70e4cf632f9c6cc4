"""Judge: the pipeline from a store to findings. Read, observe, discard, gather into cells, decide, explain.

Reads a collector's folder and nothing else; whatever the order of its rows, the findings are the same bytes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import msgspec

from analysis import quality
from analysis.attribution import attributions
from analysis.cell import Cell, assemble
from analysis.certificate import certificates
from analysis.clusters import NONE, clusters, read_apart
from analysis.decide import decide
from analysis.finding import Context, Finding, finding_of, with_key_hashes
from analysis.finding_numbers import discards_by_asn
from analysis.gate_cells import standing_of
from analysis.grading import Circumstances, gradings
from analysis.ledger import read_tickets
from analysis.messages import Trouble
from analysis.missing import missing_of, tickets_by_cell
from analysis.observe.observation import Observation, observe_many
from analysis.observe.opened import Corrupt, Opened, Resulted, Skipped, check_coin, open_stored
from analysis.registration import CellKey, Registration
from analysis.sentences import with_sentences
from analysis.source import Source, store_source
from analysis.stats.parameters import Parameters
from analysis.version import rules_sha256
from analysis.vetted import read_vetted
from collector.quarters import EPOCH, unix_us
from collector.stored import StoredMeasurement
from probe.measurement.keys import quarter_of
from probe.measurement.receipt import TicketDigest

CHUNK: Final = 500
BEFORE: Final = "before_registration"
Signatures = Literal["each", "accusing"]
UNREADABLE: Final = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)
"""What arithmetic on absurd numbers raises: such a row is damaged, and no reason to end a judgement."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What became of every row: nothing is dropped unseen. Counts by reason.

    ``results`` are those of nettests without a pair, by nettest: counted, not judged.
    ``unjudged`` are measured pairs outside the registration, ``before_registration`` among them; ``corrupt`` names
    damaged rows that were passed over. ``missing`` and ``pending`` are tickets of judged cells without a measurement, after
    and before seven days; ``tickets`` how many digests of tickets the store holds. ``other_rules``: the sources that
    decide are not those of the registration. ``brands_without_asn`` cannot be judged. ``gate_pairs`` are those of gates;
    ``alerts`` name cells with E >= 20 between registered dates: for the inside alone, and a reason to measure more.
    """

    measurements: int
    counted: int
    discarded: dict[str, dict[str, int]]
    skipped: dict[str, int]
    results: dict[str, int]
    unjudged: dict[str, int]
    duplicates: int
    corrupt: tuple[str, ...]
    older_than_registration: int
    tickets: int
    missing: int
    pending: int
    other_rules: bool
    brands_without_asn: tuple[str, ...]
    hypotheses: int
    registration_sha256: str
    gate_pairs: int = 0
    alerts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """Findings in the order of the registered cells, every observation in order of time, and the account of rows."""

    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]
    summary: Summary


@dataclass(frozen=True)
class Seen:
    """The rows of a store, read: pairs observed, skipped ones by reason, rows that could not be read, ticket digests.

    ``vetted`` is the channel of each vetted key; ``joined`` the line of homes that pairs elsewhere are known to join;
    ``apart`` are keys with a line of their own by the operator's word.
    """

    observations: tuple[Observation, ...]
    skipped: dict[str, int]
    corrupt: tuple[str, ...]
    duplicates: int
    tickets: tuple[TicketDigest, ...] = ()
    results: dict[str, int] = field(default_factory=dict)
    vetted: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, str] = field(default_factory=dict)
    apart: frozenset[str] = NONE


def judge(
    store: Path,
    registration: Registration,
    registration_sha256: str,
    parameters: Parameters,
    *,
    now: datetime,
    full: bool = False,
    keep_going: bool = False,
    as_of: bool = False,
    signatures: Signatures = "each",
) -> Judgement:
    """Judge the registered cells on what ``store`` holds; raises ``Trouble`` for a store that cannot be trusted.

    ``signatures``: those of ``each`` row are verified again, or those of ``accusing`` ones alone, which is every row of a cell
    that says anything, and of its service elsewhere; the others were verified at the collector's door, and their hashes and coins are checked here.

    ``now`` tells which tickets are overdue and whether this is a registered date. ``keep_going`` passes over rows that are damaged, and names them; else the first one ends it. ``as_of``: as if nothing had been received after ``now``.
    """
    until_us = unix_us(now) if as_of else None
    source = store_source(store)
    seen = replace(
        read_source(
            source, parameters, keep_going=keep_going, until_us=until_us, signatures=signatures == "each"
        ),
        vetted=read_vetted(source, registration),
        apart=read_apart(source, registration),
    )
    judgement = judge_observations(seen, registration, registration_sha256, parameters, now=now, full=full)
    if signatures == "accusing":
        _verify_accusing(source, judgement, registration)
    if not full:
        return judgement
    home_of = {one.measurement_id: one.home for one in judgement.observations}
    return replace(judgement, findings=tuple(with_key_hashes(one, home_of) for one in judgement.findings))


def _verify_accusing(source: Source, judgement: Judgement, registration: Registration) -> None:
    """Verify every row of what says anything (see ``judge``), and of the gates; raises ``Trouble`` that names file and row."""
    saying = [one for one in judgement.findings if one.grade or one.outcome in ("different", "equivalent")]
    # The same service on other lines too: that it is quiet there places a difference, and raises a grade.
    services = {(one.service, one.direction) for one in saying}
    cells = (*registration.cells, *registration.gate_cells)
    said = {one for one in cells if (one.service, one.direction) in services} | set(registration.gate_cells)
    ids = {bytes.fromhex(one.measurement_id) for one in judgement.observations if cell_of(one) in said}
    reading = _Reading(source, keep_going=False)
    for stored in source.measurements() if ids else ():
        if stored.measurement_id in ids:
            reading.pair(stored)


def judge_observations(
    seen: Seen,
    registration: Registration,
    registration_sha256: str,
    parameters: Parameters,
    *,
    now: datetime,
    full: bool,
) -> Judgement:
    """The findings of observations."""
    line_of = clusters(seen.observations, seen.joined, seen.apart)
    gate_cells = registration.gate_cells
    by_cell: dict[CellKey, list[Observation]] = {key: [] for key in (*registration.cells, *gate_cells)}
    unjudged: Counter[str] = Counter()
    scope = Scope(registration)
    for observation in seen.observations:
        reason = scope.why_not(observation)
        if reason is None:
            by_cell[cell_of(observation)].append(observation)
        else:
            unjudged[reason] += 1
    judged = {pair.pair_id for pairs in by_cell.values() for pair in pairs}
    elsewhere = {one.pair_id for one in seen.observations} - judged
    tickets = tickets_by_cell(
        seen.tickets,
        by_cell,
        lambda ticket: scope.covers(ticket) and ticket.pair_id.hex() not in elsewhere,
    )
    cells = [
        assemble(key, pairs, line_of, parameters, missing_of(pairs, tickets.get(key, ()), unix_us(now)))
        for key, pairs in by_cell.items()
        if key not in gate_cells
    ]
    standing = standing_of(registration, by_cell, line_of, parameters)
    other_rules = registration.rules_sha256 != rules_sha256()
    due = _is_report_date(now, registration)
    judged_at = now.astimezone(UTC).isoformat(timespec="seconds")
    context = Context(registration, registration_sha256, due, other_rules, full, judged_at, seen.apart)
    about = Circumstances(registration, registration_sha256, seen.vetted, due)
    decisions = decide(cells, registration, parameters, standing)
    findings = tuple(
        with_sentences(finding_of(decision, grading, certificate, attributed, context), parameters)
        for decision, grading, certificate, attributed in zip(
            decisions,
            gradings(decisions, parameters, about),
            certificates(decisions, parameters, about, standing),
            attributions(decisions, parameters, registration),
            strict=True,
        )
    )
    unjudged["other line tag domain"] += sum(cell.other_domains for cell in cells)
    alerts = () if due else tuple(d.cell.key.text() for d in decisions if d.slowed.weak or d.favoured.weak)
    gate_pairs = sum(len(by_cell[key]) for key in gate_cells)
    summary = _summary(seen, cells, unjudged, context, gate_pairs, alerts)
    return Judgement(findings, seen.observations, summary)


def _summary(
    seen: Seen,
    cells: Sequence[Cell],
    unjudged: Counter[str],
    context: Context,
    gate_pairs: int,
    alerts: tuple[str, ...],
) -> Summary:
    """The account of every row."""
    registration = context.registration
    return Summary(
        measurements=len(seen.observations)
        + sum(seen.skipped.values())
        + sum(seen.results.values())
        + len(seen.corrupt),
        counted=sum(len(cell.pairs) for cell in cells),
        discarded=discards_by_asn(pair for cell in cells for pair in cell.discarded),
        skipped=seen.skipped,
        results=seen.results,
        unjudged={reason: count for reason, count in sorted(unjudged.items()) if count},
        duplicates=seen.duplicates,
        corrupt=seen.corrupt,
        older_than_registration=unjudged[BEFORE],
        tickets=len(seen.tickets),
        missing=sum(cell.missing.tickets for cell in cells),
        pending=sum(cell.missing.pending for cell in cells),
        other_rules=context.other_rules,
        brands_without_asn=registration.without_asn,
        hypotheses=registration.hypotheses,
        registration_sha256=context.registration_sha256,
        gate_pairs=gate_pairs,
        alerts=alerts,
    )


def _is_report_date(now: datetime, registration: Registration) -> bool:
    return now.astimezone(UTC).date().isoformat() in registration.report_dates


def read_store(store: Path, parameters: Parameters, *, signatures: bool = True) -> Seen:
    """Everything in a collector's folder."""
    return read_source(store_source(store), parameters, signatures=signatures)


def read_source(
    source: Source,
    parameters: Parameters,
    *,
    keep_going: bool = False,
    until_us: int | None = None,
    signatures: bool = True,
) -> Seen:
    """Everything in the source, each measurement once, pairs in order of the responder's clock.

    With ``until_us`` only what had been received by then. Without ``signatures`` they are not verified again.
    """
    reading = _Reading(source, keep_going, signatures=signatures)
    observations: list[Observation] = []
    chunk: list[tuple[StoredMeasurement, Opened]] = []
    for stored in source.measurements():
        if until_us is not None and stored.received_at_us > until_us:
            continue
        opened = reading.pair(stored)
        if opened is not None:
            chunk.append((stored, opened))
        if len(chunk) == CHUNK:
            observations += reading.observed(chunk, parameters)
            chunk = []
    observations += reading.observed(chunk, parameters)
    tickets, bad_reports = read_tickets(source, keep_going=keep_going, until_us=until_us)
    observations = [_voided(one) if one.pair_id in reading.void else one for one in observations]
    return Seen(
        observations=tuple(sorted(observations, key=lambda one: (one.opened_at_us, one.measurement_id))),
        skipped=dict(sorted(reading.skipped.items())),
        results=dict(sorted(reading.results.items())),
        corrupt=tuple(sorted([*reading.corrupt, *bad_reports])),
        duplicates=reading.duplicates,
        tickets=tickets,
    )


class _Reading:
    """What one pass over a store finds besides pairs. Only ids and keys are kept, so that a large store fits."""

    def __init__(self, source: Source, keep_going: bool, *, signatures: bool = True) -> None:
        self.source = source
        self.signatures = signatures
        self.keep_going = keep_going
        self.ids: set[bytes] = set()
        self.tickets: dict[bytes, bytes] = {}
        self.void: set[str] = set()
        self.skipped: Counter[str] = Counter()
        self.results: Counter[str] = Counter()
        self.corrupt: list[str] = []
        self.duplicates = 0

    def pair(self, stored: StoredMeasurement) -> Opened | None:
        """The pair in a row; ``None`` for a row that holds none, which is counted. Raises ``Trouble``."""
        if stored.measurement_id in self.ids:
            self.duplicates += 1
            return None
        self.ids.add(stored.measurement_id)
        try:
            opened = open_stored(stored, signatures=self.signatures)
            if isinstance(opened, Opened):
                check_coin(opened)
        except UNREADABLE as error:
            self._damaged(stored, error)
            return None
        if isinstance(opened, Skipped):
            self.skipped[opened.reason] += 1
            return None
        if isinstance(opened, Resulted):
            self.results[opened.measurement.nettest] += 1
            return None
        first = self.tickets.setdefault(opened.ticket.pair_id, stored.measurement_id)
        if first != stored.measurement_id:
            self.void.add(opened.ticket.pair_id.hex())
        return opened

    def observed(
        self, chunk: list[tuple[StoredMeasurement, Opened]], parameters: Parameters
    ) -> list[Observation]:
        """Observations of a chunk. Should one row defeat the arithmetic, each is tried alone and that one is damaged."""
        try:
            return _observed((opened for _, opened in chunk), parameters)
        except UNREADABLE:
            return [one for stored, opened in chunk for one in self._alone(stored, opened, parameters)]

    def _alone(self, stored: StoredMeasurement, opened: Opened, parameters: Parameters) -> list[Observation]:
        try:
            return _observed([opened], parameters)
        except UNREADABLE as error:
            self._damaged(stored, Corrupt(f"{type(error).__name__}: {error}"))
            return []

    def _damaged(self, stored: StoredMeasurement, error: Exception) -> None:
        path, row = self.source.where(stored), stored.measurement_id.hex()
        if not self.keep_going:
            raise Trouble("store.corrupt_row", exit_code=3, path=path, row=row, detail=error) from error
        self.corrupt.append(f"{path.name} {row}: {error}")


def _observed(chunk: Iterable[Opened], parameters: Parameters) -> list[Observation]:
    return observe_many([(one, quality.discarded_by(quality.blind(one))) for one in chunk], parameters)


def _voided(observation: Observation) -> Observation:
    """The pair of a ticket that turned out to have been used twice, by one key or by two."""
    return msgspec.structs.replace(observation, discarded_by="conflict", features=None)


def cell_of(observation: Observation) -> CellKey:
    """The cell an observation belongs to."""
    return CellKey(
        observation.brand,
        observation.technology,
        observation.plan_class,
        observation.service,
        observation.direction,
    )


class Scope:
    """What a registration covers."""

    def __init__(self, registration: Registration) -> None:
        self.quarter = registration.quarter
        self.made_at_us = unix_us(datetime.fromisoformat(registration.made_at))
        self.variants = frozenset(one.variant for one in registration.nettests)
        self.asns = {brand: frozenset(numbers) for brand, numbers in registration.asns.items()}
        self.cells = frozenset((*registration.cells, *registration.gate_cells))
        self.nettests = frozenset((one.nettest, one.variant) for one in registration.nettests)
        self.names = {service.id: frozenset(service.names) for service in registration.services}
        self.controls = frozenset((control.stratum, control.name) for control in registration.controls)

    def covers(self, ticket: TicketDigest) -> bool:
        """Whether a ticket was opened for a judged variant, in the quarter and after the registration."""
        opened_at = EPOCH + timedelta(microseconds=ticket.opened_at_us)
        return (
            ticket.variant in self.variants
            and quarter_of(opened_at) == self.quarter
            and ticket.opened_at_us >= self.made_at_us
        )

    def why_not(self, observation: Observation) -> str | None:
        """Why a pair is outside, ``None`` if it is not. By what was fixed before the coin, never by result."""
        quarter = quarter_of(EPOCH + timedelta(microseconds=observation.opened_at_us))
        if quarter != self.quarter:
            return f"quarter {quarter}"
        if observation.opened_at_us < self.made_at_us:
            return BEFORE
        if (observation.nettest, observation.variant) not in self.nettests:
            return f"nettest {observation.nettest} {observation.variant}"
        if cell_of(observation) not in self.cells:
            return f"cell {cell_of(observation).text()}"
        if observation.original_name not in self.names.get(observation.service, ()):
            return f"name {observation.original_name}"
        if not {(observation.stratum, name) for name in observation.control_candidates} <= self.controls:
            return f"control names, {observation.stratum}"
        return self._why_not_network(observation)

    def _why_not_network(self, observation: Observation) -> str | None:
        """The brand is the home's word; the responder's receipt says which network it was."""
        registered = self.asns.get(observation.brand)
        if not registered:
            return f"asn: none registered for {observation.brand}"
        if observation.asn in registered:
            return None
        if observation.asn is None and observation.discarded_by is not None:
            return None  # without a statement no network is known: it counts as discarded, not as elsewhere
        return "asn: unknown" if observation.asn is None else f"asn: AS{observation.asn}"

"""Judge: the pipeline from a store to findings. Read, observe, discard, gather into cells, decide, explain.

Reads a collector's folder and nothing else; whatever the order of its rows, the findings are the same bytes.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from analysis.attribution import Attribution, attributions
from analysis.cell import Cell, assemble
from analysis.certificate import Certificate, certificates
from analysis.clusters import clusters, read_apart
from analysis.decide import Decision, decide
from analysis.direct.contrary import Against, against, nothing
from analysis.finding import Context, Finding, finding_of, with_key_hashes
from analysis.finding_numbers import also_struck, discards_by_asn
from analysis.gate_cells import standing_of
from analysis.grading import Circumstances, Grading, gradings
from analysis.messages import Trouble
from analysis.missing import missing_of, tickets_by_cell
from analysis.observe.record import Observation
from analysis.people import read_people
from analysis.quarter import Beside, read_beside
from analysis.reading import NOTHING, Reading, RowsInMemory, Seen, read_source
from analysis.registration import CellKey, Registration
from analysis.responders import ResponderKeys
from analysis.scale.scheduler import Each, here
from analysis.scope import BEFORE, Scope, cell_of
from analysis.sentences import with_sentences
from analysis.source import Source, store_source
from analysis.stats.parameters import Parameters
from analysis.version import rules_sha256
from analysis.vetted import read_vetted
from collector.quarters import unix_us
from probe.measurement.receipt import TicketDigest

Signatures = Literal["each", "sealed", "accusing"]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What became of every row: nothing is dropped unseen. Counts by reason.

    ``discarded`` is by the first rule that strikes, ``also_struck`` by the others. ``results`` are those of nettests without a pair, by nettest:
    counted, not judged. ``unjudged`` are measured pairs outside the registration, ``before_registration`` among them; ``corrupt`` names damaged
    rows that were passed over. ``missing`` and ``pending`` are tickets of judged cells without a measurement, after and before seven days;
    ``tickets`` how many digests of tickets the store holds. ``other_rules``: the sources that decide are not those of the registration.
    ``brands_without_asn`` cannot be judged. ``gate_pairs`` are those of gates; ``alerts`` name cells with E >= 20 between registered dates: for the
    inside alone, and a reason to measure more. ``foreign_reports`` are ticket reports by no registered key; ``responder_keys``: whether any is
    registered.
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
    foreign_reports: int = 0
    responder_keys: bool = False
    also_struck: dict[str, dict[str, int]] = {}


@dataclass(frozen=True)
class Judged:
    """Findings in the order of the registered cells, and the account of rows."""

    findings: tuple[Finding, ...]
    summary: Summary


@dataclass(frozen=True)
class Judgement(Judged):
    """The same with every observation, in order of time; ``joined`` are homes that are one line beside what their tags say."""

    observations: tuple[Observation, ...]
    joined: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rows:
    """What is to be told of the rows of a store, whatever their cells: see ``Summary``. ``pairs`` were observed."""

    pairs: int
    skipped: dict[str, int]
    results: dict[str, int]
    corrupt: tuple[str, ...]
    duplicates: int
    tickets: int
    foreign_reports: int = 0


@dataclass(frozen=True)
class Look:
    """By what a store is judged, and when. ``vetted`` is the channel of each vetted key, ``apart`` keys with a line of their own,
    ``joined`` homes known to be one line, ``direct`` what nettests without pairs met, ``beside`` the quarter's other registrations.
    """

    registration: Registration
    registration_sha256: str
    parameters: Parameters
    now: datetime
    full: bool
    vetted: Mapping[str, str]
    apart: frozenset[str] = NOTHING
    direct: Callable[[], frozenset[Against]] = nothing
    joined: Mapping[str, str] = field(default_factory=dict)
    beside: Beside = field(default_factory=dict)

    @property
    def due(self) -> bool:
        """Whether this is a registered date."""
        return self.now.astimezone(UTC).date().isoformat() in self.registration.report_dates


def judge(
    store: Path,
    registration: Registration,
    registration_sha256: str,
    parameters: Parameters,
    *,
    now: datetime,
    full: bool = False,
    keep_going: bool = False,
    signatures: Signatures = "each",
    each: Each = here,
) -> Judgement:
    """Judge the registered cells on what ``store`` holds; raises ``Trouble`` for a store that cannot be trusted.

    ``signatures``: those of ``each`` row are verified again, or those of ``accusing`` ones alone, which is every row of a cell
    that says anything, and of its service elsewhere; the others were verified at the collector's door, and their hashes and coins are checked here.
    ``sealed``: the same, but for rows that are not in a sealed part: of these each is verified, and of a part the operator's one
    signature, which covers all its bytes since it was sealed (``collector.reader.read_sealed``).

    ``now`` tells which tickets are overdue and whether this is a registered date. ``keep_going`` passes over rows that are damaged, and names them; else the first one ends it. ``now`` is cut to whole
    seconds, as a finding says it, and nothing counts that was received after it: a store that is being written to is judged as ``verify`` will.
    """
    now = now.replace(microsecond=0)
    until_us = unix_us(now)
    source = store_source(store)
    seen = replace(
        read_source(
            source,
            parameters,
            keep_going=keep_going,
            until_us=until_us,
            signatures=signatures != "accusing",
            sealed=source.sealed() if signatures == "sealed" else NOTHING,
            keys=ResponderKeys(registration.responder_keys),
        ),
        vetted=read_vetted(source, registration),
        joined=read_people(source),
        apart=read_apart(source, registration),
        beside=read_beside(source, registration, registration_sha256, now),
        direct=partial(against, store, registration.quarter, until_us),
    )
    judgement = judge_observations(
        seen, registration, registration_sha256, parameters, now=now, full=full, each=each
    )
    if signatures != "each":
        verify_accusing(source, judgement, judgement.observations, registration)
    if not full:
        return judgement
    home_of = {one.measurement_id: one.home for one in judgement.observations}
    return replace(judgement, findings=tuple(with_key_hashes(one, home_of) for one in judgement.findings))


def verify_accusing(
    source: Source, judgement: Judged, observations: Iterable[Observation], registration: Registration
) -> None:
    """Verify every row of what says anything (see ``judge``), and of the gates; raises ``Trouble`` that names file and row."""
    saying = [one for one in judgement.findings if one.grade or one.outcome in ("different", "equivalent")]
    # The same service on other lines too: that it is quiet there places a difference, and raises a grade.
    services = {(one.service, one.direction) for one in saying}
    cells = (*registration.cells, *registration.gate_cells)
    said = {one for one in cells if (one.service, one.direction) in services} | set(registration.gate_cells)
    ids = {bytes.fromhex(one.measurement_id) for one in observations if cell_of(one) in said}
    rows = RowsInMemory()
    reading = Reading(source, rows)
    for stored in source.measurements() if ids else ():
        if stored.measurement_id in ids:
            reading.opened(stored)
    if rows.corrupt:
        raise Trouble("store.unproved_row", exit_code=3, where=rows.corrupt[0])


def in_cells(
    seen: Seen, registration: Registration
) -> tuple[dict[CellKey, list[Observation]], dict[CellKey, list[TicketDigest]], Counter[str]]:
    """The pairs and the tickets of each registered cell, gates' among them; and how many pairs are in none, by reason."""
    by_cell: dict[CellKey, list[Observation]] = {
        key: [] for key in (*registration.cells, *registration.gate_cells)
    }
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
    return by_cell, tickets, unjudged


def judge_observations(
    seen: Seen,
    registration: Registration,
    registration_sha256: str,
    parameters: Parameters,
    *,
    now: datetime,
    full: bool,
    each: Each = here,
) -> Judgement:
    """The findings of observations."""
    line_of = clusters(seen.observations, seen.joined, seen.apart)
    gate_cells = registration.gate_cells
    by_cell, tickets, unjudged = in_cells(seen, registration)
    cells = [
        assemble(
            key,
            pairs,
            line_of,
            parameters,
            missing_of(pairs, tickets.get(key, ()), unix_us(now), line_of, parameters),
            seen.vetted,
        )
        for key, pairs in by_cell.items()
        if key not in gate_cells
    ]
    look = Look(
        registration, registration_sha256, parameters, now, full, seen.vetted, seen.apart, seen.direct,
        beside=seen.beside,
    )  # fmt: skip
    gate_pairs = {key: by_cell[key] for key in gate_cells}
    rows = Rows(
        pairs=len(seen.observations),
        skipped=seen.skipped,
        results=seen.results,
        corrupt=seen.corrupt,
        duplicates=seen.duplicates,
        tickets=len(seen.tickets),
        foreign_reports=seen.foreign_reports,
    )
    found = judge_cells(cells, gate_pairs, line_of, look, rows, unjudged, each)
    return Judgement(found.findings, found.summary, seen.observations, seen.joined)


def judge_cells(
    cells: Sequence[Cell],
    gate_pairs: Mapping[CellKey, Sequence[Observation]],
    line_of: Mapping[str, str],
    look: Look,
    rows: Rows,
    unjudged: Mapping[str, int],
    each: Each = here,
) -> Judged:
    """The findings of all registered cells, in the order given, with the pairs of the gates beside them."""
    registration, parameters = look.registration, look.parameters
    standing = standing_of(registration, gate_pairs, line_of, parameters, look.vetted)
    context = Context(
        registration,
        look.registration_sha256,
        look.due,
        registration.rules_sha256 != rules_sha256(),
        look.full,
        look.now.astimezone(UTC).isoformat(timespec="seconds"),
        look.apart,
        look.beside,
    )
    about = Circumstances(registration, look.registration_sha256, look.vetted, look.due, look.beside)
    decisions = decide(cells, registration, parameters, standing, each)
    findings = each(
        partial(_findings, context=context, parameters=parameters),
        decisions,
        gradings(decisions, parameters, about),
        certificates(decisions, parameters, about, standing, each, look.direct),
        attributions(decisions, parameters, registration, look.vetted),
    )
    outside = Counter(unjudged)
    outside["other line tag domain"] += sum(cell.other_domains for cell in cells)
    alerts = [one.cell.key.text() for one in decisions if one.alarming]
    summary = msgspec.structs.replace(
        _summary(rows, cells, outside, context),
        gate_pairs=sum(map(len, gate_pairs.values())),
        alerts=() if look.due else tuple(alerts),
    )
    return Judged(tuple(findings), summary)


def _findings(
    decisions: Sequence[Decision],
    graded: Sequence[Grading],
    certified: Sequence[Certificate | None],
    attributed: Sequence[Attribution | None],
    context: Context,
    parameters: Parameters,
) -> list[Finding]:
    every = zip(decisions, graded, certified, attributed, strict=True)
    return [with_sentences(finding_of(*one, context), parameters) for one in every]


def _summary(rows: Rows, cells: Sequence[Cell], unjudged: Counter[str], context: Context) -> Summary:
    """The account of every row."""
    registration = context.registration
    return Summary(
        measurements=rows.pairs + sum(rows.skipped.values()) + sum(rows.results.values()) + len(rows.corrupt),
        counted=sum(len(cell.pairs) for cell in cells),
        discarded=discards_by_asn(pair for cell in cells for pair in cell.discarded),
        skipped=rows.skipped,
        results=rows.results,
        unjudged={reason: count for reason, count in sorted(unjudged.items()) if count},
        duplicates=rows.duplicates,
        corrupt=rows.corrupt,
        older_than_registration=unjudged[BEFORE],
        tickets=rows.tickets,
        missing=sum(cell.missing.tickets for cell in cells),
        pending=sum(cell.missing.pending for cell in cells),
        other_rules=context.other_rules,
        brands_without_asn=registration.without_asn,
        hypotheses=registration.hypotheses,
        registration_sha256=context.registration_sha256,
        foreign_reports=rows.foreign_reports,
        responder_keys=bool(registration.responder_keys),
        also_struck=also_struck(pair for cell in cells for pair in cell.discarded),
    )

"""The export of a judgement: what was measured, on how many lines, and the findings that may be shown."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

import msgspec

from analysis import quality
from analysis.clusters import clusters
from analysis.finding import Finding, withdrawn_of
from analysis.finding_numbers import beside_first
from analysis.judge import Judgement
from analysis.observe.record import Observation
from analysis.public import form
from analysis.public.legible import without_controls
from analysis.public.pictures import Course, pictures
from analysis.public.rest import told_cells, told_of
from analysis.public.rule import OPEN_STATES, certified, shown_as
from analysis.public.standing import cell_key, is_withdrawn, pairs_of, standing
from analysis.public.steps import STEP_LINES, Tally
from analysis.registration import CellKey, Registration
from analysis.scope import Scope, cell_of
from analysis.states import Change, state_of
from analysis.stats.parameters import Parameters
from analysis.version import code_version
from collector.quarters import EPOCH
from probe.catalogue.entries import Catalogue

Courses = Mapping[str, tuple[Course | None, Course | None]]
_US: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Sources:
    """What an export is made of. ``recorded`` are findings as they were judged then, beside those of ``judgement``.

    ``replies`` by finding; ``courses`` by measurement; ``gone`` the SHA-256 of each key that has withdrawn; ``ledger_sha256`` that of the
    ledger's last line.
    """

    judgement: Judgement
    registration: Registration
    registration_sha256: str
    parameters: Parameters
    catalogue: Catalogue
    history: Sequence[Change] = ()
    recorded: Sequence[Finding] = ()
    replies: Mapping[str, Sequence[form.Reply]] = field(default_factory=dict)
    disruptions: Sequence[form.Disruption] = ()
    gone: frozenset[bytes] = frozenset()
    ledger_sha256: str | None = None

    @cached_property
    def by_cell(self) -> Mapping[CellKey, Sequence[Observation]]:
        """The pairs of registered cells: those of gates, and what is outside the registration, are no part of a page."""
        scope, cells = Scope(self.registration), frozenset(self.registration.cells)
        found: dict[CellKey, list[Observation]] = defaultdict(list)
        for pair in self.judgement.observations:
            if cell_of(pair) in cells and scope.why_not(pair) is None:
                found[cell_of(pair)].append(pair)
        return found

    @cached_property
    def line_of(self) -> Mapping[str, str]:
        """The access line of each probe key."""
        return clusters(self.judgement.observations, self.judgement.joined)

    def state(self, finding: Finding) -> str | None:
        """Where the finding stands in the ledger."""
        return state_of(self.history, finding.finding_id)


def wanted(sources: Sources, surface: form.Surface) -> tuple[list[Finding], frozenset[str]]:
    """The findings that may be shown, and the ids (hex) of the measurements whose courses their figures need."""
    findings = _shown(sources, surface)
    ids = {
        pair.measurement_id
        for finding in findings
        if not is_withdrawn(finding, sources.history)
        for pair in pairs_of(finding, sources.by_cell)
    }
    return findings, frozenset(ids)


def make(sources: Sources, surface: form.Surface, made_at: datetime, courses: Courses) -> form.Export:
    """The export for a surface."""
    registration = sources.registration
    in_scope = [pair for pairs in sources.by_cell.values() for pair in pairs]
    counting = [pair for pair in in_scope if pair.discarded_by is None]
    line_of = sources.line_of
    tally = Tally(line_of, surface)
    whole = tally.counted(counting, _day)
    days = sorted({_day(pair) for pair in counting}) if whole.lines is not None else []
    findings = _shown(sources, surface)
    export = form.Export(
        surface=surface,
        made_at=made_at.isoformat(timespec="seconds"),
        operator=registration.operator,
        quarter=registration.quarter,
        report_dates=registration.report_dates,
        registration_sha256=sources.registration_sha256,
        ledger_sha256=sources.ledger_sha256,
        code_version=code_version(),
        catalogue_version=registration.catalogue_version,
        hypotheses=registration.hypotheses,
        q=registration.q,
        rho=sources.parameters.rho,
        exclusions={rule.id: {"fr": rule.fr, "en": rule.en, "since": rule.since} for rule in quality.RULES},
        lines_step=1 if surface == "inside" else STEP_LINES,
        counted=whole,
        bytes=tally.amount(counting, lambda pair: pair.bytes) if whole.lines is not None else None,
        first_day=days[0] if days else None,
        last_day=days[-1] if days else None,
        discarded=_discarded(in_scope, tally),
        also_struck=_also_struck(in_scope, tally),
        services=tuple(_services(sources, counting, tally)),
        networks=tuple(_networks(registration, counting, tally)),
        cells=tuple(_cells(sources, findings, tally)),
        regions=_regions(counting, tally),
        days=_days(counting, tally) if days else (),
        findings=tuple(_finding(one, sources, line_of, courses) for one in findings),
        disruptions=tuple(sources.disruptions),
    )
    return msgspec.convert(without_controls(msgspec.to_builtins(export)), form.Export)


def _shown(sources: Sources, surface: form.Surface) -> list[Finding]:
    """Findings that may be shown; inside, not those of today that have no pair."""
    present = [one for one in sources.judgement.findings if one.pairs or surface == "public"]
    return standing(sources.recorded, present, sources.history, surface)


def _finding(
    finding: Finding, sources: Sources, line_of: Mapping[str, str], courses: Courses
) -> form.ShownFinding:
    plain = msgspec.to_builtins(finding)
    names = {field.name for field in msgspec.structs.fields(form.ShownFinding)}
    taken: dict[str, Any] = {name: value for name, value in plain.items() if name in names}
    own = [one for one in sources.history if one.finding_id == finding.finding_id]
    withdrawn = is_withdrawn(finding, sources.history)
    pairs = [] if withdrawn else pairs_of(finding, sources.by_cell)
    left, of = withdrawn_of(finding, sources.gone)
    shown = form.ShownFinding(
        **taken,
        state=state_of(own, finding.finding_id),
        history=tuple(map(_change, own)),
        replies=tuple(sources.replies.get(finding.finding_id, ())),
        pictures=pictures(pairs, line_of, courses, sources.parameters.bin_s),
        left=left,
        left_of=of,
    )
    return msgspec.convert(msgspec.to_builtins(shown), form.ShownFinding)


def _change(one: Change) -> form.Change:
    """A line of the ledger; what a replication rests on is named by ids of findings, which are not for the public."""
    reply = one.evidence if one.state == "replied" else ()
    return form.Change(state=one.state, at=one.at, reason=one.reason, reply_sha256=reply)


def _grouped(pairs: Iterable[Observation], by: Callable[[Observation], str]) -> dict[str, list[Observation]]:
    found: dict[str, list[Observation]] = defaultdict(list)
    for pair in pairs:
        found[by(pair)].append(pair)
    return found


def _day(pair: Observation) -> str:
    return (EPOCH + pair.opened_at_us * _US).date().isoformat()


def _discarded(pairs: Iterable[Observation], tally: Tally) -> dict[str, int]:
    """Discarded pairs by rule; those of a rule that struck fewer than five lines are counted together."""
    by_rule = _grouped(
        (pair for pair in pairs if pair.discarded_by is not None), lambda pair: pair.discarded_by or ""
    )
    found: dict[str, int] = {}
    few: list[Observation] = []
    for rule, struck in sorted(by_rule.items()):
        if (amount := _amount(struck, tally)) is None:
            few += struck
        else:
            found[rule] = amount
    if (amount := _amount(few, tally)) is not None:
        found["other"] = amount
    return found


def _amount(pairs: Sequence[Observation], tally: Tally) -> int | None:
    return tally.counted(pairs, _day).pairs


def _also_struck(pairs: Iterable[Observation], tally: Tally) -> dict[str, int]:
    """Pairs that a rule struck beside the one they are counted under, where those are of five lines or more."""
    by_rule: dict[str, list[Observation]] = defaultdict(list)
    for pair in pairs:
        for rule in beside_first(pair):
            by_rule[rule].append(pair)
    amounts = {rule: _amount(of, tally) for rule, of in sorted(by_rule.items())}
    return {rule: amount for rule, amount in amounts.items() if amount is not None}


def _days(pairs: Sequence[Observation], tally: Tally) -> tuple[form.Day, ...]:
    """Each day with its count, as far as it may be told."""
    of_day = _grouped(pairs, _day)
    told = told_of(of_day, tally.line_of)
    return tuple(
        form.Day(day=day, counted=tally.counted(own if day in told else [], _day))
        for day, own in sorted(of_day.items())
    )


def _services(sources: Sources, pairs: Sequence[Observation], tally: Tally) -> Iterable[form.ServiceFacts]:
    of_service = _grouped(pairs, lambda pair: pair.service)
    registered = {cell.service for cell in sources.registration.cells}
    told = told_of(of_service, tally.line_of)
    for service in sources.registration.services:
        if service.id not in registered:
            continue
        entry = sources.catalogue.entry(service.id)
        yield form.ServiceFacts(
            id=service.id,
            title=service.title,
            names=service.names,
            pace_mbit_s=service.pace_bit_s / 1e6 or None,
            sector=entry.sector if entry else None,
            origin=entry.origin if entry else None,
            country=entry.country if entry else None,
            languages=entry.languages if entry else (),
            counted=tally.counted(of_service[service.id] if service.id in told else [], _day),
        )


def _networks(
    registration: Registration, pairs: Sequence[Observation], tally: Tally
) -> Iterable[form.NetworkFacts]:
    """Brands with their counts. Where the withheld ones together are too few, the smallest of the others is withheld too."""
    of_brand = _grouped(pairs, lambda pair: pair.brand)
    lines = {brand: tally.lines(own) for brand, own in of_brand.items()}
    told = _told(lines, form.FEWEST_LINES)
    for brand in sorted({cell.brand for cell in registration.cells}):
        yield form.NetworkFacts(
            brand=brand,
            asns=registration.asns.get(brand, ()),
            counted=tally.counted(of_brand[brand] if brand in told else [], _day),
        )


def _told(lines: Mapping[str, int], fewest: int) -> set[str]:
    """The groups whose numbers of lines may be told, so that the whole less these gives away no small rest."""
    told = sorted(
        (name for name, count in lines.items() if count >= fewest), key=lambda name: (-lines[name], name)
    )
    while (
        told and 0 < sum(lines.values()) - sum(lines[name] for name in told) < fewest
    ):  # ends: one less each time
        told.pop()
    return set(told)


def _cells(sources: Sources, findings: Sequence[Finding], tally: Tally) -> Iterable[form.CellFacts]:
    open_ones = {
        cell_key(one): one for one in findings if sources.state(one) in OPEN_STATES or certified(one)
    }
    named = {cell_key(one): one.finding_id for one in findings}
    counting = {
        key: [pair for pair in sources.by_cell.get(key, ()) if pair.discarded_by is None]
        for key in sources.registration.cells
    }
    told = told_cells(counting, tally.line_of)
    for key in sources.registration.cells:
        enough = tally.counted(counting[key], _day)
        yield form.CellFacts(
            **msgspec.structs.asdict(key),
            counted=enough if key in told else tally.counted([], _day),
            shown=shown_as(open_ones.get(key), sources.history, enough),
            finding_id=named.get(key),
        )


def _regions(pairs: Iterable[Observation], tally: Tally) -> tuple[form.Share, ...]:
    """Lines by declared region, those of ten lines or more by name; the rest together."""
    own: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        own[pair.region or ""].add(tally.line_of[pair.home])
    lines = {region: len(those) for region, those in own.items()}
    if sum(lines.values()) < form.FEWEST_LINES_REGION:
        return ()
    told = _told({region: count for region, count in lines.items() if region}, form.FEWEST_LINES_REGION)
    rest = sum(count for region, count in lines.items() if region not in told)
    if 0 < rest < form.FEWEST_LINES_REGION:
        smallest = min(told, key=lambda region: (lines[region], region))
        told.discard(smallest)
        rest += lines[smallest]
    shares = [
        form.Share(name=region, lines=tally.told(lines[region]))
        for region in sorted(told, key=lambda r: (-lines[r], r))
    ]
    return (*shares, form.Share(name=None, lines=tally.told(rest))) if rest else tuple(shares)

"""A finding in words: first plainly what was seen, then the numbers, then what they do not show. Both languages."""

import math
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from analysis.attribution import WANTING
from analysis.certificate import Certificate
from analysis.decide import CONTRADICTORY
from analysis.effect_sentences import effect
from analysis.finding import Finding
from analysis.finding_notes import (
    NOTE_BESIDE,
    NOTE_CHANGED,
    NOTE_LATE,
    NOTE_MANY_DISCARDS,
    NOTE_NO_DIGESTS,
    NOTE_NO_KEYS,
    NOTE_ONE_STRATUM,
    NOTE_OTHER_DOMAINS,
    NOTE_OTHER_RULES,
    NOTE_PROVISIONAL,
    NOTE_REFUTED,
    NOTE_REMEMBERS,
    NOTE_SECOND,
    NOTE_SECTOR,
    NOTE_SET_APART,
    NOTE_TAKEN_OUT,
)
from analysis.finding_numbers import e_value
from analysis.gates import CARRY_OVER, CONTROL_NOT_NEUTRAL, NOT_CONFIRMED
from analysis.grading import STRONG
from analysis.messages import say
from analysis.missing import BY_LABEL, BY_ORDER, TAKEN_OUT, TOO_MANY, UNFAIR
from analysis.needs import homes_needed
from analysis.stats.parameters import Parameters
from analysis.stretches import Stretch
from analysis.words import LANGUAGES, Language, amount, decimal, decimal_down, interval, percent

GATE_REASONS: Final = (
    "negative_failed", "placebo_failed", "positive_failed", "negative_unknown", "placebo_unknown", "neutral_unknown",
)  # fmt: skip
HELD_BACK: Final = frozenset(
    {CONTROL_NOT_NEUTRAL, NOT_CONFIRMED, CONTRADICTORY, CARRY_OVER, BY_ORDER, BY_LABEL, TOO_MANY, UNFAIR}
    | set(GATE_REASONS)
)
"""Reasons that withhold a finding however large E is; each has its sentence."""
PROVISIONAL_NOTES: Final = frozenset(
    {NOTE_PROVISIONAL, NOTE_OTHER_RULES, NOTE_NO_KEYS, NOTE_LATE, NOTE_SECOND}
)
BLOCKED_ABOVE: Final = 0.9
"""How much larger the share of failed originals is than that of failed controls where a service "did not get through"."""
PLAINLY: Final = frozenset(
    {"policer", "shaper", "burst_then_throttle", "low_priority", "blocking_tcp", "blocking_tls"}
)
"""Mechanisms whose names say nothing to a volunteer: some plain words follow."""
RATE_FELL: Final = 0.05
"""In ln units: a smaller fall of the rate is within the registered margin."""


def with_sentences(finding: Finding, parameters: Parameters) -> Finding:
    """The finding, with its sentences in every language."""
    texts = {language: tuple(sentences(finding, parameters, language)) for language in LANGUAGES}
    return msgspec.structs.replace(finding, sentences=texts)


def sentences(finding: Finding, parameters: Parameters, language: Language) -> Iterator[str]:
    """The sentences of a finding, in order."""
    place = {"service": finding.title, "cell": cell_text(finding)}
    if not finding.pairs:
        yield say("say.invalid" if finding.outcome == "invalid" else "say.no_pairs", language, **place)
        for reason in finding.reasons:
            if reason in HELD_BACK:
                yield say(f"say.{reason}", language)
        yield from _lost(finding, language)
        if NOTE_REFUTED not in finding.notes:
            yield say("say.limits_no_pairs", language)
        return
    if finding.outcome == "equivalent" and finding.certificate is not None:
        yield from _equivalent(finding, finding.certificate, language)
        return
    yield say(f"say.{_kind(finding)}", language, **place)
    for note in finding.notes:
        if note in PROVISIONAL_NOTES:
            yield say(f"say.{note}", language)
    yield from _beside(finding, language)
    if finding.outcome == "different":
        yield from _different(finding, language)
    else:
        yield from _undetermined(finding, parameters, language)


def _beside(finding: Finding, language: Language) -> Iterator[str]:
    """What else was registered for the quarter, and how many hypotheses that makes."""
    if NOTE_BESIDE in finding.notes:
        known = isinstance(finding.examined, int)
        others = 0 if finding.beside is msgspec.UNSET else len(finding.beside)
        name = f"say.{NOTE_BESIDE}" if known else "say.registrations_not_at_hand"
        yield say(name, language, others=others, own=finding.hypotheses, hypotheses=finding.examined)


def cell_text(finding: Finding) -> str:
    """The cell in one line."""
    return f"{finding.brand} / {finding.technology} / {finding.plan_class} / {finding.direction}"


def is_blocked(finding: Finding) -> bool:
    """Whether the headline says that the service did not get through."""
    return finding.outcome == "different" and _kind(finding) == "blocked"


def _kind(finding: Finding) -> str:
    """What the headline may say: a block only where nearly all failed, "slowed" only where the rate fell."""
    if finding.direction_of_effect != "slowed":
        return finding.direction_of_effect or (
            "distrusted" if finding.outcome == "invalid" else "undetermined"
        )
    if finding.mechanism == "altered":
        return "altered"
    original, control = (sum(finding.failures[role].values()) for role in ("original", "control"))
    if (original - control) / finding.pairs > BLOCKED_ABOVE:
        return "blocked"
    if finding.metric == "fail":
        return "failed_more"
    rates = [finding.effects[metric].value for metric in ("thr", "tail") if metric in finding.effects]
    if finding.metric in ("thr", "tail") or (rates and min(rates) < -RATE_FELL):
        return "slowed"
    return "took_longer" if finding.metric == "rtt" else "lost_more"


def _basis(finding: Finding, language: Language) -> Iterator[str]:
    yield say(
        "say.basis",
        language,
        pairs=finding.pairs,
        homes=finding.homes,
        bytes=amount(finding.bytes, language),
    )
    if finding.keys != finding.clusters:
        yield say("say.lines", language, keys=finding.keys, lines=finding.clusters)
    if NOTE_SET_APART in finding.notes:
        yield say(f"say.{NOTE_SET_APART}", language)


def _different(finding: Finding, language: Language) -> Iterator[str]:
    yield from _basis(finding, language)
    yield from effect(finding, language)
    share = finding.share_of_homes
    if share is not None:
        yield say(
            "say.share",
            language,
            affected=share.affected,
            homes=share.homes,
            value=percent(share.value, language),
            low=percent(share.low, language),
            high=percent(share.high, language),
        )
    if finding.mechanism is not None:
        yield say(
            "say.mechanism",
            language,
            mechanism=say(f"mechanism.{finding.mechanism}", language),
            plainly=say(f"plainly.{finding.mechanism}", language) if finding.mechanism in PLAINLY else "",
        )
    if finding.delivered_mbit_s is not None:
        yield from _rate(finding, language)
    if finding.stretches is not msgspec.UNSET:
        yield from _stretches(finding.stretches, language)
    yield from _place(finding, language)
    yield from _lost(finding, language)
    yield say(
        "say.e_value",
        language,
        e=decimal_down(finding.e_value, language),
        rho=percent(finding.rho, language),
        claim=say(f"claim.{finding.direction_of_effect}", language),
    )
    yield say("say.rho", language, rho=percent(finding.rho_at_bar, language))
    yield from _grade(finding, language)
    if NOTE_ONE_STRATUM in finding.notes:
        yield say("say.one_stratum", language)
    if NOTE_SECTOR in finding.notes:
        yield say("say.same_sector_alike", language)
    yield say("say.limits_different", language)


def _place(finding: Finding, language: Language) -> Iterator[str]:
    """Where on the path it can be placed, for which reasons; and what speaks against, or was not ruled out, apart from these."""
    if finding.attributed is msgspec.UNSET:
        return
    reasons = finding.attributed.reasons
    shown = [reason for reason in reasons if reason not in WANTING]
    wanting = [reason for reason in reasons if reason in WANTING]
    unknown = finding.attribution == "unknown"
    yield say(
        f"say.place_{finding.attribution}", language, reasons=_why(wanting if unknown else shown, language)
    )
    if rest := shown if unknown else wanting:
        yield say("say.place_known" if unknown else "say.place_open", language, reasons=_why(rest, language))


def _why(reasons: Iterable[str], language: Language) -> str:
    between = " ; " if language == "fr" else "; "
    return between.join(say(f"why.{reason}", language) for reason in reasons)


def _rate(finding: Finding, language: Language) -> Iterator[str]:
    over = finding.delivered
    if over is None or finding.delivered_mbit_s is None:
        return
    yield say(
        "say.rate",
        language,
        rate=decimal(finding.delivered_mbit_s, language),
        interval=interval(finding.interval, language),
        homes=over.homes,
        slowed=over.slowed_homes,
        coverage=percent(over.coverage, language),
        over=say(f"over.{over.basis}", language),
    )


def _stretches(stretches: Iterable[Stretch], language: Language) -> Iterator[str]:
    """What changed, and what was delivered in each stretch."""
    yield say(f"say.{NOTE_CHANGED}", language)
    for one in stretches:
        told = {"first": one.first_day, "last": one.last_day, "homes": one.homes, "pairs": one.pairs}
        change = "–" if one.effect is None else percent(math.expm1(one.effect.value), language)
        over = one.delivered
        if over is None:
            yield say("say.stretch_no_rate", language, change=change, **told)
            continue
        bounds = None if over.low is None or over.high is None else (over.low, over.high)
        yield say(
            "say.stretch",
            language,
            change=change,
            rate=decimal(over.rate, language),
            interval=interval(bounds, language),
            coverage=percent(over.coverage, language),
            **told,
        )


def _lost(finding: Finding, language: Language) -> Iterator[str]:
    """What is not there: discards and missing tickets by label, and where nobody could count them."""
    discarded = sum(finding.discards.values()) - finding.discards.get(TAKEN_OUT, 0)
    if discarded or finding.missing_tickets:
        by = {
            f"{part}_{role}": counts.get(role, 0)
            for part, counts in (("first", finding.discards_by_first), ("last", finding.discards_by_last))
            for role in ("original", "control")
        }
        yield say("say.lost", language, discarded=discarded, missing=finding.missing_tickets, **by)
    if NOTE_TAKEN_OUT in finding.notes:
        tests = () if finding.set_aside_for is msgspec.UNSET else finding.set_aside_for
        why = (" ; " if language == "fr" else "; ").join(say(f"aside.{test}", language) for test in tests)
        yield say(f"say.{NOTE_TAKEN_OUT}", language, pairs=finding.discards.get(TAKEN_OUT, 0), why=why)
    if finding.uncorroborated_by is not msgspec.UNSET:
        by = {role: finding.uncorroborated_by.get(role, 0) for role in ("original", "control", "both")}
        yield say("say.uncorroborated_by", language, **by)
    for note in (NOTE_REFUTED, NOTE_MANY_DISCARDS, NOTE_NO_DIGESTS, NOTE_OTHER_DOMAINS, NOTE_REMEMBERS):
        if note in finding.notes:
            yield say(f"say.{note}", language)


def _grade(finding: Finding, language: Language) -> Iterator[str]:
    """What grades 3 and 4 mean; below, what is wanting, where there are vetted homes at all."""
    if finding.grade > 2:
        yield say(f"say.grade_{finding.grade}", language)
    elif finding.second_test is not None and finding.second_test.homes:
        wanting = [name for name in STRONG if not finding.grade_checks.get(name)]
        yield say("say.wanting", language, list=_listed(wanting, language))
    if finding.nameable:
        rho = percent(finding.rho, language)
        together = finding.examined if isinstance(finding.examined, int) else finding.hypotheses
        yield say("say.nameable", language, hypotheses=together, rho=rho)


def _listed(checks: Iterable[str], language: Language) -> str:
    return " ; ".join(say(f"check.{name}", language) for name in checks)


def _equivalent(finding: Finding, shown: Certificate, language: Language) -> Iterator[str]:
    yield say(
        "say.equivalent",
        language,
        service=finding.title,
        cell=cell_text(finding),
        margin=percent(shown.margin, language),
        pace=decimal(shown.pace_mbit_s or 0.0, language),
        transport=shown.transport,
        first=shown.first_day,
        last=shown.last_day,
    )
    yield from _basis(finding, language)
    yield from _beside(finding, language)
    yield say(
        "say.certificate_share",
        language,
        most=percent(1 - shown.share, language),
        homes=shown.homes,
        e=decimal_down(e_value(shown.log_e), language),
        bar=decimal(e_value(shown.log_bar), language),
        q=percent(finding.q or 0.0, language),
    )
    yield from effect(finding, language)
    yield from _lost(finding, language)
    longest_s = 0.0 if shown.longest_run_s is msgspec.UNSET else shown.longest_run_s
    yield say(
        "say.limits_equivalent",
        language,
        bucket=amount(finding.largest_bucket_bytes or 0, language),
        seconds=decimal_down(longest_s, language),
    )


def _undetermined(finding: Finding, parameters: Parameters, language: Language) -> Iterator[str]:
    held_back = [reason for reason in finding.reasons if reason.partition(":")[0] in HELD_BACK]
    for reason in held_back:
        name, _, stratum = reason.partition(":")
        yield say(f"say.{name}", language, stratum=stratum)
    if not held_back and finding.grade >= 1:
        yield say("say.weak", language)
    yield from _basis(finding, language)
    yield from effect(finding, language)
    yield from _lost(finding, language)
    if not held_back and finding.outcome == "undetermined":
        yield from _needs(finding, parameters, language)
    if finding.certificate is not None and finding.certificate.homes:
        yield say("say.no_certificate", language, list=_listed(finding.certificate.wanting, language))
    yield say(
        "say.limits_undetermined",
        language,
        rate=decimal(finding.highest_rate_mbit_s or 0.0, language),
        bucket=amount(finding.largest_bucket_bytes or 0, language),
    )


def _needs(finding: Finding, parameters: Parameters, language: Language) -> Iterator[str]:
    yield say(
        "say.too_little",
        language,
        e=decimal_down(finding.e_value, language),
        bar=decimal(e_value(finding.log_bar), language),
        hypotheses=finding.hypotheses,
    )
    needed = homes_needed(finding.log_bar, parameters)
    if finding.near:
        yield say("say.near", language)
    if needed is not None and finding.homes < needed:
        yield say("say.needs_homes", language, needed=needed, homes=finding.homes)
    else:
        yield say("say.needs_pairs", language)

"""What a finding's page says: its figures with their words and tables, its numbers, its checks, its path and the reply."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from statistics import median
from typing import Any, Final

from markupsafe import Markup

from analysis.public.form import Point, ShownFinding
from analysis.public.reply import reply_code
from analysis.publish.cell_words import in_words
from dashboards.site import figures
from dashboards.site.apart import names_apart
from dashboards.site.model import Model, blocked, failed_share, is_certificate, parity, relative, verdict
from dashboards.site.words import ABSENT, Words

SERIES: Final[tuple[figures.Series, ...]] = ("within", "over", "hours")
BIN_S: Final = 0.2
FEWEST_POINTS: Final = 3
"""Fewer are no curve: they stand in the table alone."""
LARGEST_LOG: Final = 700.0
"""e to this is still a float."""


@dataclass(frozen=True)
class Shown:
    """A figure: its series, what it says in words, and its points as a table."""

    series: figures.Series
    alt: str
    points: Sequence[Point]
    drawn: bool = True


@dataclass(frozen=True)
class Row:
    """A number: its name, the value, and what surrounds it (an interval, a whole)."""

    name: str
    value: Markup
    around: Markup | str


def finding_context(
    finding: ShownFinding, model: Model, words: Words
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What the template needs, and the figures by series."""
    shown: list[Shown] = []
    drawn: dict[str, bytes] = {}
    for series in SERIES:
        points = getattr(finding.pictures, series)
        if not points or (series == "within" and blocked(finding)):
            continue
        if len(points) >= FEWEST_POINTS:
            drawn[series] = _drawn(series, points, finding, model, words)
        shown.append(Shown(series, _alt(series, points, finding, words), points, series in drawn))
    names = (finding.brand, finding.title, finding.service)
    sentences = [
        words.unbroken(names_apart(in_words(one, finding, words.language), names))
        for one in finding.sentences.get(words.language, ())
    ]
    context = {
        "finding": finding,
        "verdict": verdict(finding),
        "headline": sentences[0] if sentences else "",
        "details": sentences[1:-1],
        "limits": sentences[-1] if len(sentences) > 1 else "",
        "figures": shown,
        "failing": blocked(finding),
        "numbers": list(_numbers(finding, words)),
        "parity": parity(finding),
        "reply_state": reply_state(finding),
        "dates": {one.state: one.at for one in finding.history},
        "at_label": lambda series, point: at_label(series, point, words),
    }
    return context, drawn


def reply_state(finding: ShownFinding) -> str:
    """What to say in the reply's place where no text is at hand (``reply_code``)."""
    return reply_code({one.state for one in finding.history}, certificate=is_certificate(finding))


def at_label(series: str, point: Point, words: Words) -> str:
    """A point's place, as a table's first column has it."""
    if series == "within":
        return words.number(point.at)
    if series == "hours":
        return words.t("hour", hour=int(point.at))
    return words.moment(words.iso(point.at))


def _drawn(
    series: figures.Series, points: tuple[Point, ...], finding: ShownFinding, model: Model, words: Words
) -> bytes:
    step = {"within": BIN_S, "over": float(finding.pictures.step_s), "hours": 1.0}[series]
    if blocked(finding):
        return figures.failures(series, points, step, words.language)
    return figures.rates(series, points, step, words.language, model.pace(finding))


def _alt(series: str, points: Sequence[Point], finding: ShownFinding, words: Words) -> str:
    if blocked(finding):
        shares = {role: words.percent(failed_share(finding, role)) for role in ("original", "control")}
        return words.t("figure.failed.alt", **shares)
    rates: dict[str, str] = {}
    for role in ("original", "control"):
        known = [spread.mid for point in points if (spread := getattr(point, role)) is not None]
        value = (known[-1] if series == "within" else median(known)) if known else None
        rates[role] = ABSENT if value is None else words.number(value)
    return words.t(f"figure.{series}.alt", n=words.whole(len(points)), **rates)


def _numbers(finding: ShownFinding, words: Words) -> Iterator[Row]:
    data, t = words.data, words.t
    if finding.delivered_mbit_s is not None:
        shown = t("mbit_s", value=words.number(finding.delivered_mbit_s))
        value = data(finding.delivered_mbit_s, shown, "delivered_mbit_s")
        low, high = finding.interval or (None, None)
        yield Row(t("number.rate"), value, _between(words, low, high, "rate", words.number))
    if finding.effect is not None and finding.metric != "fail":
        yield _effect(finding, words)
    if finding.metric == "fail" or any(sum(by.values()) for by in finding.failures.values()):
        shares = [
            data(share, words.percent(share), f"failed_{role}")
            for role in ("original", "control")
            for share in (failed_share(finding, role),)
        ]
        yield Row(t("number.failed"), Markup(" / ").join(shares), "")
    share = finding.share_of_homes
    if share is not None:
        around = Markup("{} · {}").format(
            t("of", part=words.whole(share["affected"]), whole=words.whole(share["homes"])),
            _between(words, share["low"], share["high"], "share", words.percent),
        )
        yield Row(t("number.share"), data(share["value"], words.percent(share["value"]), "share"), around)
    bar = words.number(exp(min(finding.log_bar, LARGEST_LOG)))
    yield Row(t("number.e", bar=bar), data(finding.e_value, None, "e_value"), "")
    yield Row(t("number.grade"), data(finding.grade, None, "grade"), "")
    yield Row(t("number.homes"), data(finding.homes, words.whole(finding.homes), "homes"), "")
    if finding.left:
        of = t("of", part=words.whole(finding.left), whole=words.whole(finding.left_of))
        yield Row(t("number.left"), data(finding.left, of, "left"), "")
    yield Row(t("number.pairs"), data(finding.pairs, words.whole(finding.pairs), "pairs"), "")
    yield Row(t("number.bytes"), data(finding.bytes, words.amount(finding.bytes), "bytes"), "")
    lost = sum(finding.discards.values())
    yield Row(t("number.discards"), data(lost, words.whole(lost), "discards"), "")
    yield Row(t("number.missing"), data(finding.missing_tickets, None, "missing_tickets"), "")
    if finding.outcome == "different":
        yield Row(
            t("number.rho"), data(finding.rho_at_bar, words.percent(finding.rho_at_bar), "rho_at_bar"), ""
        )


def _effect(finding: ShownFinding, words: Words) -> Row:
    """Rates and times as a relative change, loss as points."""
    sign = 1.0 if finding.metric in ("thr", "tail") else -1.0
    over: Mapping[str, Any] = finding.effect or {}
    turned = {
        part: None if over.get(part) is None else sign * over[part] for part in ("value", "low", "high")
    }
    if finding.metric == "loss":
        value, one, other = turned["value"], turned["low"], turned["high"]
    else:
        value, one, other = (relative(turned, part) for part in ("value", "low", "high"))
    low, high = (one, other) if sign > 0 else (other, one)
    return Row(
        words.t(f"number.effect.{finding.metric}"),
        words.data(value, None if value is None else words.signed_percent(value), "relative"),
        _between(words, low, high, "relative", words.signed_percent),
    )


def _between(words: Words, low: float | None, high: float | None, field: str, write: Any) -> Markup | str:
    if low is None or high is None:
        return ""
    return words.between(
        words.data(low, write(low), f"{field}_low"), words.data(high, write(high), f"{field}_high")
    )

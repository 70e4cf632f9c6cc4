"""The sentences on a finding's effect: what a person reads of a difference, in per cent or points."""

import math
from collections.abc import Iterator

from analysis.finding import Finding
from analysis.messages import say
from analysis.stats.effect import Effect
from analysis.words import Language, percent


def effect(finding: Finding, language: Language) -> Iterator[str]:
    """How far the original was from the control, with its interval; shares that failed where any did."""
    if finding.metric == "fail" or any(finding.failures.values()):
        shares = {
            role: percent(sum(finding.failures[role].values()) / finding.pairs, language)
            for role in ("original", "control")
        }
        yield say("say.effect_fail", language, **shares)
    over = finding.effect
    if over is None or finding.metric == "fail":
        return
    name = "rate" if finding.metric in ("thr", "tail") else finding.metric
    value, low, high = _shown(over, finding.metric)
    bounds = "" if low is None or high is None else f"[{_signed(low, language)} … {_signed(high, language)}]"
    yield say(
        f"say.effect_{name}",
        language,
        value=_signed(value, language),
        interval=bounds or "[–]",
        coverage=percent(over.coverage, language),
        over=say(f"over.{over.basis}", language),
    )


def _shown(over: Effect, metric: str) -> tuple[float, float | None, float | None]:
    """What a person reads: the relative change of rate or RTT, or points of loss; the original against the control."""
    if metric in ("thr", "tail"):
        return _relative(over.value), _some(over.low, 1.0), _some(over.high, 1.0)
    if metric == "rtt":
        return _relative(-over.value), _some(over.high, -1.0), _some(over.low, -1.0)
    return -over.value, None if over.high is None else -over.high, None if over.low is None else -over.low


def _relative(log_ratio: float) -> float:
    return math.expm1(log_ratio)


def _some(log_ratio: float | None, sign: float) -> float | None:
    return None if log_ratio is None else _relative(sign * log_ratio)


def _signed(share: float, language: Language) -> str:
    text = percent(round(share, 4), language)
    return text if share < 0 else f"+{text}"

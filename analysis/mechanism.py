"""The mechanism of a slowed cell: rules in order over its facts (detection.md 6).

Only for cells that were flagged: these rules describe a difference, they do not find one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from analysis.cell import Cell
from analysis.mechanism_facts import STEADY_SPREAD, WAITED_US, MechanismFacts, cell_facts

REFUSED_TCP: Final = ("connect_", "start_")
TCP_ENDINGS: Final = frozenset({"tls_reset", "tls_timeout", "tls_eof", "transfer_reset", "transfer_eof"})
TLS_ENDINGS: Final = frozenset({"tls_alert", "tls_garbled", "tls_intercepted"})
ALTERED: Final = "transfer_corrupt"
HTTP_ENDINGS: Final = frozenset({"answered_by_other", "http_garbled"})


@dataclass(frozen=True)
class Rule:
    """If ``holds``, the mechanism is ``mechanism``. ``evidence`` names the facts it rests on."""

    id: str
    mechanism: str
    holds: Callable[[MechanismFacts], bool]
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Mechanism:
    """The mechanism, the rule that said so, and the numbers it rests on."""

    name: str
    rule: str
    evidence: dict[str, float | dict[str, int] | None]


def _by_tcp(failure: str) -> bool:
    return failure.startswith(REFUSED_TCP) or failure in TCP_ENDINGS


RULES: Final[tuple[Rule, ...]] = (
    Rule("blocked_http", "blocking_http", lambda f: f.blocked and f.ended_by(HTTP_ENDINGS.__contains__), ("blocked_share", "endings")),
    Rule("blocked_tls", "blocking_tls", lambda f: f.blocked and f.ended_by(TLS_ENDINGS.__contains__), ("blocked_share", "endings")),
    Rule("blocked_tcp", "blocking_tcp", lambda f: f.blocked and f.ended_by(_by_tcp), ("blocked_share", "endings")),
    Rule("corrupted", "altered", lambda f: f.blocked and f.ended_by(ALTERED.__eq__), ("blocked_share", "endings")),
    Rule("blocked_unclear", "unknown", lambda f: f.blocked, ("blocked_share", "endings")),
    Rule("stands_still", "blocking_tcp", lambda f: f.frozen_share > 0.5, ("frozen_share", "rate_ratio")),
    Rule("altered_on_its_way", "altered", lambda f: f.altered_share > 0.5, ("altered_share", "altered")),
    Rule("handshake_longer", "delay", lambda f: f.delayed, ("handshake_us", "transmission_us")),
    Rule("same_rate_lossy", "loss", lambda f: f.same_rate and f.lossy, ("rate_ratio", "loss")),
    Rule("same_rate", "unknown", lambda f: f.same_rate, ("rate_ratio", "loss", "queueing_us")),
    Rule("fast_then_slow", "burst_then_throttle", lambda f: f.burst_share > 0.5, ("burst_share", "shift_s", "before_shift_mbit_s")),
    Rule("fixed_rate_queue", "shaper", lambda f: f.fixed_rate and f.queued, ("late_spread", "pair_spread", "queueing_us", "loss")),
    Rule("fixed_rate", "policer", lambda f: f.fixed_rate and f.still and f.lossy, ("late_spread", "pair_spread", "queueing_us", "loss")),
    Rule("fixed_rate_no_loss", "unknown", lambda f: f.fixed_rate and not f.lossy, ("late_spread", "pair_spread", "queueing_us", "loss", "rate_ratio")),
    Rule("lost_in_bursts", "policer", lambda f: f.lossy and f.alike and f.in_bursts and (f.queueing_us or 0) <= WAITED_US, ("late_spread", "pair_spread", "queueing_us", "loss", "of_chance")),
    Rule("lossy", "loss", lambda f: f.lossy and (f.queueing_us or 0) <= WAITED_US, ("late_spread", "pair_spread", "queueing_us", "loss", "of_chance")),
    Rule("rates_differ", "low_priority", lambda f: not f.alike, ("late_spread", "queueing_us", "loss", "rate_ratio")),
    Rule("rate_moves", "low_priority", lambda f: f.pair_spread is not None and f.pair_spread >= STEADY_SPREAD, ("late_spread", "pair_spread", "queueing_us", "loss", "rate_ratio")),
    Rule("otherwise", "unknown", lambda _: True, ("late_spread", "pair_spread", "control_of_pace", "queueing_us", "loss", "rate_ratio")),
)  # fmt: skip
"""In order; the first that holds. Blocking comes first, for a blocked run has no rate to speak of."""


def mechanism_of(cell: Cell) -> Mechanism:
    """The mechanism of a cell that was found ``slowed``; ``unknown`` where no rule names one."""
    facts = cell_facts(cell)
    rule = next(rule for rule in RULES if rule.holds(facts))
    shown = {name: getattr(facts, name) for name in rule.evidence}
    return Mechanism(
        rule.mechanism, rule.id, {"affected_homes": facts.homes, **{n: _rounded(v) for n, v in shown.items()}}
    )


def _rounded(value: float | dict[str, int] | None) -> float | dict[str, int] | None:
    return round(value, 6) if isinstance(value, float) else value

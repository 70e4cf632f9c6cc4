"""The rule for latency: round trips under the service's name against those under a control, on the same line at the same time.

Name and control stand at once, towards a responder, and the coin decides their addresses: so the difference on a line is the
name's, or luck. Datagrams show no name and are left out: they tell of the line, of no service. Over lines: the median
difference with its interval of order statistics, which six lines at least give at 95 %, and which fewer odd homes than half
cannot move. Later means that the whole interval lies beyond 5 ms and beyond 5 % of the control's round trip. By integrity.md 7 such labels might earn an e-value; no registered metric counts echoes
yet, so this stays an observation, grade 1 at most; a delay is found by pairs (``rtt``).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

import msgspec

from analysis.direct.place import Place
from analysis.observe.opened import Resulted
from analysis.stats.order_interval import median_interval, middle
from probe.measurement.failures import OK
from probe.measurement.results import LatencyResult, Series

Phase = Literal["idle", "load"]
Condition = Literal["lines", "days", "later"]
LEAST_LINES: Final = 6
LEAST_DAYS: Final = 2
LEAST_ANSWERED: Final = 10
LEAST_LATER_MS: Final = 5.0
LEAST_LATER: Final = 0.05
"""ln units: delta (detection.md 4.4)."""


class Echoes(msgspec.Struct, frozen=True, kw_only=True):
    """One line's median round trips under a name less those under its control, and ln of their ratio."""

    measurement_id: str
    service: str
    phase: Phase
    line: str
    network: int
    day: str | None
    later_ms: float
    log_ratio: float


class LateEchoes(msgspec.Struct, frozen=True, kw_only=True, tag_field="rule", tag="latency"):
    """A service on a network, idle or under load. ``later_ms`` with its interval: over lines, above 0 the name is later."""

    service: str
    network: int
    phase: Phase
    lines: int
    days: int
    later_ms: float
    low_ms: float
    high_ms: float
    missing: tuple[Condition, ...]
    grade: Literal[0, 1]
    measurements: tuple[str, ...]


def echoes_of(resulted: Resulted, where: Place) -> Iterator[Echoes]:
    """The echoes in a latency whose line is known: one a phase."""
    measurement = resulted.measurement
    result = measurement.result
    if not isinstance(result, LatencyResult):
        return
    if where.network is None:
        return
    for phase in ("idle", "load"):
        medians = {s.role: s.p50_us for s in result.series if s.phase == phase and _counts(s)}
        original, control = medians.get("original"), medians.get("control")
        if original and control:
            yield Echoes(
                measurement_id=resulted.measurement_id.hex(),
                service=measurement.service,
                phase=phase,
                line=where.line,
                network=where.network,
                day=where.day,
                later_ms=(original - control) / 1000,
                log_ratio=math.log(original / control),
            )


def _counts(series: Series) -> bool:
    return series.carrier == "tcp" and series.failure == OK and series.answered >= LEAST_ANSWERED


def judge(echoes: Iterable[Echoes]) -> tuple[LateEchoes, ...]:
    """Every service on every network with two lines at least; deterministic, whatever the order of ``echoes``."""
    groups: dict[tuple[str, int, Phase], list[Echoes]] = defaultdict(list)
    for one in sorted(set(echoes), key=lambda one: one.measurement_id):
        groups[one.service, one.network, one.phase].append(one)
    judged = (_judged(key, own) for key, own in sorted(groups.items()))
    return tuple(one for one in judged if one is not None)


def _judged(key: tuple[str, int, Phase], own: Sequence[Echoes]) -> LateEchoes | None:
    lines: dict[str, list[Echoes]] = defaultdict(list)
    for one in own:
        lines[one.line].append(one)
    if len(lines) < 2:
        return None
    later = median_interval([middle([one.later_ms for one in line]) for line in lines.values()])
    ratio = median_interval([middle([one.log_ratio for one in line]) for line in lines.values()])
    low_ms, high_ms = round(later.low or 0.0, 6), round(later.high or 0.0, 6)
    days = len({one.day for one in own} - {None})
    fails: dict[Condition, bool] = {
        "lines": len(lines) < LEAST_LINES,
        "days": days < LEAST_DAYS,
        "later": low_ms <= LEAST_LATER_MS or round(ratio.low or 0.0, 6) <= LEAST_LATER,
    }
    missing = tuple(condition for condition, wanting in fails.items() if wanting)
    service, network, phase = key
    return LateEchoes(
        service=service,
        network=network,
        phase=phase,
        lines=len(lines),
        days=days,
        later_ms=round(later.median, 6),
        low_ms=low_ms,
        high_ms=high_ms,
        missing=missing,
        grade=0 if missing else 1,
        measurements=tuple(one.measurement_id for one in own),
    )

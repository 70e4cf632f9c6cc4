"""Reachability by cause: of the lines of a brand that looked at a service, how many met what. For the inside alone. Pure.

Observations, never findings (integrity.md 7): a layer that fails does not say who made it fail. A line counts once, by what it met most
often; equal often, by the better. Lines that reached nothing at all on a day were dark themselves and are left out of that day. A line is
its brand's where a responder saw it on one of the brand's registered networks, another's else: the brand is the home's word. Four nettests
are four denominators (reachability, dns, fetch, and pairs over plain HTTP), each told of five lines or more.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from msgspec import UNSET

from analysis.direct.reach import lit_visits
from analysis.observe.record import Observation
from analysis.public.form import FEWEST_LINES
from analysis.publish.beside import Beside
from analysis.publish.compared import OTHER
from analysis.registration import Registration
from collector.timeseries.lines import Point, Value
from probe.measurement.keys import quarter_of

REACHED: Final = "reached"
CAUSES: Final = (REACHED, "dns", "connect", "tls", "http", "other")
"""From best to worst, as ties are broken: the later the layer, the nearer the service; what has no one layer comes last."""
HONEST: Final = "honest"
FALSE: Final = "false"
KINDS: Final = ("answers", "pages", "heads")
"""What else a line met, honest or false: answers of dns, pages of fetch, heads and content of plain HTTP pairs."""
HTTP: Final = "replay_http"


class Met(NamedTuple):
    """One look of a line at a service: by which kind of nettest, what it met, and on which network (``None``: nobody saw)."""

    kind: str
    line: str
    brand: str
    network: int | None
    service: str
    what: str


def reach_points(
    beside: Beside,
    pairs: Iterable[Observation],
    line_of: Mapping[str, str],
    registration: Registration,
    time_ns: int,
) -> list[Point]:
    """One point a brand and service of which five lines looked; both are registered, so that tags are bounded. ``pairs`` are those that count."""
    titles = {one.id: one.title for one in registration.services}
    groups: dict[tuple[str, str], list[Met]] = defaultdict(list)
    for met in (*_looks(beside, registration.quarter), *_heads(pairs, line_of)):
        if met.service in titles:
            own = met.network in registration.asns.get(met.brand, ())
            groups[met.brand if own else OTHER, met.service].append(met)
    points = []
    for (brand, service), group in sorted(groups.items()):
        fields = _fields(group)
        if fields:
            tags = {"brand": brand, "service": service}
            points.append(Point("reach", tags, {**fields, "title": titles[service]}, time_ns))
    return points


def _looks(beside: Beside, quarter: str) -> Iterator[Met]:
    """Visits of lines that were not dark; answers and pages. Of this quarter, by a responder's day."""
    for visit in lit_visits(beside.visits):
        if _in_quarter(visit.day, quarter):
            brand = beside.brands.get(visit.line, "")
            yield Met("visits", visit.line, brand, visit.network, visit.service, visit.layer or REACHED)
    for sight in beside.sights:
        if _in_quarter(sight.day, quarter):
            kind = "pages" if sight.nettest == "fetch" else "answers"
            brand, what = beside.brands.get(sight.line, ""), HONEST if sight.kind is None else FALSE
            yield Met(kind, sight.line, brand, sight.network, sight.service, what)


def _in_quarter(day: str | None, quarter: str) -> bool:
    return day is not None and quarter_of(datetime.fromisoformat(day).replace(tzinfo=UTC)) == quarter


def _heads(pairs: Iterable[Observation], line_of: Mapping[str, str]) -> Iterator[Met]:
    """Pairs over plain HTTP: false where the original alone was altered on its way, for a proxy that treats all names alike alters both."""
    for one in pairs:
        runs = one.original, one.control
        altered = [run.altered for run in runs if run is not None and run.altered is not UNSET]
        if one.nettest == HTTP and len(altered) == len(runs):
            what = FALSE if altered[0] and not altered[1] else HONEST
            yield Met("heads", line_of[one.home], one.brand, one.asn, one.service, what)


def _fields(group: Iterable[Met]) -> dict[str, Value]:
    """Numbers of lines by what they met, each kind apart; nothing where no kind has five lines."""
    by_kind: dict[str, list[Met]] = defaultdict(list)
    for met in group:
        by_kind[met.kind].append(met)
    fields: dict[str, Value] = {}
    most = 0
    for kind in ("visits", *KINDS):
        found = _once(by_kind[kind], CAUSES if kind == "visits" else (HONEST, FALSE))
        lines = sum(found.values())
        if lines < FEWEST_LINES:
            continue
        most = max(most, lines)
        if kind == "visits":
            fields |= {"looked": lines} | {cause: found[cause] for cause in CAUSES}
        else:
            fields |= {f"{kind}_seen": lines, f"{kind}_false": found[FALSE]}
    return {"lines": most, **fields} if fields else {}


def _once(group: Iterable[Met], order: tuple[str, ...]) -> Counter[str]:
    """How many lines met what, each counted by what it met most often."""
    by_line: dict[str, Counter[str]] = defaultdict(Counter)
    for met in group:
        by_line[met.line][met.what] += 1
    return Counter(min(own, key=lambda what: (-own[what], order.index(what))) for own in by_line.values())

"""Reachability by cause: of the lines of a brand that looked at a service, how many met what. For the inside alone. Pure.

Observations, never findings (integrity.md 7): a layer that fails does not say who made it fail. A line counts once, by what it met most
often; equal often, by the better. Lines that reached nothing at all on a day were dark themselves and are left out of that day. Three
nettests are three denominators (reachability, dns, fetch), each told of five lines or more.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import Final, NamedTuple

from analysis.direct.reach import Visit, lit_visits
from analysis.direct.sights import Sight
from analysis.public.form import FEWEST_LINES
from analysis.publish.beside import Beside
from analysis.publish.compared import OTHER
from collector.timeseries.lines import Point, Value

REACHED: Final = "reached"
CAUSES: Final = (REACHED, "dns", "connect", "tls", "http", "other")
"""From best to worst, as ties are broken: the later the layer, the nearer the service; what has no one layer comes last."""
HONEST: Final = "honest"
FALSE: Final = "false"
TOLD: Final[Mapping[str, tuple[str, ...]]] = {"answers": (HONEST, FALSE), "pages": (HONEST, FALSE)}


class Met(NamedTuple):
    """One look of a line at a service: by which kind of nettest, and what it met."""

    kind: str
    line: str
    service: str
    day: str
    what: str


def reach_points(
    beside: Beside,
    brands: Collection[str],
    titles: Mapping[str, str],
    in_quarter: Callable[[str], bool],
    time_ns: int,
) -> list[Point]:
    """One point a brand and service of which five lines looked. ``brands`` and ``titles`` are what is registered, so that tags are bounded."""
    groups: dict[tuple[str, str], list[Met]] = defaultdict(list)
    for met in (*_visits(beside.visits), *_sights(beside.sights)):
        if met.service in titles and in_quarter(met.day):
            brand = beside.brands.get(met.line, "")
            groups[brand if brand in brands else OTHER, met.service].append(met)
    points = []
    for (brand, service), group in sorted(groups.items()):
        fields = _fields(group)
        if fields:
            tags = {"brand": brand, "service": service}
            points.append(Point("reach", tags, {**fields, "title": titles[service]}, time_ns))
    return points


def _visits(visits: Iterable[Visit]) -> Iterable[Met]:
    for one in lit_visits(visits):
        if one.day is not None:
            yield Met("visits", one.line, one.service, one.day, one.layer or REACHED)


def _sights(sights: Iterable[Sight]) -> Iterable[Met]:
    """Answers of dns, and pages of fetch: a sight says which by its kind where it is false, by ``nettest`` else."""
    for one in sights:
        if one.day is not None:
            kind = "pages" if one.nettest == "fetch" else "answers"
            yield Met(kind, one.line, one.service, one.day, HONEST if one.kind is None else FALSE)


def _fields(group: Iterable[Met]) -> dict[str, Value]:
    """Numbers of lines by what they met, each kind apart; nothing where no kind has five lines."""
    by_kind: dict[str, list[Met]] = defaultdict(list)
    for met in group:
        by_kind[met.kind].append(met)
    fields: dict[str, Value] = {}
    lines: set[Hashable] = set()
    for kind, order in (("visits", CAUSES), *TOLD.items()):
        found = _once(by_kind[kind], order)
        if sum(found.values()) < FEWEST_LINES:
            continue
        lines |= {met.line for met in by_kind[kind]}
        if kind == "visits":
            fields |= {"looked": sum(found.values())} | {cause: found[cause] for cause in CAUSES}
        else:
            fields |= {f"{kind}_seen": sum(found.values()), f"{kind}_false": found[FALSE]}
    return {"lines": len(lines), **fields} if fields else {}


def _once(group: Iterable[Met], order: tuple[str, ...]) -> Counter[str]:
    """How many lines met what, each counted by what it met most often."""
    by_line: dict[str, Counter[str]] = defaultdict(Counter)
    for met in group:
        by_line[met.line][met.what] += 1
    return Counter(min(own, key=lambda what: (-own[what], order.index(what))) for own in by_line.values())

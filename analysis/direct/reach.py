"""The rule for reachability: a service that the lines of one network do not reach, by the same layer, while others do.

A service can be down by itself, a home can be offline, a filter can be a family's own. So: five lines of one network, half at
least of those that looked, on two days, fail in the same layer, while five lines of other networks reach the service and
hardly any of theirs fails. Lines that reach nothing at all say something of themselves and nothing of the service: they are
counted apart, by network and day, which is what a disruption looks like from within. An observation: grade 1 at most
(integrity.md 7), and never a mechanism, for a layer that fails does not say who made it fail.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from analysis.direct.place import Place
from analysis.observe.opened import Resulted
from probe.measurement.failures import OK
from probe.measurement.results import Look, ReachabilityResult

Layer = Literal["dns", "connect", "tls", "http", "other"]
Condition = Literal["network_unknown", "lines", "days", "share", "elsewhere_unseen", "elsewhere_too"]
LAYERS: Final[tuple[Layer, ...]] = ("dns", "connect", "tls", "http")
UNSENT: Final = "address_forbidden"
LEAST_LINES: Final = 5
LEAST_DAYS: Final = 2
LEAST_ELSEWHERE: Final = 5
LEAST_SHARE: Final = 0.5
MOST_ELSEWHERE: Final = 0.1
"""Of the lines elsewhere, so many may fail of their own accord."""
DARK_SERVICES: Final = 2
"""A line that looked at so many services on a day and reached none of them was dark itself."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One home's look at a service. ``layer``: where it failed, in a second try too; ``None``: it is there."""

    measurement_id: str
    service: str
    line: str
    network: int | None
    day: str | None
    layer: Layer | None


class Unreached(msgspec.Struct, frozen=True, kw_only=True, tag_field="rule", tag="unreached"):
    """A service that lines of a network did not reach. ``missing``: the conditions that do not hold.

    Lines: ``lines`` failed in ``layer``, ``reached_lines`` of the same network reached the service and never failed;
    ``elsewhere_lines`` of other networks reached it, ``elsewhere_failed`` did not.
    """

    service: str
    network: int | None
    layer: Layer
    lines: int
    days: int
    reached_lines: int
    elsewhere_lines: int
    elsewhere_failed: int
    missing: tuple[Condition, ...]
    grade: Literal[0, 1]
    measurements: tuple[str, ...]


class Dark(msgspec.Struct, frozen=True, kw_only=True, tag_field="rule", tag="dark"):
    """Lines of a network that on a day reached none of the services they looked at, of ``looked`` that looked at some."""

    network: int | None
    day: str | None
    lines: int
    looked: int


def visit_of(resulted: Resulted, where: Place) -> Visit | None:
    """The visit in a result of reachability; ``None`` for another nettest, or where nothing was sent."""
    measurement = resulted.measurement
    if not isinstance(measurement.result, ReachabilityResult):
        return None
    last: dict[str, Look] = {look.host: look for look in measurement.result.looks}
    sent = [look.failure for look in last.values() if look.failure != UNSENT]
    if not sent:
        return None
    layers = {_layer(failure) for failure in sent}
    return Visit(
        measurement_id=resulted.measurement_id.hex(),
        service=measurement.service,
        line=where.line,
        network=where.network,
        day=where.day,
        layer=None if OK in sent else layers.pop() if len(layers) == 1 else "other",
    )


def _layer(failure: str) -> Layer:
    return next((layer for layer in LAYERS if failure.startswith(f"{layer}_")), "other")


def judge(visits: Iterable[Visit]) -> tuple[tuple[Unreached, ...], tuple[Dark, ...]]:
    """What was not reached, by service, network and layer; and dark lines. Deterministic, whatever the order."""
    every = sorted(set(visits), key=lambda visit: visit.measurement_id)
    dark, lit = _dark(every)
    groups: dict[tuple[str, int | None, Layer], list[Visit]] = defaultdict(list)
    for visit in lit:
        if visit.layer is not None:
            groups[visit.service, visit.network, visit.layer].append(visit)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0], item[0][1] or 0, item[0][2]))
    return tuple(_judged(group, lit) for _, group in ordered), dark


def lit_visits(visits: Iterable[Visit]) -> list[Visit]:
    """The visits of lines that were not dark on that day."""
    return _dark(sorted(set(visits), key=lambda visit: visit.measurement_id))[1]


def _dark(every: Sequence[Visit]) -> tuple[tuple[Dark, ...], list[Visit]]:
    """Dark lines by network and day, and the visits of all others."""
    days: dict[tuple[int | None, str | None, str], list[Visit]] = defaultdict(list)
    for visit in every:
        days[visit.network, visit.day, visit.line].append(visit)
    gone = {
        key
        for key, own in days.items()
        if len({visit.service for visit in own}) >= DARK_SERVICES and all(visit.layer for visit in own)
    }
    where = sorted({key[:2] for key in gone}, key=lambda place: (place[0] or 0, place[1] or ""))
    told = tuple(
        Dark(
            network=network,
            day=day,
            lines=sum(key[:2] == (network, day) for key in gone),
            looked=sum(key[:2] == (network, day) for key in days),
        )
        for network, day in where
    )
    return told, [visit for visit in every if (visit.network, visit.day, visit.line) not in gone]


def _judged(group: Sequence[Visit], lit: Sequence[Visit]) -> Unreached:
    one = group[0]
    days = {visit.day for visit in group} - {None}
    of_service = [visit for visit in lit if visit.service == one.service]
    failed = {(visit.network, visit.line) for visit in of_service if visit.layer is not None}
    reached = {(visit.network, visit.line) for visit in of_service if visit.layer is None} - failed
    lines = {visit.line for visit in group}
    looked = {(n, line) for n, line in failed | reached if n == one.network}
    elsewhere = {place for place in reached if place[0] not in (one.network, None)}
    elsewhere_failed = {place for place in failed if place[0] not in (one.network, None)}
    fails: dict[Condition, bool] = {
        "network_unknown": one.network is None,
        "lines": len(lines) < LEAST_LINES,
        "days": len(days) < LEAST_DAYS,
        "share": len(lines) < LEAST_SHARE * len(looked),
        "elsewhere_unseen": len(elsewhere) < LEAST_ELSEWHERE,
        "elsewhere_too": len(elsewhere_failed) > MOST_ELSEWHERE * len(elsewhere | elsewhere_failed),
    }
    missing = tuple(condition for condition, wanting in fails.items() if wanting)
    return Unreached(
        service=one.service,
        network=one.network,
        layer=one.layer or "other",
        lines=len(lines),
        days=len(days),
        reached_lines=sum(network == one.network for network, _ in reached),
        elsewhere_lines=len(elsewhere),
        elsewhere_failed=len(elsewhere_failed),
        missing=missing,
        grade=0 if missing else 1,
        measurements=tuple(visit.measurement_id for visit in group),
    )

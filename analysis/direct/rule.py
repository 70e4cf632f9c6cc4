"""The rule for false answers (integrity.md 7): the same in five homes of two router models, on two days, and on no other network.

A router's firmware, a parental filter or a home's own blocklist lies to one home, or to all of a model; a network lies to its
lines. What fails a condition stays an observation and says which. No measurement tells the router's model today, so that
condition holds nowhere yet: what fulfils all others is ``corroborated`` (grade 1), and accuses nobody. A page under a valid certificate of
the service's is its own word, or its delivery network's (a licence, an order, a fault): no line in between could have written it.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from analysis.direct.sights import Kind, Sight

LEAST_LINES: Final = 5
LEAST_DAYS: Final = 2
LEAST_SHARE: Final = 0.5
"""Of the network's lines that looked, so many were answered falsely, as in ``reach``: a filter that a few families chose is not the network's."""
LEAST_ELSEWHERE: Final = 5
"""Lines of other networks that saw the service and nothing false: else nobody knows that it is absent there."""

Condition = Literal[
    "network_unknown",
    "asn",
    "certificate",
    "lines",
    "share",
    "router_models",
    "days",
    "elsewhere_unseen",
    "elsewhere_too",
]
WITH_ADDRESSES: Final = ("false_address", "injected")
"""Kinds whose answers must lie in a network that is known not to be the service's."""
MECHANISMS: Final = {
    "denied": "blocking_dns",
    "false_address": "blocking_dns",
    "injected": "blocking_dns",
    "page": "blocking_http",
}


class FalseAnswer(msgspec.Struct, frozen=True, kw_only=True, tag_field="rule", tag="false_answer"):
    """The same false answer about a service on one network. ``missing``: the conditions that do not hold.

    ``lines`` saw it, ``honest_lines`` of the same network did not; ``elsewhere_lines`` of other networks saw the service
    honestly. ``asns`` are networks of the false addresses, by the table of networks whose SHA-256 is ``mmdb_sha256`` (hex).
    ``grade`` 1: all holds that can be known today.
    """

    service: str
    network: int | None
    kind: Kind
    mechanism: str
    answer: str
    asns: tuple[int, ...]
    lines: int
    days: int
    honest_lines: int
    elsewhere_lines: int
    missing: tuple[Condition, ...]
    grade: Literal[0, 1]
    measurements: tuple[str, ...]
    mmdb_sha256: str | None = None


def judge(sights: Iterable[Sight], mmdb_sha256: str | None = None) -> tuple[FalseAnswer, ...]:
    """Every false answer, by service, network, kind and answer; deterministic, whatever the order of ``sights``.

    ``mmdb_sha256`` names the table that their networks are from, if one was asked.
    """
    every = sorted(set(sights), key=lambda sight: sight.measurement_id)
    groups: dict[tuple[str, int | None, Kind, str], list[Sight]] = defaultdict(list)
    for sight in every:
        if sight.kind is not None:
            groups[sight.service, sight.network, sight.kind, sight.answer].append(sight)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0], item[0][1] or 0, *item[0][2:]))
    return tuple(_judged(group, every, mmdb_sha256) for _, group in ordered)


def _judged(group: list[Sight], every: list[Sight], mmdb_sha256: str | None) -> FalseAnswer:
    one = group[0]
    lines = {sight.line for sight in group}
    of_service = [sight for sight in every if sight.service == one.service]
    liars = {sight.line for sight in of_service if sight.kind is not None}
    honest = {(s.network, s.line) for s in of_service if s.kind is None and s.line not in liars}
    own_liars = {sight.line for sight in of_service if sight.network == one.network and sight.line in liars}
    own_honest = {line for network, line in honest if network == one.network}
    elsewhere = {line for network, line in honest if network not in (one.network, None)}
    same_elsewhere = any(
        (s.kind, s.answer) == (one.kind, one.answer) and s.network != one.network for s in of_service
    )
    days = {sight.day for sight in group} - {None}
    failed: dict[Condition, bool] = {
        "network_unknown": one.network is None,
        "asn": _of_nobody_known(group),
        "certificate": any(sight.vouched for sight in group),
        "lines": len(lines) < LEAST_LINES,
        "share": len(own_liars) < LEAST_SHARE * len(own_liars | own_honest),
        "router_models": True,
        "days": len(days) < LEAST_DAYS,
        "elsewhere_unseen": len(elsewhere) < LEAST_ELSEWHERE,
        "elsewhere_too": same_elsewhere,
    }
    missing = tuple(condition for condition, fails in failed.items() if fails)
    return FalseAnswer(
        service=one.service,
        network=one.network,
        kind=one.kind or "denied",
        mechanism=MECHANISMS[one.kind or "denied"],
        answer=one.answer,
        asns=tuple(sorted({asn for sight in group for asn in sight.asns})),
        lines=len(lines),
        days=len(days),
        honest_lines=sum(network == one.network for network, _ in honest),
        elsewhere_lines=len(elsewhere),
        missing=missing,
        grade=1 if missing == ("router_models",) else 0,
        measurements=tuple(sight.measurement_id for sight in group),
        mmdb_sha256=mmdb_sha256,
    )


def _of_nobody_known(group: list[Sight]) -> bool:
    """Whether it answered addresses that are not known to lie outside the service's networks."""
    one = group[0]
    return one.kind in WITH_ADDRESSES and bool(one.answer) and not all(sight.foreign for sight in group)

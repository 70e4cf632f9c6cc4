"""Contrary: what nettests without pairs met that a certificate must not contradict (integrity.md 10).

A false answer, a service that lines do not reach, an object that comes slower than elsewhere: each by its rule, at grade 1, in
the quarter. None of it accuses anybody, and all of it is reason enough not to certify that nothing is done to that service there.
Homes need not be vetted: whoever could invent so many lines could as well weigh against the certificate with pairs.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from analysis.direct import fetched, reach, rule
from analysis.direct.command import read


class Against(NamedTuple):
    """By which rule (``Told``), of which service, on which network (ASN)."""

    rule: str
    service: str
    network: int


NOTHING: frozenset[Against] = frozenset()


def nothing() -> frozenset[Against]:
    """Of a source that holds no such results."""
    return NOTHING


def against(store: Path, quarter: str, until_us: int | None = None) -> frozenset[Against]:
    """Of a collector's folder, all that has grade 1; with ``until_us`` of what had been received by then."""
    return frozenset(_graded(store, quarter, until_us))


def _graded(store: Path, quarter: str, until_us: int | None) -> Iterator[Against]:
    seen = read(store, quarter=quarter, until_us=until_us)
    unreached, _ = reach.judge(seen.visits)
    for name, told in (
        ("false_answer", rule.judge(seen.sights)),
        ("unreached", unreached),
        ("fetch", fetched.judge(seen.transfers)),
    ):
        for one in told:
            if one.grade and one.network is not None:
                yield Against(name, one.service, one.network)

"""Results without pairs, by a registration: which services, networks, dates and thresholds was fixed before anybody looked.

The family are the registered services on the registered networks, in the quarter, measured after the registration was made; results
of these services elsewhere are what they are compared with. The thresholds are constants of the rules: a registration holds them by name,
and by others nothing is judged. Witnesses count by the registered keys alone. What was used is named by id, the SHA-256 of its signed bytes.
Which keys are one home's the operator's roster tells: a report says so of those that it used, for no bundle of these holds a roster.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import msgspec

from analysis.clusters import NOBODY
from analysis.direct import fetched, late, reach, rule
from analysis.direct.command import Told, judge, seen_in
from analysis.direct.place import Place, results_in, said_of
from analysis.messages import Trouble
from analysis.observe.opened import Resulted
from analysis.registration import Registration
from analysis.responders import key_sha256
from analysis.version import code_version, rules_sha256
from collector.quarters import unix_us
from collector.stored import StoredMeasurement
from probe.measurement.keys import quarter_of
from probe.networks import Networks

RULED: Final = frozenset({"dns", "fetch", "reachability", "latency"})


def thresholds() -> dict[str, float]:
    """Every threshold of the rules, by rule and name: what a registration fixes."""
    return {
        "false_answer.lines": rule.LEAST_LINES,
        "false_answer.days": rule.LEAST_DAYS,
        "false_answer.elsewhere": rule.LEAST_ELSEWHERE,
        "unreached.lines": reach.LEAST_LINES,
        "unreached.days": reach.LEAST_DAYS,
        "unreached.share": reach.LEAST_SHARE,
        "unreached.elsewhere": reach.LEAST_ELSEWHERE,
        "unreached.failing_elsewhere": reach.MOST_ELSEWHERE,
        "dark.services": reach.DARK_SERVICES,
        "fetch.lines": fetched.LEAST_LINES,
        "fetch.bytes": fetched.LEAST_BYTES,
        "fetch.placebos": fetched.LEAST_PLACEBOS,
        "fetch.p": fetched.MOST_P,
        "fetch.difference": round(fetched.LEAST_SIZE, 6),
        "latency.lines": late.LEAST_LINES,
        "latency.days": late.LEAST_DAYS,
        "latency.answered": late.LEAST_ANSWERED,
        "latency.later_ms": late.LEAST_LATER_MS,
        "latency.later": late.LEAST_LATER,
    }


class Used(msgspec.Struct, frozen=True, order=True):
    """A result that took part: its id, which is the SHA-256 (hex) of its signed bytes, and its nettest."""

    measurement_id: str
    nettest: str


class DirectReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen by rule, and all it rests on. ``told`` are the registered networks' alone, each of grade 1 at most.

    ``used`` are the results that took part, those of other networks among them; ``before_registration`` and ``other_services`` were left
    out, ``damaged`` could not be read. ``joined``: of each key (hex) that is one home's with others of these, the smallest of them. ``mmdb_sha256``: of the table of networks that was asked, if one was. ``report_date``: whether
    this is a registered one; ``other_rules``: whether the code that judged is not the registered one.
    """

    schema_version: int = 1
    finding_id: str
    registration_sha256: str
    quarter: str
    judged_at: str
    code_version: str
    report_date: bool
    other_rules: bool
    thresholds: dict[str, float]
    mmdb_sha256: str | None
    told: tuple[Told, ...]
    used: tuple[Used, ...]
    joined: dict[str, str] = {}
    before_registration: int = 0
    other_services: int = 0
    damaged: tuple[str, ...] = ()


class RegisteredKeys:
    """The signing keys of responders, by the hashes that a registration holds; ``in`` asks for a key's bytes."""

    def __init__(self, registration: Registration) -> None:
        self._hashes = {one for every in registration.responder_keys.values() for one in every}

    def __contains__(self, key: object) -> bool:
        return isinstance(key, bytes) and key_sha256(key) in self._hashes


def report(
    rows: Iterable[StoredMeasurement],
    registration: Registration,
    digest: str,
    *,
    now: datetime,
    networks: Networks | None = None,
    joined: Mapping[str, str] = NOBODY,
    file_of: Callable[[StoredMeasurement], str] = lambda row: row.file,
) -> DirectReport:
    """By each rule in turn, of what had been received by ``now``; raises ``Trouble`` for a registration that fixed no such rules.

    ``joined``: keys that are one home's, see ``place.lines_of``.
    """
    _check(registration)
    keys, damaged = RegisteredKeys(registration), list[str]()
    services = {one.id for one in registration.services}
    made_at_us = unix_us(datetime.fromisoformat(registration.made_at))
    until_us = unix_us(now)
    own: list[tuple[Resulted, Place]] = []
    early = elsewhere = 0
    received = (row for row in rows if row.received_at_us <= until_us)
    for one, where in results_in(received, keys, file_of, damaged):
        at_us = _at_us(one, keys)
        measurement = one.measurement
        if measurement.nettest not in RULED or quarter_of(_moment(at_us)) != registration.quarter:
            continue
        if measurement.service not in services:
            elsewhere += 1
        elif at_us < made_at_us:
            early += 1
        else:
            own.append((one, where))
    used = tuple(sorted({Used(one.measurement_id.hex(), one.measurement.nettest) for one, _ in own}))
    asns = {number for every in registration.asns.values() for number in every}
    known = _among({where.line for _, where in own}, joined)
    told = tuple(
        one for one in judge(seen_in(own, networks, known), networks) if getattr(one, "network", None) in asns
    )
    homes = [f"{home} {other}" for home, other in known.items()]
    ids = "\n".join([digest, *(one.measurement_id for one in used), *homes])
    return DirectReport(
        finding_id=sha256(ids.encode()).hexdigest()[:24],
        registration_sha256=digest,
        quarter=registration.quarter,
        judged_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        code_version=code_version(),
        report_date=now.astimezone(UTC).date().isoformat() in registration.report_dates,
        other_rules=registration.rules_sha256 != rules_sha256(),
        thresholds=registration.direct,
        mmdb_sha256=None if networks is None else networks.sha256.hex(),
        told=told,
        used=used,
        joined=known,
        before_registration=early,
        other_services=elsewhere,
        damaged=tuple(sorted(damaged)),
    )


def _among(homes: Iterable[str], joined: Mapping[str, str]) -> dict[str, str]:
    """Of these homes those that are joined with another of them, each with the smallest of theirs."""
    of_line: dict[str, list[str]] = {}
    for home in sorted(homes):
        of_line.setdefault(joined.get(home, home), []).append(home)
    found = {home: own[0] for own in of_line.values() if len(own) > 1 for home in own}
    return dict(sorted(found.items()))


def _check(registration: Registration) -> None:
    """Raises ``Trouble`` unless thresholds and keys were fixed, and the thresholds are those of this code."""
    if not registration.direct:
        raise Trouble("direct.not_registered")
    here = thresholds()
    other = sorted(
        name
        for name in here.keys() | registration.direct.keys()
        if here.get(name) != registration.direct.get(name)
    )
    if other:
        raise Trouble("direct.other_thresholds", names=", ".join(other), version=registration.code_version)
    if not registration.responder_keys:
        raise Trouble("direct.no_keys")


def _at_us(one: Resulted, keys: RegisteredKeys) -> int:
    """When: the earliest word of a responder, which came after what it is about began; without one by the home's clock."""
    said = [statement.closed_at_us for statement in said_of(one.measurement, keys)]
    return min(said, default=unix_us(one.measurement.started_at))


def _moment(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1e6, UTC)

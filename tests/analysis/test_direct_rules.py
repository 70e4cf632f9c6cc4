"""Reachability, fetch and latency by rule: each condition is named, innocents are quiet, and no grade is above 1."""

import math
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from analysis.direct import fetched, late, reach
from analysis.direct.fetched import Transfer, transfer_of
from analysis.direct.late import Echoes, echoes_of
from analysis.direct.place import Place, lines_of, place_of
from analysis.direct.reach import Visit, visit_of
from analysis.observe.opened import Resulted
from collector.fleet.glance import glance
from probe.measurement.envelope import decode
from probe.measurement.receipt import Path, Statement
from probe.measurement.results import ReachabilityResult, Series
from probe.measurement.signing import STATEMENT, document_id, public_bytes, sign
from tests.support.documents import key_from, make_plan
from tests.support.plans import unix_us
from tests.support.results import LOOK, SAMPLES, make_result_document, with_results

RESPONDER, HOME = key_from(random.Random(1)), key_from(random.Random(2))
PLAN = with_results(make_plan(RESPONDER))
KEYS = frozenset({PLAN.responders[0].key})
START = datetime(2026, 11, 21, 12, tzinfo=UTC)


def signed(asn: int | None = 64500) -> Any:
    """A responder's word on the line."""
    path = Path(address_family="ipv4", asn=asn, line_tag=bytes(16))
    facts: dict[str, Any] = {"pair_id": bytes(16), "ticket_sha256": bytes(32), "path": path, "receipts": ()}
    return sign(RESPONDER, STATEMENT, Statement(**facts, closed_at_us=unix_us(START)))


def resulted(result: Any, *witnesses: Any) -> Resulted:
    """A stored result as it is opened."""
    body = make_result_document(HOME, PLAN, "s1", START, result, witnesses=witnesses).body_bytes()
    return Resulted(document_id(body), decode(body))


def seen_by(of: Any, result: Resulted) -> Any:
    """What ``of`` makes of a result, with its place."""
    return of(result, place_of(result.measurement, KEYS))


def looks(*failures: str) -> ReachabilityResult:
    """Looks at names, one after the other; the same name twice where a failure is repeated."""
    return ReachabilityResult(
        looks=tuple(replace(LOOK, host=f"{n}.example", failure=f) for n, f in enumerate(failures))
    )


@pytest.mark.parametrize(
    ("failures", "layer"),
    [
        (("ok",), None),
        (("connect_timeout", "ok"), None),
        (("dns_nxdomain",), "dns"),
        (("tls_reset", "tls_alert"), "tls"),
        (("http_timeout", "tls_alert"), "other"),
        (("address_forbidden", "connect_refused"), "connect"),
    ],
)
def test_what_a_visit_shows(failures: tuple[str, ...], layer: str | None) -> None:
    """A service is there if one of its names is; else the layer that failed, where it was one."""
    visit = seen_by(visit_of, resulted(looks(*failures), signed()))
    assert visit is not None
    assert (layer, 64500, public_bytes(HOME).hex()) == (visit.layer, visit.network, visit.line)


def test_what_is_no_visit() -> None:
    """Where nothing was sent nothing was seen; a second look that goes well is the one that counts; other nettests are none."""
    assert seen_by(visit_of, resulted(looks("address_forbidden"), signed())) is None
    assert seen_by(visit_of, resulted(SAMPLES["dns"], signed())) is None
    twice = ReachabilityResult(looks=(replace(LOOK, failure="tls_reset"), replace(LOOK, order=1)))
    visit = seen_by(visit_of, resulted(twice, signed()))
    assert visit is not None
    assert visit.layer is None


def visits(
    network: int | None, lines: int, layer: Any = None, service: str = "s1", days: int = 2
) -> list[Visit]:
    """So many lines of a network that looked on so many days."""
    return [
        Visit(measurement_id=f"{network}-{n}-{day}-{service}-{layer}", service=service, line=f"{network}-{n}-{layer}",
              network=network, day=f"2026-11-{20 + day}", layer=layer)
        for n in range(lines) for day in range(days)
    ]  # fmt: skip


CASES: dict[str, tuple[list[Visit], tuple[str, ...]]] = {
    "five lines, two days, reached elsewhere": (visits(1, 5, "tls") + visits(2, 5), ()),
    "four lines": (visits(1, 4, "tls") + visits(2, 5), ("lines",)),
    "one day": (visits(1, 5, "tls", days=1) + visits(2, 5), ("days",)),
    "most of the network reaches it": (visits(1, 5, "tls") + visits(1, 6) + visits(2, 5), ("share",)),
    "nobody elsewhere looked": (visits(1, 5, "tls"), ("elsewhere_unseen",)),
    "the service is down": (
        visits(1, 5, "tls") + visits(2, 5, "connect"),
        ("elsewhere_unseen", "elsewhere_too"),
    ),
    "no witness": (visits(None, 5, "tls") + visits(2, 5), ("network_unknown",)),
}


@pytest.mark.parametrize("case", CASES)
def test_each_condition_of_reachability(case: str) -> None:
    """What is missing is named; grade 1 only where nothing is, and never more."""
    seen, missing = CASES[case]
    random.Random(5).shuffle(seen)
    unreached, dark = reach.judge(seen)
    found = next(one for one in unreached if one.network in (1, None))
    assert ((), missing, int(not missing), "tls") == (dark, found.missing, found.grade, found.layer)


def test_lines_that_reach_nothing_say_nothing_of_a_service() -> None:
    """An outage of five lines, each of which looked at two services: counted by network and day, and no service is named."""
    off = visits(1, 5, "connect") + visits(1, 5, "connect", service="s2")
    unreached, dark = reach.judge([*off, *visits(1, 3), *visits(2, 5)])
    assert () == unreached
    assert [(1, "2026-11-20", 5, 8), (1, "2026-11-21", 5, 8)] == [
        (one.network, one.day, one.lines, one.looked) for one in dark
    ]


def test_an_outage_is_seen_by_the_fleet_as_well() -> None:
    """A home none of whose looks went well counts as failing for the disruption signal; one that saw a service does not."""
    told = {
        ok: glance(
            make_result_document(HOME, PLAN, "s1", START, looks("tls_reset", ok), witnesses=()).body_bytes()
        ).well
        for ok in ("ok", "tls_reset")
    }
    assert {"ok": True, "tls_reset": False} == told
    other = make_result_document(HOME, PLAN, "s1", START, SAMPLES["dns"], witnesses=()).body_bytes()
    assert glance(other).well


def body(role: Any, rate_bytes_us: float, **more: Any) -> Any:
    """A whole body of 500 kB at that rate."""
    facts: dict[str, Any] = {
        "received_bytes": 500_000,
        "duration_us": round(500_000 / rate_bytes_us),
        "whole": True,
    }
    return replace(LOOK, role=role, order=0 if role == "original" else 1, **{**facts, **more})


def test_what_a_fetch_shows() -> None:
    """Object against control in ln units; nothing where a body is short, ended who knows where, bears a sign, or the line is unknown."""
    whole: Any = replace(SAMPLES["fetch"], looks=(body("original", 1.0), body("control", 2.0)))
    seen = seen_by(transfer_of, resulted(whole, signed()))
    assert seen is not None
    assert seen.log_ratio == pytest.approx(math.log(0.5))
    assert seen_by(transfer_of, resulted(whole)) is None
    part: Any = {"whole": False, "declared_bytes": 2_000_000}
    bounded = replace(whole, looks=(body("original", 1.0, **part), whole.looks[1]))
    assert seen_by(transfer_of, resulted(bounded, signed())) is not None
    for fault in (
        {"received_bytes": 20_000},
        {"whole": False},
        {"signs": ("hash_differs",)},
        {"failure": "http_eof"},
    ):
        broken = replace(whole, looks=(body("original", 1.0, **fault), whole.looks[1]))
        assert seen_by(transfer_of, resulted(broken, signed())) is None


def transfers(harm: float, services: int = 21, networks: int = 3) -> list[Transfer]:
    """Six lines of each network fetch each service; the first service is slower by ``harm`` (ln) on network 0."""
    rng = random.Random(7)
    servers = [rng.gauss(0, 0.3) for _ in range(services)]
    return [
        Transfer(measurement_id=f"{n}-{s}-{line}", service=f"s{s:02}", line=f"{n}-{line}", network=n,
                 log_ratio=servers[s] + rng.gauss(0, 0.01) + (harm if (n, s) == (0, 0) else 0.0))
        for n in range(networks) for s in range(services) for line in range(6)
    ]  # fmt: skip


def test_a_slow_object_is_told_from_a_slow_server() -> None:
    """Half the rate on one network is ranked first there; a server that is slow for everybody is no network's doing."""
    found = {(one.network, one.service): one for one in fetched.judge(transfers(math.log(0.5)))}
    here = found[0, "s00"]
    assert (1, (), 20, 0.047619) == (here.grade, here.missing, here.placebos, here.p)
    assert here.difference == pytest.approx(math.log(0.5), abs=0.1)
    assert [] == [key for key, one in found.items() if one.grade and key != (0, "s00")]


def test_what_a_contrast_lacks() -> None:
    """Few other services, no rank; no other network, no contrast; nothing slowed, nothing that is worth a word."""
    (few, *_) = fetched.judge(transfers(math.log(0.5), services=5))
    assert ("placebos", "rank") == few.missing
    assert () == fetched.judge(transfers(math.log(0.5), networks=1))
    assert 0 == sum(one.grade for one in fetched.judge(transfers(0.0)) if one.difference > -0.05)


def series(role: Any, p50_us: int, **more: Any) -> Series:
    """Idle round trips over TCP under a role's name."""
    facts: dict[str, Any] = {
        "phase": "idle",
        "carrier": "tcp",
        "failure": "ok",
        "sent": 40,
        "answered": 40,
        **more,
    }
    return Series(role=role, p50_us=p50_us, **facts)


def test_what_a_latency_shows() -> None:
    """The difference of medians over TCP, by the statement of its own; too few answers or no statement show nothing."""
    sample: Any = SAMPLES["latency"]
    both = (series("original", 60_000), series("control", 20_000), sample.series[0])
    result = replace(sample, series=both, statement=signed())
    (seen,) = seen_by(echoes_of, resulted(result))
    assert (40.0, "idle", 64500) == (seen.later_ms, seen.phase, seen.network)
    few = replace(result, series=(series("original", 60_000, answered=9), both[1]))
    for nothing in (few, replace(result, statement=None)):
        assert [] == list(seen_by(echoes_of, resulted(nothing)))


def test_datagrams_say_nothing_of_a_service() -> None:
    """Late, lost and out of order as they may be, under whatever role they are filed: names that are alike stay alike."""
    sample: Any = SAMPLES["latency"]
    harmed = {"carrier": "udp", "answered": 12, "reordered": 6, "jitter_us": 90_000}
    alike = (series("original", 20_000), series("control", 20_000))
    for role in (None, "original"):
        late_ones = (series(role, 300_000, **harmed), *alike, series(role, 300_000, **harmed))
        (seen,) = seen_by(echoes_of, resulted(replace(sample, series=late_ones, statement=signed())))
        assert 0.0 == seen.later_ms
    alone = replace(sample, series=(series(None, 300_000, **harmed),), statement=signed())
    assert [] == list(seen_by(echoes_of, resulted(alone)))


def echoes(lines: int, later_ms: float, odd: int = 0, days: int = 2) -> list[Echoes]:
    """Lines whose echoes are later by so much, with a millisecond of noise, and odd homes that are 40 ms late."""
    rng = random.Random(9)
    return [
        Echoes(measurement_id=f"{n}-{day}", service="s1", phase="idle", line=str(n), network=1, day=str(day),
               later_ms=(shift := (40.0 if n < odd else later_ms) + rng.gauss(0, 1)), log_ratio=math.log(1 + shift / 20))
        for n in range(lines) for day in range(days)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "later_ms", "odd", "days", "missing"),
    [
        (6, 40.0, 0, 2, ()),
        (5, 40.0, 0, 2, ("lines",)),
        (6, 40.0, 0, 1, ("days",)),
        (10, 0.0, 0, 2, ("later",)),
        (10, 0.0, 3, 2, ("later",)),
        (10, 3.0, 0, 2, ("later",)),
    ],
)
def test_each_condition_of_latency(lines: int, later_ms: float, odd: int, days: int, missing: Any) -> None:
    """40 ms on six lines of two days is told; noise, three odd homes of ten, and 3 ms are not."""
    (found,) = late.judge(echoes(lines, later_ms, odd, days))
    assert (missing, int(not missing)) == (found.missing, found.grade)


def place(line: str, day: str | None, *tags: str) -> Place:
    """A home's place on a day."""
    return Place(line=line, tags=tags, network=64500, day=day)


def test_a_home_whose_address_moves_is_one_line() -> None:
    """Five tags on five days, or one in each family, are still one home; homes behind one tag on a day are one line, and whoever lives at one."""
    moving = [place("aa", f"2026-11-2{n}", f"ipv4:tag{n}", f"ipv6:tag{n}") for n in range(5)]
    assert {"aa": "aa"} == lines_of(moving)
    passing = [place("cc", f"2026-11-2{n}", f"ipv4:{'tag3' if n == 1 else 'home'}") for n in (1, 2, 3)]
    shared = [place("bb", "2026-11-20", "ipv4:tag0"), *passing]
    assert {"aa": "aa", "bb": "aa", "cc": "cc"} == lines_of([*moving, *shared])
    later = place("dd", "2026-12-01", "ipv4:home")
    assert "cc" == lines_of([*moving, *shared, later])["dd"]

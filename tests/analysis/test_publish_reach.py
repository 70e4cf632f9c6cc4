"""Reachability by cause: what lines met without pairs, counted of five lines or more."""

from typing import Any

import msgspec

from analysis.clusters import clusters
from analysis.direct.reach import Visit
from analysis.direct.sights import Sight
from analysis.publish.beside import Beside, read_beside
from analysis.publish.reach import reach_points
from probe.measurement.envelope import decode
from probe.measurement.results import ReachabilityResult
from probe.measurement.signing import PLAN, sign
from tests.analysis.test_direct import PAGE, witness
from tests.analysis.worlds import ASN, BRAND, LINE, NOW, POLICED, START, World
from tests.golden.chain import fill
from tests.support.plans import unix_us
from tests.support.results import LOOK, make_result_document, with_results

NOW_NS = unix_us(NOW) * 1000
REGISTERED = World(homes=1, services=2).registration()


def visits(lines: int, layer: Any = None, service: str = "s1", days: int = 2, start: int = 0) -> list[Visit]:
    """So many lines that looked on so many days, from the ``start``-th on."""
    return [
        Visit(measurement_id=f"{service}-{layer}-{n}-{day}", service=service, line=f"line{n}", network=ASN,
              day=f"2026-11-{20 + day}", layer=layer)
        for n in range(start, start + lines) for day in range(days)
    ]  # fmt: skip


def sights(lines: int, nettest: Any, kind: Any = None) -> list[Sight]:
    """So many lines that asked or fetched once."""
    return [
        Sight(measurement_id=f"{nettest}{kind}{n}", service="s1", line=f"line{n}", network=ASN, day="2026-11-21",
              nettest=nettest, kind=kind)
        for n in range(lines)
    ]  # fmt: skip


def reached(beside: Beside) -> list[Any]:
    """The points of reachability of what ``beside`` holds."""
    return reach_points(beside, (), {}, REGISTERED, NOW_NS)


def beside(*some: Any) -> Beside:
    """Visits and sights of lines that all declared the registered brand."""
    looks = tuple(one for part in some for one in part)
    return Beside(
        visits=tuple(one for one in looks if isinstance(one, Visit)),
        sights=tuple(one for one in looks if isinstance(one, Sight)),
        brands={one.line: BRAND for one in looks},
    )


def test_reachability_is_counted_by_cause_of_five_lines():
    """Of eight lines three fail in TLS and one in DNS; every line counts once, and its cause is what it met most often."""
    mostly_fine = visits(1, "tls", days=1, start=4)
    (point,) = reached(beside(visits(4), visits(1, start=4), mostly_fine, visits(3, "tls", start=5)))
    assert {"brand": BRAND, "service": "s1"} == point.tags
    assert {
        "lines": 8,
        "looked": 8,
        "reached": 5,
        "tls": 3,
        "dns": 0,
        "title": "Service 1",
    }.items() <= point.fields.items()
    assert "answers_seen" not in point.fields


def test_four_lines_tell_nothing_of_reachability():
    """Under five lines there is no point; of each kind of nettest its own five are wanted."""
    assert [] == reached(beside(visits(4, "tls")))
    (point,) = reached(beside(visits(4, "tls"), sights(5, "fetch", "page")))
    assert {"lines": 5, "pages_seen": 5, "pages_false": 5, "title": "Service 1"} == point.fields
    (point,) = reached(beside(sights(6, "dns"), visits(5)))
    assert (6, 0, 5) == tuple(point.fields[name] for name in ("answers_seen", "answers_false", "reached"))


def test_dark_lines_other_quarters_and_strangers():
    """A line that reached nothing all day says nothing of a service; another quarter's days are left out; a network that is not the brand's, or an invented brand, is "other"."""
    dark = [*visits(6, "connect"), *visits(6, "connect", service="s2")]
    assert [] == reached(beside(dark))
    elsewhere = [msgspec.structs.replace(one, network=64999) for one in visits(6)]
    assert ["other"] == [point.tags["brand"] for point in reached(beside(elsewhere))]
    old = [msgspec.structs.replace(one, day="2026-09-30") for one in visits(6)]
    assert [] == reached(beside(old))
    stranger = Beside(visits=tuple(visits(5)), brands={f"line{n}": f"Brand {n}" for n in range(5)})
    assert ["other"] == [point.tags["brand"] for point in reached(stranger)]
    assert [] == reached(beside(visits(5, service="nobody-registered-it")))


def test_what_plain_http_lost_on_its_way():
    """Of six lines the original alone was altered on two, both runs on one (a proxy that treats all alike); other nettests tell nothing."""
    world = World(homes=6)
    told = [
        (("content altered",), ()),
        (("content altered",), ()),
        (("request added via",), ("request added via",)),
    ] + [((), ())] * 3
    seen: Any = world.observations([world.pair(home, "s1") for home in range(6)])
    pairs = [
        msgspec.structs.replace(
            one, nettest="replay_http", original=msgspec.structs.replace(one.original, altered=original),
            control=msgspec.structs.replace(one.control, altered=control),
        )
        for one, (original, control) in zip(seen, told, strict=True)
    ]  # fmt: skip
    (point,) = reach_points(Beside(), pairs, clusters(pairs), REGISTERED, NOW_NS)
    assert {"lines": 6, "heads_seen": 6, "heads_false": 2, "title": "Service 1"} == point.fields
    assert [] == reach_points(Beside(), seen, clusters(seen), REGISTERED, NOW_NS)


def test_a_store_is_read_beside_its_pairs(tmp_path):
    """Capacities of pairs and signed results come out of a collector's folder; what came later than asked for does not."""
    world = World(homes=5)
    world.plan = with_results(world.plan)
    pairs = world.all_pairs(1, [POLICED])
    rows = [world.stored(one) for one in pairs]
    for key in world.keys:
        for result in (ReachabilityResult(looks=(msgspec.structs.replace(LOOK, failure="tls_reset"),)), PAGE):
            said = witness(ASN, START, bytes([len(rows)] * 16), world.responder_key)
            document = make_result_document(key, world.plan, "s1", START, result, witnesses=(said,))
            measurement = msgspec.structs.replace(decode(document.body_bytes()), line=LINE)
            rows.append(world.stored(measurement))
    store = fill(tmp_path, rows)
    (store / "plans").mkdir()
    (store / "plans" / "00000001.json").write_bytes(
        msgspec.json.encode(sign(world.responder_key, PLAN, world.plan))
    )
    found = read_beside(store)
    assert (5, {50.0}, 5, 5) == (
        len(found.capacities), {*found.capacities.values()}, len(found.visits), len(found.sights),
    )  # fmt: skip
    (point,) = reached(found)
    assert {"looked": 5, "tls": 5, "pages_seen": 5, "pages_false": 5}.items() <= point.fields.items()
    assert Beside() == read_beside(store, unix_us(START) - 1)

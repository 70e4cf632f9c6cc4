"""Every alert rule fires on what it is for and is quiet otherwise: its own query, asked of a real InfluxDB over its own span.

What Grafana does with the answer (reduce to the last value of each series, compare, take silence as the rule says) is done here as
the rule's JSON says it.
"""

import json
import time
from urllib.parse import quote

import pytest

from collector.timeseries.lines import Point
from dashboards.grafana.alerts import RULES, duration, rule_json
from dashboards.grafana.provisioning import BUCKETS
from dashboards.grafana.variables import interpolated
from tests.support.databases import running

CELL = {
    "brand": "Example Telecom",
    "technology": "fibre",
    "plan_class": "ordinary",
    "service": "film",
    "direction": "down",
}
FIRES = {"Alerting": True, "OK": False, "NoData": False}
NOW_S = time.time()


def point(measurement, ago_s, tags, **fields):
    """A point so many seconds ago."""
    return Point(measurement, tags, fields, int((NOW_S - ago_s) * 1e9))


def pairs(network, good, bad, ago_s=600):
    """Pairs of a network whose controls came through, and pairs whose did not."""
    tags = {"network": network, "service": "film"}
    return [
        point("pair", ago_s + n, tags, count=1, conflict=0, original_ok=1, control_ok=int(n < good))
        for n in range(good + bad)
    ]


def feed(**fields):
    """What the feed says of itself, two minutes ago."""
    told = {"lag_rows": 10, "disk_free_bytes": 50, "disk_bytes": 100, **fields}
    return [point("feed", 120, {"feed": "main"}, **told)]


def finding(grade, state, ago_s=3000, **tags):
    """A finding as it is published."""
    return [point("finding", ago_s, {**CELL, "quarter": "2026Q4", **tags}, grade=grade, state=state)]


WELL = {
    "isonomia_private": [*pairs("AS64500", 40, 2), *feed()],
    "isonomia_inside": [*finding(2, "–"), *finding(4, "candidate", service="song")],
}
"""Few failures, a feed at its place, half a disk; a grade below the threshold, and one that somebody has entered in the ledger."""
TROUBLE = {
    "grade": {"isonomia_inside": finding(3, "–", service="book")},
    "disruption": {"isonomia_private": pairs("AS64501", 9, 12)},
    "lag": {"isonomia_private": feed(lag_rows=50_000)},
    "disk": {"isonomia_private": feed(disk_free_bytes=9)},
}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """One InfluxDB."""
    with running("influx1", tmp_path_factory.mktemp("alerts")) as one:
        yield one


def planted(database, *worlds):
    """The buckets anew, with these points."""
    for bucket in ("isonomia_private", "isonomia_inside"):
        database.ask(f"/query?q={quote(f'DROP DATABASE {bucket}')}", "")
        database.ask(f"/query?q={quote(f'CREATE DATABASE {bucket}')}", "")
        lines = "\n".join(one.line() for world in worlds for one in world.get(bucket, ()))
        if lines:
            database.ask(f"/write?db={bucket}", lines)


def firing(database, rule) -> list[str]:
    """The series that the rule fires on, by their tags; ``[""]`` where its silence fires."""
    asked, reduced, beyond = (one["model"] for one in rule_json(rule)["data"])
    since = rule_json(rule)["data"][0]["relativeTimeRange"]["from"]
    text = interpolated(asked["query"], {}, int((NOW_S - since) * 1000), int(NOW_S * 1000), "1m")
    bucket = BUCKETS["inside"][asked["datasource"]["uid"]]
    (result,) = json.loads(database.ask(f"/query?db={bucket}&q={quote(text)}"))["results"]
    assert "error" not in result, result
    assert ("last", "A", "B") == (reduced["reducer"], reduced["expression"], beyond["expression"])
    series = result.get("series", [])
    if not series:
        return [""] if FIRES[rule.no_data] else []
    (condition,) = beyond["conditions"]
    (limit,) = condition["evaluator"]["params"]
    compare = {"gt": lambda value: value > limit, "lt": lambda value: value < limit}[
        condition["evaluator"]["type"]
    ]
    return [
        " ".join((one.get("tags") or {"": "all"}).values()) for one in series if compare(one["values"][-1][1])
    ]


def test_nothing_fires_where_all_is_well(database):
    """A fleet that measures, a feed that keeps up, room on the disk, findings that are low or dealt with: silence."""
    planted(database, WELL)
    assert {rule.name: [] for rule in RULES} == {rule.name: firing(database, rule) for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_fires_on_its_trouble_alone(database, rule):
    """With one trouble beside the healthy world its rule fires, names what it is about, and no other rule does."""
    if rule.name == "silent":
        planted(database, {"isonomia_private": feed(), "isonomia_inside": WELL["isonomia_inside"]})
    elif rule.name in ("lag", "disk"):
        planted(database, {**WELL, "isonomia_private": pairs("AS64500", 40, 2)}, TROUBLE[rule.name])
    else:
        planted(database, WELL, TROUBLE[rule.name])
    found = {one.name: firing(database, one) for one in RULES}
    about = {"grade": "Example Telecom", "disruption": "AS64501"}.get(rule.name, "")
    assert 1 == len(found[rule.name])
    assert about in found[rule.name][0]
    assert [] == [name for name, fired in found.items() if fired and name != rule.name]


def test_a_silent_database_alerts(database):
    """With nothing in the database at all, the fleet is silent and the feed has stopped; no finding, network or disk is accused."""
    planted(database)
    assert {"silent", "lag"} == {rule.name for rule in RULES if firing(database, rule)}


def test_durations_read_as_grafana_writes_them():
    """Each rule's time and span is in the form that Grafana gives back, or a second push would find a difference."""
    assert ["0s", "15m", "5m", "5m", "5m"] == [duration(rule.for_s) for rule in RULES]

"""A database with golden facts and a judged world in it, and Grafana's way of asking it."""

import json
from datetime import UTC, datetime

import msgspec

from analysis.clusters import clusters
from analysis.public.form import Reply
from analysis.publish.beside import Beside
from analysis.publish.comparison import comparison
from analysis.publish.surfaces import More
from analysis.publish.trend import change_points
from analysis.record import record_sha256
from analysis.states import Change, State
from dashboards.grafana.panels import filled
from dashboards.grafana.provisioning import BUCKETS
from dashboards.grafana.queries import QUERIES, datasource_uid
from dashboards.grafana.variables import interpolated
from tests.analysis.test_publish_more import PRACTICE, weeks
from tests.analysis.test_publish_reach import beside, sights, visits
from tests.analysis.worlds import BLOCKED, LINE, POLICED, World

FROM_MS, TO_MS = (int(datetime(2026, month, 1, tzinfo=UTC).timestamp() * 1000) for month in (11, 12))
TO_MS += 86_400_000 * 30
REPLY = Reply(by="Example", at="2026-12-14", language="en", text="“We do no such thing”, says <b>Example</b>")
PAGES = "https://pages.example"
EMPTY = {"skips", "observations", "discards", "alert_disruption"}
"""Golden measurements hold no skipped run and no result, the world discards nothing, and no network has twenty failing controls."""


class Asked:
    """A database with golden facts and a judged world in it, and Grafana's way of asking."""

    def __init__(self, database, world, judgement, changes):
        self.database, self.world, self.judgement, self.changes = database, world, judgement, changes

    def rows(self, name, surface="inside", span=(FROM_MS, TO_MS), interval="1h", **values):
        """The rows that a query answers with; of a grouped one the tags stand among the columns."""
        query = QUERIES[name]
        chosen = {one: [value] for one, value in values.items()}
        text = interpolated(filled(query), chosen, span[0], span[1], interval)
        return self.answered(name, surface, text)

    def answered(self, name, surface, text):
        """The rows of a query as it is sent."""
        from urllib.parse import quote

        source = datasource_uid(QUERIES[name].source, surface)
        bucket = BUCKETS[surface][source]
        answer = json.loads(self.database.ask(f"/query?db={bucket}&q={quote(text)}"))
        (result,) = answer["results"]
        assert "error" not in result, (name, text, result)
        return [
            {**series.get("tags", {}), **dict(zip(series["columns"], row, strict=True))}
            for series in result.get("series", ())
            for row in series["values"]
        ]


def judged_world():
    """Six homes behind a network that polices one service and blocks another, judged; two findings entered in the ledger."""
    world = World(homes=6)
    judgement = world.judged(world.all_pairs(4))
    by_service = {finding.service: finding for finding in judgement.findings}
    states: tuple[State, ...] = ("candidate", "replicated", "notified", "replied", "published")
    changes = [
        Change(
            finding_id=by_service[POLICED].finding_id,
            finding_sha256=record_sha256(by_service[POLICED]),
            state=state,
            at=datetime(2026, 12, 11 + day, tzinfo=UTC).isoformat(),
            actor="someone",
            reason=state,
        )
        for day, state in enumerate(states)
    ]
    gone: tuple[State, ...] = ("candidate", "withdrawn")
    changes += [
        Change(
            finding_id=by_service[BLOCKED].finding_id,
            state=state,
            at=datetime(2026, 12, 16, tzinfo=UTC).isoformat(),
            actor="someone else",
            reason="a box of the home’s own",
        )
        for state in gone
    ]
    return world, judgement, changes


def looked_at(judgement):
    """What the store of that world would hold beside its pairs, and what its operator wrote down."""
    looks = beside(visits(6, "tls", service=POLICED), sights(6, "fetch"))
    capacities = {one.measurement_id: 80.0 for one in judgement.observations}
    return More(Beside(capacities, looks.visits, looks.sights, looks.brands), (PRACTICE,), PAGES)


def side_by_side(now_ns):
    """Two providers of ten lines in one region."""
    world = World(homes=20)
    pairs = [
        world.pair(home, "s1", line=msgspec.structs.replace(LINE, brand=f"Brand {home % 2}"))
        for home in range(20)
    ]
    seen = world.observations(pairs)
    return comparison(seen, clusters(seen), {one.measurement_id: 50.0 for one in seen}, now_ns)


def changed():
    """Ten lines on which the policed service was slowed from the third week on."""
    seen = weeks(World(homes=10), 10, lambda week, _home: 19e6 if week < 2 else 4e6)
    return change_points(seen, clusters(seen))

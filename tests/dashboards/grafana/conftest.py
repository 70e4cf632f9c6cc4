"""One database for all that ask: filled once."""

import asyncio
from dataclasses import replace

import pytest

from analysis.publish.command import write
from analysis.publish.surfaces import surfaces
from collector.timeseries.opening import Address
from tests.analysis.worlds import NOW
from tests.dashboards.grafana.asking import REPLY, Asked, changed, judged_world, looked_at, side_by_side
from tests.support.databases import running
from tests.support.plans import unix_us
from tests.support.series import feed_once, golden_folder


@pytest.fixture(scope="package", params=["influx1", "influx2"])
def asked(request, tmp_path_factory):
    """The database, filled: Debian's InfluxDB 1.6, and a later one where there is one."""
    root = tmp_path_factory.mktemp("asked")
    with running(request.param, root / "influx") as database:
        world, judgement, changes = judged_world()
        replies = {changes[0].finding_id: [REPLY]}
        now_ns = unix_us(NOW) * 1000
        more = looked_at(judgement)
        made = surfaces(
            judgement, world.registration(), [world.plan], changes, now_ns, replies=replies, more=more
        )
        made = replace(made, inside=(*made.inside, *side_by_side(now_ns), *changed()))
        assert 66 == feed_once(golden_folder(root), database.url).rows
        written = asyncio.run(write(made, Address(database.url)))
        assert (0, len(made.public)) == (written.rejected, written.public)
        yield Asked(database, world, judgement, changes)

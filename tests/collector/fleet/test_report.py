"""The fleet's report, by command and by API: states of homes, groups that fall silent together, and who may see it."""

import asyncio
import json
import urllib.request
from contextlib import closing
from datetime import timedelta
from urllib.error import HTTPError

import msgspec
import pytest

from collector.cli import main
from collector.data_folder import DataFolder
from collector.fleet.grid import KEPT_WINDOWS, WELL, WINDOW_US, Grid
from collector.fleet.report import report, version_of
from collector.fleet.watch import inside_token
from collector.hot_files import HOUR_US
from collector.quarters import EPOCH
from tests.support.collectors import Clock, Site, served, unix_now_us

LAST = 1000
NOW_US = (LAST + 1) * WINDOW_US + 2 * 3_600_000_000


def homes_of(grid: Grid, isp: str, numbers: range, silent_from: int, **changes: object) -> list[bytes]:
    """Homes that were heard in every window until ``silent_from``."""
    made = []
    grid.db.execute("BEGIN")  # a commit for each row would be most of this file's time
    for number in numbers:
        home = bytes([number]) * 32
        facts = {"software": "isonomia-probe 0.1.0", "last_at_us": NOW_US - 1, "skipped": None, **changes}
        grid.db.execute(
            "INSERT INTO homes (home, network, region, software, first_window, last_at_us, skipped) VALUES (?, ?, 'Montréal', ?, ?, ?, ?)",
            (home, isp, facts["software"], LAST - 200, facts["last_at_us"], facts["skipped"]),
        )
        grid.db.executemany(
            "INSERT INTO grid VALUES (?, ?, ?)", ((home, at, WELL) for at in range(LAST - 200, silent_from))
        )
        made.append(home)
    grid.db.execute("COMMIT")
    return made


@pytest.fixture
def grid(tmp_path):
    """An empty grid."""
    folder = DataFolder(tmp_path / "data")
    folder.create()
    with closing(Grid(folder)) as grid:
        yield grid


def states(fleet) -> dict[tuple[str, str | None], str]:
    """Each group's state."""
    return {(group.isp, group.region): group.state for group in fleet.groups}


def test_one_network_falls_silent(grid):
    """Its whole and its region are disrupted, the other network is quiet; a small group is not judged."""
    enrolled = homes_of(grid, "AS64500", range(1, 8), LAST) + homes_of(
        grid, "AS64501", range(10, 18), LAST + 1
    )
    enrolled += homes_of(grid, "AS64502", range(20, 23), LAST)
    found = states(report(grid, enrolled, NOW_US))
    assert "disrupted" == found["AS64500", None] == found["AS64500", "Montréal"]
    assert ("quiet", "unknown") == (found["AS64501", None], found["AS64502", None])


def document(kind: str) -> bytes:
    """A document of the last window as far as the fleet view reads one."""
    began = EPOCH + timedelta(microseconds=LAST * WINDOW_US + HOUR_US)
    seen = {"body": {"path": {"asn": 64500}}}
    every: dict[str, dict[str, object]] = {
        "pair": {"pair": {"runs": [{"failure": "ok"}], "statement": seen}},
        "failed": {"pair": {"runs": [{"failure": "connect_timeout"}], "statement": seen}},
        "cut_off": {"skipped": "responder:open:connect_timeout"},
        "resting": {"skipped": "budget exceeded"},
        "result": {"result": {"looks": [{"failure": "ok"}]}},
    }
    made = {"started_at": began, "software_version": "0.1.0", "line": {"brand": "Exemple", "region": "R"}}
    return msgspec.json.encode({**made, **every[kind]})


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        (["pair"], "quiet"),
        (["resting"], "quiet"),
        ([None], "disrupted"),
        (["failed"], "disrupted"),
        (["cut_off"], "disrupted"),
        ([None, "result"], "disrupted"),
        ([None, "pair", "result"], "disrupted"),
    ],
)
def test_what_homes_said_last_moves_them_into_no_other_group(grid, kinds, state):
    """Twelve homes of a network, the rest of the fleet well: who is cut off and says so is missed, and a document that bears no
    network leaves the home on the one where a responder saw it.
    """
    enrolled = homes_of(grid, "AS64500", range(1, 13), LAST)
    enrolled += homes_of(grid, "AS64501", range(100, 112), LAST + 1)
    arrived_us = LAST * WINDOW_US + HOUR_US + 60_000_000
    for number, home in enumerate(enrolled[:12]):
        kind = kinds[number % len(kinds)]
        if kind is not None:
            grid._look(home, arrived_us, document(kind))
    grid._flush()
    fleet = report(grid, enrolled, NOW_US)
    assert (state, 12) == next(
        (g.state, g.homes) for g in fleet.groups if (g.isp, g.region) == ("AS64500", None)
    )
    assert {"AS64500", "AS64501"} == {group.isp for group in fleet.groups}


def test_windows_that_no_report_reads_are_dropped(grid):
    """When somebody was at work is kept for six weeks; a window of days to come, which a clock left, costs no history."""
    homes_of(grid, "AS64500", range(1, 3), LAST + 1)
    grid.db.execute("INSERT INTO grid VALUES (?, ?, ?)", (bytes(32), 10**7, WELL))
    grid.follow()
    oldest = grid.db.execute("SELECT min(at) FROM grid").fetchone()[0]
    assert oldest > LAST  # the window to come makes these old, for their year is 1970
    homes_of(grid, "AS64501", range(3, 5), LAST + 1)
    grid.db.execute("DELETE FROM grid WHERE at > ?", (LAST,))
    grid.follow()
    assert LAST - KEPT_WINDOWS == grid.db.execute("SELECT min(at) FROM grid").fetchone()[0]


def test_everybody_falls_silent(grid):
    """Then it is more likely us: no network is named as disrupted."""
    enrolled = homes_of(grid, "AS64500", range(1, 8), LAST) + homes_of(grid, "AS64501", range(10, 18), LAST)
    fleet = report(grid, enrolled, NOW_US)
    assert {"everywhere"} == set(states(fleet).values())
    assert 0 == fleet.disruptions


def test_homes_that_were_gone_before_are_not_missed(grid):
    """Who has not been regular in the week before is neither counted nor missed."""
    enrolled = homes_of(grid, "AS64500", range(1, 8), LAST - 40) + homes_of(
        grid, "AS64500", range(10, 17), LAST + 1
    )
    group = next(group for group in report(grid, enrolled, NOW_US).groups if group.region is None)
    assert (7, 0) == (group.homes, group.gone)


def test_states_of_homes(grid):
    """Alive, late, lost, never heard, out of budget, on old software: each is counted as such."""
    day_us = 4 * WINDOW_US
    enrolled = homes_of(grid, "A", range(1, 4), LAST + 1)
    enrolled += homes_of(grid, "A", range(4, 6), LAST, last_at_us=NOW_US - 2 * day_us)
    enrolled += homes_of(
        grid, "A", range(6, 7), LAST, last_at_us=NOW_US - 9 * day_us, software="isonomia-probe 0.0.9"
    )
    enrolled += homes_of(grid, "A", range(7, 8), LAST, skipped="budget exceeded")
    enrolled += [bytes([99]) * 32]
    assert {
        "alive": 4,
        "late": 2,
        "lost": 1,
        "never": 1,
        "out_of_budget": 1,
        "old_software": 1,
    } == report(grid, enrolled, NOW_US).homes
    assert version_of("isonomia-probe 0.10.0") > version_of("isonomia-probe 0.9.9")


async def test_documents_become_a_grid(site, capsys):
    """What is kept is followed once, by whoever follows; made anew it is the same; a home that leaves is not in it."""
    async with site.open() as intake:
        plan = intake.plans.current()
        for _ in range(2):
            assert 200 == (await intake.measurement(site.document(plan), "")).status
        assert intake.fleet is not None
        fleet = await intake.fleet.look()
        assert fleet is not None
        assert (1, 0) == (fleet.homes["alive"], fleet.homes["never"])
        assert 1.0 == intake.fleet.gauges()["fleet_alive"]
    with closing(Grid(site.folder)) as grid:
        before = (list(grid.homes()), dict(grid.states(0, 10**9)))
        assert 0 == grid.follow()
        assert 2 == grid.rebuild()
        assert before == (list(grid.homes()), dict(grid.states(0, 10**9)))
        grid.forget(before[0][0][0])
        assert [] == list(grid.homes())
    assert 0 == main(["fleet", "--data", str(site.folder.root), "--json"])
    assert "shown" == json.loads(capsys.readouterr().out.splitlines()[0])["event"]


def test_only_the_operator_sees_it(tmp_path):
    """Without the token nothing; with it the report, or gauges; /metrics tells counts and names no network."""
    site = Site.make(tmp_path, clock=Clock(unix_now_us()))
    with served(site, tmp_path / "log") as server:
        with pytest.raises(HTTPError, match="401"):
            urllib.request.urlopen(f"{server.url}/v1/fleet")  # noqa: S310 - our own server
        token = inside_token(site.folder)

        def get(path: str) -> str:
            request = urllib.request.Request(server.url + path, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
            with urllib.request.urlopen(request) as response:  # noqa: S310
                return str(response.read().decode())

        assert {"at_us", "window_from_us", "window_to_us", "homes", "groups"} == set(
            msgspec.json.decode(get("/v1/fleet"))
        )
        assert "isonomia_fleet_group_gone" in get("/v1/fleet?format=prometheus")
        assert "isonomia_collector_fleet_alive 0" in get("/metrics")


async def test_looks_that_overlap_wait_for_each_other(tmp_path):
    """A look that was given up goes on in its thread; the one at the end, and a home that leaves, wait for it."""
    async with Site.make(tmp_path, clock=Clock(unix_now_us())).open() as intake:
        assert intake.fleet is not None
        looks = [intake.fleet.look() for _ in range(12)]
        await asyncio.gather(*looks, asyncio.to_thread(intake.fleet.forget, bytes(32)))
        assert intake.fleet.latest is not None

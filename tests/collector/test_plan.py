"""The plan: a serial that only grows and survives restarts, signed, and kept for later judgement."""

import aiohttp
import msgspec
import pytest

from collector import reader, settings
from collector.app import make_site
from collector.messages import Trouble
from collector.plan import PlanBook
from collector.plan_index import index_of
from collector.quarters import US_PER_DAY
from collector.rejections import Refused
from collector.wiring import listening
from probe.measurement.signing import PLAN, BadSignature, open_signed, public_bytes
from probe.plan import Plan
from tests.support.documents import key_from
from tests.support.plans import make_plan


def book(site, **changes):
    """The plan book of ``site``, with changed settings."""
    changed = msgspec.structs.replace(settings.load(site.operator_file), **changes)
    return PlanBook(site.folder.plans, site.folder.open(), changed, site.clock)


def test_the_plan_verifies_under_the_operators_key(site):
    """The plan is signed by the operator's key and by no other."""
    signed = book(site).signed(None)
    assert public_bytes(site.folder.open()) == signed.key
    assert 1 == open_signed(signed, PLAN, Plan).serial
    with pytest.raises(BadSignature):
        open_signed(msgspec.structs.replace(signed, key=public_bytes(key_from(site.rng))), PLAN, Plan)


def test_the_serial_stays_over_a_restart_and_grows_with_a_change(site):
    """The same orders keep their serial; other orders get the next one; going back to old orders gets another."""
    assert 1 == book(site).current().serial
    assert 1 == book(site).current().serial
    assert 2 == book(site, bytes_per_day=1, budget_bytes_month=5).current().serial
    assert 3 == book(site).current().serial
    assert [1, 2, 3] == [plan.serial for plan in reader.read_plans(site.folder.root)]


def test_an_old_plan_is_issued_anew_while_it_is_served(site):
    """At half its life a plan gets a new serial and a new expiry; the old one can still be looked up."""
    plans = book(site)
    first = plans.current()
    site.clock.advance(days=6)
    assert first == plans.current()
    site.clock.advance(days=2)
    second = plans.current()
    assert (2, first.expires_at_us + 8 * US_PER_DAY) == (second.serial, second.expires_at_us)
    assert first == plans.plan(1)
    assert second == plans.plan(2)


def test_a_disk_that_takes_nothing_leaves_the_last_plan_in_force(site):
    """At half its life, in a run and at a start: the plan that is held goes on until it expires, and the next comes with the room."""
    plans, away = book(site), site.folder.root / "away"
    first = plans.current()
    site.folder.plans.rename(away)
    site.clock.advance(days=8)
    assert first == plans.current() == plans.latest
    site.clock.advance(days=6)
    with pytest.raises(Refused) as refused:
        plans.current()
    assert ("store_unavailable", 1) == (refused.value.rejection.code, plans.latest.serial)
    away.rename(site.folder.plans)
    assert 2 == plans.current().serial


@pytest.mark.parametrize(
    ("days", "changes", "starts"),
    [(8, {}, True), (15, {}, False), (1, {"plan_days": 5, "budget_bytes_month": 5}, False)],
)
def test_a_start_without_room_for_a_plan(site, days, changes, starts):
    """With a plan in force that asks for the same the collector starts; never with orders that the operator has taken back."""
    first = book(site).current()
    # A folder in the place of the file that would be written: nobody can, whoever runs the tests.
    (site.folder.plans / "00000002.partial").mkdir()
    site.clock.advance(days=days)
    if starts:
        assert first == book(site, **changes).current()
    else:
        with pytest.raises(Trouble, match="the next plan could not be written"):
            book(site, **changes)


async def test_without_room_for_a_plan_the_doors_stay_open(site, intake):
    """The plan in force, the metrics and health are served; past its expiry the plan alone is refused, to be asked for again."""
    site.folder.plans.rename(site.folder.root / "away")
    async with listening(make_site(intake), "127.0.0.1", 0) as url, aiohttp.ClientSession(url) as client:

        async def statuses() -> list[int]:
            return [(await client.get(path)).status for path in ("/v1/plan", "/metrics", "/healthz")]

        site.clock.advance(days=8)
        assert [200, 200, 200] == await statuses()
        site.clock.advance(days=7)
        assert [503, 200, 200] == await statuses()


def test_a_clock_that_steps_back_issues_nothing(site):
    """A serial is spent on new orders or on age, not on a wrong clock."""
    plans = book(site)
    site.clock.advance(days=-400)
    assert 1 == plans.current().serial


def test_a_removed_responder_is_known_by_old_plans(site):
    """Reports of a responder that left the plan are still its own."""
    key = public_bytes(site.responder_key)
    book(site)
    replaced = msgspec.structs.replace(
        settings.load(site.operator_file).responders[0], id="r2", key=bytes(32)
    )
    plans = book(site, responders=(replaced,))
    assert ("r1", "r2", None) == (
        plans.responder_of(key),
        plans.responder_of(bytes(32)),
        plans.responder_of(b"x" * 32),
    )


def test_a_plan_of_another_key_stops_the_start(site):
    """A plan that this operator's key has not signed is no plan of ours: the start says which file and what to do."""
    book(site)
    site.folder.operator_key.write_bytes(key_from(site.rng).private_bytes_raw())
    with pytest.raises(Trouble) as trouble:
        book(site)
    assert f"{site.folder.plans / '00000001.json'}: this plan is not signed" in trouble.value.text("en")


async def test_measurements_are_judged_by_the_plan_they_were_made_under(site):
    """A service that has left the plan is still accepted from a measurement made while it was in it."""
    async with site.open() as intake:
        old = intake.plans.current()
        document = site.document(old, service="s2")
    text = site.operator_file.read_text()
    site.operator_file.write_text(text.replace('id = "s2"', 'id = "s3"'))
    async with site.open() as intake:
        assert 2 == intake.plans.current().serial
        assert "accepted" == (await intake.measurement(document, "")).answer.status


def test_a_plans_index_finds_what_its_reader_finds(site):
    """Every row by its id, the first where two share one; the control names of every stratum and name; another plan has another index."""
    plan = make_plan(site.responder_key, services=3, directions=("down", "up"))
    twice = msgspec.structs.replace(plan.services[1], id=plan.services[0].id)
    plan = msgspec.structs.replace(plan, services=(*plan.services, twice))
    index = index_of(plan)
    assert {service.id: service for service in plan.services[:3]} == index.services
    assert {responder.id: responder for responder in plan.responders} == index.responders
    assert {(n.nettest, n.variant, n.direction): n for n in plan.nettests} == index.nettests
    for stratum in ("owned", "spoofed_popular", "spoofed_same_sector"):
        for name in ("stream1.culture.example", "a.example"):
            assert plan.candidates(stratum, name) == index.candidates(stratum, name)
    assert index is index_of(plan)
    assert index is not index_of(msgspec.structs.replace(plan))

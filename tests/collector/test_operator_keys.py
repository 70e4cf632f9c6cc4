"""Changing the operator's key: announced, pinned beside the first, then alone; seals and plans of before stay good."""

import asyncio
import json

import msgspec
import pytest

from collector import operator_keys, reader, settings, wiring
from collector.cli import main
from collector.messages import Trouble
from probe import clock
from probe.measurement.signing import public_bytes
from probe.plan_store import PlanRefused, PlanStore, find_grant
from tests.support.collectors import Site
from tests.support.sealing import HOUR, Document, fill, seal


@pytest.fixture(autouse=True)
def synchronised(monkeypatch):
    """The clock of this machine is as it should be."""
    monkeypatch.setattr(clock, "kernel_synchronised", lambda: True)


async def fetched(site: Site) -> bytes:
    """The plan with a grant, as the probe gets it."""
    async with wiring.open_intake(site.folder, settings.load(site.operator_file), site.clock) as intake:
        await intake.enrolment(site.enrolment(), "")
        return msgspec.json.encode(intake.plans.signed(public_bytes(site.quarter_key)))


async def test_a_probe_follows_an_announced_key_and_no_other(site, tmp_path):
    """The first plan by the announced key is obeyed and pins it alone: the old key, and any third, is foreign from then on."""
    first = public_bytes(site.folder.open())
    quarter_key, now_us = public_bytes(site.quarter_key), site.clock()
    old_plan = await fetched(site)
    second = public_bytes(operator_keys.announce(site.folder))
    announcing = await fetched(site)
    store = PlanStore(tmp_path / "plan.json", first, lab=True)
    plan = store.accept(announcing, quarter_key, now_us)
    assert second == plan.next_key
    operator_keys.rotate(site.folder)
    assert second == public_bytes(site.folder.open())
    after = await fetched(site)
    unwarned = PlanStore(tmp_path / "other.json", first, lab=True)
    unwarned.accept(old_plan, quarter_key, now_us)
    with pytest.raises(PlanRefused, match="foreign"):
        unwarned.accept(after, quarter_key, now_us)
    store = PlanStore(tmp_path / "plan.json", first, lab=True, second=second)
    plan = store.accept(after, quarter_key, now_us)
    assert second == store.operator_key
    assert plan.next_key is None
    assert find_grant(plan, second, quarter_key, now_us) is not None
    store = PlanStore(tmp_path / "plan.json", second, lab=True, second=plan.next_key)
    assert plan == store.load()
    with pytest.raises(PlanRefused, match="foreign"):
        store.accept(announcing, quarter_key, now_us)
    assert 3 == len(reader.read_plans(site.folder.root))


def test_a_key_that_no_plan_announces_is_not_taken(site, capsys):
    """No next key, one that no plan names, or a server at work: each is said, and the key stays."""
    before = site.folder.operator_key.read_bytes()
    with pytest.raises(Trouble, match="no next key here"):
        operator_keys.rotate(site.folder)
    assert 0 == main(["key", "--announce", "--data", str(site.folder.root), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["operator_key"] == (operator_keys.announced(site.folder) or b"").hex()
    with pytest.raises(Trouble, match="no plan announces this key"):
        operator_keys.rotate(site.folder)
    asyncio.run(fetched(site))
    with site.folder.served(), pytest.raises(Trouble, match="already serves"):
        operator_keys.rotate(site.folder)
    assert before == site.folder.operator_key.read_bytes()


def test_seals_of_before_stay_good(site):
    """Heads that the old key signed are verified as before; new ones bear the new key; a stranger's is refused."""
    fill(site.folder, HOUR, [Document(1)])
    assert 1 == seal(site.folder, "--once")["seals"]
    operator_keys.announce(site.folder)
    asyncio.run(fetched(site))
    operator_keys.rotate(site.folder)
    fill(site.folder, HOUR + 1, [Document(2)])
    assert 2 == seal(site.folder, "--once")["seals"]
    for path in site.folder.sealed.glob("*.json"):
        path.unlink()  # fetched again from the archive, and verified
    assert 2 == seal(site.folder, "--once")["fetched"]
    for path in (*site.folder.sealed.glob("*.json"), *site.folder.retired_keys.iterdir()):
        path.unlink()
    assert "not signed by this operator" in str(seal(site.folder, "--once", code=3)["error"])


@pytest.mark.parametrize(
    ("now_us", "synchronised", "judged"),
    [(50, True, 50), (50, False, 40), (50, None, 50), (40 - clock.BEHIND_US - 1, True, 40), (39, True, 39)],
)
def test_by_which_clock_a_plan_is_judged(now_us, synchronised, judged):
    """By our own where the kernel vouches for it or cannot be asked and the signed time is not ahead; else by the plan's."""
    assert judged == clock.judged_us(now_us, 40, lambda: synchronised)


async def test_no_plan_ends_by_a_clock_that_is_not_trusted(site, tmp_path, monkeypatch):
    """A board that wakes in 1970, or decades ahead without synchronisation, takes and keeps its plan; a sound clock ends it."""
    raw, quarter_key = await fetched(site), public_bytes(site.quarter_key)
    key = public_bytes(site.folder.open())
    plan = PlanStore(tmp_path / "early.json", key, lab=True).accept(raw, quarter_key, 0)
    far_us = plan.expires_at_us + 10**15
    with pytest.raises(PlanRefused, match="expired"):
        PlanStore(tmp_path / "late.json", key, lab=True).accept(raw, quarter_key, far_us)
    monkeypatch.setattr(clock, "kernel_synchronised", lambda: False)
    assert plan == PlanStore(tmp_path / "late.json", key, lab=True).accept(raw, quarter_key, far_us)

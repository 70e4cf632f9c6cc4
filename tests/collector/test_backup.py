"""Backup under load and restore: what was accepted before is there, exactly once; nothing is taken on faith."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator

import aiohttp
import msgspec
import pytest

from collector import backup, batch, reader
from collector.archive import count
from collector.cli import main
from collector.data_folder import DataFolder
from collector.messages import Trouble
from collector.sealed import read_heads
from probe.answers import Answer
from probe.door import Doubtful, Reply, answer_in
from probe.measurement.signing import PLAN, sign
from tests.collector.test_crash import enrol, fetch_plan
from tests.support.collectors import Clock, Site, served, unix_now_us, until
from tests.support.sealing import HOUR, Document, Sealing, damage, fill, mixed, rows, seal


async def load(url: str, documents: list[bytes], accepted: list[bytes]) -> None:
    """Send documents one after another; ``accepted`` grows as the collector says so."""
    async with aiohttp.ClientSession(url) as client:
        for document in documents:
            async with client.post("/v1/measurements", data=document) as response:
                answer = msgspec.json.decode(await response.read(), type=Answer)
            assert answer.settled()
            accepted.append(bytes.fromhex(answer.id or ""))


async def test_a_backup_under_load_has_all_that_was_accepted(tmp_path, capsys):
    """While two senders write, three backups are made: each has every measurement accepted before it began, none twice,
    and a restored one serves: what it holds is a duplicate, its roster knows the probe, its next plan has leapt ahead.
    """
    site = Site.make(tmp_path, clock=Clock(unix_now_us()))
    with served(site, tmp_path / "log") as server:
        await enrol(server, site)
        plan = await fetch_plan(server)
        documents = [site.document(plan) for _ in range(80)]
        accepted: list[bytes] = []
        sending = [
            asyncio.create_task(load(server.url, half, accepted))
            for half in (documents[::2], documents[1::2])
        ]
        for number in range(3):
            goal = 15 * (number + 1)
            await until(lambda goal=goal: len(accepted) >= goal, 30)
            before = set(accepted)
            await asyncio.to_thread(backup.back_up, site.folder, tmp_path / f"b{number}", 1)
            copy = DataFolder(tmp_path / f"restored{number}")
            backup.restore(tmp_path / f"b{number}", copy)
            found = [row.measurement_id for row in reader.read_measurements(copy.root)]
            assert len(found) == len(set(found))
            assert set() == before - set(found)
        await asyncio.gather(*sending)
    assert 0 == main(["restore", "--data", str(tmp_path / "new"), "--from", str(tmp_path / "b2"), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert plan.serial + backup.LEAP == said["serial"]
    site.folder = DataFolder(tmp_path / "new")
    with served(site, tmp_path / "log") as server:
        assert "duplicate" == await enrol(server, site)
        assert plan.serial + backup.LEAP == (await fetch_plan(server)).serial
        accepted = []
        await load(server.url, documents, accepted)
    assert 80 == len({row.measurement_id for row in reader.read_measurements(site.folder.root)})


def test_hot_and_sealed_are_copied_whole(tmp_path):
    """A backup in the middle of sealing, archive and all, reads as the original does, and sealing goes on in the copy."""
    sealing = Sealing.make(tmp_path)
    for hour, documents in mixed(2, 30).items():
        fill(sealing.folder, hour, documents)
    seal(sealing.folder, "--once")
    for hour, documents in mixed(2, 30, first=1000).items():
        fill(sealing.folder, hour, documents)
    done = backup.back_up(sealing.folder, tmp_path / "b", 1)
    assert done.archive
    copy = DataFolder(tmp_path / "copy")
    backup.restore(tmp_path / "b", copy)
    same = rows(sealing.folder) == rows(copy)
    assert same
    assert 2 == seal(copy, "--once")["sealed"]
    same = rows(sealing.folder) == rows(copy)
    assert same
    modes = {path.stat().st_mode & 0o777 for path in copy.root.rglob("*") if path.is_file()}
    assert {0o600} == modes - {0o644}  # the lock of the sealer, which is empty


def doubled(folder: DataFolder) -> list[bytes]:
    """Ids that stand in more than one row of hour files and parts together, reports among them."""
    found = Counter(row.measurement_id for row in reader.read_measurements(folder.root))
    found.update(row.report_id for row in reader.read_digests(folder.root))
    return [document for document, times in found.items() if times > 1]


def test_an_hour_sealed_since_the_backup_is_not_sealed_again(tmp_path):
    """The archive is elsewhere, and has an hour of which the backup has a half: each document stands once, before and after sealing."""
    sealing, url = Sealing.make(tmp_path), str(tmp_path / "elsewhere")
    (documents,) = mixed(1, 30).values()
    fill(sealing.folder, HOUR, documents[:20])
    backup.back_up(sealing.folder, tmp_path / "b", 1)
    fill(sealing.folder, HOUR, documents[20:])
    seal(sealing.folder, "--once", "--archive", url)
    copy = DataFolder(tmp_path / "copy")
    backup.restore(tmp_path / "b", copy)
    # Late documents of the same hour, as after a clock that stepped back: of these the archive has none.
    late = [Document(500 + n) for n in range(5)]
    fill(copy, HOUR, late)
    place = copy.root / "archive.json"
    place.write_bytes((sealing.folder.root / "archive.json").read_bytes())
    with copy.sealing():
        log = Sealing(copy).sealer().log
        log.sync(HOUR + 48)
    for _ in range(2):
        assert [] == doubled(copy)
        assert {row.id for row in (*documents, *late) if row.kind != "reports"} == {
            row[0] for row in rows(copy)
        }
        whole = count(copy.root)
        assert (35, 3, 1) == (whole.measurements, whole.conflicts, whole.reports)
        seal(copy, "--once", "--archive", url)
    assert [34, 5] == [head.leaves for head in read_heads(copy.sealed)]
    assert [] == list(copy.hot.iterdir())


def test_an_hour_sealed_in_the_midst_of_a_backup_stands_once(tmp_path, monkeypatch):
    """The sealer takes an hour between the copy of its file and that of the archive: each document stands once in the copy."""
    sealing, names = Sealing.make(tmp_path), backup._names
    (documents,) = mixed(1, 30).values()
    fill(sealing.folder, HOUR, documents)

    def with_a_seal(folder: DataFolder) -> Iterator[str]:
        for name in names(folder):
            yield name
            if name.startswith("hot/"):
                seal(folder, "--once")

    monkeypatch.setattr(backup, "_names", with_a_seal)
    backup.back_up(sealing.folder, tmp_path / "b", 1)
    copy = DataFolder(tmp_path / "copy")
    backup.restore(tmp_path / "b", copy)
    assert 1 == len(list(copy.hot.iterdir())) == len(read_heads(copy.sealed))
    for sealed in (0, 0):
        assert [] == doubled(copy)
        same = rows(sealing.folder) == rows(copy)
        assert same
        assert sealed == seal(copy, "--once")["sealed"]
    assert 1 == len(read_heads(copy.sealed))


async def test_what_waits_in_a_probe_outlives_a_restore(tmp_path):
    """A measurement made under a plan that was issued after the backup: told to wait, by an answer that settles nothing; taken once
    the sealer has brought the plan back. A plan that was never issued is unknown for good.
    """
    site, place = Site.make(tmp_path), str(tmp_path / "elsewhere")
    async with site.open() as intake:
        backup.back_up(site.folder, tmp_path / "b", 1)
        site.clock.advance(days=8)
        plan = intake.plans.current()
        waiting, alone = site.document(plan), site.document(plan)
    seal(site.folder, "--once", "--archive", place)
    backup.restore(tmp_path / "b", DataFolder(tmp_path / "new"))
    site.folder = DataFolder(tmp_path / "new")
    async with site.open() as intake:
        told = await intake.measurement(waiting, "")
        assert ("plan_not_here", False, False) == (told.answer.code, told.final, told.answer.retry)
        with pytest.raises(Doubtful):
            answer_in(Reply(told.status, told.body()), intake.plans.operator_key)
        assert b'"id"' not in batch.answers([told])
        beyond = msgspec.structs.replace(plan, serial=backup.LEAP + 50)
        never = await intake.measurement(site.document(beyond), "")
        assert ("unknown_plan", True) == (never.answer.code, never.final)
    assert 1 == seal(site.folder, "--once", "--archive", place)["plans"]
    async with site.open() as intake:
        for document in (waiting, alone):
            assert "accepted" == (await intake.measurement(document, "")).answer.status
        assert 1 + backup.LEAP == intake.plans.current().serial
    assert 0 == seal(site.folder, "--once", "--archive", place)["plans"]
    names = [f"{serial:08}.json" for serial in (1, 2, 1 + backup.LEAP)]
    assert names == sorted(path.name for path in (tmp_path / "elsewhere/v1/plans").iterdir())


def test_a_plan_that_the_operator_has_not_signed_does_not_come_back(tmp_path):
    """Somebody who can write to the archive cannot plan."""
    site = Site.make(tmp_path)
    plans = site.folder.root / "archive/v1/plans"
    plans.mkdir(parents=True)
    (plans / "00000007.json").write_bytes(msgspec.json.encode(sign(site.responder_key, PLAN, b"{}")))
    error = str(seal(site.folder, "--once", code=3)["error"])
    assert "00000007.json: this plan is not signed" in error
    assert [] == list(site.folder.plans.iterdir())


@pytest.mark.parametrize("fault", ["changed", "missing", "unfinished", "not empty"])
def test_nothing_is_restored_on_faith(tmp_path, fault):
    """A changed or missing file, a backup that was not finished and a folder in use are each refused by a sentence."""
    sealing = Sealing.make(tmp_path)
    for hour, documents in mixed(1, 10).items():
        fill(sealing.folder, hour, documents)
    backup.back_up(sealing.folder, tmp_path / "b", 1)
    path = next((tmp_path / "b" / "hot").iterdir())
    words = {
        "changed": "not what the backup put there",
        "missing": "not what the backup put there",
        "unfinished": "no finished backup",
        "not empty": "is not empty",
    }
    match fault:
        case "changed":
            damage(path)
        case "missing":
            path.unlink()
        case "unfinished":
            (tmp_path / "b" / backup.MANIFEST).unlink()
    target = sealing.folder if fault == "not empty" else DataFolder(tmp_path / "new")
    with pytest.raises(Trouble, match=words[fault]):
        backup.restore(tmp_path / "b", target)

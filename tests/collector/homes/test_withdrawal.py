"""Withdrawal: a home's bytes leave the hot store before the answer, the archive with the next seal, and never come back."""

import asyncio
import json
import sqlite3
from base64 import b64encode
from contextlib import closing
from dataclasses import replace
from hashlib import sha256

import aiohttp
import msgspec
import pytest

from collector import backup, reader, settings, wiring
from collector.archive_place import Place
from collector.closing import close_for_good
from collector.data_folder import DataFolder
from collector.homes import purge
from collector.homes.book import HomeBook, read_leaving
from collector.homes.purge import erase_closed
from collector.homes.withdrawal import withdraw
from collector.hot_files import HOUR_US
from collector.operator_keys import announce, rotate
from collector.retention import delete_older
from collector.seal_log import SealLog
from collector.sealed import index_path, read_heads
from probe.measurement.signing import WITHDRAWAL, Signed, document_id, public_bytes, sign
from probe.withdrawal import Withdrawal
from tests.collector.test_crash import enrol, fetch_plan
from tests.support.collectors import Clock, Site, served, unix_now_us
from tests.support.plans import key_from, make_enrolment
from tests.support.sealing import HOUR, Document, Sealing, fill, seal

LEAVES, STAYS = b"\x01" * 32, b"\x02" * 32


def asked(site: Site, operator_key: bytes, signer=None) -> Signed:
    """The site's home asks to go."""
    word = Withdrawal(operator_key=operator_key, sent_at_us=site.clock())
    return sign(signer or site.long_lived, WITHDRAWAL, word)


def traces(folder, *needles: bytes) -> list[str]:
    """Files below ``folder`` that hold one of the byte strings."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(path.name for path in files if any(needle in path.read_bytes() for needle in needles))


async def test_the_hot_store_is_rid_of_it_before_the_answer(tmp_path):
    """After "accepted" no file of the folder, write-ahead logs too, has a byte of the home's documents or its roster
    entry, while others' stay and go on being taken; its documents and its key are refused for good; asked again: duplicate.
    """
    site = Site.make(tmp_path, clock=Clock(unix_now_us()))
    data = site.folder.root
    with served(site, tmp_path / "log") as server:
        await enrol(server, site)
        plan = await fetch_plan(server)
        mine = [site.signed(plan) for _ in range(6)]
        leaving_key, leaving_home = site.quarter_key, site.long_lived
        stays, stays_key = key_from(site.rng), key_from(site.rng)
        operator_key = public_bytes(site.folder.open())
        async with aiohttp.ClientSession(server.url) as client:

            async def post(path: str, signed: Signed) -> tuple[int, str]:
                async with client.post(path, data=msgspec.json.encode(signed)) as response:
                    answer = json.loads(await response.read())
                    return response.status, answer.get("code") or answer["status"]

            await post("/v1/enrolments", make_enrolment(stays, stays_key, site.clock.moment))
            site.quarter_key = stays_key
            others = [site.signed(plan) for _ in range(4)]
            site.quarter_key = leaving_key
            assert {(200, "accepted")} == set(
                await asyncio.gather(*(post("/v1/measurements", one) for one in (*mine, *others)))
            )
            assert (422, "foreign_withdrawal") == await post("/v1/withdrawals", asked(site, bytes(32)))
            assert (404, "unknown_home") == await post(
                "/v1/withdrawals", asked(site, operator_key, key_from(site.rng))
            )
            assert traces(data, b64encode(public_bytes(leaving_key)))
            word = asked(site, operator_key)
            assert (200, "accepted") == await post("/v1/withdrawals", word)
            written = b64encode(public_bytes(leaving_key))  # as it stands in each of its documents
            assert [] == traces(data, written, public_bytes(leaving_home), *(one.signature for one in mine))
            assert (200, "duplicate") == await post("/v1/withdrawals", word)
            for one in (mine[0], site.signed(plan)):
                assert (410, "home_withdrawn") == await post("/v1/measurements", one)
            assert (
                "home_withdrawn"
                == (
                    await post("/v1/enrolments", make_enrolment(leaving_home, leaving_key, site.clock.moment))
                )[1]
            )
            site.quarter_key = stays_key
            assert (200, "accepted") == await post("/v1/measurements", site.signed(plan))
    assert 5 == len(list(reader.read_measurements(data)))
    assert sha256(public_bytes(leaving_key)).digest() in reader.read_withdrawn(data)
    assert {public_bytes(stays_key)} == {entry.quarter_key for entry in reader.read_rosters(data)}


async def test_a_withdrawal_that_broke_off_is_finished_at_the_start(site):
    """Stopped after its first step, it hides the rows at once, and the next start takes them out."""
    async with site.open() as intake:
        document = site.signed(intake.plans.current())
        assert 200 == (await intake.measurement(msgspec.json.encode(document), "")).status
        home = public_bytes(site.long_lived)
        intake.homes.withdraw(home, intake.roster.keys_of(home), site.clock())
    assert [] == list(reader.read_measurements(site.folder.root))
    assert traces(site.folder.root, document.signature)
    again = Site(
        site.folder,
        site.operator_file,
        site.rng,
        site.responder_key,
        key_from(site.rng),
        key_from(site.rng),
        site.clock,
    )
    async with again.open() as intake:
        assert not intake.roster.knows(home)
        reply = await withdraw(intake, msgspec.json.encode(asked(site, intake.plans.operator_key)), "")
        assert "duplicate" == reply.answer.status
    assert [] == traces(site.folder.root, document.signature, home)


async def test_a_home_may_leave_that_never_heard_of_the_new_key(site):
    """Its word names the operator's key as it was pinned; after a rotation it still counts."""
    async with site.open() as intake:
        pinned = intake.plans.operator_key
    announce(site.folder)
    async with reopened(site) as intake:
        intake.plans.current()
    rotate(site.folder)
    async with reopened(site) as intake:
        assert pinned != intake.plans.operator_key
        reply = await withdraw(intake, msgspec.json.encode(asked(site, pinned)), "")
        assert "accepted" == reply.answer.status


async def test_a_key_enrolled_in_the_moment_of_leaving_is_not_taken_from(site):
    """Whichever comes first in the roster's thread: the new quarter's key is on the list of those that left, or is refused."""
    async with site.open() as intake:
        site.clock.advance(days=37)
        site.quarter_key = key_from(site.rng)
        word = msgspec.json.encode(asked(site, intake.plans.operator_key))
        enrolling = asyncio.ensure_future(intake.enrolment(site.enrolment(), ""))
        await asyncio.sleep(0)
        assert 200 == (await withdraw(intake, word, "")).status
        await enrolling
        refused = await intake.measurement(site.document(intake.plans.current()), "")
        assert refused.answer.code in ("home_withdrawn", "unknown_key")


async def test_nothing_that_was_written_of_a_home_stays(site):
    """The operator's words about it go with it; and its word, sent again and again, is answered and adds nothing."""
    async with site.open() as intake:
        home = public_bytes(site.long_lived)
        intake.homes.decide(home, "approved", "radio", "Mme Exemple, 12 rue des Lilas", site.clock())
        word = msgspec.json.encode(asked(site, intake.plans.operator_key))
        answers = [(await withdraw(intake, word, "")).answer.status for _ in range(4)]
        assert ["accepted", *["duplicate"] * 3] == answers
        assert 1 == sum(event == "withdrawn" for _, _, event, _ in intake.homes.ledger())
    assert [] == traces(site.folder.root, b"rue des Lilas")


def reopened(site: Site):
    """The site's intake once more, with nobody enrolled anew."""
    bounds = settings.load(site.operator_file, {"ISONOMIA_SET_COLLECTOR_CHECKERS": "0"})
    return wiring.open_intake(site.folder, bounds, site.clock)


def sealed_with_two_homes(root) -> Sealing:
    """An archive of three hours: in the first both homes, in the second one alone, in the third the other alone."""
    sealing = Sealing.make(root)
    rows = {
        HOUR: [Document(n, key=LEAVES if n % 2 else STAYS, pair=n) for n in range(20)]
        + [Document(900, "reports")],
        HOUR + 1: [Document(n, key=LEAVES) for n in range(20, 26)],
        HOUR + 2: [Document(n, key=STAYS) for n in range(26, 32)],
    }
    for hour, documents in rows.items():
        fill(sealing.folder, hour, documents)
    sealing.run()
    return sealing


def leave(sealing: Sealing, home: bytes = b"\x09" * 32, key: bytes = LEAVES) -> None:
    """The home withdraws, as the server notes it."""
    with closing(HomeBook(sealing.folder.homes)) as book:
        book.withdraw(home, [key], 1)


def test_the_archive_is_rewritten_without_it(tmp_path):
    """Before the rewriting its rows are hidden; after it no byte of body, salt or key is left in any file; the others' rows,
    the log's leaves and roots are as they were; heads say why; the key is forgotten but for its hash.
    """
    sealing = sealed_with_two_homes(tmp_path)
    folder = sealing.folder
    heads = read_heads(folder.sealed)
    leaves = {path.name: path.read_bytes() for path in folder.root.rglob("*.leaves")}
    parts = {head.serial: head.part.name for head in heads if head.part}
    stayed = [row for row in sealing.measurements() if row.key == STAYS]
    leave(sealing)
    assert stayed == sealing.measurements()
    said = seal(folder, "--once")
    assert (2, 0) == (said["rewritten"], said["sealed"])
    assert [(row.measurement_id, row.body) for row in stayed] == [
        (row.measurement_id, row.body) for row in sealing.measurements()
    ]
    assert [] == traces(folder.root, LEAVES, *(Document(n).body for n in (1, 3, 20, 25)), Document(21).id)
    after = read_heads(folder.sealed)
    assert [head.root for head in heads] == [head.root for head in after]
    assert leaves == {path.name: path.read_bytes() for path in folder.root.rglob("*.leaves")}
    assert [("withdrawal", 10, 1), ("withdrawal", 0, 0), ("sealed", 6, 0)] == [
        (h.reason, h.measurements, h.reports) for h in after
    ]
    assert parts[3] == (after[2].part and after[2].part.name)
    assert after[1].part is None
    assert 1 == len(sealing.reports())
    assert frozenset() == read_leaving(folder.homes)
    assert 0 == seal(folder, "--once")["rewritten"]


def run_and_purge(sealing: Sealing) -> None:
    """What the sealer does in one run, in this process."""
    with sealing.folder.sealing(), closing(HomeBook(sealing.folder.homes)) as book:
        sealer = sealing.sealer()
        sealer.run()
        purge.purge(sealing.folder, sealer._place, sealer.log, book, book.leaving(), 1)


@pytest.mark.parametrize("step", ["write", "revise", "remove"])
def test_a_rewriting_that_dies_anywhere_goes_on(tmp_path, monkeypatch, step):
    """Killed after any step, the next run ends with the same rows, no part too many, and nothing of the home."""
    sealing = sealed_with_two_homes(tmp_path)
    leave(sealing)

    def dies(*_arguments, **_words):
        raise KeyboardInterrupt

    where = {
        "write": (purge, "verified"),
        "revise": (SealLog, "revise"),
        "remove": (Place, "remove"),
    }
    with monkeypatch.context() as patch:
        patch.setattr(*where[step], dies)
        with pytest.raises(KeyboardInterrupt):
            run_and_purge(sealing)
    seal(sealing.folder, "--once")
    assert 16 == len(sealing.measurements())
    assert [] == traces(sealing.folder.root, LEAVES)
    named = {head.part.name for head in read_heads(sealing.folder.sealed) if head.part}
    assert named == {str(path.relative_to(sealing.folder.root / "archive")) for path in sealing.parts()}


@pytest.mark.parametrize("gone", ["killed", "retention"])
def test_an_index_whose_documents_are_all_gone_forgets_the_home_too(tmp_path, monkeypatch, gone):
    """By a run that was killed between the head, which says that nothing is left, and the index; or since their time was over
    when the home left: ids, tickets and key stood there, and in what servers made of it, for 120 days.
    """
    sealing = Sealing.make(tmp_path)
    fill(sealing.folder, HOUR, [Document(n, pair=n, key=LEAVES) for n in range(5)])
    fill(sealing.folder, HOUR + 1, [Document(n, pair=n, key=STAYS) for n in range(5, 9)])
    sealing.run()
    index = index_path(sealing.folder.sealed, 1)
    if gone == "retention":
        with sealing.folder.sealing():
            sealer = sealing.sealer()
            sealer.run()
            assert 1 == delete_older(sealer.log, sealer._place, 0, (HOUR + 1) * HOUR_US)
    leave(sealing)
    if gone == "killed":

        def dies(*_arguments):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(purge, "write_whole", dies)
            with pytest.raises(KeyboardInterrupt):
                run_and_purge(sealing)
    assert LEAVES in index.read_bytes()
    run_and_purge(sealing)
    assert [] == traces(sealing.folder.root, LEAVES, *(Document(n).id for n in range(5)))
    assert 4 == len(sealing.measurements())


def test_a_damaged_hour_stops_neither_sealing_nor_leaving(tmp_path):
    """One hour file that cannot be read: the others are sealed without the home that leaves, the file is named in a sentence, and
    the home's key stays on the list, for its rows may be in there.
    """
    sealing = Sealing.make(tmp_path)
    for offset in range(3):
        keys = (LEAVES, STAYS)
        fill(sealing.folder, HOUR + offset, [Document(100 * offset + n, key=keys[n % 2]) for n in range(10)])
    bad = sealing.folder.hot / sealing.hot()[0]
    whole = bad.read_bytes()
    bad.write_bytes(bytes(100) + whole[100:])
    leave(sealing)
    for sealed in (2, 0):
        said = seal(sealing.folder, "--once", code=3)
        assert (sealed, 1) == (said["sealed"], said["damaged"])
        assert bad.name in str(said["error"])
        assert "Traceback" not in str(said["error"])
        assert frozenset({LEAVES}) == read_leaving(sealing.folder.homes)
    assert [bad.name] == sealing.hot()
    bad.write_bytes(whole)
    seal(sealing.folder, "--once")
    assert {STAYS} == {row.key for row in sealing.measurements()}
    assert 15 == len(sealing.measurements())
    assert frozenset() == read_leaving(sealing.folder.homes)


def test_a_closed_hour_that_is_not_sealed_yet(tmp_path):
    """The server leaves a file alone that the sealer has closed; the sealer takes the rows out before it seals it."""
    sealing = Sealing.make(tmp_path)
    fill(sealing.folder, HOUR, [Document(n, key=LEAVES if n % 2 else STAYS) for n in range(10)])
    path = next(sealing.folder.hot.iterdir())
    assert close_for_good(path, bytes(range(32)))
    leave(sealing)
    assert 5 == erase_closed(sealing.folder.hot, frozenset({LEAVES}))
    with closing(sqlite3.connect(path)) as db:
        assert [(5,)] == db.execute("SELECT count(*) FROM measurements").fetchall()
    assert 1 == seal(sealing.folder, "--once")["sealed"]
    assert [] == traces(sealing.folder.root, LEAVES)
    assert document_id(Document(0).body) in {row.measurement_id for row in sealing.measurements()}


async def test_a_restored_folder_learns_who_has_left(site, tmp_path):
    """A home that withdrew after the backup is gone from the restored folder too, once the sealer has met the archive:
    its rows at once, its keys refused, and at the next start no byte of it is left.
    """
    archive = str(tmp_path / "elsewhere")
    async with site.open() as intake:
        document = site.signed(intake.plans.current())
        assert 200 == (await intake.measurement(msgspec.json.encode(document), "")).status
        seal(site.folder, "--once", "--archive", archive)
        backup.back_up(site.folder, tmp_path / "b", 1)
        word = msgspec.json.encode(asked(site, intake.plans.operator_key))
        assert "accepted" == (await withdraw(intake, word, "")).answer.status
    seal(site.folder, "--once")
    copy = DataFolder(tmp_path / "copy")
    backup.restore(tmp_path / "b", copy)
    assert 1 == len(list(reader.read_measurements(copy.root)))
    seal(copy, "--once")
    assert [] == list(reader.read_measurements(copy.root))
    again = replace(site, folder=copy, long_lived=key_from(site.rng), quarter_key=key_from(site.rng))
    async with again.open() as intake:
        assert "home_withdrawn" == (await intake.enrolment(site.enrolment(), "")).answer.code
    seal(copy, "--once")
    assert [] == traces(copy.root, document.signature, public_bytes(site.long_lived))

"""The upload: a copy is deleted only against a receipt for exactly that document; trouble is waited out."""

import asyncio
import errno
import random
from datetime import UTC, datetime

import msgspec
import pytest

from probe import identity
from probe.answers import ANSWER, ANSWERS, Answer, signature_of
from probe.door import (
    Busy,
    DoorTrouble,
    Doubtful,
    NotBelieved,
    Rejected,
    Reply,
    Unreachable,
    answer_about,
    answer_in,
    answers_in,
    open_door,
    told,
)
from probe.measurement.signing import MEASUREMENT, public_bytes, sign
from probe.spool import Spool
from probe.upload import LONGEST_PAUSE_S, Backoff, Uploader
from tests.probe.conftest import a_document
from tests.support.documents import key_from


@pytest.fixture
def spool(tmp_path):
    """An open spool."""
    made = Spool(tmp_path / "spool")
    made.open()
    return made


def uploader(spool, door, said):
    """An uploader of little patience."""
    return Uploader(spool, door, said, random.Random(1), first_pause_s=0.01)


async def drained(spool, collector, said, longest_s=5.0):
    """Drain through a door of its own; the uploader, and whether the spool is empty."""
    async with open_door(collector.url, collector.public) as door:
        up = uploader(spool, door, said)
        return up, await up.drain(longest_s)


async def test_accepted_deletes_the_copy(spool, collector, said):
    """After "accepted" the collector holds the very bytes and the probe none."""
    signed = a_document()
    identifier = spool.put(signed)
    up, empty = await drained(spool, collector, said)
    assert (True, 1, 0) == (empty, up.tally.accepted, up.tally.duplicate)
    assert {identifier: signed.body_bytes()} == collector.documents
    assert [{"event": "uploaded", "id": identifier, "status": "accepted"}] == said.events()


async def test_duplicate_deletes_the_copy(spool, collector, said):
    """A duplicate is as good as an accepted document."""
    spool.put(a_document())
    await drained(spool, collector, said)
    spool.put(a_document())
    up, empty = await drained(spool, collector, said)
    assert (True, 1) == (empty, up.tally.duplicate)


@pytest.mark.parametrize("word", ["500", "drop", "nonsense", "wrong_id", "redirect", "portal", "oversize"])
async def test_trouble_then_well(spool, collector, said, word):
    """Whatever goes wrong on the way, the document stays until it is accepted, and the trouble is told."""
    identifier = spool.put(a_document())
    collector.script.extend([word, word])
    up, empty = await drained(spool, collector, said)
    assert (True, 1, [identifier]) == (empty, up.tally.accepted, list(collector.documents))
    assert 2 == len(said.events("upload_trouble"))


async def test_429_is_waited_for(spool, collector, said):
    """A collector that asks for a second's patience gets at least that."""
    spool.put(a_document())
    collector.script.append("429")
    began = asyncio.get_running_loop().time()
    _, empty = await drained(spool, collector, said)
    assert empty
    assert asyncio.get_running_loop().time() - began >= 1.0
    assert ["busy"] == [event["kind"] for event in said.events("upload_trouble")]


async def test_a_stall_ends_and_keeps_the_document(spool, collector, said):
    """A collector that says nothing holds nobody up for ever; the document waits."""
    identifier = spool.put(a_document())
    collector.script.extend(["stall"] * 20)
    _, empty = await asyncio.wait_for(drained(spool, collector, said, longest_s=0.4), 5)
    assert not empty
    assert [identifier] == spool.pending()


async def test_rejected_is_kept_aside_and_shown(spool, collector, said):
    """A refusal moves the document aside with its code and both messages, and others go through."""
    first, second = spool.put(a_document(1)), spool.put(a_document(2))
    collector.script.append("rejected")
    up, empty = await drained(spool, collector, said)
    (shown,) = said.events("rejected")
    assert (True, {"bad_schema": 1}, 1) == (empty, dict(up.tally.rejected), up.tally.accepted)
    assert ("bad_schema", "champ inconnu", "unknown field") == (
        shown["code"],
        shown["message_fr"],
        shown["message_en"],
    )
    assert {first, second} == {shown["id"], *collector.documents}


async def test_a_damaged_document_holds_nobody_up(spool, collector, said):
    """A corrupt file is set aside and told; the next is sent."""
    bad, good = spool.put(a_document(1)), spool.put(a_document(2))
    (spool.pending_folder / f"{bad}.json").write_bytes(b"{")
    up, empty = await drained(spool, collector, said)
    assert (True, {"corrupt": 1}, [good]) == (empty, dict(up.tally.rejected), list(collector.documents))


def full_disk(*_: object) -> None:
    """What a disk without room says."""
    raise OSError(errno.ENOSPC, "No space left on device")


async def test_a_disk_too_full_to_set_a_document_aside_does_not_end_the_upload(
    spool, collector, said, monkeypatch
):
    """What is accepted is deleted, and makes room; what was refused waits, and is set aside when there is some."""
    refused, taken = spool.put(a_document(1)), spool.put(a_document(2))
    collector.script.append("rejected")
    async with open_door(collector.url, collector.public) as door:
        up = uploader(spool, door, said)
        with monkeypatch.context() as patch:
            patch.setattr("probe.spool.durable.write", full_disk)
            trouble = await up.one_pass()
        assert ("spool", "No space left on device") == (trouble.kind, trouble.detail)
        assert ([refused], [taken], {}) == (
            spool.pending(),
            list(collector.documents),
            dict(up.tally.rejected),
        )
        collector.script.append("rejected")
        assert await up.drain(5.0)
    assert [refused] == [reason.id for reason in spool.rejected()]


async def test_a_document_that_cannot_be_read_now_stays_and_holds_nobody_up(
    spool, collector, said, monkeypatch
):
    """One damaged while there is no room to set it aside: the next is sent."""
    bad, good = spool.put(a_document(1)), spool.put(a_document(2))
    (spool.pending_folder / f"{bad}.json").write_bytes(b"{")
    monkeypatch.setattr("probe.spool.durable.write", full_disk)
    async with open_door(collector.url, collector.public) as door:
        await uploader(spool, door, said).one_pass()
    assert ([bad], [good]) == (spool.pending(), list(collector.documents))
    assert ["spool"] == [event["kind"] for event in said.events("upload_trouble")]


async def test_one_document_in_trouble_lets_the_others_through(spool, collector, said):
    """A 500 for one document does not keep the rest waiting for the next pass."""
    for number in range(3):
        spool.put(a_document(number))
    collector.script.append("500")
    async with open_door(collector.url, collector.public) as door:
        trouble = await uploader(spool, door, said).one_pass()
    assert isinstance(trouble, Busy)
    assert (1, 2) == (spool.waiting().documents, len(collector.documents))


async def test_a_collector_that_is_down_is_asked_once_a_pass(spool, said):
    """Nobody listening: the pass ends at the first document, and nothing is deleted."""
    for number in range(3):
        spool.put(a_document(number))
    async with open_door("http://127.0.0.1:9", None) as door:
        trouble = await uploader(spool, door, said).one_pass()
    assert isinstance(trouble, Unreachable)
    assert (3, 1) == (spool.waiting().documents, len(said.events("upload_trouble")))


async def test_in_the_background_uploads_wait_while_a_pair_runs(spool, collector, said):
    """With `may_send` cleared nothing leaves; set again, it does."""
    async with open_door(collector.url, collector.public) as door:
        up = uploader(spool, door, said)
        up.may_send.clear()
        task = asyncio.create_task(up.run())
        spool.put(a_document())
        up.notify()
        await asyncio.sleep(0.1)
        assert 0 == collector.uploads
        up.may_send.set()
        for _ in range(100):
            await asyncio.sleep(0.02)
            if not spool.pending():
                break
        task.cancel()
    assert 1 == len(collector.documents)


async def test_in_the_background_trouble_is_retried(spool, collector, said):
    """A failed upload stops nothing: the background task tries again by itself."""
    collector.script.extend(["500", "drop", "nonsense"])
    async with open_door(collector.url, collector.public) as door:
        up = uploader(spool, door, said)
        task = asyncio.create_task(up.run())
        spool.put(a_document())
        up.notify()
        for _ in range(200):
            await asyncio.sleep(0.02)
            if not spool.pending():
                break
        assert not task.done()
        task.cancel()
    assert (1, 4) == (len(collector.documents), collector.uploads)


def test_pauses_double_with_jitter_within_bounds():
    """The pause after trouble n lies between half and all of 2^n s, and never exceeds five minutes."""
    backoff = Backoff(random.Random(7))
    pauses = [backoff.next_s() for _ in range(40)]
    assert all(2.0**n / 2 <= pause <= 2.0**n for n, pause in enumerate(pauses[:8]))
    assert LONGEST_PAUSE_S >= max(pauses)
    assert len(set(pauses)) == len(pauses)
    assert 60.0 <= Backoff(random.Random(7)).next_s(60.0)
    backoff.reset()
    assert 1.0 >= backoff.next_s()


KEY = key_from(random.Random("operator"))
PUBLIC = public_bytes(KEY)


def settled(status, data, signature=""):
    """What the probe makes of such a reply about the document "aa"; signed by the operator unless told otherwise."""
    signature = signature_of(data, KEY) if signature == "" else signature
    return answer_about("aa", answer_in(Reply(status, data, signature), PUBLIC))


@pytest.mark.parametrize(
    ("status", "data", "kind"),
    [
        (200, b"{}", NotBelieved),
        (200, b'{"status":"accepted"}', NotBelieved),
        (200, b'{"status":"rejected","code":"x"}', NotBelieved),
        (422, b'{"status":"accepted","id":"aa"}', NotBelieved),
        (422, b'{"status":"rejected","id":"bb","code":"x"}', NotBelieved),
        (400, b'{"status":"rejected","code":"not_json"}', Doubtful),
        (401, b'{"status":"rejected","id":"aa","code":"bad_signature"}', Doubtful),
        (401, b'{"status":"rejected","id":"aa","code":"unknown_key"}', Doubtful),
        (422, b'{"status":"rejected","id":"aa","code":"key_mismatch"}', Doubtful),
        (404, b"not found", NotBelieved),
        (200, b"\xff", NotBelieved),
        (200, b"[" * 60_000, NotBelieved),
        (400, b'{"status":"rejected","code":"body_cut","retry":true}', Busy),
        (503, b"", Busy),
    ],
)
def test_what_is_not_believed(status, data, kind):
    """An answer settles a document only with the right status, the right id and words we know, signed or not."""
    with pytest.raises(DoorTrouble) as caught:
        settled(status, data)
    assert kind is type(caught.value)


@pytest.mark.parametrize(
    "data", [b'{"status":"accepted","id":"aa"}', b'{"status":"rejected","id":"aa","code":"too_old"}']
)
def test_only_the_operators_signature_settles(data):
    """The very same bytes settle with the operator's signature, and not with another's, a cut one or none."""
    status = 200 if b"accepted" in data else 422
    assert "aa" == settled(status, data).id
    other = signature_of(data, key_from(random.Random("forger")))
    for signature in (None, "é", "AAAA", other, signature_of(data + b" ", KEY), signature_of(data, KEY)[:-4]):
        with pytest.raises(NotBelieved) as caught:
            settled(status, data, signature)
        assert (NotBelieved if status == 200 else Doubtful) is type(caught.value)


@pytest.mark.parametrize("word", ["unsigned", "forged", "of_junk", "of_a_spoilt_copy"])
async def test_an_answer_of_somebody_on_the_way_deletes_nothing(spool, collector, said, word):
    """Whoever answers for the collector, or shows us an answer it gave to others, costs a try and no document."""
    identifiers = {spool.put(a_document(number)) for number in range(2)}
    collector.script.extend([word] * (2 if word.startswith("of_") else 3))  # a batch, then each for itself
    async with open_door(collector.url, collector.public) as door:
        up = uploader(spool, door, said)
        assert isinstance(await up.one_pass(), NotBelieved)
        assert (identifiers, []) == (set(spool.pending()), spool.rejected())
        assert await up.drain(5.0)
    assert identifiers == set(collector.documents)


async def test_documents_in_doubt_do_not_hold_up_the_others(spool, collector, said):
    """However many doubtful rejections stand in a row, the pass goes on behind them."""
    for number in range(6):
        spool.put(a_document(number))
    collector.script.extend(["of_a_spoilt_copy"] * 5)
    async with open_door(collector.url, collector.public) as door:
        assert isinstance(await uploader(spool, door, said).one_pass(), Doubtful)
    assert (5, 1) == (spool.waiting().documents, len(collector.documents))


async def test_an_enrolment_is_believed_of_the_operator_alone(collector, home):
    """Enrolled is who has the operator's signed word for this very key; a rejection is heard from anybody."""
    who = identity.create(home, datetime.now(UTC))
    request = who.enrolment(datetime.now(UTC), None)
    async with open_door(collector.url, public_bytes(key_from(random.Random("forger")))) as door:
        with pytest.raises(NotBelieved):
            await door.enrol(request, who.public)
        with pytest.raises(Rejected):
            await door.plan(b"k" * 32)
    async with open_door(collector.url, None) as door:
        with pytest.raises(NotBelieved):
            await door.enrol(request, who.public)
    async with open_door(collector.url, collector.public) as door:
        with pytest.raises(NotBelieved):
            await door.enrol(request, b"k" * 32)
        assert "accepted" == (await door.enrol(request, who.public)).status
        with pytest.raises(Rejected):
            await door.plan(b"k" * 32)


async def test_several_documents_go_in_one_request(spool, collector, said):
    """What waits goes in batches of fifty: 120 documents in three requests, each settled by its own line."""
    identifiers = {spool.put(a_document(number)) for number in range(120)}
    up, empty = await drained(spool, collector, said)
    assert (True, 120, 3) == (empty, up.tally.accepted, collector.uploads)
    assert identifiers == set(collector.documents)


async def test_a_collector_without_batches_gets_them_one_by_one(spool, collector, said):
    """An older collector refuses the batch; nothing is lost and nothing is told as trouble."""
    collector.takes_batches = False
    identifiers = {spool.put(a_document(number)) for number in range(3)}
    _, empty = await drained(spool, collector, said)
    assert (True, identifiers, 1) == (empty, set(collector.documents), collector.batches)
    assert [] == said.events("upload_trouble")


async def test_a_collector_of_before_shared_signatures_gets_each_its_own(spool, collector, said):
    """It calls a shared one bad: the copies stay, and the next pass sends them in a batch again as they were signed."""
    collector.takes_shared_signatures = False
    key = key_from(random.Random(8))
    identifiers = {spool.put(sign(key, MEASUREMENT, b'{"number":%d}' % n)) for n in range(3)}
    async with open_door(collector.url, collector.public) as door:
        door.send_together(key)
        up = uploader(spool, door, said)
        assert isinstance(await up.one_pass(), Doubtful)
        assert identifiers == set(spool.pending())
        assert await up.one_pass() is None
    assert (identifiers, 2, 2) == (set(collector.documents), collector.batches, collector.uploads)


async def test_each_line_of_a_batch_has_its_own_fate(spool, collector, said):
    """Of four lines one is refused, one is to be sent again and one is doubtful: only the refused one is set aside."""
    identifiers = [spool.put(a_document(number)) for number in range(4)]
    collector.script.extend(["rejected", "500", "of_junk"])
    async with open_door(collector.url, collector.public) as door:
        up = uploader(spool, door, said)
        assert isinstance(await up.one_pass(), NotBelieved)
    assert (1, {"bad_schema": 1}) == (up.tally.accepted, dict(up.tally.rejected))
    assert (2, 1) == (len(spool.pending()), len(spool.rejected()))
    assert {"busy", "not_believed"} == {event["kind"] for event in said.events("upload_trouble")}
    assert set(identifiers) == {*spool.pending(), *collector.documents, spool.rejected()[0].id}


@pytest.mark.parametrize("change", ["another_key", "another_batch", "fewer", "single_purpose"])
def test_only_answers_to_this_batch_settle_it(change):
    """Answers signed by somebody else, of another batch, too few, or signed as one answer: nobody is settled."""
    key, ids = key_from(random.Random(3)), ["11" * 32, "22" * 32]
    said = ["33" * 32, "44" * 32] if change == "another_batch" else ids[: 1 if change == "fewer" else 2]
    body = b"".join(msgspec.json.encode(Answer(status="accepted", id=one)) + b"\n" for one in said)
    purpose = ANSWER if change == "single_purpose" else ANSWERS
    signer = key_from(random.Random(4)) if change == "another_key" else key
    reply = Reply(200, body, signature_of(body, signer, purpose))
    try:
        fates = told(ids, answers_in(reply, public_bytes(key)))
    except NotBelieved:
        return
    assert [True, True] == [isinstance(fate, NotBelieved) for fate in fates]


async def test_holding_waits_for_what_is_on_the_way(spool, collector, said):
    """While a pair runs nothing is sent, and what was on the way has arrived before it starts."""
    spool.put(a_document(1))
    async with open_door(collector.url, collector.public) as door:
        up = uploader(spool, door, said)
        passing = asyncio.create_task(up.one_pass())
        await asyncio.sleep(0)
        await up.hold()
        settled = len(spool.pending())
        spool.put(a_document(2))
        again = asyncio.create_task(up.one_pass())
        await asyncio.sleep(0.05)
        assert 1 == len(spool.pending()) - settled
        up.may_send.set()
        assert {None} == set(await asyncio.gather(passing, again))
    assert [] == spool.pending()

"""The row of documents that wait to be checked: who brings many goes behind who brings one, and each gets its own words."""

import asyncio

from collector.checker import Task
from collector.rejections import Rejection
from collector.turns import Claim, Turns, tell


def claim_of(name: str, count: int) -> Claim:
    """``count`` documents that tell whose they are and which."""
    tasks = tuple(Task(f"{name}{n}".encode(), "", 0) for n in range(count))
    return Claim(tasks, asyncio.get_running_loop().create_future())


def taken(turns: Turns, most: int) -> list[str]:
    """The next documents."""
    return [task.raw.decode() for part in turns.take(most) for task in part.tasks]


async def test_a_single_document_waits_for_one_turn_of_each_batch():
    """Two batches of a hundred, then one document: it is in the third frame; no batch is served twice before it."""
    turns = Turns()
    for claim in (claim_of("a", 100), claim_of("b", 100), claim_of("c", 1)):
        turns.add(claim)
    assert ["a0", "a1", "a2", "a3"] == taken(turns, 4)
    assert ["b0", "b1", "b2", "b3"] == taken(turns, 4)
    assert ["c0", "a4", "a5", "a6"] == taken(turns, 4)


async def test_all_is_taken_once():
    """Frames of any size take every document once, then nothing waits."""
    turns, claims = Turns(), [claim_of("a", 7), claim_of("b", 1), claim_of("c", 5)]
    for claim in claims:
        turns.add(claim)
    found = [name for most in (1, 4, 3, 2, 9) for name in taken(turns, most)]
    assert sorted(found) == sorted(task.raw.decode() for claim in claims for task in claim.tasks)
    assert not turns
    assert [] == turns.take(4)


async def test_the_words_come_back_in_the_documents_order():
    """Parts that are answered in another order than they were taken in: each document has its own word."""
    turns, claim = Turns(), claim_of("a", 9)
    turns.add(claim)
    frames = [turns.take(4), turns.take(4), turns.take(4)]
    for parts in (frames[2], frames[0], frames[1]):
        assert not claim.done.done()
        tell(parts, [Rejection("not_json", task.raw.decode()) for part in parts for task in part.tasks])
    assert [f"a{n}" for n in range(9)] == [
        one.detail for one in await claim.done if isinstance(one, Rejection)
    ]


async def test_who_has_hung_up_is_passed_over():
    """What nobody waits for any more is not checked, and the word on what was is told to nobody."""
    turns, gone, here = Turns(), claim_of("a", 9), claim_of("b", 1)
    turns.add(gone)
    parts = turns.take(4)
    turns.add(here)
    gone.done.cancel()
    tell(parts, [Rejection("not_json")] * 4)
    assert ["b0"] == taken(turns, 4)
    assert not turns

"""The rows of documents that wait to be checked: who brings one does not wait for who brings many, and each gets its own words."""

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


async def test_a_single_document_waits_for_one_turn_of_a_batch():
    """Twenty batches of a hundred, then one document: it is in one of the next two frames, not behind them."""
    turns = Turns()
    for number in range(20):
        turns.add(claim_of(f"a{number}-", 100))
    taken(turns, 4)
    turns.add(claim_of("c", 1))
    assert "c0" in taken(turns, 4) + taken(turns, 4)


async def test_singles_have_half_of_the_turns():
    """However many batches there are, every other frame is of singles while any wait."""
    turns = Turns()
    for number in range(20):
        turns.add(claim_of(f"a{number}-", 100))
        turns.add(claim_of(f"b{number}-", 1))
    frames = [taken(turns, 4) for _ in range(10)]
    assert 20 == sum(name.startswith("b") for frame in frames for name in frame)


async def test_singles_have_half_whoever_checks():
    """A checker takes four and the event loop one, in turn: neither row is left to the event loop alone."""
    for begin in (0, 1):
        turns = Turns()
        for number in range(20):
            turns.add(claim_of(f"a{number}-", 100))
        for number in range(300):
            turns.add(claim_of(f"b{number}", 1))
        taken(turns, begin)
        found = [name for _ in range(100) for most in (4, 1) for name in taken(turns, most)]
        assert 500 == len(found)
        assert abs(250 - sum(name.startswith("b") for name in found)) <= 4


async def test_batches_are_done_one_after_the_other():
    """The first is through before the second begins: while it is committed there is work."""
    turns = Turns()
    for name in ("a", "b"):
        turns.add(claim_of(name, 10))
    frames = [taken(turns, 4) for _ in range(5)]
    assert [f"a{n}" for n in range(10)] + [f"b{n}" for n in range(10)] == [n for one in frames for n in one]


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

"""Rolls beside the spool: kept by responder, sent along with a batch, gone when nothing waits."""

import os
import random
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from probe.door import open_door
from probe.measurement.roll import LARGEST_ROLL_BYTES, Roll
from probe.measurement.signing import MEASUREMENT, ROLL, STATEMENT, Signed, public_bytes, sign
from probe.rolls import MOST_ROLLS, Rolls
from probe.spool import Spool
from tests.probe.test_upload import uploader
from tests.support.documents import key_from

ROOT = Path(__file__).parents[2]
RNG = random.Random(1)
KEY = key_from(RNG)
OURS = bytes(32)
"""The quarter key."""
replace = msgspec.structs.replace


def raw(signed):
    """A signed document as it stands in a frame."""
    return msgspec.Raw(msgspec.json.encode(signed))


def a_roll(key=KEY, entries=bytes(32)):
    """A roll of that key."""
    return raw(sign(key, ROLL, Roll(entries)))


def test_the_last_roll_of_each_responder_is_kept(tmp_path):
    """A later one takes the place of an earlier one; without a folder nothing is kept."""
    rolls, other = Rolls(tmp_path / "rolls"), key_from(RNG)
    assert (None, []) == (rolls.of(OURS, public_bytes(KEY)), rolls.all())
    for entries in (b"a" * 32, b"b" * 64):
        rolls.keep(OURS, public_bytes(KEY), a_roll(entries=entries))
    rolls.keep(OURS, public_bytes(other), a_roll(other))
    assert a_roll(entries=b"b" * 64) == Rolls(tmp_path / "rolls").of(OURS, public_bytes(KEY))
    told = [bytes(one).decode() for one in (a_roll(entries=b"b" * 64), a_roll(other))]
    assert sorted(told) == sorted(rolls.all())
    rolls.forget()
    assert [] == rolls.all()
    nowhere = Rolls()
    nowhere.keep(OURS, public_bytes(KEY), a_roll())
    nowhere.forget()
    assert (None, []) == (nowhere.of(OURS, public_bytes(KEY)), nowhere.all())


@pytest.mark.parametrize(
    "roll",
    [
        msgspec.Raw(b"null"),
        msgspec.Raw(b"[" * 5000),
        a_roll(key_from(random.Random(2))),
        raw(replace(sign(KEY, ROLL, Roll(bytes(32))), signature=bytes(64))),
        raw(sign(KEY, STATEMENT, Roll(bytes(32)))),
        raw(sign(KEY, ROLL, b'{"entries":1}')),
        raw(sign(KEY, ROLL, b'{\n"entries":"' + b"A" * 43 + b'="}')),
        raw(sign(KEY, ROLL, b'{"entries":"' + b"A" * 43 + b'="' + b" " * LARGEST_ROLL_BYTES + b"}")),
        raw(sign(KEY, ROLL, ('{"entries":"' + "A" * 43 + '=","é":1}').encode())),
    ],
)
def test_what_could_not_be_sent_is_not_kept(tmp_path, roll):
    """Another's, unsigned, not a roll, with an end of line in it, too long, or no ASCII."""
    rolls = Rolls(tmp_path)
    rolls.keep(OURS, public_bytes(KEY), roll)
    assert [] == list(tmp_path.iterdir())


def test_a_damaged_file_is_no_roll(tmp_path):
    """It is as good as none, and is replaced."""
    rolls = Rolls(tmp_path)
    rolls.keep(OURS, public_bytes(KEY), a_roll())
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:50])
    assert (None, []) == (rolls.of(OURS, public_bytes(KEY)), rolls.all())
    rolls.keep(OURS, public_bytes(KEY), a_roll())
    assert a_roll() == rolls.of(OURS, public_bytes(KEY))


def test_of_many_responders_the_newest_go_along(tmp_path):
    """A batch has four at most."""
    rolls = Rolls(tmp_path)
    for number in range(MOST_ROLLS + 2):
        key = key_from(random.Random(number))
        rolls.keep(OURS, public_bytes(key), a_roll(key))
        os.utime(tmp_path / f"{OURS.hex()}-{public_bytes(key).hex()}.json", (number, number))
    newest = [public_bytes(key_from(random.Random(n))) for n in reversed(range(2, MOST_ROLLS + 2))]
    assert newest == [msgspec.json.decode(one, type=Signed).key for one in rolls.all()]


async def test_rolls_go_with_a_batch_and_are_forgotten_with_the_last_document(tmp_path, collector, said):
    """With a batch, not with a document alone; once the spool is empty nothing is left of them."""
    spool, key = Spool(tmp_path / "spool"), key_from(random.Random(8))
    spool.open()
    for n in range(3):
        spool.put(sign(key, MEASUREMENT, b'{"number":%d}' % n))
    spool.rolls.keep(OURS, public_bytes(KEY), a_roll())
    async with open_door(collector.url, collector.public) as door:
        door.send_together(key, spool.rolls)
        await uploader(spool, door, said).one_pass()
        assert [[bytes(a_roll()).decode()]] == collector.rolls
        assert [] == spool.rolls.all()
        spool.rolls.keep(OURS, public_bytes(KEY), a_roll())
        spool.put(sign(key, MEASUREMENT, b"{}"))
        await uploader(spool, door, said).one_pass()
    assert (4, 1) == (len(collector.documents), len(collector.rolls))


@pytest.mark.parametrize(
    ("trouble", "rolls"), [("431", [1, 0, 0]), ("drop", [1, 0, 1, 0]), ("500", [1, 0, 1, 0])]
)
async def test_who_takes_no_rolls_stops_no_upload(tmp_path, collector, said, trouble, rolls):
    """Documents go without them: at once and from then on where a proxy refuses the headers, in every second attempt where all is quiet."""
    spool, key = Spool(tmp_path / "spool"), key_from(random.Random(8))
    spool.open()
    collector.against_rolls = trouble
    async with open_door(collector.url, collector.public) as door:
        door.send_together(key, spool.rolls)
        up = uploader(spool, door, said)
        for number in range(2):
            for n in range(3):
                spool.put(sign(key, MEASUREMENT, b'{"number":%d}' % (3 * number + n)))
            spool.rolls.keep(OURS, public_bytes(KEY), a_roll())
            assert await up.drain(5.0)
    assert rolls == [len(one) for one in collector.rolls]
    assert (6, 6, len(rolls)) == (len(collector.documents), up.tally.accepted, collector.uploads)


def test_a_responder_never_sees_what_it_gave_to_another_key_of_ours(tmp_path):
    """Else it would know of two quarters that they are one home's. The collector knows, and gets both."""
    rolls, next_quarter = Rolls(tmp_path), bytes(31) + b"1"
    rolls.keep(OURS, public_bytes(KEY), a_roll())
    assert rolls.of(next_quarter, public_bytes(KEY)) is None
    rolls.keep(next_quarter, public_bytes(KEY), a_roll(entries=b"b" * 32))
    assert a_roll() == rolls.of(OURS, public_bytes(KEY))
    assert 2 == len(rolls.all())


async def test_what_cannot_be_forgotten_stops_nobody(tmp_path, collector, said):
    """Something in the folder that is no file: the upload goes on, and a half-written roll goes when the spool is opened."""
    spool = Spool(tmp_path / "spool")
    spool.open()
    (tmp_path / "spool/rolls/no.json").mkdir(parents=True)
    (tmp_path / "spool/rolls/.a.json.partial").touch()
    assert 1 == Spool(tmp_path / "spool").open()
    spool.put(sign(KEY, MEASUREMENT, b"{}"))
    spool.rolls.keep(OURS, public_bytes(KEY), a_roll())
    async with open_door(collector.url, collector.public) as door:
        assert await uploader(spool, door, said).one_pass() is None
    assert [] == spool.rolls.all()


ON_A_FULL_DISK = """
import os, pathlib, sys
import msgspec
from probe.measurement.signing import MEASUREMENT, public_bytes, sign
from probe.spool import Spool
from tests.probe.test_rolls import KEY, OURS, a_roll
disk = pathlib.Path(sys.argv[1])
spool = Spool(disk / "spool")
spool.open()
state = os.statvfs(disk)
(disk / "others").write_bytes(bytes((state.f_bavail - 3) * state.f_frsize))
spool.rolls.keep(OURS, public_bytes(KEY), a_roll(entries=bytes(128 * 32)))
assert 1 == len(spool.rolls.all())
spool.put(sign(KEY, MEASUREMENT, {"text": "a" * 10_000}))
"""


def test_rolls_make_way_for_a_document(tmp_path):
    """A disk with room for a roll or a document, not both: what is kept is the document."""
    words = ["sh", "-c", 'mount -t tmpfs -o size=256k none "$0" && exec "$@"', str(tmp_path)]
    words += [sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path)]
    ran = subprocess.run(["unshare", "-Urm", *words], capture_output=True, text=True, check=False, cwd=ROOT)
    if "unshare:" in ran.stderr:
        pytest.skip("no namespace to be had")
    assert (0, "") == (ran.returncode, ran.stderr)

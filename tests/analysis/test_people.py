"""People: a home's keys of two quarters are one line, by the roster, wherever it measured from."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import msgspec

from analysis import registration
from analysis.bundling import check
from analysis.cli import main
from analysis.people import people
from collector.data_folder import DataFolder
from collector.enrolment import Enrolled, inspect_enrolment
from collector.quarters import unix_us
from collector.settings import load
from collector.wiring import open_intake
from tests.analysis.worlds import POLICED, World
from tests.support.documents import key_from, make_enrolment, operator_toml

EDGE = datetime(2026, 12, 30, 20, tzinfo=UTC)
NEXT = datetime(2027, 1, 2, tzinfo=UTC)
JUDGED = "2027-01-10T12:00:00+00:00"


def enrolled(long_lived, quarter_key, moment):
    """What the door makes of an enrolment at the edge of two quarters."""
    document = msgspec.json.encode(make_enrolment(long_lived, quarter_key, moment))
    found = inspect_enrolment(document, "identity", unix_us(EDGE))
    assert isinstance(found, Enrolled)
    return found


def test_only_keys_that_both_signed_are_joined():
    """A row whose document is of another key joins nobody to anybody; a key of its own is no line of several."""
    rng = World(homes=1).rng
    mine, other, *keys = (key_from(rng) for _ in range(5))
    rows = [enrolled(mine, keys[0], EDGE), enrolled(mine, keys[1], NEXT), enrolled(other, keys[2], EDGE)]
    both = sorted(row.quarter_key.hex() for row in rows[:2])
    assert dict.fromkeys(both, both[0]) == people(rows)
    forged = msgspec.structs.replace(rows[2], long_lived_key=rows[0].long_lived_key)
    assert dict.fromkeys(both, both[0]) == people([*rows[:2], forged])
    assert {} == people([rows[0], forged])


class AtTheEdge(World):
    """Two quarter keys of each person, both honoured at the end of December, each on a line tag of its own."""

    async def fill(self, root, measurements, at=EDGE + timedelta(hours=3)):
        """Send them through a collector's real intake."""
        folder = DataFolder(root)
        folder.create()
        operator = root / "operator.toml"
        operator.write_text(operator_toml(self.plan), encoding="utf-8")
        answers: list[str] = []
        async with open_intake(folder, load(operator), lambda: unix_us(at)) as intake:
            for number, key in enumerate(self.keys):
                person = self.long_lived[number // 2]
                made = msgspec.json.encode(make_enrolment(person, key, (EDGE, NEXT)[number % 2]))
                answers.append(str((await intake.enrolment(made, "identity")).status))
            for measurement in measurements:
                document = msgspec.json.encode(self.signed(measurement))
                answer = (await intake.measurement(document, "identity")).answer
                answers.append(answer.code or answer.status)
        return answers


def test_three_people_with_two_keys_each_are_three_homes(tmp_path):
    """In memory, through a folder, and in a bundle, which needs no roster of who was not invited to say so."""
    world, store, registered = AtTheEdge(homes=6), tmp_path / "data", tmp_path / "q4.json"
    pairs = [
        world.treated(home, POLICED, started_at=EDGE + timedelta(minutes=number))
        for number in range(4)
        for home in range(6)
    ]
    assert {"200", "accepted"} == set(asyncio.run(world.fill(store, pairs)))
    registration.write(world.registration(), registered)
    words = ["--store", str(store), "--registration", str(registered)]
    told = ["judge", *words, "--full", "--json", "--as-of", JUDGED]
    assert 0 == main([*told, "--out", str(tmp_path / "all.json")])
    assert 0 == main([*told, "--spool", str(tmp_path / "spool"), "--out", str(tmp_path / "spooled.json")])
    assert (tmp_path / "all.json").read_bytes() == (tmp_path / "spooled.json").read_bytes()
    found = next(one for one in json.loads((tmp_path / "all.json").read_bytes()) if one["pairs"])
    assert (3, 3, 6, 24) == (found["homes"], found["clusters"], found["keys"], found["pairs"])
    bundle = tmp_path / "bundle.zip"
    named = ["--id", found["finding_id"], "--out", str(bundle)]
    assert 0 == main(["bundle", str(tmp_path / "all.json"), *words, *named])
    assert check(bundle).holds

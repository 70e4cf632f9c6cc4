"""``--signatures sealed``: a seal's one signature answers for rows that the door verified, and for nothing that is said."""

from contextlib import closing
from dataclasses import replace

import msgspec
import pytest

from analysis.judge import judge
from analysis.messages import Trouble
from collector.hot_files import hour_of, insert_sql, open_for_writing, path_of
from collector.messages import Trouble as CollectorTrouble
from probe.measurement.signing import PLAN, sign
from tests.analysis.worlds import NEUTRAL, NOW, PARAMETERS, POLICED, World
from tests.support.sealing import Sealing

PER_CELL = 12


def put(sealing, rows):
    """Rows in the hour files of a collector's folder, as if its door had verified them."""
    for row in rows:
        hot = sealing.folder.hot
        with closing(open_for_writing(path_of(hot, hour_of(row.received_at_us)))) as db:
            values = (row.measurement_id, row.received_at_us, row.key, row.signature, None, row.body)
            db.execute(insert_sql("measurements", 1), values)


@pytest.fixture
def store(tmp_path):
    """A world, its folder with the operator's plan, and rows of a policed and of a neutral service."""
    world, sealing = World(homes=4), Sealing.make(tmp_path)
    sealing.folder.plans.mkdir(exist_ok=True)
    plan = sign(sealing.folder.open(), PLAN, world.plan)
    (sealing.folder.plans / "00000001.json").write_bytes(msgspec.json.encode(plan))
    rows = [world.stored(one) for one in world.all_pairs(PER_CELL // 4, [POLICED, NEUTRAL])]
    sealing.now_hour = hour_of(rows[0].received_at_us) + 720
    return world, sealing, rows


def judged(world, sealing, signatures="sealed"):
    """The judgement of the folder; grades by service."""
    registered = world.registration()
    found = judge(
        sealing.folder.root, registered, "00" * 32, PARAMETERS, now=NOW, full=True, signatures=signatures
    )
    return found, {one.service: one.grade for one in found.findings}


def forged(row):
    """The row with a signature that fits nothing."""
    return replace(row, signature=bytes(64))


def of(service, rows):
    """The places of a service's rows."""
    return [n for n, row in enumerate(rows) if b'"service":"%b"' % service.encode() in row.body]


def test_findings_do_not_depend_on_who_verified(store):
    """Sealed or each: the same findings to the byte."""
    world, sealing, rows = store
    put(sealing, rows)
    sealing.run()
    each, grades = judged(world, sealing, "each")
    assert (True, 0) == (grades[POLICED] > 0, grades[NEUTRAL])
    assert msgspec.json.encode(each.findings) == msgspec.json.encode(judged(world, sealing)[0].findings)


def test_a_row_is_verified_unless_it_is_sealed_and_says_nothing(store):
    """A forged row ends the judgement in a hot file always, and in a sealed one where its cell says something."""
    world, sealing, rows = store
    quiet, accused = of(NEUTRAL, rows)[0], of(POLICED, rows)[0]
    put(sealing, [forged(row) if n == quiet else row for n, row in enumerate(rows)])
    with pytest.raises(Trouble, match=rows[quiet].measurement_id.hex()):
        judged(world, sealing)
    sealing.run()
    assert judged(world, sealing)[1][POLICED] > 0
    with pytest.raises(Trouble, match=rows[quiet].measurement_id.hex()):
        judged(world, sealing, "each")
    other = world.stored(world.treated(0, POLICED))
    put(sealing, [replace(forged(other), received_at_us=rows[accused].received_at_us + 10**10)])
    sealing.run()
    with pytest.raises(Trouble, match=other.measurement_id.hex()):
        judged(world, sealing)


def test_a_part_of_other_bytes_and_a_head_of_somebody_else_are_refused(store, tmp_path):
    """What was changed since it was sealed, or sealed by another key than the operator's, answers for nothing."""
    world, sealing, rows = store
    put(sealing, rows)
    sealing.run()
    part = sealing.parts()[0]
    content = part.read_bytes()
    part.write_bytes(content[:99] + bytes([content[99] ^ 1]) + content[100:])
    with pytest.raises(CollectorTrouble) as caught:
        judged(world, sealing)
    assert "seal.differs" == caught.value.message_id
    part.write_bytes(content)
    stranger = Sealing.make(tmp_path / "stranger")
    path = next(sealing.folder.plans.glob("*.json"))
    path.write_bytes(msgspec.json.encode(sign(stranger.folder.open(), PLAN, world.plan)))
    with pytest.raises(CollectorTrouble) as caught:
        judged(world, sealing)
    assert "seal.bad_head" == caught.value.message_id

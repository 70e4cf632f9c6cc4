"""Bad stores: a damaged partition, halves that are missing, one home alone, cells without data, a registration changed afterwards.

Each is a defined outcome, or an error that names file and row; never a silent drop, never an accusation.
"""

import asyncio
import json
import shutil
from pathlib import Path

import msgspec
import pytest

from analysis import registration
from analysis.cli import main
from collector.data_folder import DataFolder
from collector.hot_files import hour_files
from tests.analysis.worlds import BLOCKED, NOW, POLICED, World
from tests.support.sealing import Sealing


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A sealed store of four homes, and what it says: registration, findings as bytes."""
    folder = tmp_path_factory.mktemp("sealed")
    world, store, registered = World(homes=4), folder / "data", folder / "q4.json"
    asyncio.run(world.fill(store, world.all_pairs(3, [POLICED])))
    registration.write(world.registration(), registered)
    last = max(file.hour for file in hour_files(DataFolder(store).hot))
    assert Sealing(DataFolder(store), last + 720).run().sealed
    return store, registered, judge(store, registered, folder / "out.json")


def judge(store: Path, registered: Path, out: Path) -> bytes | None:
    """The findings' bytes; ``None`` for a store that cannot be judged."""
    words = ["judge", "--store", str(store), "--registration", str(registered), "--lang", "en", "--json"]
    code = main([*words, "--full", "--as-of", NOW.isoformat(), "--out", str(out)])
    assert code in (0, 3)
    return out.read_bytes() if code == 0 else None


def partition_of(store: Path) -> Path:
    """The largest Parquet file of a store's archive."""
    return max((store / "archive").rglob("*.parquet"), key=lambda path: path.stat().st_size)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_a_byte_flipped_in_a_partition_is_named_or_changes_nothing(sealed, tmp_path, capsys, share):
    """Wherever a bit rots: an error with the partition's name, or the very same findings. Never others, never one row fewer."""
    store, registered, whole = sealed
    copy = tmp_path / "data"
    shutil.copytree(store, copy)
    part = partition_of(copy)
    content = bytearray(part.read_bytes())
    content[int(len(content) * share)] ^= 0x55
    part.write_bytes(content)
    capsys.readouterr()
    found = judge(copy, registered, tmp_path / "out.json")
    if found is None:
        assert part.name in capsys.readouterr().err
    else:
        assert whole == found


@pytest.mark.parametrize("damage", ["half of it", "nothing left", "gone", "another file"])
def test_a_partition_that_is_not_whole_is_named(sealed, tmp_path, capsys, damage):
    """Cut, emptied, deleted, replaced: exit code 3 and the partition's name; there is no judgement of the rest."""
    store, registered, _ = sealed
    copy = tmp_path / "data"
    shutil.copytree(store, copy)
    part = partition_of(copy)
    content = part.read_bytes()
    if damage == "gone":
        part.unlink()
    else:
        part.write_bytes(
            {"half of it": content[: len(content) // 2], "nothing left": b""}.get(damage, b"PAR1" * 9)
        )
    capsys.readouterr()
    assert judge(copy, registered, tmp_path / "out.json") is None
    assert part.name in capsys.readouterr().err


def test_half_a_pair_is_no_pair():
    """A pair that lost its second run is discarded by name, whichever label that had, and twelve of them accuse nobody."""
    world = World(homes=4)

    def half(measurement):
        pair = measurement.pair
        return msgspec.structs.replace(
            measurement, pair=msgspec.structs.replace(pair, runs=pair.runs[:1], statement=None)
        )

    judged = world.judged([half(world.treated(home, POLICED)) for home in range(4) for _ in range(3)])
    (finding,) = [one for one in judged.findings if one.service == POLICED]
    assert (0, {"aborted": 12}) == (finding.pairs, finding.discards)
    assert finding.outcome in ("undetermined", "invalid")


@pytest.mark.parametrize("service", [POLICED, BLOCKED])
def test_one_home_accuses_nobody(service):
    """Thirty pairs of one line, all of them slow or blocked: E is capped below any bar, and the finding says too little."""
    world = World(homes=1)
    judged = world.judged([world.treated(0, service) for _ in range(30)])
    (finding,) = [one for one in judged.findings if one.service == service]
    assert ("undetermined", 0, 1) == (finding.outcome, finding.grade, finding.homes)
    assert finding.log_e < finding.log_bar
    assert "unknown" == finding.attribution


def test_cells_without_data_say_nothing_and_count():
    """No pairs: E is 1, undetermined, no number invented; and the family's bar counts these cells like any other."""
    world = World(homes=4)
    judged = world.judged([world.treated(home, POLICED) for home in range(4) for _ in range(4)])
    empty = [one for one in judged.findings if one.pairs == 0]
    assert 3 == len(empty)
    for one in empty:
        assert ("undetermined", 0, 0.0, 0) == (one.outcome, one.grade, one.log_e, one.homes)
        assert (None, None, None, None) == (one.delivered_mbit_s, one.interval, one.effect, one.mechanism)
    assert {8} == {one.hypotheses for one in judged.findings}


@pytest.mark.parametrize("beside", [False, True])
def test_a_registration_changed_afterwards_is_refused(sealed, tmp_path, capsys, beside):
    """One name more, and nothing is judged; if the hash beside it was changed, too, earlier findings no longer hold."""
    from hashlib import sha256

    store, registered, whole = sealed
    changed = tmp_path / "q4.json"
    value = json.loads(registered.read_bytes())
    value["services"][0]["names"].append("another.example")
    changed.write_bytes(registration.canonical(msgspec.convert(value, registration.Registration)))
    hashed = registered.with_name("q4.json.sha256").read_text().split()[0]
    digest = sha256(changed.read_bytes()).hexdigest() if beside else hashed
    changed.with_name("q4.json.sha256").write_text(f"{digest}  q4.json\n")
    (tmp_path / "all.json").write_bytes(whole)
    capsys.readouterr()
    words = ["--store", str(store), "--registration", str(changed), "--lang", "en"]
    code = main(["verify", str(tmp_path / "all.json"), *words])
    said = capsys.readouterr()
    if beside:
        assert 1 == code
        assert "registration_sha256" in said.out
    else:
        assert 0 != code
        assert str(changed) in said.err
        assert hashed in said.err

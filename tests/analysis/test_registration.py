"""What is registered is fixed: written once, hashed, and refused when it changed."""

import ast
import asyncio
import re
import shutil
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from analysis import registration
from analysis.cli import main
from analysis.messages import Trouble
from analysis.registration import CellKey, RegisteredGate, RegisteredResponder
from analysis.version import TELLING, deciding
from collector.data_folder import DataFolder
from collector.registrations import left
from tests.analysis.worlds import MADE_AT, PARAMETERS, World

ROOT = Path(__file__).parents[2]


def test_cells_are_every_combination():
    """m counts both hypotheses of every combination, with or without homes in it."""
    world = World(homes=1, services=3)
    drafted = world.registration(brands=["A", "B"], technologies=["fibre", "unknown"])
    assert (2 * 2 * 3, 2 * 2 * 3 * 2) == (len(drafted.cells), drafted.hypotheses)
    assert CellKey("A", "fibre", "ordinary", "s1", "down") == drafted.cells[0]
    assert ("2026Q4", 0.05, PARAMETERS.to_json()) == (drafted.quarter, drafted.q, drafted.parameters)


def test_a_registration_reads_back(tmp_path):
    """What was written is what is read, and the hash stands beside it as sha256sum writes it."""
    drafted = World(homes=1).registration()
    path = tmp_path / "q4.json"
    digest = registration.write(drafted, path)
    assert (drafted, digest, PARAMETERS) == registration.load(path)
    assert f"{digest}  q4.json\n" == (tmp_path / "q4.json.sha256").read_text()
    assert registration.canonical(drafted) == path.read_bytes()


def test_nothing_is_overwritten(tmp_path):
    """Neither the file nor its hash is ever replaced."""
    drafted = World(homes=1).registration()
    path = tmp_path / "q4.json"
    registration.write(drafted, path)
    with pytest.raises(Trouble, match=r"q4\.json\.sha256 exists: a registration is never overwritten"):
        registration.write(drafted, path)
    (tmp_path / "q4.json.sha256").unlink()
    with pytest.raises(Trouble, match=r"q4\.json exists"):
        registration.write(drafted, path)


def test_a_changed_file_is_refused(tmp_path):
    """A single changed byte is refused, with both hashes."""
    path = tmp_path / "q4.json"
    digest = registration.write(World(homes=1).registration(), path)
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"rho": 0.02', b'"rho": 0.01'))
    assert content != path.read_bytes()
    with pytest.raises(Trouble) as caught:
        registration.load(path)
    found = caught.value.values["found"]
    assert (
        f"{path} has changed since it was registered: SHA-256 registered {digest}, found {found}; "
        "restore the registered file, nothing is judged"
    ) == caught.value.text("en")
    assert 2 == caught.value.exit_code


def test_other_rules_are_refused(tmp_path):
    """A registration made under other exclusion rules is not judged by these."""
    drafted = msgspec.structs.replace(World(homes=1).registration(), exclusions_sha256="0" * 64)
    registration.write(drafted, tmp_path / "q4.json")
    with pytest.raises(Trouble, match="other exclusion rules"):
        registration.load(tmp_path / "q4.json")


def test_a_missing_constant_is_refused(tmp_path):
    """A registration states every constant; a later default never fills a gap."""
    drafted = World(homes=1).registration()
    fewer = {name: value for name, value in drafted.parameters.items() if name != "rho"}
    registration.write(msgspec.structs.replace(drafted, parameters=fewer), tmp_path / "q4.json")
    with pytest.raises(Trouble, match="rho"):
        registration.load(tmp_path / "q4.json")


def test_a_family_has_a_limit():
    """At most 2,000 cells a quarter (integrity.md 6), and at least one."""
    with pytest.raises(Trouble, match="2400 cells, at most 2000"):
        World(homes=1).registration(brands=[f"B{n}" for n in range(600)])
    with pytest.raises(Trouble, match="no cell"):
        World(homes=1).registration(brands=[])
    assert MADE_AT.isoformat() == World(homes=1).registration().made_at


def hand_written(path, **facts):
    """A registration that somebody wrote, and hashed."""
    registration.write(msgspec.structs.replace(World(homes=1).registration(), **facts), path)
    return path


BAD: dict[str, dict[str, Any]] = {
    "made_at '2026-10-01T00:00:00' has no offset": {"made_at": "2026-10-01T00:00:00"},
    "Invalid isoformat string: 'yesterday'": {"made_at": "yesterday"},
    "is no quarter": {"quarter": "2026Q5"},
    "rho 0.0: from": {"parameters": {**PARAMETERS.to_json(), "rho": 0.0}},
    "out of range: margins": {"parameters": {**PARAMETERS.to_json(), "delta_log": -0.5}},
    "out of range: weights": {
        "parameters": {**PARAMETERS.to_json(), "weight_pooled": 40.0, "weight_long": -39.0}
    },
    "out of range: bins": {"parameters": {**PARAMETERS.to_json(), "bin_s": 1e-9}},
    "certificate_share 1": {"certificate_share": 1.0},
    "stratum_bar 0.5": {"stratum_bar": 0.5},
    "instrument_margin -1": {"instrument_margin": -1.0},
    "0 cells": {"cells": ()},
    "gate's service s1: 2 times": {"gates": (RegisteredGate("placebo", "s1"),)},
    "gate's service x: 2 times": {"gates": (RegisteredGate("placebo", "x"), RegisteredGate("positive", "x"))},
    "invitation ab: 2 times": {"channels": {"radio": ("ab",), "library": ("ab",)}},
    "responder r1: 2 times": {
        "responders": (
            RegisteredResponder("r1", "A", "AS1", True),
            RegisteredResponder("r1", "B", "AS2", False),
        )
    },
    "responder key": {"responder_keys": {"r1": ("ab" * 32,), "r2": ("ab" * 32,)}},
    "64 hex digits": {"responder_keys": {"r1": ("ab",)}},
}


@pytest.mark.parametrize("says", BAD)
def test_a_registration_has_bounds(tmp_path, says):
    """Whoever writes one by hand can hash it, too: what would make its promises empty, or lose a role unseen, is refused by name."""
    with pytest.raises(Trouble, match=re.escape(says)):
        registration.load(hand_written(tmp_path / "q4.json", **BAD[says]))


def test_a_late_registration_says_so():
    """Made when its quarter had begun: a note and a sentence on every finding, for somebody could have looked first."""
    world = World(homes=1)
    late, early = (
        world.registration(),
        world.registration(made_at=datetime(2026, 9, 30, tzinfo=UTC), quarter="2026Q4"),
    )
    pairs = [world.pair(0, "s1")]
    for registered, noted in ((late, True), (early, False)):
        one = next(one for one in world.judged(pairs, registered).findings if one.pairs)
        assert noted == ("registered_late" in one.notes)
        assert noted == any("after its quarter had begun" in text for text in one.sentences["en"])


def test_a_second_family_names_the_first():
    """Of the same quarter, with a cell in common or not: the second says whose second it is; made late it cannot pass grade 2."""
    world = World(homes=1)
    first = world.registration()
    second = world.registration(earlier={"ab" * 32: first})
    assert (("ab" * 32,), True, False) == (second.beside, second.second, first.second)
    early = world.registration(
        earlier={"ab" * 32: first}, made_at=datetime(2026, 9, 30, tzinfo=UTC), quarter="2026Q4"
    )
    assert (("ab" * 32,), False) == (early.beside, early.second)
    assert ("ab" * 32,) == world.registration(earlier={"ab" * 32: first}, brands=["Another"]).beside
    assert () == world.registration(earlier={"ab" * 32: first}, quarter="2027Q1").beside
    notes = [one.notes for one in world.judged([world.pair(0, "s1")], second).findings]
    assert all("second_registration" in some for some in notes)


def test_register_leaves_it_for_the_sealer(tmp_path, capsys):
    """The registration's bytes are in the store under their hash; a second one is told of; a folder that refuses is said."""
    world, store = World(homes=1), tmp_path / "data"
    asyncio.run(world.fill(store, []))
    words = ["register", "--store", str(store), "--lang", "en", "--quarter", "2026Q4", "--asn", "unknown=1"]
    assert 0 == main([*words, "--out", str(tmp_path / "a.json")])
    digest = sha256((tmp_path / "a.json").read_bytes()).hexdigest()
    assert [digest] == [one.sha256.hex() for one, _ in left(DataFolder(store))]
    assert 0 == main([*words, "--out", str(tmp_path / "b.json")])
    assert f"not the first registration for 2026Q4 ({digest})" in capsys.readouterr().err
    assert (digest,) == registration.load(tmp_path / "b.json")[0].beside
    shutil.rmtree(DataFolder(store).registrations)
    DataFolder(store).registrations.write_text("no folder")
    assert 0 == main([*words, "--out", str(tmp_path / "c.json")])
    assert "could not be left in" in capsys.readouterr().err


def test_all_that_decides_is_hashed():
    """Every module of ours that a judgement imports is in the hash, but those that only tell; a new one is, until it is named."""
    names = deciding()
    for name in (
        "stats/cell",
        "stats/home",
        "stats/pair",
        "stats/ebh",
        "stats/effect",
        "cell",
        "judge",
        "rate",
    ):
        assert f"analysis/{name}.py" in names
    for name in (
        "observe/observation",
        "observe/opened",
        "responders",
        "registration_bounds",
        "scale/judged",
    ):
        assert f"analysis/{name}.py" in names
    assert {"probe/measurement/coin.py", "collector/enrolment.py"} <= names.keys()
    assert not [name for name in names if "messages" in name or "simulate" in name]
    missing = {
        name
        for name in imported("analysis/judge.py") | imported("analysis/scale/judged.py")
        if name not in names
    }
    spoken = {name for name in missing if Path(name).name in TELLING or "/messages" in name}
    # Of other packages it is what a document is that decides, not how a store keeps it.
    kept = {name for name in missing if name.startswith(("collector/", "probe/"))}
    assert set() == missing - spoken - kept
    assert set() == {name for name in kept if name.startswith("probe/measurement/")}


def imported(path: str) -> set[str]:
    """The files of ours that a file imports, and those that these import."""
    found: set[str] = set()
    waiting = [path]
    while waiting:  # ends: each file is read once
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                paths = [module.replace(".", "/") + ".py" for module in modules]
                waiting += [one for one in paths if (ROOT / one).is_file()]
    return found

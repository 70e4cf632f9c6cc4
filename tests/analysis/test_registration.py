"""What is registered is fixed: written once, hashed, and refused when it changed."""

import msgspec
import pytest

from analysis import registration
from analysis.messages import Trouble
from analysis.registration import CellKey
from tests.analysis.worlds import MADE_AT, PARAMETERS, World


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

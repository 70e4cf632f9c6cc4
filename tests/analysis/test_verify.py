"""Verification, on folders that a real collector wrote: what was judged can be recomputed, and nothing else passes."""

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from analysis import registration
from analysis.cli import main
from analysis.judge import judge
from analysis.verify import cpu_features, differences, same_on_other_cpu
from collector.data_folder import DataFolder
from collector.homes.book import HomeBook
from collector.quarters import unix_us
from collector.reader import read_rosters
from tests.analysis.worlds import BLOCKED, NOW, POLICED, START, World
from tests.golden.chain import fill, folder_of
from tests.golden.chain import registration as golden_registration
from tests.golden.documents import MEASUREMENTS, read

AS_OF = NOW.isoformat()


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A folder of four homes, its registration, and the file of its findings."""
    tmp_path = tmp_path_factory.mktemp("original")
    world = World(homes=4)
    store = tmp_path / "data"
    asyncio.run(world.fill(store, world.all_pairs(4, [POLICED, BLOCKED])))
    registration.write(world.registration(), tmp_path / "q4.json")
    words = ["judge", "--store", str(store), "--registration", str(tmp_path / "q4.json"), "--json", "--full"]
    assert 0 == main([*words, "--as-of", AS_OF, "--out", str(tmp_path / "findings.json")])
    return tmp_path


@pytest.fixture
def judged(original, tmp_path):
    """A copy of it, to be altered."""
    return Path(shutil.copytree(original, tmp_path / "copy"))


def verified(folder, *more):
    """The exit code of verifying the folder's findings."""
    words = ["verify", str(folder / "findings.json"), "--store", str(folder / "data"), "--lang", "en"]
    return main([*words, "--registration", str(folder / "q4.json"), *more])


def test_what_comes_while_a_live_store_is_judged_counts_the_next_time(judged):
    """Rows that a collector receives after the judgement's moment, or within its second, are not in it: so it can be recomputed."""
    registered, digest, parameters = registration.load(judged / "q4.json")
    received = START + timedelta(hours=3)
    for now, pairs in ((received - timedelta(seconds=90), 0), (received + timedelta(milliseconds=900), 32)):
        found = judge(judged / "data", registered, digest, parameters, now=now, full=True)
        assert pairs == sum(one.pairs for one in found.findings)
        (judged / "findings.json").write_bytes(msgspec.json.encode(found.findings))
        assert 0 == verified(judged)


def changed(folder, change):
    """The folder's findings with one changed."""
    findings = json.loads((folder / "findings.json").read_bytes())
    change(findings[0])
    (folder / "findings.json").write_text(json.dumps(findings))


def test_what_was_judged_holds(judged, capsys):
    """Every finding of the file is recomputed and holds; one alone in a file does too; the code is the same. What nothing here
    proves, the registration's date, is said once.
    """
    capsys.readouterr()
    assert 0 == verified(judged)
    said = capsys.readouterr().out.splitlines()
    assert [True] * 4 + [False] * 2 == [line.startswith("holds: Example Telecom/fibre") for line in said]
    assert "no seal names this registration" in said[-1]
    one = json.loads((judged / "findings.json").read_bytes())[1]
    (judged / "findings.json").write_text(json.dumps({**one, "code_version": "0.0.1+other"}))
    assert 0 == verified(judged)
    assert "judged by another version" in capsys.readouterr().out


def test_a_later_version_confirms_what_an_earlier_one_judged(judged, capsys, monkeypatch):
    """Its sources are others than the registered ones, which says nothing against the finding: that is told. Under the same version it is a difference."""
    monkeypatch.setattr("analysis.judge.rules_sha256", lambda: "0" * 64)
    assert 1 == verified(judged)
    findings = json.loads((judged / "findings.json").read_bytes())
    (judged / "findings.json").write_text(
        json.dumps([{**one, "code_version": "0.0.1+e"} for one in findings])
    )
    capsys.readouterr()
    assert 0 == verified(judged)
    assert len(findings) == capsys.readouterr().out.count("judged by another version")


def test_who_has_withdrawn_is_told(judged, capsys):
    """A home of four withdraws: its rows are gone from the reading, the finding no longer comes out, and it is said why."""
    data = DataFolder(judged / "data")
    key = read_rosters(judged / "data")[0]
    with closing(HomeBook(data.homes)) as book:
        book.withdraw(key.long_lived_key, [key.quarter_key], unix_us(NOW))
    capsys.readouterr()
    assert 1 == verified(judged)
    assert "withdrawn their measurements since: 1 of 4" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("grade", lambda finding: finding.update(grade=4)),
        ("outcome", lambda finding: finding.update(outcome="equivalent")),
        ("log_e", lambda finding: finding.update(log_e=finding["log_e"] + 3e-5)),
        ("measurement_ids_sha256", lambda finding: finding.update(measurement_ids_sha256="00" * 32)),
        ("measurement_ids", lambda finding: finding["measurement_ids"].pop()),
        ("registration_sha256", lambda finding: finding.update(registration_sha256="00" * 32)),
        ("brand", lambda finding: finding.update(brand="Other Telecom")),
        ("sentences", lambda finding: finding["sentences"]["en"].append("It is proved.")),
        ("effects.thr.value", lambda finding: finding["effects"]["thr"].update(value=-0.1)),
        ("nameable", lambda finding: finding.update(nameable=True)),
    ],
)
def test_what_was_altered_does_not_hold(judged, capsys, name, change):
    """A changed grade, number, id, hash or sentence is found and named, with exit code 1."""
    changed(judged, change)
    capsys.readouterr()
    assert 1 == verified(judged)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("DOES NOT HOLD")]
    assert (name if name != "brand" else "no such cell") in line


def test_what_was_received_later_does_not_count(judged):
    """A store that has grown since still verifies: the judgement is recomputed as of its own time."""
    (path,) = (judged / "data" / "hot").glob("*.sqlite")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE measurements SET received_at_us = received_at_us + 90 * 86400000000 WHERE seq = 1")
    db.close()
    words = ["judge", "--store", str(judged / "data"), "--registration", str(judged / "q4.json"), "--json"]
    assert 0 == main([*words, "--as-of", AS_OF, "--out", str(judged / "findings.json")])
    assert 31 == sum(one["pairs"] for one in json.loads((judged / "findings.json").read_bytes()))
    assert 0 == verified(judged)


def test_a_row_that_left_the_store_is_noticed(judged):
    """A finding that used a measurement which is gone does not hold."""
    (path,) = (judged / "data" / "hot").glob("*.sqlite")
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM measurements WHERE seq = 1")
    db.close()
    assert 1 == verified(judged)


def test_mistakes_of_verifying_are_named(judged, capsys):
    """No file, no finding in it, or a time that is none: exit code 2 and its sentence."""
    capsys.readouterr()
    findings = judged / "findings.json"
    for content, said in ((b"{}", "not a readable finding"), (b"nonsense", "not a readable finding")):
        findings.write_bytes(content)
        assert 2 == verified(judged)
        assert said in capsys.readouterr().err
    findings.unlink()
    assert 2 == verified(judged)
    assert "cannot be read" in capsys.readouterr().err
    words = [
        "judge",
        "--store",
        str(judged / "data"),
        "--registration",
        str(judged / "q4.json"),
        "--lang",
        "en",
    ]
    assert 2 == main([*words, "--as-of", "yesterday"])
    assert "--as-of yesterday: write for example" in capsys.readouterr().err


def test_numbers_may_differ_by_two_millionths():
    """Within 2e-6 a number is the same, beyond it is not; a whole number is not a float; names must agree."""
    assert [] == differences({"a": 1.0, "b": [1, "x"]}, {"a": 1.000001, "b": [1, "x"]})
    assert ["a: 1.0 != 1.00001"] == differences({"a": 1.0}, {"a": 1.00001})
    assert ["a", "b[0]: 1 != 1.0"] == differences({"a": 1, "b": [1]}, {"b": [1.0]})


def test_other_processors_give_the_same_bytes(tmp_path):
    """The golden policer, judged again without any vector instruction that numpy found here: the same bytes."""
    folder = folder_of("policed-1.5")
    store = fill(tmp_path / "data", [row.stored() for row in read(folder / MEASUREMENTS).rows])
    registered, _ = golden_registration(folder)
    from analysis import quality

    path = tmp_path / "q4.json"
    registration.write(_now_known(registered, quality.rule_ids(), quality.rules_sha256()), path)
    words = ["judge", "--store", str(store), "--registration", str(path), "--json", "--as-of", AS_OF]
    assert 0 == main([*words, "--out", str(tmp_path / "findings.json")])
    same, features = same_on_other_cpu(tmp_path / "findings.json", store, path)
    assert same
    assert cpu_features() == features
    shutil.rmtree(store)


def _now_known(registered, exclusions, digest):
    import msgspec

    return msgspec.structs.replace(registered, exclusions=exclusions, exclusions_sha256=digest)

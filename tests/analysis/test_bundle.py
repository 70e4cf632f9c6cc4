"""The bundle: a finding comes out of it alone, and a changed byte anywhere is found."""

import asyncio
import json
import shutil
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from analysis import registration
from analysis.bundle import FILES, MEASUREMENTS
from analysis.bundling import check, same_on_other_cpu
from analysis.cli import main
from collector.data_folder import DataFolder
from collector.homes.book import HomeBook
from collector.quarters import unix_us
from probe.measurement.signing import public_bytes
from tests.analysis.worlds import MADE_AT, NOW, POLICED, World


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The bundle of the policed service of a world of four, its store destroyed afterwards."""
    folder = tmp_path_factory.mktemp("bundle")
    world, store, registered = World(homes=4), folder / "data", folder / "q4.json"
    asyncio.run(world.fill(store, world.all_pairs(4, [POLICED])))
    registration.write(world.registration(), registered)
    words = ["--store", str(store), "--registration", str(registered), "--json"]
    assert 0 == main(
        ["judge", *words, "--full", "--as-of", NOW.isoformat(), "--out", str(folder / "all.json")]
    )
    guilty = next(
        one for one in json.loads((folder / "all.json").read_bytes()) if one["outcome"] == "different"
    )
    words += ["--id", guilty["finding_id"], "--out", str(folder / "bundle.zip")]
    assert 0 == main(["bundle", str(folder / "all.json"), *words])
    shutil.rmtree(store)
    registered.unlink()
    return folder / "bundle.zip"


def altered(packed: Path, path: Path, name: str, change) -> Path:
    """A copy of the bundle with one file changed."""
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(path, "w") as new:
        for one in old.namelist():
            content = old.read(one)
            new.writestr(one, change(content) if one == name else content)
    return path


def test_a_finding_comes_out_of_its_bundle_alone(packed, capsys):
    """No store and no registration beside it: every byte is whole, every number the same; other services stayed out."""
    checked = check(packed)
    assert checked.holds
    with zipfile.ZipFile(packed) as opened:
        kept = [json.loads(line) for line in opened.read(MEASUREMENTS).splitlines()]
    assert 16 == len(kept)
    capsys.readouterr()
    assert 0 == main(["verify", str(packed), "--lang", "en"])
    said = capsys.readouterr().out
    assert "every file has the hash" in said
    assert "holds: " in said


def test_a_bundle_has_the_same_bytes_without_vector_instructions(packed):
    """Judged again in a process whose numpy may not use them."""
    same, features = same_on_other_cpu(packed)
    assert same
    assert features


def test_a_bundle_tells_which_homes_were_set_apart(tmp_path):
    """Two homes share a tag and count as two lines by the operator's word: the bundle brings it, and the finding comes out."""
    world, store, registered = World(homes=4), tmp_path / "data", tmp_path / "q4.json"
    world.tags[1] = world.tags[0]
    asyncio.run(world.fill(store, world.all_pairs(4, [POLICED])))
    with closing(HomeBook(DataFolder(store).homes)) as book:
        for key in world.long_lived[:2]:
            before_us = unix_us(MADE_AT) - 1
            book.decide(public_bytes(key), "approved", "radio", "", before_us)
            book.decide(public_bytes(key), "separated", None, "two flats", before_us)
    registration.write(world.registration(), registered)
    words = ["--store", str(store), "--registration", str(registered), "--json"]
    assert 0 == main(
        ["judge", *words, "--full", "--as-of", NOW.isoformat(), "--out", str(tmp_path / "all.json")]
    )
    found = next(one for one in json.loads((tmp_path / "all.json").read_bytes()) if one["service"] == POLICED)
    assert 4 == found["clusters"]
    words += ["--id", found["finding_id"], "--out", str(tmp_path / "bundle.zip")]
    assert 0 == main(["bundle", str(tmp_path / "all.json"), *words])
    checked = check(tmp_path / "bundle.zip")
    assert checked.holds, checked


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_anywhere_is_found(packed, tmp_path, name):
    """One byte more in any file: the bundle no longer holds, and the file is named."""
    checked = check(altered(packed, tmp_path / "altered.zip", name, lambda content: content + b" "))
    assert not checked.holds
    assert [name] == list(checked.damaged)


def test_a_forged_document_is_found_even_if_the_manifest_was_made_to_fit(packed, tmp_path, capsys):
    """Whoever writes a new manifest still cannot sign another's measurement: the row is named."""
    from hashlib import sha256

    lines: list[bytes] = []

    def forged(content: bytes) -> bytes:
        first, _, rest = content.partition(b"\n")
        row = json.loads(first)
        row["signature"] = row["signature"][::-1].replace("=", "A")[:-2] + "=="
        lines.append(json.dumps(row).encode() + b"\n" + rest)
        return lines[0]

    path = altered(packed, tmp_path / "one.zip", MEASUREMENTS, forged)

    def fitting(content: bytes) -> bytes:
        manifest = json.loads(content)
        manifest["sha256"][MEASUREMENTS] = sha256(lines[0]).hexdigest()
        return json.dumps(manifest).encode()

    path = altered(path, tmp_path / "two.zip", "manifest.json", fitting)
    assert 3 == main(["verify", str(path), "--lang", "en"])
    assert MEASUREMENTS in capsys.readouterr().err


def test_what_is_no_bundle_is_said(tmp_path, capsys):
    """A zip without a manifest, and a finding's file without a store: each an error that says what is wanting."""
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    assert 2 == main(["verify", str(tmp_path / "empty.zip"), "--lang", "en"])
    (tmp_path / "findings.json").write_text("[]")
    assert 2 == main(["verify", str(tmp_path / "findings.json"), "--lang", "en"])
    assert "--store" in capsys.readouterr().err


def test_signatures_are_verified_where_a_cell_says_something(tmp_path, capsys):
    """With ``--signatures accusing`` a forged row of a flagged cell ends the judgement, and one of a silent cell does not."""
    import sqlite3

    world, store, registered = World(homes=4), tmp_path / "data", tmp_path / "q4.json"
    asyncio.run(world.fill(store, world.all_pairs(4, [POLICED])))
    registration.write(world.registration(), registered)
    words = [
        "judge",
        "--store",
        str(store),
        "--registration",
        str(registered),
        "--as-of",
        NOW.isoformat(),
        "--lang",
        "en",
    ]
    words += ["--json", "--signatures", "accusing"]
    assert 0 == main(words)
    guilty = {one["service"] for one in json.loads(capsys.readouterr().out) if one["grade"]}
    assert guilty
    for accused in (False, True):
        for path in (store / "hot").glob("*.sqlite"):
            with sqlite3.connect(path) as db:
                rows = [
                    row
                    for row, body in db.execute("SELECT rowid, body FROM measurements")
                    if (json.loads(body)["service"] in guilty) == accused
                ][:1]
                db.executemany(
                    "UPDATE measurements SET signature = zeroblob(64) WHERE rowid = ?",
                    [(one,) for one in rows],
                )
        assert (3 if accused else 0) == main(words)
        capsys.readouterr()
    assert 3 == main([*words[:-1], "each"])
    assert "hot" in capsys.readouterr().err

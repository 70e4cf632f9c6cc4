"""The bundle: a finding comes out of it alone, and a changed byte anywhere is found."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import zipfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from analysis import registration
from analysis.bundle import CATALOGUE, FILES, FINDING, HEADS, LEAVES, MEASUREMENTS
from analysis.bundling import check, same_on_other_cpu
from analysis.cli import main
from analysis.log import SignedHead
from analysis.verify import read_findings
from collector.data_folder import DataFolder
from collector.homes.book import HomeBook
from collector.hot_files import hour_files
from collector.quarters import unix_us
from collector.registrations import leave
from probe.measurement.envelope import Measurement
from probe.measurement.signing import public_bytes
from tests.analysis.worlds import MADE_AT, NOW, POLICED, World
from tests.support.sealing import Sealing


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


def as_written(value) -> bytes:
    """A manifest in the bytes that a bundle has it in."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def refitted(packed: Path, path: Path, name: str, change) -> Path:
    """A copy with one file changed, and the manifest made to fit by who knows how it is written."""
    with zipfile.ZipFile(packed) as old:
        digest = sha256(change(old.read(name))).hexdigest()

    def fitting(content: bytes) -> bytes:
        manifest = json.loads(content)
        manifest["sha256"][name] = digest
        return as_written(manifest)

    one = altered(packed, path.with_suffix(".one"), name, change)
    return altered(one, path, "manifest.json", fitting)


@pytest.mark.parametrize("name", ["manifest.json", *FILES])
def test_a_changed_byte_anywhere_is_found(packed, tmp_path, name):
    """One byte more in any file: the bundle no longer holds, and the file is named."""
    checked = check(altered(packed, tmp_path / "altered.zip", name, lambda content: content + b" "))
    assert not checked.holds
    assert [name] == list(checked.damaged)


def test_a_forged_document_is_found_even_if_the_manifest_was_made_to_fit(packed, tmp_path, capsys):
    """Whoever writes a new manifest still cannot sign another's measurement: the row is named."""

    def forged(content: bytes) -> bytes:
        first, _, rest = content.partition(b"\n")
        row = json.loads(first)
        row["signature"] = row["signature"][::-1].replace("=", "A")[:-2] + "=="
        return json.dumps(row).encode() + b"\n" + rest

    path = refitted(packed, tmp_path / "two.zip", MEASUREMENTS, forged)
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


def test_a_cell_does_not_speak_by_what_its_responder_never_signed(tmp_path, capsys):
    """A row for which the responder vouched at the door, and whose statement is nobody's: named, and left out where each is verified."""
    import sqlite3

    world, store, registered = World(homes=4), tmp_path / "data", tmp_path / "q4.json"
    asyncio.run(world.fill(store, world.all_pairs(4, [POLICED])))
    registration.write(world.registration(), registered)
    words = ["judge", "--store", str(store), "--registration", str(registered), "--as-of", NOW.isoformat()]
    words += ["--lang", "en", "--json", "--signatures"]
    path = max((store / "hot").glob("*.sqlite"))
    with sqlite3.connect(path) as db:
        every = db.execute("SELECT rowid, body FROM measurements").fetchall()
        rowid, measurement = next(
            (rowid, one)
            for rowid, body in every
            if (one := msgspec.json.decode(body, type=Measurement)).service == POLICED
        )
        assert measurement.pair is not None
        assert measurement.pair.statement is not None
        statement = msgspec.structs.replace(measurement.pair.statement, signature=bytes(64))
        pair = msgspec.structs.replace(measurement.pair, statement=statement)
        row = world.stored(msgspec.structs.replace(measurement, pair=pair))
        changed = (row.measurement_id, row.body, row.signature, rowid)
        db.execute(
            "UPDATE measurements SET measurement_id = ?, body = ?, signature = ? WHERE rowid = ?", changed
        )
    assert 3 == main([*words, "accusing"])
    said = capsys.readouterr().err
    assert row.measurement_id.hex() in said
    assert "--signatures each" in said
    assert 0 == main([*words, "each"])
    assert {POLICED} == {one["service"] for one in json.loads(capsys.readouterr().out) if one["grade"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("finding_id", "0" * 24),
        ("judged_at", "1999-01-01T00:00:00+00:00"),
        ("measurements", 7),
        ("registration_sha256", "0" * 64),
        ("code_version", "9.9"),
    ],
)
def test_the_manifest_is_of_its_files(packed, tmp_path, name, value):
    """A field of the manifest that says something else than the finding is named; so is one that no manifest has."""

    def change(content: bytes) -> bytes:
        return as_written({**json.loads(content), name: value})

    checked = check(altered(packed, tmp_path / "x.zip", "manifest.json", change))
    assert not checked.holds
    assert f"manifest.{name}" in " ; ".join(checked.differs)
    more = check(
        altered(packed, tmp_path / "y.zip", "manifest.json", lambda c: as_written({**json.loads(c), "x": 1}))
    )
    assert ["manifest.json"] == list(more.damaged)


@pytest.mark.parametrize("judged_at", ["", "yesterday", "2026-12-10T00:00:00"])
def test_a_finding_without_a_time_is_an_error(packed, tmp_path, capsys, judged_at):
    """A moment that is none, or has no zone, is said of the bundle: no traceback."""

    def change(content: bytes) -> bytes:
        return json.dumps({**json.loads(content), "judged_at": judged_at}).encode()

    path = refitted(packed, tmp_path / "x.zip", FINDING, change)
    assert 2 == main(["verify", str(path), "--lang", "en"])
    assert "judged_at" in capsys.readouterr().err


def test_an_empty_list_is_nothing_to_verify(tmp_path, capsys):
    """Neither "holds" nor a traceback, with or without another processor: there is no finding."""
    (tmp_path / "none.json").write_text("[]")
    registration.write(World(homes=1).registration(), tmp_path / "q.json")
    words = ["verify", str(tmp_path / "none.json"), "--store", str(tmp_path), "--lang", "en"]
    for more in ([], ["--other-cpu"]):
        assert 2 == main([*words, "--registration", str(tmp_path / "q.json"), *more])
        assert "the list is empty" in capsys.readouterr().err


def test_the_sealed_form_proves_the_log(tmp_path, capsys):
    """Sealed measurements bring their leaves and heads; the log names the registration, and a second one of the quarter."""
    world, store, registered = World(homes=4), tmp_path / "data", tmp_path / "q4.json"
    asyncio.run(world.fill(store, world.all_pairs(4, [POLICED])))
    digest = registration.write(world.registration(), registered)
    leave(DataFolder(store), registered.read_bytes())
    other = leave(DataFolder(store), registration.canonical(world.registration(report_dates=["2026-12-28"])))
    leave(DataFolder(store), b'{"quarter": "2020Q1"}')
    (DataFolder(store).registrations / "note.json").write_text("{}")
    last = max(file.hour for file in hour_files(DataFolder(store).hot))
    assert Sealing(DataFolder(store), last + 24).run().sealed
    words = ["--store", str(store), "--registration", str(registered), "--json"]
    at = ["--full", "--as-of", NOW.isoformat(), "--out", str(tmp_path / "all.json")]
    assert 0 == main(["judge", *words, *at])
    (one,) = [one for one in read_findings(tmp_path / "all.json") if one.service == POLICED]
    path = tmp_path / "bundle.zip"
    assert 0 == main(
        ["bundle", str(tmp_path / "all.json"), *words, "--id", one.finding_id, "--out", str(path)]
    )
    checked = check(path)
    assert checked.holds, checked
    assert (16, 16, 1, digest) == (
        checked.in_log,
        checked.measurements,
        checked.log.seal,
        checked.registration_sha256,
    )
    assert (other.stem,) == checked.log.others
    assert checked.before_seal == 16  # the registration was left when the pairs had been measured
    capsys.readouterr()
    assert 0 == main(["verify", str(path), "--lang", "en"])
    said = capsys.readouterr().out
    for text in (
        digest,
        "named in the signed log since",
        "16 pairs of the cell were opened before",
        other.stem,
        "16 of 16",
    ):
        assert text in said
    assert 0 == main(["verify", str(path), "--registration", str(registered)])
    alone = tmp_path / "published.json"  # as the operator publishes it: one file, no hash beside it
    alone.write_bytes(registered.read_bytes())
    assert 0 == main(["verify", str(path), "--registration", str(alone)])
    alone.write_bytes(registered.read_bytes() + b" ")
    assert 1 == main(["verify", str(path), "--registration", str(alone)])
    registration.write(world.registration(report_dates=["2026-12-29"]), tmp_path / "other.json")
    words = ["verify", str(path), "--registration", str(tmp_path / "other.json")]
    assert 1 == main([*words, "--lang", "en"])
    assert "is not the bundle’s" in capsys.readouterr().out
    for given, said in (
        ([*words, "--json"], (False, True)),
        (["verify", str(path), "--json"], (True, False)),
    ):
        assert (1 - said[0]) == main(given)
        told = json.loads(capsys.readouterr().out)
        assert said == (told["holds"], told["other_registration"])
    for name, change in (
        (LEAVES, lambda c: c.replace(b'"salt":"', b'"salt":"00', 1)),
        (LEAVES, lambda c: c + c.splitlines(keepends=True)[0]),
        (HEADS, lambda _: b""),
        (CATALOGUE, lambda c: c.replace(b"Service 1", b"Service 9")),
    ):
        bad = check(refitted(path, tmp_path / "bad.zip", name, change))
        assert not bad.holds, name
    bare = msgspec.json.encode(SignedHead(seal=1, content=b"{}")) + b"\n"
    assert "signature" in " ".join(check(refitted(path, tmp_path / "bad.zip", HEADS, lambda _: bare)).differs)


@pytest.mark.parametrize(
    ("says", "change"),
    [
        ("'grade' is there twice", lambda c: b'{"grade": 4,' + c.lstrip()[1:]),
        ("'verdict' is of no finding", lambda c: b'{"verdict": "on purpose",' + c.lstrip()[1:]),
        (
            "'effect.proved' is of no finding",
            lambda c: c.replace(b'"effect": {', b'"effect": {"proved": true,', 1),
        ),
        ("'n' is of no finding", lambda c: b'{"n": 1' + b"0" * 9000 + b"," + c.lstrip()[1:]),
    ],
)
def test_a_finding_says_nothing_that_is_not_looked_at(packed, tmp_path, says, change):
    """A member that is there twice, or that no finding has, is named: who opens the file would read it as ours."""
    checked = check(refitted(packed, tmp_path / "x.zip", FINDING, change))
    assert not checked.holds
    assert any(says in one for one in checked.differs)


def marked(packed: Path, path: Path, at: int, in_directory: int, value: int) -> Path:
    """The bundle with a number of two bytes set in every header of the zip."""
    content = bytearray(packed.read_bytes())
    for start, offset in ((b"PK\x03\x04", at), (b"PK\x01\x02", in_directory)):
        found = content.find(start)
        while found >= 0:
            content[found + offset : found + offset + 2] = value.to_bytes(2, "little")
            found = content.find(start, found + 4)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("header", [(6, 8, 1), (8, 10, 9), (4, 6, 99)])
def test_a_zip_that_cannot_be_read_here_is_no_finding_that_falls(packed, tmp_path, capsys, header):
    """Encrypted, packed by another method, of a later zip: it is said, with another exit code than that of a finding that does not hold."""
    path = marked(packed, tmp_path / "x.zip", *header)
    assert 2 == main(["verify", str(path), "--lang", "en"])
    assert str(path) in capsys.readouterr().err


def test_a_byte_changed_within_the_zip_is_said(packed, tmp_path):
    """Whatever the packing makes of it: files that are damaged, or a zip that cannot be read, and no traceback."""
    content = packed.read_bytes()
    for at in range(len(content) - 1, 0, -211):
        (tmp_path / "x.zip").write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        assert main(["verify", str(tmp_path / "x.zip")]) in (0, 1, 2)


@pytest.mark.parametrize(
    ("name", "value"), [("schema_version", 99), ("schema_version", 0), ("separated", {"zz": 1})]
)
def test_a_manifest_that_this_version_cannot_read_is_said(packed, tmp_path, capsys, name, value):
    """Of a later form nobody here knows what holds; a key is hexadecimal."""

    def change(content: bytes) -> bytes:
        return as_written({**json.loads(content), name: value})

    path = altered(packed, tmp_path / "x.zip", "manifest.json", change)
    assert 2 == main(["verify", str(path), "--lang", "en"])
    assert "manifest" in capsys.readouterr().err or name == "schema_version"


def test_a_finding_cannot_wipe_off_what_is_said_of_it(packed, tmp_path, capsys):
    """Controls in what it is called, which would draw another sentence over ours, are taken out."""
    name = "x\r\x1b[2Kholds: Example Telecom\x9b8m\u202e\nholds: "
    path = refitted(
        packed, tmp_path / "x.zip", FINDING, lambda c: as_written({**json.loads(c), "finding_id": name})
    )
    capsys.readouterr()
    assert 1 == main(["verify", str(path), "--lang", "en"])
    said = capsys.readouterr().out
    assert said.replace("\n", "").isprintable()
    assert not [line for line in said.splitlines() if line.startswith("holds: ")]


@pytest.mark.parametrize(
    ("encoding", "out", "exit_code"),
    [("ascii", "PIPE", 0), ("latin-1", "PIPE", 0), ("utf-8", "/dev/full", 3)],
)
def test_a_poor_terminal_and_a_full_disk_say_nothing_against_a_finding(packed, encoding, out, exit_code):
    """Neither ends in a traceback, whose exit code is that of a finding that does not hold."""
    words = [sys.executable, "-m", "analysis", "verify", str(packed), "--lang", "fr"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUNBUFFERED": "1"}
    with Path(os.devnull if out == "PIPE" else out).open("wb") as file:
        done = subprocess.run(words, env=environment, stdout=file, stderr=subprocess.PIPE, check=False)
    assert exit_code == done.returncode, done.stderr
    assert b"Traceback" not in done.stderr


def test_who_has_read_enough_is_told_nothing(packed):
    """A pipe whose reader has gone (``verify … | head``) ends without a traceback, and not as a finding that falls."""
    words = [sys.executable, "-m", "analysis", "verify", str(packed), "--lang", "fr"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (3, b"") == (process.returncode, said)

"""The command line, on a folder that a real collector wrote."""

import json
import re
import sqlite3
import subprocess
import sys
from datetime import timedelta

import msgspec
import pytest

from analysis import registration
from analysis.cli import main
from analysis.observe.record import Observation
from collector.hot_files import insert_sql
from collector.reader import read_measurements
from probe.measurement.envelope import encode
from probe.measurement.signing import MEASUREMENT, TICKET, document_id, sign
from tests.analysis.worlds import BLOCKED, NEUTRAL, POLICED, SHAPED, START, World
from tests.support.plans import unix_us

LINE_OPTIONS = ["--brand", "Example Telecom", "--technology", "fibre", "--plan-class", "ordinary"]


@pytest.fixture
async def store(tmp_path):
    """Five homes, five pairs a service, sent through a collector's intake."""
    world = World(homes=5)
    answers = await world.fill(tmp_path / "data", world.all_pairs(5))
    assert {"accepted"} == set(answers)
    return tmp_path / "data"


@pytest.fixture
def registered(tmp_path):
    """The folder's registration, made before its measurements."""
    return written(tmp_path / "q4.json")


def written(path, **more):
    """Write a registration of the worlds' plan, dated before its measurements; its path."""
    registration.write(World(homes=1).registration(**more), path)
    return path


def judge(store, registered, *more):
    """Run the judge; its exit code."""
    return main(["judge", "--store", str(store), "--registration", str(registered), "--lang", "en", *more])


def test_register_writes_what_was_asked_for(store, tmp_path, capsys):
    """Brand, network and quarter stand in the file; a brand without a network is told, a bad network refused."""
    path = tmp_path / "asked.json"
    words = ["register", "--store", str(store), "--lang", "en", "--quarter", "2026Q4", *LINE_OPTIONS]
    assert 0 == main([*words, "--out", str(path), "--asn", "Example Telecom=AS64500"])
    assert not capsys.readouterr().err
    drafted, _, _ = registration.load(path)
    assert ({"Example Telecom": (64500,)}, "2026Q4", 4) == (
        drafted.asns,
        drafted.quarter,
        len(drafted.cells),
    )
    assert 0 == main([*words, "--out", str(tmp_path / "none.json")])
    assert "no network (--asn) is registered for Example Telecom" in capsys.readouterr().err
    for text in ("Example Telecom", "=64500", "Example Telecom=ASx", "Example Telecom=99999999999"):
        assert 2 == main([*words, "--out", str(tmp_path / "bad.json"), "--asn", text])
        assert f"--asn {text}: write for example" in capsys.readouterr().err
    assert 2 == main([*words, "--out", str(tmp_path / "bad.json"), "--asn", "Other=64500"])
    assert "this brand is not registered" in capsys.readouterr().err


def test_register_then_judge(store, registered, tmp_path, capsys):
    """From a collector's folder to findings in JSON, on standard output and in a file, and a line per pair."""
    capsys.readouterr()
    out, lines = tmp_path / "findings.json", tmp_path / "observations.jsonl"
    assert 0 == judge(store, registered, "--json", "--out", str(out), "--observations", str(lines))
    findings = json.loads(capsys.readouterr().out)
    assert findings == json.loads(out.read_bytes())
    assert {POLICED: "policer", SHAPED: "shaper", BLOCKED: "blocking_tcp", NEUTRAL: None} == {
        f["service"]: f["mechanism"] for f in findings
    }
    assert ["different"] * 3 + ["undetermined"] == [f["outcome"] for f in findings]
    observations = [json.loads(line) for line in lines.read_text().splitlines()]
    assert (100, {None}) == (len(observations), {o["discarded_by"] for o in observations})
    read_back = msgspec.json.Decoder(Observation).decode_lines(lines.read_bytes())
    assert observations == msgspec.json.decode(msgspec.json.encode(read_back))


def test_the_table_speaks_both_languages(store, registered, capsys):
    """A person reads a table, sentences, and what became of every row."""
    capsys.readouterr()
    assert 0 == judge(store, registered)
    english = capsys.readouterr().out
    assert "different, slowed" in english
    assert (
        "100 pairs counted, 0 discarded, 0 not run, 0 outside the registration; 8 hypotheses registered."
        in english
    )
    assert 0 == main(["judge", "--store", str(store), "--registration", str(registered), "--lang", "fr"])
    french = capsys.readouterr().out
    assert "différent, ralenti" in french
    assert "ont été ralentis" in french


def test_mistakes_are_named(store, registered, tmp_path, capsys):
    """Each mistake has its exact sentence and exit code 2."""
    capsys.readouterr()
    mistakes = {
        (str(tmp_path / "none"), str(registered)): f"{tmp_path}/none: no collector’s folder (it has neither",
        (
            str(store),
            str(tmp_path / "none.json"),
        ): f"{tmp_path}/none.json: cannot be read (No such file or directory)",
    }
    for (folder, file), message in mistakes.items():
        assert 2 == judge(folder, file)
        assert f"isonomia-analysis: {message}" in capsys.readouterr().err
    again = ["register", "--store", str(store), "--lang", "en", "--out", str(registered)]
    assert 2 == main(again)
    assert "is never overwritten; choose another name" in capsys.readouterr().err
    assert 2 == main([*again[:-1], str(tmp_path / "x.json"), "--quarter", "spring"])
    assert "--quarter spring: write for example 2026Q4" in capsys.readouterr().err
    assert 2 == main([*again[:-1], str(tmp_path / "x.json"), "--report-date", "2027-13-01"])
    assert "--report-date 2027-13-01: write a date" in capsys.readouterr().err


def test_a_damaged_row_is_named_or_counted(store, registered, capsys):
    """A changed row ends the judgement with file and id; with --keep-going it is counted and named, the rest judged."""
    (file,) = (store / "hot").glob("*.sqlite")
    row = next(read_measurements(store))
    with sqlite3.connect(file) as db:
        body = row.body.replace(b'"s1"', b'"s9"')
        db.execute("UPDATE measurements SET body = ? WHERE measurement_id = ?", (body, row.measurement_id))
    db.close()
    capsys.readouterr()
    assert 3 == judge(store, registered)
    assert (
        f"isonomia-analysis: {file}, measurement {row.measurement_id.hex()}: the stored bytes do not have the hash "
        "the row is named after; restore this file from its backup, or judge without the row by --keep-going "
        "(it will be counted and named)\n"
    ) == capsys.readouterr().err
    assert 0 == judge(store, registered, "--keep-going")
    shown = capsys.readouterr().out
    assert f"Damaged row: {file.name} {row.measurement_id.hex()}" in shown
    assert "99 pairs counted" in shown


def test_a_damaged_file_is_named(store, registered, capsys):
    """A file that is no database ends the judgement with its name."""
    (file,) = (store / "hot").glob("*.sqlite")
    file.write_bytes(b"not a database at all, but long enough to be read as one" * 100)
    capsys.readouterr()
    assert 3 == judge(store, registered)
    assert str(file) in capsys.readouterr().err


def test_a_changed_registration_judges_nothing(store, registered, tmp_path, capsys):
    """The exit code is 2, the message names the file, and no findings are written."""
    registered.write_bytes(registered.read_bytes() + b"\n")
    capsys.readouterr()
    out = tmp_path / "findings.json"
    assert 2 == judge(store, registered, "--out", str(out))
    assert "has changed since it was registered" in capsys.readouterr().err
    assert not out.exists()


async def test_conflicts_void_their_pair(tmp_path, capsys):
    """Two bodies for one ticket: both are kept by the collector, and neither counts here."""
    world = World(homes=2)
    pair = world.pair(0, "s1")
    other = type(pair)(
        **{**{f: getattr(pair, f) for f in pair.__struct_fields__}, "software_version": "other"}
    )
    store = tmp_path / "data"
    assert ["accepted", "conflict"] == await world.fill(store, [pair, other])
    path = written(tmp_path / "q4.json")
    capsys.readouterr()
    assert 0 == judge(store, path)
    shown = capsys.readouterr().out
    assert "0 pairs counted, 2 discarded" in shown
    assert "Discarded: the ticket was used by two different measurements (AS64500: 2): 2" in shown


def test_a_ticket_of_two_keys_voids_its_pairs(store, registered, capsys):
    """A responder that signs one pair id for two keys voids both pairs; the others are judged all the same."""
    world = World(homes=5)
    first = world.treated(0, POLICED)  # the same seed makes the same keys and tickets as the folder's
    ticket = msgspec.structs.replace(first.pair.open_ticket(), probe_key=world.pair(1, "s1").probe_key)
    signed = sign(world.responder_key, TICKET, ticket)
    facts = {"ticket_sha256": document_id(signed.body_bytes()), "ticket_signature": signed.signature}
    statement = world.settled(msgspec.structs.replace(first.pair.open_statement(), **facts))
    pair = msgspec.structs.replace(first.pair, ticket=signed, statement=statement)
    row = world.stored(msgspec.structs.replace(first, probe_key=ticket.probe_key, pair=pair))
    (file,) = (store / "hot").glob("*.sqlite")
    values = (row.measurement_id, row.received_at_us, row.key, row.signature, ticket.pair_id, row.body)
    with sqlite3.connect(file) as db:
        db.execute(insert_sql("measurements", 1), values)
    db.close()
    capsys.readouterr()
    assert 0 == judge(store, registered)
    shown = capsys.readouterr().out
    assert "99 pairs counted, 2 discarded" in shown
    assert "the ticket was used by two different measurements" in shown


@pytest.mark.parametrize("digits", [18, 400])
def test_absurd_numbers_are_a_damaged_row(store, registered, capsys, digits):
    """A signed document with integers of any length is one damaged row: named with exit 3, or passed over."""
    world = World(homes=5)
    pair = world.treated(0, POLICED)
    body = re.sub(rb'"connect_us":\d+', b'"connect_us":1' + b"0" * digits, encode(pair))
    (file,) = (store / "hot").glob("*.sqlite")
    name, key = document_id(body), world.keys[0]
    document = sign(key, MEASUREMENT, body)
    values = (name, unix_us(START + timedelta(hours=3)), document.key, document.signature, bytes(16), body)
    with sqlite3.connect(file) as db:
        db.execute(insert_sql("measurements", 1), values)
    db.close()
    capsys.readouterr()
    assert 3 == judge(store, registered)
    said = capsys.readouterr().err
    assert str(file) in said
    assert name.hex() in said
    assert 0 == judge(store, registered, "--keep-going")
    assert f"Damaged row: {file.name} {name.hex()}" in capsys.readouterr().out


def test_a_missing_extra_is_named(store, tmp_path):
    """Without numpy the command says which extra to install, and exits 3."""
    code = (
        "import sys; sys.modules['numpy'] = None; from analysis.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    words = ["register", "--store", str(store), "--out", str(tmp_path / "x.json"), "--lang", "en"]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    expected = (
        "isonomia-analysis: the package “numpy” is missing; install: pip install 'isonomia[analysis]'\n"
    )
    assert (3, expected) == (done.returncode, done.stderr)


def test_the_module_is_the_command(tmp_path):
    """`python -m analysis` answers as `isonomia-analysis` does."""
    words = [sys.executable, "-m", "analysis", "judge", "--help"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (0, True) == (done.returncode, "--registration FILE" in done.stdout)

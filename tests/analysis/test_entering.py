"""Entering: only what is judged again as its record says becomes a candidate, replicates or is published, and only that is shown."""

import asyncio
import json
import shutil
from datetime import timedelta
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from analysis import registration, state_ledger
from analysis.cli import main
from analysis.finding import Finding
from analysis.public.rule import may_show
from analysis.record import record_sha256
from analysis.states import Change
from analysis.verify import read_findings
from collector.data_folder import DataFolder
from collector.hot_files import hour_files
from collector.registrations import leave
from tests.analysis.test_public import PUBLISHED, changes
from tests.analysis.worlds import MADE_AT, NOW, POLICED, World
from tests.support.ledgers import published
from tests.support.sealing import Sealing

LATER = NOW + timedelta(days=9)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store of six homes, judged; the policed service's finding in a file of its own, and its sealed bundle."""
    folder = tmp_path_factory.mktemp("entering")
    world, store, registered = World(homes=6), folder / "data", folder / "q4.json"
    asyncio.run(world.fill(store, world.all_pairs(4, [POLICED])))
    registration.write(world.registration(), registered)
    words = ["--store", str(store), "--registration", str(registered)]
    judge = ["judge", *words, "--json", "--full", "--as-of", NOW.isoformat(), "--out"]
    assert 0 == main([*judge, str(folder / "all.json")])
    (one,) = [one for one in read_findings(folder / "all.json") if one.service == POLICED]
    record = folder / "one.json"
    record.write_bytes(msgspec.json.encode(one))
    assert 0 == main(["bundle", str(record), *words, "--out", str(folder / "one.zip")])
    return SimpleNamespace(
        folder=folder, words=words, record=record, one=one, store=store, registered=registered
    )


def changed(made, name: str, **facts: object):
    """A copy of the record that says something else."""
    path = made.folder / name
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(made.one, **facts)))
    return path


def entered(made, ledger, path, to, *more, actor="ana"):
    """The exit code of entering a state."""
    words = ["state", "--finding", str(path), "--ledger", str(ledger), "--to", to, "--actor", actor]
    return main([*words, "--reason", "so", "--lang", "en", *more])


def test_a_candidate_is_judged_again(made, tmp_path, capsys):
    """An edited record is no candidate, nor one that nobody can verify; the true one is, from the store or from its bundle."""
    edited = changed(made, "edited.json", nameable=True)
    assert 2 == entered(made, tmp_path / "l", edited, "candidate", *made.words)
    assert "nameable" in capsys.readouterr().err
    assert 2 == entered(made, tmp_path / "l", made.record, "candidate")
    assert "--bundle FILE.zip" in capsys.readouterr().err
    assert not (tmp_path / "l").exists()
    assert 0 == entered(made, tmp_path / "l", made.record, "candidate", *made.words)
    assert 0 == entered(
        made, tmp_path / "m", made.record, "candidate", "--bundle", str(made.folder / "one.zip")
    )
    assert 2 == entered(made, tmp_path / "n", edited, "candidate", "--bundle", str(made.folder / "one.zip"))
    (line,) = (tmp_path / "l").read_text().splitlines()
    assert record_sha256(made.one) == json.loads(line)["change"]["finding_sha256"]


def test_a_quiet_cell_is_no_case(made, tmp_path, capsys):
    """What says neither difference nor equivalence is no candidate, however often somebody would like it to be."""
    (quiet,) = [one for one in read_findings(made.folder / "all.json") if one.service == "s2"]
    path = tmp_path / "quiet.json"
    path.write_bytes(msgspec.json.encode(quiet))
    assert 2 == entered(made, tmp_path / "l", path, "candidate", *made.words)
    assert "nothing to publish" in capsys.readouterr().err


def test_a_replication_is_judged_again(made, tmp_path, capsys):
    """A copy of the finding with other ids in it replicates nothing: it does not come out of the store."""
    assert 0 == entered(made, tmp_path / "l", made.record, "candidate", *made.words)
    copy = changed(made, "copy.json", finding_id="f" * 24, measurement_ids=("00" * 32,))
    assert 2 == entered(made, tmp_path / "l", made.record, "replicated", *made.words, "--evidence", str(copy))
    assert "does not hold" in capsys.readouterr().err
    assert 2 == entered(made, tmp_path / "l", made.record, "replicated", *made.words)
    assert "--evidence FILE" in capsys.readouterr().err
    assert 2 == entered(
        made, tmp_path / "l", made.record, "replicated", *made.words, "--evidence", str(made.record)
    )
    assert "no finding in the same direction" in capsys.readouterr().err


def test_fresh_pairs_replicate(made, tmp_path):
    """Another quarter's folk measure the same: their finding, verified by their own store or bundle, is the evidence."""
    world, store, registered = World(homes=6, seed=8), tmp_path / "data", tmp_path / "q.json"
    asyncio.run(world.fill(store, world.all_pairs(4, [POLICED])))
    registration.write(world.registration(), registered)
    words = ["--store", str(store), "--registration", str(registered)]
    judge = [
        "judge",
        *words,
        "--json",
        "--full",
        "--as-of",
        NOW.isoformat(),
        "--out",
        str(tmp_path / "all.json"),
    ]
    assert 0 == main(judge)
    (one,) = [one for one in read_findings(tmp_path / "all.json") if one.service == POLICED]
    bundle = ["bundle", str(tmp_path / "all.json"), *words, "--id", one.finding_id]
    assert 0 == main([*bundle, "--out", str(tmp_path / "two.zip")])
    shutil.rmtree(store)
    assert 0 == entered(made, tmp_path / "l", made.record, "candidate", *made.words)
    assert 0 == entered(
        made, tmp_path / "l", made.record, "replicated", "--evidence", str(tmp_path / "two.zip")
    )
    last = json.loads((tmp_path / "l").read_text().splitlines()[-1])
    assert [one.finding_id] == last["change"]["evidence"]


def test_a_reply_is_a_file(made, tmp_path, capsys):
    """Saying that somebody replied does not end the clock: the reply's own hash is entered."""
    ledger = tmp_path / "l"
    published(ledger, made.one, [MADE_AT] * 3)
    assert 2 == entered(made, ledger, made.record, "replied")
    assert "--reply FILE" in capsys.readouterr().err
    letter = tmp_path / "letter.txt"
    letter.write_text("Nous contestons.")
    assert 0 == entered(made, ledger, made.record, "replied", "--reply", str(letter))


def test_only_the_record_that_was_published_is_shown(made, tmp_path, capsys):
    """Other words under the published id are refused; so is today's judgement of the same pairs. The record itself is shown."""
    ledger = tmp_path / "l"
    published(ledger, made.one, [NOW + timedelta(days=n) for n in range(5)])
    louder = changed(
        made, "louder.json", grade=4, sentences={"fr": ("…",), "en": ("They blocked everything.",)}
    )
    export = [
        "export-public",
        *made.words,
        "--ledger",
        str(ledger),
        "--lang",
        "en",
        "--as-of",
        LATER.isoformat(),
    ]
    out = tmp_path / "public.json"
    assert 2 == main([*export, "--findings", str(louder), "--out", str(out)])
    assert "not the record that the ledger published" in capsys.readouterr().err
    assert not out.exists()
    assert 0 == main([*export, "--out", str(out)])
    assert [] == json.loads(out.read_bytes())["findings"]
    assert f"no record here: {made.one.finding_id};" in capsys.readouterr().err
    assert 0 == main([*export, "--findings", str(made.record), "--out", str(out)])
    (shown,) = json.loads(out.read_bytes())["findings"]
    assert (made.one.finding_id, "published", 2) == (shown["finding_id"], shown["state"], shown["grade"])


def test_no_reply_is_lost_unseen(made, tmp_path, capsys):
    """A reply under an id that nobody has, and one that the ledger has and no file, are said where the edition is written."""
    ledger, filed, out = tmp_path / "l", tmp_path / "replies.json", tmp_path / "public.json"
    published(ledger, made.one, [NOW + timedelta(days=n) for n in range(5)])
    export = [
        "export-public",
        *made.words,
        "--ledger",
        str(ledger),
        "--findings",
        str(made.record),
        "--out",
        str(out),
    ]
    export += ["--lang", "en", "--as-of", LATER.isoformat(), "--replies", str(filed)]
    reply = {"by": "Réseau", "at": "2027-01-05", "language": "fr", "text": "Nous contestons."}
    capsys.readouterr()
    filed.write_text(json.dumps([{**reply, "finding_id": "0" * 24}]))
    assert 0 == main(export)
    said = capsys.readouterr().err
    assert "0" * 24 in said
    assert f"no text of it: {made.one.finding_id};" in said
    filed.write_text(json.dumps([{**reply, "finding_id": made.one.finding_id}]))
    assert 0 == main(export)
    edition = json.loads(out.read_bytes())
    assert sha256(ledger.read_bytes().splitlines()[-1]).hexdigest() == edition["ledger_sha256"]
    (shown,) = edition["findings"]
    assert [["ab" * 32]] == [one["reply_sha256"] for one in shown["history"] if one["state"] == "replied"]
    assert [] == [
        one["reply_sha256"] for one in shown["history"] if one["state"] != "replied" and one["reply_sha256"]
    ]
    assert "" == capsys.readouterr().err
    last = Change(
        finding_id=made.one.finding_id, state="withdrawn", at=LATER.isoformat(), actor="revue", reason="our fault",
        finding_sha256=record_sha256(made.one),
    )  # fmt: skip
    state_ledger.append(ledger, last)  # what was withdrawn stays to be read, with its reply
    assert 0 == main([word for word in export if word not in ("--findings", str(made.record))])
    assert f"no record here: {made.one.finding_id};" in capsys.readouterr().err


def test_a_record_without_a_hash_shows_nothing(made):
    """A ledger of before there were hashes publishes nothing until a correction is entered."""
    history = [msgspec.structs.replace(one, finding_sha256=None) for one in changes(made.one, *PUBLISHED)]
    assert not may_show(made.one, history, "public")
    assert may_show(made.one, changes(made.one, *PUBLISHED), "public")


def test_the_hash_of_a_record_is_of_what_it_says(made):
    """Read back from a file it is the same; any field that says something else has another; one that is added later has not."""
    one = made.one
    again = msgspec.json.decode(msgspec.json.encode(one), type=Finding)
    assert record_sha256(one) == record_sha256(again)
    facts: dict[str, Any] = {
        "grade": 3,
        "judged_at": "",
        "sentences": {},
        "delivered": None,
        "nameable": True,
    }
    for name, value in facts.items():
        assert record_sha256(one) != record_sha256(msgspec.structs.replace(one, **{name: value}))

    class Longer(Finding, frozen=True, kw_only=True):
        """The finding of a version to come."""

        added: tuple[str, ...] = ()

    longer = msgspec.json.decode(msgspec.json.encode(one), type=Longer)
    assert record_sha256(one) == record_sha256(longer)


def test_a_log_names_the_registration_of_what_is_published(made, tmp_path, capsys):
    """Where there is a log and it does not name the registration nothing shows its date, and nothing is published by it."""
    ledger = tmp_path / "l"
    published(ledger, made.one, [MADE_AT] * 4)
    for name, leaves, said in (
        ("silent", False, "no seal names"),
        ("naming", True, "may not name a network"),
    ):
        folder = DataFolder(tmp_path / name)
        shutil.copytree(made.store, folder.root)
        if leaves:
            leave(folder, made.registered.read_bytes())
        last = max(file.hour for file in hour_files(folder.hot))
        assert Sealing(folder, last + 24).run().sealed
        words = ["--store", str(folder.root), "--registration", str(made.registered)]
        assert 2 == entered(made, ledger, made.record, "published", *words, actor="ben")
        assert said in capsys.readouterr().err

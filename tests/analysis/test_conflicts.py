"""Pairs whose ticket was used twice: void from then on, and proved by both bodies."""

import asyncio
import json
from datetime import timedelta

import msgspec
import pytest

from analysis import registration
from analysis.bundle import MEASUREMENTS
from analysis.bundling import check
from analysis.cli import main
from analysis.verify import read_findings
from collector.reader import read_measurements
from tests.analysis.test_bundle import refitted
from tests.analysis.worlds import POLICED, START, World

THEN = START + timedelta(hours=4)


def again(measurement):
    """Another body for the same ticket."""
    return msgspec.structs.replace(measurement, software_version="other")


def of_policed(findings):
    """The finding of the policed service."""
    return next(one for one in findings if one.service == POLICED)


@pytest.fixture
def told(tmp_path):
    """A store of four homes, one pair of theirs in conflict, judged at ``THEN``; its words on the command line, and the other pairs."""
    world, store, registered = World(homes=4), tmp_path / "data", tmp_path / "q4.json"
    void, *others = world.all_pairs(5, [POLICED])
    asyncio.run(world.fill(store, [void, *others, again(void)]))
    registration.write(world.registration(), registered)
    words = ["--store", str(store), "--registration", str(registered)]
    at = ["--as-of", THEN.isoformat(), "--out", str(tmp_path / "all.json")]
    assert 0 == main(["judge", *words, "--full", "--json", *at])
    return world, store, words, others


def test_a_conflict_that_comes_later_changes_nothing_that_was_judged(told, tmp_path, capsys):
    """Homes send other bodies for old tickets of theirs: the finding of before comes out again, a later judgement leaves the pairs out."""
    world, store, words, others = told
    before = of_policed(read_findings(tmp_path / "all.json"))
    said = asyncio.run(world.fill(store, map(again, others[:6]), at=THEN + timedelta(hours=1)))
    assert ["conflict"] * 6 == said
    assert 2 + 12 == sum(row.conflict for row in read_measurements(store))
    assert 0 == main(["verify", str(tmp_path / "all.json"), *words, "--lang", "en"])
    assert 0 == main(
        [
            "bundle",
            str(tmp_path / "all.json"),
            *words,
            "--id",
            before.finding_id,
            "--out",
            str(tmp_path / "b.zip"),
        ]
    )
    assert check(tmp_path / "b.zip").holds
    later = ["--as-of", (THEN + timedelta(hours=2)).isoformat(), "--out", str(tmp_path / "later.json")]
    capsys.readouterr()
    assert 0 == main(["judge", *words, "--full", "--json", *later])
    assert before.pairs - 6 == of_policed(read_findings(tmp_path / "later.json")).pairs


def test_a_bundle_proves_its_conflicts(told, tmp_path, capsys):
    """Both bodies are in it. A flag alone is the operator's word, and ``verify`` says so."""
    _, _, words, _ = told
    finding = of_policed(read_findings(tmp_path / "all.json"))
    path = tmp_path / "b.zip"
    assert 0 == main(
        ["bundle", str(tmp_path / "all.json"), *words, "--id", finding.finding_id, "--out", str(path)]
    )
    checked = check(path)
    assert (True, 21, 0) == (checked.holds, checked.measurements, checked.conflicts_alone)

    def flagged(content):
        rows = [json.loads(line) for line in content.splitlines()]
        next(row for row in rows if not row.get("conflict"))["conflict"] = True
        return b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    assert 1 == check(refitted(path, tmp_path / "x.zip", MEASUREMENTS, flagged)).conflicts_alone
    capsys.readouterr()
    main(["verify", str(tmp_path / "x.zip"), "--lang", "en"])
    assert "1 pair(s) discarded as in conflict without the other measurement" in capsys.readouterr().out

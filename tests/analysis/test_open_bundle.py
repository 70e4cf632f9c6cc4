"""The public form of a bundle: nothing in it leads to a home, and what it claims can be checked without us."""

import asyncio
import json
import math
import random
import zipfile
from contextlib import suppress
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from analysis import registration
from analysis.bundle import FINDING, HEADS, PAIRS, PUBLIC_FILES, Bundle
from analysis.cli import main
from analysis.finding import Finding
from analysis.messages import MESSAGES, Trouble
from analysis.open_bundle.check import check_public
from analysis.open_bundle.claims import UNCHECKED
from analysis.open_bundle.pack import pack_public
from analysis.sentences import with_sentences
from analysis.verify import read_findings
from collector.data_folder import DataFolder
from collector.hot_files import hour_files
from tests.analysis.test_bundle import altered, refitted
from tests.analysis.worlds import NOW, PARAMETERS, POLICED, World
from tests.support.sealing import Sealing

HOMES, EACH = 6, 4


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A world of six homes, judged, sealed but for its last hour file, and its public bundle."""
    folder = tmp_path_factory.mktemp("open")
    world, store, registered = World(homes=HOMES), folder / "data", folder / "q4.json"
    asyncio.run(world.fill(store, world.all_pairs(EACH, [POLICED])))
    registration.write(world.registration(), registered)
    words = ["--store", str(store), "--registration", str(registered)]
    assert 0 == main(
        ["judge", *words, "--json", "--full", "--as-of", NOW.isoformat(), "--out", str(folder / "all.json")]
    )
    last = max(file.hour for file in hour_files(DataFolder(store).hot))
    assert Sealing(DataFolder(store), last + 720).run().sealed
    guilty = next(one for one in read_findings(folder / "all.json") if one.outcome == "different")
    words += ["--id", guilty.finding_id, "--form", "public", "--out", str(folder / "public.zip")]
    assert 0 == main(["bundle", str(folder / "all.json"), *words])
    return folder, world, guilty


def lines_of(path, name):
    """A file's lines."""
    with zipfile.ZipFile(path) as opened:
        return [json.loads(line) for line in opened.read(name).splitlines()]


def with_pairs(path, to, change):
    """A copy whose pairs were changed, and its manifest made to fit."""
    content = b"".join(json.dumps(row).encode() + b"\n" for row in change(lines_of(path, PAIRS)))
    return refitted(path, to, PAIRS, lambda _: content)


def test_it_holds_by_itself(made, capsys):
    """Every pair stands in the signed log, counts are the finding's, and ln E comes out of rounded features within a tenth."""
    folder, _, guilty = made
    checked = check_public(Bundle(folder / "public.zip"))
    assert (True, (), HOMES * EACH, HOMES * EACH) == (
        checked.holds,
        checked.differs,
        checked.pairs,
        checked.in_log,
    )
    assert guilty.log_e == pytest.approx(checked.log_e["slowed"], rel=0.1)
    capsys.readouterr()
    assert 0 == main(["verify", str(folder / "public.zip"), "--lang", "en"])
    said = capsys.readouterr().out
    assert "24 of 24 pairs proved to stand in the signed log" in said
    assert checked.keys[0] in said


def test_a_home_that_was_set_aside_is_told_and_the_counts_fit(tmp_path):
    """A seventh home loses a dozen pairs of thirteen: its last one is in the bundle as set aside, and everything comes out again."""
    world, store, registered = World(homes=7), tmp_path / "data", tmp_path / "q4.json"
    sound = [world.treated(home, POLICED) for _ in range(EACH) for home in range(6)]
    lost = [world.pair(6, POLICED, closed=n == 0) for n in range(13)]
    assert {"accepted"} == set(asyncio.run(world.fill(store, [*sound, *lost])))
    registration.write(world.registration(), registered)
    words = ["--store", str(store), "--registration", str(registered)]
    out = tmp_path / "all.json"
    assert 0 == main(["judge", *words, "--json", "--full", "--as-of", NOW.isoformat(), "--out", str(out)])
    guilty = next(one for one in read_findings(out) if one.service == POLICED)
    assert ("different", {"home_set_aside": 1, "no_statement": 12}) == (guilty.outcome, guilty.discards)
    assert {"uncorroborated": 12} == guilty.also_struck
    last = max(file.hour for file in hour_files(DataFolder(store).hot))
    assert Sealing(DataFolder(store), last + 720).run().sealed
    words += ["--id", guilty.finding_id, "--form", "public", "--out", str(tmp_path / "public.zip")]
    assert 0 == main(["bundle", str(out), *words])
    checked = check_public(Bundle(tmp_path / "public.zip"))
    assert (True, (), 37) == (checked.holds, checked.differs, checked.pairs)


def test_nothing_in_it_leads_to_a_home(made):
    """No key, tag, id of a measurement or ticket, region or exact time, in hex or base64, in any of its files."""
    folder, world, guilty = made
    with zipfile.ZipFile(folder / "public.zip") as opened:
        assert {"manifest.json", *PUBLIC_FILES} == set(opened.namelist())
        whole = b"".join(opened.read(name) for name in opened.namelist())
    secrets = [key.public_key().public_bytes_raw() for key in world.keys] + world.tags
    secrets += [sha256(secret).digest() for secret in secrets]  # a key's hash is as good as the key
    secrets += [bytes.fromhex(one) for one in guilty.measurement_ids]
    assert [] == [secret.hex() for secret in secrets if secret.hex().encode() in whole or secret in whole]
    assert b"FR-BRE" not in whole
    assert b"opened_at" not in whole
    pairs = lines_of(folder / "public.zip", PAIRS)
    assert set(range(1, HOMES + 1)) == {pair["home"] for pair in pairs}
    values = [value for pair in pairs for value in pair["features"].values() if value is not None]
    assert values == [float(f"{value:.2g}") for value in values]


def test_two_bundles_of_one_finding_cannot_be_joined_by_homes(made, tmp_path):
    """Numbers of homes are drawn anew for each."""
    folder, _, guilty = made
    numbers = []
    for seed in (1, 2):
        path = tmp_path / f"{seed}.zip"
        pack_public(guilty, folder / "data", folder / "q4.json", path, random.Random(seed))
        numbers.append({pair["leaf"]["leaf"]: pair["home"] for pair in lines_of(path, PAIRS)})
    assert numbers[0] != numbers[1]
    assert numbers[0].keys() == numbers[1].keys()


@pytest.mark.parametrize(
    ("says", "change"),
    [
        ("log_e_slowed", lambda rows: [{**row, "features": {**row["features"], "d_thr": 0.0, "d_tail": 0.0, "d_rtt": 0.0}} for row in rows]),
        ("pairs:", lambda rows: rows[:-1]),
        ("homes:", lambda rows: [{**row, "line": 1} for row in rows]),
        ("leaf twice", lambda rows: [rows[0], *rows[:-1]]),
        ("line 1: not in seal", lambda rows: [{**rows[0], "leaf": {**rows[0]["leaf"], "leaf": "00" * 32}}, *rows[1:]]),
        ("line 1: not in seal", lambda rows: [{**rows[0], "leaf": {**rows[0]["leaf"], "proof": []}}, *rows[1:]]),
        ("failures:", lambda rows: [{**rows[0], "failures": ["connection_reset", "ok"]}, *rows[1:]]),
        ("line 1: hour is outside", lambda rows: [{**rows[0], "hour": "2026-09-30T23Z"}, *rows[1:]]),
        ("line 1: hour is outside", lambda rows: [{**rows[0], "hour": "2026-11-20T11Z"}, *rows[1:]]),
        ("judged_at", lambda rows: [{**rows[0], "hour": "2026-11-21T20:30+23:00"}, *rows[1:]]),
        ("line 1: local_hour is outside", lambda rows: [{**rows[0], "local_hour": -1}, *rows[1:]]),
        ("line 1: variant is outside", lambda rows: [{**rows[0], "variant": "any"}, *rows[1:]]),
        ("line 1: network is outside", lambda rows: [{**rows[0], "network": "AS1"}, *rows[1:]]),
        ("line 1: s is outside", lambda rows: [{**rows[0], "features": {**rows[0]["features"], "s": 0.04}}, *rows[1:]]),
    ],
)  # fmt: skip
def test_a_changed_line_is_found_even_if_the_manifest_was_made_to_fit(made, tmp_path, says, change):
    """Invented, removed, doubled or altered pairs show in the log, in the counts or in the evidence."""
    checked = check_public(Bundle(with_pairs(made[0] / "public.zip", tmp_path / "x.zip", change)))
    assert not checked.holds
    assert says in " ; ".join(checked.differs)


@pytest.mark.parametrize("name", PUBLIC_FILES)
def test_a_changed_byte_anywhere_is_found(made, tmp_path, name):
    """One byte more in any file: the file is named."""
    changed = altered(made[0] / "public.zip", tmp_path / "x.zip", name, lambda content: content + b" ")
    assert [name] == list(check_public(Bundle(changed)).damaged)


def test_what_is_not_sealed_yet_is_said(made, tmp_path, capsys):
    """Without heads nothing is proved: leaves that claim a seal fail, and lines without one are counted as not proved."""
    bare = with_pairs(
        made[0] / "public.zip", tmp_path / "x.zip", lambda rows: [{**row, "leaf": None} for row in rows]
    )
    assert [] != lines_of(bare, HEADS)
    assert 0 == main(["verify", str(bare), "--lang", "fr"])
    assert "24 paires n’étaient pas encore scellées" in capsys.readouterr().out


def test_few_lines_are_not_published(tmp_path):
    """Four homes would be recognised: nothing is written, and the sentence says how many it takes."""
    world, store, registered = World(homes=4), tmp_path / "data", tmp_path / "q4.json"
    asyncio.run(world.fill(store, world.all_pairs(EACH, [POLICED])))
    registration.write(world.registration(), registered)
    words = ["judge", "--store", str(store), "--registration", str(registered), "--json", "--full"]
    assert 0 == main([*words, "--as-of", NOW.isoformat(), "--out", str(tmp_path / "all.json")])
    guilty = next(one for one in read_findings(tmp_path / "all.json") if one.outcome == "different")
    with pytest.raises(Trouble, match="4 lines only: in public it takes 5"):
        pack_public(guilty, store, registered, tmp_path / "x.zip", random.Random(1))
    assert not (tmp_path / "x.zip").exists()


def claimed(made, to, **facts):
    """What is found of a bundle whose finding says something else, in sentences and manifest that fit it."""

    def louder(content):
        finding = msgspec.json.decode(content, type=Finding)
        finding = msgspec.structs.replace(finding, **facts)
        with suppress(KeyError):  # of what contradicts itself there are no sentences
            finding = with_sentences(finding, PARAMETERS)
        return msgspec.json.format(msgspec.json.encode(finding), indent=1) + b"\n"

    return check_public(Bundle(refitted(made[0] / "public.zip", to, FINDING, louder)))


CLAIMS: dict[str, dict[str, Any]] = {
    "grade:": {"grade": 4},
    "nameable": {"nameable": True, "grade": 2},
    "delivered_mbit_s": {"delivered_mbit_s": 0.02, "interval": (0.01, 0.03)},
    "judged_at": {"judged_at": "1999-01-01T00:00:00+00:00"},
    "judged_at: ''": {"judged_at": ""},
    "is not as a judgement writes it": {"judged_at": NOW.isoformat().replace("+00:00", "-11:00")},
    "log_bar": {"log_bar": 6.0},
    "is not reached": {"log_bar": math.log(160) + 60},
    "hypotheses": {"hypotheses": 2},
    "e_value": {"e_value": 1e9},
    "effects": {"effects": {}},
    "share_of_homes": {"share_of_homes": None},
    "log_e_by_metric": {"log_e_by_metric": {}},
    "log_e_by_stratum": {"log_e_by_stratum": {}},
    "direction_of_effect": {"direction_of_effect": None},
    "cell:": {"brand": "Somebody else"},
    "asns": {"asns": {"AS1": 24}},
}


@pytest.mark.parametrize("name", ["ten_homes", "gates"])
def test_a_check_that_the_pairs_do_not_allow(made, tmp_path, name):
    """Ten homes with fewer lines, gates that passed with none: the grade that its checks give is no excuse."""
    with zipfile.ZipFile(made[0] / "public.zip") as opened:
        checks = json.loads(opened.read(FINDING))["grade_checks"]
    checked = claimed(made, tmp_path / "x.zip", grade_checks={**checks, name: True})
    assert [f"grade_checks.{name}: true, which its own pairs or gates do not allow"] == list(checked.differs)


@pytest.mark.parametrize("says", CLAIMS)
def test_a_claim_is_held_against_pairs_and_registration(made, tmp_path, says):
    """A louder finding, its sentences and manifest rewritten to fit: what the pairs or the registration contradict is named."""
    checked = claimed(made, tmp_path / "x.zip", **CLAIMS[says])
    assert not checked.holds
    assert says in " ; ".join(checked.differs)


def test_a_metric_that_is_none_is_said(made, tmp_path):
    """No traceback, whose exit code is that of a finding that does not hold."""
    with pytest.raises(Trouble, match="metric 'speed'"):
        claimed(made, tmp_path / "x.zip", metric="speed")


def test_every_check_could_be_forged_and_is_said_not_to_be_checked(made, tmp_path, capsys):
    """A mechanism, or checks that all hold, cannot be shown by this form: it says so in so many words, in both languages."""
    checked = claimed(made, tmp_path / "x.zip", mechanism="blocking_tcp")
    assert checked.holds
    assert {"mechanism", "grade_checks", "gates", "second_test", "attribution"} <= set(checked.unchecked)
    capsys.readouterr()
    assert 0 == main(["verify", str(made[0] / "public.zip"), "--lang", "en"])
    said = capsys.readouterr().out
    assert "not checked here" in said
    assert "the mechanism" in said
    assert all({"fr", "en"} == set(MESSAGES[f"unchecked.{name}"]) for name in UNCHECKED)

"""Golden chain: committed measurements of the lab give the committed observations and findings."""

import re
from base64 import b64decode
from pathlib import Path

import pytest

from analysis.observe.opened import Opened, open_stored
from tests.golden.chain import FINDING, OBSERVATIONS, expected, folder_of, made, plain
from tests.golden.compare import differences
from tests.golden.documents import FOLDER, MEASUREMENTS, read, write
from tests.golden.make import main
from tests.golden.messages import MESSAGES
from tests.golden.scenarios import SCENARIOS, SERVICE

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS)
LARGEST_BYTES = 1_500_000


@each_scenario
def test_old_measurements_say_what_they_said(scenario):
    """Outcome, grade and ids are equal, numbers within 2e-6 (architecture.md, "The analysis")."""
    folder = folder_of(scenario)
    want, found = expected(folder), made(folder)
    assert [] == differences(want.observations, found.observations)
    assert [] == differences(want.finding, found.finding)


@pytest.mark.parametrize(
    ("scenario", "outcome", "direction", "mechanism"),
    [
        ("neutral", "undetermined", None, None),
        ("policed-1.5", "different", "slowed", "policer"),
        ("shaped-4", "different", "slowed", "shaper"),
        ("reset", "different", "slowed", "blocking_tcp"),
        ("congested", "undetermined", None, None),
    ],
)
def test_what_was_done_is_what_is_found(scenario, outcome, direction, mechanism):
    """The committed findings name what the lab did: a golden file that is wrong must not be made by habit."""
    finding = expected(folder_of(scenario)).finding
    assert (outcome, direction, mechanism) == (
        finding["outcome"],
        finding["direction_of_effect"],
        finding["mechanism"],
    )


@each_scenario
def test_the_measurements_are_the_experiments(scenario):
    """Each home measured each pair of the one service, nothing else was stored, and nothing of it was discarded."""
    experiment = SCENARIOS[scenario]
    chain = expected(folder_of(scenario))
    assert experiment.homes * experiment.pairs == len(chain.observations) == chain.finding["pairs"]
    assert (experiment.homes, {SERVICE.id}) == (
        chain.finding["homes"],
        {observation["service"] for observation in chain.observations},
    )


@each_scenario
def test_documents_stand_as_they_were_uploaded(scenario, tmp_path):
    """Read and written again, a file has the same bytes: no document was touched on the way."""
    committed = folder_of(scenario) / MEASUREMENTS
    copy = tmp_path / MEASUREMENTS
    write(copy, read(committed))
    assert committed.read_bytes() == copy.read_bytes()


@each_scenario
def test_nothing_of_a_person_and_no_private_key(scenario):
    """Addresses are the lab's 10.77 ones, names are .example, and no Ed25519 key in the file has its private half there."""
    content = (folder_of(scenario) / MEASUREMENTS).read_text(encoding="utf-8")
    assert {"10.77"} == {address[:5] for address in re.findall(r"\d+\.\d+\.\d+\.\d+", content)}
    names = set(re.findall(r'"(?:name|original_name|name_seen)":"([^"]+)"', content))
    assert names
    assert all(name.endswith(".example") for name in names)
    assert "PRIVATE" not in content
    assert not _private_halves(content)


def _private_halves(content: str) -> list[bytes]:
    """32-byte values in the file that are the secret seed of a public key in it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    values = {b64decode(text) for text in re.findall(r'"([A-Za-z0-9+/]{43}=)"', content)}
    return [
        value
        for value in values
        if Ed25519PrivateKey.from_private_bytes(value).public_key().public_bytes_raw() in values
    ]


@each_scenario
def test_the_coin_says_which_run_is_the_original(scenario):
    """Order, control name and address of every committed pair are what ticket and nonce decide."""
    for row in read(folder_of(scenario) / MEASUREMENTS).rows:
        opened = open_stored(row.stored())
        assert isinstance(opened, Opened)
        coin, control = opened.ticket.coin(opened.pair.nonce), opened.pair.run("control")
        assert control is not None
        assert coin.original_first == (opened.pair.runs[0].role == "original")
        assert coin.control_name(opened.ticket.control_candidates) == control.name
        assert coin.control_address == control.address_index


def test_the_golden_files_are_small():
    """All of them together stay under 1.5 MB, and there are no folders but the scenarios'."""
    folders = {path for path in FOLDER.iterdir() if path.is_dir() and not path.name.startswith("__")}
    assert {folder_of(scenario) for scenario in SCENARIOS} == folders
    assert LARGEST_BYTES > sum(path.stat().st_size for folder in folders for path in folder.iterdir())


def test_expected_writes_what_is_committed(tmp_path):
    """What ``--expected`` writes is indented JSON, and reads back as the chain that was written."""
    chain = expected(folder_of("reset"))
    chain.write(tmp_path)
    assert {OBSERVATIONS, FINDING} == {path.name for path in tmp_path.iterdir()}
    assert chain == expected(tmp_path)
    assert plain(chain.finding) == chain.finding


def test_a_difference_is_found():
    """The comparison itself sees a changed number, word, name and length, and lets 2e-6 pass."""
    one = {"a": 1.0, "b": ["x"], "c": 1, "d": "x", "e": 1.0}
    other = {"a": 1.1, "b": [], "d": "y", "e": 1.000001, "f": 1}
    assert ["", ".a", ".b", ".d"] == sorted(line.partition(":")[0] for line in differences(one, other))


def test_an_unknown_scenario_is_named(capsys):
    """A word that is no scenario ends with code 2 and the list of those there are."""
    with pytest.raises(SystemExit) as ended:
        main(["policed"])
    assert 2 == ended.value.code
    said = capsys.readouterr().err
    assert all(name in said for name in ("policed", *SCENARIOS))


def test_messages_have_two_languages():
    """Each text that the maker says stands in French and in English."""
    assert all({"fr", "en"} == set(texts) and all(texts.values()) for texts in MESSAGES.values())


def test_no_golden_file_is_forgotten():
    """Every scenario has its five files."""
    for scenario in SCENARIOS:
        names = {path.name for path in Path(folder_of(scenario)).iterdir()}
        assert {
            "measurements.json", "observations.json", "finding.json", "registration.json", "registration.json.sha256",
        } == names  # fmt: skip

"""States and their ledger: only what may follow is entered, and what was entered cannot be changed unseen."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from analysis import state_ledger
from analysis.cli import main
from analysis.messages import MESSAGES, Trouble
from analysis.states import FOLLOWS, STATES, Change, Refused, check, state_of

BEGAN = datetime(2027, 1, 4, tzinfo=UTC)
PATH = (
    ("candidate", "ana", 0), ("replicated", "ana", 10), ("notified", "ben", 11), ("silent", "ben", 31),
    ("replied", "ben", 33), ("retested", "ben", 50), ("published", "ben", 60), ("corrected", "ben", 70),
    ("withdrawn", "ben", 80),
)  # fmt: skip


def change(state, actor="ben", day=0, **more):
    """A change of the one finding."""
    at = (BEGAN + timedelta(days=day)).isoformat()
    evidence = ("other",) if state == "replicated" else ()
    return Change(
        **{
            "finding_id": "f",
            "state": state,
            "at": at,
            "actor": actor,
            "reason": "so",
            "evidence": evidence,
            **more,
        }
    )


def walked(until):
    """The history up to and with a state."""
    names = [name for name, _, _ in PATH]
    return [change(*step) for step in PATH[: names.index(until) + 1]]


def test_the_whole_way():
    """From candidate to withdrawn, each step allowed; other findings between change nothing."""
    history: list[Change] = []
    for step in PATH:
        check(history, change(*step), nameable=True)
        history += [change(*step), change("candidate", "eve", step[2], finding_id=f"g{step[2]}")]
    assert "withdrawn" == state_of(history, "f")
    assert state_of(history, "h") is None


@pytest.mark.parametrize("last", [None, *STATES])
def test_nothing_else_may_follow(last):
    """From each state, every state that the table does not name is refused as such."""
    history = []
    if last is not None:
        history = [*walked("candidate"), change(last, day=1)]
    for state in STATES:
        if state not in FOLLOWS[last]:
            with pytest.raises(Refused, match="not_next"):
                check(history, change(state, day=90), nameable=True)


@pytest.mark.parametrize(
    ("until", "bad", "why"),
    [
        ("candidate", change("replicated", day=3, evidence=()), "no_replication"),
        ("candidate", change("replicated", day=3, evidence=("f",)), "no_replication"),
        ("notified", change("silent", day=30), "clock_runs"),
        ("retested", change("published", "ana", 60), "own_case"),
        ("candidate", change("withdrawn", "ana", 60), "own_case"),
        ("candidate", change("replicated", actor=" ", day=3), "no_reason"),
        ("candidate", change("replicated", day=3, reason=""), "no_reason"),
        ("notified", change("replied", day=5), "before_last"),
        ("candidate", change("replicated", at="2027-01-20T00:00:00"), "bad_time"),
    ],
)
def test_terms_of_a_change(until, bad, why):
    """Fresh pairs, twenty days to reply, nobody judges their own case, an actor and a reason, time runs forward."""
    with pytest.raises(Refused, match=why):
        check(walked(until), bad, nameable=True)


def test_only_what_may_be_named_is_published():
    """Published needs a finding that integrity.md 10 lets name a network."""
    for nameable in (False, None):
        with pytest.raises(Refused, match="not_nameable"):
            check(walked("retested"), change("published", day=60), nameable=nameable)


def test_every_refusal_has_its_words():
    """Each reason to refuse stands in both languages."""
    reasons = (
        "not_next",
        "no_reason",
        "before_last",
        "own_case",
        "no_replication",
        "clock_runs",
        "not_nameable",
        "bad_time",
    )
    assert all({"fr", "en"} == set(MESSAGES[f"ledger.{why}"]) for why in reasons)


@pytest.fixture
def ledger(tmp_path):
    """A ledger of three changes."""
    path = tmp_path / "states.jsonl"
    for one in walked("notified"):
        state_ledger.append(path, one)
    return path


def test_a_ledger_reads_back(ledger):
    """What was entered is read, and the last hash is that of the last line; a refused change leaves no trace."""
    before = ledger.read_bytes()
    changes, last = state_ledger.read(ledger)
    assert walked("notified") == list(changes)
    with pytest.raises(Trouble, match="only this may follow: replied, silent, withdrawn"):
        state_ledger.append(ledger, change("published", day=90), nameable=True)
    assert before == ledger.read_bytes()
    assert last != state_ledger.append(ledger, change("replied", day=20))


def test_an_altered_ledger_is_refused(ledger):
    """A changed word, a line taken out, put in or torn: the ledger names the line and takes nothing more."""
    whole = ledger.read_bytes()
    lines = whole.splitlines(keepends=True)
    forged = msgspec.json.encode(
        state_ledger.Entry(serial=4, previous_sha256="00" * 32, change=change("replied", day=20))
    )
    for content, line in (
        (whole.replace(b'"reason":"so"', b'"reason":"no"', 1), 2),
        (lines[0] + lines[2], 2),
        (lines[1] + lines[0] + lines[2], 1),
        (whole + forged + b"\n", 4),
        (whole[:-5], 3),
        (b"nonsense\n" + whole, 1),
    ):
        ledger.write_bytes(content)
        with pytest.raises(Trouble) as caught:
            state_ledger.append(ledger, change("replied", day=20))
        assert line == caught.value.values["line"]
        assert content == ledger.read_bytes()


def finding_file(path, *findings):
    """A file of findings, made of an empty world's by change."""
    from tests.analysis.simulated import judged, registration

    (one,) = judged([], registration()).findings
    path.write_bytes(msgspec.json.encode([msgspec.structs.replace(one, **facts) for facts in findings]))
    return path


def test_the_command_enters_and_shows(tmp_path, capsys):
    """A candidate, its replication of fresh pairs, then the list; pairs that raised it replicate nothing."""
    told = {"outcome": "different", "direction_of_effect": "slowed"}
    first = finding_file(tmp_path / "a.json", {"finding_id": "a", "measurement_ids": ("1", "2"), **told})
    same = finding_file(tmp_path / "b.json", {"finding_id": "b", "measurement_ids": ("2", "3"), **told})
    fresh = finding_file(tmp_path / "c.json", {"finding_id": "c", "measurement_ids": ("3",), **told})
    words = [
        "state",
        "--ledger",
        str(tmp_path / "l"),
        "--lang",
        "en",
        "--actor",
        "ana",
        "--reason",
        "E = 900",
    ]
    assert 0 == main([*words, "--finding", str(first), "--to", "candidate"])
    replicate = [*words, "--finding", str(first), "--to", "replicated"]
    assert 2 == main(replicate)
    assert 2 == main([*replicate, "--evidence", str(same)])
    said = capsys.readouterr().err
    assert "made of fresh pairs: --evidence FILE" in said
    assert "no finding in the same direction" in said
    assert 0 == main([*replicate, "--evidence", str(fresh)])
    assert 2 == main([*words, "--to", "notified"])
    capsys.readouterr()
    assert 0 == main(["state", "--ledger", str(tmp_path / "l"), "--lang", "en"])
    shown = capsys.readouterr().out.splitlines()
    assert ["candidate", "replicated"] == [line.split()[1] for line in shown]
    entries = [json.loads(line) for line in (tmp_path / "l").read_text().splitlines()]
    assert [[], ["c"]] == [entry["change"]["evidence"] for entry in entries]

"""States and their ledger: only what may follow is entered, and what was entered cannot be changed unseen."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
import pytest

from analysis import state_ledger
from analysis.cli import main
from analysis.messages import MESSAGES, Trouble
from analysis.states import FOLLOWS, STATES, Change, Refused, check, shown_record, state_of

BEGAN = datetime(2027, 1, 4, tzinfo=UTC)
PATH = (
    ("candidate", "ana", 0), ("replicated", "ana", 10), ("notified", "ben", 11), ("silent", "ben", 31),
    ("replied", "ben", 33), ("retested", "ben", 50), ("published", "ben", 60), ("corrected", "ben", 70),
    ("withdrawn", "ben", 80),
)  # fmt: skip


def change(state, actor="ben", day=0, **more):
    """A change of the one finding."""
    at = (BEGAN + timedelta(days=day)).isoformat()
    evidence = {"replicated": ("other",), "replied": ("cd" * 32,)}.get(state, ())
    return Change(
        **{
            "finding_id": "f",
            "state": state,
            "at": at,
            "actor": actor,
            "reason": "so",
            "evidence": evidence,
            "finding_sha256": "ab" * 32,
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
        ("retested", change("published", " ANA ", 60), "own_case"),
        ("notified", change("replied", day=12, evidence=()), "no_reply"),
        ("notified", change("replied", day=12, evidence=("yes",)), "no_reply"),
        ("retested", change("published", day=60, finding_sha256="cd" * 32), "other_record"),
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
        "no_reply",
        "no_record",
        "other_record",
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


def test_a_change_names_its_record(tmp_path):
    """Without the hash of the record nothing is entered; early lines, which have none, still read."""
    path = tmp_path / "states.jsonl"
    with pytest.raises(Trouble, match="bears the hash of the finding"):
        state_ledger.append(path, change("candidate", finding_sha256=None))
    early = state_ledger.Entry(
        serial=1, previous_sha256=state_ledger.NO_LINE, change=change("candidate", finding_sha256=None)
    )
    path.write_bytes(msgspec.json.encode(early) + b"\n")
    state_ledger.append(path, change("replicated", day=1))
    assert [None, "ab" * 32] == [one.finding_sha256 for one in state_ledger.read(path)[0]]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_lines_that_name_no_record_are_told(tmp_path, capsys, language):
    """Shown or as JSON, the ledger says of each finding whether its lines name a record: a state of its own, and what is shown of it."""
    path, last = tmp_path / "states.jsonl", state_ledger.NO_LINE
    early = [one for one in walked("published") if one.state != "replied"]
    own = [
        *(msgspec.structs.replace(one, finding_id="old", finding_sha256=None) for one in early),
        *(msgspec.structs.replace(one, finding_id="mended", finding_sha256=None) for one in early[:-1]),
    ]
    own.sort(key=lambda one: one.at)
    with path.open("wb") as file:
        for serial, one in enumerate(own, 1):
            line = msgspec.json.encode(state_ledger.Entry(serial=serial, previous_sha256=last, change=one))
            file.write(line + b"\n")
            last = sha256(line).hexdigest()
    state_ledger.append(path, change("published", day=60, finding_id="mended"), nameable=True)
    last = state_ledger.append(path, change("candidate", day=61, finding_id="new"))
    assert 0 == main(["state", "--ledger", str(path), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (len(own) + 2, last) == (told["lines"], told["last_sha256"])
    assert {
        "old": ("published", "unnamed", 6, None), "mended": ("published", "named_late", 5, "ab" * 32),
        "new": ("candidate", "named", 0, None),
    } == {
        one["finding_id"]: (one["state"], one["record"], one["unnamed"], one["shown_sha256"])
        for one in told["findings"]
    }  # fmt: skip
    assert 0 == main(["state", "--ledger", str(path), "--lang", language])
    said = capsys.readouterr().out.splitlines()[len(own) + 2 :]
    assert [last in said[0], "old" in said[1], "mended" in said[2], len(said)] == [True, True, True, 3]
    state_ledger.append(path, change("corrected", day=70, finding_id="old"))
    assert "ab" * 32 == shown_record(state_ledger.read(path)[0], "old")


def test_only_a_correction_changes_the_record():
    """What is shown is what was published, or what corrects it: its hash, not its id."""
    history = walked("published")
    assert "ab" * 32 == shown_record(history, "f")
    corrected = change("corrected", day=70, finding_sha256="cd" * 32)
    check(history, corrected, nameable=True)
    assert "cd" * 32 == shown_record([*history, corrected], "f")
    assert shown_record(walked("notified"), "f") is None

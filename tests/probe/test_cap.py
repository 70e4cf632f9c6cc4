"""``isonomia-probe cap``: the volunteer's own cap, seen and set in one command, and never lifted by anybody else."""

import json

import msgspec
import pytest

from probe.budget import Ledger
from probe.cap import cap_bytes, volunteers_bytes
from probe.cli import main
from probe.state import DEFAULT_CAP_BYTES_MONTH
from tests.probe.conftest import now_us


def cap(capsys, home, *words: str) -> dict:
    """The one event of the command."""
    assert 0 == main(["cap", *words, "--home", str(home.folder), "--json"])
    told: list[dict] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ["cap"] == [event["event"] for event in told]
    return told[0]


def test_the_cap_is_seen_and_lowered(joined, capsys):
    """3 GB at first; what is typed holds at once, while another command holds the folder; the month's bytes stand beside it."""
    ledger = Ledger(joined.ledger, 10**12)
    ledger.reserve(400_000_000, now_us())
    ledger.settle(400_000_000)
    spent = ledger.spent_bytes(now_us())
    assert spent >= 400_000_000
    assert DEFAULT_CAP_BYTES_MONTH == cap(capsys, joined)["own_bytes"]
    with joined.lock():
        told = cap(capsys, joined, "1,5Go")
    assert (1_500_000_000, spent, 1_500_000_000 - spent, True) == tuple(
        told[name] for name in ("cap_bytes", "month_bytes", "left_bytes", "changed")
    )
    assert (0, 0) == (cap(capsys, joined, "0")["cap_bytes"], cap(capsys, joined)["left_bytes"])


def test_a_plan_lowers_it_and_never_lifts_it(joined, plan, capsys):
    """A generous plan changes nothing, a strict one holds; both figures are told."""
    cap(capsys, joined, "2GB")
    assert 2_000_000_000 == cap_bytes(joined, msgspec.structs.replace(plan, budget_bytes_month=10**12))
    assert 7 == cap_bytes(joined, msgspec.structs.replace(plan, budget_bytes_month=7))


def test_joining_again_leaves_it(joined, collector, capsys):
    """What the volunteer set outlives a second join, whose consent names it."""
    cap(capsys, joined, "750MB")
    assert 0 == main(["join", collector.target, "--lab", "--home", str(joined.folder), "--yes", "--json"])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    consent = next(event for event in events if event["event"] == "consent")
    assert (750_000_000, 750_000_000) == (volunteers_bytes(joined), consent["month_bytes"])


def test_no_pair_begins_beyond_it(joined, capsys):
    """With a cap of nothing a run measures nothing and says why."""
    cap(capsys, joined, "0")
    assert 1 == main(["run", "--home", str(joined.folder), "--json", "--patience-s", "0"])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"budget exceeded"} == {event["reason"] for event in events if event["event"] == "skipped"}


@pytest.mark.parametrize("typed", ["much", "-1GB", "1 TB", "5000000GB", "1e9", "3"])
def test_what_is_no_cap(joined, capsys, typed):
    """A mistake is told with what to write, and changes nothing; exit 2."""
    assert 2 == main(["cap", "--home", str(joined.folder), "--lang", "en", "--", typed])
    assert f'isonomia-probe: "{typed}" is no cap. Write for instance 1GB' in capsys.readouterr().err
    assert DEFAULT_CAP_BYTES_MONTH == volunteers_bytes(joined)


def test_what_a_person_reads(joined, capsys):
    """Both figures, which one holds, and what is left, in French and English."""
    for language, words in (
        ("fr", "Votre plafond\xa0: 1\u202fGo par mois"),
        ("en", "Your cap: 1\u202fGB a month"),
    ):
        assert 0 == main(["cap", "1GB", "--home", str(joined.folder), "--lang", language])
        assert words in capsys.readouterr().out

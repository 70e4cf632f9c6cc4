"""The command line: each mistake's exact message and exit code, help in both languages, and what it costs to start."""

import json
import random
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from probe.cli import main
from probe.emitter import EVENTS
from probe.human import render
from probe.measurement.signing import PLAN, sign
from probe.messages import MESSAGES, language_of, text
from probe.plan_store import Code
from tests.probe.paper_replay import RESPONDER_KEY
from tests.support.documents import key_from, make_plan

ROOT = Path(__file__).parents[2]


def trouble(capsys, *typed):
    """Exit code and what stderr said, in English."""
    code = main([*typed, "--lang", "en"])
    return code, capsys.readouterr().err


def test_not_joined(home, capsys):
    """Nothing works before join, and the message says what to type."""
    for command in (["run"], ["upload"], ["status"]):
        assert (
            3,
            (
                f"isonomia-probe: there is no probe in {home.folder}. First: isonomia-probe join URL#KEYHASH, with the"
                " operator's address (or --home, if it is elsewhere)\n"
            ),
        ) == trouble(capsys, *command, "--home", str(home.folder))


@pytest.mark.parametrize("command", [("status",), ("doctor",), ("catalogue", "check")])
def test_options_stand_before_the_command_or_after_it(command, home, capsys, monkeypatch):
    """`--home X status` looks into X, as `status --home X` does: keys never go to another folder than the one typed."""
    monkeypatch.setenv("ISONOMIA_HOME", str(home.folder / "elsewhere"))
    given = ("--home", str(home.folder), "--json", "--lang", "fr")
    said = []
    for words in ((*given, *command), (*command, *given)):
        code = main(list(words))
        first = capsys.readouterr().out.partition("\n")[0]  # further down a doctor tells free memory
        said.append((code, first))
    assert said[0] == said[1]
    assert "elsewhere" not in said[0][1]
    assert json.loads(said[0][1])["event"]


def test_an_unknown_service(joined, capsys):
    """A service that the plan lacks: which, and what there is."""
    assert (2, 'isonomia-probe: the plan has no service "s9". It has: s1, s2\n') == trouble(
        capsys, "run", "--home", str(joined.folder), "--service", "s9"
    )


def test_a_variant_that_is_not_planned(joined, collector, capsys):
    """A variant switched off by the operator is not run because somebody typed it."""
    paced = tuple(n for n in collector.plan.nettests if n.variant == "paced")
    collector.plan = msgspec.structs.replace(collector.plan, nettests=paced)
    assert (
        1,
        'isonomia-probe: "Example Observatory" asks for no long pairs at present. Leave --variant out, or try later\n',
    ) == trouble(capsys, "run", "--home", str(joined.folder), "--variant", "long")


def test_measuring_suspended(joined, collector, capsys):
    """The kill switch is said."""
    collector.plan = msgspec.structs.replace(collector.plan, nettests=())
    assert (1, 'isonomia-probe: "Example Observatory" has suspended measuring. Try later\n') == trouble(
        capsys, "run", "--home", str(joined.folder)
    )


def test_a_key_that_others_may_read(joined, capsys):
    """A private key with open rights is refused, with the command that mends it."""
    path = joined.keys / "long_lived.key"
    path.chmod(0o644)
    assert (
        3,
        f"isonomia-probe: unusable key: {path}: others may read this key (mode 0644); run: chmod 600 {path}\n",
    ) == trouble(capsys, "status", "--home", str(joined.folder))


def test_a_key_of_a_wrong_length(joined, capsys):
    """A truncated key is not used."""
    path = joined.keys / "long_lived.key"
    path.write_bytes(b"short")
    assert (3, f"isonomia-probe: unusable key: {path}: a key file holds 32 bytes, this one 5\n") == trouble(
        capsys, "status", "--home", str(joined.folder)
    )


def test_a_key_that_is_gone(joined, capsys):
    """A lost long-lived key is not replaced in silence: the home would become another one."""
    path = joined.keys / "long_lived.key"
    path.unlink()
    assert (
        3,
        f"isonomia-probe: the key {path} is missing. Restore it from a backup, or delete the folder and join again\n",
    ) == trouble(capsys, "run", "--home", str(joined.folder))
    assert not path.exists()


def test_a_plan_that_is_gone(joined, capsys):
    """A folder without its plan says so."""
    joined.plan.unlink()
    assert (
        3,
        f"isonomia-probe: there is no plan in {joined.plan}. Run isonomia-probe join again\n",
    ) == trouble(capsys, "status", "--home", str(joined.folder))


@pytest.mark.parametrize("name", ["home.json", "ledger.json"])
def test_a_damaged_file(joined, capsys, name):
    """A damaged file is named, with the reason, and not overwritten."""
    path = joined.folder / name
    path.write_bytes(b"{")
    assert (
        3,
        (
            f"isonomia-probe: {path} is damaged (Input data was truncated)."
            " Move this file aside, then isonomia-probe join again\n"
        ),
    ) == trouble(capsys, "status", "--home", str(joined.folder))
    assert b"{" == path.read_bytes()


def test_a_folder_that_cannot_be_made(tmp_path, collector, capsys):
    """A file where the folder should be: where, why, what to do."""
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "home"
    assert (
        3,
        (
            f"isonomia-probe: cannot write in {folder}: Not a directory."
            " Free some space or change its rights, or choose --home\n"
        ),
    ) == trouble(capsys, "join", collector.target, "--lab", "--yes", "--home", str(folder))


def test_an_expired_plan_and_no_new_one(joined, collector, capsys):
    """With the collector away an expired plan is not obeyed any longer."""
    operator = key_from(random.Random("operator"))
    ended = make_plan(RESPONDER_KEY, issued_at=datetime(2026, 1, 1, tzinfo=UTC), days=1)
    joined.plan.write_bytes(msgspec.json.encode(sign(operator, PLAN, ended)))
    membership = msgspec.structs.replace(joined.membership(), collector="http://127.0.0.1:9")
    joined.save_membership(membership)
    assert (
        3,
        (
            "isonomia-probe: plan no. 1 has expired (2026-01-02 00:00:00+00:00) and no new one could be had."
            " Check the connection and this machine's clock, then try again\n"
        ),
    ) == trouble(capsys, "run", "--home", str(joined.folder))


def test_an_expired_plan_at_join(home, collector, capsys):
    """A machine whose clock is far ahead is told to look at it."""
    issued_us = int((datetime.now(UTC) - timedelta(days=9)).timestamp() * 1e6)
    collector.plan = msgspec.structs.replace(
        collector.plan, issued_at_us=issued_us, expires_at_us=issued_us + 1
    )
    assert (
        3,
        (
            "isonomia-probe: the plan received has expired already (serial 1). Check this machine's clock,"
            " else tell the operator\n"
        ),
    ) == trouble(capsys, "join", collector.target, "--lab", "--yes", "--home", str(home.folder))


def test_an_older_plan_at_join(joined, collector, capsys):
    """Joining again does not open the door to a replayed plan."""
    collector.plan = msgspec.structs.replace(collector.plan, serial=0)
    assert (
        3,
        (
            "isonomia-probe: the plan received is older than the one the probe holds (serial 0, but 1 is held)."
            " Tell the operator\n"
        ),
    ) == trouble(capsys, "join", collector.target, "--lab", "--yes", "--home", str(joined.folder))


def test_no_responder_in_the_grant(joined, collector, capsys):
    """A plan without a responder cannot be measured by."""
    collector.plan = msgspec.structs.replace(collector.plan, responders=())
    assert (
        3,
        'isonomia-probe: the grant of "Example Observatory" names no responder of the plan. Write to the operator\n',
    ) == trouble(capsys, "run", "--home", str(joined.folder))


def test_a_web_page_is_not_a_collector(home, collector, capsys):
    """An address that answers something else is told apart from one that does not answer."""
    assert (
        3,
        (
            f"isonomia-probe: {collector.url}/elsewhere does not speak like an Isonomia collector: HTTP 404 without an"
            " answer we know. Check the address, and that no Wi-Fi portal answers in its place\n"
        ),
    ) == trouble(
        capsys, "join", collector.target.replace("#", "/elsewhere#"), "--yes", "--home", str(home.folder)
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            ["run", "--pairs", "0"],
            '--pairs: "0" is not a number from 1 to 1000. See: isonomia-probe run --help',
        ),
        (
            ["run", "--pairs", "x"],
            '--pairs: "x" is not a number from 1 to 1000. See: isonomia-probe run --help',
        ),
        (
            ["run", "--gap-ms", "-1"],
            '--gap-ms: "-1" is not a number from 0 to 600000. See: isonomia-probe run --help',
        ),
        (
            ["run", "--between-pairs-s", "nan"],
            '--between-pairs-s: "nan" is not a number from 0 to 86400. See: isonomia-probe run --help',
        ),
        (["run", "--pairs"], "--pairs: a value is needed. See: isonomia-probe run --help"),
        (["run", "--zz"], "unknown argument: --zz. See: isonomia-probe --help"),
        (["join"], "URL#KEYHASH is missing. See: isonomia-probe join --help"),
        (["respond"], "--config is missing. See: isonomia-probe respond --help"),
        (
            ["join", "x", "--brand", ""],
            "--brand: between 1 and 120 characters are needed. See: isonomia-probe join --help",
        ),
    ],
)
def test_usage_mistakes(capsys, monkeypatch, typed, said):
    """What was typed wrongly is said in a sentence, with where to read more; exit 2."""
    monkeypatch.setenv("LC_ALL", "C")
    with pytest.raises(SystemExit) as left:
        main(typed)
    assert (2, f"isonomia-probe: {said}") == (left.value.code, capsys.readouterr().err.splitlines()[-1])


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("command", ["join", "run", "upload", "status", "cap", "respond"])
def test_help_teaches_in_both_languages(capsys, language, command):
    """Each command's help holds its own sentence and an example, in the language asked for."""
    with pytest.raises(SystemExit) as left:
        main(["--lang", language, command, "--help"])
    shown = capsys.readouterr().out
    assert 0 == left.value.code
    assert text(f"help.{command}_examples", language).splitlines()[0] in shown
    assert f"isonomia-probe {command}" in shown


def test_without_a_command_help_is_shown(capsys):
    """Typing the name alone teaches, and is an error to a script."""
    assert 2 == main([])
    assert "isonomia-probe join https://" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr_BE"}, "fr"),
    ],
)
def test_the_language_of_the_environment(environ, language):
    """LC_ALL before LC_MESSAGES before LANG; English unless French."""
    assert language == language_of(environ)


def test_an_error_is_also_an_event(home, capsys):
    """With --json the error is an event with code and exit code, and a line on stderr."""
    assert 3 == main(["status", "--home", str(home.folder), "--json", "--lang", "fr"])
    said = capsys.readouterr()
    event = json.loads(said.out)
    assert ("error", "not_joined", 3) == (event["event"], event["code"], event["exit_code"])
    assert f"isonomia-probe: {event['message']}\n" == said.err


def test_every_code_of_trouble_has_its_message():
    """Whatever code the sources raise has a text, and each text of an error is used."""
    sources = "\n".join(path.read_text() for path in (ROOT / "probe").rglob("*.py"))
    raised = set(re.findall(r'(?:UsageTrouble|SetUpTrouble|NothingMeasured)\(\s*"(\w+)"', sources))
    raised |= {
        "not_a_collector",
        "collector_unreachable",
        "usage",
        "service_off",
        "service_off_unknown",
        "service_caution",
    }
    raised |= {f"plan_{code}_at_join" for code in get_args(Code)}
    assert raised == {name.removeprefix("error.") for name in MESSAGES if name.startswith("error.")}


def test_every_event_text_is_an_event():
    """A line for a person belongs to an event that programs can read as well."""
    parts = {
        "risk_off_unknown",
        "pair_failed",
        "summary_waiting",
        "summary_rejected",
        "status_rejected",
        "status_expired",
        "status_lab",
        "status_not_agreed",
        "as_planned",
        "nettest_needs",
        "doctor_limits",
    }
    texts = {name.removeprefix("event.") for name in MESSAGES if name.startswith("event.")}
    assert set() == texts - parts - set(EVENTS)


def test_units_follow_from_names():
    """Bytes, rates and times are shown in the person's language by the field's name."""
    facts = {"bit_s": 19_800_000, "median_bit_s": 19_800_000, "bytes": 20_738_233, "direction": "up"}
    assert (
        "Capacité de la ligne vers l’amont\u00a0: 19,8\u202fMbit/s (médiane 19,8\u202fMbit/s), 20,7\u202fMo",
        "Capacity of the line upwards: 19.8\u202fMbit/s (median 19.8\u202fMbit/s), 20.7\u202fMB",
    ) == (render("capacity", facts, "fr"), render("capacity", facts, "en"))


def test_a_pair_is_one_line():
    """Service, turn, both runs (a failure by its name) and the bytes."""
    runs = [
        {"role": "original", "failure": "tls_reset", "rate_bit_s": None},
        {"role": "control", "failure": "ok", "rate_bit_s": 19_900_000},
    ]
    facts = {"service": "arte", "number": 1, "of": 5, "variant": "paced", "direction": "down"}
    facts |= {"runs": runs, "bytes": 10_000_000}
    assert (
        "arte 1/5 paced downwards · original failed (tls_reset) · control 19.9\u202fMbit/s · 10\u202fMB"
        == render("pair", facts, "en")
    )


def test_the_command_line_starts_without_aiohttp():
    """Help and status import neither aiohttp nor ssl: that is most of the probe's memory."""
    code = "import sys, probe.cli, probe.state, probe.spool; print(sorted({'aiohttp', 'ssl'} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "[]\n" == shown.stdout

"""Joining: the pin, the consent, the keys, and every way in which it can go wrong, with its exact message."""

import io
import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from probe.cli import main
from probe.consent import explain, obtain
from probe.measurement.signing import PLAN, sign
from probe.plan_store import PlanRefused, PlanStore, find_grant, key_hash
from probe.state import Home
from probe.trouble import UsageTrouble
from tests.probe.conftest import now_us
from tests.probe.paper_replay import RESPONDER_KEY
from tests.support.documents import key_from, make_plan

ZEROS = "0" * 32


def join(home, target, *more):
    """The exit code of a join that asks nothing."""
    return main(["join", target, "--home", str(home.folder), "--yes", "--lang", "en", *more])


def test_join_makes_private_keys_and_pins_the_operator(home, collector, paper_nettests):
    """After join the folder holds two 0600 keys, the pin, the line, the consent, the plan and a capacity."""
    assert join(home, collector.target, "--brand", "Example", "--technology", "fibre") == 0
    modes = {path.name.split(".")[-1]: path.stat().st_mode & 0o777 for path in home.keys.iterdir()}
    membership = home.membership()
    assert ({"key": 0o600}, 2, 0o700) == (
        modes,
        len(list(home.keys.iterdir())),
        home.folder.stat().st_mode & 0o777,
    )
    assert collector.target == f"{membership.collector}#{key_hash(membership.operator_key)}"
    assert ("Example", "fibre", False) == (
        membership.line.brand,
        membership.line.technology,
        membership.consent.asked,
    )
    assert 40_000_000 == msgspec.json.decode(home.capacity.read_bytes())[0]["bit_s"]


def test_join_again_keeps_the_keys(joined, collector):
    """Joining the same operator once more renews the declared line and changes no key."""
    before = {path.name: path.read_bytes() for path in joined.keys.iterdir()}
    assert join(joined, collector.target, "--brand", "Other") == 0
    assert before == {path.name: path.read_bytes() for path in joined.keys.iterdir()}
    assert "Other" == joined.membership().line.brand


def test_capacity_is_not_needed_to_join(home, collector, capsys):
    """A responder that does not answer is said, and join ends well: the real nettest meets a closed port."""
    closed = collector.plan.responders[0]
    responder = msgspec.structs.replace(closed, addresses=("127.0.0.1", "127.0.0.2"), port=9)
    collector.plan = msgspec.structs.replace(collector.plan, responders=(responder,))
    assert join(home, collector.target) == 0
    assert (
        "The line's capacity was not measured (responder:open:connect_refused);"
        " the probe does without and will try again.\n"
    ) in capsys.readouterr().out


def test_without_consent_nothing_is_made(home, collector, capsys):
    """Nobody to ask and no --yes: the text is shown, and no key, no folder, no enrolment exists."""
    assert 2 == main(["join", collector.target, "--home", str(home.folder), "--lang", "en"])
    said = capsys.readouterr()
    assert "What your Internet provider sees" in said.out
    assert (
        "isonomia-probe: there is no terminal to ask for your consent. Read the text above, then add --yes\n"
        == said.err
    )
    assert (False, 0) == (home.folder.exists(), collector.enrolments)


@pytest.mark.parametrize(
    ("language", "answer", "agreed"),
    [("fr", "o", True), ("fr", "Oui ", True), ("fr", "", False), ("en", "y", True), ("en", "n", False)],
)
def test_the_answer_on_a_terminal(language, answer, agreed):
    """Only a clear yes counts, in the person's language."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    consent = obtain("text", language, False, 5, Terminal(), lambda _question: answer)
    assert agreed == (consent is not None)
    assert consent is None or (consent.asked, consent.given_at_us) == (True, 5)


def test_consent_says_the_figures(plan, tmp_path):
    """The text names services, bytes a pair and month, folder and collector, in both languages."""
    for language, pair, month in (("fr", "54,4\u202fMo", "3\u202fGo"), ("en", "54.4\u202fMB", "3\u202fGB")):
        shown = explain(plan, "https://c.example", tmp_path, language)
        for fact in (pair, month, "Service 1, Service 2", str(tmp_path), "https://c.example"):
            assert fact in shown


def test_no_terminal_is_an_error_and_not_a_refusal(plan):
    """A script without --yes is told so."""
    with pytest.raises(UsageTrouble):
        obtain("text", "en", False, 5, io.StringIO())


@pytest.mark.parametrize(
    ("typed", "code", "message"),
    [
        (
            "collector.example",
            2,
            (
                '"collector.example" is not an http:// or https:// address. Copy the operator\'s whole address,'
                " which looks like https://collector.example#0123456789abcdef0123456789abcdef"
            ),
        ),
        (
            "ftp://collector.example#" + ZEROS,
            2,
            (
                '"ftp://collector.example" is not an http:// or https:// address. Copy the operator\'s whole address,'
                " which looks like https://collector.example#0123456789abcdef0123456789abcdef"
            ),
        ),
        (
            "https://collector.example",
            2,
            (
                "after the # stand the 32 hex digits of the key's hash, not \"\". Copy the operator's whole address,"
                " which looks like https://collector.example#0123456789abcdef0123456789abcdef"
            ),
        ),
        (
            "https://collector.example#12xy",
            2,
            (
                "after the # stand the 32 hex digits of the key's hash, not \"12xy\". Copy the operator's whole address,"
                " which looks like https://collector.example#0123456789abcdef0123456789abcdef"
            ),
        ),
    ],
)
def test_a_mistyped_address(home, capsys, typed, code, message):
    """What is wrong with the address is said, with an example."""
    assert code == join(home, typed)
    assert f"isonomia-probe: {message}\n" == capsys.readouterr().err


def test_another_key_than_expected(home, collector, capsys):
    """A collector that shows another key is refused, both hashes are named, and nothing is made."""
    assert 3 == join(home, f"{collector.url}#{ZEROS}")
    found = collector.target.partition("#")[2]
    assert (
        f"isonomia-probe: {collector.url} shows another key than expected: hash {found} instead of {ZEROS}."
        " Do not go on; check the address with the operator, by another way\n" == capsys.readouterr().err
    )
    assert not home.folder.exists()


def test_nobody_answers(home, capsys):
    """A collector that is down: what, where, what to do."""
    assert 3 == join(home, f"http://127.0.0.1:9#{ZEROS}")
    said = capsys.readouterr().err
    assert (
        "isonomia-probe: http://127.0.0.1:9 does not answer: Connection refused."
        " Check the address and the connection, then try again\n" == said
    )


def test_a_refused_enrolment(home, collector, capsys):
    """The operator's reason is shown in the person's language."""
    assert 3 == join(home, collector.target, "--invitation", "forged")
    assert (
        "isonomia-probe: the operator rejects the enrolment (bad_invitation): unknown."
        " Write to them and quote this code\n" == capsys.readouterr().err
    )
    assert not home.joined


def test_a_folder_of_another_operator(joined, collector, capsys):
    """A folder serves one operator; another one needs another folder."""
    assert 3 == join(joined, f"{collector.url}#{ZEROS}")
    assert (
        f'isonomia-probe: the folder {joined.folder} already belongs to "Example Observatory" ({collector.url}).'
        " For another operator choose another folder with --home\n" == capsys.readouterr().err
    )


def test_an_operator_that_grants_nothing(home, collector, capsys):
    """A plan without a grant for this probe cannot be measured by, and the folder is not half joined."""
    collector.grants = False
    assert 3 == join(home, collector.target)
    assert 'the plan of "Example Observatory" holds no valid grant for probe' in capsys.readouterr().err
    assert not home.joined


# ------------------------------------------------------------------------------------------ the plan's store


@pytest.fixture
def operator():
    """The operator's key."""
    return key_from(random.Random("operator"))


def signed_plan(operator, serial=1, **facts):
    """The bytes of a signed plan of today."""
    plan = make_plan(RESPONDER_KEY, serial=serial, **{"issued_at": datetime.now(UTC), **facts})
    return msgspec.json.encode(sign(operator, PLAN, plan))


def store_of(tmp_path, operator):
    """A store pinned to `operator`."""
    return PlanStore(tmp_path / "plan.json", operator.public_key().public_bytes_raw())


def test_a_serial_never_shrinks(tmp_path, operator):
    """A larger or equal serial is stored, a smaller one refused and the stored plan kept."""
    store = store_of(tmp_path, operator)
    for serial in (3, 3, 5):
        store.accept(signed_plan(operator, serial), now_us())
    with pytest.raises(PlanRefused) as caught:
        store.accept(signed_plan(operator, 4), now_us())
    assert ("older", "serial 4, but 5 is held", 5) == (
        caught.value.code,
        caught.value.reason,
        store.load().serial,
    )


def test_a_plan_of_another_key_is_refused(tmp_path, operator):
    """The pin decides, not the signature alone."""
    store = store_of(tmp_path, operator)
    with pytest.raises(PlanRefused) as caught:
        store.accept(signed_plan(key_from(random.Random("forger"))), now_us())
    assert ("foreign", False) == (caught.value.code, store.path.exists())


def test_a_tampered_plan_is_refused(tmp_path, operator):
    """A byte changed under the operator's name does not pass."""
    store = store_of(tmp_path, operator)
    raw = signed_plan(operator).replace(b'"serial":1', b'"serial":2')
    with pytest.raises(PlanRefused) as caught:
        store.accept(raw, now_us())
    assert "foreign" == caught.value.code


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b'{"key":"","signature":"","body":{}}'])
def test_nonsense_is_no_plan(tmp_path, operator, raw):
    """What is not a signed plan is refused, with a code."""
    with pytest.raises(PlanRefused) as caught:
        store_of(tmp_path, operator).accept(raw, now_us())
    assert caught.value.code in ("malformed", "foreign")


def test_an_expired_plan_is_refused(tmp_path, operator):
    """A plan whose time is over is not stored."""
    raw = signed_plan(operator, issued_at=datetime.now(UTC) - timedelta(days=91))
    with pytest.raises(PlanRefused) as caught:
        store_of(tmp_path, operator).accept(raw, now_us())
    assert "expired" == caught.value.code


def test_a_grant_must_be_the_operators_for_this_key(plan, operator):
    """No grant of another operator, for another key, or out of date is used."""
    assert find_grant(plan, operator.public_key().public_bytes_raw(), b"k" * 32, now_us()) is None


def test_home_of_the_environment(monkeypatch, tmp_path, capsys):
    """$ISONOMIA_HOME names the folder when --home does not."""
    monkeypatch.setenv("ISONOMIA_HOME", str(tmp_path / "elsewhere"))
    assert 3 == main(["status", "--lang", "en"])
    assert f"there is no probe in {tmp_path / 'elsewhere'}." in capsys.readouterr().err
    assert not Home(tmp_path / "elsewhere").folder.exists()

"""Joining: the pin, the consent, the keys, and every way in which it can go wrong, with its exact message."""

import io
import json
import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from probe.cli import main
from probe.consent import explain, obtain
from probe.measurement.signing import GRANT, PLAN, sign
from probe.measurement.ticket import Grant
from probe.messages import text
from probe.plan import Service
from probe.plan_store import PlanRefused, PlanStore, find_grant, key_hash
from probe.state import Home
from probe.trouble import UsageTrouble
from tests.probe.conftest import now_us
from tests.probe.paper_replay import RESPONDER_KEY
from tests.support.documents import key_from, make_plan

ZEROS = "0" * 32
QUARTER_KEY = b"k" * 32


def join(home, target, *more):
    """The exit code of a join that asks nothing, in a laboratory."""
    return main(["join", target, "--lab", "--home", str(home.folder), "--yes", "--lang", "en", *more])


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
        "The line's capacity downwards was not measured: responder:open:connect_refused."
        " The probe does without and will try again.\n"
    ) in capsys.readouterr().out


def test_without_consent_nothing_is_made(home, collector, capsys):
    """Nobody to ask and no --yes: the text is shown, and no key, no folder, no enrolment exists."""
    assert 2 == main(["join", collector.target, "--lab", "--home", str(home.folder), "--lang", "en"])
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
    for language, pair, month in (("fr", "54,6\u202fMo", "3\u202fGo"), ("en", "54.6\u202fMB", "3\u202fGB")):
        shown = explain(plan, "https://c.example", tmp_path, language, 3_000_000_000)
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
    return PlanStore(tmp_path / "plan.json", operator.public_key().public_bytes_raw(), lab=True)


def test_a_serial_never_shrinks(tmp_path, operator):
    """A larger or equal serial is stored, a smaller one refused and the stored plan kept."""
    store = store_of(tmp_path, operator)
    for serial in (3, 3, 5):
        store.accept(signed_plan(operator, serial), QUARTER_KEY, now_us())
    with pytest.raises(PlanRefused) as caught:
        store.accept(signed_plan(operator, 4), QUARTER_KEY, now_us())
    assert ("older", "serial 4, but 5 is held", 5) == (
        caught.value.code,
        caught.value.reason,
        store.load().serial,
    )


def test_a_plan_of_another_key_is_refused(tmp_path, operator):
    """The pin decides, not the signature alone."""
    store = store_of(tmp_path, operator)
    with pytest.raises(PlanRefused) as caught:
        store.accept(signed_plan(key_from(random.Random("forger"))), QUARTER_KEY, now_us())
    assert ("foreign", False) == (caught.value.code, store.path.exists())


def test_a_tampered_plan_is_refused(tmp_path, operator):
    """A byte changed under the operator's name does not pass."""
    store = store_of(tmp_path, operator)
    raw = signed_plan(operator).replace(b'"serial":1', b'"serial":2')
    with pytest.raises(PlanRefused) as caught:
        store.accept(raw, QUARTER_KEY, now_us())
    assert "foreign" == caught.value.code


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b'{"key":"","signature":"","body":{}}'])
def test_nonsense_is_no_plan(tmp_path, operator, raw):
    """What is not a signed plan is refused, with a code."""
    with pytest.raises(PlanRefused) as caught:
        store_of(tmp_path, operator).accept(raw, QUARTER_KEY, now_us())
    assert caught.value.code in ("malformed", "foreign")


def test_an_expired_plan_is_refused(tmp_path, operator):
    """A plan whose time is over is not stored."""
    raw = signed_plan(operator, issued_at=datetime.now(UTC) - timedelta(days=91))
    with pytest.raises(PlanRefused) as caught:
        store_of(tmp_path, operator).accept(raw, QUARTER_KEY, now_us())
    assert "expired" == caught.value.code


def granted(operator, serial, quarter_key=QUARTER_KEY):
    """The bytes of a signed plan of today with a grant."""
    plan = make_plan(RESPONDER_KEY, serial=serial, issued_at=datetime.now(UTC))
    grant = Grant(
        probe_key=quarter_key, responders=("r1",), bytes_per_day=10**9, expires_at_us=plan.expires_at_us
    )
    plan = msgspec.structs.replace(plan, grants=(sign(operator, GRANT, grant),))
    return msgspec.json.encode(sign(operator, PLAN, plan))


def test_the_public_plan_does_not_take_the_grant_away(tmp_path, operator):
    """Of two plans with one serial the one with our grant stays, and comes in place of one without."""
    store = store_of(tmp_path, operator)
    store.accept(signed_plan(operator, 8), QUARTER_KEY, now_us())
    store.accept(granted(operator, 8), QUARTER_KEY, now_us())
    for without in (signed_plan(operator, 8), granted(operator, 8, b"o" * 32)):
        with pytest.raises(PlanRefused) as caught:
            store.accept(without, QUARTER_KEY, now_us())
        assert "ungranted" == caught.value.code
    assert find_grant(store.load(), store.operator_key, QUARTER_KEY, now_us()) is not None
    assert 9 == store.accept(signed_plan(operator, 9), QUARTER_KEY, now_us()).serial


def test_a_plan_cannot_shut_the_door_behind_it(tmp_path, operator):
    """Neither a serial that no honest plan could follow nor a time beyond 100 days is stored."""
    store = store_of(tmp_path, operator)
    store.accept(signed_plan(operator, 5), QUARTER_KEY, now_us())
    for raw in (signed_plan(operator, 1_000_006), signed_plan(operator, 6, days=101)):
        with pytest.raises(PlanRefused) as caught:
            store.accept(raw, QUARTER_KEY, now_us())
        assert "unbounded" == caught.value.code
    assert 1_000_005 == store.accept(signed_plan(operator, 1_000_005), QUARTER_KEY, now_us()).serial


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("expires_at_us",), 10**30),
        (("expires_at_us",), 2**53 + 1),
        (("issued_at_us",), -1),
        (("serial",), 2**62),
        (("services", 0, "pace_bit_s"), 99_999),
        (("services", 0, "pace_bit_s"), 100_000_001),
        (("nettests", 0, "duration_ms"), 99),
        (("nettests", 0, "duration_ms"), 3_600_000),
        (("nettests", 0, "gap_ms"), -1),
        (("nettests", 0, "gap_ms"), 30_001),
        (("nettests", 0, "between_pairs_s"), -0.1),
        (("nettests", 0, "between_pairs_s"), 1e300),
        (("responders", 0, "port"), 0),
        (("responders", 0, "port"), 65536),
    ],
)
def test_numbers_without_bounds_are_no_plan(tmp_path, operator, plan, path, value):
    """Whoever signs them, numbers beyond the types' bounds are refused whole."""
    body = msgspec.to_builtins(plan)
    *way, last = path
    place = body
    for step in way:
        place[step] = list(place[step]) if isinstance(place[step], tuple) else place[step]
        place = place[step]
    place[last] = value
    raw = msgspec.json.encode(sign(operator, PLAN, json.dumps(body).encode()))
    with pytest.raises(PlanRefused) as caught:
        store_of(tmp_path, operator).accept(raw, QUARTER_KEY, now_us())
    assert "malformed" == caught.value.code


def test_a_private_responder_is_refused_at_join(home, collector, capsys):
    """Without --lab a plan that points into private networks is refused before anything is asked or made."""
    assert 3 == main(["join", collector.target, "--home", str(home.folder), "--yes", "--lang", "en"])
    assert (
        "isonomia-probe: the plan received names a responder to which a probe does not connect"
        " (r1: 198.51.100.10 is not a public address). Do not go on; tell the operator\n"
        == capsys.readouterr().err
    )
    assert (False, 0) == (home.folder.exists(), collector.enrolments)


def test_lab_is_said_and_kept_until_the_next_join(joined, collector, paper_nettests, capsys):
    """--lab is told plainly at join and in status; a join without it ends it."""
    assert 0 == join(joined, collector.target)
    assert "with --lab the operator can make this probe connect to any machine" in capsys.readouterr().out
    assert joined.membership().lab
    public = msgspec.structs.replace(collector.plan.responders[0], addresses=("193.0.0.10", "193.0.0.11"))
    collector.plan = msgspec.structs.replace(collector.plan, responders=(public,), serial=2)
    assert 0 == main(["status", "--home", str(joined.folder), "--lang", "en"])
    assert "laboratory (--lab): responders on private networks are allowed" in capsys.readouterr().out
    assert 0 == main(["join", collector.target, "--home", str(joined.folder), "--yes", "--lang", "en"])
    assert not joined.membership().lab


def test_consent_is_to_the_plan_that_was_shown(home, collector, paper_nettests):
    """A plan that grows between the question and the enrolment adds nothing to what was agreed."""
    offered = collector.plan
    added = Service(id="s3", title="Service 3", names=("stream3.culture.example",))
    collector.plan_for_the_enrolled = msgspec.structs.replace(offered, services=(*offered.services, added))
    assert 0 == join(home, collector.target)
    assert {s.id: s.names for s in offered.services} == home.membership().agreed.services
    assert tuple(c.name for c in offered.controls) == home.membership().agreed.controls


def test_nothing_from_outside_drives_the_terminal(plan, tmp_path):
    """Escape sequences, line breaks and marks of direction in a plan's texts do not reach a person's screen."""
    evil = "Obs\x1b[2J\x1b[8m\u202eyrotav\u2066\x9b1m\nYou agreed to all.\u2028"
    service = msgspec.structs.replace(plan.services[0], title=evil)
    shown = explain(
        msgspec.structs.replace(plan, operator=evil, services=(service,)), "https://c", tmp_path, "en", 0
    )
    assert not set(shown) & set("\x1b\u202e\u2066\x9b\u2028")
    assert "You agreed to all." not in shown.splitlines()
    assert evil not in text("error.no_responder", "fr", operator=evil)


def test_a_grant_must_be_the_operators_for_this_key(plan, operator):
    """No grant of another operator, for another key, or out of date is used."""
    assert find_grant(plan, operator.public_key().public_bytes_raw(), b"k" * 32, now_us()) is None


def test_home_of_the_environment(monkeypatch, tmp_path, capsys):
    """$ISONOMIA_HOME names the folder when --home does not."""
    monkeypatch.setenv("ISONOMIA_HOME", str(tmp_path / "elsewhere"))
    assert 3 == main(["status", "--lang", "en"])
    assert f"there is no probe in {tmp_path / 'elsewhere'}." in capsys.readouterr().err
    assert not Home(tmp_path / "elsewhere").folder.exists()

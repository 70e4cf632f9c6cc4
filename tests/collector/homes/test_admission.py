"""Admission: one invitation is one home, approval is the operator's, and who is in stays in; the server sees it at once."""

import json

import msgspec
import pytest

from collector import settings, wiring
from collector.cli import main
from collector.homes.book import HomeBook
from collector.homes.codes import hash_of, make_code
from collector.hot_files import HOUR_US
from collector.intake import Intake
from collector.messages import Trouble
from collector.reader import read_homes
from probe.measurement.keys import certify
from probe.measurement.signing import ENROLMENT, public_bytes, sign
from probe.plan import Enrolment
from tests.support.collectors import Site, until
from tests.support.plans import key_from, make_enrolment

DAY_US = 24 * HOUR_US


def policy(site: Site, admission: str) -> None:
    """Write the policy into the operator's file."""
    site.operator_file.write_text(site.operator_file.read_text() + f'\n[homes]\nadmission = "{admission}"\n')


def asked(site: Site, invitation: str | None = None, long_lived=None) -> bytes:
    """Another home's request, its keys drawn anew."""
    keys = long_lived or key_from(site.rng)
    return msgspec.json.encode(make_enrolment(keys, key_from(site.rng), site.clock.moment, invitation))


def opened(site: Site):
    """An intake with nobody enrolled."""
    return wiring.open_intake(site.folder, settings.load(site.operator_file), site.clock)


async def code_of(intake: Intake, request: bytes) -> str:
    """What became of a request: the status, or the rejection's code."""
    reply = await intake.enrolment(request, "")
    return reply.outcome


def homes(capsys, site: Site, *words: str, code: int = 0) -> list[dict]:
    """The real command with --json; what it said, line by line."""
    action, *more = words
    assert code == main(["homes", action, "--data", str(site.folder.root), "--json", "--lang", "en", *more])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


async def test_an_invitation_is_one_home(site, capsys):
    """A code lets one home in, by its first use; a second home, a wrong code and none at all each get their own code."""
    policy(site, "invitation")
    said = homes(capsys, site, "invite", "--channel", "radio", "--count", "2")
    code = said[0]["code"]
    kept = site.folder.homes.read_bytes().count(code.encode())
    assert 0 == kept
    async with opened(site) as intake:
        mine = key_from(site.rng)
        assert "invitation_needed" == await code_of(intake, asked(site))
        assert "bad_invitation" == await code_of(intake, asked(site, "AAAAA-AAAAA"))
        assert "accepted" == await code_of(intake, asked(site, code.lower().replace("-", " "), mine))
        assert "invitation_used" == await code_of(intake, asked(site, code))
        site.clock.advance(days=45)  # the next quarter: the same home with the same code
        assert "accepted" == await code_of(intake, asked(site, code, mine))
        intake.homes.invite([hash_of("EXPIRED")], "radio", 0, site.clock())
        assert "bad_invitation" == await code_of(intake, asked(site, "EXPIRED"))
        site.clock.advance(days=90)
        assert "accepted" == await code_of(intake, asked(site, "lost and replaced by nonsense", mine))
    assert [("vetted", "radio")] == [(home.state, home.channel) for home in read_homes(site.folder.root)]
    shown = homes(capsys, site, "channels")[0]
    assert ("radio", 3, 1, 1) == tuple(shown[name] for name in ("channel", "invitations", "used", "vetted"))
    assert hash_of(code).hex() in shown["sha256"]


async def test_approval(site, capsys):
    """A home waits until the operator approves it, from another process, and is told by which number to ask."""
    policy(site, "approval")
    async with opened(site) as intake:
        keys = key_from(site.rng)
        request = asked(site, None, keys)
        reply = await intake.enrolment(request, "")
        number = public_bytes(keys).hex()[:16]
        assert (403, "awaiting_approval") == (reply.status, reply.answer.code)
        assert number in str(reply.answer.message_en)
        assert [(number, "waiting")] == [(one["home"], one["state"]) for one in homes(capsys, site, "list")]
        homes(capsys, site, "approve", number, "--channel", "association", "--reason", "met in person")
        await until(lambda: intake.homes.state(public_bytes(keys)) == "vetted")
        assert "accepted" == await code_of(intake, request)
    ledger = homes(capsys, site, "ledger")
    assert ["waiting", "approved"] == [one["change"] for one in ledger]
    assert "met in person" == ledger[1]["reason"]


async def test_a_revoked_home(site, capsys):
    """Nothing more is taken from a revoked home, at any door, and each door says why; lifted, it goes on."""
    async with site.open() as intake:
        plan = intake.plans.current()
        assert 200 == (await intake.measurement(site.document(plan), "")).status
        homes(capsys, site, "revoke", public_bytes(site.quarter_key).hex()[:8], "--reason", "sold its key")
        await until(lambda: intake.homes.state(public_bytes(site.long_lived)) == "revoked")
        document = site.document(plan)
        reply = await intake.measurement(document, "")
        assert (403, "home_revoked", True) == (reply.status, reply.answer.code, reply.final)
        assert "home_revoked" == await code_of(intake, site.enrolment())
        homes(capsys, site, "restore", public_bytes(site.long_lived).hex(), "--reason", "a mistake")
        await until(lambda: intake.homes.state(public_bytes(site.long_lived)) == "enrolled")
        assert 200 == (await intake.measurement(document, "")).status


@pytest.mark.parametrize(
    ("decisions", "state"),
    [
        ((), "enrolled"),
        (("waiting",), "waiting"),
        (("waiting", "approved"), "vetted"),
        (("invited", "separated"), "vetted"),
        (("invited", "revoked", "restored"), "vetted"),
    ],
)
def test_a_revocation_lifted(tmp_path, decisions, state):
    """A home is again what it was: a vetted one vetted, on its channel, and one that waits is not let in by this way."""
    book = HomeBook(tmp_path / "homes.sqlite")
    home = b"h" * 32
    for event in (*decisions, "revoked", "restored"):
        book.decide(home, event, "radio" if event in ("invited", "approved") else None, "", 1)
    (after,) = book.homes()
    assert (state, "radio" if state == "vetted" else None) == (after.state, after.channel)
    book.close()


async def test_rotation_at_the_turn_of_a_quarter(site):
    """The old key signs for four days more, then no longer; the roster knows both as one home, and nobody else does."""
    site.clock.advance(days=42)  # 2 January
    async with opened(site) as intake:
        site.clock.advance(days=-5)
        assert "accepted" == await code_of(intake, site.enrolment())
        old, plan = site.quarter_key, intake.plans.current()
        site.clock.advance(days=5)
        site.quarter_key = key_from(site.rng)
        assert "accepted" == await code_of(intake, site.enrolment())
        assert 200 == (await intake.measurement(site.document(plan), "")).status
        fresh, site.quarter_key = site.quarter_key, old
        assert 200 == (await intake.measurement(site.document(plan), "")).status
        site.clock.advance(days=3)
        late = await intake.measurement(site.document(intake.plans.current()), "")
        assert "wrong_quarter" == late.answer.code
        assert {public_bytes(old), public_bytes(fresh)} == set(
            intake.roster.keys_of(public_bytes(site.long_lived))
        )


async def test_nobody_certifies_the_key_of_another(site, intake):
    """A long-lived key cannot enrol a quarter key it does not hold, not even with that key's own proof for another."""
    thief, moment = key_from(site.rng), site.clock.moment
    certificate = certify(thief, site.quarter_key, moment)
    seen = msgspec.json.decode(
        msgspec.json.decode(site.enrolment(), type=dict[str, msgspec.Raw])["body"], type=Enrolment
    )
    for proof in (None, seen.possession, bytes(64)):
        request = Enrolment(certificate=certificate, software_version="1", sent_at_us=0, possession=proof)
        assert "no_possession" == await code_of(intake, msgspec.json.encode(sign(thief, ENROLMENT, request)))


def test_a_home_is_named_by_enough_digits(site, capsys):
    """Too few digits, an unknown home: each has its sentence, and nothing is decided."""
    for typed, words in (("12", "at least 8"), ("0123456789", "no home begins")):
        command = ["homes", "revoke", typed, "--reason", "x", "--data", str(site.folder.root), "--lang", "en"]
        assert 3 == main(command)
        assert words in capsys.readouterr().err
    assert () == read_homes(site.folder.root)


def test_codes_are_long_and_random():
    """Two hundred codes differ, hold 130 bits each, and are the same however they are typed."""
    codes = {make_code() for _ in range(200)}
    assert 200 == len(codes)
    for code in codes:
        assert 26 == len(code.replace("-", ""))
        assert hash_of(code) == hash_of(code.replace("-", " ").lower())


def test_a_book_of_a_later_version_is_refused(tmp_path):
    """A file that a later program has changed is not guessed at: the sentence says which version, and what to do."""
    path = tmp_path / "homes.sqlite"
    book = HomeBook(path)
    book._db.execute("PRAGMA user_version = 9")
    book.close()
    with pytest.raises(Trouble, match=r"a file of a later version \(9, this one knows 1\)"):
        HomeBook(path)

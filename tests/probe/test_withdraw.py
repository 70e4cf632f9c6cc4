"""``isonomia-probe withdraw`` against a real collector: told first, destroyed after, and nothing destroyed unheard."""

import asyncio
import json

from collector.reader import read_rosters
from probe import identity
from probe.answers import Answer
from probe.cli import main
from probe.door import open_door
from probe.measurement.signing import public_bytes
from probe.spool import Spool
from probe.state import Consent, Home, Membership
from tests.probe.conftest import a_document
from tests.support.collectors import Clock, Site, served, unix_now_us


def home_of(tmp_path, url: str, operator_key: bytes) -> Home:
    """A folder as ``join`` leaves it, with one measurement in the spool."""
    home = Home(tmp_path / "home")
    now_us = unix_now_us()
    identity.create(home, identity.moment_of(now_us))
    consent = Consent(given_at_us=now_us, language="fr", text_sha256=bytes(32), asked=False)
    home.save_membership(
        Membership(
            collector=url,
            operator="Example",
            operator_key=operator_key,
            joined_at_us=now_us,
            consent=consent,
            enrolled_quarter=identity.current_quarter(now_us),
        )
    )
    spool = Spool(home.spool)
    spool.open()
    spool.put(a_document(1))
    return home


def withdraw(capsys, home: Home, *words: str) -> tuple[int, dict, str]:
    """Exit code, last event, standard error."""
    code = main(["withdraw", "--home", str(home.folder), "--json", "--lang", "en", *words])
    said = capsys.readouterr()
    return code, json.loads(said.out.splitlines()[-1]), said.err


def left(home: Home) -> list[str]:
    """Names of the files in the folder."""
    return sorted(path.name for path in home.folder.rglob("*") if path.is_file())


def test_a_home_leaves(tmp_path, capsys):
    """The collector forgets the home, then keys, spool and membership are gone; a second time there is nothing to leave."""
    site = Site.make(tmp_path, clock=Clock(unix_now_us()))
    with served(site, tmp_path / "log") as server:
        home = home_of(tmp_path, server.url, public_bytes(site.folder.open()))
        who = identity.load(home, identity.current_quarter(unix_now_us()))

        async def enrol() -> Answer:
            async with open_door(server.url, public_bytes(site.folder.open())) as door:
                return await door.enrol(who.enrolment(identity.moment_of(unix_now_us()), None), who.public)

        assert "accepted" == asyncio.run(enrol()).status
        code, event, _ = withdraw(capsys, home, "--yes")
        assert (0, "withdrawn") == (code, event["event"])
    assert ["lock"] == left(home)
    assert () == read_rosters(site.folder.root)
    assert 3 == withdraw(capsys, home, "--yes")[0]


def test_a_home_the_collector_never_knew(tmp_path, capsys):
    """The collector's signed word that it knows no such home is enough: everything here goes."""
    site = Site.make(tmp_path, clock=Clock(unix_now_us()))
    with served(site, tmp_path / "log") as server:
        home = home_of(tmp_path, server.url, public_bytes(site.folder.open()))
        assert (0, "withdrawn") == (withdraw(capsys, home, "--yes")[0], "withdrawn")
    assert ["lock"] == left(home)


def test_unheard_nothing_is_destroyed(tmp_path, capsys):
    """With nobody at the door, or an answer that another key has signed, keys and spool stay, and the sentence says so;
    --local destroys all the same, and says what that means.
    """
    home = home_of(tmp_path, "http://127.0.0.1:9", bytes(32))
    before = left(home)
    code, _, error = withdraw(capsys, home, "--yes")
    assert (3, before) == (code, [name for name in left(home) if name != "lock"])
    assert "Nothing was deleted here" in error
    site = Site.make(tmp_path, clock=Clock(unix_now_us()))
    with served(site, tmp_path / "log") as server:
        home = home_of(tmp_path, server.url, b"\x01" * 32)
        assert 3 == withdraw(capsys, home, "--yes")[0]
    assert before == [name for name in left(home) if name != "lock"]
    code, event, _ = withdraw(capsys, home, "--yes", "--local")
    assert (0, "destroyed", ["lock"]) == (code, event["event"], left(home))


def test_it_asks(tmp_path, capsys):
    """Without a terminal and without --yes it does nothing and says which words to type."""
    home = home_of(tmp_path, "http://127.0.0.1:9", bytes(32))
    code, _, error = withdraw(capsys, home)
    assert 2 == code
    assert "isonomia-probe withdraw --yes" in error
    assert "home.json" in left(home)

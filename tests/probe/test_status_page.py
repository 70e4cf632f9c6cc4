"""``isonomia-probe status --html``: what this machine knows of itself, as a page that asks nobody anything."""

from html.parser import HTMLParser

import pytest

from probe.budget import Book
from probe.identity import moment_of
from probe.schedule.memory import Lane, ServiceMemory
from probe.sent import MOST, SentDocument, last, note
from probe.spool import Spool
from probe.status_page import STYLE, page
from tests.probe.conftest import a_document

NOW_US = 1_795_305_363_000_000
EVIL = "<script>alert('x')</script>"
FACTS = {
    "folder": "/srv/isonomia", "probe": "ab12", "operator": "Observatoire", "collector": "https://c.example", "plan_serial": 4,
    "plan_expires_at": moment_of(NOW_US), "plan_expired": False, "lab": False, "services": ["radio"], "country": "FR",
    "capacity_bit_s": 94_000_000, "waiting": 2, "waiting_bytes": 10_400, "rejected": [], "month_bytes": 750_000_000,
    "cap_bytes": 3_000_000_000,
}  # fmt: skip
MEMORY = {"radio": ServiceMemory(pairs=7, up=Lane(pairs=2), ended_at_us=NOW_US)}
SENT = [SentDocument(id="f0" * 32, bytes=5_200, at_us=NOW_US)]


class Tags(HTMLParser):
    """Which elements a page has, and that each that opens is closed."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open = set(), []
        self.feed(text)

    def handle_starttag(self, tag, _attrs):
        self.found.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, _attrs):
        self.found.add(tag)

    def handle_endtag(self, tag):
        assert tag == self.open.pop()


def made(language="en", facts=FACTS, book=None, services=None, sent=SENT):
    """The page of these facts."""
    return page(
        facts,
        book or Book({"2026-10": 1_200_000_000, "2026-11": 750_000_000}),
        services or MEMORY,
        sent,
        language,
        NOW_US,
    )


@pytest.mark.parametrize(("language", "spent"), [("fr", "750\u202fMo dépensés"), ("en", "750\u202fMB spent")])
def test_it_tells_bytes_runs_and_what_was_sent(language, spent):
    """Budget, last pairs in both directions, documents waiting and sent, in the language asked for; the elements nest."""
    text = made(language)
    for part in (f'<html lang="{language}">', spent, "radio", ">9</td>", "f0f0", "94"):
        assert part in text
    assert [] == Tags(text).open


def test_it_asks_nobody():
    """No script, link, picture or form; one style, allowed by its hash; no address but the operator's in plain text."""
    text = made()
    assert not Tags(text).found & {"script", "link", "img", "form", "iframe", "a"}
    assert "default-src 'none'; style-src 'sha256-" in text
    assert 1 == text.count("<style>")
    assert f"<style>{STYLE}</style>" in text
    assert "http" not in text.replace("http-equiv", "").replace("https://c.example", "")


def test_what_comes_from_outside_is_text():
    """An operator, a service or a reason that looks like markup is escaped; control characters are gone."""
    reason = {
        "id": "1",
        "code": EVIL,
        "message_fr": EVIL,
        "message_en": "a\x1b[31m",
        "rejected_at": moment_of(NOW_US),
    }
    facts = {**FACTS, "operator": EVIL, "collector": EVIL, "services": [EVIL], "rejected": [reason]}
    for language in ("fr", "en"):
        text = made(language, facts, services={EVIL: ServiceMemory()})
        assert "<script" not in text
        assert "\x1b" not in text


def test_a_name_turns_nothing_round():
    """An operator and a service with an override, and in Hebrew, stand in an element of their own direction, without the override."""
    name = "\u202eרדיו 12"
    page = made("en", {**FACTS, "operator": name, "services": [name]})
    assert "\u202e" not in page
    assert 3 == page.count("רדיו 12") == page.count("<bdi>רדיו 12</bdi>")


def test_a_new_probe_and_a_thousand_services():
    """Nothing yet is said, not left out; a long table is cut and says by how much."""
    empty = made(
        facts={**FACTS, "services": [], "country": None, "capacity_bit_s": None},
        book=Book(),
        services={"x": ServiceMemory()},
        sent=[],
    )
    assert "Nothing has been sent yet." in empty
    many = made(services={f"s{n:04}": ServiceMemory(pairs=n) for n in range(1000)})
    assert "and 901 more" in many
    assert len(many) < 60_000


def test_what_was_sent_is_noted_and_bounded(tmp_path):
    """Settling a document notes its id and size; the list keeps the last, and a damaged one begins anew."""
    spool = Spool(tmp_path / "spool")
    spool.open()
    identifier = spool.put(a_document(1))
    spool.settle(identifier)
    spool.settle(identifier)
    assert [identifier] == [one.id for one in last(spool.sent_list)]
    for number in range(MOST + 5):
        note(spool.sent_list, SentDocument(id=str(number), bytes=1, at_us=number))
    assert (MOST, str(MOST + 4)) == (len(last(spool.sent_list)), last(spool.sent_list)[-1].id)
    spool.sent_list.write_bytes(b"{")
    assert () == last(spool.sent_list)

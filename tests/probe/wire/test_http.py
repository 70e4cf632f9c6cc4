"""Somebody else's page over plain HTTP: nothing of the home in hash or title, and no page that takes long to read."""

import time
from base64 import b64encode
from hashlib import sha256

import pytest

from probe.measurement.http import ODD, kept
from probe.scrub import Scrubber
from probe.wire.http import told_of

HOME, OTHER_HOME = "202.254.186.190", "250.206.222.173"
"""In hexadecimal letters alone: cafebabe, facedead."""
SPELT = {
    "hexadecimal": ("cafebabe", "facedead"),
    "backwards": ("BEBAFECA", "ADDECEFA"),
    "inside a word": ("xcafebabex", "xfacedeadx"),
    "with dots": ("ca.fe.ba.be", "fa.ce.de.ad"),
    "with dashes": ("CA-FE-BA-BE", "FA-CE-DE-AD"),
    "base64": ("yv66vg==", "+s7erQ=="),
    "base64 for URLs": ("yv66vg", "-s7erQ"),
    "entities": ("caf&#101;b&#x61;be", "fac&#101;d&#x65;ad"),
}


def told(page: bytes, home: str = HOME) -> tuple[bytes, str | None]:
    """Of a page that a probe in that home was given."""
    return told_of(page, lambda text: Scrubber((home,)).text(text, 10**6))


@pytest.mark.parametrize("spelling", SPELT)
def test_no_spelling_without_digits_passes(spelling):
    """Title and hash of two homes' block pages are the same, so neither tells which home it was."""
    mine, theirs = SPELT[spelling]
    page = "<title>Stop {0} !</title><a href=//block.example/{0}>why</a>"
    ours = told(page.format(mine).encode())
    assert ours == told(page.format(theirs).encode(), OTHER_HOME)
    assert ours[1] is not None
    assert ours[1].replace("x", "").startswith("Stop <line>")


@pytest.mark.parametrize("before", ["", "i", "ip", "ip=", "client=1&ip="])
@pytest.mark.parametrize("after", ["", "&x=1"])
def test_an_address_within_base64(before, after):
    """A query in base64, as block pages carry it: wherever the address stands in it, it is gone."""
    written = b64encode(f"{before}{HOME}{after}".encode()).decode()
    _, title = told(f"<title>{written}</title>".encode())
    start, end = len(before) * 8 // 6 + 1, (len(before) + len(HOME)) * 8 // 6 - 1
    assert title is not None
    assert not [written[at : at + 4] for at in range(start, end - 4) if written[at : at + 4] in title]


def test_two_bytes_a_letter():
    """A page in UTF-16 is read as the letters it holds: its hash says no more than another's."""
    pages = [f"<title>Stop {spelt}</title>".encode("utf-16-le") for spelt in ("cafebabe", "facedead")]
    assert told(pages[0]) == told(pages[1], OTHER_HOME)
    assert "Stop <line>" == told(pages[0])[1]


def test_other_words_stay():
    """A page without an address is told by its words, and another page has another hash."""
    page = "<title>Accès bloqué</title>".encode()
    assert (sha256(page).digest(), "Accès bloqué") == told(page)
    assert told(page)[0] != told(page + b".")[0]
    assert told(b"no title")[1] is None


@pytest.mark.parametrize("piece", [b"a", b"<title", b"<title>", b":", b"a-", b"0x", b"1.", b"&#"])
def test_no_page_takes_long_to_read(piece):
    """64 kB of whatever makes a pattern go back and forth: the pair waits for it no longer than a moment."""
    began_s = time.process_time()
    told((piece * 65536)[:65536])
    assert 2.0 > time.process_time() - began_s


def test_no_address_in_a_header_s_name():
    """A name that is the address in letters is odd; one of ours and a stranger's plain one stay."""
    pairs = [("X-Client-cafebabe", "a"), ("X-Client-ca-fe-ba-be", "a"), ("Via", "a")]
    assert [ODD, ODD, "Via"] == [header.name for header in kept(pairs, (), Scrubber((HOME,)).text)]

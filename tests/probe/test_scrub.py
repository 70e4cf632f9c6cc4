"""Scrubbing: the line's address leaves in no spelling; public places stay as far as they may."""

from ipaddress import ip_address, ip_network

import pytest

from probe.scrub import LINE, Scrubber

V4, V6 = "203.0.113.7", "2a01:cb00:1:2::3"
SPELT = (
    V4,
    "203-0-113-7",
    "203_0_113_7",
    "203.000.113.007",
    "7.113.0.203",
    "7-113-0-203",
    "cb007107",
    "CB007107",
    "0xcb007107",
    "077100cb",
    "3405803783",
    "ywBxBw",
    "MjAzLjAuMTEzLjc",
    "::ffff:203.0.113.7",
    V6,
    V6.upper(),
    "2a01:cb00:0001:0002:0000:0000:0000:0003",
    "2a01-cb00-1-2--3",
    "2a01cb00000100020000000000000003",
)


@pytest.mark.parametrize("spelt", SPELT)
@pytest.mark.parametrize("around", ["{}", "You are {} today", "host-{}.isp.example", "ip={}&x=1", "[{}]"])
def test_no_spelling_of_the_line_passes(spelt, around):
    """Text, host name, query: whatever stands around it, the address is gone."""
    left = Scrubber((V4, V6)).text(around.format(spelt))
    assert spelt.lower() not in left.lower()
    assert LINE in left


@pytest.mark.parametrize("spelt", [s for s in SPELT if not s.startswith(("yw", "Mj"))])
def test_a_line_that_does_not_know_its_address_is_scrubbed_too(spelt):
    """Without knowing the address every spelling that looks like one goes; only base64 needs to know."""
    assert spelt not in Scrubber().text(f"You are {spelt} today")


def test_innocent_text_stays():
    """Titles keep their words, numbers and times of day."""
    for title in ("Musée d’Orsay – Accueil", "Top 10 of 2026", "Ouvert 24 h sur 24", "Café, 75007 Paris"):
        assert title == Scrubber((V4, V6)).text(title)


def test_control_characters_and_length():
    """One printable line of bounded length, whoever wrote it."""
    assert "a b" == Scrubber().text("a\x00\n\x1b b")
    assert 160 == len(Scrubber().text("x y " * 1000))


def test_places():
    """Special ranges by their range, the line as such, others whole where the line's own address is known."""
    known = Scrubber((V4,), own=(ip_network("8.8.4.0/24"),))
    assert ("<special 10.0.0.0/8>", LINE, "8.8.8.8") == tuple(
        map(known.place, ("10.1.1.1", "8.8.4.4", "8.8.8.8"))
    )
    assert LINE == Scrubber(("8.8.8.8",)).place("8.8.8.8")
    assert ("8.8.8.0/24", "2606:4700::/48") == tuple(map(Scrubber().place, ("8.8.8.8", "2606:4700::1111")))
    assert LINE == Scrubber().place("not an address")
    assert ip_address("127.0.0.1") == ip_address(Scrubber(lab=True).place("127.0.0.1"))

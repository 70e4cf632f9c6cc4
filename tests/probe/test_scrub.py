"""Scrubbing: the line's address leaves in no spelling; public places stay as far as they may."""

from base64 import b32encode
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


JOINTS = (
    ". . . ", "\u200b.", "\u00ad.", "\u2060.", " ", "[.]", "(.)", ",", ", ", "\u00b7", "\u3002", "\uff0e", "%2E", "%252E", "/", ":",
    " dot ", "_", "\u2024",
)  # fmt: skip
LINES = ("11.22.33.44", "203.0.113.7", "8.8.8.8", "185.199.108.250")


@pytest.mark.parametrize("line", LINES)
def test_octets_are_found_whatever_joins_them(line):
    """Every joint, in either order, in decimal, padded, octal and hexadecimal, in digits of other scripts."""
    octets = [int(part) for part in line.split(".")]
    for joint in JOINTS:
        for order in (octets, octets[::-1]):
            for spelt in ("{}", "{:03}", "0{:o}", "0x{:02x}", "0x{:X}"):
                said = joint.join(spelt.format(one) for one in order)
                assert f"for {LINE} here" == Scrubber((line,)).text(f"for {said} here"), ascii(said)
    for zero in ("\uff10", "\u0660"):
        said = "".join(chr(ord(zero) + int(c)) if c.isdigit() else c for c in line)
        assert f"for {LINE} here" == Scrubber((line,)).text(f"for {said} here"), ascii(said)


@pytest.mark.parametrize("line", LINES)
def test_numbers_and_codes_of_the_line_are_found(line):
    """As one number in four bases, grouped too; as codes of its text; every letter as a percent sign; padded in a word."""
    whole, packed = int(ip_address(line)), ip_address(line).packed
    for said in (
        f"{whole:,}",
        f"{whole:,}".replace(",", " "),
        f"0{whole:o}",
        f"{whole:032b}",
        f"0x{whole:08X}",
        f"tok{whole:08x}fe",
        line.encode().hex(),
        line.encode().hex(" "),
        "".join(f"%{ord(c):02X}" for c in line),
        b32encode(line.encode()).decode(),
        b32encode(packed).decode(),
        b32encode(b"for " + line.encode() + b" here").decode(),
        "ref" + "".join(f"{one:03}" for one in packed).lstrip("0") + "x",
    ):
        assert LINE in Scrubber((line,)).text(f"for {said} here"), said


@pytest.mark.parametrize(
    "said",
    [
        "2A01CB0812345600021122FFFE334455",
        "2a01cb0812345600",
        "2a01.cb08.1234.5600",
        "2a01 cb08 1234 5600",
        "2a01-cb08-1234-5600",
        "2a01:cb08:1234",
        "2a01%3Acb08%3A1234%3A5600%3A211%3A22ff%3Afe33%3A4455",
        "0211:22ff:fe33:4455",
        "00:11:22:33:44:55",
        "00-11-22-33-44-55",
        "001122334455",
        "0011.2233.4455",
        "5.5.4.4.3.3.e.f.f.f.2.2.1.1.2.0.0.0.6.5.4.3.2.1.8.0.b.c.1.0.a.2.ip6.arpa",
    ],
)
def test_halves_of_an_ipv6_line_and_its_devices_number_are_found(said):
    """The /64, the /48, the interface's half and the MAC it was made from, however grouped."""
    left = Scrubber(("2a01:cb08:1234:5600:211:22ff:fe33:4455",)).text(f"x {said} y")
    assert LINE in left
    assert left.replace(LINE, "").strip("xy .-").removesuffix("ip6.arpa").strip(" .:-x") == ""


def test_folding_shows_only_where_it_found_an_address():
    """Titles keep their own letters: ligatures, percent signs and full width stay where no address hides."""
    for title in ("ﬁlms à 100%25", "Ｔｏｋｙｏ 2026", "½ tarif…"):
        assert title == Scrubber((V4, V6)).text(title)

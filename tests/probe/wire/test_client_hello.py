"""The ClientHello: its name, what two of them share, its fingerprint, and hostile bytes."""

import random
import string
from itertools import pairwise

import pytest

from probe.wire.client_hello import NotAClientHello, parse
from probe.wire.tls import TlsChannel, client_context

SEGMENT_BYTES = 1400
NAMES = ("a.example", "video.service.example", "x" * 63 + "." + "y" * 63 + "." + "z" * 63 + ".example")


def hello(name: str) -> bytes:
    """The first flight that our client sends under ``name``."""
    channel = TlsChannel(client_context(), name)
    channel.handshake()
    assert channel.take() == channel.first_flight
    return channel.first_flight


def extension(kind: int, body: bytes) -> bytes:
    """Type, length, body."""
    return kind.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body


def sized(body: bytes, width: int = 2) -> bytes:
    """``body`` behind its length."""
    return len(body).to_bytes(width, "big") + body


def build(ciphers: list[int], extensions: list[tuple[int, bytes]]) -> bytes:
    """A ClientHello by hand, in one record."""
    message = b"\3\3" + bytes(32) + sized(b"", 1) + sized(b"".join(c.to_bytes(2, "big") for c in ciphers))
    message += sized(b"\0", 1) + sized(b"".join(extension(*e) for e in extensions))
    return b"\x16\3\1" + sized(b"\1" + sized(message, 3))


@pytest.mark.parametrize("name", NAMES)
def test_the_name_is_read_back(name):
    """What the client was told to ask for stands in its ClientHello."""
    assert name == parse(hello(name)).server_name


@pytest.mark.parametrize("name", NAMES)
def test_a_client_hello_fits_one_segment(name):
    """Even the longest name leaves the whole first flight in one segment of 1,400 bytes."""
    assert SEGMENT_BYTES >= len(hello(name))


def test_original_and_control_differ_in_the_name_alone():
    """Less random, session id and key share, two hellos of names of one length are equal but for the name."""
    original, control = parse(hello("video.service.example")), parse(hello("plain.control.example"))
    assert original.raw != control.raw
    assert original.without_keys().replace(b"video.service", b"plain.control") == control.without_keys()


def test_names_of_other_lengths_change_lengths_alone():
    """With the name cut out, only length fields differ: the rest stands byte for byte."""
    short, long = parse(hello("a.example")), parse(hello("aaa.example"))
    assert (short.ciphers, short.extensions, short.signature_algorithms) == (
        long.ciphers,
        long.extensions,
        long.signature_algorithms,
    )
    assert len(short.raw) + 2 == len(long.raw)


def test_two_hellos_of_one_name_share_all_but_their_keys():
    """Random, session id and key share are fresh each time; zeroed, nothing of them is left."""
    first, second = parse(hello("a.example")), parse(hello("a.example"))
    assert first.sha256() != second.sha256()
    assert first.without_keys() == second.without_keys()
    for start, end in first.keys:
        assert first.raw[start:end] != second.raw[start:end]
        assert bytes(end - start) == first.without_keys()[start:end]
    assert [32, 32, 65] == [end - start for start, end in first.keys]


def test_ja4_is_one_for_all_names():
    """The fingerprint knows no name: one value for the original, the controls and the responder's own name."""
    fingerprints = {parse(hello(name)).ja4() for name in NAMES for _ in range(3)}
    assert 1 == len(fingerprints)
    assert fingerprints.pop().startswith("t13d")


def test_one_letter_more_is_one_byte_more_at_every_length():
    """OpenSSL's padding of hellos between 256 and 511 bytes (names of 45 letters and more) is off."""
    lengths = [len(hello(("a" * 60 + "." + "b" * 60)[:size] + "c.example")) for size in range(1, 121)]
    assert {1} == {later - earlier for earlier, later in pairwise(lengths)}


def test_ja4_reproduces_the_published_example():
    """FoxIO's worked example of JA4, a Chrome hello with GREASE: t13d1516h2_8daaf6152771_e5627efa2ab1."""
    ciphers = [0x1A1A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8]
    ciphers += [0xC013, 0xC014, 0x009C, 0x009D, 0x002F, 0x0035]
    algorithms = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]
    bodies = {
        0x0000: sized(b"\0" + sized(b"example.com")),
        0x000D: sized(b"".join(a.to_bytes(2, "big") for a in algorithms)),
        0x0010: sized(sized(b"h2", 1) + sized(b"http/1.1", 1)),
        0x002B: sized(b"\x2a\x2a\3\4\3\3", 1),
        0x0033: sized(b"\0\x1d" + sized(bytes(32))),
    }
    order = [0x3A3A, 0x001B, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002D, 0x000D, 0x0005]
    order += [0x0023, 0x0012, 0x002B, 0xFF01, 0x000B, 0x000A, 0x0015]
    built = parse(build(ciphers, [(kind, bodies.get(kind, b"")) for kind in order]))
    assert "example.com" == built.server_name
    assert "t13d1516h2_8daaf6152771_e5627efa2ab1" == built.ja4()


def test_every_truncation_is_refused_in_one_way():
    """Cut anywhere, a hello is NotAClientHello."""
    whole = hello("video.service.example")
    for length in range(len(whole)):
        with pytest.raises(NotAClientHello):
            parse(whole[:length])


def test_bytes_behind_the_hello_do_not_matter():
    """The server's record of the first flight goes on after the hello; the hash is the same."""
    whole = hello("a.example")
    assert parse(whole).sha256() == parse(whole + bytes(1000)).sha256()


def test_a_hello_spread_over_records_is_not_read():
    """A forger could hide one name from OpenSSL and show another to a parser that reads over record headers."""
    whole = hello("video.service.example")
    split = whole[:3] + (100).to_bytes(2, "big") + whole[5:105] + b"\x16\3\1" + sized(whole[105:])
    with pytest.raises(NotAClientHello, match="several records"):
        parse(split)


def test_empty_supported_versions_are_no_crash():
    """A list of versions that holds none, or GREASE alone, falls back to the legacy version."""
    for listed in (b"", b"\x2a\x2a"):
        assert 0x0303 == parse(build([0x1301], [(0x002B, sized(listed, 1))])).version


def test_noise_raises_nothing_else():
    """Twenty thousand random mutations and noise: a Hello, or NotAClientHello."""
    rng = random.Random(42)
    whole = hello("".join(rng.choices(string.ascii_lowercase, k=20)) + ".example")
    parsed = 0
    for _ in range(20_000):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 2, 8, 64))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if rng.random() < 0.1:
            data = bytearray(b"\x16\3\1" + rng.randbytes(rng.randrange(200)))
        try:
            found = parse(bytes(data))
            found.ja4()
            found.without_keys()
            parsed += 1
        except NotAClientHello:
            continue
    assert parsed > 1000, "some mutations must still parse"

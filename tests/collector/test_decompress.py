"""Both libraries that undo gzip say the same of every body, sound or spoiled."""

import gzip
import importlib.util
import random
import sys
import zlib

import pytest

from collector import decompress

LIMIT = 50_000
RESERVED = 0b1110_0000
"""Of the gzip header's FLG (RFC 1952, 2.3.1)."""


@pytest.fixture
def base(monkeypatch):
    """The module where the extra's library is not installed."""
    monkeypatch.setitem(sys.modules, "isal", None)
    spec = importlib.util.spec_from_file_location("decompress_by_zlib", decompress.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.INFLATE is zlib
    return module


def said(module, body):
    """What comes out, or the kind of trouble."""
    try:
        return module.gunzip(body, LIMIT)
    except module.GzipError as error:
        return type(error).__name__


def spoiled(rng):
    """Sound bodies of many kinds, cut, changed, followed by something, doubled, or no gzip at all."""
    texts = [
        b"",
        b"a",
        b'{"n": 1}' * 700,
        rng.randbytes(9_000),
        bytes(LIMIT),
        bytes(LIMIT + 1),
        bytes(10 * LIMIT),
    ]
    for text in texts:
        for level in (0, 1, 6, 9):
            body = gzip.compress(text, level)
            yield body
            yield body + b"x"
            yield body + body
            yield body[:-1]
            yield body[:10]
            for _ in range(30):
                at = rng.randrange(len(body))
                yield body[:at]
                yield body[:at] + bytes([body[at] ^ (1 << rng.randrange(8))]) + body[at + 1 :]
    yield zlib.compress(b"a" * 100)
    yield from (rng.randbytes(n) for n in range(40))


def test_both_say_the_same(base):
    """The same bytes, or the same trouble; and all four kinds of outcome are among them.

    Two things differ: in a body whose bits make no deflate one may see that it is broken where the other waits for its end; and
    bits of the header that RFC 1952 reserves are read over by the one and refused by the other. What comes out is the same.
    """
    if decompress.INFLATE is zlib:
        pytest.skip("no second library for gzip is installed: nothing to compare")
    outcomes = set()
    for body in spoiled(random.Random(5)):
        one, other = said(decompress, body), said(base, body)
        outcomes.add(other if isinstance(other, str) else "sound")
        if isinstance(one, str) and isinstance(other, str):
            continue
        if len(body) > 3 and body[3] & RESERVED and other == "GzipBroken":
            continue
        assert one == other
    assert {"sound", "GzipTruncated", "GzipBroken", "GzipBomb"} == outcomes

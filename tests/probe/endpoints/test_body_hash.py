"""A body's hash: the catalogue's own is told, and from no other can an address be tried out."""

from hashlib import sha256

import pytest

from probe.look.hop import Body
from probe.look.look import body_hash
from probe.scrub import Scrubber

PAGE = "<html><title>Bloqué</title><p>Ce site est bloqué. Votre adresse est {}, sur décision d’un juge.</p></html>"


def hashed(
    content: bytes, line: str, media: str = "text/html", known: frozenset[bytes] = frozenset()
) -> bytes | None:
    """The hash that a home at ``line`` records of ``content``."""
    body = Body()
    body.take(content, 0)
    return body_hash(body, known, media, Scrubber((line,)))


def test_a_block_page_has_one_hash_in_every_home():
    """The page differs by the home's address, in numbers or in letters alone; its hash does not, and is not its own."""
    spelt = ("11.22.33.44", "0b16212c", "CxYhLA", "8.8.8.8")
    pages = [
        (PAGE.format(text).encode(), "8.8.8.8" if text == "8.8.8.8" else "11.22.33.44") for text in spelt
    ]
    found = {hashed(page, line) for page, line in pages}
    assert 1 == len(found)
    assert not found & {sha256(page).digest() for page, _ in pages}
    assert None not in found


def test_the_object_of_the_catalogue_is_told_by_its_own_hash():
    """Whatever it is: its hash stands in the catalogue already."""
    for content in (b"clip" * 1000, b"short"):
        own = sha256(content).digest()
        assert own == hashed(content, "11.22.33.44", "video/mp4", frozenset({own}))


@pytest.mark.parametrize(
    ("content", "media"), [(b"11.22.33.44", "text/plain"), (b"x" * 1000, "video/mp4"), (b"", "text/html")]
)
def test_what_is_no_page_has_no_hash(content, media):
    """Too short, or no text."""
    assert hashed(content, "11.22.33.44", media) is None

"""Words of others, kept apart: a name that reads from right to left turns nothing of the page around it.

Where an element can stand it is ``<bdi>``, or ``dir="auto"`` on a block; in plain texts (titles, sentences) the characters that
Unicode has for it, and those alone where a name needs them. Controls and overrides never come so far: ``site`` takes them out.
"""

from collections.abc import Iterable
from typing import Final
from unicodedata import bidirectional

from markupsafe import Markup

FIRST_STRONG: Final = "\u2068"
"""What follows has the direction of its own first letter ..."""
END: Final = "\u2069"
"""... until here."""
FROM_RIGHT: Final = frozenset({"R", "AL", "AN"})


def bdi(text: str) -> Markup:
    """The text in an element of its own direction.

    >>> bdi("A & B")
    Markup('<bdi>A &amp; B</bdi>')
    """
    return Markup("<bdi>{}</bdi>").format(text)


def apart(text: str) -> str:
    r"""The text between Unicode's marks of isolation, where anything of it reads from right to left.

    >>> apart("Radio"), apart("\u05e8\u05d3\u05d9\u05d5")
    ('Radio', '\u2068\u05e8\u05d3\u05d9\u05d5\u2069')
    """
    turns = any(bidirectional(character) in FROM_RIGHT for character in text)
    return f"{FIRST_STRONG}{text}{END}" if turns else text


def names_apart(sentence: str, names: Iterable[str]) -> str:
    """The sentence with each of these names ``apart``, the longest first."""
    for name in sorted(set(names), key=lambda name: (-len(name), name)):
        if (isolated := apart(name)) != name:
            sentence = sentence.replace(name, isolated)
    return sentence

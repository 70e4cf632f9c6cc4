"""Printable: what comes from outside, made fit for a person's terminal.

An operator's name or an answer's text could hold escape sequences that clear the screen, or marks that turn the
reading direction round and make a text say something else.
"""

import unicodedata
from typing import Final

JOINERS: Final = "\u200c\u200d"
"""Format characters that Persian, the Indic scripts and emoji need to be legible."""
HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of Unicode: controls, format characters (those of direction too), surrogates, line separators."""


def printable(text: str) -> str:
    r"""``text`` on one line, without controls and marks of direction.

    >>> printable("Obs\x1b[2J\u202eervatory\n")
    'Obs[2Jervatory '
    """
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in "\t\n\r":
        return " "
    hidden = unicodedata.category(character) in HIDDEN and character not in JOINERS
    return "" if hidden else character

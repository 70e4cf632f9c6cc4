"""French and English on pages: no line begins with a mark or a unit, or ends with an opening quotation mark."""

import re
from typing import Final

NARROW: Final = "\u202f"
"""The narrow no-break space: before ; : ? ! » and %, after «, and between a number and its unit."""
_UNIT: Final = r"(?<=\d) (?=(?:[kMG]bit/s|[kMGT]?[Bo]|ms|s)\b)"
_LOOSE: Final = {"fr": re.compile(rf"(?<=\S) (?=[;:?!»%])|(?<=«) |{_UNIT}"), "en": re.compile(_UNIT)}


def unbroken(text: str, language: str) -> str:
    r"""A text of ours for a page.

    >>> unbroken("« Égal » : 5 % à 20 Mbit/s", "fr"), unbroken("5% at 20 Mbit/s", "en")
    ('«\u202fÉgal\u202f»\u202f: 5\u202f% à 20\u202fMbit/s', '5% at 20\u202fMbit/s')
    """
    return _LOOSE[language].sub(NARROW, text)

"""Scrubbing: no address of the home leaves it, in whatever spelling (integrity.md 5).

Free text from the network (page titles, host names of redirects, a certificate's names) loses every address in it,
whoever's: dotted, dashed, IPv6, hexadecimal or decimal; those of the line also in base64 and inside other words.
Structured addresses (a resolver's answers, where a connection went) are kept where they are public and not the
line's; where the line's own public address of that family is not known they are cut to their /24 or /48.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import unquote

from probe.spellings import spellings
from probe.vetting import Network, special_range

LINE: Final = "<line>"
_QUAD: Final = re.compile(r"(?<!\d)(?:\d{1,4}[.\-_]){3}\d{1,4}(?!\d)")
_MARKED: Final = re.compile(r"(?<!\d)\d{1,3}(?:[^\w\s]{1,3}\d{1,3}){3}(?!\d)")
"""Four small numbers with marks between them: 192[.]0[.]2[.]1, 192/0/2/1, and a list of them."""
_MAC: Final = re.compile(
    r"(?<![0-9a-z])(?:(?:[0-9a-f]{2}[-:._]?){5}[0-9a-f]{2}|(?:[0-9a-f]{4}[-:._]){2}[0-9a-f]{4})(?![0-9a-z])",
    re.IGNORECASE,
)
"""A device's number, which the second half of an IPv6 address may hold."""
_SIX: Final = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f.]{0,15}){2,}(?:%\w+)?")
_SIX_DASHED: Final = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{1,4}(?:-[0-9A-Fa-f]{0,4}){3,7}(?![0-9A-Za-z])")

_NUMBER: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:0x)?(?:[0-9a-f]{32}|[0-9a-f]{8}|\d{8,10})(?![0-9A-Za-z])", re.IGNORECASE
)
"""A number that may be an address; what else has that form is no loss."""


@dataclass(frozen=True)
class Scrubber:
    """``line`` are the line's addresses as seen from outside, empty where unknown; ``own`` its networks."""

    line: tuple[str, ...] = ()
    own: Sequence[Network] = ()
    lab: bool = False

    def text(self, said: str, most: int = 160) -> str:
        """``said`` on one line, without addresses, at most ``most`` characters.

        >>> Scrubber(("198.51.100.7",)).text("Hello 198.51.100.7 (c6336407), you are ip-198-51-100-7")
        'Hello <line> (<line>), you are ip-<line>'
        """
        known = spellings(self.line)
        plain = known.sub(LINE, _printable(said))  # first as it stands: undoing percent signs may join digits
        folded = _folded(plain)
        scrubbed = _without(known.sub(LINE, folded))
        return (_without(plain) if scrubbed == folded else scrubbed)[:most]

    def host(self, name: str) -> str:
        """A host of a URL: a literal address as ``place``, a name as ``text``."""
        try:
            ip_address(name.partition("%")[0])
        except ValueError:
            return self.text(name, 253) or "-"
        return self.place(name)

    def place(self, text: str) -> str:
        """The address ``text`` as it may stand in a document.

        >>> (
        ...     Scrubber().place("192.168.1.1"),
        ...     Scrubber().place("8.8.8.8"),
        ...     Scrubber(("9.9.9.9",)).place("8.8.8.8"),
        ... )
        ('<special 192.168.0.0/16>', '8.8.8.0/24', '8.8.8.8')
        """
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            return LINE
        if self.lab:
            return str(address)
        if special := special_range(address):
            return f"<special {special}>"
        if str(address) in self._line or any(address in network for network in self.own):
            return LINE
        if any((":" in known) == (address.version == 6) for known in self._line):
            return str(address)
        return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))

    @property
    def _line(self) -> frozenset[str]:
        return frozenset(str(ip_address(text)) for text in self.line)


def _without(text: str) -> str:
    """``text`` without what looks like an address, whoever's."""
    for pattern in (_MAC, _QUAD, _MARKED, _SIX, _SIX_DASHED, _NUMBER):
        text = pattern.sub(LINE, text)
    return text


def _printable(said: str) -> str:
    """One line of what can be seen: marks without a width are dropped, not made blanks, for they part no word."""
    seen = (c for c in said if unicodedata.category(c) != "Cf")
    return " ".join("".join(c if c.isprintable() else " " for c in seen).split())


def _folded(text: str) -> str:
    """``text`` as a reader takes it: compatible forms and digits of any script as ASCII, percent signs undone.

    Ends: when nothing changes any more, or after three turns.
    """
    for _ in range(3):
        plain = unicodedata.normalize("NFKC", unquote(text))
        plain = "".join(str(unicodedata.decimal(c, c)) for c in _printable(plain))
        if plain == text:
            break
        text = plain
    return text

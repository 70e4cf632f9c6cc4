"""Scrubbing: no address of the home leaves it, in whatever spelling (integrity.md 5).

Free text from the network (page titles, host names of redirects, a certificate's names) loses every address in it,
whoever's: dotted, dashed, IPv6, hexadecimal or decimal; those of the line also in base64 and inside other words.
Structured addresses (a resolver's answers, where a connection went) are kept where they are public and not the
line's; where the line's own public address of that family is not known they are cut to their /24 or /48.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from probe.vetting import Network, special_range

LINE: Final = "<line>"
_QUAD: Final = re.compile(r"(?<!\d)(?:\d{1,4}[.\-_]){3}\d{1,4}(?!\d)")
_URL_SAFE: Final = str.maketrans("+/", "-_")
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
        cleaned = " ".join("".join(c if c.isprintable() else " " for c in said).split())
        for spelt in self._spellings:
            cleaned = re.sub(re.escape(spelt), LINE, cleaned, flags=re.IGNORECASE)
        for pattern in (_QUAD, _SIX, _SIX_DASHED, _NUMBER):
            cleaned = pattern.sub(LINE, cleaned)
        return cleaned[:most]

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

    @property
    def _spellings(self) -> list[str]:
        """The line's addresses in every spelling that a page or a host name may give them, longest first."""
        found: set[str] = set()
        for text in self.line:
            address = ip_address(text)
            found |= {str(address), address.exploded, address.packed.hex(), address.packed[::-1].hex()}
            packed = _base64(address.packed)
            found |= {packed, packed.translate(_URL_SAFE), _base64(str(address).encode())}
            found |= _inside(str(address))
            if isinstance(address, IPv4Address):
                found |= _quads(address) | _octets(address.packed)
            elif isinstance(address, IPv6Address):
                found |= {address.exploded.replace(":", "-"), address.exploded.replace(":", "")}
        return sorted(found, key=len, reverse=True)


def _base64(word: bytes) -> str:
    return b64encode(word).decode().rstrip("=")


def _inside(text: str) -> set[str]:
    """What of ``text`` stands in the base64 of any longer text around it: three positions, less the ragged ends."""
    found = set()
    for before in range(3):
        around = _base64(bytes(before) + text.encode())
        found.add(around[(before * 8 + 5) // 6 : (before + len(text)) * 8 // 6])
    return found


def _octets(packed: bytes) -> set[str]:
    """Hexadecimal octets with something between them, in either order: letters alone, where no octet has a digit."""
    return {octets.hex(sep) for octets in (packed, packed[::-1]) for sep in ".-_: "}


def _quads(address: IPv4Address) -> set[str]:
    parts = str(address).split(".")
    swapped = IPv4Address(address.packed[::-1])
    joined = {sep.join(order) for sep in ".-_" for order in (parts, parts[::-1])}
    padded = {sep.join(f"{int(part):03}" for part in order) for sep in (".", "-", "") for order in (parts,)}
    return joined | padded | {str(int(address)), str(int(swapped))}

"""The spellings of a known address: whatever a page makes of it between, before and after its digits, it is found.

Made from the address, not from a list of writers' habits: its octets or groups, in either order, with anything between
them; its numbers with a mark between any two digits; its text inside base64, base32 and hexadecimal.
"""

import re
from base64 import b32encode, b64encode
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

_URL_SAFE: Final = str.maketrans("+/", "-_")
_BETWEEN_OCTETS: Final = r"\D{1,6}"
_BETWEEN_GROUPS: Final = r"[^0-9a-z]{1,6}"
_MARK: Final = r"[^0-9a-z]{0,2}"
_FEWEST_DIGITS: Final = 8
"""Octets written without anything between them are sought where they are at least so many digits together."""


@lru_cache(maxsize=8)
def spellings(line: tuple[str, ...]) -> re.Pattern[str]:
    """What finds the addresses ``line`` in normalised text, longest spelling first; nothing where ``line`` is empty."""
    found: set[str] = set()
    for text in line:
        address = ip_address(text)
        packed = _base64(address.packed)
        words = {str(address), str(address)[::-1], address.exploded, packed, packed.translate(_URL_SAFE)}
        words |= _inside(str(address), 6) | _inside(str(address), 5) | {_base32(address.packed)}
        found |= {re.escape(word) for word in words}
        found |= {_spread(str(address).encode().hex()), _spread(address.packed.hex())}
        found |= _four(address) if isinstance(address, IPv4Address) else _six(address)
    return re.compile("|".join(sorted(found, key=len, reverse=True)) or r"(?!)", re.IGNORECASE)


def _four(address: IPv4Address) -> set[str]:
    """Octets in either order, in any base and mixed; as one number too."""
    found = {_spread(f"{number:{base}}") for number in _numbers(address) for base in ("d", "o", "032b")}
    for octets in (address.packed, address.packed[::-1]):
        any_base = [f"(?:0x0*{one:x}|0*{one}|0+{one:o}|0*{one:b})" for one in octets]
        found.add(rf"(?<!\d){_BETWEEN_OCTETS.join(any_base)}(?!\d)")
        found.add(rf"(?<![0-9a-z]){_BETWEEN_GROUPS.join(f'0*{one:x}' for one in octets)}(?![0-9a-z])")
        found.add(r"\D{0,6}".join([str(octets[0]), *(f"{one:03}" for one in octets[1:])]))
        found.add(_spread(octets.hex()))
        joined = "".join(str(one) for one in octets)
        found |= {joined} if len(joined) >= _FEWEST_DIGITS else set()
    return found


def _numbers(address: IPv4Address) -> tuple[int, int]:
    return int(address), int.from_bytes(address.packed, "little")


def _six(address: IPv6Address) -> set[str]:
    """The whole, the line's half and the device's half, in either order; the line's /48, with something between groups."""
    digits, groups = address.packed.hex(), [group.lstrip("0") or "0" for group in address.exploded.split(":")]
    found = {_spread(some[::way]) for some in (digits, digits[:16], digits[16:]) for way in (1, -1)}
    for some in (groups[:3], groups[4:]):
        found.add(rf"(?<![0-9a-z]){_BETWEEN_GROUPS.join(f'0*{group}' for group in some)}(?![0-9a-z])")
    return found


def _spread(digits: str) -> str:
    """``digits`` with at most two marks between any two of them."""
    return _MARK.join(digits)


def _base64(word: bytes) -> str:
    return b64encode(word).decode().rstrip("=")


def _base32(word: bytes) -> str:
    return b32encode(word).decode().rstrip("=")


def _inside(text: str, bits: int) -> set[str]:
    """What of ``text`` stands in the base64 (6 ``bits``) or base32 (5) of any longer text around it, less ragged ends."""
    encode, cycle = (_base64, 3) if bits == 6 else (_base32, 5)
    found = set()
    for before in range(cycle):
        around = encode(bytes(before) + text.encode())
        found.add(around[-(-before * 8 // bits) : (before + len(text)) * 8 // bits])
    return found

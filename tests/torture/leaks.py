"""Leaks: whether any file that the set left behind knows a home's address, in clear or in bytes.

The probes' own homes are theirs; everything else is searched: databases and their journals, archive, broker's files, logs.
"""

import base64
import ipaddress
from collections.abc import Iterator
from pathlib import Path


def texts(address: str) -> Iterator[bytes]:
    """The ways in which an address is written as text."""
    packed = ipaddress.ip_address(address).packed
    yield address.encode()
    yield address.encode("utf-16-le")
    yield ":".join(f"{byte:02x}" for byte in packed).encode()
    yield f"::ffff:{packed[:2].hex()}:{packed[2:].hex()}".encode()
    yield f"{int.from_bytes(packed, 'big')}".encode()
    yield base64.b64encode(address.encode()).rstrip(b"=")[:-1]


def binaries(address: str) -> tuple[bytes, bytes]:
    """Its four bytes, either way round."""
    packed = ipaddress.ip_address(address).packed
    return packed, packed[::-1]


def find(folder: Path, addresses: list[str], except_in: Path) -> list[str]:
    """Where they are found. Four bytes turn up by chance in megabytes of hashes: bytes count where both addresses do."""
    found: list[str] = []
    in_bytes: dict[str, list[str]] = {address: [] for address in addresses}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_relative_to(except_in):
            continue
        content = path.read_bytes()
        for address in addresses:
            if any(text in content for text in texts(address)):
                found.append(f"{path}: {address} as text")
            if any(form in content for form in binaries(address)):
                in_bytes[address].append(f"{path}: {address} as bytes")
    if all(in_bytes.values()):
        found += [one for places in in_bytes.values() for one in places]
    return found

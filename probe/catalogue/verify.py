"""Looking entries up on the live network: names, certificates, objects, sizes, control. Bounded, one after the other.

A name is good if it resolves to public addresses and a TLS handshake gives a certificate for it that the system
trusts, whatever HTTP says after that below 500. An object, and the control, is good if it comes whole, with status 200,
of the stated size and hash. What was found is a ``Record`` of exactly this entry: a changed entry is unverified again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from probe import durable
from probe.catalogue.entries import LARGEST_OBJECT_BYTES, Entry, FetchObject
from probe.catalogue.read import Record
from probe.catalogue.way_out import NotReached, Page, host_of
from probe.nettests.endpoint import COMPARED_BYTES

HOME_PAGE_BYTES: Final = 64 * 1024
BETWEEN_S: Final = 1.0
"""Rest between two requests: we are guests."""
LEAST_LIKE: Final = 0.8
"""A control whose size is below this share of the object's, or the object's of its, matches nothing."""
LONGEST_RESULT: Final = 500


class Way(Protocol):
    """What a look-up needs of the way out."""

    async def get(self, url: str, largest_bytes: int, *, whole: bool) -> Page:
        """See ``WayOut.get``; raises ``NotReached``."""


Pause = Callable[[float], Awaitable[None]]


async def look_up(
    entry: Entry, way: Way, today: date, port: int = 443, pause: Pause = asyncio.sleep
) -> Record:
    """Look ``entry`` up: one request a name and object, and one for the control, each with at most 3 redirects."""
    faults: list[str] = []
    for name in entry.names:
        faults += await _name(name, way, port)
        await pause(BETWEEN_S)
    for item in entry.fetch:
        faults += await _object(item, way)
        await pause(BETWEEN_S)
    if entry.control is not None:
        control = entry.control
        stated = FetchObject(
            url=control.url, bytes=control.bytes, sha256=control.sha256, head_sha256=control.head_sha256
        )
        faults += await _object(stated, way)
        sizes = [sorted((item.bytes, stated.bytes)) for item in entry.fetch]
        faults += [
            f"{stated.url}: size differs from the object's"
            for less, more in sizes
            if less < LEAST_LIKE * more
        ]
        await pause(BETWEEN_S)
    result = "; ".join(faults)[:LONGEST_RESULT] or "ok"
    return Record(id=entry.id, entry=entry.digest(), on=today, ok=not faults, result=result)


async def _name(name: str, way: Way, port: int) -> list[str]:
    url = f"https://{name}/" if port == 443 else f"https://{name}:{port}/"
    try:
        page = await way.get(url, HOME_PAGE_BYTES, whole=False)
    except NotReached as reason:
        return [f"{name}: {reason}"]
    return [f"{name}: HTTP {page.status} from {host_of(page.url)}"] if page.status >= 500 else []


async def _object(item: FetchObject, way: Way) -> list[str]:
    try:
        page = await way.get(item.url, LARGEST_OBJECT_BYTES, whole=True)
    except NotReached as reason:
        return [f"{item.url}: {reason}"]
    if page.status != 200:
        return [f"{item.url}: HTTP {page.status}"]
    if len(page.body) != item.bytes:
        return [f"{item.url}: {len(page.body)} bytes instead of {item.bytes}"]
    whole, head = (sha256(part).hexdigest() for part in (page.body, page.body[:COMPARED_BYTES]))
    if item.sha256 not in (None, whole):
        return [f"{item.url}: another SHA-256, {whole}"]
    if item.head_sha256 not in (None, head):
        return [f"{item.url}: another SHA-256 of its first {COMPARED_BYTES} bytes, {head}"]
    return []


def write(path: Path, held: Iterable[Record], fresh: Iterable[Record]) -> None:
    """Write ``verification.toml``, durably: the newest record of each id, in the order of ids."""
    records = {record.id: record for record in (*held, *fresh)}
    blocks = [
        f"\n[[record]]\nid = {_quoted(r.id)}\nentry = {_quoted(r.entry)}\non = {r.on.isoformat()}\n"
        f"ok = {'true' if r.ok else 'false'}\nresult = {_quoted(r.result)}\n"
        for _, r in sorted(records.items())
    ]
    head = "# Written by `isonomia-probe catalogue verify`: what it found, of which entry, and when.\n"
    durable.write(path, (head + "".join(blocks)).encode())


def _quoted(text: str) -> str:
    """A basic string of TOML: what it does not allow is left out, its two special characters are escaped."""
    plain = "".join(letter for letter in text if letter.isprintable())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'

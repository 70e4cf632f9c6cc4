"""What plain HTTP looked like at either end: headers as sent and as they arrived, and whether the content is ours.

Whoever adds a header may write the home's address, or a customer's number, into it. So a header's value is kept only where
it is what was sent; of any other the name and the length are kept, and ``WITHHELD`` in place of the value. No hash
either: an address is soon found by trying all of them.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Final, Literal

import msgspec

from probe.measurement.ticket import ByteCount, Hash

WITHHELD: Final = "<withheld>"
ODD: Final = "<odd>"
_TOKEN: Final = re.compile(r"[A-Za-z][A-Za-z_-]{0,63}")
"""A name that can hold no number: RFC 9110's tokens allow digits, and digits are what addresses are made of."""

Kept = Annotated[str, msgspec.Meta(max_length=300)]
MOST_HEADERS: Final = 40


class Header(msgspec.Struct, frozen=True):
    """One header field. ``value`` is what was sent, or ``WITHHELD``; ``length`` is that of the value on the wire."""

    name: Annotated[str, msgspec.Meta(max_length=64)]
    value: Kept
    length: Annotated[int, msgspec.Meta(ge=0, le=65536)]


Headers = Annotated[tuple[Header, ...], msgspec.Meta(max_length=MOST_HEADERS)]


class OtherPage(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that was not the responder's: its body as hash, length and title, without any number in it."""

    scrubbed_sha256: Hash
    length: ByteCount
    title: Annotated[str, msgspec.Meta(max_length=120)] | None = None


class HttpSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The probe's side of a run. ``sent`` is the request's head, ``arrived`` the answer's; ``status`` its code.

    ``content``: whether the bytes of the body are the responder's, from ``altered_at_byte`` on they are not; ``unknown``
    where no body came. ``other`` is set when the answer did not bear the responder's mark.
    """

    sent: Headers
    arrived: Headers = ()
    status: Annotated[int, msgspec.Meta(ge=0, le=999)] | None = None
    content: Literal["intact", "altered", "unknown"] = "unknown"
    altered_at_byte: ByteCount | None = None
    other: OtherPage | None = None


class HttpArrived(msgspec.Struct, frozen=True, kw_only=True):
    """The responder's side: the request's head as it arrived, and the head of its answer as sent.

    ``line_intact``: whether method, target and version were those of the probe.
    """

    arrived: Headers
    sent: Headers
    line_intact: bool


class Change(msgspec.Struct, frozen=True, order=True):
    """How a head differs from what was sent: a header was added, removed, given another value, or moved."""

    header: str
    what: Literal["added", "removed", "changed", "moved"]


def kept(
    pairs: Iterable[tuple[str, str]], ours: Sequence[tuple[str, str]], scrub: Callable[[str], str] = str
) -> tuple[Header, ...]:
    """Header fields as they may be kept: a value only where that header with that value is one of ``ours``.

    A name in which ``scrub`` finds something is ``ODD``: an address in hexadecimal can be letters alone.

    >>> kept([("Host", "a.example"), ("X-Forwarded-For", "192.0.2.7")], [("Host", "a.example")])[1]
    Header(name='X-Forwarded-For', value='<withheld>', length=9)
    """
    known = {(name.lower(), value) for name, value in ours}
    return tuple(
        Header(
            name if _TOKEN.fullmatch(name) and scrub(name) == name else ODD,
            value if (name.lower(), value) in known else WITHHELD,
            min(len(value), 65536),
        )
        for name, value in list(pairs)[:MOST_HEADERS]
    )


def changes(sent: Sequence[Header], arrived: Sequence[Header]) -> tuple[Change, ...]:
    """What happened to a head on its way; names are told as they were written, so that another case is a change.

    >>> sent = (Header("Host", "a.example", 9), Header("Accept", "*/*", 3))
    >>> changes(sent, (Header("Via", "<withheld>", 8), *sent))
    (Change(header='via', what='added'),)
    """
    before, after = (Counter(h.name.lower() for h in head) for head in (sent, arrived))
    found = {Change(name, "removed") for name in before - after}
    found |= {Change(name, "added") for name in after - before}
    common = [h for h in sent if h.name.lower() in after]
    arriving = [h for h in arrived if h.name.lower() in before]
    for old in common:
        same = [new for new in arriving if new.name.lower() == old.name.lower()]
        if old not in same:
            found.add(Change(old.name.lower(), "changed"))
    order, arrived_order = ([h.name.lower() for h in head] for head in (common, arriving))
    if order != arrived_order and sorted(order) == sorted(arrived_order):
        first = next(old for old, new in zip(order, arrived_order, strict=True) if old != new)
        found.add(Change(first, "moved"))
    return tuple(sorted(found))

"""From a captured frame to a TCP packet: link, IP and TCP headers, as far as they were captured. Pure.

Links: Ethernet with VLAN tags, MPLS labels and PPPoE, Linux cooked (1 and 2), loopback, PPP, raw IP. What is no TCP, a fragment
without its TCP header, or cut off within its headers, is None.
"""

import struct
from typing import Final, NamedTuple

_ETHERNET, _COOKED, _COOKED_2 = 1, 113, 276
_LOOPBACK: Final = frozenset({0, 108})
_RAW: Final = frozenset({12, 14, 101, 228, 229})
_PPP: Final = frozenset({9, 50})
LINK_TYPES: Final = frozenset({_ETHERNET, _COOKED, _COOKED_2}) | _LOOPBACK | _RAW | _PPP
_IP: Final = frozenset({0x0800, 0x86DD})
_VLAN: Final = frozenset({0x8100, 0x88A8, 0x9100})
_MPLS: Final = frozenset({0x8847, 0x8848})
_PPPOE: Final = 0x8864
_PPP_IP: Final = frozenset({0x0021, 0x0057})
_MOST_TAGS: Final = 8
_TCP: Final = 6
_EXTENSIONS: Final = frozenset({0, 43, 60})
"""Of IPv6, in units of eight bytes after the first: hop by hop, routing, destination."""
_FRAGMENT, _AUTHENTICATION = 44, 51
_MOST_EXTENSIONS: Final = 16
_SACK, _MSS = 5, 2


class Packet(NamedTuple):
    """One TCP packet.

    t_s: seconds of the capture's clock; source and destination: packed address and port; bytes: of the IP packet and
    the link header the capture shows; payload_bytes: from the IP header, whatever the capture cut off; sacks: (left,
    right) edges, as they stand; mss: the SYN's, else None; header_bytes: of TCP, with options; ident: IPv4's
    identification, 0 where there is none.
    """

    t_s: float
    source: tuple[bytes, int]
    destination: tuple[bytes, int]
    seq: int
    ack: int
    flags: int
    payload_bytes: int
    bytes: int
    header_bytes: int
    sacks: tuple[tuple[int, int], ...]
    mss: int | None
    ident: int = 0


def packet_of(t_s: float, content: bytes, link_type: int) -> Packet | None:
    """The TCP packet in a frame, None where there is none."""
    try:
        link, at = _link(content, link_type)
        return _ip(t_s, content, link, at)
    except (IndexError, struct.error):  # cut off within the headers
        return None


def _link(content: bytes, link_type: int) -> tuple[int, int]:
    """Bytes of the link header that the wire had, too, and where IP begins; cooked and loopback headers exist in captures only."""
    if link_type == _ETHERNET:
        at = _behind_tags(content)
        return at, at
    if link_type in _RAW:
        return 0, 0
    if link_type in _LOOPBACK:
        return 0, 4
    if link_type in _PPP:
        return 0, _behind_ppp(content)
    kind_at, at = (14, 16) if link_type == _COOKED else (0, 20)
    kind = int.from_bytes(content[kind_at : kind_at + 2], "big")
    return 0, at + 4 if kind in _VLAN else at


def _behind_tags(content: bytes) -> int:
    """Where IP begins in an Ethernet frame; raises IndexError where there is none."""
    at = 14
    for _ in range(_MOST_TAGS):
        kind = content[at - 2] << 8 | content[at - 1]
        if kind in _IP:
            return at
        if kind in _VLAN:
            at += 4
        elif kind == _PPPOE:
            if (content[at + 6] << 8 | content[at + 7]) not in _PPP_IP:
                break
            return at + 8
        elif kind in _MPLS:
            while not content[at + 2] & 1:  # ends: at the bottom of the stack, or of the frame
                at += 4
            return at + 4
        else:
            break
    raise IndexError


def _behind_ppp(content: bytes) -> int:
    at = 2 if content[:2] == b"\xff\x03" else 0
    if content[at] & 1:  # a protocol of one byte
        return at + 1
    return at + 2


def _ip(t_s: float, content: bytes, link: int, at: int) -> Packet | None:
    version = content[at] >> 4
    if version == 4:
        before = (content[at] & 15) * 4
        length, ident, fragment = struct.unpack_from(">HHH", content, at + 2)
        if content[at + 9] != _TCP or fragment & 0x1FFF or before < 20:
            return None
        source, destination = content[at + 12 : at + 16], content[at + 16 : at + 20]
        whole = length or len(content) - at
    elif version == 6:
        found = _behind_extensions(content, at)
        if found is None:
            return None
        before, ident = found - at, 0
        source, destination = content[at + 8 : at + 24], content[at + 24 : at + 40]
        length = struct.unpack_from(">H", content, at + 4)[0]
        whole = 40 + length if length else len(content) - at
    else:
        return None
    return _tcp(t_s, content, at + before, (source, destination), (whole - before, whole + link), ident)


def _behind_extensions(content: bytes, at: int) -> int | None:
    """Where TCP begins in an IPv6 packet; None where something else does."""
    kind, at = content[at + 6], at + 40
    for _ in range(_MOST_EXTENSIONS):
        if kind == _TCP:
            return at
        if kind in _EXTENSIONS:
            size = 8 * (content[at + 1] + 1)
        elif kind == _AUTHENTICATION:
            size = 4 * (content[at + 1] + 2)
        elif kind == _FRAGMENT and not struct.unpack_from(">H", content, at + 2)[0] & 0xFFF8:
            size = 8
        else:
            return None
        kind, at = content[at], at + size
    return None


def _tcp(
    t_s: float, content: bytes, at: int, ends: tuple[bytes, bytes], sizes: tuple[int, int], ident: int
) -> Packet | None:
    """``sizes``: of TCP header and payload together, and of the whole packet."""
    source, destination, seq, ack, offset, flags = struct.unpack_from(">HHIIBB", content, at)
    header = (offset >> 4) * 4
    payload = sizes[0] - header
    if header < 20 or payload < 0:
        return None
    sacks, mss = options(content[at + 20 : at + header])
    return Packet(
        t_s, (ends[0], source), (ends[1], destination), seq, ack, flags, payload, sizes[1], header, sacks, mss, ident
    )  # fmt: skip


def options(content: bytes) -> tuple[tuple[tuple[int, int], ...], int | None]:
    """The edges of SACK blocks and the MSS; what is cut off is not there."""
    sacks: list[tuple[int, int]] = []
    mss = None
    at = 0
    while at < len(content):  # ends: `at` grows by at least one each time
        kind = content[at]
        if kind == 0:
            break
        size = 1 if kind == 1 else content[at + 1] if at + 1 < len(content) else 0
        if kind != 1 and (size < 2 or at + size > len(content)):
            break
        value = content[at + 2 : at + size]
        if kind == _SACK:
            edges = struct.unpack(f">{len(value) // 8 * 2}I", value[: len(value) // 8 * 8])
            sacks = list(zip(edges[::2], edges[1::2], strict=True))
        elif kind == _MSS and size == 4:
            mss = int.from_bytes(value, "big")
        at += size
    return tuple(sacks), mss

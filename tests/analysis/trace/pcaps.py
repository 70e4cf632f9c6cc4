"""Capture files from simulated packets, in the formats and links that are read."""

import lzma
import struct
from pathlib import Path
from socket import inet_aton

import dpkt

from tests.analysis.trace.tcp import CLIENT, SERVER, Shown

EPOCH = 1_700_000_000
SNAP = 100


def frame(packet: Shown, link: str = "ethernet", snap: int = SNAP, ident: int = 0) -> bytes:
    """A packet's bytes, cut after ``snap`` as ``tcpdump -s 100`` cuts them."""
    options = b"\x01\x01\x08\x0a" + bytes(8)
    if packet.syn:
        options = b"\x02\x04\x05\xb4" + options[2:] + b"\x01\x01"
    elif packet.sacks:
        edges = b"".join(struct.pack(">II", *block) for block in packet.sacks)
        options += b"\x01\x01\x05" + bytes([2 + len(edges)]) + edges
    ports = (80, packet.port) if packet.from_server else (packet.port, 80)
    tcp = dpkt.tcp.TCP(
        sport=ports[0],
        dport=ports[1],
        seq=packet.seq,
        ack=packet.ack,
        flags=2 if packet.syn else 16,
        win=1000,
    )
    tcp.opts = options + bytes(-len(options) % 4)
    tcp.off = 5 + len(tcp.opts) // 4
    ends = (SERVER, CLIENT) if packet.from_server else (CLIENT, SERVER)
    ip = dpkt.ip.IP(src=inet_aton(ends[0]), dst=inet_aton(ends[1]), p=6, id=ident)
    ip.data = tcp
    content = bytes(ip) + bytes(min(packet.length, snap))
    content = content[:2] + struct.pack(">H", 20 + tcp.off * 4 + packet.length) + content[4:]
    if link == "ethernet":
        content = bytes(12) + b"\x08\x00" + content
    elif link in HEADS:
        content = HEADS[link] + content
    return content[:snap]


HEADS = {
    "cooked": struct.pack(">HHH8sH", 0, 1, 6, bytes(8), 0x0800),
    "cooked2": struct.pack(">HHIHBB8s", 0x0800, 0, 3, 1, 0, 6, bytes(8)),
    "loopback": struct.pack("<I", 2),
    "ppp": b"\xff\x03\x00\x21",
    "vlan": bytes(12) + b"\x81\x00\x00\x07\x08\x00",
    "two vlans": bytes(12) + b"\x88\xa8\x00\x07\x81\x00\x00\x08\x08\x00",
    "pppoe": bytes(12) + b"\x88\x64\x11\x00\x00\x01\x00\x00\x00\x21",
    "mpls": bytes(12) + b"\x88\x47\x00\x01\x00\x40\x00\x02\x01\x40",
}
LINKS = {
    "ethernet": 1, "raw": 101, "cooked": 113, "cooked2": 276, "loopback": 0, "ppp": 9, "vlan": 1, "two vlans": 1, "pppoe": 1, "mpls": 1,
}  # fmt: skip


def write_pcap(
    path: Path,
    shown: list[Shown],
    link: str = "ethernet",
    nano: bool = False,
    snap: int = SNAP,
    twice: bool = False,
    order: str = "<",
) -> Path:
    """A pcap of microseconds or nanoseconds; compressed if the name ends in .xz. ``twice``: each packet is seen on two interfaces."""
    with lzma.open(path, "wb") if path.suffix == ".xz" else path.open("wb") as stream:
        magic = 0xA1B23C4D if nano else 0xA1B2C3D4
        stream.write(struct.pack(f"{order}IHHIIII", magic, 2, 4, 0, 0, snap, LINKS[link]))
        for number, packet in enumerate(shown):
            content = frame(packet, link, snap, ident=(number % 65_535 + 1) if twice else 0)
            whole, part = divmod(round(packet.t_s * (1e9 if nano else 1e6)), 10**9 if nano else 10**6)
            head = struct.pack(f"{order}IIII", EPOCH + whole, part, len(content), SNAP + packet.length)
            stream.write((head + content) * (2 if twice else 1))
    return path


def write_pcapng(path: Path, shown: list[Shown]) -> Path:
    """A pcapng with one Ethernet interface, as dpkt writes it."""
    with path.open("wb") as stream:
        writer = dpkt.pcapng.Writer(stream)
        for packet in shown:
            writer.writepkt(frame(packet), EPOCH + packet.t_s)
    return path


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """One block of a pcapng."""
    body += bytes(-len(body) % 4)
    size = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + size + body + size


def section(order: str = "<") -> bytes:
    """The block that begins a section."""
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: str, power: int, shift_s: int = 0, order: str = "<") -> bytes:
    """An interface whose clock counts 10^-power s, from ``shift_s`` on."""
    options = struct.pack(f"{order}HHB3xHHq", 9, 1, power, 14, 8, shift_s)
    return block(1, struct.pack(f"{order}HHI", LINKS[link], 0, SNAP) + options, order)


def packet_block(number: int, ticks: int, content: bytes, order: str = "<") -> bytes:
    """A packet seen on an interface."""
    head = struct.pack(f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(content), len(content))
    return block(6, head + content, order)


def write_two_interfaces(path: Path, shown: list[Shown]) -> Path:
    """The server's packets seen on Ethernet by a clock of ns, the client's on a cooked interface by one of µs from 2001 on.

    The second half stands in a section of its own, written by a machine of the other byte order.
    """
    shift_s = 1_000_000_000
    half = len(shown) // 2
    content = b""
    for order, part in (("<", shown[:half]), (">", shown[half:])):
        content += (
            section(order) + interface("ethernet", 9, 0, order) + interface("cooked", 6, shift_s, order)
        )
        content += block(4, bytes(8), order)  # names: none of ours
        for packet in part:
            if packet.from_server:
                ticks = round((EPOCH + packet.t_s) * 1e6) * 1000
                content += packet_block(0, ticks, frame(packet), order)
            else:
                ticks = round((EPOCH - shift_s + packet.t_s) * 1e6)
                content += packet_block(1, ticks, frame(packet, "cooked"), order)
    path.write_bytes(content)
    return path

"""Capture files from simulated packets, in the formats and links that are read."""

import lzma
import struct
from pathlib import Path
from socket import inet_aton

import dpkt

from tests.analysis.trace.tcp import CLIENT, SERVER, Shown

EPOCH = 1_700_000_000
SNAP = 100


def frame(packet: Shown, link: str = "ethernet") -> bytes:
    """A packet's bytes, cut after SNAP as ``tcpdump -s 100`` cuts them."""
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
    ip = dpkt.ip.IP(src=inet_aton(ends[0]), dst=inet_aton(ends[1]), p=6)
    ip.data = tcp
    content = bytes(ip) + bytes(min(packet.length, SNAP))
    content = content[:2] + struct.pack(">H", 20 + tcp.off * 4 + packet.length) + content[4:]
    if link == "ethernet":
        content = bytes(12) + b"\x08\x00" + content
    elif link == "cooked":
        content = struct.pack(">HHH8sH", 0, 1, 6, bytes(8), 0x0800) + content
    return content[:SNAP]


LINKS = {"ethernet": 1, "raw": 101, "cooked": 113}


def write_pcap(path: Path, shown: list[Shown], link: str = "ethernet", nano: bool = False) -> Path:
    """A pcap of microseconds or nanoseconds; compressed if the name ends in .xz."""
    with lzma.open(path, "wb") if path.suffix == ".xz" else path.open("wb") as stream:
        magic = 0xA1B23C4D if nano else 0xA1B2C3D4
        stream.write(struct.pack("<IHHIIII", magic, 2, 4, 0, 0, SNAP, LINKS[link]))
        for packet in shown:
            content = frame(packet, link)
            whole, part = divmod(round(packet.t_s * (1e9 if nano else 1e6)), 10**9 if nano else 10**6)
            stream.write(
                struct.pack("<IIII", EPOCH + whole, part, len(content), SNAP + packet.length) + content
            )
    return path


def write_pcapng(path: Path, shown: list[Shown]) -> Path:
    """A pcapng with one Ethernet interface."""
    with path.open("wb") as stream:
        writer = dpkt.pcapng.Writer(stream)
        for packet in shown:
            writer.writepkt(frame(packet), EPOCH + packet.t_s)
    return path

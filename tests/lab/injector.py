"""A box beside the path: sees a ClientHello with a name, and answers in the server's name before the server can.

    python -m tests.lab.injector alert|reset INTERFACE,INTERFACE,… NAME …

`alert` sends a fatal TLS alert (unrecognized_name) and ends the connection; that nothing else passes is the router's part. `reset`
sends forged TCP resets to both ends and drops nothing. It reads by packet sockets with a filter in the kernel (TCP to port 443 whose
payload begins like a TLS handshake) and sends by a raw socket. Prints "ready". Ends by a signal.
"""

from __future__ import annotations

import ctypes
import select
import socket
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass

ETH_P_IP = 0x0800
SO_ATTACH_FILTER = 26
FIN, RST, PSH, ACK = 0x01, 0x04, 0x08, 0x10
ALERT = bytes.fromhex("15030300020270")
"""A record of type alert: fatal, unrecognized_name (RFC 8446, 6.2)."""
_FILTER = (
    (0x30, 0, 0, 9),  # protocol
    (0x15, 0, 10, 6),  # TCP, else refuse
    (0xB1, 0, 0, 0),  # x = length of the IP header
    (0x48, 0, 0, 2),  # destination port
    (0x15, 0, 7, 443),
    (0x50, 0, 0, 12),  # length of the TCP header, in words, high half
    (0x54, 0, 0, 0xF0),
    (0x74, 0, 0, 2),
    (0x0C, 0, 0, 0),  # + x
    (0x07, 0, 0, 0),  # into x: the payload
    (0x50, 0, 0, 0),
    (0x15, 1, 0, 0x16),
    (0x06, 0, 0, 0),
    (0x06, 0, 0, 0xFFFF),
)
"""BPF: (code, jump if true, jump if false, k)."""


@dataclass(frozen=True)
class Segment:
    """What is needed of a TCP segment to answer it."""

    source: bytes
    destination: bytes
    source_port: int
    destination_port: int
    sequence: int
    acknowledged: int
    payload: bytes


def parse(packet: bytes) -> Segment:
    """Return the segment of an IPv4 packet."""
    ip_bytes = (packet[0] & 0xF) * 4
    total: int = struct.unpack_from(">H", packet, 2)[0]
    ports: tuple[int, int] = struct.unpack_from(">HH", packet, ip_bytes)
    numbers: tuple[int, int] = struct.unpack_from(">II", packet, ip_bytes + 4)
    payload = packet[ip_bytes + (packet[ip_bytes + 12] >> 4) * 4 : total]
    return Segment(packet[12:16], packet[16:20], *ports, *numbers, payload)


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    total: int = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(
    source: bytes,
    destination: bytes,
    ports: tuple[int, int],
    numbers: tuple[int, int],
    flags: int,
    payload: bytes = b"",
) -> bytes:
    """Return an IPv4 packet with one TCP segment; the kernel fills in the IP header's checksum."""
    tcp = struct.pack(">HHIIBBHHH", *ports, *numbers, 5 << 4, flags, 65_000, 0, 0) + payload
    pseudo = source + destination + struct.pack(">BBH", 0, socket.IPPROTO_TCP, len(tcp))
    tcp = tcp[:16] + struct.pack(">H", checksum(pseudo + tcp)) + tcp[18:]
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, socket.IPPROTO_TCP, 0)
    return ip + source + destination + tcp


def answers(kind: str, hello: Segment) -> list[tuple[bytes, bytes]]:
    """Return (destination address, packet) of what is sent for a ClientHello."""
    after = (hello.sequence + len(hello.payload)) & 0xFFFFFFFF
    back = (hello.destination_port, hello.source_port)
    there = (hello.source_port, hello.destination_port)
    if kind == "alert":
        numbers = (hello.acknowledged, after)
        flags = FIN | PSH | ACK
        return [
            (hello.source, packet(hello.destination, hello.source, back, numbers, flags, ALERT)),
        ]
    return [
        (hello.source, packet(hello.destination, hello.source, back, (hello.acknowledged, after), RST | ACK)),
        (hello.destination, packet(hello.source, hello.destination, there, (after, 0), RST)),
    ]


def listen(interface: str) -> socket.socket:
    """Return a packet socket on the interface, with the filter."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    program = b"".join(struct.pack("=HBBI", *line) for line in _FILTER)
    buffer = ctypes.create_string_buffer(program)
    sock.setsockopt(
        socket.SOL_SOCKET,
        SO_ATTACH_FILTER,
        struct.pack("@HP", len(_FILTER), ctypes.addressof(buffer)),
    )
    sock.bind((interface, ETH_P_IP))
    return sock


def main(arguments: Sequence[str]) -> None:
    """Run until a signal comes."""
    kind, interfaces, names = arguments[0], arguments[1].split(","), [n.encode() for n in arguments[2:]]
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    sockets = [listen(name) for name in interfaces]
    print("ready", flush=True)
    while True:
        for sock in select.select(sockets, [], [])[0]:
            data, origin = sock.recvfrom(65_536)
            if origin[2] == socket.PACKET_OUTGOING:
                continue
            hello = parse(data)
            if any(name in hello.payload for name in names):
                for destination, answer in answers(kind, hello):
                    raw.sendto(answer, (socket.inet_ntoa(destination), 0))


if __name__ == "__main__":
    main(sys.argv[1:])

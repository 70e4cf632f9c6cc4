"""A box beside the path that reads the names of QUIC: opens each client's Initial, whose keys are public, and remembers the flow.

    python -m tests.lab.quic_eye INTERFACE,INTERFACE,… SET=NAME …

(address, port) of a home that showed NAME goes into nft's SET of the table `isonomia`; what is done to that flow is the
router's part (`rules`). The first datagram has passed by then, as it has with any box beside a path. Reads by packet sockets with a
filter in the kernel (UDP to port 443 with a long header). Prints "ready". Ends by a signal.
"""

from __future__ import annotations

import ctypes
import select
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence

from probe.wire.client_hello import NotAClientHello, parse
from probe.wire.quic import hello_record
from tests.lab.injector import ETH_P_IP, SO_ATTACH_FILTER

_FILTER = (
    (0x30, 0, 0, 9),  # protocol
    (0x15, 0, 7, 17),  # UDP, else refuse
    (0xB1, 0, 0, 0),  # x = length of the IP header
    (0x48, 0, 0, 2),  # destination port
    (0x15, 0, 4, 443),
    (0x50, 0, 0, 8),  # the payload's first byte
    (0x54, 0, 0, 0x80),
    (0x15, 0, 1, 0x80),  # a long header
    (0x06, 0, 0, 0xFFFF),
    (0x06, 0, 0, 0),
)
"""BPF: (code, jump if true, jump if false, k)."""
TABLE = "isonomia"


def listen(interface: str) -> socket.socket:
    """Return a packet socket on the interface, with the filter."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    program = b"".join(struct.pack("=HBBI", *line) for line in _FILTER)
    buffer = ctypes.create_string_buffer(program)
    sock.setsockopt(
        socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", len(_FILTER), ctypes.addressof(buffer))
    )
    sock.bind((interface, ETH_P_IP))
    return sock


def name_in(packet: bytes) -> tuple[str, int, str] | None:
    """Return address and port of a client, and the name it shows, of an IPv4 packet with an Initial; None of any other."""
    ip_bytes = (packet[0] & 0xF) * 4
    port: int = struct.unpack_from(">H", packet, ip_bytes)[0]
    try:
        name = parse(hello_record([packet[ip_bytes + 8 :]])).server_name
    except NotAClientHello:
        return None
    return None if name is None else (socket.inet_ntoa(packet[12:16]), port, name)


def remember(sets: Sequence[str], address: str, port: int) -> None:
    """Put a flow into sets. One that was just there stays: nft says so, and that is fine."""
    lines = "".join(f"add element ip {TABLE} {one} {{ {address} . {port} }}\n" for one in sets)
    subprocess.run(["nft", "-f", "-"], input=lines.encode(), check=False)


def main(arguments: Sequence[str]) -> None:
    """Run until a signal comes."""
    interfaces = arguments[0].split(",")
    meant = [tuple(word.split("=", 1)) for word in arguments[1:]]
    sockets = [listen(name) for name in interfaces]
    print("ready", flush=True)
    while True:
        for sock in select.select(sockets, [], [])[0]:
            data, origin = sock.recvfrom(65_536)
            if origin[2] == socket.PACKET_OUTGOING:
                continue
            seen = name_in(data)
            if seen is None:
                continue
            address, port, name = seen
            if sets := [one for one, wanted in meant if wanted in name]:
                remember(sets, address, port)


if __name__ == "__main__":
    main(sys.argv[1:])

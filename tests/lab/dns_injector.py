"""A box beside the path that answers questions about one name in the resolver's stead, before the resolver can. It drops nothing.

    python -m tests.lab.dns_injector INTERFACE NAME ADDRESS

Reads by a packet socket, answers by a raw one. Prints "ready". Ends by a signal.
"""

from __future__ import annotations

import socket
import struct
import sys

import dns.message
import dns.rrset

ETH_P_IP = 0x0800
UDP, PORT = 17, 53


def forged(packet: bytes, name: str, address: str) -> bytes | None:
    """The answer to the question in an IPv4 packet, as a UDP datagram; None if it asks something else."""
    at = (packet[0] & 0xF) * 4
    if packet[9] != UDP or packet[at + 2 : at + 4] != PORT.to_bytes(2, "big"):
        return None
    question = dns.message.from_wire(packet[at + 8 :])
    if question.question[0].name.to_text(omit_final_dot=True).lower() != name:
        return None
    answer = dns.message.make_response(question, recursion_available=True)
    answer.answer.append(dns.rrset.from_text(question.question[0].name, 60, "IN", "A", address))
    wire = answer.to_wire()
    (source,) = struct.unpack_from(">H", packet, at)
    return struct.pack(">HHHH", PORT, source, 8 + len(wire), 0) + wire


def main(interface: str, name: str, address: str) -> None:
    """Ends: by a signal."""
    seen = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
    seen.bind((interface, ETH_P_IP))
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    print("ready", flush=True)
    while True:
        packet, (_, _, kind, *_rest) = seen.recvfrom(65535)
        if kind == socket.PACKET_OUTGOING or (datagram := forged(packet, name, address)) is None:
            continue
        asked, home = packet[16:20], packet[12:16]  # whom it asked is who seems to answer
        head = struct.pack(
            ">BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0, 64, UDP, 0, asked, home
        )  # the kernel fills in length and checksum
        out.sendto(head + datagram, (socket.inet_ntoa(home), 0))


if __name__ == "__main__":
    main(*sys.argv[1:])

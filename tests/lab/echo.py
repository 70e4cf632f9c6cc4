"""A UDP echo and somebody who asks it, to see what a delay line really delays.

    python echo.py serve ADDRESS PORT
    python echo.py ask ADDRESS PORT COUNT EVERY_S

`ask` prints one JSON list: round trips in milliseconds, null for each one that was lost (1 s).
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time
from collections.abc import Sequence

_LOST_S = 1.0


def serve(address: str, port: int) -> None:
    """Answer every datagram with itself; ends by a signal."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, port))
        print("ready", flush=True)
        while True:
            data, peer = sock.recvfrom(2048)
            sock.sendto(data, peer)


def ask(address: str, port: int, count: int, every_s: float) -> list[float | None]:
    """Send `count` datagrams, one at a time, and return their round trips in ms."""
    trips: list[float | None] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((address, port))
        for number in range(count):
            trips.append(_trip_ms(sock, number))
            time.sleep(every_s)
    return trips


def _trip_ms(sock: socket.socket, number: int) -> float | None:
    began_s = time.perf_counter()
    sock.send(struct.pack(">I", number))
    while (left_s := began_s + _LOST_S - time.perf_counter()) > 0:
        sock.settimeout(left_s)
        try:
            if struct.unpack(">I", sock.recv(64))[0] == number:  # not the late answer to an earlier one
                return (time.perf_counter() - began_s) * 1000
        except TimeoutError:
            break
    return None


def main(arguments: Sequence[str]) -> None:
    """Serve or ask."""
    address, port = arguments[1], int(arguments[2])
    if arguments[0] == "serve":
        serve(address, port)
    else:
        print(json.dumps(ask(address, port, int(arguments[3]), float(arguments[4]))))


if __name__ == "__main__":
    main(sys.argv[1:])

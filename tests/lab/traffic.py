"""A small sender and receiver, to try the lab itself with: bulk over TCP after a first segment that carries a name.

    python traffic.py serve ADDRESS PORT [--pace-mbit-s N]
    python traffic.py fetch ADDRESS PORT NAME SECONDS

The client's first segment is shaped like a TLS ClientHello with the name in its server_name extension. The server answers one
byte, then sends as fast as congestion control (cubic) or the pace allows for the seconds asked for. `fetch` prints one JSON object:
received_bytes, t0_unix_s, t1_unix_s (of the bulk), connect_ms, failure ("ok", "reset", "timeout", "refused").
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import struct
import threading
import time

SO_MAX_PACING_RATE = 47
_CHUNK = b"\0" * 65536
_SILENCE_S = 3.0


def client_hello(name: str, seconds: float) -> bytes:
    """Return a ClientHello-like record: random, server_name, and the seconds asked for in what would be the session id."""
    encoded = name.encode("ascii")
    server_name = struct.pack(">HHBH", len(encoded) + 5, len(encoded) + 3, 0, len(encoded)) + encoded
    extension = struct.pack(">H", 0) + server_name
    session = struct.pack(">d", seconds).ljust(32, b"\0")
    body = b"\x03\x03" + os.urandom(32) + b"\x20" + session + b"\0\x02\x13\x01\x01\0"
    body += struct.pack(">H", len(extension)) + extension
    handshake = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack(">H", len(handshake)) + handshake


def serve(address: str, port: int, pace_mbit_s: float) -> None:
    """Answer each connection on a thread of its own; ends by a signal."""
    with socket.create_server((address, port), backlog=64) as listener:
        print("ready", flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_send, args=(connection, pace_mbit_s), daemon=True).start()


def _send(connection: socket.socket, pace_mbit_s: float) -> None:
    with connection:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
        except OSError:  # cubic is not allowed in a user namespace: the kernel's default it is
            pass
        if pace_mbit_s:
            connection.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, int(pace_mbit_s * 125_000))
        try:
            connection.settimeout(30)
            hello = connection.recv(4096)
            seconds = struct.unpack(">d", hello[44:52])[0] if len(hello) > 52 else 0.0
            connection.sendall(b"!")
            end_s = time.monotonic() + min(seconds, 60.0)
            while time.monotonic() < end_s:
                connection.send(_CHUNK)
        except OSError:
            pass  # the client or the network ended it, which is what the client reports


def fetch(address: str, port: int, name: str, seconds: float) -> dict[str, object]:
    """Fetch for some seconds and tell what came; ends at the deadline, at the server's end or at a failure."""
    received, failure = 0, "ok"
    begin_s = time.monotonic()
    t0_unix_s = t1_unix_s = time.time()
    connect_ms = 0.0
    buffer = bytearray(1 << 18)
    try:
        with socket.create_connection((address, port), timeout=_SILENCE_S) as connection:
            connect_ms = (time.monotonic() - begin_s) * 1000
            connection.sendall(client_hello(name, seconds + 0.2))
            connection.recv(1)
            t0_unix_s = t1_unix_s = time.time()
            deadline_s = time.monotonic() + seconds
            while time.monotonic() < deadline_s and (count := connection.recv_into(buffer)):
                received += count
                t1_unix_s = time.time()
    except TimeoutError:
        failure = "timeout"
    except ConnectionResetError:
        failure = "reset"
    except ConnectionRefusedError:
        failure = "refused"
    return {
        "received_bytes": received,
        "t0_unix_s": t0_unix_s,
        "t1_unix_s": t1_unix_s,
        "connect_ms": connect_ms,
        "failure": failure,
    }


def main() -> None:
    """Read the command line and serve or fetch."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    server = commands.add_parser("serve")
    server.add_argument("address")
    server.add_argument("port", type=int)
    server.add_argument("--pace-mbit-s", type=float, default=0.0)
    client = commands.add_parser("fetch")
    client.add_argument("address")
    client.add_argument("port", type=int)
    client.add_argument("name")
    client.add_argument("seconds", type=float)
    options = parser.parse_args()
    if options.command == "serve":
        serve(options.address, options.port, options.pace_mbit_s)
    else:
        print(json.dumps(fetch(options.address, options.port, options.name, options.seconds)))


if __name__ == "__main__":
    main()

"""tshark at the ISP: what a box on the path sees of TLS, plain HTTP and QUIC, as `wire.Seen`."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.lab.network import Lab
from tests.lab.wire import Seen

SYN = 0x02
BUFFER_MB = "32"
"""What the kernel keeps for tshark while it has no processor: at the usual 2 MB one connection of a hundred was missing once."""
DROPPED = re.compile(rb"[1-9]\d* packets? dropped.*")
_SERVER_NAME = "tls.handshake.extensions_server_name"
_IP = ("ip.ttl", "ip.dsfield")
_TCP = (*_IP, "tcp.hdr_len", "tcp.window_size_value")


class CaptureIncomplete(Exception):
    """A capture lacks packets that were on the wire."""


@dataclass(frozen=True)
class Carrier:
    """What tshark is asked of one carrier: its layer and port, the fields that show a name, and what must not differ with it.

    `payload` is the field of a packet's length, of which `headers_bytes` are no payload.
    """

    layer: str
    port: int
    name: str
    fingerprint: str
    constants: tuple[str, ...]
    payload: str = "tcp.len"
    headers_bytes: int = 0

    @property
    def capture_filter(self) -> str:
        """Return tshark's words for this carrier's packets."""
        return f"{self.layer} port {self.port}"

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the columns that are read."""
        return (
            "frame.time_epoch", f"{self.layer}.stream", f"{self.layer}.srcport", self.payload, "tcp.flags",
            self.name, self.fingerprint, "quic.length", "quic.token_length", *self.constants,
        )  # fmt: skip


TLS = Carrier("tcp", 443, _SERVER_NAME, "tls.handshake.ja3", _TCP)
HTTP = Carrier("tcp", 80, "http.host", "http.request.line", _TCP)
QUIC = Carrier(
    "udp", 443, _SERVER_NAME, "tls.handshake.ja3", (*_IP, "quic.version", "quic.dcil", "quic.scil"),
    payload="udp.length", headers_bytes=8,
)  # fmt: skip
"""Of QUIC a box can open the Initials, whose keys are public; tshark 4.0 opens the one before the Retry. Of the rest it sees datagrams."""


def captured(lab: Lab, path: Path, carrier: Carrier, measure: Callable[[], None]) -> list[Seen]:
    """Return the connections of that carrier that tshark saw at the ISP while `measure` ran; the capture stays at `path`.

    Raises `CaptureIncomplete` where it had to drop packets: what is missing then is no fault of who was measured.
    """
    argv = ["tshark", "-q", "-B", BUFFER_MB, "-i", "cust0", "-f", carrier.capture_filter, "-w", str(path)]
    tshark = lab.spawn("isp", 0, argv, stderr=subprocess.PIPE)
    assert tshark.stderr is not None
    for line in tshark.stderr:  # ends: when it captures, or with the program
        if b"Capturing" in line:
            break
    time.sleep(0.5)
    measure()
    time.sleep(0.5)
    tshark.terminate()
    _, said = tshark.communicate(timeout=10)
    if dropped := DROPPED.search(said):
        raise CaptureIncomplete(f"tshark: {dropped[0].decode()}")
    return read(path, carrier)


def read(path: Path, carrier: Carrier) -> list[Seen]:
    """Return the connections of a capture, in order."""
    argv = ["tshark", "-r", str(path), "-o", "http.desegment_body:FALSE", "-T", "fields"]
    argv += [word for name in carrier.fields for word in ("-e", name)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True)
    return connections(done.stdout.splitlines(), carrier)


def connections(lines: Iterable[str], carrier: Carrier) -> list[Seen]:
    """Return what stands in tshark's lines. A port that is used again begins another connection, by its Initial without a token."""
    streams: dict[str, Seen] = {}
    found: list[Seen] = []
    for line in lines:
        _, stream, port, *_, token_bytes = line.split("\t")[:9]
        seen = streams.get(stream)
        begins = port != str(carrier.port) and token_bytes == "0"
        if seen is None or (begins and len(seen.lengths) > 1):
            seen = streams[stream] = Seen()
            found.append(seen)
        _note(seen, line, carrier)
    return found


def _note(seen: Seen, line: str, carrier: Carrier) -> None:
    """Put one packet into its connection."""
    time_s, _, port, payload, flags, name, fingerprint, length, _, *constants = line.split("\t")
    upwards, syn = port != str(carrier.port), int(flags or "0", 16) & SYN
    size = int(payload) - carrier.headers_bytes
    if name:
        seen.name = name
        seen.constants.add(("hello", fingerprint.replace(name, "NAME"), *constants))
    if length and upwards:
        seen.lengths.append(int(length.split(",")[0]))
    if syn:
        seen.constants.add(("syn" if upwards else "syn-ack", *constants))
    if size or syn:
        seen.packets.append((float(time_s), upwards, size))

"""A real responder for tests: the command ``isonomia-probe respond`` in a process of its own, on loopback."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.gate import Gate
from probe.measurement.signing import GRANT, Signed, public_bytes, sign
from probe.measurement.ticket import Grant
from probe.nettests.base import Net
from probe.nettests.replay_tls import ReplayParams
from probe.plan import Responder
from probe.responder.command import identity

ROOT = Path(__file__).parents[2]
ADDRESSES = ("127.0.0.1", "127.0.0.2")
ORIGINAL = "video.service.example"
CONTROLS = ("one.control.example", "two.control.example")
OWNED_NAME = "r1.measure.example"
START_S = 20.0
DAY_US = 86_400_000_000


@dataclass
class RunningResponder:
    """A responder that runs, and the operator's key that it believes."""

    process: subprocess.Popen[bytes]
    responder: Responder
    operator: Ed25519PrivateKey
    folder: Path
    quarter_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def grant(self, key: Ed25519PrivateKey | None = None, **changes: Any) -> Signed:
        """A grant for ``key`` (else ``quarter_key``); ``by`` signs instead of the operator."""
        signer = changes.pop("by", self.operator)
        terms: dict[str, Any] = {
            "probe_key": public_bytes(key or self.quarter_key),
            "responders": (self.responder.id,),
            "bytes_per_day": 10_000_000_000,
            "expires_at_us": time.time_ns() // 1000 + DAY_US,
        }
        return sign(signer, GRANT, Grant(**{**terms, **changes}))

    def params(self, **changes: Any) -> ReplayParams:
        """A short pair: 400 ms at 20 Mbit/s, no gap."""
        terms: dict[str, Any] = {
            "responder": self.responder,
            "grant": self.grant(),
            "quarter_key": self.quarter_key,
            "service": "video",
            "original_name": ORIGINAL,
            "stratum": "owned",
            "control_candidates": CONTROLS,
            "pace_bit_s": 20_000_000,
            "duration_ms": 400,
            "gap_ms": 0,
        }
        return ReplayParams(**{**terms, **changes})

    def files(self) -> dict[Path, bytes]:
        """All that the responder keeps or has said: its state, its output."""
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def stop(self) -> int:
        """End it in good order; its exit code."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


def write_config(folder: Path, operator_key: bytes, **settings: Any) -> Path:
    """A responder's TOML file in ``folder``; ``bounds`` is a table of its own."""
    bounds = settings.pop("bounds", {})
    table = {
        "id": "r1",
        "owned_name": OWNED_NAME,
        "listen": list(ADDRESSES),
        "port": 0,
        "operator_key": operator_key.hex(),
        "contact": "measure@example.org",
        **settings,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in table.items()]
    lines += ["[bounds]", *(f"{name} = {json.dumps(value)}" for name, value in bounds.items())]
    path = folder / "responder.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@contextlib.contextmanager
def running_responder(
    folder: Path, *, operator: Ed25519PrivateKey | None = None, prefix: tuple[str, ...] = (), **settings: Any
) -> Iterator[RunningResponder]:
    """A responder process with its state in ``folder``; ended on leaving, whatever happened.

    ``settings`` go into its TOML file; ``prefix`` stands before the command (a namespace to run in).
    """
    operator = operator or Ed25519PrivateKey.generate()
    config = write_config(folder, public_bytes(operator), **settings)
    command = [sys.executable, "-m", "probe", "respond", "--config", str(config)]
    described = identity(config).block()  # what --describe prints, without a process more
    with (folder / "stderr.txt").open("ab") as stderr:
        process = subprocess.Popen(
            [*prefix, *command, "--json"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, "PYTHONWARNINGS": "error"},
        )
    try:
        said = json.loads(_first_line(process))
        facts = described | {name: said[name] for name in ("port", "quic_port", "http_port") if name in said}
        yield RunningResponder(process, _plan_entry(facts), operator, folder)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout:
            (folder / "stdout.txt").write_bytes(process.stdout.read())
            process.stdout.close()


def _plan_entry(facts: dict[str, Any]) -> Responder:
    return Responder(
        id=facts["id"],
        key=bytes.fromhex(facts["key"]),
        certificate_sha256=bytes.fromhex(facts["certificate_sha256"]),
        addresses=tuple(facts["addresses"]),
        port=facts["port"],
        owned_name=facts["owned_name"],
        quic_port=facts.get("quic_port"),
        http_port=facts.get("http_port"),
    )


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_S)
    line = process.stdout.readline() if ready else b""
    if not line:
        raise RuntimeError(f"the responder said nothing in {START_S} s; exit code {process.poll()}")
    return line


def lab_net(**seams: Any) -> Net:
    """The real network behind a laboratory's gate, which leads to loopback; ``seams`` as ``Net``'s."""
    return Net(gate=Gate(lab=True), **seams)


def ethernet_net(source: str | None = None) -> Net:
    """The real network, with the segments of an Ethernet line: Linux does not pace a connection's first ten.

    Loopback's own segments have 64 kB, so those ten would be a burst that no home ever sees. ``source`` is the
    address to come from.
    """

    def connect(address: tuple[str, int], timeout_s: float) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1448)
            if source:
                sock.bind((source, 0))
            sock.settimeout(timeout_s)
            sock.connect(address)
        except BaseException:
            sock.close()
            raise
        return sock

    return lab_net(connect=connect)

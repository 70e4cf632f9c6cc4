"""Time-series databases for tests: Debian's own InfluxDB 1.6 and VictoriaMetrics on loopback, real processes.

They can be killed, started again on the same port, and lose their data. Where one is not installed the test is skipped, and
says so: ``make test`` shows every skip with its reason.
"""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

START_S = 60.0
Kind = Literal["influx1", "victoria"]
PROGRAMS: dict[Kind, tuple[str, str]] = {
    "influx1": ("influxd", "influxdb"),
    "victoria": ("victoria-metrics", "victoria-metrics"),
}

_CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
  index-version = "inmem"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
"""


def free_port() -> int:
    """A port that was free a moment ago: neither program tells which one it took."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@dataclass
class Database:
    """One database in ``folder``. ``start``, ``stop`` and ``kill`` may be called in any order."""

    kind: Kind
    folder: Path
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log, env=_environment())
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            try:
                self.ask("/ping")
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
            else:
                return
        raise AssertionError((self.folder / "log").read_text(errors="replace")[-2000:])

    def ask(self, path: str, content: str | None = None) -> bytes:
        """The body of the answer to a GET, or to a POST of ``content``; fails on an answer that is no success."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET" if content is None else "POST", path, content)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status < 300, body
            return body
        finally:
            connection.close()

    def _command(self) -> list[str]:
        if self.kind == "victoria":
            flags = {"storageDataPath": self.folder / "data", "httpListenAddr": f"127.0.0.1:{self.port}"}
            flags |= {"retentionPeriod": "100y", "selfScrapeInterval": "0", "dedup.minScrapeInterval": "1ms"}
            return ["victoria-metrics", *(f"-{name}={value}" for name, value in flags.items())]
        config = self.folder / "influx.conf"
        config.write_text(_CONFIG.format(folder=self.folder, port=self.port))
        return ["influxd", "run", "-config", str(config)]

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it as an operator would."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(30)
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        self.stop(signal.SIGKILL)

    def lose_everything(self) -> None:
        """Kill it, delete its data, start it."""
        self.kill()
        for name in ("meta", "data", "wal"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        self.start()

    def back_up(self, to: Path) -> None:
        """Copy its data as they are on the disk, while it is stopped."""
        self.stop()
        for name in ("meta", "data", "wal"):
            if (self.folder / name).is_dir():
                shutil.copytree(self.folder / name, to / name)
        self.start()

    def restore(self, origin: Path) -> None:
        """Put an old copy in the place of what it has."""
        self.kill()
        for name in ("meta", "data", "wal"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            if (origin / name).is_dir():
                shutil.copytree(origin / name, self.folder / name)
        self.start()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not re.match("INFLUX", name)}


@contextmanager
def running(kind: Kind, folder: Path) -> Iterator[Database]:
    """A started database; skips the test where the program is not installed."""
    program, package = PROGRAMS[kind]
    if shutil.which(program) is None:
        pytest.skip(
            f"NOT RUN AGAINST A REAL DATABASE: {program} (Debian's package {package}) is not installed"
        )
    database = Database(kind, folder)
    database.start()
    try:
        yield database
    finally:
        database.kill()

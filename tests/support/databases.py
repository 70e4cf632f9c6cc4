"""Time-series databases for tests: Debian's own InfluxDB 1.6 and VictoriaMetrics on loopback, real processes; InfluxDB 2 and 3.

They can be killed, started again on the same port, and lose their data. Where one is not installed the test is skipped, and
says so: ``make test`` shows every skip with its reason. ``influx2`` is an ``influxd`` 2.x on the PATH, or the database that
``INFLUX_URL`` names (2.x or 3.x, with ``INFLUX_TOKEN`` and ``INFLUX_ORG``), which is emptied: it must hold nothing of ours before.
"""

import asyncio
import http.client
import json
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
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import pytest

from collector.timeseries.opening import Address, open_server
from collector.timeseries.policy import INSIDE, PRIVATE, PUBLIC

START_S = 60.0
Kind = Literal["influx1", "influx2", "victoria"]
PROGRAMS: dict[Kind, tuple[str, str]] = {
    "influx1": ("influxd", "influxdb"),
    "influx2": ("influxd", "none of Debian's: InfluxDB 2, or INFLUX_URL"),
    "victoria": ("victoria-metrics", "victoria-metrics"),
}
BUCKETS = ("isonomia_private", "isonomia_inside", "isonomia_public")
ORG, TOKEN = "isonomia", "isonomia-tests"
"""Of the InfluxDB 2 that a test starts."""

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
    headers: dict[str, str] = field(default_factory=dict)
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
            body = None if content is None else content.encode()
            connection.request("GET" if body is None else "POST", path, body, self.headers)
            answer = connection.getresponse()
            told = answer.read()
            assert answer.status < 300, told
            return told
        finally:
            connection.close()

    def _command(self) -> list[str]:
        if self.kind == "victoria":
            flags = {"storageDataPath": self.folder / "data", "httpListenAddr": f"127.0.0.1:{self.port}"}
            flags |= {"retentionPeriod": "100y", "selfScrapeInterval": "0", "dedup.minScrapeInterval": "1ms"}
            return ["victoria-metrics", *(f"-{name}={value}" for name, value in flags.items())]
        if self.kind == "influx2":
            flags = {"http-bind-address": f"127.0.0.1:{self.port}", "engine-path": self.folder / "engine"}
            flags |= {
                "bolt-path": self.folder / "influxd.bolt",
                "sqlite-path": self.folder / "influxd.sqlite",
            }
            return [
                "influxd",
                "--reporting-disabled",
                *(f"--{name}={value}" for name, value in flags.items()),
            ]
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


def asked(
    url: str, method: str, path: str, content: str | None, headers: dict[str, str]
) -> tuple[int, bytes]:
    """Status and body of one request to a server that the environment names."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=60)
    try:
        body = None if content is None else content.encode()
        connection.request(method, parts.path.rstrip("/") + path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Remote:
    """The database that ``INFLUX_URL`` names."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.headers = url.rstrip("/"), {"Authorization": f"Token {token}"}

    def ask(self, path: str, content: str | None = None) -> bytes:
        """As ``Database.ask``."""
        status, body = asked(self.url, "GET" if content is None else "POST", path, content, self.headers)
        assert status < 300, body
        return body

    def refuse_if_used(self) -> None:
        """Skips where a bucket of ours holds anything: somebody's measurements are not emptied by a test."""
        for bucket in BUCKETS:
            status, body = asked(
                self.url, "GET", f"/query?db={bucket}&q={quote('SHOW MEASUREMENTS')}", None, self.headers
            )
            if status == http.client.NOT_FOUND:
                continue  # no such bucket
            answer = json.loads(body)
            if any(result.get("series") for result in answer.get("results", ())):
                pytest.skip(
                    f"NOT RUN AGAINST INFLUX_URL: its {bucket} holds data, which this test would delete"
                )

    def forget(self) -> None:
        """Empty what the test has filled."""

        async def run() -> None:
            async with open_server(Address(self.url), os.environ) as server:
                for bucket in (PRIVATE, INSIDE, PUBLIC):
                    await server.empty(bucket)

        asyncio.run(run())


@contextmanager
def running(kind: Kind, folder: Path) -> Iterator[Any]:
    """A started database; skips the test where the program is not installed."""
    if kind == "influx2" and os.environ.get("INFLUX_URL"):
        remote = Remote(os.environ["INFLUX_URL"], os.environ.get("INFLUX_TOKEN", ""))
        remote.refuse_if_used()
        try:
            yield remote
        finally:
            remote.forget()
        return
    program, package = PROGRAMS[kind]
    if shutil.which(program) is None or (program == "influxd" and kind != f"influx{_major(program)}"):
        pytest.skip(f"NOT RUN AGAINST A REAL DATABASE ({kind}): {program} ({package}) is not installed")
    database = Database(kind, folder)
    database.start()
    try:
        with _set_up(database):
            yield database
    finally:
        database.kill()


def _major(program: str) -> str:
    """The first number of its version."""
    told = subprocess.run([program, "version"], capture_output=True, text=True, check=False)
    found = re.search(r"v(\d+)\.", told.stdout + told.stderr)
    return found[1] if found else ""


@contextmanager
def _set_up(database: Database) -> Iterator[None]:
    """An InfluxDB 2 is told its organisation and token, which the environment names while the block runs."""
    if database.kind != "influx2":
        yield
        return
    wanted = {"username": ORG, "password": TOKEN, "org": ORG, "bucket": "first", "token": TOKEN}
    database.ask("/api/v2/setup", json.dumps(wanted))
    database.headers["Authorization"] = f"Token {TOKEN}"
    before = dict(os.environ)
    os.environ |= {"INFLUX_TOKEN": TOKEN, "INFLUX_ORG": ORG}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before

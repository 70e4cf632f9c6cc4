"""A real Mosquitto on a free port, with the operator's files; and a probe's certificate for it."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from collector.mqtt import broker
from collector.mqtt.authority import Authority, found, utc_now
from tests.support.collectors import Site

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
HOST = "127.0.0.1"


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass
class TestBroker:
    """Mosquitto's process and where it listens. ``log`` is its standard error."""

    __test__ = False
    site: Site
    port: int
    log: Path
    prefix: tuple[str, ...] = ()
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def authority(self) -> Authority:
        """The site's authority."""
        return Authority(self.site.folder.root / "ca")

    @property
    def files(self) -> Path:
        """The broker's folder."""
        return self.site.folder.root / "ca" / "broker"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        assert MOSQUITTO is not None
        words = [*self.prefix, MOSQUITTO, "-c", str(self.files / "mosquitto.conf")]
        with self.log.open("ab") as errors:
            self.process = subprocess.Popen(words, stdout=errors, stderr=errors)
        for _ in range(500):
            with socket.socket() as trying:
                if trying.connect_ex((HOST, self.port)) == 0:
                    return
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.01)
        raise AssertionError("Mosquitto does not listen")

    def kill(self) -> None:
        """``kill -9``."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(20)

    def stop(self) -> None:
        """End it."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)


def with_mqtt(site: Site, port: int, name: str = HOST) -> None:
    """Make the site's authority and broker files, and name the broker in the operator's file; ``name`` is what probes call it."""
    authority = found(site.folder.root / "ca", "tests", utc_now())
    broker.write_all(authority, site.folder.root / "ca" / "broker", name, port, HOST, utc_now())
    with site.operator_file.open("a") as file:
        file.write(f'\n[mqtt]\nhost = "{name}"\nport = {port}\ncollector_host = "{HOST}"\n')


@contextmanager
def mosquitto(site: Site, log: Path, name: str = HOST) -> Iterator[TestBroker]:
    """A broker for ``site``; skips, loudly, where Mosquitto is not installed."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    port = free_port()
    with_mqtt(site, port, name)
    if os.geteuid() == 0:  # Mosquitto would give up root and then not read the files, which are root's
        with (site.folder.root / "ca" / "broker" / "mosquitto.conf").open("a") as conf:
            conf.write("user root\n")
    made = TestBroker(site, port, log)
    made.start()
    try:
        yield made
    finally:
        made.stop()

"""The world of the torture: its folders, its processes, and who starts again what was killed."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import msgspec

from probe.measurement.signing import Signed, public_bytes
from probe.plan import Plan
from tests.support.brokers import HOST, MOSQUITTO, free_port, with_mqtt
from tests.support.collectors import ROOT, Site
from tests.support.documents import key_from, make_enrolment
from tests.torture.prober import World

ADDRESSES = ["127.91.66.173", "127.113.201.94"]
VISITORS = ["198.51.100.173", "203.0.113.94"]
"""The homes behind them, by the word of a proxy on this machine: what the collector's limits count, which leave loopback out."""
FAKETIME = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "faketime" / "libfaketimeMT.so.1"
PROBES = 2
START_S = 240.0


@dataclass
class Part:
    """One process that is started anew when it ends, not before ``not_before_s`` on the monotonic clock."""

    name: str
    words: Callable[[], list[str]]
    environment: Callable[[], dict[str, str]] = dict
    process: "subprocess.Popen[bytes] | None" = None
    not_before_s: float = 0.0
    stopped: bool = False

    def signal(self, number: int) -> None:
        """Send it a signal, if it is there."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


@dataclass
class Scene:
    """Everything. ``folder`` holds homes and logs, ``data`` (a disk of its own, where it can be had) the collector's folder."""

    folder: Path
    data: Path
    rng: random.Random
    log: IO[bytes]
    parts: dict[str, Part] = field(default_factory=dict)
    guests: list[Part] = field(default_factory=list)
    incarnation: int = 0
    step_s: int = 0

    @property
    def clock_file(self) -> Path:
        """What libfaketime reads: how far the collector's clock is off."""
        return self.folder / "clock"

    def step_clock(self, seconds: int) -> None:
        """Set the collector's and the sealer's clock off by ``seconds``."""
        self.step_s = seconds
        beside = self.clock_file.with_suffix(".new")
        beside.write_text(f"{seconds:+d}\n")
        beside.rename(self.clock_file)

    def faked(self) -> dict[str, str]:
        """The environment in which the clock is ours; nothing where libfaketime is not installed."""
        if not FAKETIME.exists():
            return {}
        return {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self.clock_file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def seal_once(self, name: str) -> Part:
        """A single run of the sealer, not started yet."""
        command = [
            sys.executable,
            "-m",
            "collector",
            "seal",
            "--data",
            str(self.data / "data"),
            "--once",
            "--json",
        ]
        return Part(name, lambda: command, self.faked)

    def start(self, part: Part) -> None:
        """Start one process."""
        part.stopped = False
        part.process = subprocess.Popen(
            part.words(),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            env={**os.environ, "LC_ALL": "C.UTF-8", **part.environment()},
        )

    def mend(self) -> None:
        """Start what has ended and whose time has come."""
        for part in self.parts.values():
            if part.process is not None and part.process.poll() is None:
                continue
            if time.monotonic() >= part.not_before_s:
                self.start(part)

    def stop_all(self, names: tuple[str, ...], number: int = signal.SIGTERM) -> None:
        """End these parts and wait."""
        for name in names:
            part = self.parts.pop(name)
            part.signal(signal.SIGCONT)
            part.signal(number)
            if part.process is not None:
                try:
                    part.process.wait(60)
                except subprocess.TimeoutExpired:
                    part.process.kill()
                    part.process.wait(10)


def build(folder: Path, data: Path, seed: int) -> Scene:
    """Make keys, authority and the operator's file; start collector and broker; enrol; write ``world.json``; start the rest."""
    rng = random.Random(seed)
    (folder / "homes").mkdir(parents=True)
    scene = Scene(folder, data, rng, (folder / "log").open("ab"))
    scene.step_clock(0)
    site = Site.make(data, seed)
    with site.operator_file.open("a") as file:
        file.write("\n[collector]\ndocuments_per_key_day = 1000000\nbytes_per_key_day = 100000000000\n")
    port, broker_port = free_port(), free_port()
    if MOSQUITTO is not None:
        with_mqtt(site, broker_port)
        conf = site.folder.root / "ca" / "broker" / "mosquitto.conf"
        if os.geteuid() == 0:
            with conf.open("a") as file:
                file.write("user root\n")
        scene.parts["broker"] = Part("broker", lambda: [MOSQUITTO or "", "-c", str(conf)])
    _collector_parts(scene, site, port)
    try:
        _people(scene, site, f"http://{HOST}:{port}")
    except BaseException:
        scene.stop_all(tuple(scene.parts), signal.SIGKILL)
        raise
    return scene


def _people(scene: Scene, site: Site, url: str) -> None:
    """Start what there is, enrol the probes, write ``world.json``, start them."""
    folder, rng = scene.folder, scene.rng
    scene.mend()
    plan = _plan(url)
    quarter_keys = [key_from(rng) for _ in range(PROBES)]
    for key in quarter_keys:
        enrolment = make_enrolment(key_from(rng), key, datetime.now(UTC))
        _open(f"{url}/v1/enrolments", msgspec.json.encode(enrolment))
    world = World(
        url,
        public_bytes(site.folder.open()),
        site.responder_key.private_bytes_raw(),
        [key.private_bytes_raw() for key in quarter_keys],
        ADDRESSES,
        VISITORS,
        plan,
    )
    (folder / "world.json").write_bytes(msgspec.json.encode(world))
    _probe_parts(scene)
    scene.mend()


def _collector_parts(scene: Scene, site: Site, port: int) -> None:
    data, operator = str(site.folder.root), str(site.operator_file)
    serve = ["serve", "--data", data, "--operator", operator, "--listen", f"{HOST}:{port}", "--json"]
    seal = ["seal", "--data", data, "--every", "1", "--json"]
    for name, words in (("collector", serve), ("sealer", seal)):
        command = [sys.executable, "-m", "collector", *words]
        scene.parts[name] = Part(name, lambda command=command: command, scene.faked)  # type: ignore[misc] # its own words


def _probe_parts(scene: Scene) -> None:
    for number in range(PROBES):
        (scene.folder / "homes" / str(number)).mkdir()
        scene.parts[f"probe{number}"] = Part(f"probe{number}", _prober(scene, number))


def _prober(scene: Scene, number: int) -> Callable[[], list[str]]:
    def words() -> list[str]:
        scene.incarnation += 1
        by = scene.rng.choice(("http", "mqtt")) if MOSQUITTO is not None else "http"
        seed = f"{scene.rng.getrandbits(32)}.{scene.incarnation}"
        return [sys.executable, "-m", "tests.torture.prober", str(scene.folder), str(number), seed, by]

    return words


def _plan(url: str) -> Plan:
    """The plan, once the collector answers."""
    deadline_s = time.monotonic() + START_S
    while True:
        try:
            signed = msgspec.json.decode(_open(f"{url}/v1/plan", None), type=Signed)
            return msgspec.json.decode(signed.body_bytes(), type=Plan)
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < deadline_s, "the collector does not answer"
            time.sleep(0.05)


def _open(url: str, body: bytes | None) -> bytes:
    with urllib.request.urlopen(url, data=body, timeout=20) as response:  # noqa: S310 - our own loopback server
        return bytes(response.read())


OWN_NETWORK = "ISONOMIA_TORTURE_NETWORK"


def has_own_network() -> bool:
    """Whether all of this runs in a network namespace of its own, so that cutting its link harms nobody."""
    return os.environ.get(OWN_NETWORK) == "yes"


def has_own_disk(data: Path) -> bool:
    """Whether ``data`` is a disk of its own, so that filling it harms nobody."""
    return os.path.ismount(data) and shutil.disk_usage(data).total < 1_000_000_000

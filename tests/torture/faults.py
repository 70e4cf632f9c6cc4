"""The faults, each a function of the scene; how often each is drawn stands beside it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.torture.world import FAKETIME, Scene, has_own_disk, has_own_network

HOUR_S: Final = 3600
FARTHEST_S: Final = 120 * HOUR_S
"""The plan of a world holds for ninety days: a clock so far ahead is still within it."""


@dataclass(frozen=True)
class Fault:
    """A fault and its weight; ``fits`` says whether this machine can do it."""

    name: str
    weight: int
    do: Callable[[Scene], str]
    fits: Callable[[Scene], bool] = lambda _: True


def _kill(prefix: str) -> Callable[[Scene], str]:
    def do(scene: Scene) -> str:
        name = scene.rng.choice([name for name in scene.parts if name.startswith(prefix)])
        part = scene.parts[name]
        part.signal(signal.SIGKILL)
        if part.process is not None:
            part.process.wait(20)
        away_s = scene.rng.choice((0.0, 0.0, scene.rng.uniform(0.1, 1.5)))
        part.not_before_s = time.monotonic() + away_s
        return f"{name}, away for {away_s:.1f} s"

    return do


def _stop(scene: Scene) -> str:
    """SIGSTOP somebody, and go on while he stands; whoever comes here twice continues whom he finds standing."""
    name = scene.rng.choice(sorted(scene.parts))
    part = scene.parts[name]
    part.signal(signal.SIGSTOP)
    held_s = scene.rng.uniform(0.1, 2.0)
    time.sleep(held_s)
    part.signal(signal.SIGCONT)
    return f"{name} for {held_s:.1f} s"


def _step(scene: Scene) -> str:
    """Steps, mostly an hour ahead, so that hours close and are sealed; now and then hours back."""
    by = (
        HOUR_S
        if scene.step_s == 0
        else scene.rng.choice((HOUR_S, HOUR_S, 2 * HOUR_S, 90, -90, -HOUR_S, -5 * HOUR_S))
    )
    wanted = scene.step_s + by
    scene.step_clock(wanted if -6 * HOUR_S < wanted < FARTHEST_S else 0)
    return f"to {scene.step_s:+d} s"


def _two_sealers(scene: Scene) -> str:
    """Start two more sealers beside the one that is at work; they end by themselves."""
    for _ in range(2):
        guest = scene.seal_once("guest")
        scene.start(guest)
        scene.guests.append(guest)
    return "beside the first"


def _full_disk(scene: Scene) -> str:
    """Fill the collector's disk to the last block for a while."""
    ballast = scene.data / "ballast"
    held_s = scene.rng.uniform(0.3, 1.5)
    with ballast.open("wb") as file:
        free = os.statvfs(scene.data)
        try:
            os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_frsize))
        except OSError:
            pass  # somebody took the last blocks meanwhile: it is full
        time.sleep(held_s)
    ballast.unlink()
    return f"for {held_s:.1f} s"


def _cut_network(scene: Scene) -> str:
    """Cut the only link that all of them have: nothing arrives, and nobody is told that it did not."""
    held_s = scene.rng.uniform(0.3, 3.0)
    subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
    try:
        time.sleep(held_s)
    finally:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return f"for {held_s:.1f} s"


def _half_written(scene: Scene) -> str:
    """Files such as a power cut leaves: half a partial file wherever one may be, and an hour file that was never filled."""
    data, junk = scene.data / "data", scene.rng.randbytes(scene.rng.randrange(2000))
    for folder in (data / "sealed", data / "archive" / "v1" / "log", data / "plans"):
        if folder.is_dir():
            (folder / f".{scene.rng.getrandbits(32):08x}.partial").write_bytes(junk)
    for home in (scene.folder / "homes").iterdir():
        if (home / "spool" / "pending").is_dir():
            (home / "spool" / "pending" / f".{scene.rng.getrandbits(32):08x}.json.partial").write_bytes(junk)
    return f"{len(junk)} bytes each"


FAULTS: Final = (
    Fault("kill collector", 5, _kill("collector")),
    Fault("kill sealer", 4, _kill("sealer")),
    Fault("kill broker", 4, _kill("broker"), lambda scene: "broker" in scene.parts),
    Fault("kill probe", 4, _kill("probe")),
    Fault("stop", 3, _stop),
    Fault("clock step", 5, _step, lambda _: FAKETIME.exists()),
    Fault("two sealers", 2, _two_sealers),
    Fault("full disk", 2, _full_disk, lambda scene: has_own_disk(scene.data)),
    Fault("half-written files", 2, _half_written),
    Fault("network cut", 3, _cut_network, lambda _: has_own_network()),
)
"""Duplicates, other orders and delays need no fault: the probes make them all the time."""


def draw(scene: Scene, done: int) -> Fault:
    """The next fault: each kind once before any comes twice, then by weight."""
    fitting = [fault for fault in FAULTS if fault.fits(scene)]
    if done < len(fitting):
        return fitting[done]
    return scene.rng.choices(fitting, [fault.weight for fault in fitting])[0]

"""``python -m tests.torture [--faults N] [--seed S] [--keep FOLDER]``: exit 0 if nothing was lost, doubled or leaked.

Runs again in namespaces of its own: of mounts, where the collector's folder is a disk of 300 MB, so that it can be filled, and
of the network, whose one link can be cut. Where these cannot be had, it says so and leaves that fault out.
"""

import argparse
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.torture import faults, judge, leaks
from tests.torture.world import ADDRESSES, FAKETIME, OWN_NETWORK, VISITORS, Scene, build

INSIDE = "ISONOMIA_TORTURE_INSIDE"
LINK_UP = "ip link set lo up"
MOUNT = 'mount -t tmpfs -o size=300m none "$1" && shift && exec "$@"'
DRAIN_S = 240.0
RECOVERY_S = 240.0


def main() -> int:
    """Torture, and say how it went."""
    parser = argparse.ArgumentParser(prog="torture")
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    if INSIDE in os.environ:
        return torture(Path(os.environ[INSIDE]), options.faults, options.seed)
    folder = options.keep or Path(tempfile.mkdtemp(prefix="isonomia-torture-"))
    (folder / "disk").mkdir(parents=True)
    print(f"seed {options.seed}, {folder}", flush=True)
    words = [
        sys.executable,
        "-m",
        "tests.torture",
        "--faults",
        str(options.faults),
        "--seed",
        str(options.seed),
    ]
    environment = {**os.environ, INSIDE: str(folder)}
    with_mounts, with_network = (
        ["unshare", flags if os.geteuid() == 0 else f"{flags}Ur"] for flags in ("-m", "-mn")
    )
    if _works(*with_network, "sh", "-c", LINK_UP):
        environment[OWN_NETWORK] = "yes"
        words = [*with_network, "sh", "-c", f"{LINK_UP} && {MOUNT}", "sh", str(folder / "disk"), *words]
    elif _works(*with_mounts, "true"):
        print("no network namespace here: a cut network is NOT tried", flush=True)
        words = [*with_mounts, "sh", "-c", MOUNT, "sh", str(folder / "disk"), *words]
    else:
        print("no namespaces here: a full disk and a cut network are NOT tried", flush=True)
    if not FAKETIME.exists():
        print("no libfaketime here (apt-get install libfaketime): clock steps are NOT tried", flush=True)
    code = subprocess.run(words, env=environment, check=False).returncode
    if code == 0 and options.keep is None:
        shutil.rmtree(folder)
    return code


def _works(*words: str) -> bool:
    """Whether a command can be run here, and ends well."""
    if shutil.which(words[0]) is None:
        return False
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


def torture(folder: Path, count: int, seed: int) -> int:
    """``count`` faults, each judged; then everything is mended, drained, sealed and judged whole."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # whoever ends us ends what we started
    began_s = time.monotonic()
    scene = build(folder, folder / "disk", seed)
    drawn: Counter[str] = Counter()
    try:
        for number in range(count):
            _go_on(scene)
            fault = faults.draw(scene, number)
            told = fault.do(scene)
            drawn[fault.name] += 1
            found = judge.account(folder, scene.data / "data")
            print(
                f"{number + 1:4} {fault.name}: {told}; told {found.told}, waiting {found.waiting}", flush=True
            )
            if not found.good:
                print(found, flush=True)
                return 1
        return _end(scene, drawn, time.monotonic() - began_s)
    finally:
        scene.stop_all(tuple(scene.parts), 9)


def _go_on(scene: Scene) -> None:
    """Let them work: mostly until something more was told accepted, sometimes hardly at all.

    Nothing is away for long, so whatever broke must recover: where nobody is told anything for ``RECOVERY_S``, that is a fault
    of ours.
    """
    patient = scene.rng.random() < 0.7
    before, deadline_s = _told(scene), time.monotonic() + RECOVERY_S
    while True:
        scene.mend()
        time.sleep(scene.rng.uniform(0.05, 0.3))
        if not patient or _told(scene) != before:
            return
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"nothing was told accepted for {RECOVERY_S:.0f} s")


def _told(scene: Scene) -> list[int]:
    """How long the journals are."""
    journals = (home / "journal" for home in sorted((scene.folder / "homes").iterdir()))
    return [path.stat().st_size if path.exists() else 0 for path in journals]


def _end(scene: Scene, drawn: Counter[str], took_s: float) -> int:
    """Mend everything, let the spools run empty, stop, judge whole."""
    (scene.folder / "stop").touch()
    deadline_s = time.monotonic() + DRAIN_S
    probes = tuple(name for name in scene.parts if name.startswith("probe"))
    while judge.account(scene.folder, scene.data / "data").waiting:
        if time.monotonic() > deadline_s:
            print("the spools do not run empty", flush=True)
            return 1
        scene.mend()
        time.sleep(0.2)
    scene.stop_all(probes)
    for guest in scene.guests:
        assert guest.process is not None
        guest.process.wait(60)
    scene.stop_all(tuple(scene.parts))
    scene.step_clock(faults.FARTHEST_S + 2 * faults.HOUR_S)
    last = scene.seal_once("last")
    scene.start(last)
    assert last.process is not None
    assert last.process.wait(300) == 0, "the last run of the sealer failed"
    found = judge.account(scene.folder, scene.data / "data")
    seals = judge.verify(scene.data / "data")
    leaked = [
        one
        for addresses in (ADDRESSES, VISITORS)
        for one in leaks.find(scene.folder, addresses, scene.folder / "homes")
    ]
    rejected = list(scene.folder.glob("homes/*/spool/rejected/*.json"))
    leaked = [one for one in leaked if not one.startswith(str(scene.folder / "world.json"))]
    print(
        f"{sum(drawn.values())} faults in {took_s:.0f} s ({', '.join(f'{n} {name}' for name, n in sorted(drawn.items()))}): "
        f"{found.told} documents accepted, {len(found.lost)} lost, {len(found.doubled)} doubled, {seals} seals verified, "
        f"{len(leaked)} leaks",
        flush=True,
    )
    for line in leaked:
        print(line, flush=True)
    good = (
        bool(seals)
        and found.good
        and found.stored == found.told
        and not rejected
        and not leaked
        and not found.waiting
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

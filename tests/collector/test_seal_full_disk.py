"""A disk that is really full (a tmpfs of 80 MB in a mount namespace of its own): refused politely, nothing lost, recovered."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.support.sealing import ROOT

MOUNT = 'mount -t tmpfs -o size=80m none "$1" && shift && exec "$@"'


def on_a_small_disk(folder, *words: str) -> dict[str, object]:
    """Run ``tests.support.full_disk`` with a small disk at ``folder``, which nobody else sees; what it printed."""
    namespace = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    if shutil.which("unshare") is None or subprocess.run([*namespace, "true"], check=False).returncode != 0:
        pytest.skip(f"no mount namespace here ({' '.join(namespace)}): a full disk was NOT tested")
    inside = [sys.executable, "-m", "tests.support.full_disk", str(folder), *words]
    done = subprocess.run(
        [*namespace, "sh", "-c", MOUNT, "sh", str(folder), *inside],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert 0 == done.returncode, done.stderr
    said: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return said


@pytest.mark.timeout(600)
@pytest.mark.parametrize("reserve", ["yes", "no"])
def test_a_full_disk(tmp_path, reserve):
    """The collector refuses and keeps what it accepted. With its reserve the sealer empties the disk by itself; without,
    it says so, changes nothing, and does it once there is room. Then documents are accepted again, and all are there once.
    """
    said = on_a_small_disk(tmp_path, reserve)
    assert ["store_unavailable"] * 3 == said["refused"]
    assert [False, True] == said["healthy"]
    assert said["kept_before"]
    assert said["unchanged"]
    if reserve == "no":
        assert "make room" in str(said["first"])
    assert int(str(said["sealed"])) >= 5
    assert ("accepted", 0, 0) == (said["again"], said["hot"], said["partials"])
    assert said["all_there_once"]

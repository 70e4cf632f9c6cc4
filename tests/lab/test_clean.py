"""What is left after a lab, however it ended: nothing of its own, and all of what is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from functools import partial
from pathlib import Path

import pytest

from tests.lab.namespaces import namespace_inode
from tests.lab.network import Lab
from tests.lab.stage import REPOSITORY
from tests.lab.state import clean, start_time, state_folder
from tests.lab.support import needs_lab

pytestmark = pytest.mark.lab


def test_nothing_is_left_after_the_lab() -> None:
    """Namespaces, programs, what they started and the state file are gone when the block ends, also by an exception."""
    needs_lab()
    lab, grandchild = Lab(homes=2, rtt_ms=5), 0
    try:
        with lab:
            sleeper = lab.spawn("probe", 1, ["sh", "-c", "sleep 600 & echo $!; wait"], stdout=subprocess.PIPE)
            assert sleeper.stdout is not None
            grandchild = int(sleeper.stdout.readline())
            assert start_time(grandchild) is not None
            raise KeyError
    except KeyError:
        pass
    assert [None] * 7 == [namespace_inode(name) for name in lab.namespaces()]
    assert start_time(grandchild) is None
    assert not (state_folder() / f"{lab.prefix}.jsonl").exists()


def test_what_a_killed_lab_leaves_is_cleared_and_a_living_one_is_not() -> None:
    """After kill -9 of the owner the next lab's cleaning removes its namespaces and programs; other labs stay untouched."""
    needs_lab()
    script = textwrap.dedent("""
        import time
        from tests.lab.network import Lab
        with Lab(homes=1, rtt_ms=5) as lab:
            child = lab.spawn("probe", 0, ["sh", "-c", "setsid sleep 600 & wait"])
            time.sleep(0.2)
            print(lab.prefix, child.pid, flush=True)
            time.sleep(600)
    """)
    with Lab(homes=1, rtt_ms=5) as living:
        program = living.spawn("net", 0, ["sleep", "600"])
        owner = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=REPOSITORY)
        assert owner.stdout is not None
        prefix, child = owner.stdout.readline().decode().split()
        orphan = namespace_inode(f"{prefix}-probe0")
        assert orphan is not None
        os.kill(owner.pid, signal.SIGKILL)
        owner.wait()
        owner.stdout.close()
        deadline_s = time.monotonic() + 3
        while start_time(int(child)) is not None and time.monotonic() < deadline_s:
            time.sleep(0.02)
        assert start_time(int(child)) is None, "a direct child dies with its owner, before any cleaning"
        assert namespace_inode(f"{prefix}-probe0") == orphan
        assert [prefix] == clean()
        assert namespace_inode(f"{prefix}-probe0") is None
        assert not (state_folder() / f"{prefix}.jsonl").exists()
        assert program.poll() is None
        assert namespace_inode(living.namespace("net")) is not None


def test_lab_clean_leaves_alone_what_is_not_ours(tmp_path: Path) -> None:
    """`make lab-clean` after kill -9: the lab's namespaces go, one of somebody else stays, with what runs in it."""
    needs_lab()
    # Another test's lab would clear away what this one left, were it written down where that one looks.
    environment = {**os.environ, "ISONOMIA_LAB_STATE": str(tmp_path)}
    script = textwrap.dedent("""
        import time
        from tests.lab.network import Lab
        with Lab(homes=2, rtt_ms=5) as lab:
            lab.spawn("net", 0, ["sh", "-c", "setsid sleep 600 & wait"])
            time.sleep(0.2)
            print(lab.prefix, flush=True)
            time.sleep(600)
    """)
    # It is named as a lab's namespaces are, but no record says that it is one.
    other = f"iso{os.getpid()}x999-elsewhere"
    subprocess.run(["ip", "netns", "add", other], check=True)
    stranger = subprocess.Popen(["ip", "netns", "exec", other, "sleep", "600"])
    try:
        owner = subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=REPOSITORY, env=environment
        )
        assert owner.stdout is not None
        prefix = owner.stdout.readline().decode().strip()
        left = [f"{prefix}-{kind}" for kind in ("isp", "dly", "net", "home0", "probe0", "home1", "probe1")]
        os.kill(owner.pid, signal.SIGKILL)
        owner.wait()
        owner.stdout.close()
        assert None not in [namespace_inode(name) for name in left]
        cleaning = partial(
            subprocess.run, [sys.executable, "-m", "tests.lab", "clean"], cwd=REPOSITORY, env=environment,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        said = cleaning().stdout
        assert [prefix] == [line.rpartition(" ")[2] for line in said.splitlines()]
        assert [None] * 7 == [namespace_inode(name) for name in left]
        assert namespace_inode(other) is not None
        assert stranger.poll() is None
        assert "" == cleaning().stdout
    finally:
        stranger.kill()
        stranger.wait()
        subprocess.run(["ip", "netns", "del", other], check=True)

"""What a lab made, written down before it is made, so that a lab that crashed can be cleared away by the next.

One file per lab in the state folder, `<prefix>.jsonl`: first a line about the owner, then one for each namespace and process.
`clean` removes what is listed in files whose owner is dead, and nothing else. A process is known by its id together with its
start time, so that a reused id is never taken for it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.namespaces import namespace_inode, processes_in

_PREFIX = re.compile(r"iso\d+x\d+")
_REPOSITORY = Path(__file__).resolve().parents[2]


def state_folder() -> Path:
    """Return the folder for state files and the compiled delay line: build/lab, or a private one in $TMPDIR if that is read-only.

    ISONOMIA_LAB_STATE names another: labs of another folder neither clean these away nor are cleaned by them.
    """
    folder = Path(os.environ.get("ISONOMIA_LAB_STATE", _REPOSITORY / "build" / "lab"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    outer_uid = Path("/proc/self/uid_map").read_text().split()[1] if os.geteuid() == 0 else str(os.geteuid())
    folder = Path(tempfile.gettempdir(), f"isonomia-lab-{outer_uid}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder


def start_time(pid: int) -> int | None:
    """Return a process's start time in clock ticks since boot, or None if it has ended (a zombie has)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _here() -> dict[str, str]:
    """Return what process ids are relative to: this boot and this pid namespace."""
    return {
        "boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        "pids": str(Path("/proc/self/ns/pid").readlink()),
    }


class Record:
    """The state file of one lab, open for appending."""

    def __init__(self, prefix: str, mode: str) -> None:
        self.path = state_folder() / f"{prefix}.jsonl"
        self._append({"owner": os.getpid(), "start": start_time(os.getpid()), "mode": mode, **_here()})

    def _append(self, entry: dict[str, object]) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(entry) + "\n")

    def namespaces(self, names: list[str]) -> None:
        """Note namespaces that are about to be made."""
        self._append({"namespaces": names})

    def process(self, pid: int) -> None:
        """Note a process that was just started."""
        self._append({"process": pid, "start": start_time(pid)})

    def remove(self) -> None:
        """Forget the lab: all it made is gone."""
        self.path.unlink(missing_ok=True)


@dataclass
class _Found:
    """What a state file says."""

    owner: dict[str, object] = field(default_factory=dict)
    namespaces: list[str] = field(default_factory=list)
    processes: list[tuple[int, int | None]] = field(default_factory=list)


def _read(path: Path) -> _Found:
    found = _Found()
    for line in path.read_text().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:  # the owner died while it wrote this line
            continue
        if "owner" in entry:
            found.owner = entry
        found.namespaces += [n for n in entry.get("namespaces", []) if n.startswith(f"{path.stem}-")]
        if "process" in entry:
            found.processes.append((entry["process"], entry["start"]))
    return found


def _is_dead(found: _Found) -> bool:
    """Tell whether the owner is surely gone; an owner in another pid namespace may live, and is left alone."""
    here = _here()
    if found.owner.get("boot") != here["boot"]:
        return True
    if found.owner.get("pids") != here["pids"]:
        return False
    owner = found.owner.get("owner")
    return not isinstance(owner, int) or start_time(owner) != found.owner.get("start")


def kill_all(pids: list[int]) -> None:
    """Kill processes by id; those that have ended already are fine."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass


def delete_namespaces(names: list[str]) -> None:
    """Kill whatever runs in these namespaces and remove them; those that are gone are fine."""
    inodes = {inode for inode in map(namespace_inode, names) if inode is not None}
    if not inodes:
        return
    kill_all([pid for pid in processes_in(inodes) if pid != os.getpid()])
    lines = "".join(f"netns del {name}\n" for name in names if namespace_inode(name) is not None)
    subprocess.run(["ip", "-force", "-batch", "-"], input=lines, text=True, capture_output=True, check=False)


def clean() -> list[str]:
    """Remove what labs with a dead owner left: processes, namespaces, state files. Return their prefixes.

    A rootless lab's namespaces end with its last process; of such a lab only processes and the file are left to remove.
    """
    cleaned = []
    for path in sorted(state_folder().glob("iso*.jsonl")):
        if not _PREFIX.fullmatch(path.stem):
            continue
        try:
            found = _read(path)
        except FileNotFoundError:  # another lab cleans at the same moment
            continue
        if not _is_dead(found):
            continue
        if found.owner.get("boot") == _here()["boot"]:
            kill_all(
                [pid for pid, start in found.processes if start is not None and start_time(pid) == start]
            )
            delete_namespaces(found.namespaces)
        path.unlink(missing_ok=True)
        cleaned.append(path.stem)
    return cleaned

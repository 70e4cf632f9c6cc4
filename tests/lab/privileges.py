"""Root, or a user namespace in which this program is root: the lab needs one of them.

    python -m tests.lab.privileges COMMAND …      runs a command as `ensure` would run this program

`ensure` is called first in a command's main: it returns the mode, or starts the program again inside `unshare -Urnm`. If neither
is possible it raises LabUnavailableError, whose message ends with the exact line to run as root; a command line exits 3 with it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from tests.lab.messages import text

EXIT_UNAVAILABLE = 3
_TOOLS = {
    "ip": "iproute2",
    "tc": "iproute2",
    "nft": "nftables",
    "iptables-restore": "iptables",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "mount": "mount",
}
_CAP_NET_ADMIN, _CAP_NET_RAW, _CAP_SYS_ADMIN = 12, 13, 21
_UNSHARE = ["unshare", "-Urnm", "--"]


class LabUnavailableError(Exception):
    """The lab cannot run here; str() says why and what to run as root."""


def search_path() -> str:
    """Return PATH with the sbin folders, which a plain user's PATH lacks on Debian."""
    parts = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join([*parts, *(p for p in ("/usr/sbin", "/sbin") if p not in parts)])


def _capable() -> bool:
    status = Path("/proc/self/status").read_text()
    effective = int(status.partition("CapEff:")[2].split()[0], 16)
    return all(effective >> bit & 1 for bit in (_CAP_NET_ADMIN, _CAP_NET_RAW, _CAP_SYS_ADMIN))


def _in_user_namespace() -> bool:
    return Path("/proc/self/uid_map").read_text().split() != ["0", "0", "4294967295"]


def _missing_tools() -> list[str]:
    path = search_path()
    return [tool for tool in _TOOLS if shutil.which(tool, path=path) is None]


def lab_mode() -> str:
    """Return "root" or "userns": by what right this very process can build a lab. Raises LabUnavailableError if by none."""
    missing = _missing_tools()
    if missing:
        packages = " ".join(sorted({_TOOLS[tool] for tool in missing}))
        raise LabUnavailableError(
            text("lab_needs_tools", tools=", ".join(missing), line=f"apt-get install -y {packages}")
        )
    if os.geteuid() == 0 and _capable():
        return "userns" if _in_user_namespace() else "root"
    again = shlex.join([sys.executable, "-m", "tests.lab.privileges", sys.executable, *sys.orig_argv[1:]])
    raise LabUnavailableError(text("lab_needs_start", line=again))


def _as_root() -> str:
    return shlex.join(["sudo", "env", f"PATH={search_path()}", sys.executable, *sys.orig_argv[1:]])


def _remedy() -> str:
    """Return the line to run as root: the kernel switch that is off, else this very command under sudo."""
    for switch, off, on in (
        ("kernel.unprivileged_userns_clone", "0", "1"),
        ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
        ("user.max_user_namespaces", "0", "15000"),
    ):
        path = Path("/proc/sys", switch.replace(".", "/"))
        if path.exists() and path.read_text().strip() == off:
            return f"sysctl -w {switch}={on}"
    return _as_root()


def prepare() -> str:
    """Return the mode, with PATH complete and, in a user namespace, a /run of our own for named namespaces.

    Raises LabUnavailableError. Safe to call again.
    """
    mode = lab_mode()
    os.environ["PATH"] = search_path()
    if mode == "userns" and not os.access("/run/netns", os.W_OK):
        try:
            Path("/run/netns").mkdir()
        except OSError:
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
            Path("/run/netns").mkdir()
    return mode


def _enter_user_namespace(argv: Sequence[str]) -> NoReturn:
    """Become `argv` inside `unshare -Urnm`; never returns. Raises LabUnavailableError if the kernel refuses."""
    path = search_path()
    tried = subprocess.run(
        [*_UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/run"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )
    if tried.returncode != 0:
        reason = tried.stderr.strip() or f"exit {tried.returncode}"
        raise LabUnavailableError(text("lab_needs_privileges", reason=reason, line=_remedy()))
    sys.stdout.flush()
    sys.stderr.flush()
    os.execvpe(_UNSHARE[0], [*_UNSHARE, *argv], {**os.environ, "PATH": path})  # noqa: S606 - no shell is wanted


def ensure(argv: Sequence[str] | None = None) -> str:
    """Return "root" or "userns"; where only a user namespace is possible, start this program again in one.

    `argv` replaces the command to start again (default: this process's own). Raises LabUnavailableError.
    """
    try:
        return prepare()
    except LabUnavailableError:
        if _missing_tools() or (os.geteuid() == 0 and _capable()):
            raise
    _enter_user_namespace(argv if argv is not None else [sys.executable, *sys.orig_argv[1:]])


def main() -> NoReturn:
    """Run the command line's arguments as a command with the lab's privileges."""
    command = sys.argv[1:]
    if not command:
        print((__doc__ or "").strip(), file=sys.stderr)
        sys.exit(2)
    try:
        ensure()
    except LabUnavailableError as error:
        print(error, file=sys.stderr)
        sys.exit(EXIT_UNAVAILABLE)
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()

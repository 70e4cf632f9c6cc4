"""Entering a network namespace, and what is set inside it: links, sysctls, offloads, rules.

A thread, not a process, is moved: `inside` runs a function on a thread of its own that has entered the namespace, and every
program started from that thread starts there too.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

RUN_NETNS = Path("/run/netns")
CLONE_NEWNET = 0x40000000
_SIOCETHTOOL = 0x8946
_OFFLOADS_OFF = (0x1F, 0x24, 0x2C, 0x17)
"""ETHTOOL_STSO, SGSO, SGRO, STXCSUM: offloaded 64 KB frames would pass a policer whole, unfinished checksums a delay line."""

_libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """The lab could not be built or could not do what it was asked; the message holds the tool's own words."""


def enter(namespace: str) -> None:
    """Move the calling thread into the network namespace, for good. Raises OSError if there is none of that name."""
    fd = os.open(RUN_NETNS / namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if _libc.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
    finally:
        os.close(fd)


def inside(namespace: str, function: Callable[[], T]) -> T:
    """Run `function` on a new thread inside the namespace and return its result, or raise what it raised."""
    results: list[T] = []
    errors: list[BaseException] = []

    def body() -> None:
        try:
            enter(namespace)
            results.append(function())
        except BaseException as error:  # noqa: BLE001 - carried to the caller's thread and raised there
            errors.append(error)

    thread = threading.Thread(target=body, name=f"inside {namespace}")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def feed(argv: Sequence[str], text: str) -> None:
    """Run a tool that reads its orders from standard input. Raises LabError with the tool's message and the text."""
    try:
        done = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        raise LabError(f"{argv[0]}: not installed") from None
    if done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: exit {done.returncode}: {done.stderr.strip()}\n{text}")


def ip_batch(lines: Sequence[str]) -> None:
    """Run `ip -batch` in the calling thread's namespace; stops at the first line that fails."""
    feed(["ip", "-batch", "-"], "\n".join(lines) + "\n")


def set_sysctls(values: Mapping[str, int]) -> None:
    """Write /proc/sys/net values of the calling thread's namespace; a name this kernel lacks is left out."""
    for name, value in values.items():
        path = Path("/proc/sys/net", name)
        if path.exists():
            path.write_text(f"{value}\n")


def offloads_off(interfaces: Sequence[str]) -> None:
    """Switch off segmentation, receive and checksum offloads, by ioctl (ethtool need not be installed)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for interface in interfaces:
            for command in _OFFLOADS_OFF:
                value = ctypes.create_string_buffer(struct.pack("=II", command, 0))
                fcntl.ioctl(
                    control,
                    _SIOCETHTOOL,
                    struct.pack("@16sP16x", interface.encode(), ctypes.addressof(value)),
                )


def namespace_inode(namespace: str) -> int | None:
    """Return the kernel's number of a named namespace, or None if there is none of that name."""
    try:
        return (RUN_NETNS / namespace).stat().st_ino
    except OSError:
        return None


def processes_in(inodes: set[int]) -> list[int]:
    """Return the ids of all processes whose network namespace is one of these."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "ns" / "net").stat().st_ino in inodes:
                found.append(int(entry.name))
        except OSError:  # it ended meanwhile, or is not ours to look at
            continue
    return found

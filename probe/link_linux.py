"""The last metre on Linux: the kernel's own route, /proc and /sys, no privileges.

/proc/thread-self/net belongs to the network namespace of the thread that asks; /sys may show another one's.
"""

import fcntl
import functools
import socket
import struct
from pathlib import Path
from typing import Final, Literal

from probe.link import NOT_SUPPORTED, Survey
from probe.measurement.envelope import Link

PROC_NET: Final = Path("/proc/thread-self/net")
SYS_NET: Final = Path("/sys/class/net")

# ioctl requests of <linux/sockios.h>; a struct ifreq is 16 bytes of name and 24 of answer.
SIOCGIFADDR: Final = 0x8915
SIOCGIFMTU: Final = 0x8921
SIOCGIFHWADDR: Final = 0x8927

# Kinds of interface, <linux/if_arp.h>. PPP may be a DSL line or a VPN, so of that nothing is said.
ARPHRD_ETHER: Final = 1
ARPHRD_PPP: Final = 512
TUNNELS: Final = frozenset(
    {768, 769, 776, 778, 823, 65534}
)  # IPIP, IP6IP6, SIT, GRE, GRE6, none (TUN, WireGuard)


def survey(address: str) -> Survey:
    """See ``probe.link.survey``."""
    try:
        interface = _interface_towards(address)
        if interface is None:
            return NOT_SUPPORTED
        facts = _facts(interface)
        read_counters(interface)
    except (OSError, ValueError):
        return NOT_SUPPORTED
    return Survey(interface, facts, functools.partial(read_counters, interface))


def read_counters(interface: str) -> tuple[int, int]:
    """Received and sent bytes of ``interface``; raises ``OSError`` when it is gone."""
    for line in (PROC_NET / "dev").read_text().splitlines()[2:]:
        name, _, numbers = line.partition(":")
        if name.strip() == interface:
            fields = numbers.split()
            return int(fields[0]), int(fields[8])
    raise OSError(f"no interface {interface} in {PROC_NET}/dev")


def _interface_towards(address: str) -> str | None:
    """The interface that holds the local address of a datagram socket connected to ``address`` (nothing is sent)."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect((address, 9))
        local = str(sock.getsockname()[0])
        if family == socket.AF_INET6:
            return _holder_of_ipv6(local)
        return next((name for _, name in socket.if_nameindex() if _ipv4_of(sock, name) == local), None)


def _ipv4_of(sock: socket.socket, interface: str) -> str | None:
    try:
        return socket.inet_ntoa(_ioctl(sock, SIOCGIFADDR, interface)[20:24])
    except OSError:
        return None


def _holder_of_ipv6(local: str) -> str | None:
    wanted = socket.inet_pton(socket.AF_INET6, local.partition("%")[0]).hex()
    for line in (PROC_NET / "if_inet6").read_text().splitlines():
        fields = line.split()
        if fields[0] == wanted:
            return fields[5]
    return None


def _facts(interface: str) -> Link:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        (mtu_bytes,) = struct.unpack_from("i", _ioctl(sock, SIOCGIFMTU, interface), 16)
        (hardware,) = struct.unpack_from("H", _ioctl(sock, SIOCGIFHWADDR, interface), 16)
    tunnel = None if hardware == ARPHRD_PPP else hardware in TUNNELS
    return Link(kind=_kind(interface, hardware), mtu_bytes=mtu_bytes, tunnel=tunnel)


def _kind(interface: str, hardware: int) -> Literal["wired", "wifi", "unknown"]:
    """Wi-Fi by the kernel's word; wired for an Ethernet card; a bridge or a container's end could hide either."""
    sys_folder = SYS_NET / interface
    if (sys_folder / "phy80211").exists() or (sys_folder / "wireless").exists():
        return "wifi"
    return "wired" if hardware == ARPHRD_ETHER and (sys_folder / "device").exists() else "unknown"


def _ioctl(sock: socket.socket, request: int, interface: str) -> bytes:
    return fcntl.ioctl(sock.fileno(), request, struct.pack("16s24x", interface.encode()[:15]))

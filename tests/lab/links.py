"""Interfaces, addresses and routes: which namespace is joined to which, and what is set up inside each.

The set_up functions work on the namespace of the thread that calls them (`namespaces.inside`).
"""

from __future__ import annotations

from collections.abc import Callable

from tests.lab import rules
from tests.lab.namespaces import feed, ip_batch, offloads_off, set_sysctls

RESPONDER_ADDRESSES = tuple(f"10.77.10.{n}" for n in range(1, 6))
_X0, _Y0 = "02:77:05:00:00:01", "02:77:05:00:00:02"
_X1, _X2 = "02:77:07:00:00:01", "02:77:07:00:00:02"
"""Fixed, so that no ARP has to cross the delay line and the first round trip is like the others."""
_NO_IPV6 = {"ipv6/conf/all/disable_ipv6": 1, "ipv6/conf/default/disable_ipv6": 1}
_FRESH_TCP = {"ipv4/tcp_no_metrics_save": 1}
"""One transfer must not teach the kernel about the next: original and control would differ by their order."""


def home_address(home: int) -> str:
    """Return the address under which a home (0-based) is seen by the internet; each home has a /24 of its own."""
    return f"10.77.{100 + home}.2"


def pairs(name: Callable[[str, int], str], homes: int, *, with_delay: bool) -> list[str]:
    """Return `ip -batch` lines that make each pair of interfaces where its ends belong; none touches our own namespace.

    `name` gives a namespace's name for ("probe" | "home" | "isp" | "dly" | "net", index).
    """
    isp, dly, net = name("isp", 0), name("dly", 0), name("net", 0)
    if with_delay:
        lines = [
            f"link add x0 netns {isp} address {_X0} type veth peer name dA netns {dly}",
            f"link add y0 netns {net} address {_Y0} type veth peer name dB netns {dly}",
        ]
    else:
        lines = [f"link add x0 netns {isp} address {_X0} type veth peer name y0 netns {net} address {_Y0}"]
    for n in range(homes):
        lines.append(f"link add wan0 netns {name('home', n)} type veth peer name cust{n} netns {isp}")
        lines.append(f"link add p0 netns {name('probe', n)} type veth peer name lan0 netns {name('home', n)}")
    return lines


def set_up_net() -> None:
    """The internet: the responder's addresses."""
    set_sysctls({**_NO_IPV6, **_FRESH_TCP})
    lines = ["link set lo up", *(f"addr add {address}/32 dev lo" for address in RESPONDER_ADDRESSES)]
    lines += ["addr add 10.77.5.2/24 dev y0", "link set y0 up"]
    lines += [f"neigh add 10.77.5.1 lladdr {_X0} nud permanent dev y0", "route add default via 10.77.5.1"]
    ip_batch(lines)
    offloads_off(["y0"])


def set_up_isp(homes: int) -> None:
    """The ISP's router: one interface per customer, counted connections; its rules are `rules`'."""
    set_sysctls({**_NO_IPV6, "ipv4/ip_forward": 1, "netfilter/nf_conntrack_acct": 1})
    lines = ["link set lo up", "addr add 10.77.5.1/24 dev x0", "link set x0 up"]
    lines += [
        f"neigh add 10.77.5.2 lladdr {_Y0} nud permanent dev x0",
        "route add 10.77.10.0/24 via 10.77.5.2",
    ]
    for n in range(homes):
        lines += [f"addr add 10.77.{100 + n}.1/24 dev cust{n}", f"link set cust{n} up"]
    ip_batch(lines)
    offloads_off(["x0", *(f"cust{n}" for n in range(homes))])


def detour(isp: str, late: str) -> list[str]:
    """Return `ip -batch` lines for the longer way: out of the ISP by x1, through a second delay line, in again by x2."""
    return [
        f"link add x1 netns {isp} address {_X1} type veth peer name dA netns {late}",
        f"link add x2 netns {isp} address {_X2} type veth peer name dB netns {late}",
    ]


def set_up_detour(mark: int) -> None:
    """The ISP's side of the longer way: packets from the internet with this mark are routed out by x1."""
    set_sysctls({f"ipv4/conf/{name}/rp_filter": 0 for name in ("all", "x0", "x1", "x2")})
    ip_batch(
        [
            "addr add 10.77.7.1/24 dev x1",
            "link set x1 up",
            "link set x2 up",
            f"neigh add 10.77.7.2 lladdr {_X2} nud permanent dev x1",
            f"rule add iif x0 fwmark {mark:#x} lookup 77",
            "route add default via 10.77.7.2 dev x1 table 77",
        ]
    )
    offloads_off(["x1", "x2"])


def set_mtu(interface: str, mtu_bytes: int) -> None:
    """Give an interface another MTU."""
    ip_batch([f"link set {interface} mtu {mtu_bytes}"])


def set_up_home(home: int, rules_text: str = "") -> None:
    """A home router: LAN 192.168.1.0/24 behind one address, as most homes are. `rules_text` replaces its plain nft table."""
    set_sysctls({**_NO_IPV6, "ipv4/ip_forward": 1})
    lines = ["link set lo up", f"addr add {home_address(home)}/24 dev wan0", "link set wan0 up"]
    lines += ["addr add 192.168.1.1/24 dev lan0", "link set lan0 up"]
    lines += [f"route add default via 10.77.{100 + home}.1"]
    ip_batch(lines)
    offloads_off(["wan0", "lan0"])
    feed(["nft", "-f", "-"], rules_text or rules.nft_home())


def set_up_probe() -> None:
    """A probe's machine in the home's LAN."""
    set_sysctls({**_NO_IPV6, **_FRESH_TCP})
    lines = ["link set lo up", "addr add 192.168.1.2/24 dev p0", "link set p0 up"]
    ip_batch([*lines, "route add default via 192.168.1.1"])
    offloads_off(["p0"])


def set_up_delay() -> None:
    """The delay line's two ends: bare wires."""
    set_sysctls(_NO_IPV6)
    ip_batch(["link set dA up", "link set dB up"])
    offloads_off(["dA", "dB"])

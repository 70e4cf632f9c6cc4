"""Interfaces, addresses and routes: which namespace is joined to which, and what is set up inside each.

The set_up functions work on the namespace of the thread that calls them (`namespaces.inside`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.lab import rules
from tests.lab.namespaces import feed, ip_batch, offloads_off, set_sysctls

RESPONDER_ADDRESSES = tuple(f"10.77.10.{n}" for n in range(1, 6))
SECOND_ADDRESSES = ("10.77.11.1", "10.77.11.2")
"""Of a responder on another network of the internet."""
NETWORK, SECOND_NETWORK = "10.77.10.0/24", "10.77.11.0/24"
_X1, _X2 = "02:77:07:00:00:01", "02:77:07:00:00:02"
"""Fixed, so that no ARP has to cross a delay line and the first round trip is like the others. So are those of the ways below."""
_FIRST_TABLE = 100
"""Of the routing tables that send what a home sends its own way."""
_NO_IPV6 = {"ipv6/conf/all/disable_ipv6": 1, "ipv6/conf/default/disable_ipv6": 1}
_FRESH_TCP = {"ipv4/tcp_no_metrics_save": 1}
"""One transfer must not teach the kernel about the next: original and control would differ by their order."""


def home_address(home: int) -> str:
    """Return the address under which a home (0-based) is seen by the internet; each home has a /24 of its own."""
    return f"10.77.{100 + home}.2"


def _way_macs(home: int) -> tuple[str, str]:
    """Return the hardware addresses of a home's way, at the ISP and at the internet."""
    return f"02:77:05:00:{home:02x}:01", f"02:77:05:00:{home:02x}:02"


def _way_addresses(home: int) -> tuple[str, str]:
    """Return the addresses of a home's way, at the ISP and at the internet: a /30 each."""
    return f"10.77.5.{4 * home + 1}", f"10.77.5.{4 * home + 2}"


def line_interfaces(home: int) -> tuple[str, str]:
    """Return the two ends of a home's delay line."""
    return f"a{home}", f"b{home}"


def pairs(name: Callable[[str, int], str], homes: int, *, with_delay: bool) -> list[str]:
    """Return `ip -batch` lines that make each pair of interfaces where its ends belong; none touches our own namespace.

    `name` gives a namespace's name for ("probe" | "home" | "isp" | "dly" | "net", index).
    """
    isp, dly, net = name("isp", 0), name("dly", 0), name("net", 0)
    lines = []
    for n in range(homes):
        near, far = _way_macs(n)
        up, y = f"link add up{n} netns {isp} address {near}", f"y{n} netns {net} address {far}"
        if with_delay:
            a, b = line_interfaces(n)
            lines.append(f"{up} type veth peer name {a} netns {dly}")
            lines.append(f"link add {y} type veth peer name {b} netns {dly}")
        else:
            lines.append(f"{up} type veth peer name {y}")
    for n in range(homes):
        lines.append(f"link add wan0 netns {name('home', n)} type veth peer name cust{n} netns {isp}")
        lines.append(f"link add p0 netns {name('probe', n)} type veth peer name lan0 netns {name('home', n)}")
    return lines


def set_up_net(homes: int) -> None:
    """The internet: the responder's addresses, and the ways to the homes."""
    set_sysctls({**_NO_IPV6, **_FRESH_TCP, "ipv4/conf/all/rp_filter": 0})
    set_sysctls({f"ipv4/conf/y{n}/rp_filter": 0 for n in range(homes)})
    lines = [
        "link set lo up",
        *(f"addr add {address}/32 dev lo" for address in (*RESPONDER_ADDRESSES, *SECOND_ADDRESSES)),
    ]
    for n in range(homes):
        near, far = _way_addresses(n)
        lines += [f"addr add {far}/30 dev y{n}", f"link set y{n} up"]
        lines.append(f"neigh add {near} lladdr {_way_macs(n)[0]} nud permanent dev y{n}")
        lines.append(f"route add 10.77.{100 + n}.0/24 via {near} dev y{n}")
    ip_batch([*lines, f"route add default via {_way_addresses(0)[0]}"])
    offloads_off([f"y{n}" for n in range(homes)])


def set_up_isp(homes: int) -> None:
    """The ISP's router: one interface per customer, and a way of each to the internet; counted connections; its rules are `rules`'.

    What a customer sends goes its own way by source routing; what the ISP itself sends (resets) goes the first customer's.
    """
    set_sysctls({**_NO_IPV6, "ipv4/ip_forward": 1, "netfilter/nf_conntrack_acct": 1})
    set_sysctls({f"ipv4/conf/{name}/rp_filter": 0 for name in ("all", *(f"up{n}" for n in range(homes)))})
    lines = ["link set lo up"]
    for n in range(homes):
        near, far = _way_addresses(n)
        lines += [f"addr add 10.77.{100 + n}.1/24 dev cust{n}", f"link set cust{n} up"]
        lines += [f"addr add {near}/30 dev up{n}", f"link set up{n} up"]
        lines.append(f"neigh add {far} lladdr {_way_macs(n)[1]} nud permanent dev up{n}")
        lines.append(f"route add default via {far} dev up{n} table {_FIRST_TABLE + n}")
        lines.append(f"rule add iif cust{n} lookup {_FIRST_TABLE + n}")
    ip_batch(
        [
            *lines,
            *(f"route add {network} via {_way_addresses(0)[1]}" for network in (NETWORK, SECOND_NETWORK)),
        ]
    )
    offloads_off([*(f"up{n}" for n in range(homes)), *(f"cust{n}" for n in range(homes))])


def detour(isp: str, late: str) -> list[str]:
    """Return `ip -batch` lines for the longer way: out of the ISP by x1, through a second delay line, in again by x2."""
    return [
        f"link add x1 netns {isp} address {_X1} type veth peer name dA netns {late}",
        f"link add x2 netns {isp} address {_X2} type veth peer name dB netns {late}",
    ]


def set_up_detour(mark: int, homes: int) -> None:
    """The ISP's side of the longer way: packets from the internet with this mark are routed out by x1."""
    set_sysctls({f"ipv4/conf/{name}/rp_filter": 0 for name in ("all", "x1", "x2")})
    ip_batch(
        [
            "addr add 10.77.7.1/24 dev x1",
            "link set x1 up",
            "link set x2 up",
            f"neigh add 10.77.7.2 lladdr {_X2} nud permanent dev x1",
            *(f"rule add iif up{n} fwmark {mark:#x} lookup 77" for n in range(homes)),
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


def set_up_delay(interfaces: Sequence[str]) -> None:
    """The ends of delay lines: bare wires."""
    set_sysctls(_NO_IPV6)
    ip_batch([f"link set {name} up" for name in interfaces])
    offloads_off(list(interfaces))

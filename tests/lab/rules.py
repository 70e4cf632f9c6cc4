"""From policies to the text that iptables-restore, nft -f and tc -batch read. Pure: no namespace is touched here.

A matching policy has one number, 0x10 + its place in the list. It is the connection's mark (set by iptables' string match in the
first packets, kept by conntrack, both directions), and for limiters in htb also the class, 1:10 and so on. The customer's interface
of home n is custN; rules match on that and never on the uplink (lab.md, trap 3). tc filters are not used (lab.md, trap 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.lab.policies import (
    BlockReset,
    Drop,
    Matching,
    Neutral,
    Police,
    Policy,
    Shape,
    SharedCongestion,
    applies,
)

FIRST_MARK = 0x10
LINE_BURST_BYTES = 15_000
"""Burst of the line's class: 2.4 ms at 50 Mbit/s, so that the kernel's timer need not fire for each packet."""


@dataclass(frozen=True)
class Line:
    """A home's access line in the down direction."""

    rate_bit_s: int
    queue_packets: int = 200


def matching(policies: Sequence[Policy]) -> list[tuple[int, Matching]]:
    """Return the policies that match a name, each with its mark."""
    found = [p for p in policies if not isinstance(p, Neutral | SharedCongestion)]
    return [(FIRST_MARK + place, policy) for place, policy in enumerate(found)]


def line_of(home: int, line: Line, policies: Sequence[Policy]) -> Line:
    """Return the line this home really has: the slowest congestion that applies to it, else the line itself."""
    slow = [p for p in policies if isinstance(p, SharedCongestion) and applies(p, home)]
    if not slow:
        return line
    worst = min(slow, key=lambda p: p.rate_bit_s)
    return Line(min(worst.rate_bit_s, line.rate_bit_s), worst.queue_packets)


def iptables_marks(policies: Sequence[Policy], homes: int) -> str:
    """Return the ISP's mangle table: names are looked for upstream, in the first eight packets of unmarked connections."""
    lines = ["*mangle", "-A FORWARD -j CONNMARK --restore-mark"]
    for mark, policy in matching(policies):
        interfaces = (
            ["cust+"] if policy.homes is None else [f"cust{n}" for n in range(homes) if n in policy.homes]
        )
        lines += [
            f"-A FORWARD -i {interface} -p tcp -m mark --mark 0 -m connbytes --connbytes 0:8 --connbytes-dir both"
            f' --connbytes-mode packets -m string --algo bm --string "{policy.match_sni}"'
            f" -j MARK --set-mark {mark:#x}"
            for interface in interfaces
        ]
    return "\n".join([*lines, "-A FORWARD -m mark ! --mark 0 -j CONNMARK --save-mark", "COMMIT", ""])


def nft_isp(policies: Sequence[Policy], homes: int) -> str:
    """Return the ISP's nft table: policers with large buckets, blocks, and the way into htb's classes.

    Priority -100 comes after mangle (-150), so that the connection is marked already.
    """
    forward: list[str] = []
    classify: list[str] = []
    for mark, policy in matching(policies):
        match policy:
            case Police(limiter="nft"):
                limit = (
                    f"limit rate over {policy.rate_bytes_s} bytes/second burst {policy.nft_burst_bytes} bytes"
                )
                forward += [
                    f'oifname "cust{n}" ct mark {mark:#x} {limit} counter drop'
                    for n in range(homes)
                    if applies(policy, n)
                ]
            case BlockReset():
                forward.append(f"meta l4proto tcp ct mark {mark:#x} counter reject with tcp reset")
            case Drop():
                forward.append(f"ct mark {mark:#x} counter drop")
            case Police() | Shape():
                classify.append(f'oifname "cust*" ct mark {mark:#x} meta priority set 1:{mark:x}')
    return "\n".join(
        [
            "table ip isonomia {",
            "  chain police { type filter hook forward priority -100; policy accept;",
            *(f"    {rule}" for rule in forward),
            "  }",
            "  chain classify { type filter hook postrouting priority 0; policy accept;",
            *(f"    {rule}" for rule in classify),
            "  }",
            "}",
            "",
        ]
    )


def nft_home() -> str:
    """Return the home router's table: everything that leaves by the WAN wears its address."""
    return (
        "table ip isonomia {\n  chain nat { type nat hook postrouting priority 100; policy accept;\n"
        '    oifname "wan0" masquerade\n  }\n}\n'
    )


def tc_line(home: int, line: Line, policies: Sequence[Policy]) -> list[str]:
    """Return tc -batch lines for custN: one root class as fast as the line, a class for each limiter, and one for the rest.

    The limiters' classes may always send at their own rate; the rest is given what remains and may borrow all of the line.
    """
    name, own = f"cust{home}", line_of(home, line, policies)
    limited: list[tuple[int, int, int, int]] = []
    for mark, policy in matching(policies):
        if not isinstance(policy, Police | Shape) or not applies(policy, home):
            continue
        rate = min(policy.rate_bit_s, own.rate_bit_s)
        if isinstance(policy, Shape):
            limited.append((mark, rate, policy.burst_bytes, policy.queue_packets))
        elif policy.limiter == "htb":
            limited.append((mark, rate, policy.bucket_bytes, 1))
    rest = max(own.rate_bit_s - sum(rate for _, rate, _, _ in limited), own.rate_bit_s // 10)
    add = f"class add dev {name}"
    burst = f"burst {LINE_BURST_BYTES} cburst {LINE_BURST_BYTES} quantum 1514"
    lines = [
        f"qdisc replace dev {name} root handle 1: htb default 2",
        f"{add} parent 1: classid 1:1 htb rate {own.rate_bit_s}bit ceil {own.rate_bit_s}bit {burst}",
        f"{add} parent 1:1 classid 1:2 htb rate {rest}bit ceil {own.rate_bit_s}bit {burst}",
        f"qdisc add dev {name} parent 1:2 pfifo limit {own.queue_packets}",
    ]
    for mark, rate, bucket, queue in limited:
        lines += [
            f"{add} parent 1:1 classid 1:{mark:x} htb rate {rate}bit ceil {rate}bit burst {bucket} cburst {bucket} quantum 1514",
            f"qdisc add dev {name} parent 1:{mark:x} pfifo limit {queue}",
        ]
    return lines

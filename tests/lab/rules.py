"""From policies to the text that iptables-restore and nft -f read. Pure: no namespace is touched here.

A matching policy has one number, 0x10 + its place in the list. It is the connection's mark (set by iptables' string match in the
first packets, kept by conntrack, both directions), and for limiters in htb also the class, 1:10 and so on (`classes`).
A router is known by its customers' interfaces, home number -> name: custN in the ISP, lan0 in a home's own router. Rules match on
those and never on the uplink (lab.md, trap 3). tc filters are not used (lab.md, trap 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.lab.matches import (
    Address,
    AllBut,
    Everything,
    Match,
    NameTowards,
    Payload,
    Port,
    QuicName,
    by_mark,
    names_of,
)
from tests.lab.policies import (
    BlockReset,
    Delay,
    Drop,
    FalseDns,
    ForgedReset,
    Freeze,
    HttpBox,
    Late,
    Limiting,
    Loss,
    Matching,
    Neutral,
    Police,
    Policy,
    Shape,
    SharedCongestion,
    TlsAlert,
)
from tests.lab.troubles import ContentLimit, chosen

FIRST_MARK = 0x10
PASS_MARK = 0x1
"""Of names that an AllBut policy leaves alone."""
WAYS = "up*"
"""The ISP's interfaces to the internet, one a home (`links`)."""
DELAY_MARK = 0x1000
"""Of a packet, not a connection: it takes the longer way."""
_HELLO = '-m string --algo bm --from 40 --to 64 --hex-string "|160301|"'
"""A TLS record of a handshake, where the TCP payload of a packet may begin."""
_EARLY = "-m connbytes --connbytes 0:8 --connbytes-dir both --connbytes-mode packets"

Customers = Mapping[int, str]


def matching(policies: Sequence[Policy]) -> list[tuple[int, Matching]]:
    """Return the policies that match connections, each with its mark."""
    found = [p for p in policies if not isinstance(p, Neutral | SharedCongestion | FalseDns)]
    return [(FIRST_MARK + place, policy) for place, policy in enumerate(found)]


def _interfaces(policy: Matching, customers: Customers) -> list[str]:
    return [customers[n] for n in customers if policy.homes is None or n in policy.homes]


def _in_set(policy: Matching, customers: Customers) -> str:
    """Return nft's set of the interfaces a policy holds for."""
    return "{ " + ", ".join(f'"{name}"' for name in _interfaces(policy, customers)) + " }"


# ------------------------------------------------------------------------------------------------ marks


def iptables_marks(policies: Sequence[Policy], customers: Customers) -> str:
    """Return the mangle table: names are looked for upstream, in the first eight packets of unmarked connections."""
    lines = ["*mangle", "-A FORWARD -j CONNMARK --restore-mark"]
    for mark, policy in matching(policies):
        if (
            by_mark(policy.match)
            and not isinstance(policy.match, QuicName)
            and not isinstance(policy, HttpBox)
        ):
            for interface in _iptables_interfaces(policy, customers):
                begin = f"-A FORWARD -i {interface}{_towards(policy.match)} -p tcp -m mark --mark 0 {_EARLY}"
                lines += [f"{begin} {rest}" for rest in _marking(mark, policy.match)]
    return "\n".join([*lines, "-A FORWARD -m mark ! --mark 0 -j CONNMARK --save-mark", "COMMIT", ""])


def _towards(match: Match) -> str:
    return f" -d {match.network}" if isinstance(match, NameTowards) else ""


def _iptables_interfaces(policy: Matching, customers: Customers) -> list[str]:
    return (
        ["cust+"] if policy.homes is None and customers.get(0) == "cust0" else _interfaces(policy, customers)
    )


def _marking(mark: int, match: Match) -> list[str]:
    found = PASS_MARK if isinstance(match, AllBut) else mark
    strings = (
        [f'--hex-string "|{match.begins.hex()}|"']
        if isinstance(match, Payload)
        else [f'--string "{name}"' for name in names_of(match)]
    )
    lines = [f"-m string --algo bm {string} -j MARK --set-mark {found:#x}" for string in strings]
    return [*lines, f"{_HELLO} -j MARK --set-mark {mark:#x}"] if isinstance(match, AllBut) else lines


# -------------------------------------------------------------------------------------------------- nft


def nft_router(policies: Sequence[Policy], customers: Customers, asking: Customers | None = None) -> str:
    """Return a router's nft table: what is dropped, blocked or sent the longer way, and the way into htb's classes.

    Priority -100 comes after mangle (-150), so that the connection is marked already. `asking`: by which interfaces what homes send
    comes in, where it is not those by which it is limited.
    """
    sets: list[str] = []
    prerouting: list[str] = []
    forward: list[str] = []
    classify: list[str] = []
    for mark, policy in matching(policies):
        if not _interfaces(policy, customers):
            continue
        if isinstance(policy.match, QuicName):
            sets.append(_quic_set(mark))
            up = f"iifname {_in_set(policy, asking or customers)}"
            prerouting.append(f"{up} ip saddr . udp sport @{quic_set(mark)} ct mark set {mark:#x}")
        down = f"oifname {_in_set(policy, customers)} {condition(mark, policy)}"
        match policy:
            case Police(limiter="nft"):
                forward += _nft_police(mark, policy, customers)
            case Police() | Shape():
                classify.append(f"{down} meta priority set 1:{mark:x}")
            case BlockReset():
                forward.append(f"meta l4proto tcp ct mark {mark:#x} counter reject with tcp reset")
            case Drop() | TlsAlert():
                forward.append(f"ct mark {mark:#x} counter drop")
            case Loss():
                forward.append(
                    f"{down} numgen random mod 10000 < {round(policy.share * 10_000)} counter drop"
                )
            case Freeze():
                forward.append(f"{down} ct reply bytes > {policy.after_bytes} counter drop")
            case Delay():
                prerouting.append(f'iifname "{WAYS}" {condition(mark, policy)} meta mark set {DELAY_MARK:#x}')
            case ForgedReset() | HttpBox():
                pass  # a program beside or on the path does it all
            case _:
                classify.append(f"{down} meta priority set 1:{mark:x}")
        late_sets, late_rules = _late(mark, policy, customers)
        sets += late_sets
        forward = late_rules + forward
    return _table(sets, prerouting, forward, classify)


def box_port(mark: int) -> int:
    """Return the port at which a policy's proxy listens in the ISP."""
    return 8000 + mark


def nft_boxes(policies: Sequence[Policy], customers: Customers) -> str:
    """Return the table that sends plain HTTP through transparent proxies; empty where there is none."""
    rules = [
        f"iifname {_in_set(policy, customers)} tcp dport 80 redirect to :{box_port(mark)}"
        for mark, policy in matching(policies)
        if isinstance(policy, HttpBox)
    ]
    if not rules:
        return ""
    head = (
        "table ip isonomia_boxes {\n  chain boxes { type nat hook prerouting priority -100; policy accept;\n"
    )
    return head + "".join(f"    {rule}\n" for rule in rules) + "  }\n}\n"


def _table(sets: list[str], prerouting: list[str], forward: list[str], classify: list[str]) -> str:
    chains = (
        ("detour", "prerouting priority -149", prerouting),  # after conntrack, before routing
        ("police", "forward priority -100", forward),
        ("classify", "postrouting priority 0", classify),
    )
    lines = ["table ip isonomia {", *(f"  {one}" for one in sets)]
    for name, hook, rules in chains:
        lines.append(f"  chain {name} {{ type filter hook {hook}; policy accept;")
        lines += [*(f"    {rule}" for rule in rules), "  }"]
    return "\n".join([*lines, "}", ""])


def quic_set(mark: int) -> str:
    """Return the name of the set of (home, port) pairs that showed a policy's name over QUIC; `quic_eye` fills it."""
    return f"quic_{mark:x}"


def _quic_set(mark: int) -> str:
    return f"set {quic_set(mark)} {{ type ipv4_addr . inet_service; flags dynamic,timeout; timeout 60s; size 65536; }}"


def condition(mark: int, policy: Matching) -> str:
    """Return what nft must find in a packet that goes down to the home for the policy to hold."""
    late = late_of(policy)
    match policy.match:
        case Everything():
            what = "meta l4proto { tcp, udp, icmp }"
        case Address(address):
            what = f"ip saddr {address}"
        case Port(port):
            what = f"meta l4proto {{ tcp, udp }} th sport {port}"
        case _:
            what = f"ct mark {mark:#x}"
    if late.remembers_s:
        what = f"ip daddr @grudge_{mark:x}"
    if late.after_bytes:
        what += f" ct reply bytes > {late.after_bytes}"
    if late.after_s:
        what += f" ip daddr . tcp dport != @young_{mark:x}"
    return what


def late_of(policy: Matching) -> Late:
    """Return when a policy holds; those without a choice hold from the start."""
    return policy.late if isinstance(policy, Police | Shape) else Late()


def _late(mark: int, policy: Matching, customers: Customers) -> tuple[list[str], list[str]]:
    """Return the sets and rules that keep the age of connections, and a box's memory of homes."""
    late, sets, rules = late_of(policy), list[str](), list[str]()
    up = f"iifname {_in_set(policy, customers)}"
    if late.after_s:
        ms = round(late.after_s * 1000)
        sets.append(
            f"set young_{mark:x} {{ type ipv4_addr . inet_service; flags dynamic,timeout; timeout {ms}ms; size 65536; }}"
        )
        rules.append(
            f"{up} tcp flags & (syn | ack) == syn add @young_{mark:x} {{ ip saddr . tcp sport timeout {ms}ms }}"
        )
    if late.remembers_s:
        ms = round(late.remembers_s * 1000)
        sets.append(
            f"set grudge_{mark:x} {{ type ipv4_addr; flags dynamic,timeout; timeout {ms}ms; size 65536; }}"
        )
        rules.append(f"{up} ct mark {mark:#x} update @grudge_{mark:x} {{ ip saddr timeout {ms}ms }}")
    return sets, rules


def _nft_police(mark: int, policy: Police, customers: Customers) -> list[str]:
    limit = f"limit rate over {policy.rate_bytes_s} bytes/second burst {policy.nft_burst_bytes} bytes"
    return [
        f'oifname "{name}" {condition(mark, policy)} {limit} counter drop'
        for name in _interfaces(policy, customers)
    ]


def nft_home(*, random_ports: bool = False, loss_share: float = 0.0) -> str:
    """Return the home router's own table: what leaves by the WAN wears its address; a radio link may lose packets."""
    lost = f'    oifname "lan0" numgen random mod 10000 < {round(loss_share * 10_000)} counter drop\n'
    return (
        "table ip isonomia_home {\n  chain nat { type nat hook postrouting priority 100; policy accept;\n"
        f'    oifname "wan0" masquerade{" random" if random_ports else ""}\n  }}\n'
        "  chain radio { type filter hook forward priority 10; policy accept;\n"
        f"{lost if loss_share else ''}  }}\n}}\n"
    )


def nft_content(limit: ContentLimit, homes: Sequence[str]) -> str:
    """Return the content side's table: each client's address has a limit of its own, on what comes from the internet.

    It stands where the ISP begins, as a drop in the sender's own output would not be lost to it but refused.
    """
    rate = limit.rate_bit_s // 8
    rules = [
        f'    iifname "{WAYS}" ip daddr {home} limit rate over {rate} bytes/second burst {rate // 10} bytes counter drop'
        for home in homes
    ]
    return "\n".join(
        [
            "table ip isonomia_content {",
            "  chain clients { type filter hook prerouting priority 0; policy accept;",
            *rules,
            "  }",
            "}",
            "",
        ]
    )


def limiting(policies: Sequence[Policy], home: int) -> list[tuple[int, Limiting]]:
    """Return the policies of a home that need a class of htb, each with its mark."""
    return [
        (mark, policy)
        for mark, policy in matching(policies)
        if isinstance(policy, Limiting)
        and not (isinstance(policy, Police) and policy.limiter == "nft")
        and home in chosen(policy.homes, home + 1)
    ]

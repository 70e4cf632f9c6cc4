"""QUIC names and plain HTTP in the lab: the box reads what a client shows, and the rules mean the carrier that they say."""

from __future__ import annotations

import struct

import pytest

from probe.wire.quic import QuicChannel
from tests.lab.matches import QuicName
from tests.lab.policies import Drop, HttpBox, Police, Policy
from tests.lab.quic_eye import name_in
from tests.lab.rules import box_port, iptables_marks, nft_boxes, nft_router

CUSTOMERS = {n: f"cust{n}" for n in range(2)}


def packet(payload: bytes) -> bytes:
    """Return an IPv4 packet with a UDP datagram from 10.77.100.2:5000."""
    ip = bytes([0x45]) + bytes(8) + bytes([17]) + bytes(2) + bytes([10, 77, 100, 2, 10, 77, 10, 1])
    return ip + struct.pack(">HHHH", 5000, 443, 8 + len(payload), 0) + payload


def test_the_eye_reads_the_name_of_an_initial() -> None:
    """Address, port and name, of the datagram as it went over the wire."""
    (initial,) = QuicChannel.client("video.example", 0.0).take(0.0)
    assert ("10.77.100.2", 5000, "video.example") == name_in(packet(initial))


@pytest.mark.parametrize("payload", [b"", b"\xc0", b"\xc0\0\0\0\1\x08" + bytes(1190), bytes(40)])
def test_what_is_no_initial_has_no_name(payload: bytes) -> None:
    """Noise and cut datagrams are passed over."""
    assert name_in(packet(payload)) is None


def test_a_policy_on_quic_leaves_tcp_alone() -> None:
    """No string is looked for in TCP; a set of flows is put on the connection's mark."""
    policies: list[Policy] = [
        Police(1_500_000, 16_000, QuicName("video.example")),
        Drop(QuicName("video.example")),
    ]
    assert "string" not in iptables_marks(policies, CUSTOMERS)
    assert "@quic_10 ct mark set 0x10" in nft_router(policies, CUSTOMERS)
    assert "ct mark 0x11 counter drop" in nft_router(policies, CUSTOMERS)


def test_a_proxy_takes_plain_http_alone() -> None:
    """Port 80 is redirected, nothing else; without such a policy there is no table."""
    text = nft_boxes([HttpBox("header", "video.example")], CUSTOMERS)
    assert f"tcp dport 80 redirect to :{box_port(0x10)}" in text
    assert "443" not in text
    assert "" == nft_boxes([Drop("video.example")], CUSTOMERS)
    assert "string" not in iptables_marks([HttpBox("header", "video.example")], CUSTOMERS)


def test_what_homes_send_is_marked_where_it_comes_in_and_limited_where_it_leaves() -> None:
    """A limiter of QUIC in the home: the flow is known by its address in the home, its class is on the way out; TCP is left alone."""
    policies: list[Policy] = [Police(1_500_000, 16_000, QuicName("video.example"), upward=True)]
    text = nft_router(policies, {0: "wan0"}, asking={0: "lan0"})
    assert 'iifname { "lan0" } ip saddr . udp sport @quic_10 ct mark set 0x10' in text
    assert 'oifname { "wan0" } ct mark 0x10 meta priority set 1:10' in text
    assert "string" not in iptables_marks(policies, {0: "lan0"})

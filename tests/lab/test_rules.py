"""Policies and the rules made of them, without building anything."""

from __future__ import annotations

import pytest

from tests.lab import delay
from tests.lab.classes import Line, line_of, tc_line
from tests.lab.matches import Payload, Port
from tests.lab.policies import BlockReset, Neutral, Police, Shape, SharedCongestion, TlsAlert
from tests.lab.rules import iptables_marks, nft_router

CUSTOMERS = {n: f"cust{n}" for n in range(4)}


def test_small_buckets_are_htb_s_and_large_ones_nft_s() -> None:
    """Below one second of the rate nft cannot go (lab.md, trap 4); above it, its bucket is exact."""
    small, large = Police(1_500_000, 16_000, "a.example"), Police(1_500_000, 200_000, "a.example")
    assert ("htb", 16_000 + 2 * 1514) == (small.limiter, small.real_bucket_bytes)
    assert ("nft", 200_000) == (large.limiter, large.real_bucket_bytes)
    assert large.nft_burst_bytes == 200_000 - 187_500


@pytest.mark.parametrize("name", ["", "a", 'x" -j ACCEPT', "a b.example", "-x.example", "a.example\n"])
def test_a_name_that_could_break_out_of_a_rule_is_refused(name: str) -> None:
    """Only host names reach iptables-restore."""
    with pytest.raises(ValueError, match="match"):
        BlockReset(name)


def test_ports_and_kinds_of_content_are_looked_for_where_they_show() -> None:
    """A port is in every packet; how content begins is in a connection's first ones, and marks it."""
    port, content = Police(2_000_000, 16_000, Port(1935)), Police(4_000_000, 16_000, Payload(b"\x13Bit"))
    assert "th sport 1935" in nft_router([port], CUSTOMERS)
    assert "string" not in iptables_marks([port], CUSTOMERS)
    assert '--hex-string "|13426974|" -j MARK --set-mark 0x10' in iptables_marks([content], CUSTOMERS)
    assert "ct mark 0x10" in nft_router([content], CUSTOMERS)


@pytest.mark.parametrize("match", [Port(0), Port(65_536), Payload(b"abc"), Payload(bytes(65))])
def test_ports_and_content_that_cannot_be_are_refused(match: Port | Payload) -> None:
    """Before any rule is made of them; and what blocks by name takes neither."""
    with pytest.raises(ValueError, match="match"):
        Police(1_500_000, 16_000, match)
    with pytest.raises(ValueError, match="needs a name"):
        TlsAlert(Port(443))


def test_neutral_has_no_rule_for_any_name() -> None:
    """A neutral ISP looks for no string and drops nothing."""
    assert "string" not in iptables_marks([Neutral()], CUSTOMERS)
    assert "drop" not in nft_router([Neutral()], CUSTOMERS)
    assert 4 == len(tc_line("cust0", 0, Line(50_000_000), [Neutral()]))


def test_a_policer_of_one_home_is_not_the_other_s() -> None:
    """A policy for home 2 makes a class there and marks nothing that comes from home 1."""
    shape = Shape(4_000_000, "b.example", homes=(2,))
    assert "cust2" in iptables_marks([shape], CUSTOMERS)
    assert "cust+" not in iptables_marks([shape], CUSTOMERS)
    assert 6 == len(tc_line("cust2", 2, Line(50_000_000), [shape]))
    assert 4 == len(tc_line("cust1", 1, Line(50_000_000), [shape]))


def test_the_slowest_congestion_of_a_home_is_its_line() -> None:
    """Congestion lowers the line for the homes it names and never raises it."""
    policies = [SharedCongestion(8_000_000, homes=(1,)), SharedCongestion(90_000_000)]
    assert 8_000_000 == line_of(1, Line(50_000_000), policies).rate_bit_s
    assert 50_000_000 == line_of(0, Line(50_000_000), policies).rate_bit_s


def test_a_delay_line_holds_what_the_line_sends_meanwhile() -> None:
    """A power of two of frames, twice rate x delay and a burst; no more memory than that, as there are two rings a home."""
    assert [1024, 4096, 8192] == [delay.slots(10, 50e6), delay.slots(10, 1e9), delay.slots(500, 1e9)]
    made_of, argv = delay.command(10_000, 1024, ["a0", "b0", "a1", "b1"], "python")
    assert ("python", ["10000", "1024", "a0", "b0", "a1", "b1"]) == (made_of, argv[-6:])

"""Vetting: a plan cannot make a volunteer's machine connect into private networks, nor to other than web ports."""

from ipaddress import ip_network

import msgspec
import pytest

from probe import link
from probe.line_networks_linux import own_networks
from probe.vetting import address_fault, plan_fault, responder_fault

PUBLIC = (
    "193.0.0.10",
    "8.8.8.8",
    "1.1.1.1",
    "223.255.255.254",
    "2a00:1450:4007:80f::200e",
    "2606:4700::1111",
)
PRIVATE = (
    "0.0.0.1",
    "10.77.10.1",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.9",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.254",
    "198.51.100.10",
    "203.0.113.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::ffff:193.0.0.10",
    "64:ff9b::c000:a",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:c0a8:101::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
)
NOWHERE = (
    "",
    "localhost",
    "router.lan",
    "193.0.0.010",
    "193.0.10",
    "0x7f.1",
    "2130706433",
    "193.0.0.10/32",
    " 193.0.0.10",
    "[2606:4700::1111]",
    "fe80::1%eth0",
    "2606:4700::1111%1",
    "224.0.0.1",
    "ff02::1",
    "0.0.0.0",
    "::",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address):
    """Addresses that IANA has given out as global unicast are fit for a responder."""
    assert None is address_fault(address, lab=False, own=())


@pytest.mark.parametrize("address", PRIVATE)
def test_special_addresses_are_for_the_lab(address):
    """Every special range of both registries is refused at home, whatever this Python says; the lab may use it."""
    assert f"{address} is not a public address" == address_fault(address, lab=False, own=())
    assert None is address_fault(address, lab=True, own=())


@pytest.mark.parametrize("address", NOWHERE)
def test_only_literal_addresses_of_hosts(address):
    """Names, odd spellings, scopes, groups and the unspecified address are refused, in the lab as well."""
    assert None is not address_fault(address, lab=False, own=())
    assert None is not address_fault(address, lab=True, own=())


def test_the_lines_own_network_is_refused():
    """A public address is refused where this very line has it: the home's own prefix and its gateway."""
    own = (ip_network("193.0.0.0/24"), ip_network("193.9.9.1/32"), ip_network("2a01:cb00:1::/48"))
    for address in ("193.0.0.77", "193.9.9.1", "2a01:cb00:1:2::3"):
        assert f"{address} is in this line's own network" == address_fault(address, lab=False, own=own)
    for address in ("193.0.1.77", "193.9.9.2", "2a01:cb00:2::3"):
        assert None is address_fault(address, lab=False, own=own)


@pytest.mark.parametrize("which", ["port", "quic_port", "http_port"])
@pytest.mark.parametrize("port", [1, 22, 53, 81, 445, 8080, 65535])
def test_only_the_webs_ports(plan, which, port):
    """80 and 443 alone for TLS, QUIC and HTTP, so that a probe cannot be made to knock on other services; any in the lab."""
    responder = msgspec.structs.replace(plan.responders[0], addresses=PUBLIC[:2], port=443)
    assert [None, None] == [
        responder_fault(msgspec.structs.replace(responder, **{which: web}), lab=False, own=())
        for web in (80, 443)
    ]
    other = msgspec.structs.replace(responder, **{which: port})
    assert (f"r1: port {port}", None) == (responder_fault(other, False, ()), responder_fault(other, True, ()))


def test_one_bad_responder_is_enough(plan):
    """A plan is refused for any of its responders, and for any of a responder's addresses."""
    good = msgspec.structs.replace(plan.responders[0], addresses=PUBLIC[:2])
    bad = msgspec.structs.replace(good, id="r2", addresses=(PUBLIC[0], "192.168.1.1"))
    assert "r2: 192.168.1.1 is not a public address" == plan_fault(
        msgspec.structs.replace(plan, responders=(good, bad)), lab=False, own=()
    )
    assert None is plan_fault(msgspec.structs.replace(plan, responders=(good,)), lab=False, own=())


def test_own_networks_of_linux(tmp_path):
    """Attached networks, gateways and the home's /48 are found; ways out and local addresses are none."""
    (tmp_path / "route").write_text(
        "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
        "eth0 00000000 0101A8C0 0003 0 0 0 00000000 0 0 0\n"
        "eth0 0001A8C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n"
        "tun0 00000000 00000000 0001 0 0 0 00000080 0 0 0\n"
        "ppp0 00000000 00000000 0001 0 0 0 00000000 0 0 0\n"
    )
    (tmp_path / "if_inet6").write_text(
        "2a01cb000001000250541efffe123456 02 40 00 00     eth0\n"
        "fe8000000000000050541efffe123456 02 40 20 80     eth0\n"
        "00000000000000000000000000000001 01 80 10 80       lo\n"
    )
    assert ["192.168.1.1/32", "192.168.1.0/24", "2a01:cb00:1::/48"] == list(map(str, own_networks(tmp_path)))


def test_own_networks_never_raise(tmp_path):
    """Where the kernel tells nothing, nothing is known."""
    assert () == own_networks(tmp_path / "absent")
    assert isinstance(link.own_networks(), tuple)

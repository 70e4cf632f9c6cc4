"""The eyes of a nettest: gate, scrubber and lookup as the surroundings want them."""

from dataclasses import replace
from ipaddress import ip_address, ip_network

from probe import link
from probe.gate import Gate
from probe.look.hop import Eyes
from probe.look.lookup import by_resolver, by_system
from probe.nettests.base import Net
from probe.nettests.endpoint import Surroundings
from probe.scrub import Scrubber


def scrubber_of(surroundings: Surroundings) -> Scrubber:
    """What must not be in a document from this line."""
    return Scrubber(surroundings.line_addresses, link.own_networks(), surroundings.lab)


def gate_of(net: Net, surroundings: Surroundings) -> Gate:
    """The net's gate, closed to the line's own public addresses as well: a home's router answers there from inside."""
    own, line = net.gate.own, tuple(ip_address(text) for text in surroundings.line_addresses)
    networks = tuple(ip_network((each, 32 if each.version == 4 else 48), strict=False) for each in line)
    return replace(net.gate, own=lambda: (*own(), *networks))


def knows_line(surroundings: Surroundings) -> bool:
    """Whether the line's public address of the visit's family is known, so that the gate can be closed to it."""
    wanted = 4 if surroundings.address_family == "ipv4" else 6
    return surroundings.lab or any(ip_address(a).version == wanted for a in surroundings.line_addresses)


def eyes_of(net: Net, surroundings: Surroundings, total_s: float) -> Eyes:
    """Eyes through the net's gate; a laboratory's resolver and authorities where it names them."""
    lab_resolver = surroundings.resolver if surroundings.lab else None
    return Eyes(
        gate=gate_of(net, surroundings),
        scrubber=scrubber_of(surroundings),
        lookup=by_system if lab_resolver is None else by_resolver(net.gate, lab_resolver),
        ca_pem=surroundings.ca_pem if surroundings.lab else None,
        clock_s=net.monotonic_s,
        total_s=total_s,
        off_domains=surroundings.off_domains,
        knows_line=knows_line(surroundings),
    )

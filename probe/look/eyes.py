"""The eyes of a nettest: gate, scrubber and lookup as the surroundings want them."""

from probe import link
from probe.look.hop import Eyes
from probe.look.lookup import by_resolver, by_system
from probe.nettests.base import Net
from probe.nettests.endpoint import Surroundings
from probe.scrub import Scrubber


def scrubber_of(surroundings: Surroundings) -> Scrubber:
    """What must not be in a document from this line."""
    return Scrubber(surroundings.line_addresses, link.own_networks(), surroundings.lab)


def eyes_of(net: Net, surroundings: Surroundings, total_s: float) -> Eyes:
    """Eyes through the net's gate; a laboratory's resolver and authorities where it names them."""
    lab_resolver = surroundings.resolver if surroundings.lab else None
    return Eyes(
        gate=net.gate,
        scrubber=scrubber_of(surroundings),
        lookup=by_system if lab_resolver is None else by_resolver(net.gate, lab_resolver),
        ca_pem=surroundings.ca_pem if surroundings.lab else None,
        clock_s=net.monotonic_s,
        total_s=total_s,
        off_domains=surroundings.off_domains,
    )

"""The last metre: which interface carries the test, what it is, how many bytes pass it, and whose networks these are.

``survey(address)`` and ``own_networks()`` ask the platform's own file; where there is none (anything but Linux) the
facts are ``unknown`` and there are no counters: absence is said, not guessed.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from probe.measurement.envelope import Link
from probe.vetting import Network

Counters = Callable[[], tuple[int, int]]
"""Received and sent bytes of the interface since it came up."""


UNKNOWN = Link()


@dataclass(frozen=True)
class Survey:
    """What is known of the way towards an address. ``counters`` is ``None`` where the platform has none."""

    interface: str | None = None
    link: Link = UNKNOWN
    counters: Counters | None = None


NOT_SUPPORTED = Survey()


def survey(address: str) -> Survey:
    """The interface that the kernel would use towards the literal ``address``, and its facts. Never raises."""
    if sys.platform != "linux":
        return NOT_SUPPORTED
    from probe import link_linux  # noqa: PLC0415 - platform code, imported where it runs

    return link_linux.survey(address)


def own_networks() -> tuple[Network, ...]:
    """The networks this machine is attached to, its gateways and its home's IPv6 prefix, where they can be known."""
    if sys.platform != "linux":
        return ()
    from probe import line_networks_linux  # noqa: PLC0415 - platform code, imported where it runs

    return line_networks_linux.own_networks()

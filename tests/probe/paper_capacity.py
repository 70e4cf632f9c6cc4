"""A capacity nettest without a network: a line of 40 Mbit/s."""

from typing import Final

from probe.nettests.base import Net
from probe.nettests.capacity import CapacityParams, CapacityResult

NAME: Final = "capacity"
VERSION: Final = "paper"


def run(net: Net, params: CapacityParams) -> CapacityResult:
    """The estimate, at once."""
    return CapacityResult(bit_s=40_000_000, wire_bytes=15_000_000)

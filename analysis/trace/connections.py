"""The connections of a capture: each direction that carried data, followed; bounded in memory."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from analysis.messages import Trouble
from analysis.trace.headers import Packet
from analysis.trace.transfer import Sent, Transfer

MOST_TRANSMISSIONS: Final = 10_000_000
"""Some 15 GB of traffic. 29 bytes of each are kept: 290 MB at most, and about as much again while it is judged."""
MOST_DIRECTIONS: Final = 100_000
_SYN, _ACK = 0x02, 0x10

End = tuple[bytes, int]


@dataclass(frozen=True)
class Direction:
    """Data from ``source`` to ``destination`` (packed address, port); ``holes_filled`` ranges were not seen the first time;
    ``acknowledged`` tells whether the capture holds the other side's acknowledgements.
    """

    source: End
    destination: End
    sent: Sent
    holes_filled: int
    acknowledged: bool


def followed(packets: Iterable[Packet], path: Path, most: int = MOST_TRANSMISSIONS) -> list[Direction]:
    """Every direction that carried payload; a new connection between the same ports is another one.

    Raises Trouble for more than ``most`` transmissions, or MOST_DIRECTIONS: memory is bounded.
    """
    transfers: dict[tuple[End, End], Transfer] = {}
    earlier: list[tuple[tuple[End, End], Transfer]] = []
    transmissions = 0
    for packet in packets:
        forward = _direction(transfers, packet.source, packet.destination, path)
        backward = _direction(transfers, packet.destination, packet.source, path)
        if packet.flags & _SYN:
            if forward.is_another(packet.seq):
                earlier += _ended(transfers, packet)
                if len(earlier) > MOST_DIRECTIONS:
                    raise Trouble("trace.too_many_connections", path=path, most=MOST_DIRECTIONS // 2)
                forward = _direction(transfers, packet.source, packet.destination, path)
                backward = _direction(transfers, packet.destination, packet.source, path)
                forward.is_another(packet.seq)
            if packet.mss is not None:
                backward.limit_segment(packet.mss)
            continue
        if packet.flags & _ACK:
            backward.acknowledges(packet)
        if packet.payload_bytes:
            before = len(forward)
            backward.asked()
            forward.sends(packet)
            transmissions += len(forward) - before
            if transmissions > most:
                raise Trouble("trace.too_many", path=path, most=most)
    return [
        Direction(source, destination, transfer.finish(), transfer.holes_filled, transfer.acknowledged)
        for (source, destination), transfer in (*earlier, *transfers.items())
        if len(transfer)
    ]


def _ended(
    transfers: dict[tuple[End, End], Transfer], packet: Packet
) -> list[tuple[tuple[End, End], Transfer]]:
    """The two directions that a new connection between the same ports takes the place of."""
    ends = packet.source, packet.destination
    return [(key, old) for key in (ends, ends[::-1]) if len(old := transfers.pop(key))]


def _direction(
    transfers: dict[tuple[End, End], Transfer], source: End, destination: End, path: Path
) -> Transfer:
    transfer = transfers.get((source, destination))
    if transfer is None:
        if len(transfers) >= MOST_DIRECTIONS:
            raise Trouble("trace.too_many_connections", path=path, most=MOST_DIRECTIONS // 2)
        transfer = transfers[source, destination] = Transfer()
    return transfer

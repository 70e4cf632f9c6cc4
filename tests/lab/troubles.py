"""What befalls homes, lines and responder besides the ISP's policies, as data: the ordinary troubles that must accuse nobody.

None of them knows a name, but for a rogue router, which is the home's own. `homes` as in `policies`; what is random has a seed.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.lab.policies import Police


@dataclass(frozen=True)
class VaryingLine:
    """Each home's whole line jumps between levels, each held for a time drawn evenly between `least_s` and `most_s`."""

    levels_bit_s: tuple[int, ...]
    least_s: float
    most_s: float
    seed: int = 1
    homes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Wifi:
    """The home's own radio link: random loss, and a rate that is drawn anew every few tenths of a second, sometimes nearly none."""

    loss_share: float = 0.01
    levels_bit_s: tuple[int, ...] = (1_000_000, 15_000_000, 25_000_000, 40_000_000, 60_000_000)
    least_s: float = 0.1
    most_s: float = 0.6
    seed: int = 1
    homes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class SecondDevice:
    """Another device of the home downloads in bursts: `flows` connections for about `on_s`, then nothing for about `off_s`."""

    flows: int = 3
    on_s: float = 4.0
    off_s: float = 4.0
    seed: int = 1
    homes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class RogueRouter:
    """One home's own router polices a name. The lab's counter stands before it, so it sees what the router drops."""

    home: int
    police: Police


@dataclass(frozen=True)
class RewrittenPorts:
    """The home's NAT gives each connection a random port."""

    homes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class SmallMtu:
    """The line carries smaller packets; the ISP says so by ICMP, as it should."""

    mtu_bytes: int
    homes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class ContentLimit:
    """The content side polices every client alike, at so many bit/s each."""

    rate_bit_s: int


@dataclass(frozen=True)
class SlowResponder:
    """The responder's process is stopped for `stop_s` about every `every_s`."""

    stop_s: float = 0.4
    every_s: float = 2.0
    seed: int = 1


@dataclass(frozen=True)
class ResponderDown:
    """The responder is killed `after_s` into the measuring and started again `down_s` later."""

    after_s: float = 20.0
    down_s: float = 4.0


@dataclass(frozen=True)
class BusyProbe:
    """The probe shares one core with `programs` that never rest and are favoured by the scheduler."""

    programs: int = 1
    homes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class ClockJump:
    """The probe's clock jumps by `jump_s`, `after_s` into the measuring (a preloaded library; needs a C compiler)."""

    jump_s: float = 3600.0
    after_s: float = 20.0
    homes: tuple[int, ...] | None = None


NetworkTrouble = VaryingLine | Wifi | SecondDevice | RogueRouter | RewrittenPorts | SmallMtu | ContentLimit
StageTrouble = SlowResponder | ResponderDown | BusyProbe | ClockJump
Trouble = NetworkTrouble | StageTrouble


def chosen(homes: tuple[int, ...] | None, count: int) -> list[int]:
    """Return the homes meant out of `count`."""
    return [n for n in range(count) if homes is None or n in homes]

"""What the mechanism of a slowed cell is told from: medians over pairs, then over the homes that were affected.

A home's numbers are medians over its pairs, so a policer's sawtooth is one rate; homes are compared by their medians.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from analysis.cell import Cell
from analysis.observe.record import Observation, RunObserved
from analysis.stats.delivered import SLOWED_BELOW
from analysis.stats.order_interval import middle
from analysis.stats.parameters import Parameters

DELAY_US: Final = 10_000
QUEUEING_US: Final = 30_000
WAITED_US: Final = 10_000
"""Losses by chance leave no queue: 2 to 4 ms more of it than under the control were seen where a machine was busy. What is served last waits longer."""
FIXED_SPREAD: Final = 0.15
EXCESS_LOSS: Final = 0.002
SAME_RATIO: Final = 0.9
BURST_RATIO: Final = 2.0
AT_FLOOR_BIT_S: Final = 1.05 * Parameters().floor_bit_s
FAR_BURST: Final = 4.0
"""Beyond this the first third outran the last whether or not one level shift describes the rest: behind a large bucket a run
stands still, recovers and stands still again, and then no two levels fit it."""
FROZEN_SHARE: Final = 0.05
"""Of the control's bytes: an original that ends at the floor and carried no more than this did not slow down, it stopped."""
FAR_BELOW: Final = 0.45
"""Of the control's rate: a share of capacity that happens to be alike in alike homes is seldom so small."""
CONTROLS_DIFFER: Final = 0.3
STEADY_SPREAD: Final = 0.03
"""MAD of ln late rate over the pairs of all homes. Limiters in the lab: 0.001-0.015; what others leave of a line moves with
them, and random loss moves a rate by itself: some 25 losses in a run spread it by a tenth."""
AT_PACE: Final = 0.9
"""A control that comes so near to its pace was held back by no capacity, so no share of one explains the original."""
SEGMENT_BYTES: Final = 1448
RENO_WINDOW: Final = 1.5**0.5
"""Segments times the root of the loss share: Mathis et al., The macroscopic behavior of the TCP congestion avoidance algorithm (1997)."""
CUBIC_WINDOW: Final = (0.4 * 3.7 / 1.2) ** 0.25
"""Segments times (loss share / RTT in s) ** 0.75: RFC 9438 section 5.1 with its C and beta."""
BEYOND_CHANCE: Final = 1.0
"""Losses that come one by one let TCP have no more than this. In the lab 0.5-0.7 of it, policers of half the pace and more 1.2-1.5:
an empty bucket drops many packets for one halving of the window."""
HANDSHAKE_BYTES: Final = 3000
"""What a TLS handshake carries at most: its own transmission at a low rate is no added delay."""


@dataclass(frozen=True)
class HomeFacts:
    """One home's medians over pairs; ``None`` where it has none. Differences are original minus control.

    ``rate_ratio`` is late rate of originals over that of controls; ``late_mbit_s`` that of originals, ``control_mbit_s`` of
    controls; ``handshake_us`` difference of TCP plus TLS handshake; ``transmission_us`` what HANDSHAKE_BYTES take at the late rate; ``bursts``
    whether originals, not controls, begin at twice the rate at which they end, after a change point; ``late_rates_mbit_s``
    each original's late rate, ``control_of_pace`` the control's late rate over the pace; ``failed`` and
    ``control_failed`` shares of runs; ``altered_share`` that of pairs whose original alone was altered, ``alterations`` how;
    ``endings`` the failures of originals whose control ended well; ``frozen`` whether most originals stopped for good;
    ``of_chance`` an original's late rate over the most that TCP has where so many packets are lost one by one.
    """

    pairs: int
    failed: float
    control_failed: float
    endings: tuple[str, ...]
    rate_ratio: float | None
    late_mbit_s: float | None
    control_mbit_s: float | None
    handshake_us: float | None
    transmission_us: float
    queueing_us: float | None
    loss: float | None
    bursts: bool
    shift_s: float | None
    before_shift_mbit_s: float | None
    late_rates_mbit_s: tuple[float, ...]
    control_of_pace: float | None
    alterations: tuple[str, ...] = ()
    altered_share: float = 0.0
    frozen: bool = False
    of_chance: float | None = None

    @property
    def altered(self) -> bool:
        """Whether most originals were altered on their way, and their controls not (plain HTTP)."""
        return self.altered_share > 0.5

    @property
    def blocked(self) -> bool:
        """Whether most originals failed where controls did not."""
        return self.failed - self.control_failed > 0.5

    @property
    def slowed(self) -> bool:
        """Whether the home was individually slowed."""
        return self.rate_ratio is not None and round(self.rate_ratio, 6) < SLOWED_BELOW


@dataclass(frozen=True)
class MechanismFacts:
    """Medians over the affected homes, which are those blocked, slowed or altered, or all where no home is any.

    ``late_spread`` is the MAD of ln late rate over homes, ``pair_spread`` that over the pairs of all of them; ``control_range``
    the largest over the smallest late rate of controls, less one; ``control_of_pace`` theirs over the pace; ``endings`` counts failures of originals over all pairs.
    """

    homes: int
    blocked_share: float
    burst_share: float
    endings: dict[str, int]
    rate_ratio: float | None
    late_spread: float | None
    pair_spread: float | None
    control_range: float | None
    control_of_pace: float | None
    handshake_us: float | None
    transmission_us: float
    queueing_us: float | None
    loss: float | None
    shift_s: float | None
    before_shift_mbit_s: float | None
    altered: dict[str, int]
    altered_share: float
    frozen_share: float = 0.0
    of_chance: float | None = None

    @property
    def blocked(self) -> bool:
        """Whether blocking is what happened to most affected homes."""
        return self.blocked_share > 0.5

    @property
    def delayed(self) -> bool:
        """Whether handshakes took longer than the rate explains."""
        return self.handshake_us is not None and self.handshake_us - self.transmission_us > DELAY_US

    @property
    def same_rate(self) -> bool:
        """Whether the rate was hardly touched."""
        return self.rate_ratio is None or round(self.rate_ratio, 6) > SAME_RATIO

    @property
    def fixed_rate(self) -> bool:
        """Whether homes were slowed to one and the same rate, and this is more than alike homes having alike lines.

        That takes controls that differ between homes, or a rate far below theirs, or one that does not move from pair to
        pair beside controls that had room.
        """
        differ = self.control_range is not None and round(self.control_range, 6) > CONTROLS_DIFFER
        far = self.rate_ratio is not None and round(self.rate_ratio, 6) <= FAR_BELOW
        return self.alike and (differ or far or self.steady)

    @property
    def alike(self) -> bool:
        """Whether slowed homes end at nearly one rate."""
        return self.late_spread is not None and round(self.late_spread, 6) < FIXED_SPREAD

    @property
    def still(self) -> bool:
        """Whether the rate does not move from pair to pair."""
        return self.pair_spread is not None and round(self.pair_spread, 6) < STEADY_SPREAD

    @property
    def steady(self) -> bool:
        """Whether the rate stands still while controls reach their pace."""
        return self.still and self.control_of_pace is not None and round(self.control_of_pace, 6) >= AT_PACE

    @property
    def queued(self) -> bool:
        """Whether packets of the original waited longer."""
        return self.queueing_us is not None and self.queueing_us > QUEUEING_US

    @property
    def lossy(self) -> bool:
        """Whether more of the original was lost."""
        return self.loss is not None and self.loss > EXCESS_LOSS

    @property
    def in_bursts(self) -> bool:
        """Whether losses were too many for the rate to have come one by one."""
        return self.of_chance is not None and self.of_chance > BEYOND_CHANCE

    def ended_by(self, kind: Callable[[str], bool]) -> bool:
        """Whether ``kind`` holds for more than half of the failures seen."""
        count = sum(n for failure, n in self.endings.items() if kind(failure))
        return count > sum(self.endings.values()) / 2


def cell_facts(cell: Cell) -> MechanismFacts:
    """The facts of a cell from those of its affected homes."""
    homes = [home_facts(_of_home(cell, number)) for number in range(len(cell.lines))]
    affected = [home for home in homes if home.blocked or home.slowed or home.altered] or homes
    late = [np.log(home.late_mbit_s) for home in affected if home.slowed and home.late_mbit_s]
    every = [np.log(rate) for home in affected if home.slowed for rate in home.late_rates_mbit_s]
    controls = [home.control_mbit_s for home in affected if home.slowed and home.control_mbit_s]
    bursts = [home for home in affected if home.bursts]
    return MechanismFacts(
        homes=len(affected),
        blocked_share=sum(home.blocked for home in affected) / max(1, len(affected)),
        burst_share=len(bursts) / max(1, len(affected)),
        endings=dict(sorted(Counter(e for home in affected for e in home.endings).items())),
        rate_ratio=_median(home.rate_ratio for home in affected),
        late_spread=_spread(late),
        pair_spread=_spread(every),
        control_of_pace=_median(home.control_of_pace for home in affected if home.slowed),
        control_range=max(controls) / min(controls) - 1 if controls else None,
        handshake_us=_median(home.handshake_us for home in affected),
        transmission_us=_median(home.transmission_us for home in affected) or 0.0,
        queueing_us=_median(home.queueing_us for home in affected),
        loss=_median(home.loss for home in affected),
        shift_s=_median(home.shift_s for home in bursts),
        before_shift_mbit_s=_median(home.before_shift_mbit_s for home in bursts),
        altered=dict(sorted(Counter(a for home in affected for a in home.alterations).items())),
        altered_share=sum(home.altered for home in affected) / max(1, len(affected)),
        frozen_share=sum(home.frozen for home in affected) / max(1, len(affected)),
        of_chance=_median(home.of_chance for home in affected if home.slowed),
    )


def home_facts(pairs: list[Observation]) -> HomeFacts:
    """One home's medians over its pairs."""
    both = [(pair.original, pair.control) for pair in pairs if pair.original and pair.control]
    whole = [(o, c) for o, c in both if o.failure == "ok" and c.failure == "ok"]
    late = _median(o.tail_mbit_s for o, _ in whole)
    control_late = _median(c.tail_mbit_s for _, c in whole)
    bursts = [_bursts(o) and not _bursts(c) for o, c in whole]
    paces = [pair.pace_bit_s / 1e6 for pair in pairs if pair.control and pair.variant != "saturate"]
    pace_mbit_s = _median(paces)
    return HomeFacts(
        pairs=len(both),
        failed=sum(o.failure != "ok" for o, _ in both) / max(1, len(both)),
        control_failed=sum(c.failure != "ok" for _, c in both) / max(1, len(both)),
        endings=tuple(o.failure for o, c in both if o.failure != "ok" and c.failure == "ok"),
        rate_ratio=late / control_late if late and control_late else None,
        late_mbit_s=late,
        control_mbit_s=control_late,
        handshake_us=_median(_minus(_handshake_us(o), _handshake_us(c)) for o, c in whole),
        transmission_us=HANDSHAKE_BYTES * 8 / late if late else 0.0,
        queueing_us=_median(_minus(o.queueing_us, c.queueing_us) for o, c in whole),
        loss=_median(_minus(o.loss, c.loss) for o, c in whole),
        bursts=sum(bursts) * 2 > len(bursts),
        shift_s=_median(o.shift_s for o, _ in whole),
        before_shift_mbit_s=_median(o.before_shift_mbit_s for o, _ in whole),
        late_rates_mbit_s=tuple(o.tail_mbit_s for o, _ in whole if o.tail_mbit_s),
        control_of_pace=control_late / pace_mbit_s if control_late and pace_mbit_s else None,
        alterations=tuple(one for o, c in whole for one in sorted(set(altered(o)) - set(altered(c)))),
        altered_share=sum(bool(altered(o)) and not altered(c) for o, c in whole) / max(1, len(both)),
        frozen=sum(_frozen(o, c) for o, c in whole) * 2 > max(1, len(whole)),
        of_chance=_median(_of_chance(o) for o, _ in whole),
    )


def altered(run: RunObserved) -> tuple[str, ...]:
    """What of a run was not as sent; nothing where it cannot be told."""
    return () if run.altered is msgspec.UNSET else run.altered


def _spread(logarithms: list[float]) -> float | None:
    """Median absolute deviation."""
    return float(np.median(np.abs(np.array(logarithms) - np.median(logarithms)))) if logarithms else None


def _of_home(cell: Cell, number: int) -> list[Observation]:
    return [pair for pair, home in zip(cell.pairs, cell.home.tolist(), strict=True) if home == number]


def _handshake_us(run: RunObserved) -> float | None:
    """TCP and TLS together: a box that acts on the name can delay nothing before it has read it."""
    return None if run.connect_us is None or run.tls_us is None else run.connect_us + run.tls_us


def _bursts(run: RunObserved) -> bool:
    if run.early_mbit_s is None or not run.late_mbit_s:
        return False
    ratio = run.early_mbit_s / run.late_mbit_s
    return ratio >= FAR_BURST or (run.shift_s is not None and ratio >= BURST_RATIO)


def at_floor(run: RunObserved) -> bool:
    """Whether nothing arrived at the end of a run: its late rate is the floor that a bin is given, and no rate."""
    return run.tail_mbit_s is not None and run.tail_mbit_s * 1e6 <= AT_FLOOR_BIT_S


def _frozen(original: RunObserved, control: RunObserved) -> bool:
    little = original.wire_bytes <= FROZEN_SHARE * control.wire_bytes
    return at_floor(original) and little and not at_floor(control)


def _of_chance(run: RunObserved) -> float | None:
    """The late rate over the most that Reno and CUBIC reach where the run's share of packets is lost one by one."""
    if not run.tail_mbit_s or not run.rtt_us or not run.loss:
        return None
    rtt_s = run.rtt_us / 1e6
    window = max(RENO_WINDOW / math.sqrt(run.loss), CUBIC_WINDOW * math.pow(rtt_s / run.loss, 0.75))
    return run.tail_mbit_s * 1e6 * rtt_s / (8 * SEGMENT_BYTES * window)


def _minus(original: float | None, control: float | None) -> float | None:
    return None if original is None or control is None else original - control


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return middle(known) if known else None

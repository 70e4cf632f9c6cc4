"""Decide: which cells differ, over the whole registered family at once (detection.md 4.9 and 9).

Both hypotheses of every registered cell enter e-BH, those without data with E = 1. Grade 1 is E >= 20, grade 2 is
e-BH at q with the gates; ``grading`` makes grades 3 and 4 of it, ``certificate`` says what was shown to be equal.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

import numpy as np

from analysis.cell import Cell, Evidence, evidences
from analysis.gate_cells import NOTHING_REGISTERED, GateResult, Standing, network_of
from analysis.gates import (
    CARRY_OVER,
    SplitEffects,
    doubted_gates,
    failed_gates,
    held_back,
    margin_of,
    split_effects,
    splits_of,
    turns,
)
from analysis.registration import Registration
from analysis.scale.scheduler import Each, here
from analysis.stats.cell import rho_at_bars
from analysis.stats.ebh import NEAR, EbhResult, ebh
from analysis.stats.pair import HYPOTHESES, Hypothesis
from analysis.stats.parameters import Parameters

Outcome = Literal["different", "equivalent", "undetermined", "invalid"]
Grade = Literal[0, 1, 2, 3, 4]

WEAK_LOG_E: Final = math.log(20)
DEFAULT_METRIC: Final = "thr"
"""What a cell is described by where no metric leads."""
ON_RATE: Final = ("thr", "tail", "fail")
CONTRADICTORY: Final = "both_directions"


@dataclass(frozen=True)
class Sided:
    """One hypothesis of one cell, decided. ``near``: only the margin of 1e-5 kept it from a higher grade."""

    evidence: Evidence
    rejected: bool
    near: bool
    rho_at_bar: float

    @property
    def on_rate(self) -> bool:
        """Whether what arrived, without delay or loss, is evidence enough to be worth a word by itself."""
        by_metric = self.evidence.cell.log_e_by_metric
        mean = np.logaddexp.reduce([by_metric[metric] for metric in ON_RATE]) - math.log(len(ON_RATE))
        return bool(mean >= WEAK_LOG_E + NEAR)

    @property
    def rate_metric(self) -> str:
        """The metric of those on which most of what arrived rests."""
        return self.evidence.leading_metric(ON_RATE)

    @property
    def weak(self) -> bool:
        """Whether E reaches 20, near-ties to the innocent side."""
        return self.evidence.log_e >= WEAK_LOG_E + NEAR


@dataclass(frozen=True)
class Decision:
    """A cell, decided. ``reasons`` say why it is not more than it is; ``log_bar`` is what ln E had to reach.

    For a cell that was not rejected that is M / (q (k + 1)), with k cells rejected: with it there were one more.
    """

    cell: Cell
    outcome: Outcome
    direction: Hypothesis | None
    grade: Grade
    reasons: tuple[str, ...]
    slowed: Sided
    favoured: Sided
    metric: str
    split: SplitEffects
    log_bar: float
    gates: tuple[GateResult, ...] = ()

    @property
    def leading(self) -> Sided:
        """The side that the finding speaks of: its direction, else the larger E."""
        if self.direction is not None:
            return self.slowed if self.direction == "slowed" else self.favoured
        return _leading(self.slowed, self.favoured)

    @property
    def alarming(self) -> bool:
        """Whether it is a reason to look closer, inside: a weak sign, or runs of one label that were refuted more often."""
        return self.slowed.weak or self.favoured.weak or self.cell.refuted.uneven

    @property
    def near(self) -> bool:
        """Whether a near-tie of either hypothesis went to the innocent side."""
        return self.slowed.near or self.favoured.near


def decide(
    cells: Sequence[Cell],
    registration: Registration,
    parameters: Parameters,
    standing: Standing = NOTHING_REGISTERED,
    each: Each = here,
) -> list[Decision]:
    """A decision for each cell, in the order given. ``cells`` are all registered ones, with or without pairs.

    ``each`` computes what rests on a cell alone; what rests on the family is decided here.

    What a gate holds back is no rejection, so it must not help others over the bar: it enters e-BH with E = 0, and the
    family is decided again. So does the other side of a cell whose two were rejected: a finding has one direction.
    Ends: each round holds back one cell or one side more, or is the last.
    """
    by_side = [
        each(partial(evidences, hypothesis=hypothesis, parameters=parameters), cells)
        for hypothesis in HYPOTHESES
    ]
    sides = [side for both in zip(*by_side, strict=True) for side in both]
    family = _Family(cells, sides, registration, parameters, standing)
    first = family.decided(frozenset(), frozenset())
    held = {index: reasons for index in range(len(cells)) if (reasons := family.invalid(index))}
    silent: frozenset[int] = frozenset()
    result = family.decided(frozenset(held), silent) if held else first
    while True:
        losing = family.losing(result)
        doubted = (
            {} if losing else {n: why for n in range(len(cells)) if (why := family.doubts(n, result, silent))}
        )
        if not losing and not doubted:
            break
        silent |= losing
        held |= doubted  # what is held back is not rejected the next time, so it grows
        result = family.decided(frozenset(held), silent)
    seen = [(first if index in held else result).sided[index] for index in range(len(cells))]
    metrics = [_described_by(*sided) for sided in seen]
    splits = each(partial(splits_of, parameters=parameters), cells, metrics)
    return [
        family.decision(index, seen[index], result.ebh, held.get(index, ()), splits[index])
        for index in range(len(cells))
    ]


@dataclass(frozen=True)
class _Round:
    """E-BH over the family, and both hypotheses of each cell under it."""

    ebh: EbhResult
    sided: list[tuple[Sided, Sided]]


@dataclass(frozen=True)
class _Family:
    """Every registered cell with its evidence: sides 2n and 2n + 1 are those of cell n."""

    cells: Sequence[Cell]
    sides: Sequence[Evidence]
    registration: Registration
    parameters: Parameters
    standing: Standing

    def decided(self, held: frozenset[int], silent: frozenset[int]) -> _Round:
        """E-BH over the family, with the cells that are held back and the sides that are silent left without evidence."""
        log_e = [
            0.0 if index // 2 in held or index in silent else side.log_e
            for index, side in enumerate(self.sides)
        ]
        result = ebh(log_e, self.registration.hypotheses, self.parameters.q)
        rho = rho_at_bars([side.terms for side in self.sides], self.parameters, result.log_bar)
        both = [
            _sided(side, rejected, near, at_bar)
            for side, rejected, near, at_bar in zip(
                self.sides, result.rejected, result.near, rho.tolist(), strict=True
            )
        ]
        return _Round(result, list(zip(both[::2], both[1::2], strict=True)))

    def gates(self, index: int) -> tuple[GateResult, ...]:
        """What the gates say of the networks a cell was measured on."""
        cell = self.cells[index]
        if not (cell.pairs or cell.discarded):
            return ()
        return self.standing.of(map(network_of, cell.pairs), cell.key.direction)

    def invalid(self, index: int) -> tuple[str, ...]:
        """Why a cell's pairs cannot serve at all, whatever they say."""
        cell = self.cells[index]
        lost = cell.missing.invalid if cell.pairs or cell.missing.tickets else ()
        return (*lost, *(failed_gates(self.gates(index)) if cell.pairs else ()))

    def losing(self, result: _Round) -> frozenset[int]:
        """The sides that were rejected beside the one that speaks for their cell."""
        return frozenset(
            2 * index + (slowed is _leading(slowed, favoured))
            for index, (slowed, favoured) in enumerate(result.sided)
            if slowed.rejected and favoured.rejected and not _contradictory(slowed, favoured)
        )

    def doubts(self, index: int, result: _Round, silent: frozenset[int]) -> tuple[str, ...]:
        """Why a cell that would be rejected is held back."""
        slowed, favoured = result.sided[index]
        if not (slowed.rejected or favoured.rejected):
            return ()
        if _contradictory(slowed, favoured):
            return (CONTRADICTORY,)
        cell, leading = self.cells[index], _leading(slowed, favoured)
        by_rate = bool({2 * index, 2 * index + 1} & silent)  # then rate has to stand every test, too
        metrics = dict.fromkeys(
            (leading.evidence.leading_metric(), *((leading.rate_metric,) if by_rate else ()))
        )
        of_metrics = [why for metric in metrics for why in self._doubts_of(cell, leading, metric)]
        hypothesis = leading.evidence.hypothesis
        of_gates = doubted_gates(cell, hypothesis, self.gates(index), self.parameters, result.ebh.log_bar)
        return tuple(dict.fromkeys((*of_metrics, *of_gates)))

    def _doubts_of(self, cell: Cell, side: Sided, metric: str) -> tuple[str, ...]:
        """What strata and order say against a cell by one metric."""
        split = split_effects(cell, metric, self.parameters)
        delta = margin_of(metric, self.parameters)
        return (
            *held_back(split, side.evidence.hypothesis, self.registration.stratum_bar, delta),
            *((CARRY_OVER,) if turns(split, delta) else ()),
        )

    def decision(
        self,
        index: int,
        seen: tuple[Sided, Sided],
        final: EbhResult,
        held: tuple[str, ...],
        split: SplitEffects,
    ) -> Decision:
        """The decision on a cell; ``seen`` says what it would have been had no gate held it back."""
        cell = self.cells[index]
        slowed, favoured = seen
        leading = _leading(slowed, favoured)
        invalid = self.invalid(index)
        outcome: Outcome = "undetermined"
        grade: Grade = 1 if leading.weak else 0
        if invalid:
            outcome, grade = "invalid", 0
        elif leading.rejected and not held:
            outcome, grade = "different", 2
        elif not cell.pairs and cell.discarded:
            outcome = "invalid"
        return Decision(
            cell=cell,
            outcome=outcome,
            direction=leading.evidence.hypothesis if outcome == "different" else None,
            grade=grade,
            reasons=(*(invalid or held), *_reasons(cell, slowed, favoured)),
            slowed=slowed,
            favoured=favoured,
            metric=_described_by(slowed, favoured),
            split=split,
            log_bar=final.log_bar if leading.rejected and not held else final.log_next_bar,
            gates=self.gates(index),
        )


def _described_by(slowed: Sided, favoured: Sided) -> str:
    """The metric a cell is described by."""
    leading = _leading(slowed, favoured)
    return leading.evidence.leading_metric() if leading.weak else DEFAULT_METRIC


def _sided(side: Evidence, rejected: bool, near: bool, at_bar: float) -> Sided:
    almost = 0 < WEAK_LOG_E + NEAR - side.log_e <= 2 * NEAR
    return Sided(evidence=side, rejected=rejected, near=near or almost, rho_at_bar=at_bar)


def _leading(slowed: Sided, favoured: Sided) -> Sided:
    """The side that was rejected; of two, or none, that with the larger E, or of two the one that rate or failures speak for.

    Delay and loss are the price of rate. A shaper loses nothing where an open line at full pace loses a little, and who
    is served last on a full line waits longer and loses less than who fills it: both are slowed, and nothing else.
    """
    if slowed.rejected != favoured.rejected:
        return slowed if slowed.rejected else favoured
    if slowed.rejected and slowed.on_rate != favoured.on_rate:
        return slowed if slowed.on_rate else favoured
    return max(slowed, favoured, key=lambda side: side.evidence.log_e)


def _contradictory(slowed: Sided, favoured: Sided) -> bool:
    """Whether delay or loss say one thing and rate another, or rate both, beyond chance. That is no finding yet.

    Homes are at odds, some faster and some slower; or one waits longer and loses less, at the same rate; or the side that was
    rejected has delay or loss alone for it, and rate speaks, if more softly, for the other.
    """
    leading = _leading(slowed, favoured)
    other = favoured if leading is slowed else slowed
    if not leading.rejected:
        return False
    return (other.rejected and other.on_rate) if leading.on_rate else (other.rejected or other.on_rate)


def _reasons(cell: Cell, slowed: Sided, favoured: Sided) -> list[str]:
    if not cell.pairs:
        return ["all_discarded"] if cell.discarded else ["no_pairs"]
    if not slowed.rejected and not favoured.rejected:
        return ["too_little_evidence"]
    return []

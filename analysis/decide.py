"""Decide: which cells differ, over the whole registered family at once (detection.md 4.9 and 9).

Both hypotheses of every registered cell enter e-BH, those without data with E = 1. Grade 1 is E >= 20, grade 2 is
e-BH at q with the gates; grades 3 and 4 and certificates of equivalence need tests that are not built yet.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from analysis.cell import Cell, Evidence, evidence
from analysis.gates import SplitEffects, held_back, split_effects
from analysis.registration import Registration
from analysis.stats.cell import rho_at_bar
from analysis.stats.ebh import NEAR, EbhResult, ebh
from analysis.stats.pair import HYPOTHESES, Hypothesis
from analysis.stats.parameters import Parameters

Outcome = Literal["different", "equivalent", "undetermined", "invalid"]
Grade = Literal[0, 1, 2]

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
        """Whether the evidence rests on what arrived, rather than on delay or loss."""
        return self.evidence.leading_metric() in ON_RATE

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

    @property
    def leading(self) -> Sided:
        """The side that the finding speaks of: its direction, else the larger E."""
        if self.direction is not None:
            return self.slowed if self.direction == "slowed" else self.favoured
        return _leading(self.slowed, self.favoured)

    @property
    def near(self) -> bool:
        """Whether a near-tie of either hypothesis went to the innocent side."""
        return self.slowed.near or self.favoured.near


def decide(cells: Sequence[Cell], registration: Registration, parameters: Parameters) -> list[Decision]:
    """A decision for each cell, in the order given. ``cells`` are all registered ones, with or without pairs."""
    sides = [evidence(cell, hypothesis, parameters) for cell in cells for hypothesis in HYPOTHESES]
    result = ebh([side.log_e for side in sides], registration.hypotheses, parameters.q)
    sided = [_sided(side, index, result, parameters) for index, side in enumerate(sides)]
    return [
        _decision(cell, sided[2 * index], sided[2 * index + 1], result, registration, parameters)
        for index, cell in enumerate(cells)
    ]


def _sided(side: Evidence, index: int, result: EbhResult, parameters: Parameters) -> Sided:
    return Sided(
        evidence=side,
        rejected=result.rejected[index],
        near=result.near[index] or 0 < WEAK_LOG_E + NEAR - side.log_e <= 2 * NEAR,
        rho_at_bar=rho_at_bar(side.terms, parameters, result.log_bar),
    )


def _decision(
    cell: Cell,
    slowed: Sided,
    favoured: Sided,
    result: EbhResult,
    registration: Registration,
    parameters: Parameters,
) -> Decision:
    leading = _leading(slowed, favoured)
    hypothesis = leading.evidence.hypothesis
    metric = leading.evidence.leading_metric() if leading.weak else DEFAULT_METRIC
    split = split_effects(cell, metric, parameters)
    reasons = list(_reasons(cell, slowed, favoured))
    grade: Grade = 1 if leading.weak else 0
    outcome: Outcome = "undetermined"
    delta = {"loss": parameters.delta_loss, "fail": parameters.delta_fail}.get(metric, parameters.delta_log)
    doubts = held_back(split, hypothesis, registration.stratum_bar, delta) if leading.rejected else ()
    if cell.missing.invalid and (cell.pairs or cell.missing.tickets):
        outcome, grade = "invalid", 0
        reasons[:0] = cell.missing.invalid
    elif leading.rejected and _contradictory(slowed, favoured):
        reasons.insert(0, CONTRADICTORY)
    elif doubts:
        reasons[:0] = doubts
    elif leading.rejected:
        outcome, grade = "different", 2
    elif not cell.pairs and cell.discarded:
        outcome = "invalid"
    return Decision(
        cell=cell,
        outcome=outcome,
        direction=hypothesis if outcome == "different" else None,
        grade=grade,
        reasons=tuple(reasons),
        slowed=slowed,
        favoured=favoured,
        metric=metric,
        split=split,
        log_bar=result.log_bar if leading.rejected else result.log_next_bar,
    )


def _leading(slowed: Sided, favoured: Sided) -> Sided:
    """The side with the larger E; of two that were rejected, one that rests on rate or failures.

    A shaper loses nothing where an open line at full pace loses a little: slower by rate and better by loss is slowed.
    """
    if slowed.rejected and favoured.rejected and slowed.on_rate != favoured.on_rate:
        return slowed if slowed.on_rate else favoured
    return max(slowed, favoured, key=lambda side: side.evidence.log_e)


def _contradictory(slowed: Sided, favoured: Sided) -> bool:
    """Whether homes are at odds: some got it faster and some slower, beyond chance. That is no finding yet."""
    return slowed.rejected and favoured.rejected and slowed.on_rate == favoured.on_rate


def _reasons(cell: Cell, slowed: Sided, favoured: Sided) -> list[str]:
    if not cell.pairs:
        return ["all_discarded"] if cell.discarded else ["no_pairs"]
    if not slowed.rejected and not favoured.rejected:
        return ["too_little_evidence"]
    return []

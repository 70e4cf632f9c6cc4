"""A cell: its pairs as a table, its lines as clusters, and what they say under each hypothesis."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from analysis.clusters import main_domain
from analysis.missing import NOTHING_MISSING, Missing
from analysis.observe.record import Observation
from analysis.refuted import NOTHING_REFUTED, Refuted, refuted_of
from analysis.registration import CellKey
from analysis.stats.cell import CellEvidence, CellTerms, cell_evidence, cell_evidences, cell_terms
from analysis.stats.home import home_evidence
from analysis.stats.pair import Hypothesis, PairTable, joined, pair_table
from analysis.stats.parameters import METRICS, Parameters
from analysis.stats.series import Floats

LONG = "long"


@dataclass(frozen=True)
class Cell:
    """The pairs of a registered cell that count, in order of time, and those that were discarded.

    ``missing`` is what the missingness test says of it (``analysis.missing``), ``other_domains`` how many pairs were left
    out because their line tags cannot be compared with the others', ``refuted`` which runs the responder did not bear out. ``table`` has one row a pair; ``lines`` names the clusters by their number in it.
    """

    key: CellKey
    pairs: Sequence[Observation]
    discarded: Sequence[Observation]
    table: PairTable
    lines: tuple[str, ...]
    missing: Missing = NOTHING_MISSING
    other_domains: int = 0
    refuted: Refuted = NOTHING_REFUTED

    @property
    def home(self) -> NDArray[np.int64]:
        """The line of each pair, shape (pairs,): effects, too, are over lines."""
        return self.table.cluster

    def take(self, which: NDArray[np.bool_]) -> "Cell":
        """The same cell with some of its pairs: lines keep their numbers, and one without a pair wagers nothing."""
        if not which.any():
            return replace(self, pairs=(), table=pair_table([], [], long=[], evening=[]))
        kept = tuple(pair for pair, mine in zip(self.pairs, which.tolist(), strict=True) if mine)
        return replace(self, pairs=kept, table=self.table.take(which))

    @property
    def homes(self) -> int:
        """How many lines have a pair that counts."""
        return int(np.count_nonzero(np.bincount(self.table.cluster)))

    def metric(self, name: str) -> Floats:
        """The differences of a metric, shape (pairs,), negative where the original did worse; NaN is missing."""
        if name == "loss":
            return np.asarray(self.table.loss_control - self.table.loss_original)
        return np.asarray(getattr(self.table, f"d_{name}"))


@dataclass(frozen=True)
class Evidence:
    """What a cell says under one hypothesis, and the terms from which other values of rho can be tried."""

    hypothesis: Hypothesis
    cell: CellEvidence
    terms: CellTerms

    @property
    def log_e(self) -> float:
        """Ln E, rounded to 1e-6."""
        return self.cell.log_e

    def leading_metric(self, allowed: Iterable[str] = METRICS) -> str:
        """The metric on which most of the evidence rests; the first of equals."""
        return max(allowed, key=lambda metric: self.cell.log_e_by_metric[metric])


def assemble(
    key: CellKey,
    observations: Iterable[Observation],
    line_of: Mapping[str, str],
    parameters: Parameters,
    missing: Missing = NOTHING_MISSING,
    vetted: Container[str] = frozenset(),
) -> Cell:
    """The cell of its observations, in whatever order they come; those of homes that ``missing`` sets aside are discarded.

    ``vetted`` are the keys of vetted homes: their line tags come first (``main_domain``).
    """
    every = missing.counted(observations)
    domain = main_domain((o for o in every if o.discarded_by is None), line_of, vetted)
    left_out = [o for o in every if o.discarded_by is None and o.line_domain != domain]
    ordered = sorted(
        (o for o in every if o.discarded_by is not None or o.line_domain == domain),
        key=lambda o: (o.opened_at_us, o.measurement_id),
    )
    counting = [(o, o.features) for o in ordered if o.discarded_by is None and o.features is not None]
    lines = tuple(sorted({line_of[o.home] for o, _ in counting}))
    number = {line: index for index, line in enumerate(lines)}
    table = pair_table(
        [features.numbers() for _, features in counting],
        [number[line_of[o.home]] for o, _ in counting],
        long=[o.variant == LONG for o, _ in counting],
        evening=[parameters.is_evening(o.local_hour) for o, _ in counting],
    )
    return Cell(
        key=key,
        pairs=tuple(o for o, _ in counting),
        discarded=tuple(o for o in ordered if o.discarded_by is not None),
        table=table,
        lines=lines,
        missing=missing,
        other_domains=len(left_out),
        refuted=refuted_of(ordered, line_of),
    )


@cache
def _nothing(hypothesis: Hypothesis, parameters: Parameters) -> Evidence:
    """What every cell without pairs says; made once, for a family may hold two thousand."""
    table = pair_table([], [], long=[], evening=[])
    homes = home_evidence(table, parameters, hypothesis, clusters=0)
    return Evidence(hypothesis, cell_evidence(homes, parameters), cell_terms(homes, parameters))


def evidence(cell: Cell, hypothesis: Hypothesis, parameters: Parameters) -> Evidence:
    """The evidence of a cell; E = 1 where it has no pairs."""
    if not cell.pairs:
        return _nothing(hypothesis, parameters)
    homes = home_evidence(cell.table, parameters, hypothesis, clusters=len(cell.lines))
    return Evidence(hypothesis, cell_evidence(homes, parameters), cell_terms(homes, parameters))


def evidences(cells: Sequence[Cell], hypothesis: Hypothesis, parameters: Parameters) -> list[Evidence]:
    """The evidence of each of many cells, computed at once."""
    found = [_nothing(hypothesis, parameters)] * len(cells)
    with_pairs = [index for index, cell in enumerate(cells) if cell.pairs]
    if not with_pairs:
        return found
    lines = [len(cells[index].lines) for index in with_pairs]
    table = joined([cells[index].table for index in with_pairs], lines)
    homes = home_evidence(table, parameters, hypothesis, clusters=sum(lines))
    terms = cell_terms(homes, parameters, np.repeat(np.arange(len(lines)), lines), len(lines))
    for row, (index, cell) in enumerate(zip(with_pairs, cell_evidences(terms, parameters), strict=True)):
        found[index] = Evidence(hypothesis, cell, terms.take(slice(row, row + 1)))
    return found

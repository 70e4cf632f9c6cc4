"""All that docs/power.md shows, simulated table by table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from analysis.power_lab import LAB_POLICIES, LabRow, lab_row
from analysis.power_reference import FORGED, SIZES
from analysis.power_runs import (
    NULLS,
    TREATMENTS,
    ForgedCell,
    NullRow,
    PowerCell,
    forged_cell,
    null_row,
    power_row,
)
from analysis.power_strata import STRATA_WORLDS, StrataRow, keys_on_lines, strata_row
from analysis.stats.simulate_forgers import Aim

K = TypeVar("K")
V = TypeVar("V")
KEYS = (1, 3, 5, 10)
KEY_LINES = (10, 5, 2, 1)


@dataclass(frozen=True)
class Sizes:
    """How much is simulated: homes a null setting and a treatment, cells a forged size, repeats a prediction.

    every: of each table's rows, one in so many.
    """

    null_homes: int
    power_homes: int
    forged_cells: int
    strata_cells: int
    repeats: int
    every: int = 1


FULL = Sizes(null_homes=3000, power_homes=2000, forged_cells=200, strata_cells=100, repeats=400)
QUICK = Sizes(null_homes=100, power_homes=100, forged_cells=2, strata_cells=2, repeats=5, every=13)


@dataclass(frozen=True)
class Results:
    """All that the page shows, and the seed and sizes that make it again."""

    seed: int
    sizes: Sizes
    nulls: dict[str, NullRow]
    power: dict[str, dict[tuple[int, int], PowerCell]]
    forged: dict[tuple[str, int, int], list[ForgedCell]]
    unforged: dict[tuple[int, int], ForgedCell]
    one_line: dict[tuple[str, int], list[ForgedCell]]
    strata: dict[str, StrataRow]
    lines: dict[int, ForgedCell]
    lab: dict[str, LabRow]


def simulated(sizes: Sizes, seed: int, tell: Callable[[str], None] = lambda _: None) -> Results:
    """Everything, each table from a generator of its own, so that one can grow without moving the others."""
    nulls, power, forgers, strata, lab, lines = (np.random.default_rng((seed, table)) for table in range(6))
    results = Results(seed, sizes, {}, {}, {}, {}, {}, {}, {}, {})
    for name, world in _some(NULLS, sizes):
        results.nulls[name] = null_row(world, sizes.null_homes, nulls)
        tell(name)
    for name, treatments in _some(TREATMENTS, sizes):
        results.power[name] = power_row(treatments, SIZES, sizes.power_homes, power)
        tell(name)
    _forged(results, forgers)
    _one_line(results, lines)
    tell("forged homes")
    for name, worlds in _some(STRATA_WORLDS, sizes):
        results.strata[name] = strata_row(worlds, sizes.strata_cells, strata)
    for count in KEY_LINES:
        results.lines[count] = keys_on_lines(count, sizes.strata_cells, strata)
    tell("strata and lines")
    for name, treatment in _some(LAB_POLICIES, sizes):
        results.lab[name] = lab_row(treatment, sizes.repeats, lab)
    tell("lab")
    return results


def _some(rows: Mapping[K, V], sizes: Sizes) -> list[tuple[K, V]]:
    """The rows of a table that are simulated."""
    return list(rows.items())[:: sizes.every]


def _forged(results: Results, rng: np.random.Generator) -> None:
    cells = results.sizes.forged_cells
    for aim, pairs, honest in (key for key, _ in _some(FORGED, results.sizes)):
        row = [
            forged_cell(
                "accuse" if aim == "accuse" else "acquit",
                honest=honest, keys=keys, pairs=pairs, cells=cells, rng=rng,
            )
            for keys in KEYS
        ]  # fmt: skip
        results.forged[aim, pairs, honest] = row
        if aim == "acquit":
            results.unforged[pairs, honest] = forged_cell(
                "acquit", honest=honest, keys=0, pairs=pairs, cells=cells, rng=rng
            )


def _one_line(results: Results, rng: np.random.Generator) -> None:
    """All forged keys on one line."""
    aims: tuple[tuple[Aim, int], ...] = (
        ("accuse", 0), ("accuse", 3), ("accuse", 10), ("acquit", 3), ("acquit", 10),
    )  # fmt: skip
    for aim, honest in aims:
        results.one_line[aim, honest] = [
            forged_cell(
                aim, honest=honest, keys=keys, pairs=20, cells=results.sizes.forged_cells, rng=rng, one_line=True
            )
            for keys in KEYS
        ]  # fmt: skip

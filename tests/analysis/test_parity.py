"""The parity index: groups of services against global platforms on the same lines."""

import msgspec
import pytest

from analysis.clusters import clusters
from analysis.messages import MESSAGES
from analysis.parity import parities
from analysis.parity_page import lines
from analysis.stats.simulate import World
from analysis.stats.simulate_treatments import Treatment
from probe.catalogue.read import shipped
from tests.analysis.simulated import cell

QUIET = World(wifi=0.0, congested=0.0)
SLOWED = World(wifi=0.0, congested=0.0, treatment=Treatment("slow", factor=0.8))


def entry(name, origin, languages=("fr",), sector="audiovisual"):
    """A service of the catalogue with another name, origin, languages and sector."""
    first = shipped().services[0]
    return msgspec.structs.replace(first, id=name, origin=origin, languages=languages, sector=sector)


ENTRIES = (
    entry("ours", "national", ("fr", "wo")),
    entry("theirs", "local", ("en",)),
    entry("world", "global", ("en",)),
)


def index(homes, **worlds):
    """Rows over all lines by dimension and group, of services measured on the same lines."""
    pairs = [
        one
        for seed, (name, world) in enumerate(worlds.items())
        for one in cell(world, name, homes=homes, pairs=6, seed=seed)
    ]
    found = parities(pairs, ENTRIES, clusters(pairs))
    return {(one.dimension, one.group): one for one in found if not one.brand}, found


def test_what_is_slowed_by_a_fifth_has_a_parity_of_four_fifths():
    """Services slowed by 20 % on eight lines: 0.8 by origin and language, parity for the others, never the platforms' own row."""
    rows, _ = index(8, ours=SLOWED, theirs=QUIET, world=QUIET)
    assert 0.8 == pytest.approx(rows["origin", "national"].ratio, abs=0.03)
    assert 0.8 == pytest.approx(rows["language", "wo"].ratio, abs=0.03)
    assert 1.0 == pytest.approx(rows["origin", "local"].ratio, abs=0.03)
    own = rows["origin", "national"]
    assert own.low <= own.ratio <= own.high < 0.9
    assert (8, 1, 1, 48, "inside") == (own.lines, own.services, own.platforms, own.pairs, own.surface)
    assert ("origin", "global") not in rows


def test_few_lines_show_counts_and_no_figure():
    """On four lines the row is there, its figures are not, and the sentence says why."""
    rows, found = index(4, ours=SLOWED, world=QUIET)
    assert (4, None, None) == (
        rows["origin", "national"].lines,
        rows["origin", "national"].ratio,
        rows["origin", "national"].low,
    )
    said = "\n".join(lines(found, "en"))
    assert "too few lines" in said
    assert MESSAGES["parity.inside"]["en"] in said


def test_without_a_platform_on_the_same_line_there_is_nothing_to_compare():
    """No platform measured: no line counts, and nothing is claimed."""
    rows, _ = index(8, ours=SLOWED)
    assert (0, None) == (rows["origin", "national"].lines, rows["origin", "national"].ratio)

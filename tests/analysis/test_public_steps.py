"""An adversary keeps two public editions and subtracts: no difference tells what one home did between them."""

import random
from collections import Counter
from datetime import UTC, datetime

import pytest

from analysis.public import form
from analysis.public.make import Sources, make
from analysis.public.steps import STEP_LINES, amount_told, lines_told, step_of
from analysis.stats.simulate import World
from analysis.stats.simulate_treatments import Boxes
from dashboards.site.render import site
from probe.catalogue.read import shipped
from tests.analysis.simulated import BRAND, OTHER, SHA256, P, cell, channels, judged, registration

QUIET = World(wifi=0.0, congested=0.0, boxes=Boxes(0.75, 100))
REGISTERED = registration(services=("film", "song"), brands=(BRAND, OTHER))
NOW = datetime(2026, 12, 28, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def pairs():
    """Eleven homes on film, ten of them on song too."""
    return [
        *cell(QUIET, "film", homes=11, pairs=8, seed=1, prefix="k"),
        *cell(QUIET, "song", homes=10, pairs=6, seed=2, prefix="k"),
    ]


def edition(pairs, surface: form.Surface = "public") -> form.Export:
    """The edition of a day: what is exported of these pairs."""
    judgement = judged(pairs, REGISTERED, vetted=channels(pairs))
    return make(Sources(judgement, REGISTERED, SHA256, P, shipped(), ()), surface, NOW, {})


def numbers(export: form.Export) -> dict[tuple[str, str], int]:
    """Every count of an edition, by what it counts."""
    counts = {("whole", "whole"): export.counted}
    counts |= {("service", one.id): one.counted for one in export.services}
    counts |= {("network", one.brand): one.counted for one in export.networks}
    counts |= {("cell", f"{one.brand} {one.service} {one.direction}"): one.counted for one in export.cells}
    counts |= {("day", one.day): one.counted for one in export.days}
    return {
        (f"{kind}.{unit}", name): value
        for (kind, name), counted in counts.items()
        for unit, value in (("lines", counted.lines), ("pairs", counted.pairs), ("days", counted.days))
        if value is not None
    }


def differences(before: form.Export, after: form.Export) -> dict[tuple[str, str], int]:
    """What the adversary has, of the counts that both editions tell."""
    old, new = numbers(before), numbers(after)
    return {key: new[key] - old[key] for key in old.keys() & new.keys() if new[key] != old[key]}


@pytest.mark.parametrize("done", range(1, 9))
def test_what_one_home_did_is_in_no_difference(pairs, done):
    """A home adds ``done`` pairs of film: inside, the difference tells it everywhere; in public it is nothing, or a step that any home's doing makes."""
    one = pairs[0].home
    own = [pair for pair in pairs if pair.home == one and pair.service == "film"]
    before = [pair for pair in pairs if pair not in own[8 - done :]]
    exact = differences(edition(before, "inside"), edition(pairs, "inside"))
    assert done == exact["whole.pairs", "whole"] == exact["service.pairs", "film"]
    for (kind, _), difference in differences(edition(before), edition(pairs)).items():
        if kind.endswith("lines"):
            assert STEP_LINES == difference
        else:
            assert 0 == difference % 5
            assert not kind.startswith("day") or STEP_LINES == difference
    assert not {"film", "song"} - {one.id for one in edition(pairs).services if one.counted.lines}


def test_a_home_that_joins_or_leaves_is_in_no_difference(pairs):
    """Eleven homes, then ten: inside one line less, in public the same ten, and no day of its own."""
    one = next(home for home, n in Counter(pair.home for pair in pairs).items() if n == 8)
    others = [pair for pair in pairs if pair.home != one]
    assert -1 == differences(edition(pairs, "inside"), edition(others, "inside"))["whole.lines", "whole"]
    left = differences(edition(pairs), edition(others))
    assert {} == {
        key: n for key, n in left.items() if key[0].endswith("lines") and not key[0].startswith("day")
    }
    assert all(n % 5 == 0 for n in left.values())
    bytes_told = {edition(pairs).bytes or 0, edition(others).bytes or 0}
    most = max(
        Counter(
            {home: sum(p.bytes for p in pairs if p.home == home) for home in {p.home for p in pairs}}
        ).values()
    )
    assert all(told % step_of(most) == 0 for told in bytes_told)


def test_one_home_moves_a_number_by_one_step_whatever_it_did():
    """Ten thousand random groups and doings: while the step is the same, the sum told moves by none or one of it, and the step is no less than what was done."""
    chance = random.Random(42)
    moved = Counter[int]()
    for _ in range(10_000):
        lines = {str(n): chance.randint(1, 60) for n in range(chance.randint(5, 40))}
        one = chance.choice(sorted(lines))
        done = chance.randint(1, lines[one])
        before = {**lines, one: lines[one] - done}
        step = step_of(max(lines.values()))
        assert step >= done
        if step != step_of(max(before.values())):
            continue
        difference = amount_told(lines) - amount_told(before)
        assert difference in (0, step)
        moved[difference // step] += 1
    assert min(moved.values()) > 1000


def test_one_line_that_did_nearly_all_is_withheld():
    """Its sum would be its own doing, more or less."""
    assert 0 == amount_told({"busy": 501, **{str(n): 1 for n in range(6)}})
    assert 5 == lines_told(7)


def test_pages_say_how_numbers_are_rounded(pairs):
    """Both languages, where coverage and data stand; the inside pages are exact and do not say so."""
    surfaces: tuple[tuple[form.Surface, bool], ...] = (("public", True), ("inside", False))
    for surface, said in surfaces:
        files = dict(site(edition(pairs, surface)))
        for lang, words in (
            ("fr", "arrondis vers le bas au multiple de 5"),
            ("en", "rounded down to a multiple of 5"),
        ):
            for page in ("coverage", "data"):
                assert said == (words in files[f"{lang}/{page}.html"].decode())

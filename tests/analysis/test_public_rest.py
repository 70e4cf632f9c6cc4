"""What is withheld cannot be had by subtraction: over services, days, and the cells of a network or a service."""

from datetime import UTC, datetime

import pytest

from analysis.public import form
from analysis.public.make import Sources, make
from analysis.stats.simulate import World
from analysis.stats.simulate_treatments import Boxes
from probe.catalogue.read import shipped
from tests.analysis.simulated import BRAND, OTHER, SHA256, P, cell, channels, judged, registration

QUIET = World(wifi=0.0, congested=0.0, boxes=Boxes(0.75, 100))
REGISTERED = registration(services=("film", "song", "book"), brands=(BRAND, OTHER))
NOW = datetime(2026, 12, 28, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def export():
    """Ten homes on film and song; one of them alone on book."""
    pairs = [
        *cell(QUIET, "film", homes=10, pairs=6, seed=1, prefix="k"),
        *cell(QUIET, "song", homes=10, pairs=4, seed=2, prefix="k"),
        *cell(QUIET, "book", homes=1, pairs=5, seed=5, prefix="k"),
    ]
    judgement = judged(pairs, REGISTERED, vetted=channels(pairs))
    return make(Sources(judgement, REGISTERED, SHA256, P, shipped(), ()), "public", NOW, {})


def rest_of(export: form.Export, parts) -> tuple[int, int]:
    """How many parts are withheld that may have pairs, and the pairs that all of these have."""
    withheld = [part for part in parts if part.counted.lines is None]
    assert export.counted.pairs is not None
    return len(withheld), export.counted.pairs - sum(part.counted.pairs or 0 for part in parts)


def test_one_homes_service_is_not_the_rest(export):
    """Book is one line's: the smaller of the others is withheld with it, as service and as cell."""
    for parts in (export.services, [one for one in export.cells if one.brand == BRAND]):
        told = {
            part.id if isinstance(part, form.ServiceFacts) else part.service
            for part in parts
            if part.counted.lines
        }
        assert {"film", "song"} > told
        withheld, pairs = rest_of(export, parts)
        assert withheld >= 2
        assert pairs != 5


def test_days_of_few_lines_are_not_the_rest(export):
    """Days that are told leave none, or more than one day whose pairs cannot be parted."""
    withheld, pairs = rest_of(export, export.days)
    assert (withheld == 0) == (pairs == 0)
    assert withheld != 1

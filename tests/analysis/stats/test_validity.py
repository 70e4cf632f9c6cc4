"""The whole procedure on simulated cells: innocent ones earn at most 1, guilty ones are found."""

import numpy as np
import pytest

from analysis.stats.ebh import ebh
from analysis.stats.home import home_evidence
from analysis.stats.pair import HYPOTHESES
from analysis.stats.parameters import Parameters
from analysis.stats.simulate import World, log_e, simulate
from analysis.stats.simulate_treatments import Treatment

P = Parameters()

INNOCENT = {
    "clean": World(),
    "bias -1 %": World(bias=-0.01),
    "edge of the null, -5 %": World(bias=-0.05),
    "time-varying capacity": World(varying=True),
    "time-varying capacity at the edge": World(varying=True, bias=-0.05),
    "access failures 5 %": World(failures=0.05),
    "access failures 30 %": World(failures=0.3),
    "congested lines": World(congested=1.0, wifi=1.0, congested_left=(0.02, 0.3)),
    "second slot 10 % faster": World(second_slot=1.1),
    "2 % of homes slow the original themselves": World(rogue=0.02),
    "2 % of homes block the original themselves": World(rogue=0.02, rogue_treatment=Treatment("blocked")),
}


@pytest.mark.parametrize("name", INNOCENT)
@pytest.mark.parametrize(("homes", "pairs"), [(3, 1), (5, 6), (30, 5)])
def test_innocent_cells_earn_at_most_one_on_average(name, homes, pairs):
    """Mean E over cells is at most 1 under both hypotheses, and no cell comes near a finding."""
    cells = 9000 // (homes * pairs)
    world = simulate(
        INNOCENT[name], cells=cells, homes=homes, pairs=pairs, rng=np.random.default_rng(7), parameters=P
    )
    for hypothesis in HYPOTHESES:
        e = np.exp(log_e(world, P, hypothesis))
        assert e.mean() <= 1.0, hypothesis
        assert e.max() < 160.0, hypothesis


@pytest.mark.parametrize(
    "name", ["edge of the null, -5 %", "time-varying capacity at the edge", "access failures 30 %"]
)
def test_every_bet_of_an_innocent_home_earns_at_most_one(name):
    """Before any cap or division: the mean of each bet over 15,000 homes is at most 1, within four standard errors."""
    world = simulate(
        INNOCENT[name], cells=1, homes=15_000, pairs=3, rng=np.random.default_rng(12), parameters=P
    )
    for hypothesis in HYPOTHESES:
        e = np.exp(home_evidence(world.pairs, P, hypothesis, clusters=15_000).log_e[:, :, 0])
        assert (e.mean(axis=0) <= 1.0 + 4 * e.std(axis=0) / np.sqrt(15_000)).all(), hypothesis


GUILTY = {
    "policer 1.5": World(line_bit_s=50e6, treatment=Treatment("police", 1.5e6)),
    "policer 4": World(line_bit_s=50e6, treatment=Treatment("police", 4e6)),
    "shaper 4": World(line_bit_s=50e6, treatment=Treatment("shape", 4e6)),
    "policer 1.5 on congested lines": World(
        line_bit_s=50e6, congested=1.0, treatment=Treatment("police", 1.5e6)
    ),
}


@pytest.mark.parametrize("name", GUILTY)
def test_five_homes_of_six_pairs_find_a_throttle(name):
    """One throttled cell among eight, both hypotheses registered: e-BH finds it and nothing else."""
    guilty = simulate(GUILTY[name], cells=40, homes=5, pairs=6, rng=np.random.default_rng(8), parameters=P)
    clean = simulate(World(), cells=280, homes=5, pairs=6, rng=np.random.default_rng(9), parameters=P)
    of_guilty = np.stack([log_e(guilty, P, hypothesis) for hypothesis in HYPOTHESES])
    of_clean = np.stack([log_e(clean, P, hypothesis).reshape(40, 7) for hypothesis in HYPOTHESES])
    found = 0
    for run in range(40):
        rejected = ebh([*of_guilty[:, run], *of_clean[:, run].ravel()], 16, P.q).rejected
        found += rejected[0]
        assert not any(rejected[1:])
    assert found >= 39


def test_eight_homes_of_five_pairs_find_a_block():
    """Among six services E is far beyond the bar of 240."""
    blocked = simulate(
        World(treatment=Treatment("blocked")),
        cells=200,
        homes=8,
        pairs=5,
        rng=np.random.default_rng(10),
        parameters=P,
    )
    assert log_e(blocked, P).min() > np.log(1e4)


def test_favouring_is_found_as_favouring():
    """Originals at twice the controls' rate: `favoured` is found, `slowed` is not."""
    helped = simulate(
        World(line_bit_s=50e6, treatment=Treatment("slow", factor=2.0)),
        cells=20, homes=5, pairs=6, rng=np.random.default_rng(11), parameters=P,
    )  # fmt: skip
    assert log_e(helped, P, "favoured").min() > np.log(400)
    assert log_e(helped, P, "slowed").max() < 0


def test_the_same_generator_gives_the_same_world():
    """A simulation can be repeated to the last bit."""
    one, two = (
        log_e(simulate(World(), cells=9, homes=4, pairs=3, rng=np.random.default_rng(5), parameters=P), P)
        for _ in "ab"
    )
    assert one.tobytes() == two.tobytes()

"""Attribution: where a difference is placed, for which reasons, and when it cannot be."""

import msgspec
import numpy as np
import pytest

from analysis.attribution import PLACES, Facts, place_of
from analysis.stats.common_limiter import Sent, shared_budget, shared_loss
from analysis.stats.simulate import World
from analysis.stats.simulate_treatments import Treatment
from tests.analysis.simulated import ASN, BRAND, TWO_RESPONDERS, cell, channels, judged, registration

POLICED = World(treatment=Treatment("police", 4e6), wifi=0.0, congested=0.0)
QUIET = World(wifi=0.0, congested=0.0)
OTHER = next(brand for brand in ASN if brand != BRAND)
BOTH = frozenset({"AS64501", "AS64502"})
ONE = frozenset({"AS64501"})
NONE: frozenset[str] = frozenset()


def facts(there=NONE, absent=NONE, others_there=NONE, others_absent=NONE, *, beyond_chance=True):
    """Facts as the rules read them."""
    return Facts(there, absent, others_there, others_absent, beyond_chance)


@pytest.mark.parametrize(
    ("place", "rule", "said"),
    [
        ("access_network", "every_network_for_one_provider", facts(BOTH, others_absent=BOTH)),
        ("transit_or_peering", "one_network_for_one_provider", facts(ONE, BOTH - ONE, others_absent=ONE)),
        ("content_side", "one_network_for_all_providers", facts(ONE, BOTH - ONE, others_there=ONE)),
        ("unknown", "few_homes", facts(BOTH, others_absent=BOTH, beyond_chance=False)),
        ("unknown", "not_enough_compared", facts(BOTH)),
        ("unknown", "not_enough_compared", facts(ONE, others_absent=ONE)),
        ("unknown", "not_enough_compared", facts(BOTH, others_absent=ONE)),
        ("unknown", "not_enough_compared", facts(BOTH, others_absent=BOTH, others_there=ONE)),
        ("unknown", "not_enough_compared", facts()),
    ],
)  # fmt: skip
def test_a_place_is_named_only_where_the_others_are_ruled_out(place, rule, said):
    """Two networks and quiet neighbours name the access network; what was not compared leaves it unknown."""
    assert (place, rule) == place_of(said)
    assert place in PLACES


def found(pairs, brands=(BRAND,), vetted=None, **more):
    """The findings of one service, by brand; all homes are vetted unless others are."""
    registered = registration(["s"], brands=brands, responders=TWO_RESPONDERS, **more)
    known = channels(pairs) if vetted is None else vetted
    return {one.brand: one for one in judged(pairs, registered, vetted=known).findings}


def test_an_access_network_is_named_beside_a_quiet_neighbour():
    """Slowed towards both responders on one provider's lines, and on no other's: the access network, with its reasons."""
    pairs = [
        *cell(POLICED, "s", homes=10, pairs=16, seed=1, responders=("r1", "r2")),
        *cell(QUIET, "s", homes=10, pairs=16, seed=2, responders=("r1", "r2"), brand=OTHER, prefix="o"),
    ]
    by_brand = found(pairs, (BRAND, OTHER))
    guilty, innocent = by_brand[BRAND], by_brand[OTHER]
    assert "access_network" == guilty.attribution
    assert {"two_responder_networks", "absent_on_other_providers", "many_homes"} <= set(
        guilty.attributed.reasons
    )
    assert "access network" in " ".join(guilty.sentences["en"])
    assert ("unknown", msgspec.UNSET) == (innocent.attribution, innocent.attributed)


def towards(world, responder, seed, brand=BRAND):
    """Pairs of ten homes of a provider with one responder; more with the first, so that a home's median over both is the first's."""
    prefix, count = "" if brand == BRAND else "o", 14 if responder == "r1" else 12
    pairs = cell(
        world, "s", homes=10, pairs=count, seed=seed, responders=(responder,), brand=brand, prefix=prefix
    )
    return [msgspec.structs.replace(one, measurement_id=f"{one.measurement_id}{seed:02x}") for one in pairs]


@pytest.mark.parametrize(
    ("place", "others", "says"),
    [
        ("transit_or_peering", QUIET, "only one of our responders’ networks, borders included"),
        ("content_side", POLICED, "for more than one access provider"),
    ],
)
def test_one_network_s_way_is_told_from_its_door(place, others, says):
    """Slow towards one network and shown absent towards the other: on the way where neighbours are quiet, at the door where they are not."""
    pairs = [
        *towards(QUIET, "r1", 11),
        *towards(POLICED, "r2", 12),
        *towards(QUIET, "r1", 13, OTHER),
        *towards(others, "r2", 14, OTHER),
    ]
    guilty = found(pairs, (BRAND, OTHER))[BRAND]
    assert ("different", place) == (guilty.outcome, guilty.attribution)
    assert "absent_towards_another" in guilty.attributed.reasons
    assert ("policer", pytest.approx(3.8, abs=0.1)) == (guilty.mechanism, guilty.delivered_mbit_s)
    text = " ".join(guilty.sentences["en"])
    assert says in text
    assert "What is not ruled out: router models are not known" in text


def test_two_brands_of_one_network_are_one_provider():
    """Both slow towards one responder network on the lines of one ASN: the host is not blamed, for nobody else was asked."""
    pairs = [
        *towards(QUIET, "r1", 11),
        *towards(POLICED, "r2", 12),
        *towards(QUIET, "r1", 13, OTHER),
        *towards(POLICED, "r2", 14, OTHER),
    ]
    alike = [msgspec.structs.replace(one, asn=ASN[BRAND]) for one in pairs]
    for one in found(alike, (BRAND, OTHER), asns=dict.fromkeys((BRAND, OTHER), (ASN[BRAND],))).values():
        assert ("different", "unknown") == (one.outcome, one.attribution)
        assert "no_other_provider" in one.attributed.reasons


def test_forged_homes_on_another_brand_move_no_blame():
    """Homes that nobody vetted, and few vetted ones, neither put a difference at the host's door nor clear it."""
    own = [*towards(QUIET, "r1", 11), *towards(POLICED, "r2", 12)]
    for world in (POLICED, QUIET):
        forged = cell(world, "s", homes=12, pairs=12, seed=14, responders=("r2",), brand=OTHER, prefix="o")
        one = found([*own, *forged], (BRAND, OTHER), vetted=channels(own))[BRAND]
        assert ("unknown", "not_enough_compared") == (one.attribution, one.attributed.rule)
        assert "few_vetted_elsewhere" in one.attributed.reasons
        assert "some must be invited on the neighbour’s lines" in " ".join(one.sentences["en"])
    few = cell(POLICED, "s", homes=4, pairs=12, seed=14, responders=("r2",), brand=OTHER, prefix="o")
    one = found([*own, *few], (BRAND, OTHER))[BRAND]
    assert ("unknown", True) == (one.attribution, "no_other_provider" in one.attributed.reasons)


@pytest.mark.parametrize(
    ("name", "world", "rogues"),
    [
        ("a plan's limit for everything", World(line_bit_s=10e6, wifi=0.0, congested=0.0), 0),
        ("one rogue home", QUIET, 1),
    ],
)
def test_a_plan_and_a_rogue_home_are_blamed_on_nobody(name, world, rogues):
    """Two networks and a quiet neighbour are there to compare with, and still nobody is blamed for what is not the network's."""
    pairs = [
        *cell(world, "s", homes=10 - rogues, pairs=16, seed=21, responders=("r1", "r2")),
        *cell(QUIET, "s", homes=10, pairs=16, seed=22, responders=("r1", "r2"), brand=OTHER, prefix="o"),
    ]
    if rogues:
        pairs += cell(POLICED, "s", homes=rogues, pairs=16, seed=23, responders=("r1", "r2"), prefix="r")
    for one in found(pairs, (BRAND, OTHER)).values():
        assert "different" != one.outcome, name
        assert ("unknown", msgspec.UNSET) == (one.attribution, one.attributed), name


def test_one_responder_alone_places_nothing():
    """Without a second responder and another provider the answer is unknown, and says what is wanting."""
    one = found(cell(POLICED, "s", homes=10, pairs=10, seed=3))[BRAND]
    assert ("different", "unknown") == (one.outcome, one.attribution)
    assert {"one_responder_network", "no_other_provider"} <= set(one.attributed.reasons)
    assert "cannot be told yet" in " ".join(one.sentences["en"])


def losses(rng, share_of_time, rate=400, seconds=60.0):
    """A run's packets, lost with a probability that moves with time."""
    t_s = np.sort(rng.uniform(0, seconds, int(rate * seconds)))
    return Sent(t_s, np.full(t_s.size, 1448.0), rng.random(t_s.size) < share_of_time(t_s))


def test_losses_in_one_bucket_rise_and_fall_together():
    """Two runs through one limiter lose at the same times; two limiters of their own, seldom: WeHeY's second test."""
    rng = np.random.default_rng(4)

    def wave(phase, pace=0.9):
        return lambda t: 0.05 * (1 + np.sin(pace * t + phase))

    assert shared_loss(losses(rng, wave(0)), losses(rng, wave(0)), 0.02).passes
    assert not shared_loss(losses(rng, wave(0)), losses(rng, wave(0, 2.3)), 0.02).passes
    silent = losses(rng, lambda t: 0 * t)
    assert shared_loss(silent, silent, 0.02).passes is None


def test_what_cannot_be_compared_is_refused():
    """Too few samples, times that run backwards and a round trip of nothing are errors, not answers."""
    with pytest.raises(ValueError, match="too few samples"):
        shared_budget([1.0], [1.0], [1.0], [0.1], np.random.default_rng(1))
    with pytest.raises(ValueError, match="backwards"):
        Sent(np.array([1.0, 0.5]), np.ones(2), np.zeros(2, bool))
    nothing = Sent(np.zeros(0), np.zeros(0), np.zeros(0, bool))
    with pytest.raises(ValueError, match="positive"):
        shared_loss(nothing, nothing, 0.0)

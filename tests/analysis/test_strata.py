"""The third control stratum: names of the service's own sector elsewhere, which confirm and hold back nothing."""

import asyncio

import msgspec

from probe.plan import ControlName, Plan
from tests.analysis.worlds import World

FOREIGN = ("stream01.abroad.example", "stream02.abroad.example")
BOOKS = "lending.library.example"
STRATA = ("owned", "spoofed_popular", "spoofed_same_sector")


def sectored(plan: Plan) -> Plan:
    """The plan with a sector for its first two services, and names of two sectors in the third stratum."""
    film = tuple(msgspec.structs.replace(service, sector="film") for service in plan.services[:2])
    controls = (
        *plan.controls,
        *(ControlName(name, "spoofed_same_sector", "film") for name in FOREIGN),
        ControlName(BOOKS, "spoofed_same_sector", "books"),
    )
    return msgspec.structs.replace(plan, services=(*film, *plan.services[2:]), controls=controls)


def world_of_sectors(seed: int = 7) -> World:
    """Eight homes whose plan has the third stratum."""
    world = World(homes=8, seed=seed)
    world.plan = sectored(world.plan)
    return world


def pairs_of(world: World, rates: dict[str, tuple[float, float]]):
    """Three pairs of each home and stratum, at (original, control) bit/s by stratum."""
    return [
        world.pair(home, "s1", original, stratum=stratum, control_rate_bit_s=control)
        for home in range(8)
        for _ in range(3)
        for stratum, (original, control) in rates.items()
    ]


def found(world: World, rates: dict[str, tuple[float, float]]):
    """The finding of the service."""
    judgement = world.judged(pairs_of(world, rates))
    return next(one for one in judgement.findings if one.service == "s1")


def test_a_plan_has_the_stratum_for_services_of_the_sector():
    """A service draws from names of its own sector; one of another sector, or of none, has two strata."""
    plan = world_of_sectors().plan
    film, _, other, _ = plan.services
    assert STRATA == plan.strata(film)
    assert STRATA[:2] == plan.strata(other)
    assert tuple(sorted(FOREIGN)) == plan.candidates("spoofed_same_sector", film.names[0])
    assert () == plan.candidates("spoofed_same_sector", other.names[0])


def test_fields_that_came_later_leave_an_older_catalogues_hash_alone():
    """A catalogue without sectors and upload paces has the hash that measurements of before carry."""
    plan = World(homes=1).plan
    written = msgspec.json.encode((plan.services, plan.controls))
    assert b"sector" not in written
    assert b"upload" not in written
    assert plan.catalogue_version() != sectored(plan).catalogue_version()


def test_the_collector_takes_names_of_the_sector_alone(tmp_path):
    """The coin's list must be the registered one of the service's sector."""
    world = world_of_sectors()
    pair = world.pair(0, "s1", stratum="spoofed_same_sector")
    registered = world.plan
    without = World(homes=8)
    without.plan = msgspec.structs.replace(
        registered,
        controls=tuple(
            msgspec.structs.replace(control, sector="books") if control.sector == "film" else control
            for control in registered.controls
        ),
    )
    assert ["accepted"] == asyncio.run(world.fill(tmp_path / "one", [pair]))
    assert ["candidates_not_registered"] == asyncio.run(without.fill(tmp_path / "other", [pair]))


def test_a_whole_sector_that_is_slowed_is_found():
    """Slow against owned and popular names, like its sector's: a finding, which says that the sector fares alike."""
    slowed = (1.45e6, 19.5e6)
    one = found(
        world_of_sectors(),
        {"owned": slowed, "spoofed_popular": slowed, "spoofed_same_sector": (1.45e6, 1.45e6)},
    )
    assert ("different", "slowed") == (one.outcome, one.direction_of_effect)
    assert "same_sector_alike" in one.notes
    assert any("même secteur" in text for text in one.sentences["fr"])


def test_one_service_that_is_slowed_is_found_against_all_three():
    """Slow against every stratum: a finding, and nothing is said of the sector."""
    one = found(world_of_sectors(), dict.fromkeys(STRATA, (1.45e6, 19.5e6)))
    assert ("different", "slowed") == (one.outcome, one.direction_of_effect)
    assert "same_sector_alike" not in one.notes
    assert set(STRATA) == set(one.log_e_by_stratum)


def test_names_of_the_sector_alone_accuse_nobody():
    """A service that is slow against its sector's names alone, and like all neutral ones, is no finding."""
    alike = (19.5e6, 19.5e6)
    for seed in range(4):
        one = found(
            world_of_sectors(seed),
            {"owned": alike, "spoofed_popular": alike, "spoofed_same_sector": (3.8e6, 19.5e6)},
        )
        assert "undetermined" == one.outcome
    alone = found(world_of_sectors(), {"spoofed_same_sector": (1.45e6, 19.5e6)})
    assert ("undetermined", ("not_confirmed:owned",)) == (alone.outcome, alone.reasons)

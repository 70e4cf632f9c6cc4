"""One family: a quarter's registrations are judged together above grade 2, however many they are."""

from datetime import timedelta
from hashlib import sha256

import msgspec
import pytest

from analysis import registration
from analysis.bundle_checks import beside_differs
from analysis.log import Logged
from analysis.quarter import examined, read_beside
from analysis.source import store_source
from collector.data_folder import DataFolder
from collector.quarters import unix_us
from collector.registrations import leave
from tests.analysis.simulated import GATES, TWO_RESPONDERS, cell, channels, gate_pairs, judged
from tests.analysis.simulated import registration as registered_of
from tests.analysis.test_grading import POLICED
from tests.analysis.worlds import MADE_AT, NOW, World

ALONE = registered_of(gates=GATES, responders=TWO_RESPONDERS)


@pytest.fixture(scope="module")
def pairs():
    """Five homes of eight pairs: enough for a family of one service, and not for one of eighty hypotheses."""
    every = [*cell(POLICED, "film", homes=5, pairs=8, seed=1, responders=("r1", "r2")), *gate_pairs(12, 30)]
    return tuple(every)


def of_many(pairs, beside):
    """The finding, with so many other registrations of the quarter."""
    return judged(pairs, ALONE, vetted=channels(pairs), beside=beside).findings[0]


def test_forty_registrations_of_one_service_are_a_family_of_forty(pairs):
    """Alone it is grade 3; among forty it stays at 2 as in one family of forty, and the sentence tells of eighty hypotheses."""
    alone = of_many(pairs, {})
    assert ("different", 3, True) == (alone.outcome, alone.grade, alone.nameable)
    many = of_many(pairs, {f"{n:064x}": 2 for n in range(39)})
    assert ("different", 2, False) == (many.outcome, many.grade, many.nameable)
    assert (80, 39) == (many.examined, len(many.beside))
    assert "80 are examined in all" in " ".join(many.sentences["en"])
    assert "several_registrations" in many.notes


def test_the_sentence_of_naming_says_how_many_were_examined():
    """Twelve homes stand among eighty hypotheses, too: the number named is that of the quarter."""
    here = cell(POLICED, "film", homes=12, pairs=12, seed=1, responders=("r1", "r2"))
    every = [*here, *gate_pairs(12, 30)]
    one = of_many(every, {f"{n:064x}": 2 for n in range(39)})
    assert (True, True) == (one.grade >= 3, one.nameable)
    assert "(80 hypotheses examined together)" in " ".join(one.sentences["en"])


def test_of_a_registration_that_nobody_has_nothing_is_known(pairs):
    """Then no grade passes 2, and it is said."""
    one = of_many(pairs, {"ab" * 32: None})
    assert (2, False, None) == (one.grade, one.grade_checks["one_family"], one.examined)
    assert "not in this folder" in " ".join(one.sentences["en"])
    assert examined(ALONE, {"ab" * 32: None}) is None


def test_what_the_store_has_of_the_quarter_counts_once_it_was_made(tmp_path):
    """Others of the quarter, with or without cells in common; not its own, none of another quarter, none made since."""
    world, store = World(homes=1), tmp_path
    folder = DataFolder(store)
    folder.create()
    own = world.registration()
    others = [
        world.registration(brands=["Another"]),
        world.registration(quarter="2027Q1"),
        world.registration(made_at=NOW + timedelta(days=1), brands=["Later"]),
    ]
    digests = [sha256(registration.canonical(one)).hexdigest() for one in (own, *others)]
    for one in (own, *others):
        leave(folder, registration.canonical(one))
    source = store_source(store)
    assert {digests[1]: others[0].hypotheses} == read_beside(source, own, digests[0], NOW)
    since = {digests[1]: others[0].hypotheses, digests[3]: others[2].hypotheses}
    assert since == read_beside(source, own, digests[0], NOW + timedelta(days=2))
    named = msgspec.structs.replace(own, beside=("ef" * 32,))
    assert None is read_beside(source, named, digests[0], NOW)["ef" * 32]


def test_a_bundle_says_which_it_leaves_out(pairs):
    """The heads of a bundle name a registration that its finding does not count."""
    one = of_many(pairs, {"cd" * 32: 2})
    log = Logged(others=("ab" * 32, "cd" * 32), others_since_us={"ab" * 32: unix_us(MADE_AT), "cd" * 32: 0})
    told = list(beside_differs(one, ALONE, log))
    assert ["beside: " + "ab" * 32 + " was registered for the same quarter"] == told

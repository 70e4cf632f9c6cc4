"""Lines: what shares a key or a tag is one."""

from datetime import timedelta
from pathlib import Path

import msgspec

from analysis.clusters import US_PER_DAY, clusters, main_domain, read_apart
from analysis.judge import judge_observations
from analysis.reading import Seen
from analysis.source import Source
from collector.quarters import unix_us
from probe.measurement.signing import public_bytes
from tests.analysis.worlds import MADE_AT, NOW, PARAMETERS, POLICED, START, World


def test_shared_tags_join_and_chains_hold():
    """Key a and b share a tag, b and c another: one line; d stands alone. The smallest key names a line."""
    world = World(homes=4)
    seen = dict(enumerate(world.observations(world.pair(h, "s1") for h in range(4))))
    tagged = [
        msgspec.structs.replace(seen[0], line_tags=("r1:aa",)),
        msgspec.structs.replace(seen[1], line_tags=("r1:aa", "r1:bb")),
        msgspec.structs.replace(seen[2], line_tags=("r1:bb",)),
        msgspec.structs.replace(seen[3], line_tags=("r1:dd",)),
    ]
    joined = min(seen[home].home for home in (0, 1, 2))
    expected = {**{seen[home].home: joined for home in (0, 1, 2)}, seen[3].home: seen[3].home}
    assert expected == clusters(tagged)
    assert expected == clusters(reversed(tagged))


def test_tags_of_different_responders_are_different():
    """A tag is made with a responder's own secret: equal bytes of two responders mean nothing."""
    world = World(homes=2)
    one, other = world.observations(world.pair(home, "s1") for home in range(2))
    apart = [
        msgspec.structs.replace(one, line_tags=("r1:aa",)),
        msgspec.structs.replace(other, line_tags=("r2:aa",)),
    ]
    assert 2 == len(set(clusters(apart).values()))


def test_lines_choose_the_domain_and_not_pairs():
    """Three homes at one responder outweigh ten pairs of one home at another; vetted lines outweigh any number of others."""
    world = World(homes=5)
    one, *others = world.observations(world.pair(home, "s1") for home in range(5))
    loud = [msgspec.structs.replace(one, line_domain="b") for _ in range(10)]
    quiet = [msgspec.structs.replace(pair, line_domain="a") for pair in others[:3]]
    assert "a" == main_domain([*loud, *quiet])
    same = dict.fromkeys((pair.home for pair in quiet), others[0].home)
    assert "b" == main_domain([*loud, *quiet], same)
    assert "b" == main_domain([*loud, *quiet], vetted={one.home})
    assert "a" == main_domain([*loud, *quiet], vetted={one.home, *(pair.home for pair in quiet[:2])})
    assert None is main_domain([])


def at(seen, tag, day=0, **more):
    """An observation of a home with this tag, so many days later."""
    opened_at_us = seen.opened_at_us + day * US_PER_DAY
    return msgspec.structs.replace(seen, line_tags=(tag,), opened_at_us=opened_at_us, **more)


def test_tags_join_within_a_day_and_keys_for_ever():
    """An address that changes hands overnight joins nobody who lives elsewhere; a key that changes its address stays one line."""
    world = World(homes=2)
    one, other = world.observations(world.pair(home, "s1") for home in range(2))
    today, passed_on = at(one, "r1:aa"), at(other, "r1:aa", 1)
    elsewhere = [at(one, "r1:bb", day) for day in (2, 3)] + [at(other, "r1:cc", day) for day in (2, 3)]
    assert 2 == len(set(clusters([today, passed_on, *elsewhere]).values()))
    assert 1 == len(clusters([today, at(one, "r1:bb", 1)]))
    neighbour = at(other, "r1:bb", 1)
    assert 1 == len(set(clusters([today, at(one, "r1:bb", 1), neighbour]).values()))


def test_a_key_a_day_on_one_line_is_one_home():
    """Eight keys with one tag, each on a day of its own, are one line: no finding, as if they had measured on one day."""
    world = World(homes=8)
    world.tags = [world.tags[0]] * 8
    pairs = [
        world.pair(home, POLICED, 1.45e6, started_at=START + timedelta(days=home, minutes=k))
        for home in range(8)
        for k in range(6)
    ]
    found = next(one for one in world.judged(pairs).findings if one.service == POLICED)
    assert ("undetermined", 1, 8) == (found.outcome, found.homes, found.keys)


def test_a_line_does_not_hide_behind_a_few_pairs_elsewhere():
    """A pair or two over another network, or over another line of the same, do not make homes of one line's keys."""
    world = World(homes=4)
    seen = world.observations(world.pair(home, "s1") for home in range(4))
    own = [at(one, "r1:aa", 3 * n + k) for n, one in enumerate(seen) for k in (0, 1)]
    away = [at(one, f"r1:{n}", 3 * n + 2, asn=64999) for n, one in enumerate(seen)]
    friends = [at(one, f"r1:{n}", 3 * n + 2) for n, one in enumerate(seen)]
    six = [at(one, "r1:six", 3 * n, address_family="ipv6") for n, one in enumerate(seen)]
    for more in (away, friends, [*away, *away], six):
        assert 1 == len(set(clusters([*own, *more]).values()))


def test_dynamic_addresses_chain_nobody():
    """Twenty homes that move through 2,000 tags by turns, never two at one tag on a day, stay twenty; a bridge of one pair joins one."""
    world = World(homes=21)
    seen = world.observations(world.pair(home, "s1") for home in range(21))
    moved = [
        at(one, f"r1:{(n + 97 * day) % 2000}", day) for n, one in enumerate(seen[:20]) for day in range(60)
    ]
    assert 20 == len(set(clusters(moved).values()))
    newcomer = at(seen[20], "r1:97", 70)
    assert 20 <= len(set(clusters([*moved, newcomer]).values()))


def test_keys_without_a_tag_are_one_line():
    """A path without a tag may be anybody's: eight such keys are one home, and one with a tag for the rest is among them."""
    world = World(homes=8)
    pairs = [world.pair(home, POLICED, 1.45e6, line_tag=None) for home in range(8) for _ in range(6)]
    found = next(one for one in world.judged(pairs).findings if one.service == POLICED)
    assert ("undetermined", 1) == (found.outcome, found.homes)
    tagged, bare = world.observations([world.pair(0, "s1"), world.pair(0, "s1", line_tag=None)])
    other = world.seen(world.pair(1, "s1", line_tag=None))
    assert 1 == len(set(clusters([tagged, bare, other]).values()))
    unseen = msgspec.structs.replace(other, asn=None)
    assert 2 == len(set(clusters([tagged, bare, unseen]).values()))


def test_a_home_set_apart_is_joined_with_nobody():
    """Three keys share a tag; of the one that the operator set apart the tag joins nobody, the other two are one line."""
    world = World(homes=3)
    seen = world.observations(world.pair(home, "s1") for home in range(3))
    tagged = [msgspec.structs.replace(one, line_tags=("r1:aa",)) for one in seen]
    assert 1 == len(set(clusters(tagged).values()))
    lines = clusters(tagged, apart=frozenset({tagged[1].home}))
    assert tagged[1].home == lines[tagged[1].home]
    assert lines[tagged[0].home] == lines[tagged[2].home] != tagged[1].home


def test_only_what_was_declared_before_the_registration_counts():
    """A separation that came after the registration changes nothing in its quarter: else results could be chosen."""
    world = World(homes=2)
    early, late = (public_bytes(key) for key in world.keys)
    made_at_us = unix_us(MADE_AT)
    declared = {early: made_at_us - 1, late: made_at_us}
    source = Source(lambda: iter(()), lambda: iter(()), tuple, lambda row: Path(row.file), lambda: declared)
    assert frozenset({early.hex()}) == read_apart(source, world.registration())


def test_a_finding_says_that_lines_were_set_apart():
    """Two of four homes share a tag and were set apart: four lines, and a note with its sentence; without, three and none."""
    world = World(homes=4)
    world.tags[1] = world.tags[0]
    observations = world.observations(world.all_pairs(4, [POLICED]))
    apart = frozenset(public_bytes(key).hex() for key in world.keys[:2])
    lines, notes = [], []
    for some in (apart, frozenset[str]()):
        seen = Seen(observations, {}, (), 0, apart=some)
        judgement = judge_observations(seen, world.registration(), "00", PARAMETERS, now=NOW, full=True)
        found = next(one for one in judgement.findings if one.service == POLICED)
        lines.append(found.clusters)
        notes.append(("lines_set_apart" in found.notes, "count apart" in " ".join(found.sentences["en"])))
    assert [4, 3] == lines
    assert [(True, True), (False, False)] == notes


def test_responders_that_share_a_secret_share_tags():
    """Tags stand behind the fingerprint of their secret where there is one, behind the responder's id where not."""
    world = World(homes=1)

    def with_domain(statement):
        def tagged(path):
            return msgspec.structs.replace(path, line_tag_domain=b"operator")

        receipts = tuple(msgspec.structs.replace(r, path=tagged(r.path)) for r in statement.receipts)
        return msgspec.structs.replace(statement, path=tagged(statement.path), receipts=receipts)

    seen = world.seen(world.restated(world.pair(0, "s1"), with_domain))
    domain = b"operator".hex()
    assert (domain, (f"{domain}:{world.tags[0].hex()}",)) == (seen.line_domain, seen.line_tags)
    assert "r1" == world.seen(world.pair(0, "s1")).line_domain


def test_a_cell_counts_one_domain():
    """Three keys of one line behind three responders with secrets of their own are not three homes: one domain counts."""
    world = World(homes=3)
    observations = world.observations(world.all_pairs(4, ["s1"]))
    homes = sorted({o.home for o in observations})
    apart = [
        msgspec.structs.replace(
            o, line_domain=f"r{homes.index(o.home)}", line_tags=(f"r{homes.index(o.home)}:aa",)
        )
        for o in observations
    ]
    assert "r0" == main_domain(apart)
    registration = world.registration()
    judgement = judge_observations(
        Seen(tuple(apart), {}, (), 0), registration, "0" * 64, PARAMETERS, now=NOW, full=False
    )
    one = judgement.findings[0]
    assert (4, 1, "undetermined") == (one.pairs, one.clusters, one.outcome)
    assert "pairs_of_other_line_tag_domains" in one.notes
    assert {"other line tag domain": 8} == judgement.summary.unjudged

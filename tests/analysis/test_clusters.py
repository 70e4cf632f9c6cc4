"""Lines: what shares a key or a tag is one."""

from pathlib import Path

import msgspec

from analysis.clusters import US_PER_DAY, clusters, main_domain, read_apart
from analysis.judge import judge_observations
from analysis.reading import Seen
from analysis.source import Source
from collector.quarters import unix_us
from probe.measurement.signing import public_bytes
from tests.analysis.worlds import MADE_AT, NOW, PARAMETERS, POLICED, World


def test_shared_tags_join_and_chains_hold():
    """Key a and b share a tag, b and c another: one line; d stands alone. The smallest key names a line."""
    world = World(homes=4)
    seen = dict(enumerate(world.observations(world.pair(h, "s1") for h in range(4))))
    tagged = [
        msgspec.structs.replace(seen[0], line_tags=("r1:aa",)),
        msgspec.structs.replace(seen[1], line_tags=("r1:aa", "r1:bb")),
        msgspec.structs.replace(seen[2], line_tags=("r1:bb",)),
        msgspec.structs.replace(seen[3], line_tags=()),
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


def test_tags_join_within_a_day_and_keys_for_ever():
    """An address that changes hands overnight joins nobody; a key that changes its address stays one line."""
    world = World(homes=2)
    one, other = world.observations(world.pair(home, "s1") for home in range(2))
    today = msgspec.structs.replace(one, line_tags=("r1:aa",))
    tomorrow = {"opened_at_us": one.opened_at_us + US_PER_DAY}
    passed_on = msgspec.structs.replace(other, line_tags=("r1:aa",), **tomorrow)
    assert 2 == len(set(clusters([today, passed_on]).values()))
    back = msgspec.structs.replace(one, line_tags=("r1:bb",), **tomorrow)
    assert 1 == len(clusters([today, back]))
    neighbour = msgspec.structs.replace(passed_on, line_tags=("r1:bb",))
    assert 1 == len(set(clusters([today, back, neighbour]).values()))


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

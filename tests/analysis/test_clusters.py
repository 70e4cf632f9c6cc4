"""Lines: what shares a key or a tag is one."""

import msgspec

from analysis.clusters import clusters
from tests.analysis.worlds import World


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

"""A rule on the pairs of a run: majority, any pair, and with confirmation."""

from tests.rivals.decide import PairVerdict
from tests.rivals.verdict import confirmed, rival_verdict


def test_a_majority_is_more_than_half_and_of_one_direction():
    """Two of four are no majority; blocked pairs count as slowed; unusable ones do not count at all."""
    even = rival_verdict("client", {"a": ["slowed", "slowed", "none", "inconclusive"]})
    assert None is even.majority
    most = rival_verdict("client", {"a": ["slowed", "blocked", "none", "unusable"]})
    assert ("slowed", 3, 1, 2, 2) == (most.majority, most.pairs, most.unusable, most.throttled, most.flagged)
    torn = rival_verdict("client", {"a": ["slowed", "favoured", "favoured"]})
    assert ("favoured", ("slowed", "favoured")) == (torn.majority, torn.any_pair)


def test_a_run_without_pairs_says_nothing():
    """No pairs, or none usable: no verdict of any kind."""
    runs: list[dict[str, list[PairVerdict]]] = [{}, {"a": []}, {"a": ["unusable", "unusable"]}]
    for by_home in runs:
        verdict = rival_verdict("client", by_home)
        assert (0, None, (), ()) == (verdict.pairs, verdict.majority, verdict.any_pair, verdict.any_confirmed)


def test_only_the_second_result_is_kept():
    """A first "different" or "inconclusive" is repeated; a home's confirmation comes from that home."""
    assert ["none", "none"] == confirmed(["slowed", "none", "none"])
    assert ["favoured"] == confirmed(["slowed", "favoured"])
    assert ["inconclusive"] == confirmed(["inconclusive", "inconclusive"])
    assert [] == confirmed(["slowed"])
    assert ["none"] == confirmed(["slowed", "unusable", "none"])
    apart = rival_verdict("client", {"a": ["slowed"], "b": ["slowed"]})
    assert (2, 0, ()) == (apart.slowed, apart.tests, apart.any_confirmed)

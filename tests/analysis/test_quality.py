"""Pairs that do not count are found without knowing which run was the original."""

import msgspec
import pytest

from analysis import quality
from analysis.reading import voided
from probe.measurement.ticks import Ticks
from tests.analysis.worlds import World, swapped


def rule_of(world, measurement, flags=frozenset()):
    """The rule that discards a measurement; the same with its labels exchanged, or the test fails."""
    found = quality.discarded_by(quality.blind(world.opened(measurement, flags)))
    assert quality.blind(world.opened(measurement, flags)) == quality.blind(
        world.opened(swapped(measurement), flags)
    )
    assert found == quality.discarded_by(quality.blind(world.opened(swapped(measurement), flags)))
    return found


def of_role(role, **changes):
    """A change of the run with that role alone."""
    return lambda run: msgspec.structs.replace(run, **changes) if run.role == role else run


def receipts_with(order, **changes):
    """A statement whose receipt of that run differs."""

    def change(statement):
        receipts = tuple(
            msgspec.structs.replace(r, **changes) if r.order == order else r for r in statement.receipts
        )
        return msgspec.structs.replace(statement, receipts=receipts)

    return change


def test_a_good_pair_counts():
    """Nothing is held against a pair that went well."""
    world = World(homes=1)
    assert rule_of(world, world.pair(0, "s1")) is None


@pytest.mark.parametrize(
    "failure", ["connect_timeout", "tls_reset", "tls_intercepted", "start_reset", "transfer_reset"]
)
@pytest.mark.parametrize("role", ["original", "control"])
def test_a_failed_run_is_a_result(role, failure):
    """A pair is never dropped because a run failed by what the network did, whichever it was."""
    world = World(homes=1)
    assert rule_of(world, world.pair(0, "s1", failures={role: failure})) is None


def test_a_run_that_died_at_once_did_not_lack_cpu():
    """A handshake's CPU time over a bulk of no length is no load: such a pair would be one whose original failed."""
    world = World(homes=1)
    pair = world.pair(0, "s1", failures={"original": "start_reset"})
    short = world.change(pair, of_role("original", cpu_share=5.0, duration_us=900))
    assert rule_of(world, short) is None


@pytest.mark.parametrize("role", ["original", "control"])
@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("responder_refused", {"failure": "responder_refused"}),
        ("protocol_error", {"failure": "protocol_error"}),
        ("probe_busy", {"cpu_share": 0.95}),
        ("no_series", {"duration_us": None}),
        ("no_series", {"duration_us": 0}),
        ("no_series", {"ticks": None}),
        ("no_series", {"ticks": Ticks(t_us=(0, 2, 1), wire_bytes=(0, 1, 2))}),
        ("no_series", {"ticks": Ticks(t_us=(0, 1, 2), wire_bytes=(0, 2, 1))}),
    ],
)
def test_each_rule_on_runs_holds_for_either(role, rule, changes):
    """What is wrong with one run discards the pair, be it the original or the control."""
    world = World(homes=1)
    assert rule == rule_of(world, world.change(world.pair(0, "s1"), of_role(role, **changes)))


@pytest.mark.parametrize("order", [0, 1])
def test_a_late_sender_discards(order):
    """Over 5 % of ticks with nothing left to send makes a pair invalid, whichever run it was; 5 % does not."""
    world = World(homes=1)
    pair = world.pair(0, "s1")
    assert "sender_late" == rule_of(
        world, world.restated(pair, receipts_with(order, ticks=39, sender_late_ticks=2))
    )
    assert rule_of(world, world.restated(pair, receipts_with(order, ticks=40, sender_late_ticks=2))) is None


@pytest.mark.parametrize(
    "change", [{"asn": 64501}, {"address_family": "ipv6"}, {"line_tag": bytes(15) + b"x"}, {"asn": None}]
)
@pytest.mark.parametrize("where", [0, 1])
def test_a_changed_path_discards(change, where):
    """Network, family and line must be one over both receipts."""
    world = World(homes=1)

    def moved(statement):
        return receipts_with(where, path=msgspec.structs.replace(statement.path, **change))(statement)

    assert "path_changed" == rule_of(world, world.restated(world.pair(0, "s1"), moved))


def test_the_closing_path_is_no_veto():
    """Closed from elsewhere, a pair whose runs were both seen counts, on the runs' line; with a run unseen it does not."""
    world = World(homes=1)

    def elsewhere(statement):
        path = msgspec.structs.replace(statement.path, asn=64501, line_tag=bytes(15) + b"x")
        return msgspec.structs.replace(statement, path=path)

    whole = world.restated(world.pair(0, "s1"), elsewhere)
    seen = world.seen(whole)
    assert (None, 64500, (f"r1:{world.tags[0].hex()}",)) == (seen.discarded_by, seen.asn, seen.line_tags)
    blocked = world.restated(world.pair(0, "s1", failures={"original": "connect_timeout"}), elsewhere)
    assert "path_changed" == rule_of(world, blocked)


UNSEEN = {
    "seen": False, "path": None, "name_seen": None, "address_index": None, "client_hello_sha256": None, "wire_bytes": None,
}  # fmt: skip


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize(
    "changes",
    [
        UNSEEN,
        {"name_seen": "other.example"},
        {"name_seen": None},
        {"client_hello_sha256": bytes(32)},
        {"client_hello_sha256": None},
        {"address_index": 5},
        {"ticks_sha256": bytes(32)},
        {"wire_bytes": 1000},
        {"wire_bytes": None},
    ],
)
def test_a_run_that_the_responder_does_not_bear_out(order, changes):
    """A run that went well without a receipt that saw just that discards the pair, whichever label it bears."""
    world = World(homes=1)
    pair = world.restated(world.pair(0, "s1"), receipts_with(order, **changes))
    assert "uncorroborated" == rule_of(world, pair)


def acked(share, shift=0):
    """A change of every run: the responder's acknowledged bytes times ``share``; from the middle on ``shift`` less."""

    def change(run):
        ticks = run.responder_ticks
        counts = [int(count * share) for count in ticks.bytes_acked]
        middle = len(counts) // 2
        counts[middle:-1] = [max(0, count - shift) for count in counts[middle:-1]]
        changed = msgspec.structs.replace(ticks, bytes_acked=tuple(counts))
        return msgspec.structs.replace(run, responder_ticks=changed)

    return change


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (acked(1.0), None),
        (acked(1.01), None),
        (acked(1.05), "uncorroborated"),
        (acked(0.9), "uncorroborated"),
        (acked(1.0, shift=3_000_000), "uncorroborated"),
        (lambda run: msgspec.structs.replace(run, responder_ticks=None), "uncorroborated"),
        (lambda run: msgspec.structs.replace(run, client_hello=None), "uncorroborated"),
    ],
)
def test_bytes_must_agree(change, rule):
    """What the probe read is what was acknowledged, in the end and on the way, within the registered tolerance."""
    world = World(homes=1)
    assert rule == rule_of(world, world.change(world.pair(0, "s1"), change))


def test_a_failed_run_needs_no_witness():
    """That a run failed is the probe's word: only runs that went well must be borne out."""
    world = World(homes=1)
    pair = world.pair(0, "s1", failures={"original": "transfer_reset"})
    first = pair.pair.run("original").order
    unseen = world.restated(pair, receipts_with(first, name_seen=None, client_hello_sha256=None))
    assert rule_of(world, unseen) is None


def test_a_blocked_original_leaves_the_path_known():
    """A run that never arrived has no path, and the closing connection says whose line it was."""
    world = World(homes=1)
    seen = world.seen(world.pair(0, "s1", failures={"original": "connect_timeout"}))
    assert (None, 64500, False, True) == (
        seen.discarded_by, seen.asn, seen.original.seen, seen.control.seen,
    )  # fmt: skip


def test_no_judgement_without_receipts():
    """A pair that was never closed, or lacks a receipt, does not count."""
    world = World(homes=1)
    assert "no_statement" == rule_of(world, world.pair(0, "s1", closed=False))
    one = world.restated(world.pair(0, "s1"), lambda s: msgspec.structs.replace(s, receipts=s.receipts[:1]))
    assert "no_statement" == rule_of(world, one)


def test_conflicts_and_aborted_pairs():
    """A ticket used twice voids its pair; a pair without its second run is one with its outcome, but no pair."""
    world = World(homes=1)
    pair = world.pair(0, "s1")
    assert "conflict" == rule_of(world, pair, frozenset({"conflict"}))
    inner = msgspec.structs.replace(pair.pair, runs=pair.pair.runs[:1], aborted="budget")
    assert "aborted" == rule_of(world, msgspec.structs.replace(pair, pair=inner))


def test_every_rule_that_strikes_is_kept():
    """A pair is counted under the first rule and keeps the names of all, in order; a sound pair has none, and labels change nothing."""
    world = World(homes=1)
    pair = world.pair(0, "s1")
    busy = world.change(pair, of_role("control", cpu_share=0.95, duration_us=2_000_000))
    both = world.restated(busy, receipts_with(0, ticks=39, sender_late_ticks=2))
    struck = {quality.struck_by(quality.blind(world.opened(one))) for one in (both, swapped(both))}
    assert {("sender_late", "probe_busy")} == struck
    seen = world.seen(both)
    assert ("sender_late", ("sender_late", "probe_busy")) == (seen.discarded_by, seen.struck)
    assert ((), None) == (world.seen(pair).struck, world.seen(pair).discarded_by)


def test_a_later_reason_comes_first_and_keeps_the_others():
    """A ticket that turns out to have been used twice voids a pair whatever struck it before."""
    world = World(homes=1)
    late = world.restated(world.pair(0, "s1"), receipts_with(0, ticks=39, sender_late_ticks=2))
    for one, was in ((world.pair(0, "s1"), ()), (late, world.seen(late).struck)):
        void = voided(world.seen(one))
        assert ("conflict", ("conflict", *was), None) == (void.discarded_by, void.struck, void.features)


def test_rules_cannot_change_unseen():
    """Ids are unique, every rule speaks both languages and is dated, and the registered hash covers ids, meanings and limits."""
    ids = quality.rule_ids()
    assert len(ids) == len(set(ids))
    assert all(rule.fr and rule.en for rule in quality.RULES)
    assert {"2026-11-21", "2026-11-22"} == {rule.since for rule in quality.RULES}
    assert 64 == len(quality.rules_sha256())
    assert not {"role", "name", "address"} & set(quality.BlindRun.__annotations__)

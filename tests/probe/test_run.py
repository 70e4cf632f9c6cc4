"""`run`, `upload` and `status`: what is measured, what is skipped, what is said, and what is never lost."""

import json
import os
import random
import time

import msgspec
import pytest

from probe.budget import pair_estimate_bytes
from probe.cli import main
from probe.consent import visit_bytes
from probe.identity import current_quarter
from probe.measurement.envelope import decode
from probe.plan import NettestPlan, Service
from probe.schedule.memory import Memory
from probe.spool import Spool
from probe.visit import within_caps
from tests.probe.conftest import now_us, offer, with_services


def run(home, capsys, *more):
    """Exit code and events of a run without rests."""
    code = main(["run", "--home", str(home.folder), "--json", "--between-pairs-s", "0", *more])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def named(events, name):
    """The events of that name."""
    return [event for event in events if event["event"] == name]


def test_a_run_measures_uploads_and_sums_up(joined, collector, capsys):
    """Two services, two pairs each: four signed measurements at the collector, an empty spool, exit 0."""
    code, events = run(joined, capsys, "--pairs", "2", "--variant", "paced")
    (summary,) = named(events, "summary")
    assert (0, 4, 0, 0) == (code, *(summary[name] for name in ("pairs", "skipped", "waiting")))
    # An upload under way when the last pair ends is given up and offered again: a duplicate, as good as accepted.
    assert 4 == summary["accepted"] + summary["duplicate"]
    assert {"between_pairs_s": 0.0} == summary["overrides"]
    assert [{"event": "overrides", "between_pairs_s": 0.0, "gap_ms": None}] == named(events, "overrides")
    assert {event["id"] for event in named(events, "pair")} == set(collector.documents)
    assert summary["bytes"] == sum(event["bytes"] for event in named(events, "pair")) > 0


def test_the_envelope_says_all_it_should(joined, collector, capsys, plan):
    """Key, plan, catalogue, line, link, limits and offset stand in what was signed."""
    run(joined, capsys, "--service", "s1", "--variant", "paced")
    (body,) = collector.documents.values()
    measurement = decode(body)
    assert measurement.pair is not None
    assert ("replay_tls", "paper", "paced", "s1", "down", "ipv4") == (
        measurement.nettest,
        measurement.nettest_version,
        measurement.variant,
        measurement.service,
        measurement.direction,
        measurement.address_family,
    )
    assert (plan.serial, plan.catalogue_version()) == (measurement.plan_serial, measurement.catalogue_version)
    assert {measurement.probe_key} == collector.enrolled
    assert 20_000_000 == measurement.pair.limits.pace_bit_s
    assert 40_000_000 == measurement.pair.limits.capacity_bit_s
    assert time.localtime().tm_gmtoff // 60 == measurement.utc_offset_min


def test_pace_follows_a_slow_line(joined, collector, capsys):
    """On a line of 10 Mbit/s the pace is 7, and the pair says so."""
    joined.capacity.write_bytes(msgspec.json.encode([{"bit_s": 10_000_000, "at_us": now_us()}]))
    _, events = run(joined, capsys, "--service", "s1")
    assert [7_000_000] == [event["pace_bit_s"] for event in named(events, "pair_started")]
    (body,) = collector.documents.values()
    pair = decode(body).pair
    assert pair is not None
    assert 7_000_000 == pair.limits.pace_bit_s


def test_strata_come_in_blocks_across_runs(joined, capsys):
    """Each stratum once before any twice, though every pair is a process of its own."""
    strata = []
    for _ in range(6):
        _, events = run(joined, capsys, "--service", "s1", "--variant", "paced")
        strata += [event["stratum"] for event in named(events, "pair")]
    assert [{"owned", "spoofed_popular"}] * 3 == [set(strata[n : n + 2]) for n in (0, 2, 4)]


def test_services_are_spread_over_the_rounds(joined, capsys):
    """Pairs of one service stand a full round apart."""
    _, events = run(joined, capsys, "--pairs", "3", "--variant", "paced")
    services = [event["service"] for event in named(events, "pair")]
    assert services[:2] * 3 == services
    assert {"s1", "s2"} == set(services[:2])


def test_what_could_not_run_is_a_signed_measurement(joined, collector, capsys):
    """No ticket: a `skipped` document that verifies, counted and shown, the stratum back in its block, exit 1."""
    offer(joined, collector, with_services(collector.plan, "silent", "crash"))
    code, events = run(joined, capsys)
    reasons = {event["service"]: event["reason"] for event in named(events, "skipped")}
    assert 1 == code
    assert {
        "silent": "responder:open:connect_timeout",
        "crash": "crashed: unknown_failure: ValueError no table for <line>",
    } == reasons
    assert reasons == {decode(body).service: decode(body).skipped for body in collector.documents.values()}
    memory = Memory(joined.schedule)
    assert ((), 1) == (memory.of("silent").strata_left, len(memory.of("crash").strata_left))
    assert 2 == named(events, "summary")[0]["skipped"]


def test_a_blocked_original_is_a_pair(joined, collector, capsys):
    """What the network did is data: a reset is measured, shown and no reason to skip."""
    offer(joined, collector, with_services(collector.plan, "blocked"))
    code, events = run(joined, capsys)
    failures = {r["role"]: r["failure"] for r in named(events, "pair")[0]["runs"]}
    assert (0, {"original": "tls_reset", "control": "ok"}) == (code, failures)
    assert not Memory(joined.schedule).of("blocked").last_ok


def test_budget_exceeded_is_skipped_and_shown(joined, collector, capsys):
    """A plan may lower the cap; past it every planned pair is a signed `skipped`, and nothing is sent."""
    collector.plan = msgspec.structs.replace(collector.plan, budget_bytes_month=20_000_000)
    code, events = run(joined, capsys)
    assert (1, ["budget exceeded"] * 2) == (code, [event["reason"] for event in named(events, "skipped")])
    assert 20_000_000 == named(events, "summary")[0]["cap_bytes"]


@pytest.mark.parametrize(
    ("pace_bit_s", "order", "cap_bytes"),
    [
        (45_000_000, NettestPlan(nettest="replay_tls", variant="paced"), 50_000_000),
        (45_000_000, NettestPlan(nettest="replay_tls", variant="long", duration_ms=10_000), 120_000_000),
        (45_000_000, NettestPlan(nettest="replay_tls", variant="long", duration_ms=20_000), 220_000_000),
        (
            100_000,
            NettestPlan(nettest="replay_tls", variant="paced", duration_ms=20_000, gap_ms=20_001),
            None,
        ),
    ],
)
def test_no_pair_beyond_the_caps_of_a_visit(joined, collector, capsys, pace_bit_s, order, cap_bytes):
    """A pair that could spend more than its visit's bytes or 60 s is not started: a signed `skipped` says so."""
    joined.capacity.write_bytes(msgspec.json.encode([{"bit_s": 10**9, "at_us": now_us()}]))
    services = tuple(msgspec.structs.replace(s, pace_bit_s=pace_bit_s) for s in collector.plan.services)
    collector.plan = msgspec.structs.replace(collector.plan, services=services, nettests=(order,))
    code, events = run(joined, capsys, "--service", "s1")
    assert (1, ["visit cap exceeded"]) == (code, [event["reason"] for event in named(events, "skipped")])
    assert cap_bytes is None or cap_bytes == visit_bytes(collector.plan)


def test_a_pair_at_the_catalogues_best_pace_keeps_the_caps():
    """40 Mbit/s, the pace of 4K, is measured in every variant that the design names."""
    for variant, duration_ms in (("paced", 4000), ("long", 10_000), ("long", 20_000)):
        estimate_bytes = pair_estimate_bytes(40_000_000, duration_ms)
        assert within_caps(variant, duration_ms, 2000, estimate_bytes)


def test_a_service_nobody_agreed_to_waits(joined, collector, capsys):
    """A service that a later plan adds is not measured and is said, until join is repeated."""
    added = Service(id="s3", title="Service 3", names=("stream3.culture.example",))
    collector.plan = msgspec.structs.replace(collector.plan, services=(*collector.plan.services, added))
    code, events = run(joined, capsys, "--variant", "paced")
    assert (0, {"s1", "s2"}) == (code, {event["service"] for event in named(events, "pair")})
    assert [{"event": "not_agreed", "services": ["s3"], "names": []}] == named(events, "not_agreed")
    assert 2 == main(["run", "--home", str(joined.folder), "--service", "s3", "--lang", "en"])
    said = capsys.readouterr()
    assert "The plan asks for more than you agreed to: s3. That is not measured." in said.out
    assert 'you have not yet agreed to measure "s3"' in said.err
    assert 0 == main(["status", "--home", str(joined.folder), "--lang", "en"])
    assert "never agreed to, so not measured: s3 (isonomia-probe join)" in capsys.readouterr().out
    assert 0 == main(["join", collector.target, "--lab", "--yes", "--home", str(joined.folder), "--json"])
    capsys.readouterr()
    code, events = run(joined, capsys, "--service", "s3", "--variant", "paced")
    assert (0, ["s3"]) == (code, [event["service"] for event in named(events, "pair")])


def test_a_responder_is_vetted_again_before_it_is_used(joined, collector, capsys):
    """A stored plan whose responder is not to be used any more: nothing is sent, nothing told to the operator."""
    joined.save_membership(msgspec.structs.replace(joined.membership(), lab=False))
    code, events = run(joined, capsys)
    assert (3, ["unsafe"], []) == (
        code,
        [event["code"] for event in named(events, "plan_refused")],
        named(events, "skipped"),
    )
    assert ["responder_unsafe"] == [event["code"] for event in named(events, "error")]
    assert {} == collector.documents


def test_a_plan_cannot_lift_the_volunteers_cap(joined, collector, capsys):
    """The volunteer's cap stands whatever the plan says."""
    membership = msgspec.structs.replace(joined.membership(), cap_bytes_month=16_000_000)
    joined.save_membership(membership)
    code, events = run(joined, capsys)
    assert (1, 16_000_000) == (code, named(events, "summary")[0]["cap_bytes"])


def test_an_unreachable_collector_is_no_reason_not_to_measure(joined, capsys):
    """The stored plan serves, the run says so, and what was measured waits."""
    membership = joined.membership()
    joined.save_membership(msgspec.structs.replace(membership, collector="http://127.0.0.1:9"))
    code, events = run(joined, capsys, "--service", "s1", "--patience-s", "0.1")
    assert (0, ["unreachable"], 1) == (
        code,
        [event["kind"] for event in named(events, "plan_kept")],
        named(events, "summary")[0]["waiting"],
    )
    joined.save_membership(membership)
    assert 0 == main(["upload", "--home", str(joined.folder), "--json"])
    assert 0 == Spool(joined.spool).waiting().documents


def test_upload_that_leaves_something_waiting_exits_1(joined, collector, capsys):
    """`upload` tells by its exit code whether anything still waits."""
    spool = Spool(joined.spool)
    spool.open()
    from tests.probe.conftest import a_document

    spool.put(a_document())
    collector.script.extend(["500"] * 50)
    assert 1 == main(["upload", "--home", str(joined.folder), "--patience-s", "0.2", "--lang", "en"])
    assert "  waiting to be uploaded: 1 (isonomia-probe upload)\n" in capsys.readouterr().out


def test_an_older_plan_is_refused_and_the_stored_one_kept(joined, collector, capsys, plan):
    """A replayed plan is said aloud and not obeyed."""
    collector.plan = msgspec.structs.replace(plan, serial=5)
    run(joined, capsys, "--service", "s1")
    collector.plan = msgspec.structs.replace(plan, serial=4)
    code, events = run(joined, capsys, "--service", "s1")
    (refused,) = named(events, "plan_refused")
    assert (0, "older", "serial 4, but 5 is held", 5) == (
        code,
        refused["code"],
        refused["reason"],
        refused["serial"],
    )


def test_another_operators_plan_is_refused(joined, collector, capsys):
    """The pin holds after join: a plan by another key is not obeyed."""
    from tests.support.documents import key_from

    collector.operator_key = key_from(random.Random("forger"))
    code, events = run(joined, capsys, "--service", "s1", "--patience-s", "1")
    assert (0, ["foreign"]) == (code, [event["code"] for event in named(events, "plan_refused")])


def test_an_operator_that_forgot_us_is_asked_again(joined, collector, capsys):
    """An unknown key is enrolled anew, once, without a question."""
    collector.enrolled.clear()
    code, _ = run(joined, capsys, "--service", "s1")
    assert (0, 2) == (code, collector.enrolments)


def test_a_new_quarter_is_a_new_key(joined, collector, capsys):
    """At the turn of a quarter another key is made, enrolled and used."""
    before = set(collector.enrolled)
    joined.save_membership(msgspec.structs.replace(joined.membership(), enrolled_quarter="2001Q1"))
    next(joined.keys.glob("*Q*.key")).rename(joined.keys / "2001Q1.key")
    code, _ = run(joined, capsys, "--service", "s1")
    (body,) = collector.documents.values()
    assert (0, 2) == (code, len(collector.enrolled))
    assert decode(body).probe_key in collector.enrolled - before
    assert current_quarter(now_us()) == joined.membership().enrolled_quarter


def test_kill_switch(joined, collector, capsys):
    """A nettest that the plan switched off is not run, and the reason is said."""
    off = tuple(msgspec.structs.replace(n, enabled=False) for n in collector.plan.nettests)
    collector.plan = msgspec.structs.replace(collector.plan, nettests=off)
    code, events = run(joined, capsys)
    assert (1, "nothing_enabled") == (code, named(events, "error")[0]["code"])
    assert {} == collector.documents


def test_kill_switch_of_capacity(joined, collector, capsys):
    """A capacity nettest that the plan switched off is not run either; pairs go on."""
    off = NettestPlan(nettest="capacity", variant="capacity", enabled=False)
    collector.plan = msgspec.structs.replace(collector.plan, nettests=(*collector.plan.nettests, off))
    joined.capacity.unlink()
    code, events = run(joined, capsys, "--service", "s1")
    assert (0, ["switched off by the operator"]) == (
        code,
        [event["reason"] for event in named(events, "capacity_failed")],
    )


def test_rests_between_pairs_of_a_service(joined, collector, capsys):
    """Pairs of a service rest for what the command line says, and the wait is told."""
    began = time.monotonic()
    main(
        [
            "run",
            "--home",
            str(joined.folder),
            "--json",
            "--between-pairs-s",
            "1.1",
            "--service",
            "s1",
            "--pairs",
            "2",
        ]
    )
    assert time.monotonic() - began >= 1.1
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ["s1"] == [event["service"] for event in named(events, "waiting")]


def test_status_shows_what_there_is(joined, collector, capsys):
    """Identity, plan, spool, rejected with code and message, bytes this month."""
    collector.script.append("rejected")
    _, events = run(joined, capsys, "--service", "s1")
    assert {"bad_schema": 1} == named(events, "summary")[0]["rejected"]
    assert 0 == main(["status", "--home", str(joined.folder), "--json"])
    status = json.loads(capsys.readouterr().out)
    assert ("status", 1, 0, ["bad_schema"], "champ inconnu") == (
        status["event"],
        status["plan_serial"],
        status["waiting"],
        [reason["code"] for reason in status["rejected"]],
        status["rejected"][0]["message_fr"],
    )
    assert status["month_bytes"] > 15_000_000
    assert 0 == main(["status", "--home", str(joined.folder), "--lang", "fr"])
    assert "bad_schema\u00a0: champ inconnu" in capsys.readouterr().out


def test_a_folder_is_held_by_one_command(joined, capsys):
    """A second command in the same folder is told who holds it, and measures nothing."""
    with joined.lock():
        assert 1 == main(["run", "--home", str(joined.folder), "--lang", "en"])
    assert (
        f"isonomia-probe: another isonomia-probe command is at work in {joined.folder} (process {os.getpid()})."
        " Wait until it ends\n" == capsys.readouterr().err
    )

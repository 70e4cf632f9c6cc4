"""Uploads: judged by what the responder received, with the probe as the sender; the two directions are two cells."""

import asyncio

import msgspec
import pytest

from analysis import quality
from probe.measurement.run import Run
from probe.measurement.ticket import Direction
from probe.measurement.ticks import Ticks, digest
from tests.analysis.worlds import NEUTRAL, POLICED, World, swapped

BOTH: tuple[Direction, ...] = ("down", "up")


@pytest.fixture(scope="module")
def world():
    """Six homes whose plan measures both directions."""
    return World(homes=6, directions=BOTH)


def policed_up(world: World, home: int, service: str = POLICED):
    """An upload whose original arrives at 1.45 Mbit/s where its control arrives at the pace of 8."""
    return world.pair(home, service, 1.45e6 * world.rng.uniform(0.97, 1.03), direction="up")


def refitted(run: Run, ticks: Ticks) -> Run:
    """The run with other responder's ticks."""
    return msgspec.structs.replace(run, responder_ticks=ticks)


def test_an_upload_that_is_policed_is_found_and_the_download_is_not(world):
    """Policed upwards alone: that cell is slowed, by a policer, at its rate; the service's other cell and the neutral one are not."""
    pairs = [policed_up(world, home) for _ in range(5) for home in range(6)]
    pairs += [world.pair(home, POLICED) for _ in range(5) for home in range(6)]
    pairs += [world.pair(home, NEUTRAL, direction="up") for _ in range(5) for home in range(6)]
    judgement = world.judged(pairs, world.registration(directions=list(BOTH)))
    found = {(f.service, f.direction): f for f in judgement.findings}
    flagged = {key for key, f in found.items() if f.outcome == "different"}
    assert {(POLICED, "up")} == flagged
    finding = found[POLICED, "up"]
    assert ("slowed", "policer", 30) == (finding.direction_of_effect, finding.mechanism, finding.pairs)
    assert 1.45 == pytest.approx(finding.delivered_mbit_s, rel=0.02)
    assert {} == judgement.summary.discarded


def test_the_rate_is_the_responders_whatever_the_probe_counts(world):
    """A probe that claims to have handed over more changes no rate: what arrived is what counts."""
    pair = policed_up(world, 0)

    def boasting(run: Run) -> Run:
        assert run.ticks is not None
        more = msgspec.structs.replace(run.ticks, wire_bytes=tuple(3 * n for n in run.ticks.wire_bytes))
        return msgspec.structs.replace(run, ticks=more)

    plain, boasted = world.seen(pair), world.seen(world.change(pair, boasting))
    assert plain.features == boasted.features
    assert plain.original.wire_bytes == boasted.original.wire_bytes
    assert 1.45 == pytest.approx(plain.original.tail_mbit_s, rel=0.1)


def test_loss_and_rtt_of_an_upload_are_the_probes(world):
    """The sender of an upload is the probe: its TCP_INFO gives round-trip time and loss."""
    seen = world.seen(policed_up(world, 1))
    assert 0.02 < seen.original.loss < 0.05
    assert 20_000 <= seen.original.rtt_us < 22_000


def late(run: Run) -> Run:
    """A probe that had nothing left to send at a third of its ticks."""
    assert run.ticks is not None
    return msgspec.structs.replace(run, sender_late_ticks=len(run.ticks.t_us) // 3)


def unacknowledged(run: Run) -> Run:
    """Far more acknowledged than ever arrived."""
    return msgspec.structs.replace(run, wire_bytes=run.wire_bytes + 3_000_000)


def handed_less(run: Run) -> Run:
    """Less handed over than arrived."""
    assert run.ticks is not None
    less = tuple(n // 2 for n in run.ticks.wire_bytes)
    return msgspec.structs.replace(run, ticks=msgspec.structs.replace(run.ticks, wire_bytes=less))


def another_course(run: Run) -> Run:
    """Acknowledgements that stand still for half of the run, and catch up at its end."""
    assert run.ticks is not None
    acked = run.ticks.bytes_acked
    still = tuple(0 if n < len(acked) * 3 // 4 else count for n, count in enumerate(acked))
    return msgspec.structs.replace(run, ticks=msgspec.structs.replace(run.ticks, bytes_acked=still))


SPOILT = {
    late: "sender_late",
    unacknowledged: "uncorroborated",
    handed_less: "uncorroborated",
    another_course: "uncorroborated",
}


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
@pytest.mark.parametrize("role", ["original", "control"])
def test_what_is_wrong_with_an_upload_discards_it_whatever_its_label(world, spoil, role):
    """Lateness of the probe, and bytes that the two ends do not agree on, hold against either run alike."""
    pair = world.change(
        world.pair(0, NEUTRAL, direction="up"), lambda run: spoil(run) if run.role == role else run
    )
    found = {quality.discarded_by(quality.blind(world.opened(one))) for one in (pair, swapped(pair))}
    assert {SPOILT[spoil]} == found


def test_a_bottleneck_with_a_queue_is_no_contradiction(world):
    """Half a second of data in a queue when the run ended: more arrived than was acknowledged, and the pair counts."""

    def queued(run: Run) -> Run:
        assert run.ticks is not None
        acked = tuple(max(0, n - 60_000) for n in run.ticks.bytes_acked)
        ticks = msgspec.structs.replace(run.ticks, bytes_acked=acked)
        return msgspec.structs.replace(run, ticks=ticks, wire_bytes=run.wire_bytes - 60_000)

    pair = world.change(policed_up(world, 2), queued)
    assert None is quality.discarded_by(quality.blind(world.opened(pair)))


def claims(world: World, pair, **changes):
    """The pair with ``changes`` in its first run that went well."""
    order = next(run.order for run in pair.pair.runs if run.ok)
    return world.change(
        pair, lambda run: msgspec.structs.replace(run, **changes) if run.order == order else run
    )


def test_the_collector_holds_uploads_to_the_responders_count(world, tmp_path):
    """Sound uploads are accepted; bytes that the responder did not see, ticks that end elsewhere, a pace above the upload's are not."""
    pair = world.pair(0, NEUTRAL, direction="up")
    run = next(run for run in pair.pair.runs if run.ok)
    assert run.ticks is not None
    assert run.responder_ticks is not None
    less = msgspec.structs.replace(run.ticks, wire_bytes=tuple(n // 2 for n in run.ticks.wire_bytes))
    shorter = msgspec.structs.replace(
        run.responder_ticks, wire_bytes=tuple(n // 2 for n in run.responder_ticks.wire_bytes)
    )
    documents = [
        pair,
        claims(world, pair, wire_bytes=run.wire_bytes + 9_000_000),
        claims(world, pair, ticks=less),
        claims(world, pair, responder_ticks=shorter),
        claims(world, pair, responder_ticks=None),
    ]
    assert digest(shorter) != digest(run.responder_ticks)
    answers = asyncio.run(world.fill(tmp_path, documents))
    wrong = "receipt_contradicted"
    assert ["accepted", wrong, wrong, wrong, "no_responder_ticks"] == answers


def test_an_upload_that_no_plan_asked_for_is_refused(tmp_path):
    """Where the plan measures downwards alone, an upload is of an unknown nettest."""
    world = World(homes=1)
    both = World(homes=1, directions=BOTH)
    pair = both.pair(0, NEUTRAL, direction="up")
    assert ["unknown_nettest"] == asyncio.run(world.fill(tmp_path, [pair]))

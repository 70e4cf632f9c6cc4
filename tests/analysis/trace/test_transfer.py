"""Fates from sequence numbers, acknowledgements and their options, against the simulator's truth and by hand."""

from random import Random

import numpy as np
import pytest

from analysis.messages import Trouble
from analysis.trace.capture import Packet, Read, packets
from analysis.trace.chunks import chunks_of
from analysis.trace.connections import followed
from analysis.trace.transfer import Transfer
from tests.analysis.trace.limiters import Chain, Policer, Queue, RandomLoss
from tests.analysis.trace.pcaps import write_pcap
from tests.analysis.trace.tcp import Flow, run

S, C = (b"\x0a\0\0\4", 80), (b"\x0a\0\0\1", 40000)


def sent(t_s, seq, size=1000, extra=0):
    """A data packet."""
    return Packet(t_s, S, C, seq, 1, 16, size, size + 66 + extra, 32, (), None)


def ack(t_s, upto, *sacks):
    """An acknowledgement."""
    return Packet(t_s, C, S, 1, upto, 16, 0, 66, 32, tuple(sacks), None)


def fates(*events):
    """Feed packets in order; (lost, known, ms of round trip) of each transmission."""
    transfer = Transfer()
    for packet in events:
        if packet.payload_bytes:
            transfer.sends(packet)
        else:
            transfer.acknowledges(packet)
    done = transfer.finish()
    rtt = [None if np.isnan(r) else round(1000 * r) for r in done.rtt_s.tolist()]
    return list(zip(done.lost.tolist(), done.known.tolist(), rtt, strict=True)), transfer


def opening(t_s, source, destination, seq):
    """A SYN."""
    return Packet(t_s, source, destination, seq, 0, 2, 0, 74, 40, (), 1460)


def test_a_new_connection_between_the_same_ports_is_another(tmp_path):
    """Its numbers begin elsewhere: taken for the old one's, everything it sends would be a retransmission, and lost."""
    events = []
    for number, first in enumerate((10_000, 5_000)):
        t_s = 10.0 * number
        events += [
            opening(t_s, C, S, 1 + number),
            opening(t_s, S, C, first - 1),
            opening(t_s, C, S, 1 + number),
        ]
        for packet in range(20):
            at = first + 1000 * packet
            events += [sent(t_s + 1 + packet / 10, at), ack(t_s + 1.05 + packet / 10, at + 1000)]
    both = [one for one in followed(events, tmp_path) if one.source == S]
    assert [(20, 0), (20, 0)] == [(one.sent.t_s.size, int(one.sent.lost.sum())) for one in both]


def test_what_waited_behind_a_hole_has_no_round_trip_without_sack():
    """The acknowledgement that fills the hole came when the hole was filled: it says nothing of those behind it."""
    done, _ = fates(
        sent(0.0, 0), sent(0.01, 1000), sent(0.02, 2000), ack(0.1, 1000), sent(0.3, 1000), ack(0.4, 3000)
    )  # fmt: skip
    assert [(False, 100), (True, None), (False, None), (False, 100)] == [(lost, rtt) for lost, _, rtt in done]


@pytest.mark.parametrize(
    "limiter",
    [
        Policer(2.5e5, 5e4),
        Policer(1e6, 8e3),
        Queue(2.5e5, 4e4),
        RandomLoss(0.05, Random(3)),
        Chain((Queue(1e6, 6e4), RandomLoss(0.02, Random(4)))),
    ],
)
def test_fates_are_the_simulators(tmp_path, limiter):
    """Of several thousand transmissions not one is judged wrongly, and every one is known."""
    shown = run([Flow(40000, 700, 2)], limiter)
    path = write_pcap(tmp_path / "t.pcap", shown)
    (direction,) = [d for d in followed(packets(path, Read()), path) if d.source[1] == 80]
    truth = [p.lost for p in shown if p.from_server and p.length]
    assert truth == direction.sent.lost.tolist()
    assert direction.sent.known.all()
    assert 2 == len(list(chunks_of(direction)))
    assert 0 == direction.holes_filled


def test_more_than_the_bound_is_refused(tmp_path):
    """Memory is bounded by a number of transmissions, and the error says how to cut the capture."""
    path = write_pcap(tmp_path / "t.pcap", run([Flow(40000, 60, 1)], Policer(2.5e5, 5e4)))
    with pytest.raises(Trouble, match="editcap"):
        followed(packets(path, Read()), path, most=50)


def test_a_retransmission_takes_the_fate_of_the_one_that_was_answered():
    """Answered a round trip after the second: the first was lost. Answered at once: the second was needless."""
    first = (sent(0, 1), ack(0.1, 1001))
    late, _ = fates(*first, sent(0.2, 1001), sent(0.5, 1001), ack(0.6, 2001))
    assert [(False, True, 100), (True, True, None), (False, True, 100)] == late
    early, _ = fates(*first, sent(0.2, 1001), sent(0.5, 1001), ack(0.51, 2001))
    assert [(False, True, 100), (False, True, 310), (True, True, None)] == early


def test_a_duplicate_that_is_reported_was_not_lost():
    """DSACK: both transmissions arrived."""
    found, _ = fates(
        sent(0, 1),
        ack(0.1, 1001),
        sent(0.2, 1001),
        sent(0.5, 1001),
        ack(0.51, 2001),
        ack(0.6, 2001, (1001, 2001)),
    )
    assert [False, False, False] == [lost for lost, _, _ in found]


def test_sack_answers_what_lies_behind_a_hole():
    """The round trip ends with the SACK, not when the hole is filled."""
    found, _ = fates(sent(0, 1), sent(0, 1001), ack(0.1, 1, (1001, 2001)), sent(0.2, 1), ack(0.3, 2001))
    assert [(True, True, None), (False, True, 100), (False, True, 100)] == found


def test_the_end_of_a_capture_decides_nothing():
    """What is not yet answered has no fate; what was sent again before it was lost."""
    found, _ = fates(sent(0, 1), ack(0.1, 1001), sent(0.2, 1001), sent(0.4, 1001))
    assert [(True, True), (False, False)] == [(lost, known) for lost, known, _ in found[1:]]


def test_sequence_numbers_wrap():
    """A transfer across 2^32 is one transfer."""
    start = (1 << 32) - 1500
    found, transfer = fates(
        sent(0, start), sent(0.001, (start + 1000) % 2**32), ack(0.1, (start + 2000) % 2**32), sent(0.2, 500)
    )
    assert [100, 99, None] == [rtt for _, _, rtt in found]
    assert 0 == transfer.holes_filled


def test_super_packets_are_split():
    """What offloading hands over as one is 1,448 bytes a packet on the wire, each with headers."""
    _, transfer = fates(sent(0, 1, 14480))
    done = transfer.finish()
    assert [1448] * 10 == done.payload_bytes.tolist()
    assert [1448 + 66] * 10 == done.bytes.tolist()


def test_a_capture_behind_the_loss_shows_by_its_holes():
    """A range that is seen for the first time after its successor was lost before the capture."""
    _, transfer = fates(sent(0, 1), sent(0.01, 2001), sent(0.1, 1001), ack(0.11, 3001))
    assert 1 == transfer.holes_filled

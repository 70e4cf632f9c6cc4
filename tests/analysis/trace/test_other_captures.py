"""Captures of others: uploads, no handshake, begun in the middle, numbers that wrap, packets that the card split. Each has its outcome."""

from collections.abc import Callable, Iterator
from random import Random

import pytest

from analysis.trace.judge import judge_capture
from tests.analysis.trace.limiters import Chain, Limiter, Policer, Queue, RandomLoss
from tests.analysis.trace.pcaps import write_pcap
from tests.analysis.trace.tcp import SEGMENT, Flow, Shown, run

NUMBERS, LEFT_S = 1 << 32, 0.0005
"""Sequence numbers; how far apart segments may leave the card that the host handed over as one."""
LIMITERS: dict[str, Callable[[], Limiter]] = {
    "policer": lambda: Policer(5e5, 5e4),
    "queue": lambda: Queue(2.5e5, 6e4),
    "shaper": lambda: Queue(2.5e5, 6e4, allowance=3e5),
    "random loss": lambda: RandomLoss(0.03, Random(7)),
    "line with random loss": lambda: Chain((Queue(1e6, 1e5), RandomLoss(0.02, Random(8)))),
}
RATE_MBIT_S = 4.0


def uploaded(shown: list[Shown]) -> list[Shown]:
    """The home sends and the server acknowledges: the capture of an upload, beside the sender."""
    return [packet._replace(from_server=not packet.from_server) for packet in shown]


def without_handshake(shown: list[Shown]) -> list[Shown]:
    """``tcpdump`` began after the connection did: no SYN, so no segment size either."""
    return [packet for packet in shown if not packet.syn]


def begun_in_the_middle(shown: list[Shown]) -> list[Shown]:
    """The first third is not in the file: data and acknowledgements refer to what nobody saw."""
    return shown[len(shown) // 3 :]


def wrapped(shown: list[Shown]) -> list[Shown]:
    """The sender's numbers pass 2^32 half way."""
    ahead = NUMBERS - max(packet.seq for packet in shown if packet.from_server) // 2

    def moved(packet: Shown) -> Shown:
        if packet.from_server:
            return packet._replace(seq=(packet.seq + ahead) % NUMBERS)
        sacks = tuple(((left + ahead) % NUMBERS, (right + ahead) % NUMBERS) for left, right in packet.sacks)
        return packet._replace(ack=(packet.ack + ahead) % NUMBERS if packet.ack else 0, sacks=sacks)

    return [moved(packet) for packet in shown]


def offloaded(shown: list[Shown]) -> list[Shown]:
    """The host hands over up to ten segments as one, and the capture is taken before the card splits them."""
    return list(_merged(shown))


def _merged(shown: list[Shown]) -> Iterator[Shown]:
    held: Shown | None = None
    for packet in shown:
        joins = (
            held is not None
            and packet.from_server
            and packet.port == held.port
            and packet.length
            and packet.seq == (held.seq + held.length) % NUMBERS
            and packet.t_s - held.t_s <= LEFT_S
            and held.length < 10 * SEGMENT
        )
        if joins and held is not None:
            held = held._replace(length=held.length + packet.length, lost=held.lost or packet.lost)
            continue
        if held is not None:
            yield held
        held = packet
    if held is not None:
        yield held


def cut_short(shown: list[Shown]) -> list[Shown]:
    """The capture ends in the middle of a transfer."""
    return shown[: 2 * len(shown) // 3]


CAPTURES = (uploaded, without_handshake, begun_in_the_middle, wrapped, offloaded, cut_short)


def judged(tmp_path, limiter, *changes):
    """The lossy chunks of a capture that was so taken."""
    shown = run([Flow(40000, 900, 2)], LIMITERS[limiter]())
    for change in changes:
        shown = change(shown)
    chunks = judge_capture(write_pcap(tmp_path / "other.pcap", shown)).chunks
    return [chunk for chunk in chunks if chunk.losses >= 15]


@pytest.mark.parametrize("change", CAPTURES)
def test_the_policer_is_found(tmp_path, change):
    """However the capture was taken: called a policer, its rate within 2 %, inside its interval."""
    lossy = judged(tmp_path, "policer", change)
    assert lossy
    assert {"policer"} == {chunk.mechanism for chunk in lossy}
    for chunk in lossy:
        assert RATE_MBIT_S == pytest.approx(chunk.rate_mbit_s, rel=0.02)
        assert chunk.rate_low_mbit_s <= RATE_MBIT_S <= chunk.rate_high_mbit_s


@pytest.mark.parametrize("limiter", [name for name in LIMITERS if name != "policer"])
@pytest.mark.parametrize("change", CAPTURES)
def test_nothing_else_is_called_a_policer(tmp_path, change, limiter):
    """What accuses wrongly in no capture of the usual kind does so in none of these."""
    assert "policer" not in {chunk.mechanism for chunk in judged(tmp_path, limiter, change)}


def test_all_at_once(tmp_path):
    """An upload without its handshake, begun in the middle, across 2^32: the same policer."""
    lossy = judged(tmp_path, "policer", wrapped, without_handshake, begun_in_the_middle, uploaded)
    assert {"policer"} == {chunk.mechanism for chunk in lossy}
    assert RATE_MBIT_S == pytest.approx(lossy[0].rate_mbit_s, rel=0.02)


def test_nothing_but_handshakes_and_an_empty_connection(tmp_path):
    """No data, no chunk: an empty report and no error."""
    shown = [packet for packet in run([Flow(40000, 30, 1)], Queue(1e8, 1e9)) if not packet.length]
    report = judge_capture(write_pcap(tmp_path / "empty.pcap", shown))
    assert ((), 0) == (report.chunks, report.small_chunks)

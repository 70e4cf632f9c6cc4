"""QUIC in virtual time: what stands on the wire, the door before a connection, pace, statistics, hostile bytes."""

import random
from collections import Counter
from pathlib import Path

import pytest
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection

from probe.responder import certificate
from probe.wire.client_hello import NotAClientHello, parse
from probe.wire.quic import (
    DATAGRAM_BYTES,
    Doorkeeper,
    QuicChannel,
    Validated,
    destination_cid,
    hello_record,
    is_retry,
    server_configuration,
)
from tests.probe.wire.quic_line import PEER, Line, bulk

PACE_BIT_S = 20_000_000


def connected(folder: Path, **more: object) -> Line:
    """A line whose two ends have shaken hands and said a word each way."""
    line = Line(folder, **more)  # type: ignore[arg-type]  # pytest's own words for the line's fields
    line.run(0.3)
    line.client.write(b"start")
    line.run(0.1)
    return line


def received_mbit_s(line: Line, seconds: float) -> float:
    """What arrives in so much virtual time while the server always has something to send."""
    before = line.client.received_bytes
    line.run(seconds, bulk)
    return (line.client.received_bytes - before) * 8 / seconds / 1e6


def initial(name: str) -> bytes:
    """The first datagram of a client."""
    (datagram,) = QuicChannel.client(name, 0.0).take(0.0)
    return datagram


def test_a_handshake_by_way_of_a_retry(tmp_path):
    """One Retry, the pinned certificate, and the same ClientHello as read at either end."""
    line = connected(tmp_path)
    assert line.server is not None
    assert (True, True, True) == (line.client.retried, line.client.established, line.server.established)
    assert line.pin == line.client.certificate_sha256()
    near, far = (parse(hello_record(c.first_flight)) for c in (line.client, line.server))
    assert "video.service.example" == near.server_name
    assert near.sha256() == far.sha256()
    assert b"start" == line.server.read()


def test_original_and_control_differ_in_the_name_alone():
    """Less random, key shares and connection id, two ClientHellos of names of one length are equal but for the name."""
    original, control = (
        parse(hello_record([initial(n)])) for n in ("video.service.example", "plain.control.example")
    )
    assert original.raw != control.raw
    assert original.without_keys().replace(b"video.service", b"plain.control") == control.without_keys()
    assert original.ja4() == control.ja4()
    assert original.ja4().startswith("q13d")


@pytest.mark.parametrize(
    "name", ["a.example", "video.service.example", "x" * 60 + "." + "y" * 60 + ".example"]
)
def test_every_initial_has_one_size_and_fixed_ids(name, tmp_path):
    """Whatever the name's length: one datagram of 1200 bytes before the Retry and one after, ids of 8 bytes."""
    line = connected(tmp_path, name=name)
    initials = line.sent_up[:2]
    assert [DATAGRAM_BYTES] * 2 == [len(datagram) for datagram in initials]
    assert [8, 8] == [datagram[5] for datagram in initials]
    assert [8, 8] == [datagram[14] for datagram in initials]


def test_sizes_and_times_are_those_of_any_other_name(tmp_path):
    """A handshake and a second of bulk: the same datagrams and bytes in each tenth of a second, to 1 %, for two names of one length.

    Not to the byte: a certificate's signature has 70 to 72 bytes, by chance and whatever the name, and shifts what follows.
    """
    lines = [connected(tmp_path, name=name) for name in ("video.service.example", "plain.control.example")]
    for line in lines:
        assert line.server is not None
        line.server.pace(PACE_BIT_S)
        received_mbit_s(line, 1.0)
    bins = [Counter(int((t - 100) * 10) for t, _ in line.sent_down) for line in lines]
    sent = [Counter[int](), Counter[int]()]
    for count, line in zip(sent, lines, strict=True):
        for t, datagram in line.sent_down:
            count[int((t - 100) * 10)] += len(datagram)
    assert pytest.approx(bins[0], rel=0.01, abs=2) == bins[1]
    assert pytest.approx(sent[0], rel=0.01, abs=2400) == sent[1]
    up = [[len(datagram) for datagram in line.sent_up][:6] for line in lines]
    assert up[0] == up[1]


def test_the_pace_is_kept_to_a_percent(tmp_path):
    """20 Mbit/s of UDP payload are 19.4 of the stream's, in every quarter of a second after the first."""
    line = connected(tmp_path)
    assert line.server is not None
    line.server.pace(PACE_BIT_S)
    rates = [received_mbit_s(line, 0.25) for _ in range(6)]
    assert [pytest.approx(19.42, rel=0.01)] * 5 == rates[1:]
    assert 0 == line.server.lost_s == line.server.lost_packets


def test_a_program_that_is_a_little_late_catches_up(tmp_path):
    """Up to 8 ms late at each step: the same rate, and no time lost."""
    line = connected(tmp_path, late_s=0.008)
    assert line.server is not None
    line.server.pace(PACE_BIT_S)
    received_mbit_s(line, 0.5)
    assert 19.4 == pytest.approx(received_mbit_s(line, 1.0), rel=0.02)
    assert 0.01 > line.server.lost_s


def test_a_program_that_is_late_says_so(tmp_path):
    """Up to 30 ms late at each step: slower than the pace, and the lost time is told."""
    line = connected(tmp_path, late_s=0.03)
    assert line.server is not None
    line.server.pace(PACE_BIT_S)
    assert 16 > received_mbit_s(line, 1.0)
    assert 0.2 < line.server.lost_s < 0.7


def test_a_slow_network_is_no_late_program(tmp_path):
    """A policer at 4 Mbit/s: losses and its rate, and no time that the sender lost."""
    tokens, filled_s = [16_000.0], [0.0]

    def policed(datagram: bytes, now_s: float) -> bool:
        tokens[0] = min(16_000.0, tokens[0] + (now_s - filled_s[0]) * 500_000)
        filled_s[0] = now_s
        if tokens[0] < len(datagram):
            return False
        tokens[0] -= len(datagram)
        return True

    line = connected(tmp_path, lets_pass=policed)
    assert line.server is not None
    line.server.pace(PACE_BIT_S)
    received_mbit_s(line, 1.0)
    assert 3.9 > received_mbit_s(line, 3.0) > 2.5
    fields = line.server.sender_fields()
    assert 20 < fields["total_retrans"] < fields["segs_out"]
    assert 0.05 * 4.0 > line.server.lost_s


def test_statistics_agree_with_the_line(tmp_path):
    """Round trips of 20 ms, every byte acknowledged that was read a round trip ago, nothing lost."""
    line = connected(tmp_path)
    assert line.server is not None
    line.server.pace(PACE_BIT_S)
    received_mbit_s(line, 1.0)
    fields = line.server.sender_fields()
    assert 20_000 == pytest.approx(fields["rtt_us"], rel=0.1)
    assert 20_000 == pytest.approx(fields["min_rtt_us"], rel=0.1)
    assert 0 == fields["total_retrans"] == fields["bytes_retrans"]
    assert line.client.received_bytes == pytest.approx(fields["bytes_acked"], rel=0.05)
    assert line.client.received_bytes >= fields["bytes_acked"]
    assert line.client.datagrams_in == pytest.approx(fields["segs_out"], abs=50)


def test_an_end_of_one_side_is_heard_and_the_other_goes_on(tmp_path):
    """The server says that this was all: the client knows, after what was written before; what it writes itself still arrives."""
    line = connected(tmp_path)
    assert line.server is not None
    assert not line.client.finished
    before = line.server.received_bytes
    line.server.write(b"last")
    line.server.finish()
    line.run(0.1)
    assert (True, b"last", None) == (line.client.finished, line.client.read(), line.client.closed)
    line.client.write(bytes(1000))
    line.run(0.1)
    assert before + 1000 == line.server.received_bytes


def test_the_library_s_private_names_are_still_there():
    """The statistics rest on these attributes: the release of aioquic that renames one fails here, and not in a home."""
    connection = QuicConnection(configuration=QuicConfiguration(is_client=True, server_name="a.example"))
    connection.connect(PEER, 0.0)
    connection.send_stream_data(0, b"x")
    loss, sender = connection._loss, connection._streams[0].sender
    for name in ("_cc", "_pacer", "_rtt_initialized", "_rtt_smoothed", "_rtt_variance", "_rtt_min"):
        assert hasattr(loss, name)
    for name in ("_buffer_start", "_buffer_stop", "highest_offset"):
        assert hasattr(sender, name)
    for name in ("_close_event", "_retry_count", "_state", "_is_client"):
        assert hasattr(connection, name)


class TestDoorkeeper:
    """What happens before there is a connection."""

    keeper = Doorkeeper()

    def test_a_first_datagram_gets_a_retry_and_nothing_else(self):
        """One answer, a Retry, shorter than a tenth of what came."""
        answer = self.keeper.answer(initial("a.example"), PEER, 5.0)
        assert isinstance(answer, bytes)
        assert is_retry(answer)
        assert 120 > len(answer)

    def test_short_datagrams_are_not_answered(self):
        """Below 1200 bytes there is no answer, so no address can be made to receive more than was sent."""
        assert None is self.keeper.answer(initial("a.example")[:1199], PEER, 5.0)

    def test_an_unknown_version_is_told_ours(self):
        """A version negotiation that names version 1, shorter than what came."""
        datagram = bytearray(initial("a.example"))
        datagram[1:5] = b"\x5a\x5a\x5a\x5a"
        answer = self.keeper.answer(bytes(datagram), PEER, 5.0)
        assert isinstance(answer, bytes)
        assert b"\0\0\0\0" == answer[1:5]
        assert b"\0\0\0\1" == answer[-4:]
        assert 60 > len(answer)

    def test_a_version_negotiation_is_not_answered(self):
        """Two of us never talk each other into a storm."""
        assert None is self.keeper.answer(b"\xc0\0\0\0\0" + bytes(1400), PEER, 5.0)

    def _token_brought_back(self, peer=PEER, now_s=5.0, turned=False):
        channel = QuicChannel.client("a.example", 5.0)
        retry = self.keeper.answer(channel.take(5.0)[0], PEER, 5.0)
        assert isinstance(retry, bytes)
        channel.feed(retry, 5.0)
        again = bytearray(channel.take(5.0)[0])
        if turned:
            again[40] ^= 1
        return self.keeper.answer(bytes(again), peer, now_s)

    def test_the_token_lets_in(self):
        """Who brings it back from the same address is let in."""
        assert isinstance(self._token_brought_back(), Validated)

    @pytest.mark.parametrize(
        "changes",
        [{"peer": ("192.0.2.2", 4433)}, {"peer": ("192.0.2.1", 4434)}, {"now_s": 16.0}, {"turned": True}],
    )
    def test_a_token_of_another_address_time_or_bytes_does_not(self, changes):
        """Another address, another port, eleven seconds or a bit later: no answer."""
        assert None is self._token_brought_back(**changes)

    def test_hostile_datagrams_are_not_answered(self):
        """Noise of any length is answered by nothing, or by less than it brought."""
        rng = random.Random(7)
        for _ in range(2000):
            noise = rng.randbytes(rng.choice((0, 1, 5, 20, 1200, 1500)))
            answer = self.keeper.answer(noise, PEER, 5.0)
            assert answer is None or (isinstance(answer, bytes) and len(answer) < 100)


def test_hostile_first_flights_have_no_hello():
    """Noise, cut Initials, ones with a turned bit: no record, never an exception."""
    whole = initial("a.example")
    rng = random.Random(3)
    for _ in range(300):
        cut = bytearray(whole[: rng.randrange(1, 500)])  # the packet has some 520 bytes, padding follows it
        cut[rng.randrange(len(cut))] ^= 1 << rng.randrange(8)
        record = hello_record([bytes(cut), rng.randbytes(50)])
        with pytest.raises(NotAClientHello):
            parse(record)


def test_a_forged_destination_is_no_index_error():
    """Whatever the first bytes say, the id is bytes or nothing."""
    rng = random.Random(4)
    for _ in range(1000):
        assert isinstance(destination_cid(rng.randbytes(rng.randrange(40))), bytes | None)


@pytest.mark.parametrize(
    "name", ["", "x" * 64 + ".example", "a..example", "é.example", "x." * 130 + "example"]
)
def test_a_name_that_no_hello_can_hold_is_refused(name):
    """Before anything is sent."""
    with pytest.raises(ValueError, match="ClientHello"):
        QuicChannel.client(name, 0.0)


def test_a_server_that_was_lied_to_about_the_ids_is_not_believed(tmp_path):
    """A handshake whose Retry was somebody else's ends: the ids are part of what is signed (RFC 9000, 7.3)."""
    pem, key, _ = certificate.ensure(tmp_path, "r1.measure.example")
    client = QuicChannel.client("a.example", 0.0)
    (first,) = client.take(0.0)
    lied = Validated(original_cid=b"another!", retry_cid=first[6:14])
    server = QuicChannel.server(server_configuration(str(pem), str(key)), lied)
    server.feed(first, 0.0)
    for datagram in server.take(0.0):
        client.feed(datagram, 0.0)
    assert client.closed is not None
    assert not client.established

"""Bounds: what one key, one prefix or everybody may have, and that a refusal costs nothing."""

import time

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.responder.bounds import DAY_S, HOUR_S, Ledger, OverLimit
from probe.responder.config import Bounds
from probe.wire.messages import Close, Open, Start
from tests.support.knock import close_pair, knock, open_pair, refusal, signed_opening, start_run
from tests.support.responder import ethernet_net, running_responder

RUN_BYTES = 700_000  # of the openings below: 200 ms and half a second at 8 Mbit/s
PAIR_BYTES = 2 * RUN_BYTES


def try_open(far, key=None, net=None, **changes) -> str | None:
    """The code that refuses an opening, ``None`` if it was granted."""
    changes.setdefault("grant", far.grant(key))
    return refusal(far, Open(msgspec.Raw(signed_opening(far, key, **changes))), net)


def test_a_key_has_so_many_openings_an_hour(tmp_path):
    """The third opening of a key is refused, another key's first is not."""
    with running_responder(tmp_path, bounds={"openings_per_key_hour": 2}) as far:
        other = Ed25519PrivateKey.generate()
        assert [None, None, "over_limit"] == [try_open(far) for _ in range(3)]
        assert None is try_open(far, other)


def test_a_key_has_so_many_open_tickets_and_a_refusal_is_free(tmp_path):
    """The third open ticket is refused; refusals charge neither hour nor day; closing makes room."""
    bounds = {"open_tickets_per_key": 2, "openings_per_key_hour": 4, "open_tickets": 3}
    with running_responder(tmp_path, bounds=bounds) as far:
        grant = far.grant(bytes_per_day=3 * PAIR_BYTES)
        tickets = [open_pair(far, grant=grant) for _ in range(2)]
        assert ["over_limit"] * 5 == [try_open(far, grant=grant) for _ in range(5)]
        close_pair(far, tickets[0])
        assert None is try_open(far, grant=grant)
        assert None is try_open(far, Ed25519PrivateKey.generate())
        # now three are open, and that is all this responder may have
        assert "over_limit" == try_open(far, Ed25519PrivateKey.generate())


def test_the_grant_caps_the_bytes_of_a_day(tmp_path):
    """A grant for two pairs and a bit allows two open pairs at a time, before a byte is sent."""
    with running_responder(tmp_path) as far:
        grant = far.grant(bytes_per_day=2 * PAIR_BYTES + 1)
        assert [None, None, "over_limit"] == [try_open(far, grant=grant) for _ in range(3)]


def test_a_prefix_has_so_many_bytes_a_day(tmp_path):
    """Many keys behind one /24 share its bytes; another /24 has its own, and all share the responder's."""
    bounds = {"bytes_per_prefix_day": 2 * PAIR_BYTES, "bytes_per_day": 3 * PAIR_BYTES}
    with running_responder(tmp_path, bounds=bounds) as far:
        keys = [Ed25519PrivateKey.generate() for _ in range(5)]
        here, there = ethernet_net("127.0.7.1"), ethernet_net("127.0.8.1")
        assert [None, None, "over_limit"] == [try_open(far, key, here) for key in keys[:3]]
        assert [None, "over_limit"] == [try_open(far, key, there) for key in keys[3:]]


def test_a_prefix_has_so_many_openings_an_hour_whatever_the_keys(tmp_path):
    """The third opening from a /24 is refused though its key is new; another /24 has its own."""
    with running_responder(tmp_path, bounds={"openings_per_prefix_hour": 2}) as far:
        keys = [Ed25519PrivateKey.generate() for _ in range(4)]
        here, there = ethernet_net("127.0.7.1"), ethernet_net("127.0.8.1")
        assert [None, None, "over_limit"] == [try_open(far, key, here) for key in keys[:3]]
        assert None is try_open(far, keys[3], there)


def test_a_prefix_has_so_many_open_tickets(tmp_path):
    """The third open ticket of a /24 is refused though its key is new; another /24 has its own; a close makes room."""
    with running_responder(tmp_path, bounds={"open_tickets_per_prefix": 2}) as far:
        keys = [Ed25519PrivateKey.generate() for _ in range(4)]
        here, there = ethernet_net("127.0.7.1"), ethernet_net("127.0.8.1")
        ticket = open_pair(far, key=keys[0], grant=far.grant(keys[0]), net=here)
        assert [None, "over_limit"] == [try_open(far, key, here) for key in keys[1:3]]
        assert None is try_open(far, keys[3], there)
        close_pair(far, ticket, there)
        assert None is try_open(far, keys[2], here)


def test_what_a_pair_did_not_send_is_given_back_when_it_is_closed(tmp_path):
    """A grant for one pair and a bit allows pair after pair that send nothing, and none after one that sent."""
    with running_responder(tmp_path) as far:
        grant = far.grant(bytes_per_day=PAIR_BYTES + RUN_BYTES // 4)
        for _ in range(3):
            ticket = open_pair(far, grant=grant)
            assert "over_limit" == try_open(far, grant=grant)
            close_pair(far, ticket)
        ticket = open_pair(far, grant=grant)
        connection = start_run(far, ticket, 0)
        while connection.sock.recv(65536):  # to the end: the run sends all that its ticket allows
            pass
        connection.close()
        close_pair(far, ticket)
        assert "over_limit" == try_open(far, grant=grant)


def test_what_an_expired_pair_did_not_send_is_given_back(tmp_path):
    """Tickets never run hold the bytes of responder, prefix and key until they expire, no longer."""
    bounds = {"ticket_s": 0.5, "bytes_per_day": PAIR_BYTES, "bytes_per_prefix_day": PAIR_BYTES}
    with running_responder(tmp_path, bounds=bounds) as far:
        grant = far.grant(bytes_per_day=PAIR_BYTES)
        for _ in range(3):
            assert [None, "over_limit"] == [try_open(far, grant=grant) for _ in range(2)]
            time.sleep(0.6)


def test_a_run_outlives_its_ticket_and_is_still_counted(tmp_path):
    """While a run goes on, its bytes are not given back, though the ticket's time is over."""
    with running_responder(tmp_path, bounds={"ticket_s": 0.3}) as far:
        grant = far.grant(bytes_per_day=2 * 50_000_000)
        ticket = open_pair(far, grant=grant, duration_ms=5000, pace_bit_s=50_000_000)
        connection = start_run(far, ticket, 0)
        time.sleep(0.5)
        assert "over_limit" == try_open(far, grant=grant, duration_ms=20_000, pace_bit_s=100_000_000)
        connection.reset()
        assert wait_until(lambda: try_open(far, grant=grant, duration_ms=5000, pace_bit_s=50_000_000) is None)


def test_a_ticket_expires(tmp_path):
    """After its time a ticket is no ticket, for starting and for closing, and makes room for another."""
    with running_responder(tmp_path, bounds={"ticket_s": 0.3, "open_tickets_per_key": 1}) as far:
        ticket = open_pair(far)
        assert "over_limit" == try_open(far)
        time.sleep(0.4)
        assert "no_ticket" == refusal(far, Close(ticket.pair_id))
        assert None is try_open(far)


def test_a_run_sends_no_more_than_its_bytes(tmp_path):
    """An unpaced run ends with its bytes, cleanly: the bound and TLS's own overhead, no more."""
    with running_responder(tmp_path, bounds={"largest_run_bytes": 1_000_000}) as far:
        ticket = open_pair(
            far,
            nettest="capacity",
            variant="capacity",
            pace_bit_s=0,
            duration_ms=5000,
            original_name="r1.measure.example",
            control_candidates=(),
        )
        assert 1_000_000 == ticket.max_run_bytes
        connection = knock(far)
        connection.say(Start(ticket.pair_id, 0))
        received = 0
        while data := connection.sock.recv(65536):
            received += len(data)
        connection.close()
        statement, _ = close_pair(far, ticket)
        assert "bytes" == statement.receipts[0].ended
        assert 1_000_000 <= received < 1_020_000


def test_the_ledger_forgets_by_day_and_hour():
    """A new day gives bytes and prefix names anew, a new hour openings."""
    ledger = Ledger(Bounds(openings_per_key_hour=1, bytes_per_prefix_day=10))
    day = 5.0 * DAY_S
    prefix = ledger.prefix("192.0.2.7", day)
    assert prefix == ledger.prefix("192.0.2.200", day)
    assert prefix != ledger.prefix("192.0.3.7", day)
    ledger.reserve(b"k", prefix, 10, 100, day)
    with pytest.raises(OverLimit, match="openings"):
        ledger.reserve(b"k", prefix, 0, 100, day)
    with pytest.raises(OverLimit, match="prefix"):
        ledger.reserve(b"k", prefix, 1, 100, day + HOUR_S)
    assert prefix != ledger.prefix("192.0.2.7", day + DAY_S)
    ledger.reserve(b"k", prefix, 10, 10, day + DAY_S)


def test_the_ledger_gives_back_what_was_not_sent():
    """Reserved less sent comes back, never more than was reserved, and nothing on another day; openings stay counted."""
    ledger = Ledger(Bounds(openings_per_key_hour=3))
    charge = ledger.reserve(b"k", b"p", 100, 100, 0.0)
    ledger.give_back(charge, 30)
    assert 30 == ledger.bytes_today
    charge = ledger.reserve(b"k", b"p", 70, 100, 0.0)
    ledger.give_back(charge, 75)  # TLS's own bytes may take a run a little over
    assert 100 == ledger.bytes_today
    charge = ledger.reserve(b"k", b"p", 0, 100, 0.0)
    with pytest.raises(OverLimit, match="openings"):
        ledger.reserve(b"k", b"p", 0, 100, 0.0)
    ledger.reserve(b"k", b"p", 100, 100, 1.0 * DAY_S)
    ledger.give_back(charge, 0)
    assert 100 == ledger.bytes_today


def wait_until(holds, within_s: float = 3.0) -> bool:
    """Whether ``holds()`` came true in time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False

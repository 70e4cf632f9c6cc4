"""Bounds: what one key, one prefix or everybody may have, and that a refusal costs nothing."""

import time
from contextlib import ExitStack, closing

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.nettests.connection import RunFailed
from probe.responder.bounds import DAY_S, HOUR_S, Ledger, OverLimit
from probe.responder.config import Bounds
from probe.wire.messages import Close, Open, Start
from tests.support.knock import close_pair, knock, open_pair, refusal, signed_opening
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
    """A grant for two pairs and a bit allows two pairs, whatever was really sent."""
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


def test_a_prefix_has_so_many_connections(tmp_path):
    """The third connection of a /24 is closed at once, unanswered; ended ones make room; others get in."""
    with running_responder(tmp_path, bounds={"connections_per_prefix": 2}) as far, ExitStack() as held:
        here, there = ethernet_net("127.0.7.1"), ethernet_net("127.0.8.1")
        first, _second = (held.enter_context(closing(knock(far, net=here))) for _ in range(2))
        with pytest.raises(RunFailed) as caught:
            knock(far, net=here)
        assert caught.value.failure in {"tls_eof", "tls_reset"}
        held.enter_context(closing(knock(far, net=there)))
        first.close()
        assert wait_until(lambda: refusal(far, Close(bytes(16)), here) == "no_ticket")


def test_all_connections_together_are_bounded(tmp_path):
    """The responder holds so many at once and no more, from however many prefixes."""
    with running_responder(tmp_path, bounds={"connections": 3}) as far, ExitStack() as held:
        for n in range(3):
            held.enter_context(closing(knock(far, net=ethernet_net(f"127.0.{n + 10}.1"))))
        with pytest.raises(RunFailed):
            knock(far, net=ethernet_net("127.0.20.1"))


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
    """A new day gives bytes and prefix names anew, a new hour openings; the count of connections stays true."""
    ledger = Ledger(Bounds(openings_per_key_hour=1, bytes_per_prefix_day=10))
    day = 5.0 * DAY_S
    prefix = ledger.prefix("192.0.2.7", day)
    assert prefix == ledger.prefix("192.0.2.200", day)
    assert prefix != ledger.prefix("192.0.3.7", day)
    ledger.enter(prefix)
    ledger.reserve(b"k", prefix, 10, 100, day)
    with pytest.raises(OverLimit, match="openings"):
        ledger.reserve(b"k", prefix, 0, 100, day)
    with pytest.raises(OverLimit, match="prefix"):
        ledger.reserve(b"k", prefix, 1, 100, day + HOUR_S)
    assert prefix != ledger.prefix("192.0.2.7", day + DAY_S)
    ledger.leave(prefix)
    assert 0 == ledger.connections
    ledger.enter(ledger.prefix("192.0.2.7", day + DAY_S))
    assert 1 == ledger.connections


def wait_until(holds, within_s: float = 3.0) -> bool:
    """Whether ``holds()`` came true in time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False

"""What the probe holds the responder to: the bytes it asked for, and one throw of the coin."""

import pytest

from probe.measurement.signing import TICKET, open_signed
from probe.measurement.ticket import LARGEST_RUN_BYTES, Ticket, most_run_bytes
from probe.nettests import capacity, replay_tls
from probe.nettests.base import CannotRun
from probe.nettests.session import same_terms
from tests.support.openings import a_ticket, an_opening
from tests.support.responder import ethernet_net, running_responder

KEY = bytes(range(32))


def test_a_ticket_for_more_bytes_than_asked_for_is_not_believed(tmp_path):
    """A responder that would send twice the capacity transfer's 50 MB gets no transfer at all."""
    with running_responder(tmp_path, bounds={"largest_run_bytes": 2 * LARGEST_RUN_BYTES}) as far:
        params = capacity.CapacityParams(far.responder, far.grant(), far.params().quarter_key)
        with pytest.raises(CannotRun) as refused:
            capacity.run(ethernet_net(), params)
    assert "responder:open:bad_ticket" == refused.value.reason


@pytest.mark.parametrize(
    ("variant", "asked", "granted", "believed"),
    [
        ("saturate", 100_000_000, 40_000_000, True),
        ("saturate", 100_000_000, 100_000_000, True),
        ("saturate", 40_000_000, 40_000_001, False),
        ("saturate", 40_000_000, 0, False),
        ("saturate", 0, 1, False),
        ("paced", 20_000_000, 19_999_999, False),
        ("paced", 20_000_000, 0, False),
    ],
)
def test_less_pace_than_asked_is_for_pairs_that_saturate(variant, asked, granted, believed):
    """Over QUIC such a pair gets what there is room for; no other gets less, none more, and none is let loose without a pace."""
    opening = an_opening(variant=variant, pace_bit_s=asked)
    assert believed == same_terms(opening, a_ticket(opening, KEY, pace_bit_s=granted), KEY)
    assert not same_terms(opening, a_ticket(opening, KEY, pace_bit_s=asked, duration_ms=1), KEY)
    assert not same_terms(opening, a_ticket(opening, bytes(32)), KEY)


def test_both_ends_agree_on_the_most_a_run_may_send():
    """Pace x (duration + half a second), and never more than 50 MB."""
    assert 11_250_000 == most_run_bytes(20_000_000, 4000)
    assert LARGEST_RUN_BYTES == most_run_bytes(100_000_000, 10_000) == most_run_bytes(0, 3000)


def test_a_reveal_that_fails_makes_an_aborted_pair(tmp_path):
    """From the ticket on both ends may know the coin: the pair is kept as aborted, with its ticket, never thrown again."""
    with running_responder(tmp_path, bounds={"ticket_s": 0.0}) as far:
        result = replay_tls.run(ethernet_net(), far.params())
    assert "responder:reveal:responder_refused: no_ticket" == result.pair.aborted
    assert () == result.pair.runs
    assert far.params().service == open_signed(result.pair.ticket, TICKET, Ticket).service


def test_a_volunteer_who_stops_closes_the_pair(tmp_path):
    """Asked to stop between the runs, the pair is closed with one run and says so."""
    with running_responder(tmp_path) as far:
        result = replay_tls.run(ethernet_net(), far.params(stop=lambda: True))
    statement = result.pair.open_statement()
    assert ("stopped_by_volunteer", 1) == (result.pair.aborted, len(result.pair.runs))
    assert statement is not None
    assert [True, False] == [receipt.seen for receipt in statement.receipts]

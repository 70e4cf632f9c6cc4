"""Saturate: unpaced for a moment, both ways, served by its own name alone and bound by the grant."""

import pytest

from probe.nettests import replay_tls
from probe.nettests.base import CannotRun
from tests.support.responder import ethernet_net, lab_net


@pytest.mark.parametrize("direction", ["down", "up"])
def test_an_unpaced_pair_takes_what_the_line_gives(far, direction):
    """Both runs go far above any pace, end at the duration or with the ticket's bytes, and have their receipts."""
    params = far.params(variant="saturate", pace_bit_s=0, duration_ms=150, direction=direction)
    result = replay_tls.run(lab_net(), params)
    statement = result.pair.open_statement()
    assert statement is not None
    assert 0 == result.pair.open_ticket().pace_bit_s
    for run, receipt in zip(result.pair.runs, statement.receipts, strict=True):
        assert "ok" == run.failure
        assert (replay_tls.rate_mbit_s(run) or 0) > 100
        assert run.wire_bytes <= 51_000_000
        assert receipt.seen


@pytest.mark.parametrize(
    "terms",
    [
        {"variant": "saturate", "pace_bit_s": 20_000_000},
        {"variant": "paced", "pace_bit_s": 0},
        {"variant": "saturate", "pace_bit_s": 0, "duration_ms": 3_001},
    ],
    ids=["a pace for saturate", "no pace for paced", "unpaced for too long"],
)
def test_unpaced_bulk_goes_by_one_name_and_for_a_moment(far, terms):
    """Only ``saturate`` is unpaced, and it is never long."""
    with pytest.raises(CannotRun, match="bad_request"):
        replay_tls.run(ethernet_net(), far.params(**terms))


def test_a_grant_bounds_an_unpaced_pair(far):
    """A ticket's most is set aside before a byte is sent: a grant of less opens none."""
    grant = far.grant(bytes_per_day=99_000_000)
    with pytest.raises(CannotRun, match="over_limit"):
        replay_tls.run(ethernet_net(), far.params(variant="saturate", pace_bit_s=0, grant=grant))

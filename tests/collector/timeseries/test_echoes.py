"""A latency in the time series: what was said under a name is the service's, datagrams without one are nobody's."""

import random
from datetime import UTC, datetime

from msgspec.structs import replace

from collector.stored import StoredMeasurement
from collector.timeseries.facts import point_of
from collector.timeseries.tags import Vocabulary
from probe.measurement.results import Series
from probe.measurement.signing import document_id
from tests.support.documents import key_from, make_plan
from tests.support.plans import unix_us
from tests.support.results import make_latency, make_result_document, with_results

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
RESPONDER, HOME = key_from(random.Random(1)), key_from(random.Random(2))
PLAN = with_results(make_plan(RESPONDER))


def test_a_line_without_datagrams_is_no_failure_of_a_service():
    """UDP that is refused on the line counts neither as a look at the service nor as one that failed; a name that is reset does."""
    told = []
    for failure in ("ok", "transfer_reset"):
        series = (
            Series(phase="idle", carrier="tcp", role="original", failure=failure, sent=9, answered=9, p50_us=20_000),
            Series(phase="idle", carrier="tcp", role="control", failure="ok", sent=9, answered=9, p50_us=21_000),
            Series(phase="idle", carrier="udp", role=None, failure="connect_refused", sent=1, answered=0),
        )  # fmt: skip
        result = replace(make_latency(RESPONDER, HOME, PLAN, "s1", AT), series=series)
        document = make_result_document(HOME, PLAN, "s1", AT, result)
        raw = document.body_bytes()
        stored = StoredMeasurement(document_id(raw), unix_us(AT), raw, document.key, document.signature)
        fields = point_of(stored, Vocabulary(["s1"], ["r1"])).fields
        told.append((fields["looks"], fields["failed"], fields["failure"], fields["original_idle_p50_us"]))
    assert [(2, 0, "ok", 20_000), (2, 1, "transfer_reset", 20_000)] == told

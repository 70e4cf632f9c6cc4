"""The golden measurements, sealed away: the judgement does not change by a byte."""

import random
import re

import msgspec
import pytest

from analysis.judge import judge
from analysis.observe.opened import Opened, open_stored
from analysis.stats.parameters import Parameters
from collector.data_folder import DataFolder
from collector.hot_files import hour_of, insert_sql, open_hour
from collector.stored import StoredMeasurement
from probe.measurement.envelope import encode
from probe.measurement.receipt import DigestReport, TicketDigest
from probe.measurement.signing import DIGEST, document_id, sign
from tests.golden.chain import NOW, fill, folder_of, registration
from tests.golden.documents import MEASUREMENTS, read
from tests.golden.scenarios import SCENARIOS
from tests.support.plans import key_from
from tests.support.sealing import Sealing


def judged(sealing: Sealing, scenario: str):
    """Findings, observations and account of a store, as bytes."""
    registered, digest = registration(folder_of(scenario))
    parameters = Parameters.from_json(registered.parameters)
    judgement = judge(
        sealing.folder.root, registered, digest, parameters, now=NOW, full=True, keep_going=True
    )
    return [
        msgspec.json.encode(part) for part in (judgement.findings, judgement.observations, judgement.summary)
    ]


def filled(tmp_path, scenario: str) -> tuple[Sealing, list[StoredMeasurement]]:
    """A collector's folder with the golden measurements of a scenario, its sealer's clock a month later."""
    sealing = Sealing.make(tmp_path)
    stored = [row.stored() for row in read(folder_of(scenario) / MEASUREMENTS).rows]
    fill(sealing.folder.root, stored)
    sealing.now_hour = hour_of(stored[-1].received_at_us) + 720
    return sealing, stored


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_finding_is_the_same_bytes(scenario, tmp_path):
    """Findings, observations and the account of rows are equal byte for byte, hot and sealed."""
    sealing, _ = filled(tmp_path, scenario)
    before = judged(sealing, scenario)
    assert sealing.run().sealed >= 1
    assert [] == sealing.hot()
    assert before == judged(sealing, scenario)


def test_conflicts_and_reports_are_judged_alike(tmp_path):
    """A second body for a ticket voids its pair, a report's ticket is counted, a damaged row is named: hot and sealed alike."""
    scenario = "policed-1.5"
    sealing, stored = filled(tmp_path, scenario)
    whole = judged(sealing, scenario)
    add_conflict_and_report(sealing.folder, stored)
    before = judged(sealing, scenario)
    assert whole != before
    assert (1, b'"tickets":1,') == (
        before[1].count(b'"discarded_by":"conflict"'),
        find(rb'"tickets":\d+,', before[2]),
    )
    assert b"the signature does not fit" in before[2]
    assert 2 == sealing.run().sealed
    # Where the damaged row stands is another file now.
    assert [placeless(part) for part in before] == [placeless(part) for part in judged(sealing, scenario)]
    assert (1, 2) == (len(sealing.reports()), sum(row.conflict for row in sealing.measurements()))


def placeless(part: bytes) -> bytes:
    """Without the file that holds a damaged row."""
    return re.sub(rb'"corrupt":\["\S+ ', b'"corrupt":["', part)


def find(pattern: bytes, content: bytes) -> bytes:
    """The first match."""
    match = re.search(pattern, content)
    assert match is not None
    return match[0]


def add_conflict_and_report(folder: DataFolder, stored: list[StoredMeasurement]) -> None:
    """A later hour with a second body for the first pair's ticket, and a report with a ticket.

    Nobody has the home's key: the second body is not signed, so its own row is a damaged one.
    """
    opened = open_stored(stored[0])
    assert isinstance(opened, Opened)
    body = encode(msgspec.structs.replace(opened.measurement, utc_offset_min=59))
    ticket = opened.ticket
    digest = TicketDigest(
        pair_id=bytes(16),
        probe_key=stored[0].key,
        service=ticket.service,
        variant=ticket.variant,
        opened_at_us=ticket.opened_at_us,
        counter=999,
        runs_seen=2,
        last_order=1,
        closed=True,
    )
    report = DigestReport(responder="lab", serial=1, made_at_us=ticket.opened_at_us, tickets=(digest,))
    signed = sign(key_from(random.Random(1)), DIGEST, report)
    received_at_us = stored[-1].received_at_us + 7_200_000_000
    report_row = (received_at_us, signed.key, signed.signature, signed.body_bytes())
    conflict_row = (received_at_us, stored[0].key, bytes(64), ticket.pair_id, body)
    db, _ = open_hour(folder.hot, hour_of(received_at_us))
    db.execute(insert_sql("reports", 1), (document_id(signed.body_bytes()), *report_row))
    db.execute(insert_sql("conflicts", 1), (document_id(body), *conflict_row))
    db.close()

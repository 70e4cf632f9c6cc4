"""The checks of a run that reached its end: the responder must have seen it, and seen the same. No I/O.

A run that failed needs no witness: that nothing arrived is what it says. A run that is ``ok`` was carried by the
responder, so in a closed pair it has a receipt, and what the probe says must fit it. A pair that could not be
closed has no statement at all; it is kept, for the analysis to count as such, and carries no rate.

An altered server name or ClientHello under an ``ok`` run is no finding about the network: TLS 1.3 hashes the
handshake as each end saw it into the keys (RFC 8446, 4.4.1), so with the responder's pinned certificate an
altered one cannot be completed. A probe that says so did not run what it reports.
"""

from typing import Final

from collector.rejections import refuse
from probe.measurement.pair import Pair
from probe.measurement.receipt import Receipt, Statement
from probe.measurement.run import Run
from probe.measurement.ticket import Direction
from probe.measurement.ticks import Ticks

HANDED_SLACK_BYTES: Final = 16 * 1024
"""The ends begin to count at the bulk; what of the handshake's last flight may fall on either side of that."""
AGREE_SHARE: Final = 0.05
AGREE_SLACK_BYTES: Final = 2 * 1024 * 1024
"""How far the probe's bytes and those acknowledged to the responder may be apart: a share, and a constant.

Measured on 352 honest runs: at most 0.12 % and 9.5 kB. The room is for networks that the lab has not: a TCP
proxy on the way (satellite, mobile) acknowledges what it still holds, and acknowledgements are lost when the way
back is cut while a window is in flight. The bound is against inventions; the analysis may ask for more.
"""
LONGER_US: Final = 2_000_000
"""By how much the probe's bulk may outlast the responder's: a proxy on the way empties what it holds."""


def check_finished_runs(pair: Pair, statement: Statement | None, direction: Direction) -> None:
    """Refuse a pair in which a run says ``ok`` and its receipt does not bear it out."""
    if statement is None:
        return
    receipts = {receipt.order: receipt for receipt in statement.receipts}
    for run in pair.runs:
        if run.ok:
            _check(run, receipts.get(run.order), direction)


def _check(run: Run, receipt: Receipt | None, direction: Direction) -> None:
    where = f"runs[{run.order}]"
    if receipt is None or not receipt.seen:
        refuse("no_receipt", where)
    if receipt.address_index != run.address_index:
        refuse("receipt_contradicted", f"{where}.address_index")
    plain = run.http is not None or receipt.http is not None
    (_check_plain if plain else _check_hello)(run, receipt, where)
    if run.responder_ticks is None:  # where there are any, their digest has been checked (``pair_checks``)
        refuse("no_responder_ticks", where)
    (_check_sent if direction == "up" else _check_received)(run, receipt, run.responder_ticks, where)
    lasted_us = max((run.duration_us or 0, *(run.ticks.t_us[-1:] if run.ticks else ())))
    if not run.responder_ticks.t_us or lasted_us > run.responder_ticks.t_us[-1] + LONGER_US:
        refuse("receipt_contradicted", f"{where}.duration_us")


def _check_plain(run: Run, receipt: Receipt, where: str) -> None:
    """What a run of replay_http is to show: both ends say what they saw. Heads may differ: that is what is measured."""
    if run.http is None or receipt.http is None or run.client_hello is not None:
        refuse("receipt_contradicted", f"{where}.http")
    if not any(header.name == "Host" and header.value == run.name for header in run.http.sent):
        refuse("hello_contradicted", f"{where}.http.sent")


def _check_hello(run: Run, receipt: Receipt, where: str) -> None:
    """The name and the ClientHello arrived as they were sent."""
    if receipt.name_seen != run.name:
        refuse("hello_contradicted", f"{where}.name")
    if run.client_hello is None or receipt.client_hello_sha256 != run.client_hello.sha256:
        refuse("hello_contradicted", f"{where}.client_hello")


def _check_sent(run: Run, receipt: Receipt, far: Ticks, where: str) -> None:
    """Bytes of traffic that goes up: the responder's count is the truth, and its ticks are what is judged.

    No more can have arrived than was handed over, and what was acknowledged has arrived. How far what arrived is ahead
    of what was acknowledged says nothing: it was in a queue when the run ended.
    """
    arrived = receipt.wire_bytes or 0
    for ticked in far.wire_bytes[-1:]:
        if ticked != arrived:
            refuse("receipt_contradicted", f"{where}.responder_ticks")
    for handed in run.ticks.wire_bytes[-1:] if run.ticks else (run.wire_bytes,):
        if arrived > handed + HANDED_SLACK_BYTES:
            refuse("receipt_contradicted", f"{where}.ticks.wire_bytes")
    if run.wire_bytes > arrived + AGREE_SLACK_BYTES + AGREE_SHARE * arrived:
        refuse("receipt_contradicted", f"{where}.wire_bytes")


def _check_received(run: Run, receipt: Receipt, far: Ticks, where: str) -> None:
    """Bytes of traffic that comes down: what was read was handed over, and is what was acknowledged."""
    ticked = run.ticks.wire_bytes[-1:] if run.ticks else ()
    for received in (run.wire_bytes, *ticked):
        if received > (receipt.wire_bytes or 0) + HANDED_SLACK_BYTES:
            refuse("receipt_contradicted", f"{where}.wire_bytes")
        for acked in far.bytes_acked[-1:]:  # none where the responder's kernel does not tell
            if abs(received - acked) > AGREE_SLACK_BYTES + AGREE_SHARE * acked:
                refuse("receipt_contradicted", f"{where}.wire_bytes")

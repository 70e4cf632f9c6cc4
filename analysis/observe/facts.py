"""Facts: what one opened document says of its pair and runs, taken as soon as it is opened. Pure.

All that is asked of a document is asked here, while it is at hand; it is let go then, and a block of pairs holds their facts. What
takes arithmetic over many runs stands in ``numbers`` and ``corroborated``; it is put into the records that are begun here.
"""

from collections.abc import Iterable, Iterator

import msgspec

from analysis.observe.altered import alterations
from analysis.observe.identified import identified
from analysis.observe.lean import AnyLeanRun
from analysis.observe.open_lean import AnyOpened
from analysis.observe.packed import Packed
from analysis.observe.record import BOTH_FAILED, UNKNOWN, ClockName, Observation, RunObserved
from analysis.responders import key_sha256
from probe.measurement.receipt import Path, Receipt
from probe.measurement.run import Role, Run

AnyRun = Run | AnyLeanRun


class RunFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A run of a block. ``at`` is its place there; ``near`` and ``far`` are the ticks of its receiver and its sender.

    ``identified``: whether the responder says that it saw the very run of which the probe tells; ``seen``: that it saw one.
    ``probe_bytes`` and ``receipt_bytes`` are what each end counted; ``late_share`` is that of the sender's ticks at which it had nothing
    left to send, ``None`` where there are none; ``began_unix_s`` when the first byte of bulk reached its receiver.
    ``record`` is what the observation will hold, without numbers.
    """

    at: int
    ok: bool
    role: Role
    upwards: bool
    duration_s: float
    near: Packed | None
    far: Packed | None
    identified: bool
    seen: bool
    probe_bytes: int
    receipt_bytes: int | None
    late_share: float | None
    began_unix_s: float
    record: RunObserved


class PairFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A pair of a block: its runs in the order in which they ran, and what the rules of quality may know of it.

    ``closed``: whether a statement covers both runs; ``outage_ruled_out``: both failed after a good sentinel. ``record`` is the
    observation without runs and numbers.
    """

    runs: tuple[RunFacts, ...]
    paths: frozenset[Path]
    closed: bool
    conflict: bool
    outage_ruled_out: bool
    record: Observation


def pair_facts(opened: AnyOpened, at: int) -> PairFacts:
    """The facts of a pair whose first run has that place in its block."""
    runs: list[RunFacts] = []
    notes = list(_pair_notes(opened))
    carried_bytes, lasted_s = 0, 0.0
    original_address = None
    for run in opened.pair.runs:
        receipt = opened.receipt(run.order)
        runs.append(_run_facts(opened, run, receipt, at + len(runs)))
        carried_bytes += run.wire_bytes
        lasted_s += _phases_us(run) / 1e6
        if run.role == "original":
            original_address = run.address_index
        if receipt is not None and receipt.seen:
            notes += _run_notes(run, receipt)
    paths, statement = opened.paths, opened.statement
    return PairFacts(
        runs=tuple(runs),
        paths=frozenset(paths[:1] if len(paths) == 2 and paths[0] == paths[1] else paths),
        closed=statement is not None and len(statement.receipts) == 2,
        conflict=opened.conflict,
        outage_ruled_out=opened.watched is not None and opened.both_failed,
        record=_record(opened, paths, original_address, carried_bytes, lasted_s, tuple(notes)),
    )


def _run_facts(opened: AnyOpened, run: AnyRun, receipt: Receipt | None, at: int) -> RunFacts:
    near, far = opened.ticks(run.order)
    upwards = opened.ticket.direction == "up"
    receipt_bytes = None if receipt is None else receipt.wire_bytes
    return RunFacts(
        at=at,
        ok=run.ok,
        role=run.role,
        upwards=upwards,
        duration_s=opened.ticket.duration_ms / 1000,
        near=near,
        far=far,
        identified=identified(opened, run, receipt),
        seen=receipt is not None and receipt.seen,
        probe_bytes=run.wire_bytes,
        receipt_bytes=receipt_bytes,
        late_share=_late_share(run, receipt, far, upwards=upwards),
        began_unix_s=bulk_began_unix_s(run, receipt, upwards=upwards),
        record=RunObserved(
            order=run.order,
            name=run.name,
            failure=run.failure,
            seen=None if receipt is None else receipt.seen,
            connect_us=run.connect_us,
            tls_us=run.tls_us,
            first_byte_us=run.first_byte_us,
            duration_us=run.duration_us,
            # What the receiver counted; of an upload without a receipt, what was acknowledged.
            wire_bytes=receipt_bytes if upwards and receipt_bytes is not None else run.wire_bytes,
            cpu_share=run.cpu_share,
            altered=msgspec.UNSET if run.http is None else alterations(run, receipt),
        ),
    )


def _phases_us(run: AnyRun) -> int:
    return (run.connect_us or 0) + (run.tls_us or 0) + (run.first_byte_us or 0) + (run.duration_us or 0)


def _late_share(run: AnyRun, receipt: Receipt | None, far: Packed | None, *, upwards: bool) -> float | None:
    """The sender of an upload is the probe."""
    if upwards:
        late, ticks = run.sender_late_ticks, 0 if far is None else len(far.t_us)
    elif receipt is not None:
        late, ticks = receipt.sender_late_ticks, receipt.ticks or 0
    else:
        return None
    return late / ticks if late is not None and ticks else None


def bulk_began_unix_s(run: AnyRun, receipt: Receipt | None, *, upwards: bool) -> float:
    """When the first byte of bulk reached its receiver, unix seconds.

    On the responder's clock: its start of the run and half a TCP handshake, or a whole one for an upload, which waits
    for its word. Where it noted none, on the probe's: the start and the phases before the bulk, which leaves out the
    round trip of the request itself.
    """
    if receipt is not None and receipt.started_at_us is not None:
        way = 1.0 if upwards else 0.5
        return (receipt.started_at_us + (run.connect_us or 0) * way) / 1e6
    phases_us = (run.connect_us or 0) + (run.tls_us or 0) + (run.first_byte_us or 0)
    return (run.started_at_us + phases_us) / 1e6


def _record(
    opened: AnyOpened,
    paths: tuple[Path, ...],
    original_address: int | None,
    carried_bytes: int,
    lasted_s: float,
    notes: tuple[str, ...],
) -> Observation:
    measurement, ticket, pair = opened.measurement, opened.ticket, opened.pair
    path = paths[0] if paths else None
    tags = _line_tags(paths, ticket.responder)
    line, runs = measurement.line, pair.runs
    return Observation(
        measurement_id=opened.measurement_id.hex(),
        pair_id=ticket.pair_id.hex(),
        home=measurement.probe_key.hex(),
        responder=ticket.responder,
        line_domain=tags[0].rpartition(":")[0] if tags else ticket.responder,
        line_tags=tags,
        asn=path.asn if path else None,
        country=path.country if path else None,
        address_family=ticket.address_family,
        brand=line.brand or UNKNOWN,
        technology=line.technology,
        plan_class=line.plan_class,
        region=line.region,
        service=ticket.service,
        direction=ticket.direction,
        nettest=ticket.nettest,
        variant=ticket.variant,
        stratum=ticket.stratum,
        original_name=ticket.original_name,
        control_candidates=ticket.control_candidates,
        first=runs[0].role if runs else None,
        original_address=original_address,
        last_tried=runs[-1].role if runs else None,
        gap_ms=pair.gap_ms,
        opened_at_us=ticket.opened_at_us,
        started_at=measurement.started_at,
        clock=_clock(opened),
        local_hour=local_hour(ticket.opened_at_us, measurement.utc_offset_min),
        pace_bit_s=ticket.pace_bit_s,
        highest_rate_bit_s=pair.limits.highest_rate_bit_s(),
        catalogue_version=measurement.catalogue_version,
        plan_serial=measurement.plan_serial,
        original=None,
        control=None,
        features=None,
        bytes=carried_bytes,
        seconds=round(lasted_s, 3),
        discarded_by=None,
        notes=notes,
        responder_key=key_sha256(pair.ticket.key),
    )


def local_hour(opened_at_us: int, utc_offset_min: int) -> float:
    """Local time in hours after midnight.

    >>> local_hour(1_795_291_200_000_000, 60)
    21.0
    """
    minutes, us = divmod(opened_at_us, 60_000_000)
    hours, minute = divmod(minutes + utc_offset_min, 60)
    return hours % 24 + minute / 60 + us // 1_000_000 / 3600


def _clock(opened: AnyOpened) -> ClockName:
    for receipt in opened.statement.receipts if opened.statement else ():
        if receipt.started_at_us is not None:
            return "responder"
    return "probe"


def _line_tags(paths: Iterable[Path], responder: str) -> tuple[str, ...]:
    """Tags of the measured paths. Only tags of one secret can be compared, so its fingerprint stands before each."""
    found = set()
    for path in paths:
        if path.line_tag is not None:
            domain = path.line_tag_domain.hex() if path.line_tag_domain else responder
            found.add(f"{domain}:{path.line_tag.hex()}")
    return tuple(sorted(found))


def _pair_notes(opened: AnyOpened) -> Iterator[str]:
    """What a reader of the observation should know besides."""
    if opened.pair.aborted:
        yield f"aborted: {opened.pair.aborted}"
    if opened.watched is not None and opened.both_failed:
        yield f"{BOTH_FAILED}{opened.pair.runs[0].role}"


def _run_notes(run: AnyRun, receipt: Receipt) -> Iterator[str]:
    hello = receipt.client_hello_sha256
    if hello is not None and run.client_hello is not None and hello != run.client_hello.sha256:
        yield f"hello_altered: {run.role}"
    if receipt.name_seen is not None and receipt.name_seen != run.name:
        yield f"name_altered: {run.role}"

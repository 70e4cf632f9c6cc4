"""The observation: what one pair says, as plain facts in one record. Pure.

Made from the signed documents alone; the labels stand in it, so whatever decides whether a pair counts reads a
``quality.BlindPair`` instead. Unknown is ``None``; NaN never leaves the statistics.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, Self

import msgspec
import numpy as np

from analysis.observe.altered import alterations
from analysis.observe.block import AnyRun, Block, RunAt
from analysis.observe.features import Compared, Numbers, block_numbers, compare_pairs, mean_mbit_s, number
from analysis.observe.flat import rounded
from analysis.observe.opened import AnyOpened
from analysis.responders import key_sha256
from analysis.stats.pair import PairFeatures
from analysis.stats.parameters import Parameters
from analysis.stats.series import Floats
from probe.measurement.receipt import Path, Receipt

UNKNOWN: Final = "unknown"
BOTH_FAILED: Final = "both_failed_after_"
"""Begins a note: the first run's role follows. The sentinel before them was well (integrity.md 4)."""
NAN: Final = float("nan")
ClockName = Literal["responder", "probe"]


class RunObserved(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One run. Times of the tail are unix seconds on ``Observation.clock``; rates are of TCP payload at the receiver.

    ``wire_bytes`` is what arrived there.

    ``seen`` whether the responder saw the run (``None``: no statement); ``rtt_us`` median smoothed RTT at the sender
    after the first second; ``queueing_us`` that less the TCP handshake; ``loss`` share of segments sent again;
    ``altered`` says what of a plain run's heads and content was not as sent ("request added via").
    ``early_mbit_s`` and ``late_mbit_s`` first and last third; ``shift_s`` the run's last level shift and
    ``before_shift_mbit_s`` the rate before it; ``tail_mbit_s`` over the tail that both runs of the pair share.
    """

    order: int
    name: str
    failure: str
    seen: bool | None
    connect_us: int | None
    tls_us: int | None
    first_byte_us: int | None
    duration_us: int | None
    wire_bytes: int
    cpu_share: float | None
    rtt_us: float | None = None
    queueing_us: float | None = None
    loss: float | None = None
    early_mbit_s: float | None = None
    late_mbit_s: float | None = None
    shift_s: float | None = None
    before_shift_mbit_s: float | None = None
    tail_mbit_s: float | None = None
    tail_from_unix_s: float | None = None
    tail_to_unix_s: float | None = None
    altered: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class Features(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``stats.PairFeatures`` as a record: what is missing is ``None``, for JSON has no NaN."""

    d_thr: float | None
    d_tail: float | None
    d_rtt: float | None
    loss_original: float | None
    loss_control: float | None
    d_fail: float | None
    s: float
    tail_original_bit_s: float | None
    tail_control_bit_s: float | None

    @classmethod
    def of(cls, features: PairFeatures) -> Self:
        """The record of the numbers."""
        return cls(
            d_thr=number(features.d_thr),
            d_tail=number(features.d_tail),
            d_rtt=number(features.d_rtt),
            loss_original=number(features.loss_original),
            loss_control=number(features.loss_control),
            d_fail=number(features.d_fail),
            s=features.s,
            tail_original_bit_s=number(features.tail_original_bit_s),
            tail_control_bit_s=number(features.tail_control_bit_s),
        )

    def numbers(self) -> PairFeatures:
        """The numbers of the record, NaN where one is missing."""
        values = msgspec.structs.asdict(self)
        return PairFeatures(**{name: NAN if value is None else value for name, value in values.items()})


class Observation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One measured pair. ``home`` is the probe's quarter key; ``asn`` is that of the measured paths.

    ``line_domain`` is the fingerprint of the secret that made the line tags, the responder's id where it names none;
    ``line_tags`` are "domain:tag". ``responder_key`` is the SHA-256 of the key that signed the ticket. ``first`` and ``original_address`` are the coin's; ``last_tried`` is the label
    of the last run that was tried. ``opened_at_us`` is the responder's clock, ``local_hour`` that plus the declared offset, in hours after midnight;
    ``features`` is ``None`` for a discarded pair; ``discarded_by`` names the rule of ``quality`` that did it.
    """

    measurement_id: str
    pair_id: str
    home: str
    responder: str
    line_domain: str
    line_tags: tuple[str, ...]
    asn: int | None
    country: str | None
    address_family: str
    brand: str
    technology: str
    plan_class: str
    region: str | None
    service: str
    direction: str
    nettest: str
    variant: str
    stratum: str
    original_name: str
    control_candidates: tuple[str, ...]
    first: str | None
    original_address: int | None
    last_tried: str | None
    gap_ms: int
    opened_at_us: int
    started_at: datetime
    clock: ClockName
    local_hour: float
    pace_bit_s: int
    highest_rate_bit_s: int
    catalogue_version: str
    plan_serial: int
    original: RunObserved | None
    control: RunObserved | None
    features: Features | None
    bytes: int
    seconds: float
    discarded_by: str | None
    notes: tuple[str, ...] = ()
    responder_key: str | None = None


def observe_many(pairs: Sequence[tuple[AnyOpened, str | None]], parameters: Parameters) -> list[Observation]:
    """Observations of pairs, each given with the rule that discards it or ``None``, in the order given."""
    return observe_block(Block([opened for opened, _ in pairs]), [rule for _, rule in pairs], parameters)


def observe_block(block: Block, rules: Sequence[str | None], parameters: Parameters) -> list[Observation]:
    """The same of a block, with the rule of each pair."""
    counting = [index for index, rule in enumerate(rules) if rule is None]
    numbers = block_numbers(block, counting, parameters)
    sides = [_by_role(block.of[index]) for index in counting]
    both = [(side["original"].at, side["control"].at) for side in sides]
    compared = compare_pairs([(numbers[one].facts, numbers[other].facts) for one, other in both], parameters)
    results = dict(zip(counting, compared, strict=True))
    tails = _tails(block, counting, compared)
    return [
        _observation(opened, block.of[index], rules[index], numbers, results.get(index), tails, parameters)
        for index, opened in enumerate(block.opened)
    ]


def _by_role(runs: Sequence[RunAt]) -> dict[str, RunAt]:
    return {run.run.role: run for run in runs}


class Tail(msgspec.Struct, frozen=True, gc=False):
    """The tail of a run: its mean rate, and its ends in unix seconds."""

    mbit_s: float | None
    from_unix_s: float | None
    to_unix_s: float | None


def _tails(block: Block, counting: Sequence[int], compared: Sequence[Compared]) -> dict[int, Tail]:
    """The tails of the runs of those pairs, by their place in the block, to six digits."""
    some = [
        (run, one)
        for index, one in zip(counting, compared, strict=True)
        for run in block.of[index]
        if run.run.ok
    ]
    columns = [
        (_tail_bit_s(run, one) / 1e6, *(_at(began_s, end_s) for end_s in (one.tail_from_s, one.tail_to_s)))
        for run, one in some
        for began_s in (bulk_began_unix_s(run.run, run.receipt, run.opened.ticket.direction),)
    ]
    each = [[number(value) for value in rounded(column)] for column in np.array(columns).reshape(-1, 3).T]
    return {run.at: Tail(*tail) for (run, _), tail in zip(some, zip(*each, strict=True), strict=True)}


def _tail_bit_s(run: RunAt, compared: Compared) -> float:
    features = compared.features
    return features.tail_original_bit_s if run.run.role == "original" else features.tail_control_bit_s


def _observation(
    opened: AnyOpened,
    runs: Sequence[RunAt],
    rule: str | None,
    numbers: Mapping[int, Numbers],
    compared: Compared | None,
    tails: Mapping[int, Tail],
    parameters: Parameters,
) -> Observation:
    measurement, ticket, pair = opened.measurement, opened.ticket, opened.pair
    paths = opened.paths
    path = paths[0] if paths else None
    tags = _line_tags(paths, ticket.responder)
    views: dict[str, RunObserved] = {
        at.run.role: _run_observed(at, numbers.get(at.at), compared, tails.get(at.at), parameters)
        for at in runs
    }
    addresses = {at.run.role: at.run.address_index for at in runs}
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
        brand=measurement.line.brand or UNKNOWN,
        technology=measurement.line.technology,
        plan_class=measurement.line.plan_class,
        region=measurement.line.region,
        service=ticket.service,
        direction=ticket.direction,
        nettest=ticket.nettest,
        variant=ticket.variant,
        stratum=ticket.stratum,
        original_name=ticket.original_name,
        control_candidates=ticket.control_candidates,
        first=pair.runs[0].role if pair.runs else None,
        original_address=addresses.get("original"),
        last_tried=pair.runs[-1].role if pair.runs else None,
        gap_ms=pair.gap_ms,
        opened_at_us=ticket.opened_at_us,
        started_at=measurement.started_at,
        clock=_clock(opened),
        local_hour=local_hour(ticket.opened_at_us, measurement.utc_offset_min),
        pace_bit_s=ticket.pace_bit_s,
        highest_rate_bit_s=pair.limits.highest_rate_bit_s(),
        catalogue_version=measurement.catalogue_version,
        plan_serial=measurement.plan_serial,
        original=views.get("original"),
        control=views.get("control"),
        features=Features.of(compared.features) if compared else None,
        bytes=sum(run.wire_bytes for run in pair.runs),
        seconds=round(sum(_seconds(run) for run in pair.runs), 3),
        discarded_by=rule,
        notes=tuple(_notes(opened, runs)),
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


def _run_observed(
    at: RunAt,
    numbers: Numbers | None,
    compared: Compared | None,
    tail: Tail | None,
    parameters: Parameters,
) -> RunObserved:
    run, receipt = at.run, at.receipt
    base = RunObserved(
        altered=alterations(run, receipt) if run.http is not None else msgspec.UNSET,
        order=run.order,
        name=run.name,
        failure=run.failure,
        seen=receipt.seen if receipt else None,
        connect_us=run.connect_us,
        tls_us=run.tls_us,
        first_byte_us=run.first_byte_us,
        duration_us=run.duration_us,
        wire_bytes=_arrived_bytes(at),
        cpu_share=run.cpu_share,
    )
    if numbers is None or numbers.facts.failed or compared is None or tail is None:
        return base
    facts, original = numbers.facts, run.role == "original"
    rtt_us = number(facts.rtt_us)
    shift_s = compared.shift_original_s if original else compared.shift_control_s
    return msgspec.structs.replace(
        base,
        rtt_us=rtt_us,
        queueing_us=None if rtt_us is None or run.connect_us is None else rtt_us - run.connect_us,
        loss=number(facts.loss),
        early_mbit_s=numbers.early_mbit_s,
        late_mbit_s=numbers.late_mbit_s,
        shift_s=shift_s,
        before_shift_mbit_s=_before(facts.rates_bit_s, shift_s, parameters),
        tail_mbit_s=tail.mbit_s,
        tail_from_unix_s=tail.from_unix_s,
        tail_to_unix_s=tail.to_unix_s,
    )


def _before(rates: Floats | None, shift_s: float | None, parameters: Parameters) -> float | None:
    if rates is None or shift_s is None:
        return None
    return mean_mbit_s(rates[: round(shift_s / parameters.bin_s)])


def _at(begins_s: float, offset_s: float | None) -> float:
    return NAN if offset_s is None else begins_s + offset_s


def _arrived_bytes(at: RunAt) -> int:
    """What the receiver counted; of an upload without a receipt, what was acknowledged."""
    receipt = at.receipt
    if at.opened.ticket.direction == "up" and receipt is not None and receipt.wire_bytes is not None:
        return receipt.wire_bytes
    return at.run.wire_bytes


def bulk_began_unix_s(run: AnyRun, receipt: Receipt | None, direction: str) -> float:
    """When the first byte of bulk reached its receiver, unix seconds.

    On the responder's clock: its start of the run and half a TCP handshake, or a whole one for an upload, which waits
    for its word. Where it noted none, on the probe's: the start and the phases before the bulk, which leaves out the
    round trip of the request itself.
    """
    if receipt is not None and receipt.started_at_us is not None:
        way = 1.0 if direction == "up" else 0.5
        return (receipt.started_at_us + (run.connect_us or 0) * way) / 1e6
    phases_us = (run.connect_us or 0) + (run.tls_us or 0) + (run.first_byte_us or 0)
    return (run.started_at_us + phases_us) / 1e6


def _clock(opened: AnyOpened) -> ClockName:
    receipts = opened.statement.receipts if opened.statement else ()
    noted = any(receipt.started_at_us is not None for receipt in receipts)
    return "responder" if noted else "probe"


def _line_tags(paths: Iterable[Path], responder: str) -> tuple[str, ...]:
    """Tags of the measured paths. Only tags of one secret can be compared, so its fingerprint stands before each."""
    found = {
        (path.line_tag_domain.hex() if path.line_tag_domain else responder, path.line_tag.hex())
        for path in paths
        if path.line_tag is not None
    }
    return tuple(sorted([f"{domain}:{tag}" for domain, tag in found]))


def _seconds(run: AnyRun) -> float:
    phases = (run.connect_us, run.tls_us, run.first_byte_us, run.duration_us)
    return sum(phase or 0 for phase in phases) / 1e6


def _notes(opened: AnyOpened, runs: Iterable[RunAt]) -> Iterable[str]:
    """What a reader of the observation should know besides."""
    if opened.pair.aborted:
        yield f"aborted: {opened.pair.aborted}"
    if opened.watched is not None and opened.both_failed:
        yield f"{BOTH_FAILED}{opened.pair.runs[0].role}"
    for at in runs:
        run, receipt = at.run, at.receipt
        if receipt is None or not receipt.seen:
            continue
        hello = receipt.client_hello_sha256
        if hello is not None and run.client_hello is not None and hello != run.client_hello.sha256:
            yield f"hello_altered: {run.role}"
        if receipt.name_seen is not None and receipt.name_seen != run.name:
            yield f"name_altered: {run.role}"

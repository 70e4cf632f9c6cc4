"""The observation: what one pair says, put into one record (``record``). Pure.

Made from the signed documents alone; the labels stand in it, so whatever decides whether a pair counts reads a
``quality.BlindPair`` instead.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from analysis.observe.block import AnyRun, Block, RunAt
from analysis.observe.corroborated import corroborated
from analysis.observe.numbers import PairNumbers, Sides, pair_numbers, run_numbers
from analysis.observe.observed_runs import runs_observed
from analysis.observe.open_lean import AnyOpened
from analysis.observe.record import (
    BOTH_FAILED,
    REFUTED,
    UNKNOWN,
    ClockName,
    Features,
    Observation,
    RunObserved,
    known,
)
from analysis.responders import key_sha256
from analysis.stats.parameters import Parameters
from probe.measurement.receipt import Path


def observe_many(
    pairs: Sequence[tuple[AnyOpened, tuple[str, ...]]], parameters: Parameters
) -> list[Observation]:
    """Observations of pairs, each given with the rules that discard it, in the order given."""
    return observe_block(Block([opened for opened, _ in pairs]), [rules for _, rules in pairs], parameters)


def observe_block(
    block: Block, struck: Sequence[tuple[str, ...]], parameters: Parameters
) -> list[Observation]:
    """The same of a block, with the rules that discard each pair."""
    counting = [index for index, rules in enumerate(struck) if not rules]
    runs = run_numbers(block, counting, parameters)
    sides = _sides(block, counting)
    pairs = pair_numbers(runs, sides, parameters)
    views = runs_observed(block, runs, pairs, sides, parameters)
    features = dict(zip(counting, _features(pairs), strict=True))
    return [
        _observation(block, index, views, features.get(index), rules) for index, rules in enumerate(struck)
    ]


def _sides(block: Block, counting: Iterable[int]) -> Sides:
    """Where the runs of those pairs stand."""
    places = np.array(
        [
            (one.at, other.at) if one.run.role == "original" else (other.at, one.at)
            for one, other in (block.of[index] for index in counting)
        ],
        dtype=np.int64,
    ).reshape(-1, 2)
    return Sides(places[:, 0], places[:, 1])


def _features(pairs: PairNumbers) -> Iterator[Features]:
    columns = (
        known(pairs.d_thr),
        known(pairs.d_tail),
        known(pairs.d_rtt),
        known(pairs.loss_original),
        known(pairs.loss_control),
        known(pairs.d_fail),
        pairs.s.tolist(),
        known(pairs.tail_original_bit_s),
        known(pairs.tail_control_bit_s),
    )
    for d_thr, d_tail, d_rtt, loss_o, loss_c, d_fail, s, tail_o, tail_c in zip(*columns, strict=True):
        yield Features(
            d_thr=d_thr,
            d_tail=d_tail,
            d_rtt=d_rtt,
            loss_original=loss_o,
            loss_control=loss_c,
            d_fail=d_fail,
            s=s,
            tail_original_bit_s=tail_o,
            tail_control_bit_s=tail_c,
        )


def _observation(
    block: Block, index: int, views: Sequence[RunObserved], features: Features | None, struck: tuple[str, ...]
) -> Observation:
    opened, runs, paths = block.opened[index], block.of[index], block.paths[index]
    measurement, ticket, pair = opened.measurement, opened.ticket, opened.pair
    path = paths[0] if paths else None
    tags = _line_tags(paths, ticket.responder)
    original = control = original_address = None
    carried_bytes = 0
    lasted_s: float = 0
    for at in runs:
        run = at.run
        carried_bytes += run.wire_bytes
        lasted_s += _seconds(run)
        if run.role == "original":
            original, original_address = views[at.at], run.address_index
        else:
            control = views[at.at]
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
        original_address=original_address,
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
        original=original,
        control=control,
        features=features,
        bytes=carried_bytes,
        seconds=round(lasted_s, 3),
        discarded_by=struck[0] if struck else None,
        notes=(*_notes(opened, runs), *(_refuted(opened) if features is None else ())),
        responder_key=key_sha256(pair.ticket.key),
        struck=struck,
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


def _refuted(opened: AnyOpened) -> Iterator[str]:
    """Of a discarded pair, the label of each run that the responder saw and does not bear out."""
    block = Block([opened])
    for at, borne_out in zip(block.runs, corroborated(block), strict=True):
        if not borne_out and at.receipt is not None and at.receipt.seen:
            yield f"{REFUTED}{at.run.role}"


def _seconds(run: AnyRun) -> float:
    phases_us = (run.connect_us or 0) + (run.tls_us or 0) + (run.first_byte_us or 0) + (run.duration_us or 0)
    return phases_us / 1e6


def _notes(opened: AnyOpened, runs: Iterable[RunAt]) -> tuple[str, ...]:
    """What a reader of the observation should know besides."""
    found = []
    if opened.pair.aborted:
        found.append(f"aborted: {opened.pair.aborted}")
    if opened.watched is not None and opened.both_failed:
        found.append(f"{BOTH_FAILED}{opened.pair.runs[0].role}")
    for at in runs:
        run, receipt = at.run, at.receipt
        if receipt is None or not receipt.seen:
            continue
        hello = receipt.client_hello_sha256
        if hello is not None and run.client_hello is not None and hello != run.client_hello.sha256:
            found.append(f"hello_altered: {run.role}")
        if receipt.name_seen is not None and receipt.name_seen != run.name:
            found.append(f"name_altered: {run.role}")
    return tuple(found)

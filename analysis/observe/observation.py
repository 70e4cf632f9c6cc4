"""The observation: what one pair says, put into one record (``record``). Pure.

Made from the signed documents alone; the labels stand in it, so whatever decides whether a pair counts reads a
``quality.BlindPair`` instead. A record is begun where its document is read (``facts``) and finished here.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from msgspec.structs import force_setattr

from analysis.observe.block import Block
from analysis.observe.corroborated import corroborated
from analysis.observe.facts import PairFacts
from analysis.observe.numbers import PairNumbers, Sides, pair_numbers, run_numbers
from analysis.observe.observed_runs import finish_runs
from analysis.observe.open_lean import AnyOpened
from analysis.observe.record import REFUTED, Features, Observation, known
from analysis.stats.parameters import Parameters


def observe_many(
    pairs: Sequence[tuple[AnyOpened, tuple[str, ...]]], parameters: Parameters
) -> list[Observation]:
    """Observations of pairs, each given with the rules that discard it, in the order given."""
    return observe_block(Block([opened for opened, _ in pairs]), [rules for _, rules in pairs], parameters)


def observe_block(
    block: Block, struck: Sequence[tuple[str, ...]], parameters: Parameters
) -> list[Observation]:
    """The same of a block, with the rules that discard each pair; the block is spent."""
    counting = [index for index, rules in enumerate(struck) if not rules]
    runs = run_numbers(block, counting, parameters)
    sides = _sides(block, counting)
    pairs = pair_numbers(runs, sides, parameters)
    finish_runs(block, runs, pairs, sides, parameters)
    features = dict(zip(counting, _features(pairs), strict=True))
    for index, (pair, rules) in enumerate(zip(block.pairs, struck, strict=True)):
        _finish(block, pair, features.get(index), rules)
    return [pair.record for pair in block.pairs]


def _sides(block: Block, counting: Iterable[int]) -> Sides:
    """Where the runs of those pairs stand."""
    places = np.array(
        [
            (one.at, other.at) if one.role == "original" else (other.at, one.at)
            for one, other in (block.pairs[index].runs for index in counting)
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


def _finish(block: Block, pair: PairFacts, features: Features | None, struck: tuple[str, ...]) -> None:
    """Put runs, features and what discards it into the record of a pair, which nobody has seen yet."""
    record = pair.record
    for run in pair.runs:
        force_setattr(record, run.role, run.record)
    if features is not None:
        force_setattr(record, "features", features)
    else:
        force_setattr(record, "notes", (*record.notes, *_refuted(block, pair)))
    if struck:
        force_setattr(record, "discarded_by", struck[0])
        force_setattr(record, "struck", struck)


def _refuted(block: Block, pair: PairFacts) -> Iterator[str]:
    """Of a discarded pair, the label of each run that the responder saw and does not bear out."""
    borne_out = corroborated(block)
    for run in pair.runs:
        if run.seen and not borne_out[run.at]:
            yield f"{REFUTED}{run.role}"

"""Judged: a store judged from observations on disk: the findings of ``analysis.judge``, in memory that its size does not decide.

A bucket of cells is at hand at a time, and of every cell the numbers it is judged by (some 100 bytes a pair) and where its pairs
stand. The pairs of the gates' services are read whole, for a gate looks at all of them at once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import merge
from pathlib import Path
from tempfile import mkdtemp

import msgspec

from analysis.cell import Cell, assemble
from analysis.finding import with_key_hashes
from analysis.judge import Judged, Look, Rows, Signatures, judge_cells, verify_accusing
from analysis.missing import missing_of
from analysis.observe.record import Observation
from analysis.reading import NOTHING, in_time
from analysis.registration import CellKey
from analysis.scale.buckets import Buckets, records
from analysis.scale.places import Places
from analysis.scale.scheduler import Each, InParts
from analysis.scale.shelf import shelve
from analysis.scale.spool import CELL_BUCKETS, Account, every_bucket, observations_of, spool
from analysis.scope import Scope, cell_of
from analysis.source import Source
from collector.quarters import unix_us


@dataclass(frozen=True)
class OnDisk:
    """A judgement, and the folder in which its observations wait."""

    judged: Judged
    folder: Path
    account: Account

    def observations(self) -> Iterator[Observation]:
        """Every observation in order of time. Buckets are put in order on disk, then read side by side."""
        sorted_files = Buckets(self.folder)
        for bucket, pairs in enumerate(every_bucket(self.folder, self.account)):
            (self.folder / _in_order(bucket)).unlink(missing_ok=True)
            for pair in pairs:
                sorted_files.add(_in_order(bucket), msgspec.msgpack.encode(pair))
            sorted_files.close()
        files = [records(self.folder / _in_order(bucket), Observation) for bucket in range(CELL_BUCKETS)]
        return merge(*files, key=in_time)


def _in_order(bucket: int) -> str:
    return f"sorted-{bucket:03}"


def judge_on_disk(
    source: Source,
    folder: Path,
    look: Look,
    *,
    keep_going: bool = False,
    until_us: int | None = None,
    signatures: Signatures = "each",
    each: Each | None = None,
) -> OnDisk:
    """Judge a source through an empty ``folder`` (see ``judge.judge``); ``each`` computes the cells, here by default."""
    account = spool(
        source, folder, look.parameters, keep_going=keep_going, until_us=until_us,
        signatures=signatures != "accusing", sealed=source.sealed() if signatures == "sealed" else NOTHING, apart=look.apart,
        joined=look.joined,
    )  # fmt: skip
    gates, scope = look.registration.gate_cells, Scope(look.registration)
    places = Places(folder, (*look.registration.cells, *gates))
    unjudged: Counter[str] = Counter()
    pairs = 0
    for observations in every_bucket(folder, account):
        pairs += len(observations)
        for one in observations:
            reason = scope.why_not(one)
            unjudged.update(() if reason is None else (reason,))
            places.put(one, cell_of(one) if reason is None else None)
    passed = places.report(
        source, scope.covers, keep_going=keep_going, until_us=until_us, keys=scope.responders
    )
    cells = _cells(folder, account, look, scope, places)
    rows = Rows(
        pairs=pairs,
        skipped=account.skipped,
        results=account.results,
        corrupt=tuple(sorted([*account.corrupt, *passed.damaged])),
        duplicates=account.duplicates,
        tickets=places.reported,
        foreign_reports=passed.foreign,
    )
    judged = judge_cells(
        [cells[key] for key in look.registration.cells],
        _gate_pairs(folder, account, scope, gates),
        account.line_of,
        look,
        rows,
        unjudged,
        each or InParts(),
    )
    if look.full:
        keyed = [
            with_key_hashes(one, _home_of(cells[key]))
            for key, one in zip(look.registration.cells, judged.findings, strict=True)
        ]
        judged = replace(judged, findings=tuple(keyed))
    if signatures != "each":
        every = (one for some in every_bucket(folder, account) for one in some)
        verify_accusing(source, judged, every, look.registration)
    return OnDisk(judged, folder, account)


def _cells(folder: Path, account: Account, look: Look, scope: Scope, places: Places) -> dict[CellKey, Cell]:
    """Every registered cell, its pairs on the shelf."""
    now_us, registered = unix_us(look.now), frozenset(look.registration.cells)

    def made(key: CellKey, pairs: list[Observation]) -> Cell:
        missing = missing_of(pairs, places.of_cell(key), now_us, account.line_of, look.parameters)
        return assemble(key, pairs, account.line_of, look.parameters, missing, look.vetted)

    # A name of its own each time: a worker that lives on may remember pairs by where they stood (``shelf``).
    shelf = Path(mkdtemp(prefix="shelf-", dir=folder))
    found: dict[CellKey, Cell] = {}
    for bucket in range(CELL_BUCKETS):
        by_cell = _by_cell(observations_of(folder, bucket, account), scope)
        mine = [made(key, pairs) for key, pairs in by_cell.items() if key in registered]
        found |= {cell.key: cell for cell in shelve(mine, shelf / f"{bucket:03}")}
    return {key: found[key] if key in found else made(key, []) for key in look.registration.cells}


def _home_of(cell: Cell) -> dict[str, str]:
    return {one.measurement_id: one.home for pairs in (cell.pairs, cell.discarded) for one in pairs}


def _gate_pairs(
    folder: Path, account: Account, scope: Scope, gates: Mapping[CellKey, object]
) -> dict[CellKey, list[Observation]]:
    found: dict[CellKey, list[Observation]] = {key: [] for key in gates}
    for observations in every_bucket(folder, account) if gates else ():
        for key, pairs in _by_cell(observations, scope).items():
            if key in found:
                found[key] += pairs
    return found


def _by_cell(observations: Iterable[Observation], scope: Scope) -> dict[CellKey, list[Observation]]:
    """Those that are judged, by cell."""
    found: dict[CellKey, list[Observation]] = {}
    for one in observations:
        if scope.why_not(one) is None:
            found.setdefault(cell_of(one), []).append(one)
    return found

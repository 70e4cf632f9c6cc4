"""Judge: the pipeline from a store to findings. Read, observe, discard, gather into cells, decide, explain.

Reads a collector's folder and nothing else; whatever the order of its rows, the findings are the same bytes.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from analysis import quality
from analysis.cell import assemble
from analysis.clusters import clusters
from analysis.decide import decide
from analysis.finding import Context, Finding, discards_by_asn, finding_of
from analysis.messages import Trouble
from analysis.observe.observation import Observation, observe_many
from analysis.observe.opened import Corrupt, Opened, Skipped, open_stored
from analysis.registration import CellKey, Registration
from analysis.sentences import with_sentences
from analysis.stats.parameters import Parameters
from collector.data_folder import DataFolder
from collector.hot_files import hour_of, path_of
from collector.quarters import EPOCH
from collector.reader import StoredMeasurement, read_measurements
from probe.measurement.keys import quarter_of

CHUNK: Final = 500


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What became of every row: nothing is dropped unseen. Counts by reason.

    ``unjudged`` are measured pairs outside the registration; ``corrupt`` names damaged rows that were passed over.
    """

    measurements: int
    counted: int
    discarded: dict[str, dict[str, int]]
    skipped: dict[str, int]
    unjudged: dict[str, int]
    duplicates: int
    corrupt: tuple[str, ...]
    older_than_registration: int
    hypotheses: int
    registration_sha256: str


@dataclass(frozen=True)
class Judgement:
    """Findings in the order of the registered cells, every observation in order of time, and the account of rows."""

    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]
    summary: Summary


@dataclass(frozen=True)
class Seen:
    """The rows of a store, read: pairs observed, skipped ones by reason, rows that could not be read."""

    observations: tuple[Observation, ...]
    skipped: dict[str, int]
    corrupt: tuple[str, ...]
    duplicates: int


def judge(
    store: Path,
    registration: Registration,
    registration_sha256: str,
    parameters: Parameters,
    *,
    full: bool = False,
    keep_going: bool = False,
) -> Judgement:
    """Judge the registered cells on what ``store`` holds; raises ``Trouble`` for a store that cannot be trusted.

    ``keep_going`` passes over rows that are damaged, and names them; else the first one ends it.
    """
    seen = read_store(store, parameters, keep_going=keep_going)
    return judge_observations(seen, registration, registration_sha256, parameters, full=full)


def judge_observations(
    seen: Seen, registration: Registration, registration_sha256: str, parameters: Parameters, *, full: bool
) -> Judgement:
    """The findings of observations."""
    line_of = clusters(seen.observations)
    by_cell: dict[CellKey, list[Observation]] = {key: [] for key in registration.cells}
    unjudged: Counter[str] = Counter()
    scope = Scope(registration)
    for observation in seen.observations:
        reason = scope.why_not(observation)
        if reason is None:
            by_cell[cell_of(observation)].append(observation)
        else:
            unjudged[reason] += 1
    cells = [assemble(key, pairs, line_of, parameters) for key, pairs in by_cell.items()]
    made_at_us = int(datetime.fromisoformat(registration.made_at).timestamp() * 1_000_000)
    context = Context(registration, registration_sha256, made_at_us, full)
    decisions = decide(cells, registration, parameters)
    findings = tuple(with_sentences(finding_of(decision, context), parameters) for decision in decisions)
    counted = [pair for cell in cells for pair in cell.pairs]
    summary = Summary(
        measurements=len(seen.observations) + sum(seen.skipped.values()) + len(seen.corrupt),
        counted=len(counted),
        discarded=discards_by_asn(pair for cell in cells for pair in cell.discarded),
        skipped=seen.skipped,
        unjudged=dict(sorted(unjudged.items())),
        duplicates=seen.duplicates,
        corrupt=seen.corrupt,
        older_than_registration=sum(pair.opened_at_us < made_at_us for pair in counted),
        hypotheses=registration.hypotheses,
        registration_sha256=registration_sha256,
    )
    return Judgement(findings, seen.observations, summary)


def read_store(store: Path, parameters: Parameters, *, keep_going: bool = False) -> Seen:
    """Everything in the store, each measurement once, pairs in order of the responder's clock."""
    folder = DataFolder(store)
    if not folder.hot.is_dir():
        raise Trouble("store.missing", path=store)
    reading = _Reading(folder, keep_going)
    observations: list[Observation] = []
    chunk: list[Opened] = []
    for stored in read_measurements(store):
        opened = reading.pair(stored)
        if opened is not None:
            chunk.append(opened)
        if len(chunk) == CHUNK:
            observations += _observed(chunk, parameters)
            chunk = []
    observations += _observed(chunk, parameters)
    observations = [_voided(one) if one.pair_id in reading.void else one for one in observations]
    return Seen(
        observations=tuple(sorted(observations, key=lambda one: (one.opened_at_us, one.measurement_id))),
        skipped=dict(sorted(reading.skipped.items())),
        corrupt=tuple(sorted(reading.corrupt)),
        duplicates=reading.duplicates,
    )


class _Reading:
    """What one pass over a store finds besides pairs. Only ids and keys are kept, so that a large store fits."""

    def __init__(self, folder: DataFolder, keep_going: bool) -> None:
        self.folder = folder
        self.keep_going = keep_going
        self.ids: set[bytes] = set()
        self.tickets: dict[bytes, tuple[bytes, bytes]] = {}
        self.void: set[str] = set()
        self.skipped: Counter[str] = Counter()
        self.corrupt: list[str] = []
        self.duplicates = 0

    def pair(self, stored: StoredMeasurement) -> Opened | None:
        """The pair in a row; ``None`` for a row that holds none, which is counted. Raises ``Trouble``."""
        if stored.measurement_id in self.ids:
            self.duplicates += 1
            return None
        self.ids.add(stored.measurement_id)
        try:
            opened = open_stored(stored)
        except Corrupt as error:
            self._damaged(stored, error)
            return None
        if isinstance(opened, Skipped):
            self.skipped[opened.reason] += 1
            return None
        self._note_ticket(opened, stored)
        return opened

    def _damaged(self, stored: StoredMeasurement, error: Corrupt) -> None:
        path, row = path_of(self.folder.hot, hour_of(stored.received_at_us)), stored.measurement_id.hex()
        if not self.keep_going:
            raise Trouble("store.corrupt_row", exit_code=3, path=path, row=row, detail=error) from error
        self.corrupt.append(f"{path.name} {row}: {error}")

    def _note_ticket(self, opened: Opened, stored: StoredMeasurement) -> None:
        """A ticket belongs to one key, and to one body: a second body voids the pair, a second key the store."""
        pair_id = opened.ticket.pair_id
        mine = (stored.key, stored.measurement_id)
        first = self.tickets.setdefault(pair_id, mine)
        if first[0] != stored.key:
            one, other = sorted((first[1].hex(), stored.measurement_id.hex()))
            raise Trouble(
                "store.ticket_of_two_keys",
                exit_code=3,
                path=self.folder.root,
                pair_id=pair_id.hex(),
                one=one,
                other=other,
            )
        if first != mine:
            self.void.add(pair_id.hex())


def _observed(chunk: list[Opened], parameters: Parameters) -> list[Observation]:
    return observe_many([(one, quality.discarded_by(quality.blind(one))) for one in chunk], parameters)


def _voided(observation: Observation) -> Observation:
    """The pair of a ticket that turned out to have been used twice."""
    return msgspec.structs.replace(observation, discarded_by="conflict", features=None)


def cell_of(observation: Observation) -> CellKey:
    """The cell an observation belongs to."""
    return CellKey(
        observation.brand,
        observation.technology,
        observation.plan_class,
        observation.service,
        observation.direction,
    )


class Scope:
    """What a registration covers."""

    def __init__(self, registration: Registration) -> None:
        self.quarter = registration.quarter
        self.cells = frozenset(registration.cells)
        self.nettests = frozenset((one.nettest, one.variant) for one in registration.nettests)
        self.names = {service.id: frozenset(service.names) for service in registration.services}
        self.controls = frozenset((control.stratum, control.name) for control in registration.controls)

    def why_not(self, observation: Observation) -> str | None:
        """Why a pair is outside, ``None`` if it is not. By what was fixed before the coin, never by result."""
        quarter = quarter_of(EPOCH + timedelta(microseconds=observation.opened_at_us))
        if quarter != self.quarter:
            return f"quarter {quarter}"
        if (observation.nettest, observation.variant) not in self.nettests:
            return f"nettest {observation.nettest} {observation.variant}"
        if cell_of(observation) not in self.cells:
            return f"cell {cell_of(observation).text()}"
        if observation.original_name not in self.names.get(observation.service, ()):
            return f"name {observation.original_name}"
        if not {(observation.stratum, name) for name in observation.control_candidates} <= self.controls:
            return f"control names, {observation.stratum}"
        return None

"""From committed measurements to observations and a finding, through a real store and the real judge."""

import tempfile
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from analysis.judge import judge
from analysis.observe.opened import Opened, open_stored
from analysis.registration import HASH_SUFFIX, Registration
from analysis.stats.parameters import Parameters
from collector.data_folder import DataFolder
from collector.hot_files import hour_of, insert_sql, open_for_writing, path_of
from collector.reader import StoredMeasurement
from tests.golden.documents import FOLDER, MEASUREMENTS, Damaged, read
from tests.lab.experiment import ASN, BRAND

REGISTRATION: Final = "registration.json"
OBSERVATIONS: Final = "observations.json"
FINDING: Final = "finding.json"
NOW: Final = datetime(2026, 11, 30, tzinfo=UTC)
"""When the golden measurements are judged: any day after them."""
CHANGES_WITH_CODE: Final = ("code_version",)
"""Fields of a finding that name the code itself: they change with every commit and are not kept."""


@dataclass(frozen=True)
class Chain:
    """What the committed measurements of a scenario say: plain JSON values."""

    observations: list[dict[str, Any]]
    finding: dict[str, Any]

    def write(self, folder: Path) -> None:
        """Write ``observations.json`` and ``finding.json``: indented, so that a change reads as a diff."""
        for name, value in ((OBSERVATIONS, self.observations), (FINDING, self.finding)):
            (folder / name).write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")


def folder_of(scenario: str) -> Path:
    """Where the files of a scenario stand."""
    return FOLDER / scenario


def expected(folder: Path) -> Chain:
    """Observations and finding as they are committed."""
    observations, finding = (
        msgspec.json.decode((folder / name).read_bytes()) for name in (OBSERVATIONS, FINDING)
    )
    return Chain(observations, finding)


def made(folder: Path) -> Chain:
    """Observations and finding as this code makes them of the committed measurements; raises ``Damaged``."""
    measurements = read(folder / MEASUREMENTS)
    registered, digest = registration(folder)
    with tempfile.TemporaryDirectory(prefix="isonomia-golden-") as place:
        store = fill(Path(place), [row.stored() for row in measurements.rows])
        parameters = Parameters.from_json(registered.parameters)
        judgement = judge(store, registered, digest, parameters, now=NOW, full=True)
    findings = [f for f in judgement.findings if f.service == measurements.service]
    if len(findings) != 1:
        raise Damaged(f"{folder / REGISTRATION}: {len(findings)} cells of {measurements.service}, not one")
    finding = plain(findings[0])
    for name in CHANGES_WITH_CODE:
        del finding[name]
    return Chain(plain(judgement.observations), finding)


def registration(folder: Path) -> tuple[Registration, str]:
    """What was registered before the run, and its hash; raises ``Damaged`` for a file that changed since.

    ``registration.load`` would also refuse rules of quality newer than the file; old measurements must be read by new
    rules too, and what that changes is seen in the observations. The committed files were registered before a brand had
    to name its networks: the lab's is added here, and findings always say that other rules judged.
    """
    path = folder / REGISTRATION
    content = path.read_bytes()
    digest = sha256(content).hexdigest()
    if path.with_name(path.name + HASH_SUFFIX).read_text(encoding="utf-8").split(" ", 1)[0] != digest:
        raise Damaged(f"{path}: these are not the bytes that were registered")
    registered = msgspec.json.decode(content, type=Registration)
    return msgspec.structs.replace(
        registered, asns={BRAND: (ASN,), **registered.asns}, rules_sha256=""
    ), digest


def _row(stored: StoredMeasurement) -> tuple[object, ...]:
    opened = open_stored(stored)
    pair_id = opened.ticket.pair_id if isinstance(opened, Opened) else None
    return (stored.measurement_id, stored.received_at_us, stored.key, stored.signature, pair_id, stored.body)


def fill(root: Path, rows: Iterable[StoredMeasurement]) -> Path:
    """Make a collector's folder with these rows, as its own hour files; the folder."""
    hot = DataFolder(root).hot
    hot.mkdir(parents=True, exist_ok=True)
    hours: dict[Path, list[StoredMeasurement]] = defaultdict(list)
    for stored in rows:
        hours[path_of(hot, hour_of(stored.received_at_us))].append(stored)
    for path, group in hours.items():
        with closing(open_for_writing(path)) as db:
            db.execute("BEGIN")
            db.executemany(insert_sql("measurements", 1), map(_row, group))
            db.execute("COMMIT")
    return root


def plain(value: Any) -> Any:
    """What JSON makes of it."""
    return msgspec.json.decode(msgspec.json.encode(value))

"""A report on results without pairs, packed with every result it used, and made again from the pack alone (``bundle``, form "direct").

direct.json            the report, with the ids of the results it used
registration.json      as it was registered, and registration.json.sha256 beside it
measurements.ndjson    the signed bytes of these results

Whoever has it recomputes every line of the report without us. It names keys and holds signed documents: it is for the network's
engineer, a regulator or a court, and not for the public. Which keys are one home's is the operator's word, in the report. A table of networks is not in it: where one was asked, bring the same.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from analysis.bundle import (
    DIRECT,
    MEASUREMENTS,
    REGISTERED,
    REGISTRATION,
    Bundle,
    Document,
    Manifest,
    line_of_measurement,
    write_files,
)
from analysis.bundle_checks import manifest_differs
from analysis.bundling import registration_in
from analysis.direct.registered import DirectReport, report
from analysis.registration import HASH_SUFFIX
from analysis.verify import differences, moment_of
from analysis.version import code_version
from collector.stored import StoredMeasurement
from probe.networks import Networks

OF_THE_STORE: Final = ("code_version", "other_rules", "before_registration", "other_services", "damaged")
"""What a bundle does not show again: it holds the results that were used alone, and another version of the code may check it."""


class DirectChecked(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle of results without pairs, checked. ``differs`` says where the report made again is not the one in it.

    ``no_table``: it asked a table of networks which was not given here, so that it could not be made again.
    """

    finding_id: str
    damaged: dict[str, str]
    differs: tuple[str, ...] = ()
    registration_sha256: str = ""
    measurements: int = 0
    told: int = 0
    other_code: bool = False
    no_table: str | None = None

    @property
    def holds(self) -> bool:
        """Whether every byte is there and the report comes out again."""
        return not self.damaged and not self.differs and self.no_table is None


def pack_direct(
    made: DirectReport, rows: Iterable[StoredMeasurement], registration: Path, path: Path
) -> Manifest:
    """Write the bundle of a report; ``rows`` are the store's, of which it takes what was used. Raises ``Trouble``."""
    used = {bytes.fromhex(one.measurement_id) for one in made.used}
    return write_files(
        path,
        {
            DIRECT: [msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"],
            REGISTRATION: [registration.read_bytes()],
            REGISTERED: [registration.with_name(registration.name + HASH_SUFFIX).read_bytes()],
            MEASUREMENTS: map(line_of_measurement, _once(rows, used)),
        },
        made,
        form="direct",
        counted=MEASUREMENTS,
    )


def check_direct(opened: Bundle, networks: Networks | None = None) -> DirectChecked:
    """Every byte of a bundle against its manifest, and its report made again from it alone; raises ``Trouble``."""
    damaged = opened.damaged()
    if damaged:
        return DirectChecked(finding_id=opened.manifest.finding_id, damaged=damaged)
    recorded = opened.decoded(DIRECT, DirectReport)
    registered, digest, _ = registration_in(opened)
    count = sum(1 for _ in opened.lines(MEASUREMENTS, Document))
    asked = recorded.mmdb_sha256
    absent = asked is not None and (networks is None or networks.sha256.hex() != asked)
    differs: list[str] = list(manifest_differs(opened, recorded, count))
    if not absent:
        now = moment_of(recorded.judged_at, opened.path)
        again = report(
            opened.source().measurements(),
            registered,
            digest,
            now=now,
            networks=networks if asked else None,
            joined=recorded.joined,
        )
        differs += [f"row {one}" for one in again.damaged]
        differs += differences(_plain(recorded), _plain(again))
    return DirectChecked(
        finding_id=recorded.finding_id,
        damaged={},
        differs=tuple(differs),
        registration_sha256=digest,
        measurements=count,
        told=len(recorded.told),
        other_code=recorded.code_version != code_version(),
        no_table=asked if absent else None,
    )


def _once(rows: Iterable[StoredMeasurement], used: set[bytes]) -> Iterator[StoredMeasurement]:
    """The rows of these ids, the first of each: a store may hold a document hot and sealed."""
    left = set(used)
    for row in rows:
        if row.measurement_id in left:
            left.remove(row.measurement_id)
            yield row


def _plain(made: DirectReport) -> dict[str, object]:
    value: dict[str, object] = msgspec.json.decode(msgspec.json.encode(made))
    for name in OF_THE_STORE:
        value.pop(name)
    return value

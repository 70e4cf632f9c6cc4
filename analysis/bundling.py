"""Bundling: a judged finding packed with all it rests on, and judged again from the pack alone."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from analysis import bundle
from analysis.bundle import (
    FINDING,
    LINES,
    MEASUREMENTS,
    REGISTERED,
    REGISTRATION,
    Bundle,
    Contents,
    Document,
    Manifest,
    Published,
    SaltedLeaf,
)
from analysis.bundle_checks import (
    before_seal,
    beside_differs,
    catalogue_differs,
    finding_differs,
    leaves_differ,
    log_in,
    manifest_differs,
)
from analysis.clusters import clusters, read_apart
from analysis.direct.contrary import Against, against
from analysis.finding import Finding, beside_in
from analysis.judge import Judgement, judge_observations
from analysis.log import Logged, SignedHead
from analysis.messages import Trouble
from analysis.observe.record import Observation
from analysis.people import read_people, together
from analysis.quarter import Beside, read_beside
from analysis.reading import Seen, read_source
from analysis.registration import HASH_SUFFIX, CellKey, Registration, load
from analysis.responders import ResponderKeys
from analysis.scope import cell_of
from analysis.sentences import HELD_BACK
from analysis.source import Source, store_source
from analysis.stats.parameters import Parameters
from analysis.verify import DISABLED, Verified, compared, cpu_features, moment_of
from analysis.vetted import read_vetted, vetted
from collector.enrolment import Enrolled
from collector.leaves import signed_heads, standings
from collector.quarters import unix_us
from collector.reader import read_plans
from collector.registrations import naming_heads
from collector.stored import StoredMeasurement, StoredReport, as_of


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle, checked: files that are not what the manifest says, and the finding judged again from the rest.

    ``recomputed_sha256`` is of the finding as it came out here: the same on another processor, or it differs. ``differs`` names what
    manifest, catalogue or log contradict; ``in_log`` of ``measurements`` are proved to stand in trees whose heads ``keys`` (SHA-256,
    hex) signed. ``log`` says since when the registration is named there, ``before_seal`` how many pairs of its cells came before; ``conflicts_alone`` how many
    are flagged as in conflict without another body of their ticket.
    """

    finding_id: str
    damaged: dict[str, str]
    verified: Verified | None
    recomputed_sha256: str = ""
    differs: tuple[str, ...] = ()
    registration_sha256: str = ""
    responder_keys: bool = False
    measurements: int = 0
    in_log: int = 0
    keys: tuple[str, ...] = ()
    log: Logged = Logged()
    before_seal: int = 0
    conflicts_alone: int = 0
    catalogue: bool = False

    @property
    def holds(self) -> bool:
        """Whether every byte is there and the finding comes out again."""
        return not self.damaged and not self.differs and self.verified is not None and self.verified.holds


def pack(finding: Finding, store: Path, registration: Path, path: Path) -> Manifest:
    """Judge the store again as of the finding's moment, and write its bundle; raises ``Trouble`` if it does not come out."""
    registered, digest, parameters = load(registration)
    now = moment_of(finding.judged_at, path)
    source, until_us = store_source(store), unix_us(now)
    direct = partial(against, store, registered.quarter, until_us)
    beside = read_beside(source, registered, digest, now)
    seen, judgement = _judged(source, registered, digest, parameters, now, direct=direct, beside=beside)
    again = next((one for one in judgement.findings if one.finding_id == finding.finding_id), None)
    verified = compared(finding, again, parameters)
    if again is None or not verified.holds:
        detail = "; ".join(verified.differs)
        raise Trouble("bundle.does_not_hold", finding_id=finding.finding_id, detail=detail)
    cells = _cells_of(again, judgement.findings, registered)
    ids = _with_other_bodies(seen.observations, cells)
    homes = {one.home for one in seen.observations if cell_of(one) in cells}
    lines = clusters(seen.observations, seen.joined, seen.apart)
    leaves = _leaves(store, ids)
    return bundle.write(
        path,
        Contents(
            finding=again,
            registration=registration.read_bytes(),
            registered=registration.with_name(registration.name + HASH_SUFFIX).read_bytes(),
            measurements=lambda: _some(source.measurements(), ids, until_us),
            reports=lambda: _until(source.reports(), until_us),
            roster=_invited(source.roster(), registered),
            lines={home: lines[home] for home in homes},
            separated={home: since for home, since in _separated(source).items() if home in homes},
            heads=heads_for(store, {one.seal for one in leaves}),
            leaves=leaves,
            catalogue=published(store, registered),
        ),
    )


def check(path: Path) -> Checked:
    """Every byte of a bundle against its manifest, and its finding judged again from it alone."""
    opened = Bundle(path)
    damaged = opened.damaged()
    if damaged:
        return Checked(finding_id=opened.manifest.finding_id, damaged=damaged, verified=None)
    finding = opened.decoded(FINDING, Finding)
    registered, digest, parameters = registration_in(opened)
    joined = opened.decoded(LINES, dict[str, str])
    now = moment_of(finding.judged_at, path)
    direct = partial(told_by, finding)
    beside = beside_in(finding)
    seen, judgement = _judged(
        opened.source(), registered, digest, parameters, now, joined, direct=direct, beside=beside
    )
    again = next((one for one in judgement.findings if _cell(one) == _cell(finding)), None)
    count = sum(1 for _ in opened.lines(MEASUREMENTS, Document))
    heads, log = log_in(opened, registered, digest)
    in_log, bad_leaves = leaves_differ(opened, heads)
    own = [one.opened_at_us for one in seen.observations if cell_of(one) == _cell(finding)]
    return Checked(
        finding_id=finding.finding_id,
        damaged={},
        verified=compared(finding, again, parameters),
        recomputed_sha256="" if again is None else sha256(msgspec.json.encode(again)).hexdigest(),
        differs=(
            *manifest_differs(opened, finding, count),
            *finding_differs(opened, finding),
            *catalogue_differs(opened, registered),
            *beside_differs(finding, registered, log),
            *heads.bad,
            *bad_leaves,
        ),
        registration_sha256=digest,
        responder_keys=bool(registered.responder_keys),
        measurements=count,
        in_log=in_log,
        keys=heads.keys,
        log=log,
        before_seal=before_seal(own, log),
        conflicts_alone=_conflicts_alone(seen.observations),
        catalogue=opened.catalogue() is not None,
    )


def same_on_other_cpu(path: Path, features: Sequence[str] | None = None) -> tuple[bool, tuple[str, ...]]:
    """Whether a bundle's finding comes out with the same bytes in a process without ``features`` (all that numpy found)."""
    without = tuple(features) if features is not None else cpu_features()
    words = [sys.executable, "-m", "analysis", "verify", str(path), "--json"]
    plain = {name: value for name, value in os.environ.items() if name != DISABLED}
    found = []
    for environment in (plain, {**plain, DISABLED: " ".join(without)}):
        done = subprocess.run(words, env=environment, capture_output=True, check=False)
        if done.returncode not in (0, 1):
            detail = done.stderr.decode(errors="replace").strip()
            raise Trouble("verify.cannot_judge", exit_code=3, detail=detail)
        found.append(msgspec.json.decode(done.stdout, type=Checked).recomputed_sha256)
    return found[0] == found[1] != "", without


def _judged(
    source: Source,
    registered: Registration,
    digest: str,
    parameters: Parameters,
    now: datetime,
    joined: dict[str, str] | None = None,
    *,
    direct: Callable[[], frozenset[Against]],
    beside: Beside,
) -> tuple[Seen, Judgement]:
    seen = replace(
        read_source(source, parameters, until_us=unix_us(now), keys=ResponderKeys(registered.responder_keys)),
        vetted=read_vetted(source, registered),
        joined=together(joined or {}, read_people(source)),
        apart=read_apart(source, registered),
        direct=direct,
        beside=beside,
    )
    return seen, judge_observations(seen, registered, digest, parameters, now=now, full=True)


def told_by(finding: Finding) -> frozenset[Against]:
    """What the finding says that nettests without pairs met: their results are in no bundle, and are taken from it."""
    words = finding.certificate.against if finding.certificate else msgspec.UNSET
    pairs = (word.split(" AS") for word in words or ())
    return frozenset(Against(rule, finding.service, int(network)) for rule, network in pairs)


def _leaves(store: Path, ids: Collection[bytes]) -> tuple[SaltedLeaf, ...]:
    """Where those measurements stand that were sealed, in their order."""
    return tuple(
        SaltedLeaf(
            document_id=document.hex(),
            salt=one.salt.hex(),
            seal=one.serial,
            index=one.index,
            leaf=one.leaf.hex(),
            proof=tuple(step.hex() for step in one.proof),
        )
        for document, one in sorted(standings(store, ids).items())
    )


def heads_for(store: Path, seals: Collection[int]) -> tuple[SignedHead, ...]:
    """The signed heads of these seals as they were first published, and all that name registrations."""
    content = {**signed_heads(store, seals), **dict(naming_heads(store))}
    return tuple(SignedHead(seal=seal, content=one) for seal, one in sorted(content.items()))


def published(store: Path, registered: Registration) -> Published | None:
    """What the plan that was registered measures by; ``None`` where the store has that plan no more."""
    plan = next((one for one in read_plans(store) if one.serial == registered.plan_serial), None)
    if plan is None:
        return None
    return Published(catalogue=plan.catalogue, services=plan.services, controls=plan.controls)


def _separated(source: Source) -> dict[str, int]:
    return {key.hex(): since_us for key, since_us in source.separations().items()}


def _cells_of(finding: Finding, every: Iterable[Finding], registered: Registration) -> frozenset[CellKey]:
    """The cells without which the finding would not come out (``bundle``)."""
    own = _cell(finding)
    needed = {own, *registered.gate_cells}
    for one in every:
        key = _cell(one)
        alike = (key.service, key.direction) == (own.service, own.direction)
        held = any(reason.partition(":")[0] in HELD_BACK for reason in one.reasons)
        proved = one.certificate is not None and "proved" not in one.certificate.wanting
        if alike or held or proved or one.grade or one.outcome in ("different", "equivalent"):
            needed.add(key)
    return frozenset(needed)


def _cell(finding: Finding) -> CellKey:
    return CellKey(finding.brand, finding.technology, finding.plan_class, finding.service, finding.direction)


def _some(rows: Iterable[StoredMeasurement], ids: set[bytes], until_us: int) -> Iterator[StoredMeasurement]:
    return (row for row in as_of(rows, until_us) if row.measurement_id in ids)


def _with_other_bodies(observations: Sequence[Observation], cells: Collection[CellKey]) -> set[bytes]:
    """The pairs of the cells, and whatever else the same tickets were used for: what proves that a pair is in conflict."""
    tickets = {(one.home, one.pair_id) for one in observations if cell_of(one) in cells}
    return {bytes.fromhex(one.measurement_id) for one in observations if (one.home, one.pair_id) in tickets}


def _conflicts_alone(observations: Sequence[Observation]) -> int:
    """Pairs that are flagged as in conflict and have no second body beside them: the flag is the operator's word, and not proved."""
    bodies = Counter((one.home, one.pair_id) for one in observations)
    return sum("conflict" in one.struck and bodies[one.home, one.pair_id] == 1 for one in observations)


def _until(rows: Iterable[StoredReport], until_us: int) -> Iterator[StoredReport]:
    return (row for row in rows if row.received_at_us <= until_us)


def _invited(roster: Iterable[Enrolled], registered: Registration) -> tuple[Enrolled, ...]:
    """Enrolments that make a home vetted: who never showed a registered invitation is nobody's business."""
    every = tuple(roster)
    keys = vetted(every, registered) if registered.channels else {}
    owners = {one.long_lived_key for one in every if one.quarter_key.hex() in keys}
    return tuple(one for one in every if one.long_lived_key in owners)


def registration_in(opened: Bundle) -> tuple[Registration, str, Parameters]:
    """The registration of a bundle, checked as any other is."""
    with TemporaryDirectory(prefix="isonomia-bundle-") as folder:
        path = Path(folder) / REGISTRATION
        path.write_bytes(opened.content(REGISTRATION))
        path.with_name(REGISTERED).write_bytes(opened.content(REGISTERED))
        return load(path)

"""``isonomia-analysis state``: a change of state is entered of a record that was verified, or the ledger is shown.

A file says of itself whatever its writer wants. So before a finding becomes a candidate, is replicated or is published, it is judged
again, from the store or from its sealed bundle, and what replicates it is, too.
"""

import argparse
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final
from zipfile import is_zipfile

import msgspec

from analysis import state_ledger
from analysis.bundle import FINDING, Bundle
from analysis.bundling import check, registration_in
from analysis.finding import Finding
from analysis.log import log_of
from analysis.messages import Trouble, say
from analysis.public.rule import certified
from analysis.record import record_sha256
from analysis.source import store_source
from analysis.states import Change, standings
from analysis.verify import Verified, compared, read_findings, verify_records
from analysis.words import Language

PROVED: Final = frozenset({"candidate", "published", "corrected"})
"""States that are entered of a finding that was judged again just now; of a replication, what replicates is."""


def run_state(options: argparse.Namespace, language: Language, now: datetime) -> Iterator[str]:
    """Enter a change of state, or show the ledger; raises ``Trouble``."""
    if options.to is None:
        yield from _checked(options, language)
        return
    if options.finding is None:
        raise Trouble("ledger.no_finding", path="–", count=0)
    finding = the_finding(options.finding, options.id)
    if options.to == "candidate" and not (finding.outcome == "different" or certified(finding)):
        raise Trouble(
            "ledger.not_a_case", finding_id=finding.finding_id, outcome=finding.outcome, grade=finding.grade
        )
    if options.to in PROVED:
        _prove(finding, options)
    if options.to == "published":
        _check_log(finding, options)
    change = Change(
        finding_id=finding.finding_id,
        state=options.to,
        at=now.isoformat(timespec="seconds"),
        actor=" ".join((options.actor or "").split()),
        reason=options.reason or "",
        evidence=_evidence(finding, options),
        finding_sha256=record_sha256(finding),
    )
    digest = state_ledger.append(options.ledger, change, nameable=finding.nameable)
    facts = {"finding_id": finding.finding_id, "state": change.state, "sha256": digest}
    yield msgspec.json.encode(facts).decode() if options.json else say("ledger.entered", language, **facts)


def _checked(options: argparse.Namespace, language: Language) -> Iterator[str]:
    """The ledger as it reads, and what is to be said of lines that name no record; ``read`` has raised for any that was altered."""
    changes, last = state_ledger.read(options.ledger)
    found = standings(changes)
    if options.json:
        whole = {"lines": len(changes), "last_sha256": last, "findings": found}
        yield msgspec.json.encode(whole).decode()
        return
    for one in changes:
        yield say("ledger.line", language, **msgspec.structs.asdict(one))
    yield say("ledger.whole", language, lines=len(changes), sha256=last)
    for standing in found:
        if standing.record != "named":
            yield say(f"ledger.{standing.record}", language, **msgspec.structs.asdict(standing))


def the_finding(path: Path, finding_id: str | None) -> Finding:
    """The only finding of a file, or that with the id; raises ``Trouble`` where it is not one."""
    wanted = [one for one in read_findings(path) if finding_id in (None, one.finding_id)]
    if len(wanted) != 1:
        raise Trouble("ledger.no_finding", path=path, count=len(wanted))
    return wanted[0]


def _evidence(finding: Finding, options: argparse.Namespace) -> tuple[str, ...]:
    """What the change rests on: the hash of a reply, ids of findings of fresh pairs, or ids as they are given."""
    if options.reply is not None:
        return (_sha256_of(options.reply),)
    if options.evidence is None:
        return ()
    if options.to != "replicated":
        return tuple(one.finding_id for one in read_findings(options.evidence))
    fresh = _fresh(finding, options.evidence)
    if is_zipfile(options.evidence):
        _holds(fresh[0], _of_bundle(fresh[0], options.evidence))
    else:
        _needs_store(options, "replicated")
        registration = options.evidence_registration or options.registration
        for one in verify_records(fresh, options.store, registration, options.evidence):
            _holds(one, one)
    return tuple(one.finding_id for one in fresh)


def _fresh(finding: Finding, path: Path) -> list[Finding]:
    """The findings in ``path`` on the same cell and in the same direction, of fresh pairs; raises ``Trouble`` if there is none."""
    every = [Bundle(path).decoded(FINDING, Finding)] if is_zipfile(path) else read_findings(path)
    own = set(finding.measurement_ids or ())
    fresh = [
        one
        for one in every
        if _claim(one) == _claim(finding)
        and one.outcome == "different"
        and own
        and one.measurement_ids
        and own.isdisjoint(one.measurement_ids)
    ]
    if not fresh:
        raise Trouble("ledger.not_fresh", path=path)
    return fresh


def _claim(finding: Finding) -> tuple[str | None, ...]:
    """What is claimed of which cell."""
    cell = (finding.brand, finding.technology, finding.plan_class, finding.service, finding.direction)
    return (*cell, finding.direction_of_effect)


def _prove(finding: Finding, options: argparse.Namespace) -> None:
    """Judge the finding again; raises ``Trouble`` unless it comes out as its record says."""
    if options.bundle is not None:
        _holds(finding, _of_bundle(finding, options.bundle))
        return
    _needs_store(options, options.to)
    (verified,) = verify_records([finding], options.store, options.registration, options.finding)
    _holds(finding, verified)


def _check_log(finding: Finding, options: argparse.Namespace) -> None:
    """Raises ``Trouble`` where there is a log and it does not name the finding's registration: nothing else shows its date."""
    source = Bundle(options.bundle).source() if options.bundle is not None else store_source(options.store)
    log = log_of(source, finding.registration_sha256, finding.quarter)
    if log.heads and log.seal is None:
        raise Trouble("ledger.not_sealed", sha256=finding.registration_sha256)


def _needs_store(options: argparse.Namespace, state: str) -> None:
    if options.store is None or options.registration is None:
        raise Trouble("ledger.needs_proof", state=state)


def _of_bundle(finding: Finding, path: Path) -> Verified:
    """What a sealed bundle says of a finding: that it holds, and that it is the same."""
    opened = Bundle(path)
    if opened.manifest.form != "sealed":
        raise Trouble("ledger.needs_proof", state="–")
    checked = check(path)
    if checked.verified is None or not checked.holds:
        lines = [
            *checked.damaged.values(),
            *checked.differs,
            *(checked.verified.differs if checked.verified else ()),
        ]
        raise Trouble("ledger.does_not_hold", finding_id=finding.finding_id, detail=" ; ".join(lines))
    _, _, parameters = registration_in(opened)
    return compared(finding, opened.decoded(FINDING, Finding), parameters)


def _holds(finding: Finding | Verified, verified: Verified) -> None:
    if not verified.holds:
        detail = " ; ".join(verified.differs)
        raise Trouble("ledger.does_not_hold", finding_id=finding.finding_id, detail=detail)


def _sha256_of(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise Trouble("finding.missing", path=path, detail=error.strerror or error) from error

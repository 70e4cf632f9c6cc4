"""Checks that both forms of a bundle share: the manifest against what it is of, the catalogue, and the log."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from analysis.bundle import FINDING, HEADS, LEAVES, MEASUREMENTS, Bundle, Document, Packed, SaltedLeaf
from analysis.finding import Finding, beside_in
from analysis.log import Heads, Logged, logged, open_heads
from analysis.registration import Registration
from collector.salted import salted_leaf


def manifest_differs(opened: Bundle, finding: Packed, counted: int) -> Iterator[str]:
    """Fields of the manifest that say something else than its files."""
    manifest = opened.manifest
    said = {
        "finding_id": (manifest.finding_id, finding.finding_id),
        "code_version": (manifest.code_version, finding.code_version),
        "registration_sha256": (manifest.registration_sha256, finding.registration_sha256),
        "judged_at": (manifest.judged_at, finding.judged_at),
        "measurements": (manifest.measurements, counted),
        "sha256": (sorted(manifest.sha256), sorted(opened.files)),
    }
    for name, (here, there) in said.items():
        if here != there:
            yield f"manifest.{name}: {here!r} != {there!r}"


def finding_differs(opened: Bundle, finding: Finding) -> Iterator[str]:
    """Members of the finding's file that are there twice, or that no finding has: nothing here looks at them, and another reader may believe them."""
    twice: set[str] = set()

    def each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in members]
        twice.update(name for name in names if names.count(name) > 1)
        return dict(members)

    said = json.loads(opened.content(FINDING), object_pairs_hook=each_once, parse_int=str)
    strange = _members(said) - _members(json.loads(msgspec.json.encode(finding)))
    for name in sorted(twice):
        yield f"{FINDING}: {name!r} is there twice"
    for name in sorted(strange - twice):
        yield f"{FINDING}: {name!r} is of no finding"


def _members(value: Any, where: str = "") -> set[str]:
    """The members of plain JSON, by their way; those of a list's values have one name."""
    if isinstance(value, list):
        return {name for one in value for name in _members(one, where)}
    if not isinstance(value, dict):
        return set()
    own = {f"{where}.{name}".lstrip("."): inner for name, inner in value.items()}
    return set(own) | {name for way, inner in own.items() for name in _members(inner, way)}


def catalogue_differs(opened: Bundle, registered: Registration) -> Iterator[str]:
    """Whether the catalogue is the one whose version was registered. A store that had lost its plan has none to give."""
    catalogue = opened.catalogue()
    if catalogue is not None and catalogue.version() != registered.catalogue_version:
        yield f"catalogue: {catalogue.version()} != {registered.catalogue_version}"


def beside_differs(finding: Finding, registered: Registration, log: Logged) -> Iterator[str]:
    """Registrations of the quarter that the log or the registration names, and a finding made from the same does not count.

    How many hypotheses one of them has stands in it; a bundle names it by its hash and does not hold it.
    """
    for one in sorted({*registered.beside, *log.others_by(finding.judged_at)} - beside_in(finding).keys()):
        yield f"beside: {one} was registered for the same quarter"


def log_in(opened: Bundle, registered: Registration, digest: str) -> tuple[Heads, Logged]:
    """The heads in a bundle, and what they say of its registration."""
    heads = open_heads(opened.heads(), HEADS)
    return heads, logged(list(heads.by_seal.values()), digest, registered.quarter)


def leaves_differ(opened: Bundle, heads: Heads) -> tuple[int, list[str]]:
    """How many measurements are proved to stand in the log, and which leaves are not what they say."""
    if LEAVES not in opened.files:
        return 0, []
    own = {one.document_id.hex() for one in opened.lines(MEASUREMENTS, Document)}
    seen: set[str] = set()
    wrong = []
    for number, leaf in enumerate(opened.lines(LEAVES, SaltedLeaf), 1):
        if (
            leaf.document_id not in own
            or leaf.document_id in seen
            or not _is_of(leaf)
            or not heads.holds(leaf)
        ):
            wrong.append(f"{LEAVES} line {number}: not in seal {leaf.seal}")
        seen.add(leaf.document_id)
    return len(seen), wrong


def before_seal(opened_at_us: Sequence[int], log: Logged) -> int:
    """How many pairs were opened before the log named their registration; all of them where it never did."""
    if log.sealed_at_us is None:
        return len(opened_at_us)
    return sum(at < log.sealed_at_us for at in opened_at_us)


def _is_of(leaf: SaltedLeaf) -> bool:
    try:
        return salted_leaf(bytes.fromhex(leaf.salt), bytes.fromhex(leaf.document_id)).hex() == leaf.leaf
    except ValueError:
        return False

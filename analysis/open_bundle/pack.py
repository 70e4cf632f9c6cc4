"""Packing the public form: the sealed form first, which judges again, then what may leave of it."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from analysis.bundle import (
    CATALOGUE,
    FINDING,
    HEADS,
    LINES,
    PAIRS,
    REGISTERED,
    REGISTRATION,
    Bundle,
    Manifest,
    lines_of,
    write_files,
)
from analysis.bundling import heads_for, pack, registration_in
from analysis.clusters import main_domain
from analysis.finding import Finding
from analysis.judge import in_cells
from analysis.log import Leaf
from analysis.messages import Trouble
from analysis.missing import missing_of
from analysis.observe.record import Observation, RunObserved
from analysis.open_bundle.form import (
    FEWEST_LINES,
    NAMING,
    OTHER_DOMAIN,
    PublicPair,
    rounded,
)
from analysis.reading import read_source
from analysis.registration import CellKey
from analysis.vetted import read_vetted
from collector.leaves import Standing, standings
from collector.quarters import EPOCH, unix_us


def pack_public(
    finding: Finding, store: Path, registration: Path, path: Path, rng: random.Random
) -> Manifest:
    """Write the public bundle of a finding that comes out of the store; raises ``Trouble``.

    ``rng`` numbers homes and lines: it must not be one that can be guessed, or two bundles could be joined.
    """
    with TemporaryDirectory(prefix="isonomia-bundle-") as folder:
        sealed = Path(folder) / "sealed.zip"
        pack(finding, store, registration, sealed)
        opened = Bundle(sealed)
        own, line_of = _pairs_in(opened)
        lines = {line_of[pair.home] for pair, rule in own if rule is None}
        if len(lines) < FEWEST_LINES:
            raise Trouble(
                "bundle.few_lines", finding_id=finding.finding_id, lines=len(lines), fewest=FEWEST_LINES
            )
        places = standings(store, {bytes.fromhex(pair.measurement_id) for pair, _ in own})
        heads = heads_for(store, {one.serial for one in places.values()})
        anonymous = _anonymous(opened.decoded(FINDING, Finding))
        rows = _rows(own, line_of, places, rng)
        return write_files(
            path,
            {
                FINDING: [_json(anonymous)],
                REGISTRATION: [opened.content(REGISTRATION)],
                REGISTERED: [opened.content(REGISTERED)],
                PAIRS: [msgspec.json.encode(row) + b"\n" for row in rows],
                HEADS: lines_of(heads),
                CATALOGUE: [opened.content(CATALOGUE)],
            },
            anonymous,
            form="public",
            counted=PAIRS,
        )


def _pairs_in(opened: Bundle) -> tuple[list[tuple[Observation, str | None]], dict[str, str]]:
    """The cell's pairs, each with the rule that keeps it from counting, and the line of each home."""
    finding = opened.decoded(FINDING, Finding)
    registered, _, parameters = registration_in(opened)
    lines, until_us = (
        opened.decoded(LINES, dict[str, str]),
        unix_us(datetime.fromisoformat(finding.judged_at)),
    )
    by_cell, tickets, _ = in_cells(read_source(opened.source(), parameters), registered)
    key = _cell(finding)
    stored = by_cell.get(key, [])
    own = missing_of(stored, tickets.get(key, ()), until_us, lines, parameters).counted(stored)
    vetted = read_vetted(opened.source(), registered)
    domain = main_domain((pair for pair in own if pair.discarded_by is None), lines, vetted)
    told = [
        (pair, pair.discarded_by or (None if pair.line_domain == domain else OTHER_DOMAIN)) for pair in own
    ]
    return told, lines


def _rows(
    own: Sequence[tuple[Observation, str | None]],
    line_of: dict[str, str],
    places: dict[bytes, Standing],
    rng: random.Random,
) -> list[PublicPair]:
    """Lines of the file in an order that tells no time finer than the hour, nor which home came first."""
    homes = _numbered({pair.home for pair, _ in own}, rng)
    lines = _numbered({line_of[pair.home] for pair, _ in own}, rng)
    rows = [
        PublicPair(
            home=homes[pair.home],
            line=lines[line_of[pair.home]],
            hour=_hour(pair),
            local_hour=int(pair.local_hour) % 24,
            network="unknown" if pair.asn is None else f"AS{pair.asn}",
            variant=pair.variant,
            stratum=pair.stratum,
            first=pair.first,
            failures=(_failure(pair.original), _failure(pair.control)),
            discarded_by=rule,
            struck=pair.struck,
            features=None if pair.features is None else rounded(pair.features),
            leaf=_leaf(places.get(bytes.fromhex(pair.measurement_id))),
        )
        for pair, rule in own
    ]
    return sorted(rows, key=lambda row: (row.hour, row.home, "" if row.leaf is None else row.leaf.leaf))


def _numbered(names: set[str], rng: random.Random) -> dict[str, int]:
    shuffled = sorted(names)
    rng.shuffle(shuffled)
    return {name: number for number, name in enumerate(shuffled, 1)}


def _hour(pair: Observation) -> str:
    at = EPOCH + timedelta(microseconds=pair.opened_at_us)
    return at.astimezone(UTC).strftime("%Y-%m-%dT%HZ")


def _failure(run: RunObserved | None) -> str | None:
    return None if run is None else run.failure


def _leaf(place: Standing | None) -> Leaf | None:
    if place is None:
        return None
    proof = tuple(one.hex() for one in place.proof)
    return Leaf(seal=place.serial, index=place.index, leaf=place.leaf.hex(), proof=proof)


def _anonymous(finding: Finding) -> Finding:
    """The finding without what leads to documents or homes; its other fields are sums."""
    nothing = {field.name: field.default for field in msgspec.structs.fields(Finding) if field.name in NAMING}
    return msgspec.structs.replace(finding, **nothing)


def _cell(finding: Finding) -> CellKey:
    return CellKey(finding.brand, finding.technology, finding.plan_class, finding.service, finding.direction)


def _json(finding: Finding) -> bytes:
    return msgspec.json.format(msgspec.json.encode(finding), indent=1) + b"\n"

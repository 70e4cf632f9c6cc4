"""Where a stored result is from, in a responder's signed words: line, network, day. Pure but for ``results``.

A home is a line, not a tag: its address moves from one /24 to another, and has a tag of its own in IPv6. So a line is
what ``clusters.Lines`` joins, homes that shared a tag on a day or live at one, and keys that the roster knows to be one home's
(``people``); its name is that of its homes' smallest key. An operator's word that sets homes apart is not asked: joining too much only weakens.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from analysis.clusters import NOBODY, Lines, Stays
from analysis.observe.lean import ABSENT
from analysis.observe.opened import Corrupt, Resulted, open_stored
from analysis.people import people
from collector.data_folder import DataFolder
from collector.hot_files import hour_of, path_of
from collector.reader import read_measurements, read_plans, read_rosters
from collector.stored import StoredMeasurement
from probe.measurement.envelope import Measurement
from probe.measurement.keys import quarter_of
from probe.measurement.receipt import Statement
from probe.measurement.results import LatencyResult
from probe.measurement.signing import STATEMENT, BadSignature, Signed, verify

_STATEMENT: Final = msgspec.json.Decoder(Statement)


class _Glance(msgspec.Struct, frozen=True):
    """What tells a pair, which is not looked at here."""

    pair: msgspec.Raw = msgspec.Raw()


_GLANCE: Final = msgspec.json.Decoder(_Glance)
UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """``line`` is the home's key (hex), ``tags`` those that it showed, "family:tag"; ``network`` its ASN and ``day`` (UTC): ``None`` without a witness."""

    line: str
    tags: tuple[str, ...]
    network: int | None
    day: str | None


def results(
    store: Path, damaged: list[str], *, quarter: str | None = None, until_us: int | None = None
) -> Iterator[tuple[Resulted, Place]]:
    """The results in a collector's folder, each with its place; damaged rows are passed over and named in ``damaged``.

    With ``quarter`` ("2026Q4") only those of that quarter, by a responder's word or, without one, by the home's clock. With
    ``until_us`` only what had been received by then. Rows with a pair are not opened: ``judge`` says what is wrong with these.
    """
    rows = read_measurements(store)
    if until_us is not None:
        rows = (row for row in rows if row.received_at_us <= until_us)
    for opened, where in results_in(rows, keys_of(store), lambda row: _file_of(store, row), damaged):
        day = where.day or opened.measurement.started_at.astimezone(UTC).date().isoformat()
        if quarter is None or quarter_of(datetime.fromisoformat(day)) == quarter:
            yield opened, where


def results_in(
    rows: Iterable[StoredMeasurement],
    keys: Container[bytes],
    file_of: Callable[[StoredMeasurement], str],
    damaged: list[str],
) -> Iterator[tuple[Resulted, Place]]:
    """The results among rows, each with its place by the word of responders with these keys; damaged rows are named in ``damaged``."""
    for stored in rows:
        try:
            if _GLANCE.decode(stored.body).pair not in ABSENT:
                continue
            opened = open_stored(stored)
        except (*UNREADABLE, Corrupt) as error:
            damaged.append(f"{file_of(stored)} {stored.measurement_id.hex()}: {error}")
            continue
        if isinstance(opened, Resulted):
            yield opened, place_of(opened.measurement, keys)


def _file_of(store: Path, stored: StoredMeasurement) -> str:
    path = (
        Path(stored.file) if stored.file else path_of(DataFolder(store).hot, hour_of(stored.received_at_us))
    )
    return path.name


def keys_of(store: Path) -> frozenset[bytes]:
    """The keys of every responder that a plan named."""
    return frozenset(responder.key for plan in read_plans(store) for responder in plan.responders)


def said_of(measurement: Measurement, responder_keys: Container[bytes]) -> list[Statement]:
    """What responders with these keys said of the line, before and after."""
    signed: tuple[Signed, ...] = measurement.witnesses
    if isinstance(measurement.result, LatencyResult):
        signed = () if measurement.result.statement is None else (measurement.result.statement,)
    return [known for one in signed if (known := _statement(one, responder_keys)) is not None]


def place_of(measurement: Measurement, responder_keys: Container[bytes]) -> Place:
    """By the witnesses before and after it, or by the statement that a latency has of its own.

    Words that differ leave the network unknown: the line moved in between.
    """
    said = said_of(measurement, responder_keys)
    tags = {f"{one.path.address_family}:{one.path.line_tag.hex()}" for one in said if one.path.line_tag}
    networks = {known.path.asn for known in said}
    days = [datetime.fromtimestamp(known.closed_at_us / 1e6, UTC).date().isoformat() for known in said]
    return Place(
        line=measurement.probe_key.hex(),
        tags=tuple(sorted(tags)),
        network=networks.pop() if len(networks) == 1 else None,
        day=days[0] if days else None,
    )


def joined_in(store: Path) -> dict[str, str]:
    """Of a collector's folder: the keys (hex) that its roster knows to be one home's (``people``)."""
    return people(read_rosters(store))


def lines_of(places: Iterable[Place], joined: Mapping[str, str] = NOBODY) -> dict[str, str]:
    """The line of every home: those that showed a tag in common on one day are one, or live at the same, or are ``joined`` by what is known beforehand."""
    days: dict[str | None, list[Place]] = defaultdict(list)
    for place in places:
        days[place.day].append(place)
    lines, stays = Lines(), Stays()
    for own in days.values():
        with lines.day() as touched:
            for place in own:
                touched(place.line, place.tags)
                for tag in place.tags:
                    stays.seen(place.line, place.network, tag.rpartition(":")[0], [tag])
    lines.settle(stays.at())
    return lines.joined_as(joined)


def _statement(signed: Signed, responder_keys: Container[bytes]) -> Statement | None:
    try:
        return _STATEMENT.decode(verify(signed, STATEMENT)) if signed.key in responder_keys else None
    except (BadSignature, msgspec.MsgspecError):
        return None

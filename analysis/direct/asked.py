"""``isonomia-analysis direct --registration`` and ``verify`` of its bundle: what they do and say, apart from the words of the command line."""

import argparse
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from analysis.bundle import Bundle
from analysis.direct.command import table_of, told_lines
from analysis.direct.packed import DirectChecked, check_direct, pack_direct
from analysis.direct.registered import DirectReport, report
from analysis.messages import say
from analysis.people import read_people
from analysis.registration import load
from analysis.source import store_source
from analysis.words import Language


def registered_lines(options: argparse.Namespace, language: Language, now: datetime) -> Iterator[str]:
    """What is to be printed of a store by a registration; its bundle is written where one is wanted. Raises ``Trouble``."""
    registered, digest, _ = load(options.registration)
    source = store_source(options.store)
    networks = None if options.mmdb is None else table_of(options.mmdb)
    made = report(
        source.measurements(),
        registered,
        digest,
        now=now,
        networks=networks,
        joined=read_people(source),
        file_of=lambda row: source.where(row).name,
    )
    if options.bundle is not None:
        pack_direct(made, source.measurements(), options.registration, options.bundle)
    if options.json:
        yield msgspec.json.format(msgspec.json.encode(made), indent=1).decode()
        return
    yield from _lines(made, options.bundle, language)


def _lines(made: DirectReport, bundle: Path | None, language: Language) -> Iterator[str]:
    facts = {"sha256": made.registration_sha256, "quarter": made.quarter, "used": len(made.used)}
    yield say("direct.registered", language, **facts)
    if not made.told:
        yield say("direct.none", language, sights=len(made.used))
    yield from told_lines(made.told, language)
    if made.before_registration or made.other_services:
        left = {"early": made.before_registration, "others": made.other_services}
        yield say("direct.left_out", language, **left)
    if made.damaged:
        separator = "\u00a0; " if language == "fr" else "; "
        yield say("direct.damaged", language, count=len(made.damaged), rows=separator.join(made.damaged))
    if not made.report_date:
        yield say("say.provisional", language)
    if made.other_rules:
        yield say("say.other_rules", language)
    if bundle is not None:
        yield say("direct.packed", language, path=bundle, used=len(made.used))


def checked(opened: Bundle, options: argparse.Namespace) -> DirectChecked:
    """A bundle of results without pairs, checked; raises ``Trouble``."""
    return check_direct(opened, None if options.mmdb is None else table_of(options.mmdb))


def checked_lines(found: DirectChecked, language: Language) -> Iterator[str]:
    """Line by line, what holds of it."""
    for name, detail in found.damaged.items():
        yield say("bundle.damaged", language, name=name, detail=detail)
    if found.damaged:
        return
    yield say("bundle.whole", language)
    if found.differs:
        yield say("bundle.contradicts", language, differs=" ; ".join(found.differs))
    if found.no_table is not None:
        yield say("direct.no_table", language, sha256=found.no_table)
    if found.holds:
        yield say("direct.holds", language, told=found.told, used=found.measurements)
    yield say("log.registration", language, sha256=found.registration_sha256)
    if found.other_code:
        yield say("verify.other_code", language)

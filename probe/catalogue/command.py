"""``isonomia-probe catalogue check | show | verify | copy``: wiring, and nothing else."""

import asyncio
from argparse import Namespace
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copyfile
from typing import Any

from probe.catalogue.check import problems
from probe.catalogue.coverage import Coverage, coverage
from probe.catalogue.entries import SECTORS, Catalogue, Entry
from probe.catalogue.read import CONTROLS, RISK, SERVICES, SHIPPED, VERIFICATION, Problem, Record, read
from probe.catalogue.risk import RiskBook
from probe.emitter import Emitter
from probe.messages import text
from probe.state import Home, reason_of
from probe.trouble import EXIT_NOTHING, EXIT_OK, SetUpTrouble, UsageTrouble


def today() -> date:
    """The date in UTC."""
    return datetime.now(UTC).date()


def check_command(home: Home, args: Namespace, emitter: Emitter) -> int:  # noqa: ARG001 - one shape for all commands
    """``catalogue check``."""
    reading = read(_folder(args))
    found = problems(reading, today())
    for problem in found:
        _say_problem(problem, emitter)
    counts = coverage(reading.entries)
    emitter.emit(
        "catalogue_checked",
        version=reading.catalogue().version(),
        services=counts.services,
        countries=len(counts.countries),
        languages=len(counts.languages),
        problems=len(found),
    )
    if found:
        raise SetUpTrouble("catalogue_faulty", folder=_folder(args), problems=len(found))
    return EXIT_OK


def show_command(home: Home, args: Namespace, emitter: Emitter) -> int:  # noqa: ARG001 - as above
    """``catalogue show``."""
    catalogue = read(_folder(args)).catalogue()
    chosen = [e for e in _chosen(catalogue, args.service) if args.country in (None, e.country)]
    book = RiskBook(catalogue)
    for entry in chosen:
        _say_entry(entry, book, args.from_country, emitter)
    counts = coverage(chosen)
    emitter.emit("catalogue_coverage", version=catalogue.version(), **_counts(counts))
    return EXIT_OK if chosen else EXIT_NOTHING


def verify_command(home: Home, args: Namespace, emitter: Emitter) -> int:  # noqa: ARG001 - as above
    """``catalogue verify``."""
    from probe.catalogue import lab as laboratory  # noqa: PLC0415 - as above
    from probe.catalogue import verify  # noqa: PLC0415 - brings aiohttp, which no other command here needs
    from probe.catalogue.way_out import open_way_out  # noqa: PLC0415 - as above

    folder = _folder(args)
    reading = read(folder)
    path = Path(args.out) if args.out else folder / VERIFICATION
    chosen = _chosen(reading.catalogue(), args.service)
    lab = None if args.lab is None else laboratory.load(Path(args.lab)).laboratory
    port = 443 if lab is None else lab.https_port

    async def look() -> list[Record]:
        records = []
        async with open_way_out() if lab is None else open_way_out(*laboratory.terms_of(lab)) as way:
            for entry in chosen:
                records.append(await verify.look_up(entry, way, today(), port))
                emitter.emit("catalogue_looked_up", **_facts(records[-1]))
        return records

    records = asyncio.run(look())
    try:
        verify.write(path, reading.records, records)
    except OSError as error:
        raise SetUpTrouble("folder_unwritable", folder=path.parent, reason=reason_of(error)) from error
    good = sum(record.ok for record in records)
    emitter.emit("catalogue_written", path=str(path), looked_up=len(records), good=good)
    return EXIT_OK if good == len(records) else EXIT_NOTHING


def copy_command(home: Home, args: Namespace, emitter: Emitter) -> int:  # noqa: ARG001 - as above
    """``catalogue copy``: the files of a catalogue into a folder that has none, to be added to and looked up there."""
    source, into = _folder(args), Path(args.into)
    if (into / SERVICES).exists():
        raise UsageTrouble("catalogue_there", folder=into)
    files = [*(source / SERVICES).glob("*.toml"), *(source / name for name in (CONTROLS, RISK, VERIFICATION))]
    try:
        (into / SERVICES).mkdir(parents=True)
        for path in filter(Path.exists, files):
            copyfile(path, into / path.relative_to(source))
    except OSError as error:
        raise SetUpTrouble("folder_unwritable", folder=into, reason=reason_of(error)) from error
    catalogue = read(into).catalogue()
    emitter.emit(
        "catalogue_copied", path=str(into), version=catalogue.version(), services=len(catalogue.services)
    )
    return EXIT_OK


def _folder(args: Namespace) -> Path:
    return Path(args.folder) if args.folder else SHIPPED


def _chosen(catalogue: Catalogue, asked: list[str] | None) -> tuple[Entry, ...]:
    known = {entry.id: entry for entry in catalogue.services}
    for service in asked or ():
        if service not in known:
            raise UsageTrouble("catalogue_unknown_service", service=service)
    return tuple(known[service] for service in dict.fromkeys(asked or known))


def _say_problem(problem: Problem, emitter: Emitter) -> None:
    emitter.emit(
        "catalogue_problem",
        file=problem.file,
        entry=problem.entry,
        code=problem.code,
        place=f"{problem.file}, {problem.entry}" if problem.entry else problem.file,
        message=text(f"catalogue.{problem.code}", emitter.language, **problem.facts),
    )


def _say_entry(entry: Entry, book: RiskBook, country: str | None, emitter: Emitter) -> None:
    risk = None if country is None else book.verdict(entry.id, entry.names, country).risk
    emitter.emit(
        "catalogue_entry",
        id=entry.id,
        name=entry.name,
        operator=entry.operator,
        country=entry.country,
        languages=list(entry.languages),
        sector=entry.sector,
        sector_name=SECTORS[entry.sector][emitter.language],
        kind=entry.kind,
        origin=entry.origin,
        names=list(entry.names),
        pace_bit_s=entry.pace_bit_s,
        verified=entry.verified,
        verified_on=None if entry.verified_on is None else entry.verified_on.isoformat(),
        risk=risk,
    )


def _facts(record: Record) -> dict[str, Any]:
    return {"id": record.id, "ok": record.ok, "on": record.on.isoformat(), "result": record.result}


def _counts(counts: Coverage) -> Mapping[str, Any]:
    return {
        "services": counts.services,
        "names": counts.names,
        "verified": counts.verified,
        "countries": counts.countries,
        "languages": counts.languages,
        "sectors": counts.sectors,
        "kinds": counts.kinds,
        "origins": counts.origins,
    }

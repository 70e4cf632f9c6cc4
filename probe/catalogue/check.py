"""Checking the catalogue: form, duplicates, coverage. Each mistake says file, entry, what is wrong and what to do."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, get_args
from urllib.parse import urlsplit

from probe.catalogue.codes import COUNTRIES, HOST, LANGUAGE
from probe.catalogue.coverage import coverage
from probe.catalogue.entries import SECTORS, Entry, FetchObject, Kind, MatchedControl, Origin
from probe.catalogue.read import CONTROLS, RISK, SERVICES, VERIFICATION, Problem, Reading
from probe.measurement.coin import CLOSEST_LENGTHS, matched_names
from probe.nettests.endpoint import COMPARED_BYTES

LEAST_SERVICES: Final = 80
LEAST_COUNTRIES: Final = 25
"""Issue 4: at least 80 services in at least 25 countries."""
LEAST_LANGUAGES: Final = 25
"""No fewer than countries: where more is spoken than a state's language, its culture is what is easily left out."""
NAMED_LANGUAGES: Final = ("fr", "en", "iu", "cr", "oj", "ar")
"""Of those whom the mission names: Québec, Canada with three of its Indigenous languages, the Francophonie, the Arab world."""
NAMED_SECTORS: Final = (
    *(sector for sector, said in SECTORS.items() if len(said["code"]) == 1),
    "archiving",
)
"""The six cultural domains of the UNESCO framework, and archives, which the mission names."""
LEAST_CANDIDATES: Final = 2
MOST_CANDIDATES: Final = 64
"""What a ticket can carry (``probe.measurement.ticket.Opening``)."""

MOST_PER_CONTROL: Final = 3
"""Entries whose controls are on one host: it belongs to somebody who is no party to this."""


def problems(reading: Reading, today: date) -> list[Problem]:
    """Everything wrong with what was read, in the order of the files, and what it does not cover."""
    return [*form(reading, today), *_coverage(reading)]


def form(reading: Reading, today: date) -> list[Problem]:
    """What is wrong with what is there, be it little."""
    found = list(reading.problems)
    for entry, file in zip(reading.entries, reading.places, strict=True):
        found += _entry(entry, file)
    found += _twice(reading)
    found += _controls(reading)
    found += _crowded(reading)
    found += _risks(reading, today)
    found += _records(reading, today)
    return found


def host_fault(name: str) -> bool:
    """Whether ``name`` is no host name as TLS carries it; an address is none either."""
    return HOST.fullmatch(name) is None or name.rpartition(".")[2].isdigit()


def _entry(entry: Entry, file: str) -> Iterator[Problem]:
    def problem(code: str, detail: object = "") -> Problem:
        return Problem(code, file, entry.id, {"detail": detail})

    if entry.country not in COUNTRIES:
        yield problem("bad_country", entry.country)
    yield from (problem("bad_language", tag) for tag in entry.languages if not LANGUAGE.fullmatch(tag))
    yield from (problem("bad_host", name) for name in entry.names if host_fault(name))
    yield from (
        problem("twice_in_entry", tag) for tag, count in Counter(entry.languages).items() if count > 1
    )
    if (entry.best_bit_s is None) != (entry.best_source is None):
        yield problem("rate_without_source")
    if entry.verified or entry.verified_on:
        yield problem("verified_by_hand")
    yield from _objects(entry, problem)


def _objects(entry: Entry, problem: Callable[[str, object], Problem]) -> Iterator[Problem]:
    """Of its objects and their control."""
    control = entry.control
    if control is not None and not entry.fetch:
        yield problem("control_without_object", control.url)
    if entry.fetch and control is None:
        yield problem("object_without_control", "")
    for item in entry.fetch:
        if (fault := url_fault(item.url)) or urlsplit(item.url).hostname not in entry.names:
            yield problem("bad_object" if fault else "object_elsewhere", item.url)
    if control is not None and url_fault(control.url):
        yield problem("bad_object", control.url)
    if control is not None and urlsplit(control.url).hostname in entry.names:
        yield problem("control_at_home", control.url)
    both: tuple[FetchObject | MatchedControl, ...] = (*entry.fetch, *filter(None, [control]))
    for listed in both:
        if listed.bytes <= COMPARED_BYTES and listed.head_sha256 is not None:
            yield problem("head_of_a_short_one", listed.url)
        if listed.bytes > COMPARED_BYTES and listed.sha256 is not None and listed.head_sha256 is None:
            yield problem("head_missing", listed.url)


def url_fault(url: str) -> bool:
    """Whether ``url`` is no plain ``https://host/path``."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme != "https"
            or parts.username is not None
            or bool(parts.fragment)
            or host_fault(parts.hostname or "")
            or (parts.port is not None and parts.port <= 0)
        )
    except ValueError:
        return True


def _twice(reading: Reading) -> Iterator[Problem]:
    """An id or a host name that stands twice: said at its second place, with the first."""
    ids: dict[str, str] = {}
    hosts: dict[str, str] = {}
    for entry, file in zip(reading.entries, reading.places, strict=True):
        if entry.id in ids:
            yield Problem("id_twice", file, entry.id, {"detail": ids[entry.id]})
        ids.setdefault(entry.id, file)
        for name in entry.names:
            if name in hosts:
                yield Problem("host_twice", file, entry.id, {"detail": name, "other": hosts[name]})
            hosts.setdefault(name, entry.id)


def _crowded(reading: Reading) -> Iterator[Problem]:
    """A server that stands as the control of many entries: every home would meet it again and again. Said at the first too many."""
    held: Counter[str] = Counter()
    for entry, file in zip(reading.entries, reading.places, strict=True):
        if entry.control is None or url_fault(entry.control.url):
            continue
        host = urlsplit(entry.control.url).hostname or ""
        held[host] += 1
        if held[host] == MOST_PER_CONTROL + 1:
            yield Problem("control_crowded", file, entry.id, {"detail": host, "most": MOST_PER_CONTROL})


def _controls(reading: Reading) -> Iterator[Problem]:
    names = reading.controls.spoofed_popular
    cultural = {name: entry.id for entry in reading.entries for name in entry.names}
    for name in names:
        if host_fault(name):
            yield Problem("bad_host", CONTROLS, "spoofed_popular", {"detail": name})
        if name in cultural:
            yield Problem(
                "control_is_service", CONTROLS, "spoofed_popular", {"detail": name, "other": cultural[name]}
            )
    for label in reading.controls.owned_labels:
        if host_fault(f"{label}.example") or "." in label:
            yield Problem("bad_label", CONTROLS, "owned_labels", {"detail": label})
    for stratum, values in (("spoofed_popular", names), ("owned_labels", reading.controls.owned_labels)):
        for value, count in Counter(values).items():
            if count > 1:
                yield Problem("control_twice", CONTROLS, stratum, {"detail": value})
    for entry in reading.entries:
        for name in entry.names:
            near = [c for c in matched_names(names, name) if abs(len(c) - len(name)) <= CLOSEST_LENGTHS]
            if not LEAST_CANDIDATES <= len(near) <= MOST_CANDIDATES:
                facts = {"detail": name, "count": len(near), "length": len(name)}
                yield Problem("control_lengths", CONTROLS, entry.id, facts)


def _risks(reading: Reading, today: date) -> Iterator[Problem]:
    known = {entry.id for entry in reading.entries}
    seen: dict[tuple[str, str], str] = {}
    for number, line in enumerate(reading.risks, 1):
        where = f"risk[{number}]"
        for country in line.countries:
            if country not in COUNTRIES:
                yield Problem("bad_country", RISK, where, {"detail": country})
            for service in line.services or ("",):
                if (country, service) in seen:
                    facts = {"detail": f"{country} {service}".strip(), "other": seen[country, service]}
                    yield Problem("risk_twice", RISK, where, facts)
                seen.setdefault((country, service), where)
        for service in line.services:
            if service not in known:
                yield Problem("risk_unknown_service", RISK, where, {"detail": service})
        if line.date > today:
            yield Problem("date_ahead", RISK, where, {"detail": line.date})


def _records(reading: Reading, today: date) -> Iterator[Problem]:
    entries = {entry.id: entry for entry in reading.entries}
    for record in reading.records:
        entry = entries.get(record.id)
        if entry is None:
            yield Problem("record_unknown", VERIFICATION, record.id, {"detail": record.id})
        elif entry.digest() != record.entry:
            yield Problem("record_stale", VERIFICATION, record.id, {"detail": record.on})
        if record.on > today:
            yield Problem("date_ahead", VERIFICATION, record.id, {"detail": record.on})


def _coverage(reading: Reading) -> Iterator[Problem]:
    """Too few of a thing, or none of one that must be there: by number, country, language, sector, kind and origin."""
    if not reading.entries:
        return
    there = coverage(reading.entries)
    counts = {
        "few_services": (there.services, LEAST_SERVICES),
        "few_countries": (len(there.countries), LEAST_COUNTRIES),
        "few_languages": (len(there.languages), LEAST_LANGUAGES),
    }
    for code, (count, least) in counts.items():
        if count < least:
            yield Problem(code, f"{SERVICES}/", facts={"count": count, "least": least})
    needed = {
        "language_missing": (NAMED_LANGUAGES, there.languages),
        "sector_missing": (NAMED_SECTORS, there.sectors),
        "kind_missing": (get_args(Kind), there.kinds),
        "origin_missing": (get_args(Origin), there.origins),
    }
    for code, (names, found) in needed.items():
        for missing in [name for name in names if name not in found]:
            more = {"domain": SECTORS[missing]["code"]} if code == "sector_missing" else {}
            yield Problem(code, f"{SERVICES}/", facts={"detail": missing, **more})

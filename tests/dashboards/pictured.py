"""The world of the pictures: two providers of ten lines in one region, seventeen days of four services in two sectors, and what comes with it.

One provider shapes a service all the time, blocks another, and polices a third from a Monday on; the other one treats all alike. Some pairs
are discarded, some runs skipped; lines looked at services without pairs; one practice is declared. Its findings have grade 2, for nobody
is vetted here: one was sent to the provider, who replied, and none is published.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from analysis import cli as analysis
from analysis import registration
from analysis.verify import read_findings
from collector.data_folder import DataFolder
from collector.stored import StoredMeasurement
from probe.measurement.envelope import Line, Measurement, decode
from probe.measurement.receipt import Path as Seen
from probe.measurement.receipt import Statement
from probe.measurement.results import FetchResult, ReachabilityResult, Result
from probe.measurement.signing import PLAN, STATEMENT, Signed, sign
from tests.analysis.test_direct import DENIED, HONEST, PAGE
from tests.analysis.worlds import BLOCKED, BRAND, NEUTRAL, NOW, POLICED, SHAPED, START, World
from tests.golden.chain import fill
from tests.support.documents import make_skipped_document
from tests.support.ledgers import published, replied
from tests.support.plans import unix_us
from tests.support.results import LOOK, make_result_document, with_results

OTHER_BRAND = "Réseau Boréal"
ASNS = {BRAND: 64500, OTHER_BRAND: 64501}
LINES, SLOTS, EVERY_H = 10, 24, 17
TITLES = {
    POLICED: ("Radio Boréale", "audiovisual"), SHAPED: ("Cinéma Atlas", "audiovisual"),
    BLOCKED: ("Musée Horizon", "heritage"), NEUTRAL: ("Archives du Fleuve", "heritage"),
}  # fmt: skip
POLICED_FROM = datetime(2026, 11, 30, tzinfo=UTC)
OFTEN = 0.05
"""How often a policed original breaks off."""
SKIPPED = ("cap_reached", "line_busy", "no_responder")
ENTERED = (1, 3, 4, 8)
"""Days of December on which the ledger's steps were entered."""
FINE = ReachabilityResult(looks=(LOOK,))
RESET = ReachabilityResult(looks=(msgspec.structs.replace(LOOK, failure="tls_reset"),))
FETCHED = FetchResult(looks=(LOOK, msgspec.structs.replace(LOOK, role="control", order=1)), gap_ms=0)
PRACTICES = f"""
[[practice]]
brand = "{BRAND}"
technology = "fibre"
service = "{POLICED}"
kind = "itmp"
says = {{ fr = "Flux audio limités à 1,5 Mbit/s", en = "Audio streams limited to 1.5 Mbit/s" }}
rate_mbit_s = 1.5
since = 2026-12-01
source = "https://example-telecom.example/itmp"
read_on = 2026-12-02
[[practice]]
brand = "{OTHER_BRAND}"
kind = "zero_rating"
says = {{ fr = "Musées hors forfait", en = "Museums are zero-rated" }}
since = 2026-10-01
source = "https://boreal.example/offres"
read_on = 2026-11-20
"""


def measured(folder: Path, *, public: bool = False) -> None:
    """A collector's folder, a registration, a ledger and a file of practices, all in ``folder``. ``public``: one finding is published."""
    world = World(homes=2 * LINES)
    services = tuple(
        msgspec.structs.replace(one, title=TITLES[one.id][0], sector=TITLES[one.id][1])
        for one in world.plan.services
    )
    world.plan = with_results(msgspec.structs.replace(world.plan, services=services))
    data = DataFolder(folder / "store")
    data.create()
    plan = sign(world.responder_key, PLAN, world.plan)
    (data.plans / "00000001.json").write_bytes(msgspec.json.encode(plan))
    fill(folder / "store", [*_pairs(world), *_looks(world), *_skipped(world)])
    registered = world.registration(
        brands=list(ASNS), asns={brand: [number] for brand, number in ASNS.items()}
    )
    registration.write(registered, folder / "registration.json")
    (folder / "practices.toml").write_text(PRACTICES, encoding="utf-8")
    judged = folder / "findings.json"
    assert 0 == analysis.main(["judge", *named(folder), "--full", "--out", str(judged)])
    (one,) = [one for one in read_findings(judged) if (one.service, one.brand) == (POLICED, BRAND)]
    reply = {
        "finding_id": one.finding_id, "by": BRAND, "at": "2026-12-08", "language": "fr", "text": "Nous vérifions ce réglage.",
    }  # fmt: skip
    (folder / "replies.json").write_text(json.dumps([reply]), encoding="utf-8")
    moments = [datetime(2026, 12, day, 12, tzinfo=UTC) for day in ENTERED]
    if public:
        published(folder / "ledger.jsonl", one, [*moments, NOW])
    else:
        replied(folder / "ledger.jsonl", one, moments)


def named(folder: Path) -> list[str]:
    """What every command of the analysis is told."""
    where = ["--store", str(folder / "store"), "--registration", str(folder / "registration.json")]
    return [*where, "--as-of", NOW.isoformat(), "--lang", "en"]


def recorded(folder: Path) -> list[str]:
    """What ``publish`` is told besides."""
    files = {
        "ledger": "ledger.jsonl", "findings": "findings.json", "replies": "replies.json", "practices": "practices.toml",
    }  # fmt: skip
    return [word for name, file in files.items() for word in (f"--{name}", str(folder / file))]


def _line(home: int) -> Line:
    brand = BRAND if home < LINES else OTHER_BRAND
    return Line(brand=brand, technology="fibre", plan_class="ordinary", region="Bretagne")


def _pairs(world: World) -> Iterator[StoredMeasurement]:
    """A pair of each line and service every seventeen hours, two of some lines; one in fifty is no good."""
    for slot in range(SLOTS):
        for home in range(2 * LINES):
            for number, service in enumerate(world.plan.services):
                for again in range(1 + (home % LINES < 2)):
                    at = START + timedelta(
                        hours=slot * EVERY_H, minutes=2 * home + number, seconds=30 * again
                    )
                    yield world.stored(_capable(home, _spoilt(world, _pair(world, home, service.id, at))))


def _pair(world: World, home: int, service: str, at: datetime) -> Measurement:
    """On a line that is slower in the evening; as its provider treats the service."""
    busy = 0.8 if 18 <= at.hour <= 22 else 1.0
    control = 19.5e6 * busy * world.rng.uniform(0.84, 1)
    line = _line(home)
    more: dict[str, Any] = {
        "started_at": at, "control_rate_bit_s": control, "line": line, "asn": ASNS[str(line.brand)],
        "closed": world.rng.random() > 0.02,
    }  # fmt: skip
    treated = line.brand == BRAND and (
        service in (SHAPED, BLOCKED) or (service == POLICED and at >= POLICED_FROM)
    )
    if not treated or not more["closed"]:
        made: Measurement = world.pair(home, service, control * world.rng.uniform(0.985, 1.015), **more)
        return made
    if service == POLICED and world.rng.random() < OFTEN:
        more["failures"] = {"original": "tls_reset"}
    return world.treated(home, service, **more)  # type: ignore[no-any-return]


def _spoilt(world: World, made: Measurement) -> Measurement:
    """One pair in fifty was made by a probe without a processor to spare."""
    if world.rng.random() > 0.02:
        return made
    return world.change(made, lambda run: msgspec.structs.replace(run, cpu_share=0.97))


def _capable(home: int, made: Measurement) -> Measurement:
    """The line's own capacity, 40 to 300 Mbit/s."""
    assert made.pair is not None
    limits = msgspec.structs.replace(made.pair.limits, capacity_bit_s=(40 + 13 * home % 260) * 10**6)
    return msgspec.structs.replace(made, pair=msgspec.structs.replace(made.pair, limits=limits))


def _looks(world: World) -> Iterator[StoredMeasurement]:
    """What lines met without pairs: a blocked service resets TLS, one line's resolver denies it, three lines get a page instead."""
    for home in range(2 * LINES):
        for day in range(3):
            at = START + timedelta(days=3 * day + 1, minutes=home)
            for service in world.plan.services:
                hit = home < LINES and service.id == BLOCKED
                for result in (
                    RESET if hit and home > 0 else FINE,
                    DENIED if hit and home == 0 else HONEST,
                    PAGE if hit and home < 3 else FETCHED,
                ):
                    yield world.stored(_result(world, home, service.id, at, result))


def _result(world: World, home: int, service: str, at: datetime, result: Result) -> Measurement:
    line = _line(home)
    path = Seen(address_family="ipv4", asn=ASNS[str(line.brand)], line_tag=world.tags[home])
    said: Signed = sign(
        world.responder_key,
        STATEMENT,
        Statement(
            pair_id=bytes(16), ticket_sha256=bytes(32), path=path, receipts=(), closed_at_us=unix_us(at)
        ),
    )
    document = make_result_document(world.keys[home], world.plan, service, at, result, witnesses=(said,))
    return msgspec.structs.replace(decode(document.body_bytes()), line=line)


def _skipped(world: World) -> Iterator[StoredMeasurement]:
    """Every second day a planned pair of each third home did not run."""
    for home in range(0, 2 * LINES, 3):
        for day in range(0, 16, 2):
            at = START + timedelta(days=day, hours=1, minutes=home)
            reason = SKIPPED[(home + day) % len(SKIPPED)]
            document = make_skipped_document(world.keys[home], world.plan, NEUTRAL, at, reason)
            yield world.stored(decode(document.body_bytes()))

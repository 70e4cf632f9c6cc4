"""Worlds for the analysis's tests: signed measurements of homes behind a network that does something to a name.

Made by the collector's document makers with the real types, then altered and signed anew where a test needs more than
a rate: what a shaper does to round-trip times, or labels exchanged.
"""

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from analysis import quality
from analysis.judge import Judgement, judge_observations
from analysis.observe.observation import observe_many
from analysis.observe.opened import Opened, open_stored
from analysis.observe.record import Observation
from analysis.reading import Seen
from analysis.registration import Registration, draft
from analysis.stats.parameters import Parameters
from collector.data_folder import DataFolder
from collector.reader import StoredMeasurement
from collector.settings import load
from collector.wiring import open_intake
from probe.measurement.envelope import Line, Measurement, encode
from probe.measurement.receipt import Statement, TicketDigest
from probe.measurement.run import Run
from probe.measurement.signing import MEASUREMENT, STATEMENT, Signed, document_id, sign
from probe.measurement.ticket import Direction
from probe.measurement.ticks import digest
from tests.support.documents import (
    ResponderDesk,
    key_from,
    make_enrolment,
    make_pair,
    make_plan,
    operator_toml,
)
from tests.support.plans import unix_us

START = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
MADE_AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOW = datetime(2026, 12, 10, tzinfo=UTC)
PARAMETERS = Parameters()
POLICED, SHAPED, BLOCKED, NEUTRAL = "s1", "s2", "s3", "s4"
BRAND = "Example Telecom"
ASN = 64500
LINE = Line(brand=BRAND, technology="fibre", plan_class="ordinary", region="FR-BRE")


class World:
    """A plan, a responder, and homes whose pairs it makes one by one. Everything random comes from ``seed``."""

    def __init__(
        self, homes: int = 6, services: int = 4, seed: int = 7, directions: tuple[Direction, ...] = ("down",)
    ) -> None:
        self.rng = random.Random(seed)
        self.responder_key = key_from(self.rng)
        self.plan = make_plan(self.responder_key, services=services, directions=directions)
        self.desk = ResponderDesk(self.responder_key, "r1", self.rng)
        self.long_lived = [key_from(self.rng) for _ in range(homes)]
        self.keys = [key_from(self.rng) for _ in range(homes)]
        self.tags = [self.rng.randbytes(16) for _ in range(homes)]
        self._pairs = 0

    def pair(self, home: int, service: str, original: float = 19.5e6, **more: Any) -> Any:
        """A pair of ``home``; the original at ``original`` bit/s, the control at 19.5 Mbit/s; strata by chance."""
        self._pairs += 1
        facts: dict[str, Any] = {
            "control_rate_bit_s": 19.5e6,
            "started_at": START + timedelta(minutes=self._pairs),
            "stratum": self.rng.choice(("owned", "spoofed_popular")),
            "line_tag": self.tags[home],
            "line": LINE,
            **more,
        }
        control = facts.pop("control_rate_bit_s")
        return make_pair(
            self.rng, self.responder_key, self.keys[home], self.plan, service, original, control,
            desk=self.desk, **facts,
        )  # fmt: skip

    def treated(self, home: int, service: str, **more: Any) -> Any:
        """A pair as this world's network treats the service."""
        rate = 1.45e6 * self.rng.uniform(0.97, 1.03)
        if service == POLICED:
            return self.pair(home, service, rate, **more)
        if service == SHAPED:
            return self.change(self.pair(home, service, 3.8e6, **more), queued)
        if service == BLOCKED:
            failures = {"original": self.rng.choice(("start_reset", "tls_reset"))}
            return self.pair(home, service, failures=failures, **more)
        return self.pair(home, service, **more)

    def all_pairs(self, pairs: int, services: Iterable[str] | None = None) -> list[Measurement]:
        """``pairs`` pairs of each home and service."""
        names = [service.id for service in self.plan.services] if services is None else list(services)
        return [
            self.treated(home, name) for _ in range(pairs) for home in range(len(self.keys)) for name in names
        ]

    def change(self, measurement: Measurement, change: Callable[[Run], Run]) -> Measurement:
        """``measurement`` with its runs changed, and the responder's statement signed anew to fit."""
        pair = measurement.pair
        assert pair is not None
        runs = tuple(change(run) for run in pair.runs)
        statement = pair.open_statement()
        if statement is not None:
            receipts = tuple(
                msgspec.structs.replace(receipt, ticks_sha256=digest(run.responder_ticks))
                if receipt.seen
                else receipt
                for receipt, run in zip(statement.receipts, runs, strict=True)
            )
            statement = msgspec.structs.replace(statement, receipts=receipts)
        return msgspec.structs.replace(
            measurement, pair=msgspec.structs.replace(pair, runs=runs, statement=self.settled(statement))
        )

    def settled(self, statement: Statement | None) -> Signed | None:
        """A statement, signed by this world's responder."""
        return None if statement is None else sign(self.responder_key, STATEMENT, statement)

    def restated(self, measurement: Measurement, change: Callable[[Statement], Statement]) -> Measurement:
        """``measurement`` with another statement of the responder."""
        pair = measurement.pair
        assert pair is not None
        statement = pair.open_statement()
        assert statement is not None
        changed = msgspec.structs.replace(pair, statement=self.settled(change(statement)))
        return msgspec.structs.replace(measurement, pair=changed)

    def signed(self, measurement: Measurement) -> Signed:
        """The document its home would send."""
        key = next(key for key in self.keys if key.public_key().public_bytes_raw() == measurement.probe_key)
        return sign(key, MEASUREMENT, encode(measurement))

    def stored(self, measurement: Measurement, flags: frozenset[str] = frozenset()) -> StoredMeasurement:
        """The row a collector would keep."""
        document = self.signed(measurement)
        body = document.body_bytes()
        return StoredMeasurement(
            document_id(body), unix_us(START), body, document.key, document.signature, flags
        )

    def opened(self, measurement: Measurement, flags: frozenset[str] = frozenset()) -> Opened:
        """The pair, opened as from a store."""
        opened = open_stored(self.stored(measurement, flags))
        assert isinstance(opened, Opened)
        return opened

    def observations(self, measurements: Iterable[Measurement]) -> tuple[Observation, ...]:
        """Observations of measurements, quality applied."""
        opened = [self.opened(one) for one in measurements]
        return tuple(
            observe_many([(one, quality.struck_by(quality.blind(one))) for one in opened], PARAMETERS)
        )

    def seen(self, measurement: Measurement) -> Any:
        """The observation of one measurement; ``Any``, so that a test may look inside without asking first."""
        return self.observations([measurement])[0]

    def registration(self, **more: Any) -> Registration:
        """Every service of the plan, on the homes' declared line."""
        facts = {
            "brands": [LINE.brand],
            "technologies": [LINE.technology],
            "plan_classes": [LINE.plan_class],
            "directions": ["down"],
            "made_at": MADE_AT,
            **more,
        }
        facts.setdefault("asns", {brand: [ASN] for brand in facts["brands"]})
        return draft(self.plan, **facts)

    def judged(
        self,
        measurements: Iterable[Measurement],
        registration: Registration | None = None,
        *,
        tickets: Iterable[TicketDigest] = (),
        now: datetime = NOW,
    ) -> Judgement:
        """The judgement of measurements, without a store."""
        seen = Seen(self.observations(measurements), {}, (), 0, tuple(tickets))
        registration = registration or self.registration()
        return judge_observations(seen, registration, "00" * 32, PARAMETERS, now=now, full=True)

    async def fill(
        self, root: Path, measurements: Iterable[Measurement], at: datetime = START + timedelta(hours=3)
    ) -> list[str]:
        """Send measurements through a collector's real intake into ``root``; the answers' statuses."""
        folder = DataFolder(root)
        folder.create()
        operator = root / "operator.toml"
        operator.write_text(operator_toml(self.plan), encoding="utf-8")
        now_us = unix_us(at)
        answers = []
        async with open_intake(folder, load(operator), lambda: now_us) as intake:
            for long_lived, key in zip(self.long_lived, self.keys, strict=True):
                enrolment = msgspec.json.encode(make_enrolment(long_lived, key, START))
                assert (await intake.enrolment(enrolment, "identity")).status == 200
            for measurement in measurements:
                document = msgspec.json.encode(self.signed(measurement))
                answer = (await intake.measurement(document, "identity")).answer
                answers.append(answer.code or answer.status)
        return answers


def queued(run: Run) -> Run:
    """An original behind a shaper's queue: no loss, and round-trip times of 180 ms."""
    ticks = run.responder_ticks
    if run.role != "original" or ticks is None:
        return run
    slow = tuple(180_000 for _ in ticks.t_us)
    none_lost = tuple(0 for _ in ticks.t_us)
    return msgspec.structs.replace(
        run, responder_ticks=msgspec.structs.replace(ticks, rtt_us=slow, total_retrans=none_lost)
    )


def swapped(measurement: Measurement) -> Measurement:
    """The same runs with the labels exchanged."""
    pair = measurement.pair
    assert pair is not None
    other = {"original": "control", "control": "original"}
    runs = tuple(
        msgspec.convert({**msgspec.structs.asdict(run), "role": other[run.role]}, Run, from_attributes=True)
        for run in pair.runs
    )
    return msgspec.structs.replace(measurement, pair=msgspec.structs.replace(pair, runs=runs))

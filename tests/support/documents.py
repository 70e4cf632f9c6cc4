"""Makers of complete signed measurements, valid in every respect, with realistic ticks.

``make_pair_document`` makes what a probe would have sent; plans and keys are in ``plans``, the responder's
side in ``desk``, what the network did in ``transfers``.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.coin import commit
from probe.measurement.envelope import Clock, InterfaceCounters, Line, Link, Measurement, encode
from probe.measurement.failures import OK
from probe.measurement.pair import Limits, Pair, Sentinel
from probe.measurement.receipt import Path, Receipt
from probe.measurement.roll import Roll, entry_of, extended
from probe.measurement.run import ClientHello, Role, Run
from probe.measurement.signing import MEASUREMENT, ROLL, TICKET, Signed, public_bytes, sign
from probe.measurement.ticket import Direction, Stratum, Variant
from probe.measurement.ticks import digest
from probe.plan import Plan
from tests.support.desk import ResponderDesk
from tests.support.plans import (
    EPOCH,
    key_from,
    make_enrolment,
    make_plan,
    make_responder,
    operator_toml,
    unix_us,
)
from tests.support.transfers import Transfer, make_transfer, upwards

__all__ = [
    "PairMaker",
    "ResponderDesk",
    "key_from",
    "make_enrolment",
    "make_pair",
    "make_pair_document",
    "make_plan",
    "make_responder",
    "make_skipped_document",
    "make_transfer",
    "operator_toml",
    "roll_of",
]

CAPACITY_BIT_S = 50_000_000
DURATIONS_MS: Mapping[Variant, int] = {
    "paced": 4000,
    "long": 10_000,
    "saturate": 2000,
    "trace": 4000,
    "capacity": 3000,
}


class PairMaker:
    """Makes the parts of one pair in the order in which a probe and a responder would have made them."""

    def __init__(
        self,
        rng: random.Random,
        desk: ResponderDesk,
        quarter_key: Ed25519PrivateKey,
        plan: Plan,
        service_id: str,
        variant: Variant,
        stratum: Stratum,
        started_at: datetime,
        path: Path,
        direction: Direction = "down",
    ) -> None:
        self.direction: Direction = direction
        self.rng, self.desk, self.plan, self.path, self.variant = rng, desk, plan, path, variant
        self.service, self.responder = plan.service(service_id), plan.responder(desk.id)
        self.quarter_key = quarter_key
        self.nonce = rng.randbytes(32)
        self.started_us = unix_us(started_at)
        original_name = self.service.names[0]
        self.ticket = desk.ticket(
            probe_key=public_bytes(quarter_key),
            nettest="replay_tls",
            variant=variant,
            service=service_id,
            direction=direction,
            address_family=path.address_family,
            original_name=original_name,
            stratum=stratum,
            control_candidates=plan.candidates(stratum, original_name),
            pace_bit_s=0 if variant == "saturate" else self.service.pace(direction),
            duration_ms=DURATIONS_MS[variant],
            max_run_bytes=self.service.pace(direction) * DURATIONS_MS[variant] // 8000 * 2,
            commit=commit(self.nonce),
            opened_at_us=self.started_us + 30_000,
            expires_at_us=self.started_us + 120_000_000,
        )
        self.coin = self.ticket.coin(self.nonce)

    def role(self, order: int) -> Role:
        """Which run comes first is the coin's affair."""
        return "original" if self.coin.original_first == (order == 0) else "control"

    def run(self, order: int, rate_bit_s: float, failure: str, bucket_bytes: int) -> tuple[Run, Receipt]:
        """The run of that order as the probe saw it, and its receipt."""
        original = self.role(order) == "original"
        index = self.coin.original_address if original else self.coin.control_address
        name = (
            self.ticket.original_name if original else self.coin.control_name(self.ticket.control_candidates)
        )
        began_us = self.started_us + 100_000 + order * (self.ticket.duration_ms + 2_200) * 1000
        facts: dict[str, Any] = {
            "role": self.role(order),
            "order": order,
            "name": name,
            "address": self.responder.addresses[index],
            "address_index": index,
            "failure": failure,
            "started_at_us": began_us,
        }
        if failure.startswith(("connect_", "tls_")):
            tls_reached = failure.startswith("tls_")
            hello = {"connect_us": 20_500, "client_hello": self._hello(name)} if tls_reached else {}
            return msgspec.convert({**facts, **hello}, Run), Receipt(order=1 if order else 0, seen=False)
        length_us = self.ticket.duration_ms * 1000
        if failure != OK:  # reset, closed or corrupt somewhere in the middle
            length_us = int(length_us * self.rng.uniform(0.1, 0.6))
        transfer = make_transfer(
            self.rng,
            rate_bit_s,
            length_us,
            pace_bit_s=self.ticket.pace_bit_s or CAPACITY_BIT_S,
            bucket_bytes=bucket_bytes,
        )
        if self.direction == "up":
            transfer = upwards(transfer)
        hello_seen = self._hello(name)
        run = Run(
            **facts,
            connect_us=20_500,
            tls_us=44_000,
            first_byte_us=21_000,
            duration_us=transfer.duration_us,
            wire_bytes=transfer.wire_bytes,
            cpu_share=0.05,
            client_hello=hello_seen,
            ticks=transfer.ticks,
            responder_ticks=transfer.responder_ticks,
            sender_late_ticks=0 if self.direction == "up" else None,
        )
        return run, self._receipt(run, hello_seen, transfer)

    def _receipt(self, run: Run, hello: ClientHello, transfer: Transfer) -> Receipt:
        began_us = run.started_at_us + 85_000
        return Receipt(
            order=run.order,
            seen=True,
            path=self.path,
            address_index=run.address_index,
            name_seen=run.name,
            client_hello_sha256=hello.sha256,
            started_at_us=began_us,
            ended_at_us=began_us + transfer.duration_us,
            ended="peer_reset",
            wire_bytes=transfer.responder_ticks.wire_bytes[-1],
            ticks=len(transfer.responder_ticks.t_us),
            sender_late_ticks=None if self.direction == "up" else 0,
            ticks_sha256=digest(transfer.responder_ticks),
            congestion_control="cubic",
        )

    def _hello(self, name: str) -> ClientHello:
        body = bytes(190) + name.encode() + bytes(100)
        return ClientHello(
            sha256=sha256(self.rng.randbytes(32)).digest(),
            without_keys=body,
            ja4="t13d0312h0_4a1d2b6c8e0f_8f5c1a2b3c4d",
        )

    def measurement(self, pair: Pair, line: Line) -> Measurement:
        """The envelope around a pair."""
        return Measurement(
            schema_version=1,
            nettest="replay_tls",
            nettest_version="1",
            variant=self.variant,
            service=self.service.id,
            direction=self.direction,
            address_family=self.path.address_family,
            probe_key=public_bytes(self.quarter_key),
            started_at=EPOCH + timedelta(microseconds=self.started_us),
            utc_offset_min=60,
            software_version="isonomia-probe 0.1.0",
            catalogue_version=self.plan.catalogue_version(),
            plan_serial=self.plan.serial,
            line=line,
            link=Link(kind="wired", mtu_bytes=1500, tunnel=False),
            clock=Clock(offset_us=0, bound_us=10_000),
            cross_traffic=InterfaceCounters((0, 11_000_000, 22_000_000), (0, 210_000, 420_000)),
            pair=pair,
        )


def make_pair(
    rng: random.Random,
    responder_key: Ed25519PrivateKey,
    quarter_key: Ed25519PrivateKey,
    plan: Plan,
    service: str,
    original_rate_bit_s: float,
    control_rate_bit_s: float,
    variant: Variant = "paced",
    started_at: datetime = datetime(2026, 11, 21, 20, 0, tzinfo=UTC),
    asn: int | None = 64500,
    line_tag: bytes = bytes(16),
    failures: Mapping[str, str] | None = None,
    *,
    stratum: Stratum = "owned",
    bucket_bytes: int = 0,
    closed: bool = True,
    line: Line = Line(),  # noqa: B008 - frozen
    desk: ResponderDesk | None = None,
    direction: Direction = "down",
) -> Measurement:
    """A measurement that passes every check of the collector; see ``make_pair_document`` for the parameters."""
    failed = failures or {}
    responder_id = next(r.id for r in plan.responders if r.key == public_bytes(responder_key))
    desk = desk or ResponderDesk(responder_key, responder_id, rng)
    path = Path(
        address_family="ipv4", asn=asn, country="FR", mmdb_sha256=sha256(b"mmdb").digest(), line_tag=line_tag
    )
    maker = PairMaker(rng, desk, quarter_key, plan, service, variant, stratum, started_at, path, direction)
    rates = {"original": original_rate_bit_s, "control": control_rate_bit_s}
    made = []
    for order in (0, 1):
        role = maker.role(order)
        throttled = bucket_bytes if role == "original" else 0
        made.append(maker.run(order, rates[role], failed.get(role, OK), throttled))
    ticket = sign(responder_key, TICKET, maker.ticket)
    runs = tuple(run if closed else msgspec.structs.replace(run, responder_ticks=None) for run, _ in made)
    pair = Pair(
        ticket=ticket,
        nonce=maker.nonce,
        runs=runs,
        limits=Limits(
            pace_bit_s=maker.ticket.pace_bit_s,
            duration_ms=maker.ticket.duration_ms,
            capacity_bit_s=CAPACITY_BIT_S,
        ),
        gap_ms=2000,
        statement=desk.settle(maker.ticket, ticket, path, tuple(r for _, r in made)) if closed else None,
    )
    return maker.measurement(pair, line)


def make_pair_document(
    rng: random.Random,
    responder_key: Ed25519PrivateKey,
    quarter_key: Ed25519PrivateKey,
    plan: Plan,
    service: str,
    original_rate_bit_s: float,
    control_rate_bit_s: float,
    variant: Variant = "paced",
    started_at: datetime = datetime(2026, 11, 21, 20, 0, tzinfo=UTC),
    asn: int | None = 64500,
    line_tag: bytes = bytes(16),
    failures: Mapping[str, str] | None = None,
    *,
    stratum: Stratum = "owned",
    bucket_bytes: int = 0,
    closed: bool = True,
    line: Line = Line(),  # noqa: B008 - frozen
    desk: ResponderDesk | None = None,
) -> Signed:
    """A complete signed measurement of ``service``, as a probe would have sent it.

    Rates in bit/s of TCP payload, capped by the service's pace. ``failures`` maps "original" or "control" to a
    failure; the run then ends early, or never starts. ``bucket_bytes`` of the original pass at the pace before
    its rate holds. ``closed`` false: no statement and no responder's ticks. ``desk`` keeps its ticket counter
    over many pairs. Everything random comes from ``rng``.
    """
    measurement = make_pair(
        rng,
        responder_key,
        quarter_key,
        plan,
        service,
        original_rate_bit_s,
        control_rate_bit_s,
        variant,
        started_at,
        asn,
        line_tag,
        failures,
        stratum=stratum,
        bucket_bytes=bucket_bytes,
        closed=closed,
        line=line,
        desk=desk,
    )
    return sign(quarter_key, MEASUREMENT, encode(measurement))


def make_skipped_document(
    quarter_key: Ed25519PrivateKey, plan: Plan, service: str, started_at: datetime, reason: str
) -> Signed:
    """A measurement that says why a planned pair did not run."""
    measurement = Measurement(
        schema_version=1,
        nettest="replay_tls",
        nettest_version="1",
        variant="paced",
        service=service,
        direction="down",
        address_family="ipv4",
        probe_key=public_bytes(quarter_key),
        started_at=started_at,
        utc_offset_min=60,
        software_version="isonomia-probe 0.1.0",
        catalogue_version=plan.catalogue_version(),
        plan_serial=plan.serial,
        skipped=reason,
    )
    return sign(quarter_key, MEASUREMENT, encode(measurement))


def make_sentinel(
    desk: ResponderDesk, quarter_key: Ed25519PrivateKey, pair: Pair, path: Path, **terms: Any
) -> Sentinel:
    """A good sentinel of ``pair``, with its evidence; ``terms`` replace fields of its ticket."""
    own = pair.open_ticket()
    nonce = desk.rng.randbytes(32)
    shared = ("direction", "address_family", "stratum", "control_candidates", "nettest")
    facts: dict[str, Any] = {
        **{name: getattr(own, name) for name in shared},
        "probe_key": public_bytes(quarter_key),
        "variant": "sentinel",
        "service": "sentinel",
        "original_name": "responder.measure.example",
        "pace_bit_s": 2_000_000,
        "duration_ms": 300,
        "max_run_bytes": 200_000,
        "commit": commit(nonce),
        "opened_at_us": own.opened_at_us - 1_000_000,
        "expires_at_us": own.opened_at_us + 60_000_000,
    }
    ticket = desk.ticket(**{**facts, **terms})
    signed = sign(desk.key, TICKET, ticket)
    name = ticket.coin(nonce).control_name(ticket.control_candidates)
    run = Run(
        role="control",
        order=0,
        name=name,
        address="198.51.100.10",
        address_index=0,
        failure=OK,
        started_at_us=ticket.opened_at_us,
        wire_bytes=75_000,
        duration_us=300_000,
    )
    receipt = Receipt(order=0, seen=True, path=path, name_seen=name, wire_bytes=75_000)
    return Sentinel(
        run=run, ticket=signed, nonce=nonce, statement=desk.settle(ticket, signed, path, (receipt,))
    )


def roll_of(responder_key: Ed25519PrivateKey, documents: Sequence[bytes]) -> str:
    """What the responder vouches for of these pairs' statements, as a batch's header says it."""
    entries = b""
    for document in documents:
        body = msgspec.json.decode(document, type=Signed).body
        pair = msgspec.json.decode(body, type=Measurement).pair
        assert pair is not None
        assert pair.statement is not None
        entries = extended(entries, entry_of(pair.statement))
    return msgspec.json.encode(sign(responder_key, ROLL, Roll(entries))).decode()

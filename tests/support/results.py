"""Signed results of the nettests without a pair, valid in every respect; one sample of each kind."""

import random
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.coin import commit
from probe.measurement.envelope import Measurement, encode
from probe.measurement.receipt import Path, Statement
from probe.measurement.results import (
    Certificate,
    DnsAnswer,
    DnsResult,
    FetchResult,
    LatencyResult,
    Look,
    ReachabilityResult,
    Result,
    Series,
    ShownCertificate,
)
from probe.measurement.signing import MEASUREMENT, STATEMENT, TICKET, Signed, public_bytes, sign
from probe.plan import NettestPlan, Plan
from tests.support.desk import ResponderDesk
from tests.support.plans import unix_us

HASH = sha256(b"sample").digest()
CERTIFICATE = Certificate(sha256=HASH, issuer="CN=Lab", subject="CN=a.example", not_after_us=1, valid=True)
LOOK = Look(role="original", order=0, host="a.example", url_sha256=HASH, failure="ok", status=200)
SAMPLES: dict[str, Result] = {
    "dns": DnsResult(
        name="a.example",
        resolver="<special 192.168.0.0/16>",
        answers=(
            DnsAnswer(server="home", transport="udp", failure="ok", rcode="NOERROR", addresses=("8.8.8.8",)),
        ),
        random_name=DnsAnswer(server="home", transport="udp", failure="dns_nxdomain", rcode="NXDOMAIN"),
        certificates=(
            ShownCertificate(
                address="8.8.8.8", asked_because="home_only", failure="ok", certificate=CERTIFICATE
            ),
        ),
    ),
    "fetch": FetchResult(
        looks=(LOOK, msgspec.structs.replace(LOOK, role="control", order=1, failure="tls_reset")), gap_ms=1000
    ),
    "reachability": ReachabilityResult(looks=(msgspec.structs.replace(LOOK, failure="connect_timeout"),)),
    "latency": LatencyResult(
        ticket=Signed(bytes(32), bytes(64), msgspec.Raw(b"{}")),
        nonce=bytes(32),
        statement=None,
        original_name="a.example",
        control_name="b.example",
        connect_us=(20_000, 20_100),
        series=(
            Series(phase="idle", carrier="udp", role=None, failure="ok", sent=20, answered=20, p50_us=21_000),
        ),
    ),
}
VARIANT = {"dns": "plain", "fetch": "plain", "reachability": "plain", "latency": "echo"}


def with_results(plan: Plan) -> Plan:
    """The plan with every nettest of ``SAMPLES`` in it."""
    more = tuple(msgspec.convert({"nettest": n, "variant": v}, NettestPlan) for n, v in VARIANT.items())
    return msgspec.structs.replace(plan, nettests=(*plan.nettests, *more))


def make_latency(
    responder_key: Ed25519PrivateKey,
    home: Ed25519PrivateKey,
    plan: Plan,
    service: str,
    at: datetime,
    **terms: Any,
) -> LatencyResult:
    """A latency whose ticket, nonce and statement tell one story; ``terms`` are the ticket's."""
    desk, nonce = ResponderDesk(responder_key, plan.responders[0].id, random.Random(3)), bytes(range(32))
    name = plan.service(service).names[0]
    facts = {
        "probe_key": public_bytes(home),
        "nettest": "latency",
        "variant": "echo",
        "service": service,
        "direction": "down",
        "address_family": "ipv4",
        "original_name": name,
        "stratum": "owned",
        "control_candidates": plan.candidates("owned", name),
        "pace_bit_s": 100_000,
        "duration_ms": 20_000,
        "max_run_bytes": 256_250,
        "commit": commit(nonce),
        "opened_at_us": unix_us(at),
        "expires_at_us": unix_us(at) + 60_000_000,
    }
    ticket = desk.ticket(**{**facts, **terms})
    signed = sign(responder_key, TICKET, ticket)
    sample = SAMPLES["latency"]
    assert isinstance(sample, LatencyResult)
    return msgspec.structs.replace(
        sample,
        ticket=signed,
        nonce=nonce,
        statement=desk.settle(ticket, signed, Path(address_family="ipv4"), ()),
        original_name=name,
        control_name=ticket.coin(nonce).control_name(ticket.control_candidates),
    )


def make_witness(responder_key: Ed25519PrivateKey, at: datetime) -> Signed:
    """A responder's word of whose line it was."""
    statement = Statement(
        pair_id=bytes(16),
        ticket_sha256=bytes(32),
        path=Path(address_family="ipv4"),
        receipts=(),
        closed_at_us=unix_us(at),
    )
    return sign(responder_key, STATEMENT, statement)


def make_result_document(
    quarter_key: Ed25519PrivateKey,
    plan: Plan,
    service: str,
    started_at: datetime,
    result: Result,
    variant: str | None = None,
    witnesses: tuple[Signed, ...] = (),
) -> Signed:
    """A signed measurement that holds ``result``."""
    measurement = Measurement(
        schema_version=1,
        nettest=result.nettest,
        nettest_version="1",
        variant=variant or VARIANT[result.nettest],
        service=service,
        direction="down",
        address_family="ipv4",
        probe_key=public_bytes(quarter_key),
        started_at=started_at,
        utc_offset_min=60,
        software_version="isonomia-probe 0.1.0",
        catalogue_version=plan.catalogue_version(),
        plan_serial=plan.serial,
        result=result,
        witnesses=witnesses,
    )
    return sign(quarter_key, MEASUREMENT, encode(measurement))

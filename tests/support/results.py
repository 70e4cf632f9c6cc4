"""Signed results of the nettests without a pair, valid in every respect; one sample of each kind."""

from datetime import datetime
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.envelope import Measurement, encode
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
from probe.measurement.signing import MEASUREMENT, Signed, public_bytes, sign
from probe.plan import NettestPlan, Plan

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


def make_result_document(
    quarter_key: Ed25519PrivateKey,
    plan: Plan,
    service: str,
    started_at: datetime,
    result: Result,
    variant: str | None = None,
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
    )
    return sign(quarter_key, MEASUREMENT, encode(measurement))

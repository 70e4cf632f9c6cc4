"""Plans, keys and enrolments for tests: what stands before the first measurement."""

import random
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.keys import certify, prove_possession
from probe.measurement.signing import ENROLMENT, Signed, public_bytes, sign
from probe.measurement.ticket import Direction, Variant
from probe.plan import ControlName, Enrolment, NettestPlan, Plan, Responder, Service

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LENGTHS_MS: tuple[tuple[Variant, int], ...] = (("paced", 4000), ("long", 10_000))
ADDRESSES = ("198.51.100.10", "198.51.100.11")


def key_from(rng: random.Random) -> Ed25519PrivateKey:
    """A key that a seed decides."""
    return Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))


def unix_us(moment: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def make_responder(key: Ed25519PrivateKey, responder_id: str = "r1") -> Responder:
    """A responder of the plan that signs with ``key``."""
    return Responder(
        id=responder_id,
        key=public_bytes(key),
        certificate_sha256=sha256(responder_id.encode()).digest(),
        addresses=ADDRESSES,
        port=443,
        owned_name=f"{responder_id}.measure.example",
    )


def make_plan(
    *responder_keys: Ed25519PrivateKey,
    services: int = 2,
    serial: int = 1,
    issued_at: datetime = datetime(2026, 11, 1, tzinfo=UTC),
    days: int = 90,
    directions: tuple[Direction, ...] = ("down",),
) -> Plan:
    """A plan with ``services`` services (s1, s2 …), owned and popular controls, ``paced`` and ``long`` each way."""
    return Plan(
        operator="Example Observatory",
        serial=serial,
        issued_at_us=unix_us(issued_at),
        expires_at_us=unix_us(issued_at + timedelta(days=days)),
        services=tuple(
            Service(id=f"s{n}", title=f"Service {n}", names=(f"stream{n}.culture.example",))
            for n in range(1, services + 1)
        ),
        controls=(
            ControlName("media01.neutral.example", "owned"),
            ControlName("media02.neutral.example", "owned"),
            ControlName("www.popular-one.example", "spoofed_popular"),
            ControlName("www.popular-two.example", "spoofed_popular"),
        ),
        responders=tuple(make_responder(key, f"r{n}") for n, key in enumerate(responder_keys, 1)),
        nettests=tuple(
            NettestPlan(nettest="replay_tls", variant=variant, duration_ms=duration_ms, direction=direction)
            for direction in directions
            for variant, duration_ms in LENGTHS_MS
        ),
    )


def operator_toml(plan: Plan) -> str:
    """The operator's file that makes this plan (keys and dates apart)."""
    lines = ["[operator]", f'name = "{plan.operator}"']
    for responder in plan.responders:
        addresses = ", ".join(f'"{address}"' for address in responder.addresses)
        lines += [
            "[[responder]]",
            f'id = "{responder.id}"',
            f'key = "{responder.key.hex()}"',
            f'certificate_sha256 = "{responder.certificate_sha256.hex()}"',
            f"addresses = [{addresses}]",
            f"port = {responder.port}",
            f'owned_name = "{responder.owned_name}"',
        ]
        ports = {"quic_port": responder.quic_port, "http_port": responder.http_port}
        lines += [f"{name} = {port}" for name, port in ports.items() if port is not None]
    for service in plan.services:
        names = ", ".join(f'"{name}"' for name in service.names)
        lines += ["[[service]]", f'id = "{service.id}"', f'title = "{service.title}"', f"names = [{names}]"]
        lines += [f"pace_bit_s = {service.pace_bit_s}"]
        lines += [f'sector = "{service.sector}"'] if service.sector else []
    for control in plan.controls:
        lines += ["[[control]]", f'name = "{control.name}"', f'stratum = "{control.stratum}"']
        lines += [f'sector = "{control.sector}"'] if control.sector else []
    for nettest in plan.nettests:
        lines += ["[[nettest]]", f'nettest = "{nettest.nettest}"', f'variant = "{nettest.variant}"']
        lines += [f'direction = "{nettest.direction}"']
        lines += [f"duration_ms = {nettest.duration_ms}", f"gap_ms = {nettest.gap_ms}"]
        lines += [f"between_pairs_s = {nettest.between_pairs_s}", f"wash_ms = {nettest.wash_ms}"]
    return "\n".join(lines) + "\n"


def make_enrolment(
    long_lived: Ed25519PrivateKey,
    quarter_key: Ed25519PrivateKey,
    moment: datetime,
    invitation: str | None = None,
) -> Signed:
    """A probe's signed request to be enrolled at ``moment``."""
    certificate = certify(long_lived, quarter_key, moment)
    request = Enrolment(
        certificate=certificate,
        software_version="isonomia-probe 0.1.0",
        sent_at_us=unix_us(moment),
        invitation=invitation,
        possession=prove_possession(quarter_key, certificate),
    )
    return sign(long_lived, ENROLMENT, request)

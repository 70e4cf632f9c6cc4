"""One carrier of a name and not the other: QUIC alone, TCP alone, plain HTTP; each guilty row beside its innocent twin.

The twin of a policy on one carrier is the same policy measured over the other: a nettest must see its own interference,
and stay quiet on that of another. The neutral twins run the nettest on a line that does nothing.
"""

from __future__ import annotations

from typing import Any

from analysis.stats.predict import Treatment
from tests.lab.matches import Everything, QuicName
from tests.lab.policies import Drop, HttpBox, Police
from tests.scenarios.scenario import SERVICE, Scenario
from tests.scenarios.uploads import UP_BIT_S

NAME = SERVICE.name
SMALL = 16_000
QUIC: dict[str, Any] = {"nettest": "replay_quic", "pace_bit_s": 6e6}
"""Five homes at once over QUIC share the CPU of one machine, so their pace is 6 Mbit/s."""


def _guilty(name: str, fr: str, en: str, **more: Any) -> Scenario:
    facts = {
        "guilty": True,
        "expected": "different",
        "direction": "slowed",
        "attribution": "access_network",
        **more,
    }
    return Scenario(name=name, fr=fr, en=en, **facts)


def _innocent(name: str, fr: str, en: str, **more: Any) -> Scenario:
    return Scenario(name=name, fr=fr, en=en, guilty=False, expected="undetermined", **more)


_POLICED = Treatment(kind="police", rate_bit_s=1.5e6, bucket_bytes=SMALL)

OVER_QUIC = (
    _guilty(
        "quic-only", "policeur 1,5 Mbit/s, QUIC seulement", "policer at 1.5 Mbit/s, QUIC only",
        policies=(Police(1_500_000, SMALL, QuicName(NAME)),), mechanism="policer", treatment=_POLICED, twin="quic-only-over-tls", **QUIC,
    ),
    _guilty(
        "quic-blocked", "QUIC jeté par son SNI", "QUIC dropped by its SNI",
        policies=(Drop(QuicName(NAME)),), treatment=Treatment(kind="blocked"), twin="quic-neutral", **QUIC,
    ),
    _guilty(
        "tcp-only", "policeur 4 Mbit/s, TCP et non QUIC", "policer at 4 Mbit/s, TCP and not QUIC",
        policies=(Police(4_000_000, SMALL, NAME),), mechanism="policer",
        treatment=Treatment(kind="police", rate_bit_s=4e6, bucket_bytes=SMALL), twin="tcp-only-over-quic",
    ),
    _innocent("quic-neutral", "QUIC, rien que la ligne", "QUIC, nothing but the line", **QUIC),
    _innocent(
        "quic-only-over-tls", "policeur 1,5 Mbit/s, QUIC seulement, mesuré par TLS", "policer at 1.5 Mbit/s, QUIC only, measured over TLS",
        policies=(Police(1_500_000, SMALL, QuicName(NAME)),),
    ),
    _innocent(
        "tcp-only-over-quic", "policeur 4 Mbit/s, TCP seulement, mesuré par QUIC", "policer at 4 Mbit/s, TCP only, measured over QUIC",
        policies=(Police(4_000_000, SMALL, NAME),), **QUIC,
    ),
)  # fmt: skip

UP: dict[str, Any] = {"traffic": "up", "line_up_bit_s": UP_BIT_S}
_UP_POLICY = (Police(1_500_000, SMALL, QuicName(NAME), upward=True),)

UP_OVER_QUIC = (
    _guilty(
        "upload-quic-only", "policeur 1,5 Mbit/s, vers l’amont, QUIC seulement", "policer at 1.5 Mbit/s, upload, QUIC only",
        policies=_UP_POLICY, mechanism="policer", treatment=_POLICED, twin="upload-quic-over-tls", **QUIC, **UP,
    ),
    _innocent(
        "upload-quic-over-tls", "policeur 1,5 Mbit/s, vers l’amont, QUIC seulement, mesuré par TLS",
        "policer at 1.5 Mbit/s, upload, QUIC only, measured over TLS", policies=_UP_POLICY, pace_bit_s=8e6, **UP,
    ),
)  # fmt: skip

LIMIT_BIT_S = 10_000_000
FULL: dict[str, Any] = {
    **QUIC,
    "variant": "saturate",
    "pairs": 3,
    "line_bit_s": 20_000_000,
    "pace_bit_s": 20e6,
}
"""As fast as CPUs are sure to carry, which fills a line of 20 Mbit/s; homes in turn."""

SATURATE_OVER_QUIC = (
    _guilty(
        "quic-limit-above-pace", "policeur 10 Mbit/s, QUIC seulement, ligne saturée", "policer at 10 Mbit/s, QUIC only, line saturated",
        policies=(Police(LIMIT_BIT_S, SMALL, QuicName(NAME)),), mechanism="policer",
        treatment=Treatment(kind="police", rate_bit_s=LIMIT_BIT_S, bucket_bytes=SMALL), twin="quic-plan-limit", **FULL,
    ),
    _innocent(
        "quic-plan-limit", "un abonnement à 10 Mbit/s, pour tout, QUIC, ligne saturée", "a plan of 10 Mbit/s, for everything, QUIC, line saturated",
        policies=(Police(LIMIT_BIT_S, SMALL, Everything()),), **FULL,
    ),
)  # fmt: skip

HTTP: dict[str, Any] = {"nettest": "replay_http"}
_AS_BLOCKED = Treatment(kind="blocked")
"""An altered run counts as a failed one beside a whole control."""

OVER_HTTP = (
    _guilty(
        "host", "policeur 1,5 Mbit/s selon l’en-tête Host", "policer at 1.5 Mbit/s by Host",
        policies=(Police(1_500_000, SMALL, NAME),), mechanism="policer", treatment=_POLICED, twin="http-neutral", **HTTP,
    ),
    _guilty(
        "block-page", "page de blocage", "block page",
        policies=(HttpBox("page", NAME),), mechanism="blocking_http", treatment=_AS_BLOCKED, twin="http-proxy-for-all", **HTTP,
    ),
    _guilty(
        "altered-header", "un en-tête est ajouté", "a header is added",
        policies=(HttpBox("header", NAME),), mechanism="altered", treatment=_AS_BLOCKED, twin="http-proxy-for-all", **HTTP,
    ),
    _guilty(
        "altered-content", "le contenu est récrit", "the content is rewritten",
        policies=(HttpBox("content", NAME),), mechanism="altered", treatment=_AS_BLOCKED, twin="http-proxy-for-all", **HTTP,
    ),
    _innocent("http-neutral", "HTTP, rien que la ligne", "HTTP, nothing but the line", **HTTP),
    _innocent(
        "http-proxy-for-all", "un mandataire transparent pour tout HTTP, qui ne touche à rien", "a transparent proxy for all HTTP that touches nothing",
        policies=(HttpBox("nothing", NAME),), **HTTP,
    ),
)  # fmt: skip

CARRIERS: tuple[Scenario, ...] = (*OVER_QUIC, *UP_OVER_QUIC, *SATURATE_OVER_QUIC, *OVER_HTTP)

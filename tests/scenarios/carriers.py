"""One carrier of a name and not the other: QUIC alone, TCP alone, plain HTTP; each guilty row beside its innocent twin.

The twin of a policy on one carrier is the same policy measured over the other: a nettest must see its own interference,
and stay quiet on that of another. The neutral twins run the nettest on a line that does nothing.
"""

from __future__ import annotations

from typing import Any

from analysis.stats.predict import Treatment
from tests.lab.matches import QuicName
from tests.lab.policies import Drop, HttpBox, Police
from tests.scenarios.scenario import SERVICE, Scenario

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

CARRIERS: tuple[Scenario, ...] = (*OVER_QUIC, *OVER_HTTP)

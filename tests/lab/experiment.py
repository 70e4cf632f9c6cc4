"""An experiment: what is measured, on which network, by how many homes. Pure data, and the files it is written to.

The services' names are made up (`.example`, RFC 2606): an emulated ISP must not seem to accuse a real one of anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.lab.links import RESPONDER_ADDRESSES, SECOND_ADDRESSES
from tests.lab.policies import Policy
from tests.lab.troubles import NetworkTrouble, StageTrouble, Trouble

BRAND = "FAI Labo"
TECHNOLOGY = "fibre"
PLAN_CLASS = "ordinary"
ASN = 64500
"""Reserved for documentation (RFC 5398), as are those below."""
SECOND_BRAND, SECOND_ASN = "FAI Voisin", 64501
COUNTRY = "ZZ"
COLLECTOR_PORT = 8080
RESPONDER_PORT = 443
HTTP_PORT = 80
DIRECT = ("dns",)
"""Nettests that meet others than responders: what they see is an observation by rule, and no pair."""
PACE_BIT_S = 20_000_000
QUIC_PACE_BIT_S = 6_000_000
"""A program paces QUIC at both ends: five homes at once must fit into half of what two cores can do."""
IN_TURN = {"saturate": 1, "replay_quic": 5}
"""How many homes of a provider measure at the same time; of what is not here, all."""


@dataclass(frozen=True)
class FarEnd:
    """A responder: its id, its two addresses, and the network that they are on."""

    id: str
    addresses: tuple[str, ...]
    asn: int


FAR_END = FarEnd("labo-1", RESPONDER_ADDRESSES[:2], 64510)
SECOND_FAR_END = FarEnd("labo-2", SECOND_ADDRESSES, 64511)
LINE_TAG_SECRET = "line-tag.secret"
"""Of both responders, so that a home is one line to both."""


@dataclass(frozen=True)
class Provider:
    """A retail brand of the lab, its network and its homes."""

    brand: str
    asn: int
    homes: range


@dataclass(frozen=True)
class LabService:
    """A made-up cultural service with one name."""

    id: str
    title: str
    name: str
    pace_bit_s: int = PACE_BIT_S


SERVICES = (
    LabService("radio-boreale", "Radio Boréale", "radio-boreale.example"),
    LabService("cinema-atlas", "Cinéma Atlas", "cinema-atlas.example"),
    LabService("presse-rive", "La Presse de la Rive", "presse-de-rive.example"),
    LabService("archives-fleuve", "Archives du Fleuve", "archives-fleuve.example"),
    LabService("musee-horizon", "Musée Horizon", "musee-horizon.example"),
    LabService("musique-lune", "Musique Lune", "musique-lune.example"),
    LabService("theatre-nord", "Théâtre du Nord", "theatre-du-nord.example"),
    LabService("lettres-sud", "Lettres du Sud", "lettres-du-sud.example"),
)


def padded(count: int, pace_bit_s: int = PACE_BIT_S) -> tuple[LabService, ...]:
    """Return `count` services of that pace: those above first, then ones that are registered and never measured."""
    more = (
        LabService(f"fonds-{n:03}", f"Fonds {n}", f"fonds-{n:03}.example")
        for n in range(len(SERVICES), count)
    )
    return tuple(replace(service, pace_bit_s=pace_bit_s) for service in (*SERVICES[:count], *more))


OWNED_NAMES = tuple(f"temoin-{n:02}.isonomia.example" for n in range(4)) + tuple(
    f"t{n:02}.isonomia.example" for n in range(4)
)
SPOOFED_POPULAR_NAMES = (
    "updates.software.example",
    "www.grocery-shop.example",
    "cdn.weather-now.example",
    "mail.bigoffice.example",
    "shop.sneakers.example",
    "www.hardware.example",
)


def homes_at_once(nettest: str, variant: str, homes: int) -> int:
    """Return how many of a provider's homes measure at the same time: the machine is small.

    An unpaced pair fills a line. Over QUIC one process sends to all homes, and to ten it was late in nine pairs of ten.
    """
    return min(homes, IN_TURN.get(variant, homes), IN_TURN.get(nettest, homes))


@dataclass(frozen=True)
class Experiment:
    """What one lab run does. `services` are registered (m cells); `measured` are their ids that homes measure.

    `nettest` is the one that the plan has. `policies` are the ISP's, `troubles` those of homes, lines, content side and programs.
    `direction` is that of the traffic; `line_up_bit_s` the line's rate upwards (None: not shaped). `duration_ms`: of a paced run.
    `policies_after_joining`: the policies are not there yet while homes join and measure their capacity.
    """

    policies: tuple[Policy, ...] = ()
    policies_after_joining: bool = False
    troubles: tuple[Trouble, ...] = ()
    services: tuple[LabService, ...] = SERVICES
    measured: tuple[str, ...] = ("radio-boreale",)
    homes: int = 4
    pairs: int = 5
    nettest: str = "replay_tls"
    variant: str = "paced"
    direction: str = "down"
    line_bit_s: int = 50_000_000
    line_up_bit_s: int | None = None
    rtt_ms: float = 20.0
    duration_ms: int = 4000
    gap_ms: int = 2000
    between_pairs_s: float = 0.5
    local_hour: int = 12

    @property
    def elsewhere(self) -> int:
        """Return how many more homes are another, honest provider's: what is false on one network must be absent elsewhere."""
        return self.homes if self.nettest in DIRECT else 0

    @property
    def network_troubles(self) -> tuple[NetworkTrouble, ...]:
        """Return the troubles that the lab's network is built with."""
        return tuple(t for t in self.troubles if isinstance(t, NetworkTrouble))

    @property
    def stage_troubles(self) -> tuple[StageTrouble, ...]:
        """Return the troubles of the programs."""
        return tuple(t for t in self.troubles if isinstance(t, StageTrouble))

    @property
    def providers(self) -> tuple[Provider, ...]:
        """Return whose lines the homes are."""
        own = Provider(BRAND, ASN, range(self.homes))
        other = Provider(SECOND_BRAND, SECOND_ASN, range(self.homes, self.homes + self.elsewhere))
        return (own, other) if other.homes else (own,)

    @property
    def far_ends(self) -> tuple[FarEnd, ...]:
        """Return the responders."""
        return (FAR_END,)

    @property
    def invited(self) -> range:
        """Return the homes that join by an invitation that the registration knows: these are vetted."""
        return range(0)

    def with_name(self, name: str) -> Experiment:
        """Return the experiment with one more service of that name, measured alone: for names given on the command line."""
        known = next((s for s in self.services if s.name == name), None)
        if known is not None:
            return replace(self, measured=(known.id,))
        service = LabService("service", name, name)
        return replace(self, services=(service, *self.services[1:]), measured=(service.id,))


@dataclass(frozen=True)
class TwoByTwo(Experiment):
    """Two responders on two networks, and the lines of two providers: what it takes to say where a difference arises.

    The first `own_homes` homes are the first provider's. Providers measure one after the other: the machine is small.
    """

    own_homes: int = 0

    @property
    def providers(self) -> tuple[Provider, ...]:
        """Return the two, the one that a row is about first."""
        return (
            Provider(BRAND, ASN, range(self.own_homes)),
            Provider(SECOND_BRAND, SECOND_ASN, range(self.own_homes, self.homes)),
        )

    @property
    def far_ends(self) -> tuple[FarEnd, ...]:
        """Return the two."""
        return (FAR_END, SECOND_FAR_END)

    @property
    def invited(self) -> range:
        """Return all: of another provider's lines only vetted homes place a difference."""
        return range(self.homes)


def operator_toml(experiment: Experiment, *responders: dict[str, Any]) -> str:
    """Return the collector's operator file for an experiment and its responders."""
    blocks = [_block("[operator]", {"name": "Isonomia – laboratoire"})]
    blocks += [_block("[[responder]]", responder) for responder in responders]
    for service in experiment.services:
        facts = {
            "id": service.id,
            "title": service.title,
            "names": [service.name],
            "pace_bit_s": service.pace_bit_s,
        }
        blocks.append(_block("[[service]]", facts))
    for stratum, names in (("owned", OWNED_NAMES), ("spoofed_popular", SPOOFED_POPULAR_NAMES)):
        blocks += [_block("[[control]]", {"name": name, "stratum": stratum}) for name in names]
    nettest = "replay_tls" if experiment.nettest in DIRECT else experiment.nettest
    variants = [("paced", experiment.duration_ms), ("long", 10_000)]
    if experiment.variant == "saturate":  # asked for by itself: it fills the lines
        variants.append(("saturate", 2000))
    for variant, duration_ms in variants:
        facts = {
            "nettest": nettest,
            "variant": variant,
            "direction": experiment.direction,
            "enabled": True,
            "duration_ms": duration_ms,
            "gap_ms": experiment.gap_ms,
            "between_pairs_s": 600.0,
        }
        blocks.append(_block("[[nettest]]", facts))
    if experiment.nettest in DIRECT:
        blocks.append(_block("[[nettest]]", {"nettest": experiment.nettest, "variant": "plain"}))
    blocks.append(_block("[grant]", {"bytes_per_day": 20_000_000_000}))
    return "\n".join(blocks)


def responder_toml(
    operator_key: str, far_end: FarEnd, collector_url: str, mmdb: str, nettest: str = "replay_tls"
) -> str:
    """Return a responder's file; it serves what the nettest needs."""
    facts = {
        "id": far_end.id,
        "owned_name": "repondeur.isonomia.example",
        "listen": list(far_end.addresses),
        "port": RESPONDER_PORT,
        "operator_key": operator_key,
        "collector": collector_url,
        "mmdb": mmdb,
        "contact": "labo@isonomia.example",
        "digest_every_s": 60.0,
        "state": f"state-{far_end.id}",
        "line_tag_secret": LINE_TAG_SECRET,
        "capacity_names": OWNED_NAMES,
        **({"quic": True} if nettest == "replay_quic" else {}),
        **({"http_port": HTTP_PORT} if nettest == "replay_http" else {}),
    }
    return _block("", facts) + "\n[bounds]\nopenings_per_key_hour = 2000\n"


def _block(head: str, facts: dict[str, Any]) -> str:
    lines = [head] if head else []
    return "\n".join([*lines, *(f"{key} = {_value(value)}" for key, value in facts.items())]) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)

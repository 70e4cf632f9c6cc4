"""What each nettest is, in one literal table: the command ``list``, the docs and the runner read it."""

from dataclasses import dataclass
from typing import Final, Literal

from probe.measurement.ticket import Direction, Variant


@dataclass(frozen=True)
class Facts:
    """``meets``: whom it connects to. ``child``: it runs in a process of its own. ``extra``: what must be installed.

    ``evidence``: whether it earns an e-value or is an observation (integrity.md 7). latency is one: its echoes have labels that could be
    exchanged, but no registered metric counts them, and its datagrams bear no name at all. ``most_bytes`` is what one run may
    spend at most, whatever its parameters. ``directions`` are those it measures in; a collector refuses a plan that asks for others.
    """

    variant: Variant | Literal["paced, long", "paced, long, saturate"]
    meets: Literal["responder", "service", "resolvers"]
    evidence: Literal["e_value", "observation", "none"]
    most_bytes: int
    child: bool = False
    extra: str | None = None
    directions: tuple[Direction, ...] = ("down",)

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants apart.

        >>> NETTESTS["replay_http"].variants
        ('paced', 'long')
        """
        return tuple(self.variant.split(", "))


BOTH_WAYS: Final[tuple[Direction, ...]] = ("down", "up")

NETTESTS: Final[dict[str, Facts]] = {
    "replay_tls": Facts("paced, long, saturate", "responder", "e_value", 220_000_000, directions=BOTH_WAYS),
    "replay_quic": Facts(
        "paced, long, saturate",
        "responder",
        "e_value",
        220_000_000,
        child=True,
        extra="quic",
        directions=BOTH_WAYS,
    ),
    "replay_http": Facts("paced, long", "responder", "e_value", 220_000_000),
    "capacity": Facts("capacity", "responder", "none", 51_800_000, directions=BOTH_WAYS),
    "latency": Facts("echo", "responder", "observation", 25_200_000),
    "dns": Facts("plain", "resolvers", "observation", 80_000, child=True, extra="dns"),
    "fetch": Facts("plain", "service", "observation", 2_540_000, child=True),
    "reachability": Facts("plain", "service", "observation", 480_000, child=True),
}

PAIRS: Final = tuple(name for name in NETTESTS if name.startswith("replay_"))
"""Those that measure in pairs of runs under a coin; the runner draws among them."""
MODULES: Final = {"dns": "dns", "quic": "aioquic"}
"""Extra to what it installs, as it is imported."""
ERRANDS: Final = ("dns", "reachability", "latency", "fetch")
"""The light ones in the order of a visit: the least traffic first."""
DIRECT: Final = frozenset(name for name, facts in NETTESTS.items() if facts.meets != "responder")
"""Those that speak to others than the operator's responders: a volunteer agrees to them apart."""

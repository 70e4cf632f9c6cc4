"""What Wehe itself did in a lab like ours: its own client and servers, not its rules on our pairs (peers-wehe.md 9, 2026-11-21).

Shipped Java client v3.3, default settings, confirmation on, its own replay and analyzer servers, 50 Mbit/s line, 20 ms RTT, cubic.
Netflix replays at 23 Mbit/s on average, myCANAL at 24 to 30, Twitch at 3.5 and YouTube at 0.385. Counts are passes.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_BELOW_TWITCH: Final = "Netflix 19/19, myCANAL 20/20, Twitch 7/7, YouTube 0/10"
_ABOVE_TWITCH: Final = "Netflix 19/19, myCANAL 20/20, Twitch 0/6, YouTube 0/10"
_STATIONARY: Final = "0/43"

WEHE_ITSELF: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{
            f"{kind}-{rate}-small": said
            for kind in ("police", "shape")
            for rates, said in ((("0.5", "1.5"), _BELOW_TWITCH), (("4", "15"), _ABOVE_TWITCH))
            for rate in rates
        },
        "neutral": _STATIONARY,
        "congested-steady": _STATIONARY,
        "loss-for-all": _STATIONARY,
        "line-redrawn": "6/23 (12/24 before confirmation)",
    }
)
"""By scenario, for those that the notes have: passes that said "differentiation". Guilty: over all rates that were tried with that
application (0.5, 1.5, 4, 8, 15 Mbit/s; Twitch apart); innocent: neutral, constant congestion and 2 % loss together."""

COST: Final = "Netflix 123-147 s, 122-233 MB; myCANAL 33-116 s, 29-45 MB; Twitch 159 s, 32-43 MB"
"""Seconds and bytes to the final verdict, where there was differentiation; of one home."""

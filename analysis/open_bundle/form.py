"""What a public bundle holds.

manifest.json             every other file with its SHA-256, and what the bundle is (``bundle.Manifest``, form "public")
finding.json              the finding, without the ids of its measurements
registration.json         as it was registered, and registration.json.sha256 beside it
pairs.ndjson              a line a pair of the finding's cell, those that were discarded included: features of two digits, the hour,
                          numbers of home and line that mean nothing elsewhere, the leaf in the public log and its inclusion proof
heads.ndjson              the signed heads of the seals that those leaves stand in, and of those that name registrations
catalogue.json            the services and control names that were measured by

No key, no measurement's or ticket's id, no address, no region, no capacity, nothing of a home's kit, no exact time.
"""

from typing import Any, Final

import msgspec

from analysis.log import Leaf
from analysis.observe.record import Features

FEWEST_LINES: Final = 5
"""Fewer would be recognised (evidence.md, Privacy)."""
DIGITS: Final = 2
LOG_E_WITHIN: Final = 0.1
"""Of ln E, and at least that much: what features of two digits may shift it."""
OTHER_DOMAIN: Final = "other_line_tag_domain"
NAMING: Final = ("measurement_ids", "key_hashes")
"""Fields of a finding that would lead to documents or homes."""


class PublicPair(msgspec.Struct, frozen=True, kw_only=True):
    """One pair. ``hour`` is UTC, ``local_hour`` the home's; ``leaf`` is ``None`` while its hour is not sealed.

    ``discarded_by`` is the first of the rules in ``struck``; ``home`` and ``line`` are numbers drawn for this bundle alone. ``failures`` of original and control, ``None`` for a run that was not tried.
    """

    home: int
    line: int
    hour: str
    local_hour: int
    network: str
    variant: str
    stratum: str
    first: str | None
    failures: tuple[str | None, str | None]
    discarded_by: str | None
    features: Features | None
    leaf: Leaf | None
    struck: tuple[str, ...] | None = None


def rounded(features: Features) -> Features:
    """The features with two significant digits each, and without what a line's capacity could be read from."""
    values: dict[str, Any] = {
        name: None if value is None else float(f"{value:.{DIGITS}g}")
        for name, value in msgspec.structs.asdict(features).items()
    }
    return Features(**{**values, "tail_control_bit_s": None})

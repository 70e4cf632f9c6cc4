"""Bounds of a registration: what its types cannot say, and without which its promises would be empty. Pure.

Whoever writes a registration by hand can hash it, too: a share of odd homes of nought, or a certificate that speaks of nobody, must be
refused where the file is read.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from collector.quarters import GRACE_US, unix_us, window_us

if TYPE_CHECKING:
    from analysis.registration import Registration

RHO: Final = (0.005, 0.2)
"""At least one home in two hundred is odd for a reason of its own; more than one in five, and nothing could be shown."""
CERTIFICATE_SHARE: Final = (0.01, 0.5)
Q: Final = (0.0001, 0.1)
STRATUM_BAR: Final = (1.0, 1e6)
INSTRUMENT_MARGIN: Final = (0.0, 0.1)
_SHA256: Final = re.compile("[0-9a-f]{64}")


def moment_of(made_at: str) -> datetime:
    """When a registration says that it was made; ``ValueError`` for no time, or one without its offset."""
    moment = datetime.fromisoformat(made_at)
    if moment.tzinfo is None:
        raise ValueError(f"made_at {made_at!r} has no offset from UTC")
    return moment


def began_us(quarter: str) -> int:
    """The first microsecond of a quarter, since 1970 UTC; ``ValueError`` if it is none.

    >>> from collector.quarters import EPOCH
    >>> from datetime import timedelta
    >>> (EPOCH + timedelta(microseconds=began_us("2026Q4"))).isoformat()
    '2026-10-01T00:00:00+00:00'
    """
    return window_us(quarter)[0] + GRACE_US


def is_late(registration: "Registration") -> bool:
    """Whether a registration was made when its quarter had begun: somebody could have looked first."""
    return unix_us(moment_of(registration.made_at)) > began_us(registration.quarter)


def out_of_bounds(registration: "Registration", most_cells: int) -> Iterator[str]:
    """What is wrong, a line each; nothing for a registration that may govern a judgement."""
    for read in (lambda: moment_of(registration.made_at), lambda: window_us(registration.quarter)):
        try:
            read()
        except ValueError as error:
            yield str(error)
    rho = registration.parameters.get("rho")
    numbers = {
        "rho": (rho if isinstance(rho, int | float) else -1.0, RHO),
        "q": (registration.q, Q),
        "certificate_share": (registration.certificate_share, CERTIFICATE_SHARE),
        "stratum_bar": (registration.stratum_bar, STRATUM_BAR),
        "instrument_margin": (registration.instrument_margin, INSTRUMENT_MARGIN),
    }
    for name, (value, (least, most)) in numbers.items():
        if not least <= value <= most:
            yield f"{name} {value}: from {least} to {most}"
    if not 1 <= len(registration.cells) <= most_cells:
        yield f"{len(registration.cells)} cells: from 1 to {most_cells}"
    yield from _twice("cell", (one.text() for one in registration.cells))
    yield from _twice("service", (one.id for one in registration.services))
    # Each service has one cell a line: with two roles, or in the family too, one of them would be lost unseen.
    judged = {cell.service for cell in registration.cells}
    yield from _twice("gate's service", [*(gate.service for gate in registration.gates), *judged])
    yield from _twice("invitation", (one for every in registration.channels.values() for one in every))
    yield from _twice("responder", (one.id for one in registration.responders))
    keys = [key for every in registration.responder_keys.values() for key in every]
    yield from _twice("responder key", keys)
    for responder, every in registration.responder_keys.items():
        if not every or not all(_SHA256.fullmatch(key) for key in every):
            yield f"responder {responder}: a key is a SHA-256 of 64 hex digits"


def _twice(what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{what} {name}: {count} times"

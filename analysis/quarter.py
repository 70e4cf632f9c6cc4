"""The quarter: all that was registered for it is one family (integrity.md 6), however many registrations it was cut into.

Forty registrations of one service each examine as many hypotheses as one of forty services. So a finding of one of them passes grade
2, and names a network, only where it also stands among all hypotheses of the quarter's registrations that were made when it was judged;
and the sentence of naming says that number. Cells that two registrations have in common count twice: they were looked at twice.
Of what is not at hand, and is named by the registration itself or by the public log, nobody knows how much it examines.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256

import msgspec

from analysis.log import log_of
from analysis.registration import Registration
from analysis.source import Source
from collector.quarters import unix_us

Beside = Mapping[str, int | None]
"""The other registrations of a quarter, by SHA-256 (hex): how many hypotheses each examines, ``None`` where it is not at hand."""


def read_beside(
    source: Source, registration: Registration, digest: str, now: datetime
) -> dict[str, int | None]:
    """The other registrations of a source's quarter that were made by ``now``, and those that the log or ``registration`` names."""
    at_hand, later = {}, set()
    for content in source.registrations():
        name = sha256(content).hexdigest()
        try:
            other = msgspec.json.decode(content, type=Registration)
            made_at_us = unix_us(datetime.fromisoformat(other.made_at))
        except (msgspec.MsgspecError, ValueError, TypeError):
            continue
        if other.quarter == registration.quarter and name != digest:
            at_hand[name] = other.hypotheses
            later |= {name} if made_at_us > unix_us(now) else set()
    log = log_of(source, digest, registration.quarter, unix_us(now))
    named = dict.fromkeys((*registration.beside, *log.others))
    return {name: count for name, count in sorted({**named, **at_hand}.items()) if name not in later}


def examined(registration: Registration, beside: Beside) -> int | None:
    """How many hypotheses a quarter's registrations examine together; ``None`` where nobody knows."""
    counts: Iterable[int | None] = beside.values()
    known = [one for one in counts if one is not None]
    return None if len(known) < len(beside) else registration.hypotheses + sum(known)

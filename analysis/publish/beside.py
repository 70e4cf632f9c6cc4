"""What a store holds beside pairs, in one light reading: the line's capacity as each pair carried it, and results without a pair.

A pair's document is read for that one number, its signatures unverified, for it decides nothing: it is drawn beside what was judged, and
only of pairs that were (``Observation`` holds the smaller of capacity and pace alone). Results are opened whole, as ``direct`` does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from analysis.direct.place import Place, joined_in, keys_of, lines_of, place_of
from analysis.direct.reach import Visit, visit_of
from analysis.direct.sights import Sight, sight_of
from analysis.observe.lean import ABSENT
from analysis.observe.opened import Corrupt, Resulted, open_stored
from collector.reader import read_measurements


class _Limits(msgspec.Struct, frozen=True):
    capacity_bit_s: int | None = None


class _Pair(msgspec.Struct, frozen=True):
    limits: _Limits = _Limits()


class _Glance(msgspec.Struct, frozen=True):
    pair: _Pair | None = None
    result: msgspec.Raw = msgspec.Raw()


_GLANCE: Final = msgspec.json.Decoder(_Glance)
UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True)
class Beside:
    """``capacities``: Mbit/s of the line by measurement id (hex), its last weekly estimate when the pair was made.

    ``visits`` and ``sights``: what homes met without a pair; ``brands``: what each home (probe key, hex) declared, last word first.
    """

    capacities: Mapping[str, float] = field(default_factory=dict)
    visits: tuple[Visit, ...] = ()
    sights: tuple[Sight, ...] = ()
    brands: Mapping[str, str] = field(default_factory=dict)


NOTHING: Final = Beside()


def read_beside(store: Path, until_us: int | None = None) -> Beside:
    """All of it in a collector's folder; with ``until_us`` only of what had been received by then. Damaged rows are passed over."""
    keys = keys_of(store)
    capacities: dict[str, float] = {}
    places: set[Place] = set()
    visits: list[Visit] = []
    sights: list[Sight] = []
    brands: dict[str, str] = {}
    for stored in read_measurements(store):
        if until_us is not None and stored.received_at_us > until_us:
            continue
        try:
            glance = _GLANCE.decode(stored.body)
            if glance.pair is not None and glance.pair.limits.capacity_bit_s:
                capacities[stored.measurement_id.hex()] = glance.pair.limits.capacity_bit_s / 1e6
            opened = open_stored(stored) if glance.result not in ABSENT else None
        except (*UNREADABLE, Corrupt):
            continue
        if isinstance(opened, Resulted):
            where = place_of(opened.measurement, keys)
            places.add(where)
            visits += filter(None, [visit_of(opened, where)])
            sights += sight_of(opened, where)
            brands[where.line] = opened.measurement.line.brand or ""
    line_of = lines_of(places, joined_in(store))
    return Beside(
        capacities,
        tuple(msgspec.structs.replace(one, line=line_of[one.line]) for one in visits),
        tuple(msgspec.structs.replace(one, line=line_of[one.line]) for one in sights),
        {line_of[home]: brand for home, brand in brands.items()},
    )

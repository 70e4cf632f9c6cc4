"""The rule for fetch: the service's own object against its control, against other networks, against other services.

Three differences, none of which says enough alone: the object less its matched control (the home's line), less the
same on other networks (the service's server), ranked among other services' on the same network (the luck of routes). What
remains of servers, caches and peering is why this is an observation: grade 1 at most, to choose what to replay (detection.md 7).
One service of each network is ranked first, be it by luck: hence the size beside the rank, and no word of an accusation.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Final, Literal

import msgspec

from analysis.direct.place import Place
from analysis.direct.sights import is_part
from analysis.observe.opened import Resulted
from analysis.stats.order_interval import middle
from analysis.stats.placebo import difference_in_differences, placebo_rank
from probe.measurement.failures import OK
from probe.measurement.results import FetchResult, Look

Condition = Literal["placebos", "rank", "size"]
LEAST_LINES: Final = 5
LEAST_BYTES: Final = 50_000
"""Of each body: below that the rate is slow start's."""
MOST_P: Final = 0.05
LEAST_PLACEBOS: Final = 19
"""So that a rank can come to 5 % at all."""
LEAST_SIZE: Final = math.log(0.95)
"""delta (detection.md 4.4)."""


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """One fetch whose two bodies came unaltered as far as they were asked for. ``log_ratio``: ln(rate of the object / rate of its control)."""

    measurement_id: str
    service: str
    line: str
    network: int
    log_ratio: float


class FetchContrast(msgspec.Struct, frozen=True, kw_only=True, tag_field="rule", tag="fetch"):
    """A service on a network. ``difference``: in ln units, below 0 slower here than elsewhere; ``p``: of its placebo rank."""

    service: str
    network: int
    lines: int
    other_networks: int
    difference: float
    placebos: int
    p: float
    missing: tuple[Condition, ...]
    grade: Literal[0, 1]
    measurements: tuple[str, ...]


def transfer_of(resulted: Resulted, where: Place) -> Transfer | None:
    """The transfer in a fetch whose line is known; ``None`` where a body is short, failed or bears a sign of another page."""
    measurement = resulted.measurement
    if not isinstance(measurement.result, FetchResult):
        return None
    rates = {look.role: _rate(look) for look in measurement.result.looks}
    original, control = rates.get("original"), rates.get("control")
    if original is None or control is None or where.network is None:
        return None
    return Transfer(
        measurement_id=resulted.measurement_id.hex(),
        service=measurement.service,
        line=where.line,
        network=where.network,
        log_ratio=math.log(original / control),
    )


def _rate(look: Look) -> float | None:
    """Bytes a µs of the body: a part up to the probe's bound is as fast as the whole."""
    if look.failure != OK or look.signs or not (look.whole or is_part(look)) or not look.duration_us:
        return None
    return look.received_bytes / look.duration_us if look.received_bytes >= LEAST_BYTES else None


def judge(transfers: Iterable[Transfer]) -> tuple[FetchContrast, ...]:
    """Every service on every network that can be compared; deterministic, whatever the order of ``transfers``."""
    groups: dict[tuple[int, str], list[Transfer]] = defaultdict(list)
    for transfer in sorted(set(transfers), key=lambda one: one.measurement_id):
        groups[transfer.network, transfer.service].append(transfer)
    figures = {key: figure for key, own in groups.items() if (figure := _figure(own)) is not None}
    differences = _differences(figures)
    return tuple(_contrast(key, groups[key], figures, differences) for key in sorted(differences))


def _by_line(own: Sequence[Transfer]) -> list[float]:
    lines: dict[str, list[float]] = defaultdict(list)
    for transfer in own:
        lines[transfer.line].append(transfer.log_ratio)
    return [middle(ratios) for _, ratios in sorted(lines.items())]


def _figure(own: Sequence[Transfer]) -> float | None:
    """The mean of the lines' medians; ``None`` of too few lines."""
    medians = _by_line(own)
    return fmean(medians) if len(medians) >= LEAST_LINES else None


def _differences(figures: Mapping[tuple[int, str], float]) -> dict[tuple[int, str], float]:
    found = {}
    for (network, service), mine in figures.items():
        others = [figure for (n, s), figure in sorted(figures.items()) if s == service and n != network]
        if others:
            found[network, service] = round(difference_in_differences(mine, others), 6)
    return found


def _contrast(
    key: tuple[int, str],
    own: Sequence[Transfer],
    figures: Mapping[tuple[int, str], float],
    differences: Mapping[tuple[int, str], float],
) -> FetchContrast:
    network, service = key
    placebos = [d for (n, s), d in sorted(differences.items()) if n == network and s != service]
    rank = placebo_rank(differences[key], placebos)
    fails: dict[Condition, bool] = {
        "placebos": rank.n < LEAST_PLACEBOS,
        "rank": rank.p > MOST_P,
        "size": rank.difference > LEAST_SIZE,
    }
    missing = tuple(condition for condition, wanting in fails.items() if wanting)
    return FetchContrast(
        service=service,
        network=network,
        lines=len(_by_line(own)),
        other_networks=sum(s == service and n != network for n, s in figures),
        difference=rank.difference,
        placebos=rank.n,
        p=rank.p,
        missing=missing,
        grade=0 if missing else 1,
        measurements=tuple(transfer.measurement_id for transfer in own),
    )

"""From a run to numbers: its series, round-trip time and loss. Pure.

Rates come from the receiver's ticks, for what arrived is what counts: the probe's for a download, the responder's for
an upload. Round-trip time and loss come from the sender's end (detection.md 4.5). ``numbers`` says the same of many runs at once.
"""

import numpy as np

from analysis.observe.packed import FarColumns, NearColumns
from analysis.stats.order_interval import middle
from analysis.stats.parameters import Parameters
from analysis.stats.series import Floats, bin_rates
from probe.measurement.run import Run

SETTLED_US = 1_000_000
"""Round-trip times count from here: before, the connection is still finding its rate."""


def span_s(ticks: NearColumns, duration_s: float) -> float:
    """How long a finished run lasted: the ticket's duration, or less if it had all its bytes before.

    A run that stalls still has a tick at its end, so what is missing behind the last tick is not a standstill.
    """
    return min(duration_s, ticks.t_us[-1] / 1e6) if ticks.t_us else 0.0


def run_rates(run: Run, duration_s: float, direction: str, parameters: Parameters) -> Floats | None:
    """Rates in bit/s in bins, shape (bins,); ``None`` for a run that failed or has no ticks.

    Raises ``ValueError`` where the ticks run backwards.
    """
    ticks = run.ticks if direction == "down" else run.responder_ticks
    return rates_of(ticks, duration_s, parameters) if run.ok else None


def rates_of(ticks: NearColumns | None, duration_s: float, parameters: Parameters) -> Floats | None:
    """The same of the receiver's ticks of a run that is ``ok``."""
    if ticks is None or not ticks.t_us:
        return None
    times_s = np.asarray(ticks.t_us, dtype=np.float64) / 1e6
    return bin_rates(times_s, ticks.wire_bytes, parameters, span_s(ticks, duration_s))


def median_rtt_us(ticks: FarColumns | None, duration_s: float) -> float:
    """Median smoothed RTT after the first second, while the run lasted; NaN where the sender's end is unknown."""
    if ticks is None or not ticks.rtt_us:
        return float("nan")
    until_us = duration_s * 1e6
    rtts = [
        rtt_us
        for t_us, rtt_us in zip(ticks.t_us, ticks.rtt_us, strict=True)
        if SETTLED_US <= t_us <= until_us and rtt_us > 0
    ]
    return middle(rtts) if rtts else float("nan")


def loss_share(ticks: FarColumns | None) -> float:
    """Share of segments that were sent again, over the whole run, 0-1; NaN where unknown."""
    if ticks is None or not ticks.segs_out or not ticks.total_retrans or ticks.segs_out[-1] <= 0:
        return float("nan")
    return ticks.total_retrans[-1] / ticks.segs_out[-1]


def mean_mbit_s(rates_bit_s: Floats) -> float | None:
    """Mean rate in Mbit/s, ``None`` of no bins."""
    # What .mean() does, without its questions: a run asks it six times of a handful of numbers.
    return round(float(np.add.reduce(rates_bit_s) / rates_bit_s.size) / 1e6, 6) if rates_bit_s.size else None


def thirds_mbit_s(rates_bit_s: Floats) -> tuple[float | None, float | None]:
    """Mean rates over the first and the last third of a run, Mbit/s.

    >>> thirds_mbit_s(np.array([8e6, 8e6, 4e6, 4e6, 2e6, 2e6]))
    (8.0, 2.0)
    """
    third = rates_bit_s.size // 3
    if third == 0:
        return None, None
    return mean_mbit_s(rates_bit_s[:third]), mean_mbit_s(rates_bit_s[-third:])

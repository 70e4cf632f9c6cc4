"""Throughput samples as Wehe takes them, from our ticks.

Wehe counts what its application read in each interval of a fixed clock. Our ticks are memoryless (mean 250 ms), so cumulative
bytes are interpolated at that clock's edges: means are exact; neighbouring samples between two ticks are equal, so a KS
test over 100 samples of 40 ms rests on some 17 ticks. That errs towards small p; the area, which decides first, is untouched.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SAMPLES: Final = 100
"""``xputBuckets`` of wehe-py3's configs.cfg."""


def samples_mbit_s(
    t_s: ArrayLike, received_bytes: ArrayLike, duration_s: float, interval_s: float | None = None
) -> Floats:
    """Rates in Mbit/s in whole intervals of a run, shape (samples,); zeros are kept, a part of an interval is not.

    ``t_s`` counts from the first byte, ``duration_s`` is nominal: the interval is a hundredth of it unless given. A run that
    ended early has fewer samples, as Wehe's has. Raises ValueError if samples run backwards or the numbers differ.

    >>> samples_mbit_s([1.0, 2.0], [125_000, 125_000], duration_s=2.0, interval_s=0.5).tolist()
    [1.0, 1.0, 0.0, 0.0]
    """
    t = np.concatenate(([0.0], np.asarray(t_s, dtype=np.float64)))
    count = np.concatenate(([0.0], np.asarray(received_bytes, dtype=np.float64)))
    if t.shape != count.shape:
        msg = f"samples need one time and one count each: {t.size - 1} times, {count.size - 1} counts"
        raise ValueError(msg)
    if (np.diff(t) < 0).any() or (np.diff(count) < 0).any():
        msg = "cumulative samples must not run backwards"
        raise ValueError(msg)
    step_s = duration_s / SAMPLES if interval_s is None else interval_s
    whole = int(np.floor(min(duration_s, float(t[-1])) / step_s + 1e-9))
    rates: Floats = np.diff(np.interp(np.arange(whole + 1) * step_s, t, count)) * 8e-6 / step_s
    return rates

"""What the lab says of its own limits, measured on one home."""

from __future__ import annotations

import pytest

from tests.lab import limits
from tests.lab.support import needs_lab

pytestmark = pytest.mark.lab


def test_limits_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round trip is never shorter than asked for, the paced rate arrives (all of it on a machine that is not full), and the delay line's time is counted."""
    needs_lab()
    monkeypatch.setattr(limits, "LOADED_S", 2.0)
    monkeypatch.setattr(limits, "TRIPS", 30)
    found = limits.measure(1)
    assert found.idle.least >= limits.RTT_MS
    assert found.idle.least <= found.idle.median <= found.idle.p99
    assert 0.7 * limits.PACE_MBIT_S < found.slowest_mbit_s < 1.05 * limits.PACE_MBIT_S
    assert 0 < found.delay_line_cpu < 1

"""The order of the tests: files that take long come first, so that no worker has one left when the others are through.

Seconds are those of a whole run on two cores. A file that is not named here keeps its place behind them.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_FIRST = (
    # The lab's, three at a time. Whoever has two tests or fewer left is handed the next file: those with few tests come last.
    "tests/e2e/test_path.py",  # 110 s
    "tests/lab/test_troubles.py",  # 85
    "tests/lab/test_policies.py",  # 72
    "tests/lab/test_counterparts.py",  # 45
    "tests/lab/test_row.py",  # 34
    # What is timed, three at a time.
    "tests/probe/replay/test_quic.py",  # 58
    "tests/probe/replay/test_quic_upwards.py",  # 36
    "tests/probe/replay/test_upwards.py",  # 30
    "tests/probe/replay/test_trouble.py",  # 23
    # What may share the machine.
    "tests/dashboards/site/test_browser.py",  # 112 before it walked four pages at a time
    "tests/torture/test_torture.py",  # 19
    "tests/collector/test_seal_full_disk.py",  # 36
    "tests/collector/test_seal_s3.py",  # 30
    "tests/analysis/test_scale.py",  # 24
    "tests/collector/test_crash.py",  # 28
    "tests/collector/timeseries/test_full_disk.py",  # 18
    "tests/analysis/trace/test_policing.py",  # 15
    "tests/probe/test_memory.py",  # 19
)
_PLACES = {ROOT / name: place for place, name in enumerate(LONGEST_FIRST)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; within a file, and behind them, nothing changes place."""
    items.sort(key=lambda item: _PLACES.get(item.path, len(_PLACES)))

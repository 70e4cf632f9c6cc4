"""One small row of the scoreboard through the whole path, with real programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab.results import save
from tests.lab.row import run_row
from tests.lab.support import needs_lab
from tests.scenarios import SCENARIOS

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]


def test_a_row_says_what_came_of_it(tmp_path: Path) -> None:
    """Two homes and two pairs are no evidence, but the lab's counter, the rivals and the cost are all there."""
    needs_lab()
    scenario = replace(next(s for s in SCENARIOS if s.name == "police-4-small"), pairs=2)
    result = run_row(scenario, homes=2, seed=1)
    assert ("undetermined", 4, False, []) == (
        result["outcome"],
        result["pairs"],
        result["lab_fault"],
        result["others_flagged"],
    )
    assert result["counter_mbit_s"] == pytest.approx(3.8, rel=0.1)
    assert result["control_mbit_s"] > 17
    assert ("slowed", 4) == (result["rivals"]["client"]["majority"], result["rivals"]["client"]["pairs"])
    assert result["bytes"] > 20_000_000
    save(result, tmp_path / "homes-2" / "row.json")
    read = json.loads((tmp_path / "homes-2" / "row.json").read_text())
    assert json.loads(json.dumps(result)) == read

"""One run of each of the soak's conditions, and one of the demo's blocking, through the whole path.

All run at the same time in processes of their own, as `make soak` does; each is 5 homes x 6 pairs of 4 s runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lab.privileges import LabUnavailableError, lab_mode
from tests.lab.stage import REPOSITORY

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]

SEED = 3
CONDITIONS = ("neutral", "congested", "police-1.5", "police-4")
BLOCKED = "press.example"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All runs' results by condition; the run that blocks is a `lab run` from the command line."""
    try:
        lab_mode()
    except LabUnavailableError as error:
        pytest.skip(f"LAB NOT RUN: {error}")
    folder = tmp_path_factory.mktemp("soak")
    environment = {**os.environ, "ISONOMIA_SOAK": str(folder)}
    commands = {c: ["soak", "--one", str(SEED), c] for c in CONDITIONS}
    commands["reset"] = [
        "run",
        "--policy",
        "reset",
        "--match-sni",
        BLOCKED,
        "--homes",
        "5",
        "--pairs",
        "6",
        "--json",
    ]
    started = {name: _start(words, environment, folder / f"{name}.out") for name, words in commands.items()}
    for name, process in started.items():
        assert 0 == process.wait(500), f"{name}: {(folder / f'{name}.err').read_text()[-2000:]}"
    found = {c: json.loads((folder / f"{c}-{SEED:02}.json").read_text()) for c in CONDITIONS}
    found["reset"] = json.loads((folder / "reset.out").read_text())
    return found


def _start(words: list[str], environment: dict[str, str], out: Path) -> subprocess.Popen[bytes]:
    with out.open("wb") as stdout, out.with_suffix(".err").open("wb") as stderr:
        argv = [sys.executable, "-m", "tests.lab", *words]
        return subprocess.Popen(argv, cwd=REPOSITORY, env=environment, stdout=stdout, stderr=stderr)


@pytest.mark.parametrize("condition", ["neutral", "congested"])
def test_an_innocent_network_is_not_flagged(results: dict[str, Any], condition: str) -> None:
    """Neither a neutral nor a congested network is accused of anything, in any direction."""
    assert [] == results[condition]["flagged"]


@pytest.mark.parametrize("condition", ["police-1.5", "police-4"])
def test_a_policer_is_flagged_and_named(results: dict[str, Any], condition: str) -> None:
    """A policer is found, called a policer, and its rate is within 5 % of the lab's own counter."""
    result = results[condition]
    assert ["radio-boreale:slowed"] == result["flagged"]
    assert "policer" == result["mechanism"]
    assert abs(result["rate_error"]) <= 0.05


@pytest.mark.parametrize("condition", CONDITIONS)
def test_no_measurement_is_lost_or_refused(results: dict[str, Any], condition: str) -> None:
    """Every planned pair is measured, and the collector refuses none."""
    assert (30, 0, 0) == tuple(results[condition][name] for name in ("pairs", "skipped", "rejected"))


def test_a_blocked_service_is_flagged(results: dict[str, Any]) -> None:
    """A service whose connections are reset is found, called blocked, and nobody else is accused."""
    flagged = [f for f in results["reset"]["findings"] if f["outcome"] == "different"]
    assert [("service", "slowed", "blocking_tcp", None)] == [
        (f["service"], f["direction_of_effect"], f["mechanism"], f["delivered_mbit_s"]) for f in flagged
    ]


def test_an_answer_holds_what_it_cost_and_how_it_was_made(results: dict[str, Any]) -> None:
    """The lab's answer names bytes, seconds and the mode it ran in."""
    answer = results["reset"]
    assert answer["mode"] in ("root", "userns")
    assert answer["bytes"] > 0
    assert answer["seconds"] > 0

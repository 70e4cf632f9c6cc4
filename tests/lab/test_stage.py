"""How a probe's end is read: one that measured nothing is a result of its line, one that crashed is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from probe.trouble import EXIT_NOTHING, EXIT_OK
from tests.lab.stage import Probe, Stage, StageError


def ended(folder: Path, script: str) -> Probe:
    """A program in a probe's place, as the stage starts one: its words on standard error beside its log."""
    log = folder / "home-0.run.jsonl"
    with log.with_suffix(".err").open("wb") as err:
        return Probe(0, subprocess.Popen([sys.executable, "-c", script], stderr=err), log)


@pytest.mark.parametrize(
    ("script", "code"), [("pass", EXIT_OK), (f"raise SystemExit({EXIT_NOTHING})", EXIT_NOTHING)]
)
def test_a_home_may_have_measured_nothing(tmp_path: Path, script: str, code: int) -> None:
    """Its code says so, and it says nothing else."""
    assert code == Stage.end_of(ended(tmp_path, script), 20.0, also_good=EXIT_NOTHING)


@pytest.mark.parametrize(
    ("script", "also_good"),
    [
        (f"raise SystemExit({EXIT_NOTHING})", EXIT_OK),
        ("raise ZeroDivisionError", EXIT_NOTHING),
        ("raise SystemExit(3)", EXIT_NOTHING),
    ],
)
def test_what_went_wrong_is_no_result(tmp_path: Path, script: str, also_good: int) -> None:
    """Nothing measured where something must be, a crash (whose code is the same), and any other code."""
    with pytest.raises(StageError, match="home 0: exit"):
        Stage.end_of(ended(tmp_path, script), 20.0, also_good=also_good)


def test_a_lab_in_which_nobody_measured_shows_nothing() -> None:
    """If no home has measured a pair it is the lab that is at fault: an innocent row must not pass by it."""
    with pytest.raises(StageError, match="no home"):
        Stage.somebody_measured([EXIT_NOTHING] * 3)
    Stage.somebody_measured([EXIT_NOTHING, EXIT_OK])

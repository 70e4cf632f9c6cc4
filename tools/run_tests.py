"""Runs the tests: first all that may share the machine, three at a time, then those marked `timed` and those marked `lab`,
three files at a time, then the lab's that others would disturb: those marked `alone` one by one, those marked `calm` two at a time.

With arguments, they go to one plain pytest run. The end shows every skipped test with its reason and one line
of totals, also kept in build/test/totals.txt. Exit 1 if a test failed, if a part ran no test at all, or if,
in CI, a lab test was skipped for want of a lab: a machine that cannot run it has not tested the program. What a counterpart
that is not installed, or a machine that is too busy, left without proof (NOT PROVED) is said and counted like any skip.

Files that take long come first in a part (``tests/conftest.py``), and what nobody has begun moves to whoever has nothing to do. Bytecode
is written beside the sources whatever the environment says (PYTHONDONTWRITEBYTECODE): hundreds of processes import the same
modules, and each of them would compile them anew, as each pytest would rewrite every assertion.

What measures in real time fails where the machine is taken away for a second. Up to three failed tests of each of these
parts are therefore run once more, one by one with nothing beside them; one that passes then is called UNSTEADY, by name. Where
the host took more than a tenth of the processors meanwhile, it is up to a dozen, twice if need be, and the end says how much was taken.
Nothing else has a second chance: a test that loses a measurement once in a while has found a fault.
"""

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from tools.stolen import stolen_s
from tools.tree import ROOT

RESULTS = ROOT / "build" / "test"
UNPROVED = "NOT PROVED"
LAB = ("lab", "alone", "calm")
IN_REAL_TIME = ("timed", *LAB)
SECOND_CHANCES = 3
CHANCES_WHERE_STOLEN = 12
MUCH_STOLEN = 0.1
"""Of the processors' time, by the host."""
FAILED = 1
"""pytest's exit status when tests ran and some failed; all others say that something else is wrong."""
BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")
PARTS: dict[str, list[str]] = {
    "rest": ["-m", "not lab and not timed", "-n", "3", "--dist", "worksteal"],
    "timed": ["tests/probe", "tests/collector", "-m", "timed and not lab", "-n", "3", *BY_FILE],
    "lab": ["tests/e2e", "tests/lab", "-m", "lab and not alone and not calm", "-n", "3", *BY_FILE],
    "alone": ["tests/lab", "-m", "alone"],
    "calm": ["tests/lab", "-m", "calm", "-n", "2", "--dist", "load"],
}


@dataclass(frozen=True)
class Totals:
    """What one or more pytest runs counted.

    ``failed`` and ``unsteady`` hold names; ``skipped`` a line per test: its name and why. An unsteady test is one of ``passed``.
    """

    passed: int = 0
    failed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    unsteady: tuple[str, ...] = ()

    def __add__(self, other: "Totals") -> "Totals":
        """Both runs together."""
        return Totals(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.unsteady + other.unsteady,
        )

    def repeated(self, again: "Totals") -> "Totals":
        """These, once ``again`` has run what failed here."""
        unsteady = tuple(name for name in self.failed if name not in again.failed)
        return Totals(
            self.passed + again.passed, again.failed, self.skipped + again.skipped, self.unsteady + unsteady
        )

    def line(self) -> str:
        """The closing line, in the form that test readers of any language know."""
        counts = f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped"
        return f"{counts}, {len(self.unsteady)} unsteady" if self.unsteady else counts


def read_totals(junit: Path) -> Totals:
    """The totals in pytest's JUnit file; an expected failure (xfail) stands there as skipped."""
    passed = 0
    failed: list[str] = []
    skipped: list[str] = []
    for case in ET.parse(junit).getroot().iter("testcase"):  # noqa: S314 - written by our own pytest a moment ago
        skip = case.find("skipped")
        name = f"{case.get('classname')}::{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(name)
        elif skip is not None:
            skipped.append(f"{name}: {skip.get('message', '')}")
        else:
            passed += 1
    return Totals(passed, tuple(failed), tuple(skipped))


def run_part(name: str, arguments: list[str]) -> tuple[int, Totals]:
    """Run pytest once; its exit status (5, no test ran, stays a failure) and its totals."""
    junit = RESULTS / f"{name}.xml"
    junit.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", *arguments, f"--junitxml={junit}"]
    if name.removesuffix("-again") in LAB or any(argument.startswith("tests/lab") for argument in arguments):
        # Without root, the whole run goes into a user namespace in which it may build networks.
        command = [sys.executable, "-m", "tests.lab.privileges", *command]
    print("$ pytest " + " ".join(arguments), flush=True)
    # pytest's own folder in the temporary place refuses to be shared with root, which a user namespace calls us.
    with tempfile.TemporaryDirectory(prefix="isonomia-test-") as folder:
        environ = {**os.environ, "PYTEST_DEBUG_TEMPROOT": folder}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        status = subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode
    return status, read_totals(junit) if junit.exists() else Totals()


def run_and_stolen(name: str, arguments: list[str]) -> tuple[int, Totals, float]:
    """What ``run_part`` returns, and the share of the processors' time that the host took meanwhile."""
    began_s, before_s = time.monotonic(), stolen_s()
    status, totals = run_part(name, arguments)
    share = (stolen_s() - before_s) / ((time.monotonic() - began_s) * (os.cpu_count() or 1))
    if share > MUCH_STOLEN:
        print(f"STOLEN {name}: the host took {share:.0%} of the processors", flush=True)
    return status, totals, share


def run_twice(name: str, arguments: list[str]) -> tuple[int, Totals]:
    """Run a part that measures in real time, and once more the few tests that failed in it, one by one."""
    cache = ["-o", f"cache_dir={RESULTS / ('cache-' + name)}"]
    again = ["-n", "0", "--last-failed", "--last-failed-no-failures=none"]
    status, totals, share = run_and_stolen(name, [*arguments, *cache])
    most, turns = (CHANCES_WHERE_STOLEN, 2) if share > MUCH_STOLEN else (SECOND_CHANCES, 1)
    few = status == FAILED and 0 < len(totals.failed) <= most
    while few and turns and totals.failed:
        print(f"AGAIN {name}: {', '.join(totals.failed)}", flush=True)
        status, repeated, _ = run_and_stolen(f"{name}-again", [*arguments, *cache, *again])
        totals = totals.repeated(repeated)
        turns -= 1
    return status, totals


def verdict(statuses: dict[str, int], lab_skipped: int, *, in_ci: bool) -> list[str]:
    """Why the run as a whole has failed, a line each; nothing when it passed."""
    reasons = [
        f"{part}: no test ran" if status == 5 else f"{part}: pytest exit {status}"
        for part, status in statuses.items()
        if status != 0
    ]
    if in_ci and lab_skipped:
        reasons.append(f"lab: {lab_skipped} skipped, and CI must run them all")
    return reasons


def main(arguments: list[str], *, in_ci: bool) -> int:
    """Run the parts, or the one run that ``arguments`` describe; print the end; return the exit status."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept = RESULTS / "totals.txt"
    kept.unlink(missing_ok=True)
    parts = {"chosen": arguments} if arguments else PARTS
    statuses: dict[str, int] = {}
    totals: dict[str, Totals] = {}
    for name, options in parts.items():
        statuses[name], totals[name] = (run_twice if name in IN_REAL_TIME else run_part)(name, options)
    everything = sum(totals.values(), Totals())
    for skipped in everything.skipped:
        print(f"SKIPPED {skipped}")
    for unsteady in everything.unsteady:
        print(f"UNSTEADY {unsteady}: failed beside the others, passed alone")
    for failed in everything.failed:
        print(f"FAILED {failed}")
    in_lab = sum((totals[name] for name in LAB if name in totals), Totals())
    without_lab = [line for line in in_lab.skipped if UNPROVED not in line]
    reasons = verdict(statuses, len(without_lab), in_ci=in_ci)
    for reason in reasons:
        print(f"FAILED {reason}")
    print(everything.line())
    kept.write_text(everything.line() + "\n", encoding="utf-8")
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], in_ci=os.environ.get("CI") == "true"))

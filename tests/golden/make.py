"""Make the golden files: ``python -m tests.golden.make [--expected] [SCENARIO …]``.

Without ``--expected`` each scenario is measured in the lab (root or a user namespace; about a minute each). Exit codes:
0 written, 1 a committed file is damaged or a program of the lab failed, 2 usage, 3 no lab here.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from shutil import copyfile

from analysis.registration import HASH_SUFFIX
from collector.reader import read_measurements
from tests.golden.chain import REGISTRATION, Chain, folder_of, made
from tests.golden.documents import MEASUREMENTS, Damaged, Measurements, row_of, write
from tests.golden.messages import text
from tests.golden.scenarios import SCENARIOS
from tests.lab.privileges import EXIT_UNAVAILABLE, LabUnavailableError, ensure
from tests.lab.progress import Plain
from tests.lab.run import run
from tests.lab.stage import StageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden.make", description=text("help"))
    parser.add_argument("scenario", nargs="*", type=_scenario, metavar="SCENARIO", help=text("scenario_help"))
    parser.add_argument("--expected", action="store_true", help=text("expected_help"))
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if not options.expected:
            ensure()
        for scenario in options.scenario or SCENARIOS:
            _make(scenario, measure_again=not options.expected)
    except LabUnavailableError as error:
        print(error, file=sys.stderr)
        return EXIT_UNAVAILABLE
    except (Damaged, StageError) as error:
        print(f"tests.golden.make: {error}", file=sys.stderr)
        return 1
    return 0


def _scenario(word: str) -> str:
    if word not in SCENARIOS:
        raise argparse.ArgumentTypeError(text("unknown", word=word, known=", ".join(SCENARIOS)))
    return word


def _make(scenario: str, *, measure_again: bool) -> None:
    folder = folder_of(scenario)
    if measure_again:
        print(text("measuring", scenario=scenario), file=sys.stderr, flush=True)
        measure(scenario, folder)
    chain = made(folder)
    chain.write(folder)
    print(_said(scenario, chain, folder), flush=True)


def measure(scenario: str, folder: Path) -> None:
    """Run the scenario in the lab; write what was uploaded, and the registration that came before it, to ``folder``."""
    experiment = SCENARIOS[scenario]
    with tempfile.TemporaryDirectory(prefix="isonomia-golden-") as place:
        kept = Path(place) / "lab"
        outcome = run(experiment, Plain(total=experiment.homes * experiment.pairs, quiet=True), kept)
        stored = sorted(
            read_measurements(kept / "collector"), key=lambda row: (row.received_at_us, row.measurement_id)
        )
        measurements = Measurements(
            scenario=scenario,
            mode=outcome.mode,
            delay_line=outcome.delay_line,
            service=experiment.measured[0],
            rows=tuple(row_of(row) for row in stored),
        )
        folder.mkdir(parents=True, exist_ok=True)
        for name in (REGISTRATION, REGISTRATION + HASH_SUFFIX):
            copyfile(kept / name, folder / name)
        write(folder / MEASUREMENTS, measurements)


def _said(scenario: str, chain: Chain, folder: Path) -> str:
    finding = chain.finding
    words = [text(finding["outcome"]), finding["mechanism"], finding["delivered_mbit_s"]]
    return text(
        "written",
        scenario=scenario,
        pairs=len(chain.observations),
        verdict=" ".join(str(word) for word in words if word is not None),
        e_value=finding["e_value"],
        kilobytes=round(sum(path.stat().st_size for path in folder.iterdir()) / 1000),
    )


if __name__ == "__main__":
    raise SystemExit(main())

"""The analysis's cost, one core: features, F, observing stored measurements, and judging 2,000 cells.

Each part runs in a process of its own, so that its peak memory is its own. CPU seconds are counted, and of three passes the least:
a neighbour on the same core takes from the caches, and only ever adds. Beside them stands Wehe's client rule, vectorised, on
the same pairs. Figures per million pairs are scaled up from the number measured, which is told.

    python -m tests.bench.analysis_bench [PART [SIZE]]
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
MILLION = 1_000_000
GATES = {
    "features": {"cpu_s_per_million": 1.5},
    "evidence": {"cpu_s_per_million": 0.4},
    "observe": {"cpu_s_per_million": 120.0, "peak_mb": 400.0},
    "judge": {"cpu_s": 10.0, "peak_mb": 1000.0},
}
CELLS, HOMES, PAIRS = 2000, 10, 5


@dataclass(frozen=True)
class Cost:
    """What a part took: pairs, CPU seconds (user and system) of its quickest pass, peak resident memory of its process, MB."""

    pairs: int
    cpu_s: float
    cpu_s_per_million: float
    peak_mb: float


def analysis_bench() -> dict[str, Any]:
    """Every part's cost, and whether its gates hold."""
    found: dict[str, Any] = {}
    for part in (*GATES, "observe_each", "observe_folder", "wehe_client"):
        words = [sys.executable, "-m", "tests.bench.analysis_bench", part]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
        found[part] = json.loads(done.stdout)
    within = {
        f"{part}.{name}": found[part][name] <= most
        for part, gates in GATES.items()
        for name, most in gates.items()
    }
    return {**found, "gates": GATES, "within": within, "passes": all(within.values())}


def _measured(work: Callable[[], object], pairs: int, passes: int = 3) -> Cost:
    took_s = []
    for _ in range(passes):
        began = time.process_time()
        work()
        took_s.append(time.process_time() - began)
    cpu_s = min(took_s)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Cost(pairs, round(cpu_s, 3), round(cpu_s / pairs * MILLION, 3), round(peak, 1))


def _rates(pairs: int, bins: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    shape = (pairs, bins)
    return rng.lognormal(np.log(19e6), 0.05, shape), rng.lognormal(np.log(19e6), 0.05, shape)


def features(pairs: int = 200_000) -> Cost:
    """Differences and scales of pairs from two arrays of 20 bins (4 s), 1,000 pairs at a time."""
    from analysis.stats.parameters import Parameters
    from analysis.stats.series import compare

    original, control = _rates(pairs, 20)
    parameters = Parameters()

    def work() -> None:
        for begin in range(0, pairs, 1000):
            compare(original[begin : begin + 1000], control[begin : begin + 1000], parameters)

    return _measured(work, pairs)


def evidence(pairs: int = MILLION) -> Cost:
    """F: from a table of pairs to ln E of cells of 10 homes with 20 pairs, one hypothesis."""
    from analysis.stats.cell import cell_terms, log_e_values
    from analysis.stats.home import home_evidence
    from analysis.stats.pair import PairTable
    from analysis.stats.parameters import Parameters

    rng = np.random.default_rng(2)
    d = {name: rng.normal(0, 0.05, pairs) for name in ("d_thr", "d_tail", "d_rtt")}
    loss = rng.exponential(1e-3, (2, pairs))
    homes = pairs // 20
    table = PairTable(
        **d, loss_original=loss[0], loss_control=loss[1], d_fail=rng.choice([0.0, 0.0, 0.0, -1.0, 1.0], pairs),
        s=np.full(pairs, 0.06), cluster=np.arange(pairs) // 20, long=np.arange(pairs) % 4 == 0,
        evening=rng.random(pairs) < 0.2,
    )  # fmt: skip
    parameters = Parameters()
    cell = np.arange(homes) // HOMES

    def work() -> None:
        of_homes = home_evidence(table, parameters, clusters=homes)
        log_e_values(cell_terms(of_homes, parameters, cell, int(cell[-1]) + 1), parameters)

    return _measured(work, pairs)


def observe_each(pairs: int = 2000) -> Cost:
    """The same with every signature verified again."""
    return observe(pairs, signatures=True)


def observe(pairs: int = 2000, *, signatures: bool = False) -> Cost:
    """From a collector's stored documents to observations: hashes, coins and digests checked, signatures as at the door."""
    from analysis.reading import read_store
    from analysis.stats.parameters import Parameters
    from tests.analysis.worlds import World
    from tests.golden.chain import fill

    world = World(homes=20, services=5)
    rows = [world.stored(one) for one in world.all_pairs(pairs // 100)]
    with tempfile.TemporaryDirectory() as name:
        store = fill(Path(name), rows)
        return _measured(lambda: read_store(store, Parameters(), signatures=signatures), len(rows))


def observe_folder(pairs: int = 4000, at_hand: int = 500) -> Cost:
    """The same through a folder: ``at_hand`` documents again and again, so that peak memory is that of observing, not of making them."""
    from analysis.scale.spool import every_bucket, spool
    from analysis.source import Source
    from analysis.stats.parameters import Parameters
    from tests.analysis.worlds import World

    world = World(homes=10, services=5)
    rows = [world.stored(one) for one in world.all_pairs(at_hand // 50)]
    source = Source(lambda: islice(cycle(rows), pairs), lambda: iter(()), tuple, lambda _: Path())

    def work() -> None:
        with tempfile.TemporaryDirectory() as name:
            for _ in every_bucket(Path(name), spool(source, Path(name), Parameters(), signatures=False)):
                pass

    return _measured(work, pairs)


def judge(cells: int = CELLS) -> Cost:
    """2,000 registered cells of 10 homes with 5 pairs, from observations: one cell in twenty is guilty."""
    from analysis.judge import judge_observations
    from analysis.reading import Seen
    from analysis.stats.parameters import Parameters
    from analysis.stats.simulate import World, simulate
    from analysis.stats.simulate_treatments import Treatment
    from tests.analysis.simulated import DUE, SHA256, observations, registration

    services = [f"s{number:04d}" for number in range(cells)]
    registered = registration(services)
    parameters, rng = Parameters(), np.random.default_rng(3)
    pairs = []
    for number, service in enumerate(services):
        world = World(treatment=Treatment("police", 4e6)) if number % 20 == 0 else World()
        made = simulate(world, cells=1, homes=HOMES, pairs=PAIRS, rng=rng, parameters=parameters)
        pairs += observations(made, service)
    seen = Seen(tuple(sorted(pairs, key=lambda o: (o.opened_at_us, o.measurement_id))), {}, (), 0)
    return _measured(
        lambda: judge_observations(seen, registered, SHA256, parameters, now=DUE, full=False), len(pairs)
    )


def wehe_client(pairs: int = 100_000) -> Cost:
    """Wehe's client rule on pairs of 100 samples, 4,000 at a time; half of them differ enough for its KS test."""
    from tests.rivals.vectorised import slowed_or_favoured

    original, control = _rates(pairs, 100)
    control[::2] *= 2
    original, control = original / 1e6, control / 1e6

    def work() -> None:
        for begin in range(0, pairs, 4000):
            slowed_or_favoured(original[begin : begin + 4000], control[begin : begin + 4000])

    return _measured(work, pairs)


PARTS: dict[str, Callable[..., Cost]] = {
    "features": features, "evidence": evidence, "observe": observe, "observe_each": observe_each,
    "observe_folder": observe_folder, "judge": judge, "wehe_client": wehe_client,
}  # fmt: skip


def main(words: list[str]) -> int:
    """One part, or all of them."""
    if not words:
        print(json.dumps(analysis_bench(), indent=1))
        return 0
    sizes = [int(word) for word in words[1:]]
    print(json.dumps(asdict(PARTS[words[0]](*sizes))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

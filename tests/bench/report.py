"""`make bench`: every figure beside a peer of the same run, and whether its gate holds."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.lab.messages import text
from tests.lab.stage import REPOSITORY

OUT = REPOSITORY / "build" / "bench.json"


def report(*, as_json: bool, only: str | None, out: Path = OUT) -> int:
    """Run the benches, write `build/bench.json`, print; return 0 if every gate holds."""
    parts = {name: bench for name, bench in _benches().items() if only in (None, name)}
    results: dict[str, dict[str, Any]] = {}
    for name, bench in parts.items():
        print(text("bench_running", part=name), file=sys.stderr, flush=True)
        results[name] = bench()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, indent=1) + "\n")
    passed = all(result["passes"] for result in results.values())
    print(json.dumps(results) if as_json else _lines(results))
    return 0 if passed else 1


def _benches() -> dict[str, Callable[[], dict[str, Any]]]:
    from tests.bench.analysis_bench import analysis_bench
    from tests.bench.collector_bench import collector_bench
    from tests.bench.doors_bench import doors_bench
    from tests.bench.replay_bench import replay_bench
    from tests.bench.series_bench import series_bench
    from tests.bench.site_bench import site_bench

    return {
        "replay": replay_bench,
        "collector": collector_bench,
        "doors": doors_bench,
        "analysis": analysis_bench,
        "site": site_bench,
        "series": series_bench,
    }


def _lines(results: dict[str, dict[str, Any]]) -> str:
    lines = []
    for name, result in results.items():
        lines.append(f"{name}: {text('bench_passed' if result['passes'] else 'bench_failed')}")
        lines += [f"  {key} = {json.dumps(value)}" for key, value in result.items() if key != "passes"]
    return "\n".join(lines)

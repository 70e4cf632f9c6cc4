"""The pages of a country: 1,000 services and 50 networks in both languages, within 4 minutes and 500 MB.

Beside it, in the same run: the same templates filled with nothing drawn, so that what figures cost is seen.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.lab.stage import REPOSITORY

SECONDS = 240.0
MEGABYTES = 500.0
CODE = """
import json, resource, sys, time
from pathlib import Path
from dashboards.site.folder import write
from dashboards.site.render import site
from tests.support.exports import export
services, networks, drawn = (int(word) for word in sys.argv[2:5])
made = export(networks=networks, services=services, drawn=drawn)
began = time.monotonic(), time.process_time()
files, size = write(Path(sys.argv[1]), site(made))
print(json.dumps({
    "seconds": round(time.monotonic() - began[0], 1), "cpu_seconds": round(time.process_time() - began[1], 1),
    "files": files, "megabytes_written": round(size / 1e6, 1), "findings": len(made.findings),
    "rss_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
}))
"""


def site_bench(services: int = 1000, networks: int = 50) -> dict[str, Any]:
    """Render twice, each in a process of its own: with figures, and with none."""
    whole, bare = (_run(services, networks, drawn) for drawn in (10**6, 0))
    return {
        "services": services,
        "networks": networks,
        **whole,
        "without_figures_seconds": bare["seconds"],
        "without_figures_cpu_seconds": bare["cpu_seconds"],
        "gate_seconds": SECONDS,
        "gate_megabytes": MEGABYTES,
        "passes": whole["seconds"] <= SECONDS and whole["rss_megabytes"] <= MEGABYTES,
    }


def _run(services: int, networks: int, drawn: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="isonomia-site-") as folder:
        words = [str(Path(folder) / "pages"), str(services), str(networks), str(drawn)]
        done = subprocess.run(
            [sys.executable, "-c", CODE, *words], cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found

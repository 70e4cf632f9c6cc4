"""The pages of the demonstration's own data, as anybody and as its operator would see them: `make site`, and how `make demo` ends.

Where no demonstration has been run, the committed golden measurements take its place, and that is said. Where the environment
names a database (``INFLUX_URL``), the same data are fed and published there, for Grafana.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from tests.lab.messages import text
from tests.lab.stage import REPOSITORY

FOLDER = REPOSITORY / "build" / "demo"
GOLDEN = "policed-1.5"
EDITIONS = ("inside", "public")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `site` can be told."""
    parser.add_argument("--keep", type=Path, default=FOLDER / "run", metavar="FOLDER", help=text("site_run"))
    parser.add_argument("--serve", type=int, metavar="PORT", help=text("site_serve"))
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Write both editions and say where they begin; with ``--serve``, show the inside one on loopback until interrupted."""
    began = time.monotonic()
    if (options.keep / "registration.json").exists():
        found = pages(options.keep)
    else:
        print(text("site_golden", folder=str(options.keep)))
        found = golden_pages()
    tell(found)
    print(text("site_seconds", seconds=f"{time.monotonic() - began:.1f}"))
    if options.serve is not None:
        _serve(found["inside"].parent, options.serve)
    return 0


def tell(found: dict[str, Path]) -> None:
    """Say where each edition begins."""
    for edition, path in found.items():
        print(text(f"demo_{edition}", path=path.as_uri()))


def pages(run_folder: Path) -> dict[str, Path]:
    """Write what the run may show, and what only its operator may see, as pages; where each begins.

    Nothing of a demonstration is published, so that the public pages name nobody: that, too, is worth seeing.
    """
    arguments = [
        "--store",
        str(run_folder / "collector"),
        "--registration",
        str(run_folder / "registration.json"),
    ]

    def export(edition: str, out: Path) -> None:
        from analysis import cli

        _quietly(cli.main, f"export-{edition}", *arguments, "--out", str(out))

    return _editions(export)


def golden_pages() -> dict[str, Path]:
    """The same of the committed golden measurements of one scenario."""
    import tempfile

    from analysis.judge import judge
    from analysis.public import form
    from analysis.public.make import Sources, make, wanted
    from analysis.public.pictures import read_courses
    from analysis.stats.parameters import Parameters
    from probe.catalogue.read import shipped
    from tests.golden import chain
    from tests.golden.documents import MEASUREMENTS, read

    registered, digest = chain.registration(chain.folder_of(GOLDEN))
    parameters = Parameters.from_json(registered.parameters)
    rows = [row.stored() for row in read(chain.folder_of(GOLDEN) / MEASUREMENTS).rows]
    with tempfile.TemporaryDirectory(prefix="isonomia-golden-") as place:
        store = chain.fill(Path(place), rows)
        judged = judge(store, registered, digest, parameters, now=chain.NOW, full=True)
        sources = Sources(
            judgement=judged, registration=registered, registration_sha256=digest, parameters=parameters,
            catalogue=shipped(), history=(), recorded=(), replies={}, disruptions=(),
        )  # fmt: skip

        def export(edition: str, out: Path) -> None:
            surface: form.Surface = "inside" if edition == "inside" else "public"
            _, ids = wanted(sources, surface)
            courses = read_courses(store, ids, parameters)
            out.write_bytes(form.encode(make(sources, surface, datetime.now(UTC), courses)))

        return _editions(export)


def _editions(export: Callable[[str, Path], None]) -> dict[str, Path]:
    from dashboards import cli

    FOLDER.mkdir(parents=True, exist_ok=True)
    found = {}
    for edition in EDITIONS:
        exported, out = FOLDER / f"{edition}.json", FOLDER / f"pages-{edition}"
        export(edition, exported)
        _quietly(cli.main, "site", str(exported), "--out", str(out))
        found[edition] = out / "index.html"
    return found


def feed(run_folder: Path) -> list[str]:
    """Feed the run's data to the database that the environment names, and publish them; the lines to print.

    Without one, or where it does not listen: the two commands that would do it.
    """
    url = os.environ.get("INFLUX_URL", "")
    store, registration = str(run_folder / "collector"), str(run_folder / "registration.json")
    commands = (
        ("collector", ["timeseries", "feed", "--data", store]),
        ("analysis", ["publish", "--store", store, "--registration", registration]),
    )
    if not url or not _listens(url):
        lines = [f"isonomia-{package} {' '.join(words)} --server URL" for package, words in commands]
        return [text("demo_feed"), *(f"  {line}" for line in lines)]
    from analysis import cli as analysis
    from collector import cli as collector

    mains: dict[str, Callable[[list[str]], int]] = {"collector": collector.main, "analysis": analysis.main}
    for package, words in commands:
        _quietly(mains[package], *words, "--server", url)
    return [text("demo_fed", url=url)]


def _listens(url: str) -> bool:
    """Whether somebody is there: the feed itself would wait for them, as long as it takes."""
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with socket.create_connection((parts.hostname or "", port), timeout=3):
            return True
    except (OSError, ValueError):
        return False


def _quietly(main: Callable[[list[str]], int], *words: str) -> None:
    """Run one of our commands in this process; raises ``ValueError`` with what it said where it fails."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(list(words))
    if code:
        raise ValueError(f"{' '.join(words[:2])}: exit {code}\n{said.getvalue()[-1500:]}")


def _serve(folder: Path, port: int) -> None:
    from dashboards.site.serve import serve

    with serve(folder, port) as url, contextlib.suppress(KeyboardInterrupt):
        print(text("site_serving", url=url), flush=True)
        while True:  # ends with the interrupt
            time.sleep(3600)


def main() -> int:
    """`python -m tests.lab.pages`: it needs neither root nor network, so it does not pass through the lab's own command."""
    parser = argparse.ArgumentParser(prog="sh deploy/setup.sh site", description=text("site_help"))
    add_arguments(parser)
    options = parser.parse_args()
    return command(options)


if __name__ == "__main__":
    raise SystemExit(main())

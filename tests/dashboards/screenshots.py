"""The pictures of docs/screenshots, by one command: ``python -m tests.dashboards.screenshots``.

Pages are rendered from the made-up export of the tests; boards from their committed JSON and the real answers of Debian's InfluxDB to
their own queries (``drawn``), filled by the feed and by ``publish`` from twenty lines, half of them behind a network that polices, shapes and blocks (``pictured``).
Needs what the browser tests need, and influxd. Look at them before they are committed.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image

from analysis import cli as analysis
from collector.data_folder import DataFolder
from dashboards.grafana.boards_command import DEFAULT
from dashboards.grafana.provisioning import BUCKETS
from dashboards.site.folder import write
from dashboards.site.render import site
from dashboards.site.serve import serve
from dashboards.site.slugs import slug
from tests.analysis.worlds import BRAND, NOW, POLICED, START
from tests.dashboards.answers import Reader, Series
from tests.dashboards.drawn import page
from tests.dashboards.pictured import measured, named, recorded
from tests.support.databases import Database, running
from tests.support.exports import export
from tests.support.series import feed_once

ROOT = Path(__file__).parents[2]
OUT = ROOT / "docs" / "screenshots"
BROWSER = ROOT / "tests" / "browser"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LANGUAGES = ("fr", "en")
BOARDS = ("overview", "cell", "finding", "comparison", "fleet")
PAGES = ("front", "finding", "blocked", "service", "network", "coverage")
NOTES = {
    "fr": "Rendu sans Grafana : requêtes et réglages du tableau, réponses d’InfluxDB 1.6.",
    "en": "Drawn without Grafana: the board’s own queries and settings, answers of InfluxDB 1.6.",
}
COLOURS = 128
PREFERRED = {"brand": BRAND, "service": POLICED}
"""What a reader of the pictures chose."""


def names() -> list[str]:
    """The pictures that are kept."""
    return [
        *(f"{one}-{language}.png" for one in PAGES for language in LANGUAGES),
        *(f"board-{one}-{language}.png" for one in BOARDS for language in LANGUAGES),
    ]


def reader_of(database: Database) -> Reader:
    """Somebody before the boards of this database, with the world's days in view."""
    bucket_of = {uid: bucket for buckets in BUCKETS.values() for uid, bucket in buckets.items()}

    def ask(uid: str, text: str) -> Series:
        answer = json.loads(database.ask(f"/query?db={bucket_of[uid]}&q={quote(text)}"))
        (result,) = answer["results"]
        assert "error" not in result, (text, result)
        found: Series = result.get("series", [])
        return found

    first, last = (int(at.timestamp() * 1000) for at in (START - timedelta(days=1), NOW + timedelta(days=1)))
    return Reader(ask, first, last)


def filled(folder: Path, database: Database, *, public: bool = False) -> None:
    """The world's measurements in the database, by the feed and by ``publish``. ``public``: one finding is published."""
    measured(folder, public=public)
    feed_once(DataFolder(folder / "store"), database.url)
    for days in (8, 4):  # before anything was entered, so that what is told of the fleet has a past
        past = ["--as-of", (NOW - timedelta(days=days)).isoformat()]
        assert 0 == analysis.main(["publish", *named(folder), *past, "--server", database.url])
    assert 0 == analysis.main(["publish", *named(folder), *recorded(folder), "--server", database.url])


def draw_boards(folder: Path, database: Database) -> dict[str, Path]:
    """Each inside board in both languages, as a page; by the name of its picture."""
    filled(folder, database)
    reader, found = reader_of(database), {}
    for board in BOARDS:
        for language in LANGUAGES:
            source = DEFAULT / f"inside/boards/{language}/isonomia-inside-{board}-{language}.json"
            path = folder / f"board-{board}-{language}.html"
            drawn = page(json.loads(source.read_bytes()), reader, PREFERRED, NOTES[language])
            path.write_text(drawn, encoding="utf-8")
            found[f"board-{board}-{language}"] = path
    return found


def page_shots(url: str) -> dict[str, str]:
    """Where each page is, by the name of its picture."""
    made = export()
    blocked = next(one for one in made.findings if str(one.mechanism).startswith("blocking"))
    replied = next(one for one in made.findings if one.replies)
    where = {
        "front": "index", "finding": f"findings/{replied.finding_id}", "blocked": f"findings/{blocked.finding_id}",
        "service": "services/radio-boreale", "network": f"networks/{slug(made.networks[0].brand)}", "coverage": "coverage",
    }  # fmt: skip
    return {
        f"{name}-{language}": f"{url}{language}/{path}.html"
        for name, path in where.items()
        for language in LANGUAGES
    }


def taken(
    shots: list[dict[str, Any]], folder: Path, headers: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    """What Chromium saw of each shot; the pictures are where the shots say."""
    job = folder / "shots.json"
    job.write_text(json.dumps({"chromium": CHROMIUM, "headers": headers or {}, "shots": shots}))
    done = subprocess.run(["node", "shoot.mjs", str(job)], cwd=BROWSER, check=True, stdout=subprocess.PIPE)
    seen: list[dict[str, Any]] = json.loads(done.stdout)
    return seen


def few_colours(picture: Image.Image) -> Image.Image:
    """The picture in the colours it has most of, exactly; what smooths letters goes to the nearest. A third of the size."""
    counted = sorted(picture.getcolors(picture.width * picture.height) or (), reverse=True)
    most = [colour for _, colour in counted[:COLOURS] if isinstance(colour, tuple)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in most for part in colour])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def shoot(shots: dict[str, tuple[str, int]], out: Path, folder: Path) -> None:
    """A picture of each address at its width."""
    taken(
        [
            {"url": url, "width": width, "height": 600, "path": str(out / f"{name}.png")}
            for name, (url, width) in shots.items()
        ],
        folder,
    )
    for name in shots:
        path = out / f"{name}.png"
        few_colours(Image.open(path).convert("RGB")).save(path, optimize=True)


def main() -> int:
    """Make them; how many bytes they have in all."""
    parser = argparse.ArgumentParser(description="Draws docs/screenshots.")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--only", choices=("pages", "boards"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="isonomia-shots-")))
        shots: dict[str, tuple[str, int]] = {}
        if options.only != "boards":
            write(folder / "pages", site(export(drawn=None)))
            url = stack.enter_context(serve(folder / "pages", 0))
            shots |= {name: (one, 1000) for name, one in page_shots(url).items()}
        if options.only != "pages":
            database = stack.enter_context(running("influx1", folder / "influx"))
            shots |= {name: (path.as_uri(), 1440) for name, path in draw_boards(folder, database).items()}
        shoot(shots, options.out, folder)
    size = sum(path.stat().st_size for path in options.out.glob("*.png"))
    print(f"{len(shots)} pictures, {size / 1e6:.2f} MB in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

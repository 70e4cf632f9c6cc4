"""The pages in a real browser: axe-core's WCAG 2.2 rules, the keyboard, 200 and 400 % zoom, print, and nobody else asked.

One headless Chromium walks a page of each kind in both languages, served with the collector's own headers: of the public edition, of the
inside one, of lists that are cut, and "my probe", which is a file on somebody's own machine. Where Chromium, Node or the
two npm packages are missing the tests are skipped, and say how to have them: apt-get install chromium nodejs npm; npm ci --prefix tests/browser.
"""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from dashboards.site import model, render
from dashboards.site.folder import write
from dashboards.site.render import site
from dashboards.site.serve import serve
from dashboards.site.slugs import slug
from dashboards.site.words import LANGUAGES
from tests.probe.test_status_page import made as my_probe
from tests.support.exports import export

FOLDER = Path(__file__).parents[2] / "browser"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WANTED = {
    "chromium": CHROMIUM,
    "node": shutil.which("node"),
    "npm ci --prefix tests/browser": (FOLDER / "node_modules" / "axe-core").exists(),
}
MISSING = ", ".join(name for name, found in WANTED.items() if not found)
TIME_LIMIT_S = 400
"""For all pages together; a fraction of it on a machine with nothing else to do."""
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"NOT RUN, browser tests of the pages: missing {MISSING}"),
    pytest.mark.timeout(TIME_LIMIT_S + 60),
]


def paths():
    """A page of each kind, in both languages; findings that are replied, blocked, certified and withdrawn, and a candidate."""
    made = export()
    candidate = next(one for one in export("inside").findings if one.state == "candidate")
    shown = {
        one.state if one.outcome == "different" else "certificate": one.finding_id for one in made.findings
    }
    kinds = [
        "index", "findings/index", "networks/index", "services/index", "coverage", "disruptions", "method", "data",
        "services/cinema-atlas", f"networks/{slug(made.networks[0].brand)}", *(f"findings/{one}" for one in shown.values()),
    ]  # fmt: skip
    more = {"inside": ("index", f"findings/{candidate.finding_id}"), "cut": ("networks/page-2",)}
    return [
        "index.html",
        *(f"{language}/{kind}.html" for language in LANGUAGES for kind in kinds),
        *(
            f"{where}/{language}/{kind}.html"
            for where in more
            for language in LANGUAGES
            for kind in more[where]
        ),
    ]


def probe_pages(folder):
    """The page of `isonomia-probe status --html` in both languages, as addresses of files."""
    written = []
    for language in LANGUAGES:
        path = folder / f"my-probe-{language}.html"
        path.write_text(my_probe(language), encoding="utf-8")
        written.append(path.as_uri())
    return written


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """What the browser found on each page."""
    folder = tmp_path_factory.mktemp("site")
    out = folder / "pages"
    write(out, site(export()))
    write(out / "inside", site(export("inside")))
    with pytest.MonkeyPatch.context() as few:
        few.setattr(render, "ROWS", 3)
        few.setattr(model, "MOST", dict.fromkeys(model.MOST, 1))
        write(out / "cut", site(export()))
    with serve(out, 0) as url:
        job = folder / "job.json"
        pages = [*paths(), *probe_pages(folder)]
        job.write_text(json.dumps({"base": url, "pages": pages, "chromium": CHROMIUM}))
        return url, json.loads(_walk(job))


def _walk(job):
    """The audit's output. Whatever happens, the browser that it started is gone afterwards."""
    walk = subprocess.Popen(
        ["node", str(FOLDER / "audit.mjs"), str(job)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=FOLDER, start_new_session=True,
    )  # fmt: skip
    try:
        out, errors = walk.communicate(timeout=TIME_LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(walk.pid, signal.SIGKILL)
        walk.communicate()
        raise
    assert 0 == walk.returncode, errors[-2000:]
    return out


def test_axe_finds_nothing(walked):
    """No violation of WCAG 2.2 A or AA, nor of axe's best practices, on any kind of page in either language."""
    _, pages = walked
    assert len(paths()) + len(LANGUAGES) == len(pages)
    assert [] == [(one["page"], violation) for one in pages for violation in one["violations"]]
    assert all(one["rules"] > 15 for one in pages if one["page"] != "index.html")


def test_no_other_host_is_asked(walked):
    """Everything a page loads comes from the site itself, every picture arrives, and no script fails for there is none."""
    url, pages = walked
    own = (url, "data:", *(one["page"] for one in pages if one["page"].startswith("file:")))
    assert [] == [asked for one in pages for asked in one["requests"] if not asked.startswith(own)]
    assert [] == [
        (one["page"], one["broken"], one["errors"]) for one in pages if one["broken"] or one["errors"]
    ]


def test_the_keyboard_reaches_everything_in_order(walked):
    """The first stop is "skip to content"; every stop is on the screen and outlined."""
    _, pages = walked
    for one in pages:
        assert one["tabs"]
        assert [] == [stop for stop in one["tabs"] if not (stop["seen"] and stop["outlined"])], one["page"]
        if one["page"] != "index.html" and not one["page"].startswith("file:"):
            assert one["tabs"][0]["name"] in {"Aller au contenu", "Skip to content"}


def test_zoomed_nothing_overlaps(walked):
    """At 200 % (640 CSS pixels) and 400 % (320) no text lies on text, none sticks out, and the page does not scroll sideways."""
    _, pages = walked
    for one in pages:
        for width, seen in one["zoom"].items():
            assert {"overlaps": [], "sticksOut": [], "scrolls": False} == seen, (one["page"], width)


def test_printed(walked):
    """On paper the menu is gone and the words are there."""
    _, pages = walked
    for one in pages:
        assert not one["printed"]["navigation"]
        assert one["printed"]["text"] > 20

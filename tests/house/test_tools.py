"""The house's own checks find what they are there to find."""

import doctest
import itertools
import re
import textwrap
from importlib import metadata

import pytest

from tests.conftest import LONGEST_FIRST
from tools import addresses, docs, imports, licences, run_tests
from tools.tree import ROOT


def write(folder, name, text):
    """Write a dedented text to ``folder``/``name`` and return the path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def test_doctests_of_the_tools():
    """The examples in the licence gate's docstrings hold."""
    assert 0 == doctest.testmod(licences).failed


@pytest.mark.parametrize(
    ("licence", "passes"),
    [
        ("MIT", True),
        ("Apache-2.0 AND MIT", True),
        ("GPL-3.0-or-later OR BSD-3-Clause", True),
        ("GPL-2.0-only", False),
        ("LGPL-3.0-or-later AND MIT", False),
        ("MIT AND (GPL-3.0-only OR MIT)", False),
        ("GNU Affero General Public License v3", False),
        ("Our own terms", False),
        ("", False),
    ],
)
def test_licence_gate(licence, passes):
    """Permissive licences pass; copyleft, unknown and absent ones do not."""
    assert passes is licences.is_permissive(licence)


def test_an_exception_nobody_needs_is_reported():
    """The list of exceptions cannot outlive the dependency it was made for."""
    packages = {"aiohttp": metadata.distribution("aiohttp")}
    assert ["scapy: stands in ALLOWED, but is not needed"] == licences.problems(
        packages, {"scapy": "a helper"}
    )


@pytest.mark.parametrize(
    "line",
    ["import probe.measurement", "from probe import plan", "from .. import plan", "from ..plan import Plan"],
)
def test_a_closed_package_may_not_look_outside(tmp_path, line):
    """probe.wire may import nothing of ours but probe.wire, however the import is written."""
    path = write(
        tmp_path, "probe/wire/state.py", line + "\nfrom probe.wire import messages\nfrom . import limits\n"
    )
    assert 1 == len(imports.problems(path, tmp_path))


def test_an_undeclared_import_is_found(tmp_path):
    """numpy is declared for the analysis and for nobody else; a late import counts as well."""
    text = "import json\ndef late():\n    import numpy.linalg\n"
    assert [] == imports.problems(write(tmp_path, "analysis/cell.py", text), tmp_path)
    assert 1 == len(imports.problems(write(tmp_path, "collector/cell.py", text), tmp_path))


def test_newer_syntax_is_found(tmp_path):
    """A file that Python 3.11 cannot read fails under any Python."""
    path = write(tmp_path, "probe/new.py", "def first[T](items: list[T]) -> T: ...\n")
    assert "not Python 3.11" in imports.problems(path, tmp_path)[0]


def test_a_machine_path_is_found():
    """A path of a developer's machine and a registry's address are reported; an URL path or a comment is not."""
    folder, host = "/" + "work/main", "https://py" + "pi.org/simple"
    assert 2 == len(addresses.problems("x.md", f"see {folder}/x.py\nfrom {host}\n"))
    assert [] == addresses.problems("x.md", "GET /v1/plan\ncollector/work/in progress\n../shared/design/\n")


def test_a_broken_link_is_found(tmp_path):
    """A link to a file or heading that is not there is reported; one in a code block is not a link."""
    page = write(
        tmp_path,
        "a.md",
        "# One title\n[x](b.md) [y](#one-title) [z](#two) [w](https://x.example/)\n```\n[v](c.md)\n```\n",
    )
    assert ["a.md: link to b.md leads nowhere", "a.md: link to #two: no such heading"] == docs.broken_links(
        page, tmp_path
    )


def test_a_stale_table_is_written_anew():
    """Between its marks a table is what the code says; the text around it stays."""
    page = "before\n<!-- table: targets -->\nold\n<!-- end -->\nafter\n"
    fresh = docs.renewed(page)
    assert fresh.startswith("before\n<!-- table: targets -->\n| command |")
    assert fresh.endswith("<!-- end -->\nafter\n")
    assert fresh == docs.renewed(fresh)


JUNIT = """<testsuites><testsuite>
<testcase classname="a" name="one"/>
<testcase classname="a" name="two"><failure message="no"/></testcase>
<testcase classname="a" name="three"><error message="no"/></testcase>
<testcase classname="a" name="four"><skipped message="no namespaces here"/></testcase>
</testsuite></testsuites>"""


def test_totals_are_read(tmp_path):
    """Errors count as failed, and a skipped test keeps its reason."""
    totals = run_tests.read_totals(write(tmp_path, "x.xml", JUNIT))
    assert ("1 passed, 2 failed, 1 skipped", ("a::four: no namespaces here",)) == (
        totals.line(),
        totals.skipped,
    )


def test_no_test_is_a_failure_and_so_is_a_skipped_lab_in_ci():
    """pytest's exit 5 fails the run; a skipped lab test fails it in CI only."""
    assert ["lab: no test ran"] == run_tests.verdict({"rest": 0, "lab": 5}, 0, in_ci=False)
    assert [] == run_tests.verdict({"rest": 0, "lab": 0}, 1, in_ci=False)
    assert 1 == len(run_tests.verdict({"rest": 0, "lab": 0}, 1, in_ci=True))


def test_every_marked_test_is_where_its_part_looks():
    """The parts that name folders miss no test: what is marked `lab`, `alone`, `calm` or `timed` lies in them."""
    lab = ("tests/lab",)
    folders = {
        "lab": ("tests/e2e", *lab),
        "alone": lab,
        "calm": lab,
        "timed": ("tests/probe", "tests/collector"),
    }
    assert folders == {
        name: tuple(w for w in run_tests.PARTS[name] if w.startswith("tests/")) for name in folders
    }
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for mark, inside in folders.items():
            if re.search(rf"\bmark\.{mark}\b", path.read_text("utf-8")):
                assert path.relative_to(ROOT).as_posix().startswith(inside), (path, mark)


def test_the_long_files_are_there():
    """Each file that is to come first exists: one that was renamed would come anywhere."""
    assert [] == [name for name in LONGEST_FIRST if not (ROOT / name).is_file()]


def test_modules_are_compiled_once_for_all(tmp_path, monkeypatch):
    """A part's processes keep the bytecode of what they import, whatever the environment says."""
    monkeypatch.setattr(run_tests, "RESULTS", tmp_path / "results")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    run_tests.RESULTS.mkdir()
    path = write(tmp_path, "tests/test_made.py", "import helper\n\ndef test_it():\n    assert helper.ONE\n")
    write(tmp_path, "tests/helper.py", "ONE = 1\n")
    words = [str(path), "--rootdir", str(tmp_path), "-p", "xdist.plugin", "--import-mode=prepend"]
    status, totals = run_tests.run_part("chosen", words)
    assert (0, 1) == (status, totals.passed)
    kept = {one.name.partition(".")[0] for one in (tmp_path / "tests").rglob("*.pyc")}
    assert {"helper", "test_made"} == kept


UNSTEADY = '''"""Three tests: one fails the first time only, one never, one always."""
from pathlib import Path

SEEN = Path(__file__).with_name("seen")

def test_unsteady():
    """Fails once."""
    first = not SEEN.exists()
    SEEN.touch()
    assert not first

def test_steady():
    """Passes."""

def test_broken():
    """Fails."""
    assert False
'''


def test_a_lab_test_has_a_second_chance_and_is_named(tmp_path, monkeypatch):
    """What passes alone is unsteady, and said so; what fails twice has failed."""
    monkeypatch.setattr(run_tests, "RESULTS", tmp_path / "results")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # the others cost seconds to load
    run_tests.RESULTS.mkdir()
    path = write(tmp_path, "test_made.py", UNSTEADY)
    status, totals = run_tests.run_twice("lab", [str(path), "--rootdir", str(tmp_path), "-p", "xdist.plugin"])
    assert (1, 2) == (status, totals.passed)
    assert ("test_made::test_broken",) == totals.failed
    assert ("test_made::test_unsteady",) == totals.unsteady
    assert "2 passed, 1 failed, 0 skipped, 1 unsteady" == totals.line()


@pytest.mark.parametrize(("taken_s", "turns"), [(0.0, 1), (1e6, 2)])
def test_where_the_host_takes_the_machine_there_is_one_more_turn(
    tmp_path, monkeypatch, capsys, taken_s, turns
):
    """What fails in every turn has failed, however much was taken."""
    monkeypatch.setattr(run_tests, "RESULTS", tmp_path / "results")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setattr(run_tests, "stolen_s", itertools.count(0.0, taken_s).__next__)
    run_tests.RESULTS.mkdir()
    path = write(tmp_path, "test_made.py", UNSTEADY)
    status, totals = run_tests.run_twice("lab", [str(path), "--rootdir", str(tmp_path), "-p", "xdist.plugin"])
    assert (1, ("test_made::test_broken",)) == (status, totals.failed)
    assert ("test_made::test_unsteady",) == totals.unsteady
    assert turns == capsys.readouterr().out.count("AGAIN lab")

"""docs/power.md: one command, one seed, one page."""

import numpy as np
import pytest

from analysis import cli, power, power_page
from analysis.power_reference import BASE, NULL, SIZES
from analysis.power_results import QUICK, simulated
from analysis.power_runs import BEYOND_RHO, NULLS, TREATMENTS, forged_cell, null_row, power_row
from tools.tree import ROOT


def test_the_quick_page_is_written_and_says_that_it_is_worthless(tmp_path, capsys):
    """Every section is there, in two languages, and the same seed writes the same bytes."""
    pages = [tmp_path / name for name in ("one.md", "two.md")]
    for page in pages:
        assert 0 == power.main(["--out", str(page), "--quick", "--quiet"])
    text = pages[0].read_text(encoding="utf-8")
    assert text == pages[1].read_text(encoding="utf-8")
    assert str(pages[1]) in capsys.readouterr().out
    assert "--quick" in text
    for part in (
        "Innocent",
        "Power",
        "lie",
        "control names",
        "share a line",
        "lab should see",
        "falls short",
    ):
        assert any(part in line for line in text.splitlines() if line.startswith("## ")), part
    assert 6 <= text.count("- **fr**") == text.count("- **en**")


def test_it_is_a_command_of_the_analysis(tmp_path, capsys):
    """`isonomia-analysis power` writes the same page, says so in the language asked for, and exits 3 where it cannot."""
    page = tmp_path / "power.md"
    assert 0 == cli.main(["power", "--out", str(page), "--quick", "--quiet", "--lang", "fr"])
    assert "page écrite" in capsys.readouterr().out
    assert "`isonomia-analysis power --out docs/power.md`" in page.read_text(encoding="utf-8")
    assert 3 == cli.main(["power", "--out", str(tmp_path / "none" / "page.md"), "--quiet"])
    assert "none/page.md" in capsys.readouterr().err


def test_the_committed_page_has_the_homes_that_lie():
    """1 to 10 forged homes against 0, 3, 10 and 30 honest ones, to accuse and to acquit, beside what the design prints."""
    text = (ROOT / "docs" / "power.md").read_text(encoding="utf-8")
    assert "1 · 3 · 5 · 10 forged" in text
    for aim, honest in (("accuse", (0, 3, 10, 30)), ("acquit", (3, 10, 30))):
        assert all(f"| {aim}, 5 pairs | {homes} |" in text for homes in honest), aim


def test_every_table_is_whole():
    """Each row has as many cells as its head."""
    widths: list[int] = []
    for line in power_page.page(simulated(QUICK, 7)).splitlines():
        if not line.startswith("|"):
            widths = []
            continue
        widths.append(line.count("|"))
        assert widths[0] == widths[-1], line


def test_a_page_that_cannot_be_written_says_so_before_it_is_computed(tmp_path, capsys):
    """Exit code 3 and the path, and not after five minutes: the full sizes are asked for."""
    assert 3 == power.main(["--out", str(tmp_path / "none" / "page.md"), "--quiet"])
    assert "none/page.md" in capsys.readouterr().err


def test_all_that_the_design_prints_is_tried():
    """38 treatments of 5.3 and 17 settings of 5.1, by the same names and in the same number of columns."""
    assert list(BASE) == list(TREATMENTS)
    assert list(NULL) == list(NULLS)
    assert {len(SIZES)} == {len(shares.split()) for shares in BASE.values()}


@pytest.mark.parametrize("name", ["clean", "bias -5 % (edge)", "time-varying, bias -5 %"])
def test_null_rows_stay_below_one(name):
    """Mean E of the worst size is at most 1, and nothing comes to 400."""
    row = null_row(NULLS[name], 300, np.random.default_rng(1))
    assert row.worst <= 1
    assert 0 == row.at_400
    assert name not in BEYOND_RHO


def test_power_grows_with_homes():
    """A 10 % slow-down: more cells of 10 homes find it than of 3, by either procedure."""
    row = power_row(TREATMENTS["slow10"], ((3, 10), (10, 10)), 200, np.random.default_rng(2))
    assert row[3, 10].final < row[10, 10].final
    assert row[3, 10].base <= row[10, 10].base


def test_favouring_is_judged_under_its_own_hypothesis():
    """Others slowed by a third: ten homes see it as favoured."""
    row = power_row(TREATMENTS["fav others -33%"], ((10, 10),), 100, np.random.default_rng(3))
    assert 1.0 == row[10, 10].final


def test_five_forged_lines_accuse_from_nothing():
    """As detection.md 5.7 warns: 5 keys with 20 pairs each pass 400 by far, one line of them never."""
    rng = np.random.default_rng(4)
    assert 1e5 < forged_cell("accuse", honest=0, keys=5, pairs=20, cells=5, rng=rng).median
    lined = forged_cell("accuse", honest=0, keys=10, pairs=20, cells=5, rng=rng, one_line=True)
    assert (True, 0.0) == (lined.median < 12, lined.share)

"""The folder that is written, the CSV in it, and the command around it."""

import csv
import io
import re

import msgspec
import pytest

from analysis.public.form import encode
from dashboards import cli
from dashboards.site.cli import watch
from dashboards.site.folder import LIST, NotOurs, write
from dashboards.site.render import site
from dashboards.site.safe_csv import written
from tests.support.exports import empty, export


def rows(content):
    """A CSV's rows by column."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-x", "@sum", "\t=1", "\r=1", "  =1", "＝1"])
def test_a_cell_is_no_formula(cell):
    """Text that a spreadsheet would run gets an apostrophe."""
    assert f"'{cell}" == rows(written(("name",), [(cell,)]))[0]["name"]


def test_numbers_stay_numbers():
    """A negative number is no formula, and absent is empty."""
    assert {"a": "-0.5", "b": ""} == rows(written(("a", "b"), [(-0.5, None)]))[0]


def test_a_hostile_name_in_the_files():
    """A network that is called like a formula is data in every CSV."""
    made = export()
    cells = tuple(msgspec.structs.replace(one, brand="=HYPERLINK(1)") for one in made.cells)
    files = dict(site(msgspec.structs.replace(made, cells=cells)))
    assert {"'=HYPERLINK(1)"} == {row["brand"] for row in rows(files["data/cells.csv"])}


def test_page_and_csv_say_the_same():
    """Every number with a field on a finding's page is the CSV's, to the last digit; so are the figures' points."""
    made = export()
    files = dict(site(made))
    table = {row["finding_id"]: row for row in rows(files["data/findings.csv"])}
    names = {"rate_low": "rate_low", "rate_high": "rate_high", "relative": "relative", "relative_low": "relative_low",
             "relative_high": "relative_high", "delivered_mbit_s": "delivered_mbit_s", "e_value": "e_value", "grade": "grade",
             "homes": "homes", "pairs": "pairs", "bytes": "bytes", "missing_tickets": "missing_tickets"}  # fmt: skip
    compared = 0
    for finding in made.findings:
        page = files[f"fr/findings/{finding.finding_id}.html"].decode()
        numbers = page.partition('class="facts"')[2].partition("</table>")[0]
        for field, value in re.findall(r'data-field="(\w+)" value="([^"]+)"', numbers):
            if field in names:
                assert table[finding.finding_id][names[field]] == value, (finding.title, field)
                compared += 1
    assert compared > 50


def test_the_folder_is_ours_or_empty(tmp_path):
    """A folder with something else in it is refused untouched; ours is brought up to date, and stale files go."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    with pytest.raises(NotOurs):
        write(other, [("index.html", b"x")])
    assert ["thesis.txt"] == [path.name for path in other.iterdir()]
    ours = tmp_path / "ours"
    write(ours, [("a.html", b"1"), ("fr/b.html", b"2")])
    (ours / "note.txt").write_text("kept")
    assert (1, 1) == write(ours, [("a.html", b"3")])
    assert {LIST, "a.html", "note.txt", "fr"} == {path.name for path in ours.iterdir()}
    assert not (ours / "fr" / "b.html").exists()


def test_the_command_writes_and_refuses(tmp_path, capsys):
    """``isonomia-dashboards site``: 0 and an address, 2 for what is no export or not our folder; in both languages."""
    source, out = tmp_path / "export.json", tmp_path / "out"
    source.write_bytes(encode(empty()))
    assert 0 == cli.main(["site", str(source), "--out", str(out), "--lang", "fr"])
    assert "Pages écrites" in capsys.readouterr().out
    assert (out / "fr" / "index.html").exists()
    assert 2 == cli.main(["site", str(tmp_path / "none.json"), "--out", str(out), "--lang", "en"])
    assert "not a readable export" in capsys.readouterr().out
    assert 2 == cli.main(["site", str(source), "--out", str(tmp_path), "--lang", "en"])
    assert "not written by this command" in capsys.readouterr().out


def test_watching_builds_anew_and_survives_a_bad_export(tmp_path, capsys):
    """A changed export is rendered; a broken one leaves the pages as they are, and the watch goes on."""
    source, out = tmp_path / "export.json", tmp_path / "out"
    source.write_bytes(encode(empty()))
    cli.main(["site", str(source), "--out", str(out)])
    contents = [b"{", encode(msgspec.structs.replace(empty(), operator="Deuxième"))]
    turns = iter(range(2))

    def sleep(_seconds):
        source.write_bytes(contents.pop(0))

    watch(source, out, "en", sleep=sleep, again=lambda: next(turns, None) is not None)
    said = capsys.readouterr().out
    assert "not a readable export" in said
    assert "Deuxième" in (out / "fr" / "index.html").read_text(encoding="utf-8")

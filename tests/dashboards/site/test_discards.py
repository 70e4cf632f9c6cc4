"""Which rules struck discarded pairs, first and beside: pages in both languages, CSV and JSON say the same."""

import csv
import io
import json
import re

import msgspec
import pytest

from dashboards.site.discards import struck
from dashboards.site.render import site
from tests.support.exports import export

LATE = {"fr": "l’émetteur n’avait plus rien", "en": "the sender had nothing left"}
BUSY = {"fr": "la sonde manquait de processeur", "en": "the probe was short of CPU"}
ALSO = {"fr": "Qu’elle aurait écartées aussi", "en": "That it would have discarded too"}


@pytest.fixture(scope="module")
def files():
    """The site of a made-up quarter."""
    return dict(site(export()))


def table(page: str) -> tuple[list[str], list[list[str]]]:
    """The columns' names and the rows of the page's table of discards: each cell's text, exact values where there are any."""
    (found,) = re.findall(r'<table class="discards">(.*?)</table>', page, re.DOTALL)
    assert re.search(r'<caption class="vh">.+</caption>', found)
    rows = re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", found, re.DOTALL)
    names = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', found)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    return names, [
        [re.sub(r'<data [^>]*value="([^"]*)".*|<[^>]+>', r"\1", cell) for cell in row] for row in cells
    ]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_finding_tells_every_rule_that_struck(files, lang):
    """Seven pairs by one rule, five of them by another too: both in the finding's table, exact, with their words."""
    made = json.loads(files["data/export.json"])["findings"][0]
    names, rows = table(files[f"{lang}/findings/{made['finding_id']}.html"].decode())
    assert ALSO[lang] == names[2]
    (late, busy) = rows
    assert late[0].startswith(LATE[lang])
    assert busy[0].startswith(BUSY[lang])
    assert [str(made["discards"]["sender_late"]), "0"] == late[1:]
    assert ["0", str(made["also_struck"]["probe_busy"])] == busy[1:]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_coverage_tells_them_too_and_a_dash_is_no_zero(files, lang):
    """Of the whole, what is not in the export is withheld or none: a dash, with a sentence."""
    page = files[f"{lang}/coverage.html"].decode()
    _, rows = table(page)
    assert [["312", "77"], ["1045", "–"], ["41", "–"]] == [row[1:] for row in rows]
    assert {"fr": "Un tiret", "en": "A dash"}[lang] in page


def test_without_other_rules_there_is_no_column():
    """A judgement of before they were told has nothing to say: no column of zeros."""
    made = export()
    older = tuple(msgspec.structs.replace(one, also_struck={}) for one in made.findings)
    files = dict(site(msgspec.structs.replace(made, also_struck={}, findings=older)))
    for page in ("en/coverage.html", f"en/findings/{older[0].finding_id}.html"):
        names, _ = table(files[page].decode())
        assert 2 == len(names)


def test_the_csv_says_the_same(files):
    """A row for each rule of the whole and of each finding that stands; of the withdrawn one none."""
    rows = list(csv.DictReader(io.StringIO(files["data/discards.csv"].decode(), newline="")))
    made = json.loads(files["data/export.json"])
    whole = [one for one in rows if not one["finding_id"]]
    assert {"sender_late": ("312", "77"), "probe_busy": ("1045", ""), "other": ("41", "")} == {
        one["rule"]: (one["discarded"], one["also_struck"]) for one in whole
    }
    withdrawn = {one["finding_id"] for one in made["findings"] if one["state"] == "withdrawn"}
    assert withdrawn
    assert {one["finding_id"] for one in made["findings"]} - withdrawn == {
        one["finding_id"] for one in rows
    } - {""}


def test_a_rule_that_is_not_explained_is_its_code():
    """A newer judgement's rule, in an export that has no words for it, is shown as it is called."""
    made = export()
    one = msgspec.structs.replace(made.findings[0], also_struck={"new_rule": 1})
    files = dict(site(msgspec.structs.replace(made, findings=(one, *made.findings[1:]))))
    _, rows = table(files[f"fr/findings/{one.finding_id}.html"].decode())
    assert ["new_rule", "0", "1"] == rows[-1]
    assert [("late", 3, None), ("busy", None, 2)] == [
        tuple(x) for x in struck({"late": 3}, {"busy": 2}, exact=False)
    ]

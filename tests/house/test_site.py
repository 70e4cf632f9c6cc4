"""How the demonstration ends: pages of its own data, and the same data in a database where there is one."""

import argparse
import json
from urllib.parse import quote

import pytest

from tests.lab import pages
from tests.support.databases import running
from tests.support.series import golden_folder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the pages go."""
    monkeypatch.setattr(pages, "FOLDER", tmp_path / "demo")
    return tmp_path


def test_without_a_demonstration_the_golden_one_is_shown(folder, capsys):
    """`make site` on a fresh tree: both editions in both languages, of the golden measurements, and it says so."""
    parser = argparse.ArgumentParser()
    pages.add_arguments(parser)
    assert 0 == pages.command(parser.parse_args(["--keep", str(folder / "none")]))
    said = capsys.readouterr().out
    assert "golden measurements" in said or "mesures de référence" in said
    for edition in pages.EDITIONS:
        assert (folder / "demo" / f"pages-{edition}" / "index.html").as_uri() in said
        assert (folder / "demo" / f"pages-{edition}" / "fr" / "index.html").exists()
    exported = json.loads((folder / "demo" / "inside.json").read_bytes())
    assert ["different"] == [one["outcome"] for one in exported["findings"]]


def test_without_a_database_the_commands_are_told(folder, monkeypatch):
    """No database named, or one that does not listen: nothing waits, and the two commands that would fill one are printed."""
    for url in ("", "http://127.0.0.1:9"):
        monkeypatch.setenv("INFLUX_URL", url)
        assert ["timeseries feed", "publish"] == [
            word for line in pages.feed(folder)[1:] for word in ("timeseries feed", "publish") if word in line
        ]


def test_a_database_that_is_there_is_fed(folder, monkeypatch):
    """With a database named, the feed goes in, and what it is for is said; a run without a registration is a fault that is told."""
    data = golden_folder(folder / "run", "policed-1.5")
    (folder / "run" / "collector").symlink_to(data.root)
    with running("influx1", folder / "influx") as database:
        monkeypatch.setenv("INFLUX_URL", database.url)
        with pytest.raises(ValueError, match="publish"):
            pages.feed(folder / "run")
        question = quote('SELECT sum("count") FROM "pair"')
        (result,) = json.loads(database.ask(f"/query?db=isonomia_private&q={question}"))["results"]
    assert 12 == result["series"][0]["values"][0][1]

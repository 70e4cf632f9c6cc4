"""The push into a running Grafana: idempotent, with a dry run and a diff, both surfaces apart."""

import json

import pytest

from dashboards import cli
from dashboards.grafana.alerts import RULES
from dashboards.grafana.messages import both
from tests.support.grafana import TOKEN, grafana


@pytest.fixture
def server(monkeypatch):
    """A Grafana, its token and the database's in the environment."""
    monkeypatch.setenv("GRAFANA_TOKEN", TOKEN)
    monkeypatch.setenv("INFLUX_TOKEN", "t")
    with grafana() as one:
        yield one


def pushed(capsys, server, *words: str, code: int = 0, database: bool = True) -> list[tuple[str, str]]:
    """What the command said of each thing: verb and name."""
    arguments = ["push", "--grafana", server.url, "--json", *words]
    arguments += ["--database", "http://127.0.0.1:8086"] if database else []
    assert code == cli.main(arguments)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [(one["verb"], one["what"]) for one in said]


def test_a_second_push_changes_nothing(capsys, server):
    """The first push creates all; a second finds nothing to do; a dry run sends nothing and says what it would."""
    would = pushed(capsys, server, "--dry-run", code=1)
    assert ({"+"}, 0) == ({verb for verb, _ in would}, server.changes)
    first = pushed(capsys, server)
    # The folder brings its permissions with it, and they are then changed.
    assert {"+", "~"} == {verb for verb, _ in first}
    assert (10, 2, 5) == (len(server.boards), len(server.datasources), len(server.rules))
    changes = server.changes
    again = pushed(capsys, server, "--dry-run")
    assert ({"="}, changes) == ({verb for verb, _ in again}, server.changes)
    assert [("=", what) for _, what in first] == pushed(capsys, server)
    assert changes == server.changes


def test_a_board_changed_by_hand_is_shown_and_set_right(capsys, server):
    """A panel retitled in Grafana shows as a diff, and is set right; what Grafana adds by itself is no difference."""
    pushed(capsys, server)
    board = server.boards["isonomia-inside-overview-en"]
    board["panels"][0]["title"] = "League table"
    assert 1 == cli.main(
        ["push", "--grafana", server.url, "--database", "http://127.0.0.1:8086", "--dry-run", "--lang", "en"]
    )
    said = capsys.readouterr().out
    assert "~ board isonomia-inside-overview-en" in said
    assert '-   "title": "League table",' in said
    assert [("~", "board isonomia-inside-overview-en")] == [
        one for one in pushed(capsys, server) if one[0] != "="
    ]
    assert "What was measured" == server.boards["isonomia-inside-overview-en"]["panels"][0]["title"]


def test_the_public_surface_has_one_source_and_no_rule(capsys, server):
    """In public: three boards in two languages, the public bucket alone, viewers may look, nothing alerts."""
    pushed(capsys, server, "--surface", "public")
    assert (6, ["isonomia-public"], {}) == (len(server.boards), list(server.datasources), server.rules)
    assert {"role": "Viewer", "permission": 1} in server.permissions["isonomia-public"]
    assert "private" not in json.dumps(server.boards)


def test_permissions_alone_are_what_files_cannot_set(capsys, server):
    """Folders that provisioning files made, that of the rules under a uid of Grafana's own, are closed by one command; again, nothing changes."""
    for uid, title in (
        ("isonomia-inside", both("folder.inside")),
        ("efr4t5", both("folder.alerts")),
        ("mine", "Mine"),
    ):
        server.folders[uid] = {"uid": uid, "title": title}
        server.permissions[uid] = [{"role": "Viewer", "permission": 1}, {"role": "Admin", "permission": 4}]
    only = ("--only", "permissions")
    folders = ["permissions isonomia-inside", "permissions efr4t5"]
    assert [("~", what) for what in folders] == pushed(
        capsys, server, *only, "--dry-run", code=1, database=False
    )
    assert 0 == server.changes
    assert [("~", what) for what in folders] == pushed(capsys, server, *only, database=False)
    for uid in ("isonomia-inside", "efr4t5"):
        assert {"Editor", "Admin"} == {one["role"] for one in server.permissions[uid]}
    assert "Viewer" in {one["role"] for one in server.permissions["mine"]}
    assert [("=", what) for what in folders] == pushed(capsys, server, *only, database=False)
    assert (2, {}, {}) == (server.changes, server.boards, server.rules)


def test_permissions_of_a_folder_that_is_not_there(capsys, server):
    """Before Grafana has read its files there is nothing to close: exit 3 with Grafana's own words. Without a database, the rest is not sent."""
    assert [] == pushed(capsys, server, "--only", "permissions", code=3, database=False)
    assert [] == pushed(capsys, server, code=2, database=False)


def test_one_rule_speaks_both_languages(capsys, server):
    """One trouble is one alert: a rule has both languages in its title and its annotations, and there is none besides."""
    pushed(capsys, server)
    assert {f"isonomia-{rule.name}" for rule in RULES} == set(server.rules)
    told = server.rules["isonomia-silent"]
    assert "Parc silencieux · Fleet silent" == told["title"]
    assert {"summary", "summary_en", "description", "description_en"} == set(told["annotations"])
    assert 4 == len(set(told["annotations"].values()))


def test_the_inside_is_closed_to_viewers(capsys, server):
    """Of the inside folder only editors and administrators see anything."""
    pushed(capsys, server)
    assert {"Editor": 1, "Admin": 4} == {
        one["role"]: one["permission"] for one in server.permissions["isonomia-inside"]
    }


def test_a_wrong_token_is_said(capsys, server, monkeypatch):
    """A refused token, a missing one and a Grafana that is away each end with a sentence and exit 3."""
    monkeypatch.setenv("GRAFANA_TOKEN", "wrong")
    assert [] == pushed(capsys, server, code=3)
    monkeypatch.delenv("GRAFANA_TOKEN")
    assert [] == pushed(capsys, server, code=3)

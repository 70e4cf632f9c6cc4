"""Codes that reach a reader are words in her language, the same as on the pages."""

import json

import msgspec
import pytest

from analysis import quality
from analysis.public.standing import reply_state
from analysis.publish.cell_words import DIRECTION, PLAN_CLASS, TECHNOLOGY, in_words
from analysis.states import Change, State
from dashboards.grafana.build import rendered
from dashboards.grafana.messages import say
from dashboards.messages import LANGUAGES
from dashboards.site import finding_page
from dashboards.site.messages import MESSAGES as PAGES
from tests.analysis.worlds import BRAND, World
from tests.support.exports import export


@pytest.fixture(scope="module")
def finding():
    """A cell with one pair, judged."""
    world = World(homes=1, services=1)
    (found,) = world.judged(world.all_pairs(1)).findings
    return found


def words(board, column, language):
    """What a board says in the place of a column's codes."""
    content = json.loads(rendered()[f"inside/boards/{language}/isonomia-inside-{board}-{language}.json"])
    name = say(f"column.{column}", language)
    for panel in content["panels"]:
        for override in panel.get("fieldConfig", {}).get("overrides", ()):
            if override["matcher"]["options"] == name:
                (mapping,) = [one["value"][0] for one in override["properties"] if one["id"] == "mappings"]
                return {code: told["text"] for code, told in mapping["options"].items()}
    raise AssertionError(column)


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_replies_and_strangers_are_words(language):
    """A rule of quality by its own text, a reply that is not there by the reason, a brand that is not registered as another."""
    assert {rule.id: getattr(rule, language) for rule in quality.RULES} == words("overview", "rule", language)
    codes = words("finding", "reply", language)
    assert {"certificate", "to_come", "silent", "waiting", "not_notified"} == set(codes)
    assert PAGES["reply.to_come"][language] == codes["to_come"]
    assert {"fr": "autre", "en": "other"}[language] == words("overview", "brand", language)["other"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cell_is_named_as_on_the_pages(finding, language):
    """The same words for technology, plan and direction; no code is left in a sentence."""
    for name, texts in (("technology", TECHNOLOGY), ("plan_class", PLAN_CLASS), ("direction", DIRECTION)):
        pages = {key: told[language] for key, told in PAGES.items() if key.startswith(f"{name}.")}
        assert pages == {f"{name}.{code}": told[language] for code, told in texts.items()}
    sentences = " ".join(finding.sentences[language])
    assert f"{BRAND} / fibre / ordinary / down" in sentences
    told = in_words(sentences, finding, language)
    assert {"fr": "offre ordinaire, vers le foyer", "en": "ordinary plan, towards the home"}[language] in told
    assert " / ordinary / down" not in told


def test_page_and_board_agree_on_a_reply_that_is_not_there(finding):
    """Whatever the ledger has of a finding, both say the same of its reply."""
    shown = export().findings[0]
    for one in export().findings:
        history = [
            Change(
                finding_id=finding.finding_id,
                state=msgspec.convert(step.state, State),
                at=step.at,
                actor="a",
                reason=step.reason,
            )
            for step in one.history
        ]
        plain = msgspec.structs.replace(shown, history=one.history, outcome="different")
        assert finding_page.reply_state(plain) == reply_state(finding, history)

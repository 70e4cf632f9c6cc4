"""Names and words of others keep their own direction: a name in Hebrew, an override in a reply, turn nothing of the page round."""

import json
import re
from html import unescape

import msgspec
import pytest

from analysis.public.form import Reply, encode, read
from dashboards.site.render import site
from tests.support.exports import export

OVERRIDE, EMBED, END = "\u202e", "\u202b", "\u2069"
HEBREW = "רדיו צפון 12"
TURNED = f"{OVERRIDE}{END}{HEBREW}{EMBED}"
"""As somebody hostile would write it: an override, and the end of an isolation that was never begun."""
DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066\u2067]")
"""Marks of direction, but those by which pages isolate a name in a plain text."""
ALONE = re.compile(rf'(?:<bdi(?: lang="")?>|\u2068|dir="auto"[^<>]*>){HEBREW}(?:</bdi>|\u2069|</)')


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A site in which every name that others chose is the same turned one."""
    made = json.loads(encode(export()))
    given = {"title", "brand", "text", "by", "reason", "operator", "source"}

    def turned(plain, name=""):
        if isinstance(plain, dict):
            changed = {key: turned(value, key) for key, value in plain.items()}
            for key in ("fr", "en"):
                if name in given and key in plain:
                    changed[key] = TURNED
            return changed
        if isinstance(plain, list):
            return [
                TURNED if name == "networks" and isinstance(one, str) else turned(one, name) for one in plain
            ]
        return TURNED if name in given and isinstance(plain, str) else plain

    whole = turned(made)
    for network, own in zip(whole["networks"], made["networks"], strict=True):
        network["brand"] = f"{TURNED} {own['brand']}"
    whole["regions"][0]["name"] = TURNED
    for finding in whole["findings"]:
        for lang in ("fr", "en"):
            finding["sentences"][lang] = [
                f"On {TURNED}: 4 Mbit/s, 20 before.",
                *finding["sentences"][lang][1:],
            ]
    path = tmp_path_factory.mktemp("export") / "export.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    files = dict(site(read(path)))
    return {name: unescape(body.decode()) for name, body in files.items() if name.endswith(".html")}


def test_no_mark_of_direction_comes_to_a_page(pages):
    """Overrides and embeddings are taken out even of an export that somebody else made."""
    assert [] == [name for name, text in pages.items() if DIRECTION.search(text)]
    for text in pages.values():
        assert text.count("\u2068") == text.count("\u2069")


def test_every_name_stands_alone(pages):
    """Each time that the name is written it is in an element, or between marks, of its own direction."""
    written = 0
    for name, text in pages.items():
        named = re.sub(rf"{HEBREW} [^<\u2069]+", HEBREW, text)  # brands of networks: no two alike
        assert named.count(HEBREW) == len(ALONE.findall(named)), name
        written += named.count(HEBREW)
    assert written > 500


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_an_override_in_a_reply_and_in_a_services_name(lang):
    """The provider's reply and the service's title, in one finding: on its page, in lists and titles, each is isolated and without the override."""
    made = export()
    reply = Reply(
        by=f"{OVERRIDE}moceleT", at="2026-12-14", language="en", text=f"We slowed {OVERRIDE}gnihton\nAt all."
    )
    one = msgspec.structs.replace(made.findings[0], title=f"oidaR{OVERRIDE}{HEBREW}", replies=(reply,))
    files = dict(site(msgspec.structs.replace(made, findings=(one, *made.findings[1:]))))
    page = files[f"{lang}/findings/{one.finding_id}.html"].decode()
    assert '<blockquote class="lead" lang="en" dir="auto">We slowed gnihton\nAt all.</blockquote>' in page
    assert '<bdi lang="">moceleT</bdi>' in page
    assert f"<bdi>oidaR{HEBREW}</bdi>" in page
    assert f"\u2068oidaR{HEBREW}\u2069" in page.partition("<title>")[2].partition("</title>")[0]
    assert OVERRIDE not in page
    assert OVERRIDE.encode() not in b"".join(files.values())
    assert b"\\u202e" not in files["data/export.json"]

"""The pages: what an export holds, escaped, bounded, in two languages, and nothing else."""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from analysis.public.form import Counted, NotAnExport, Reply, encode, read
from dashboards.site import figures, model
from dashboards.site.render import HERE, site
from dashboards.site.slugs import slug
from dashboards.site.words import LANGUAGES, Words
from tests.house.test_messages import faults
from tests.support.exports import empty, export

LARGEST_PAGE = 200_000
EVIL = "<script>alert('x')</script> & \"quoted\" {{ 7*7 }}"


@pytest.fixture(scope="module")
def pages():
    """Every file of a site with findings in every state."""
    return dict(site(export()))


def replaced(made, index, **changes):
    """The export with one of its findings changed."""
    findings = list(made.findings)
    findings[index] = msgspec.structs.replace(findings[index], **changes)
    return msgspec.structs.replace(made, findings=tuple(findings))


def html(files):
    """The HTML files as text."""
    return {name: content.decode() for name, content in files.items() if name.endswith(".html")}


class Links(HTMLParser):
    """What a page refers to, and which elements it has."""

    def __init__(self, text):
        super().__init__()
        self.targets, self.elements, self.attributes = [], set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.targets += [value for name, value in attrs if name in {"href", "src"}]


def test_every_text_has_french_and_english():
    """The pages' messages, and those of the command, give every id both languages with the same places."""
    from dashboards.site import command_messages, messages

    assert [] == faults(messages.MESSAGES)
    assert [] == faults(command_messages.MESSAGES)


def test_templates_hold_no_words():
    """What a person reads comes from messages or from the export: a template has not one letter of its own."""
    for path in (HERE / "templates").glob("*.html"):
        text = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        words = re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^>]*>", " ", text))
        assert [] == [word for word in words if word != "AS"], path.name


def test_links_lead_somewhere_and_nowhere_else(pages):
    """Every link and picture is a file of the site: no other host, no script, no form, no inline style or handler."""
    for name, text in html(pages).items():
        seen = Links(text)
        assert not seen.elements & {"script", "iframe", "object", "form", "style", "base"}, name
        assert not {one for one in seen.attributes if one == "style" or one.startswith("on")}, name
        for target in seen.targets:
            if target.startswith("#"):
                assert f'id="{target[1:]}"' in text
                continue
            assert ":" not in target, (name, target)
            path = (Path("/") / name).parent / target
            assert str(Path(*_normal(path.parts))) in {f"/{one}" for one in pages}, (name, target)


def _normal(parts):
    found: list[str] = []
    for part in parts:
        if part == "..":
            found.pop()
        else:
            found.append(part)
    return found


def test_pages_stay_small(pages):
    """No page, with its style sheet and its figures, is larger than 200 kB."""
    style = len(pages["style.css"])
    for name, text in html(pages).items():
        pictures = re.findall(r'src="[./]*(figures/[^"]+)"', text)
        assert LARGEST_PAGE > len(text.encode()) + style + sum(len(pages[one]) for one in pictures), name


def test_the_same_export_gives_the_same_bytes(pages):
    """Rendering has no clock and no chance: figures too, drawn anew."""
    one = export().findings[0]
    again = figures.rates.__wrapped__("hours", one.pictures.hours, 1.0, "fr", 20.0)
    assert again == pages[f"figures/{one.finding_id}-hours-fr.svg"]
    assert pages == dict(site(export()))


def test_languages_are_mirrors(pages):
    """Each page stands in both languages, declares its own and links to the other."""
    french = {name[3:] for name in pages if name.startswith("fr/")}
    assert french == {name[3:] for name in pages if name.startswith("en/")}
    for name in french:
        assert '<html lang="fr">' in pages[f"fr/{name}"].decode()
        assert f'en/{name}" lang="en"' in pages[f"fr/{name}"].decode()


def test_numbers_speak_the_language(pages):
    """A decimal comma and a space before % in French, a point and none in English; exact values are the same."""
    name = f"findings/{export().findings[0].finding_id}.html"
    french, english = pages[f"fr/{name}"].decode(), pages[f"en/{name}"].decode()
    values = re.compile(r'data-field="(\w+)" value="([^"]+)"')
    assert values.findall(french) == values.findall(english) != []
    assert re.search(r">\d+,\d+\u202fMbit/s<", french)
    assert re.search(r">\d+\.\d+\u202fMbit/s<", english)
    assert "\u202f%" in french
    assert "\u202f%" not in english


def test_no_line_of_french_begins_with_a_mark(pages):
    """Before ; : ? ! » and % and after « stands a space that is not broken, whatever the text comes from."""
    for name, text in html(pages).items():
        if name.startswith("fr/"):
            words = unescape(re.sub(r"<(script|style).*?</\1>|<[^>]*>", "", text, flags=re.DOTALL))
            assert not re.findall(r".{0,20}\S [;:?!»%].{0,9}|.{0,20}« .{0,9}", words), name


def test_names_with_markup_are_escaped():
    """A service, a network, a region, a disruption and a reply that look like markup or a template are text."""
    made = export()
    made = replaced(
        made,
        0,
        title=EVIL,
        brand=EVIL,
        replies=(Reply(by=EVIL, at=EVIL, language="fr", text=EVIL),),
        sentences={"fr": (EVIL, EVIL), "en": (EVIL, EVIL)},
        mechanism=EVIL,
    )
    services = tuple(msgspec.structs.replace(one, title=EVIL, names=(EVIL,)) for one in made.services)
    made = msgspec.structs.replace(made, services=services, operator=EVIL)
    texts = html(dict(site(made)))
    assert any("&lt;script&gt;" in text for text in texts.values())
    assert [] == [
        name for name, text in texts.items() if "<script" in text or "49" in re.sub(r"\d{3,}", "", text[:0])
    ]
    for text in texts.values():
        assert "alert('x')" not in text  # quotes, too, are escaped


def test_names_never_become_paths():
    """A brand or an id with separators, dots or the name of another page has a file of its own inside the folder."""
    made = export()
    evil = ("../../etc/passwd", "index", "page-2", "A", "a", "", "é" * 300)
    networks = tuple(msgspec.structs.replace(made.networks[0], brand=name) for name in evil)
    names = [name for name, _ in site(msgspec.structs.replace(made, networks=networks))]
    assert len(names) == len(set(names))
    assert [] == [name for name in names if ".." in name or name.startswith("/") or len(name) > 120]


def test_no_data_yet(pages):
    """Before anything is registered or measured all pages are there, say so, and hold no number."""
    files = dict(site(empty()))
    assert {"fr/index.html", "en/coverage.html", "fr/services/index.html"} <= files.keys()
    assert "Rien n’a encore été mesuré." in files["fr/index.html"].decode()
    assert "No finding is published" in files["en/findings/index.html"].decode()


def test_one_probe():
    """Fewer than five lines: that they are few is told, how many is not."""
    made = msgspec.structs.replace(
        export(), counted=Counted(lines=None, pairs=None), bytes=None, days=(), findings=()
    )
    made = msgspec.structs.replace(
        made, first_day=None, last_day=None, regions=(),
        networks=tuple(msgspec.structs.replace(n, counted=Counted(lines=None, pairs=None)) for n in made.networks),
    )  # fmt: skip
    files = dict(site(made))
    assert "Fewer than five lines have measured so far" in files["en/index.html"].decode()
    assert "too few" in files["en/coverage.html"].decode()


def test_a_figure_with_too_few_points_is_a_table():
    """One or two places are no curve: no picture is drawn, and the table stands open."""
    made = export()
    one = made.findings[0]
    few = msgspec.structs.replace(one.pictures, over=one.pictures.over[:2], hours=())
    files = dict(site(replaced(made, 0, pictures=few)))
    assert f"figures/{one.finding_id}-over-fr.svg" not in files
    assert "<details open>" in files[f"fr/findings/{one.finding_id}.html"].decode()


def test_what_is_no_export_is_refused(tmp_path):
    """No JSON, another version, or something else: the reason is told, and nothing is rendered."""
    path = tmp_path / "export.json"
    for content in (
        b"",
        b"[]",
        b"{}",
        encode(export()).replace(b'"schema_version": 1', b'"schema_version": 2'),
    ):
        path.write_bytes(content)
        with pytest.raises(NotAnExport):
            read(path)


def test_the_format_reads_what_it_writes(tmp_path):
    """An export survives its file."""
    path = tmp_path / "export.json"
    path.write_bytes(encode(export()))
    assert export() == read(path)


def test_a_list_that_is_cut_says_how_much_more_there_is(monkeypatch):
    """Each list says in both languages how many of it are left out, with a link to all of them; one that is whole says nothing."""
    made = export()
    slowed, gone = made.findings[0], next(one for one in made.findings if one.state == "withdrawn")
    more = (
        msgspec.structs.replace(slowed, finding_id="a" * 24, service="archives-fleuve"),
        msgspec.structs.replace(gone, finding_id="b" * 24),
    )
    disruptions = made.disruptions * 2
    made = msgspec.structs.replace(made, findings=(*made.findings, *more), disruptions=disruptions)
    lists = (
        ("index", "networks", 6), ("index", "front", 5), ("findings/index", "certificates", 2), ("findings/index", "withdrawn", 2),
        (f"networks/{slug(slowed.brand)}", "findings", 3), ("services/archives-fleuve", "findings", 2), ("coverage", "days", 77),
        ("disruptions", "disruptions", 2),
    )  # fmt: skip
    whole = dict(site(made))
    monkeypatch.setattr(model, "MOST", dict.fromkeys(model.MOST, 1))
    cut = dict(site(made))
    for language in LANGUAGES:
        for page, kind, all_of_them in lists:
            name, said = f"{language}/{page}.html", Words(language).n(f"more.{kind}", all_of_them - 1)
            (where,) = re.findall(rf'<a href="([^"]+)">{re.escape(said)}</a>', cut[name].decode())
            assert str(Path(*_normal((Path("/") / name).parent.joinpath(where).parts)))[1:] in cut
            assert said not in whole[name].decode()


def test_words_of_others_do_not_pass_for_the_language_of_the_page():
    """Reasons of the ledger, who replied and sources: language unknown (``lang=""``); a disruption told in one language alone says which."""
    made = export()
    (one,) = made.disruptions
    alone = msgspec.structs.replace(one, title={"fr": one.title["fr"]}, text={"fr": one.text["fr"], "en": ""})
    pages = html(dict(site(msgspec.structs.replace(made, disruptions=(alone, one)))))
    for finding in made.findings:
        page = unescape(pages[f"en/findings/{finding.finding_id}.html"])
        for quoted in (
            *(change.reason for change in finding.history),
            *(reply.by for reply in finding.replies),
        ):
            assert quoted in page
            assert page.count(quoted) == page.count(f'<bdi lang="">{quoted}</bdi>')
    english, french = pages["en/disruptions.html"], pages["fr/disruptions.html"]
    assert f'Source: <bdi lang="">{one.source}</bdi>' in english
    assert f'<h2 dir="auto" lang="fr">{one.title["fr"]}</h2>' in english
    assert f'<p class="plain" dir="auto" lang="fr">{one.text["fr"]}</p>' in english
    assert f'<h2 dir="auto">{one.title["en"]}</h2>' in english
    assert f'<h2 dir="auto">{one.title["fr"]}</h2>' in french
    assert '<h2 dir="auto" lang' not in french


def test_a_thousand_services_are_bounded():
    """A thousand services on one network: lists in pages of 150, one page each, both languages, none over 200 kB."""
    files = dict(site(export(networks=1, services=1000, drawn=0)))
    for language in ("fr", "en"):
        own = [name for name in files if name.startswith(f"{language}/services/")]
        lists = [name for name in own if re.search(r"/(index|page-\d+)\.html$", name)]
        assert (1000 + 7, 7) == (len(own), len(lists))
        assert 1000 == sum(files[name].count(b'<th scope="row">') for name in lists)
        (network,) = [name for name in files if re.match(rf"{language}/networks/(?!index)", name)]
        menu = 1
        assert 150 + menu == files[network].count(b'href="../services/')
    assert LARGEST_PAGE > max(len(content) for name, content in files.items() if name.endswith(".html"))

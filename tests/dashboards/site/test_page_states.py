"""What the pages say of a finding in each of its states, in two languages."""

import re

import msgspec
import pytest

from analysis.public.form import Counted
from dashboards.site import figures
from dashboards.site.model import MARKS
from dashboards.site.render import site
from dashboards.site.slugs import slug
from tests.dashboards.site import test_pages
from tests.dashboards.site.test_pages import html, replaced
from tests.support.exports import empty, export

pages = test_pages.pages


def test_a_withdrawn_finding_remains_as_words(pages):
    """Its page says when and why, with the words that had been published; it is in no count, place or bar."""
    gone = next(one for one in export().findings if one.state == "withdrawn")
    page = pages[f"en/findings/{gone.finding_id}.html"].decode()
    for words in ("This finding was withdrawn on", "neutre sur ce réseau"):
        assert words in page
    for element in ("<data", "<img"):
        assert element not in page
    assert "Published: 4 differences, 2 certificates" in pages["en/index.html"].decode()
    assert gone.finding_id not in pages["en/index.html"].decode()


def test_a_blocked_service_bears_the_mark_of_its_badge(pages):
    """Matrix, key and the words for screen readers say "blocked" where the badge does, with a mark that is no other's."""
    blocked = next(one for one in export().findings if one.metric == "fail")
    assert len(MARKS) == len(set(MARKS.values()))
    for language, word in (("fr", "bloqué"), ("en", "blocked")):
        seen = f'<span class="mark blocked" aria-hidden="true">■</span><span class="vh">{word}'
        front = pages[f"{language}/index.html"].decode()
        assert f'<td class="blocked">{seen}, 1</span>' in front
        assert f'<li><span class="mark blocked" aria-hidden="true">■</span> {word}</li>' in front
        assert f'<span class="badge blocked">{word}</span>' in front
        (row,) = [
            one
            for one in pages[f"{language}/networks/{slug(blocked.brand)}.html"].decode().splitlines()
            if f"services/{blocked.service}.html" in one
        ]
        assert seen in row
        assert "▼" not in row


def test_the_reply_has_equal_prominence(pages):
    """Verdict and reply are sections of one grid with headings of one level and paragraphs of one class, reply as plain text."""
    replied = next(one for one in export().findings if one.replies)
    page = pages[f"fr/findings/{replied.finding_id}.html"].decode()
    grid = page.partition('<div class="sides">')[2].partition("</div>")[0]
    assert ["verdict", "reply"] == re.findall(r'<section aria-labelledby="(\w+)"><h2', grid)
    assert 2 == grid.count('class="lead"')
    assert "Nous maintenons" in grid
    assert f"Fichier reçu, empreinte SHA-256\u202f: <code>{'ab' * 32}</code>" in page


def test_without_a_reply_it_says_why(pages):
    """Notified and silent, not notified, a certificate: each has its sentence."""
    made = export()
    silent = next(i for i, one in enumerate(made.findings) if one.state == "published" and not one.replies)
    history = tuple(one for one in made.findings[silent].history if one.state != "replied")
    waiting = replaced(made, silent, history=history)
    page = dict(site(waiting))[f"en/findings/{made.findings[silent].finding_id}.html"].decode()
    assert "the 20 days are still running" in page
    certificate = next(one for one in made.findings if one.outcome == "equivalent")
    assert "A certificate accuses nobody" in pages[f"en/findings/{certificate.finding_id}.html"].decode()


def test_the_inside_edition_says_that_it_is_one():
    """Every inside page bears the banner and asks robots to stay away; a public one does neither."""
    inside = html(dict(site(export("inside"))))
    assert [] == [
        name
        for name, text in inside.items()
        if name != "index.html" and not ("Inside edition" in text or "Édition interne" in text)
    ]
    assert [] == [
        name for name, text in inside.items() if name != "index.html" and 'name="robots"' not in text
    ]
    assert "Inside edition" not in dict(site(export()))["en/index.html"].decode()


def test_a_control_that_never_failed_is_drawn_whole():
    """Marks at 0 and at 100 % lie inside the axes, and no tick is below 0."""
    blocked = next(one for one in export(drawn=None).findings if one.metric == "fail")
    hours = tuple(
        msgspec.structs.replace(one, failed_original=one.pairs, failed_control=0)
        for one in blocked.pictures.hours
    )
    drawn = figures.failures.__wrapped__("hours", hours, 1.0, "en").decode()
    clip = re.search(
        r"<clipPath.*?<rect x=\"[\d.]+\" y=\"([\d.]+)\" width=\"[\d.]+\" height=\"([\d.]+)\"",
        drawn,
        re.DOTALL,
    )
    assert clip is not None
    top, height = map(float, clip.groups())
    colours = f"{figures.ORIGINAL}|{figures.CONTROL}"
    seen = re.findall(rf'<use xlink:href="#\w+" x="[\d.]+" y="([\d.]+)" style="fill: (?:{colours})', drawn)
    marks = {float(y) for y in seen if float(y) > top}  # the key stands above the axes
    assert 2 == len(marks)
    radius = 2.5
    assert top + radius < min(marks) < max(marks) < top + height - radius
    assert ["0", "25", "50", "75", "100"] == re.findall(r">(\W?\d+)</text>", drawn)


def test_a_certificate_is_called_one(pages):
    """A certificate stands beside the ledger, which is no defect: its state is "certificate"; inside, what never entered it says so."""
    certificate = next(one for one in export().findings if one.outcome == "equivalent")
    for language, word, outside in (
        ("fr", "certificat", "hors registre"),
        ("en", "certificate", "not in the ledger"),
    ):
        assert f" · {word}</p>" in pages[f"{language}/findings/{certificate.finding_id}.html"].decode()
        assert f"<td>{word}</td>" in pages[f"{language}/networks/{slug(certificate.brand)}.html"].decode()
        assert [] == [name for name, text in html(pages).items() if outside in text]
        assert outside in dict(site(export("inside")))[f"{language}/findings/index.html"].decode()


TROUBLES = {
    "nothing yet": {
        "fr/index.html": "Rien n’a encore été mesuré.",
        "en/index.html": "Nothing has been measured yet.",
    },
    "one probe": {"fr/coverage.html": "trop peu", "en/coverage.html": "too few"},
}


def troubled(kind):
    """An export that is in trouble."""
    if kind == "nothing yet":
        return empty()
    made = msgspec.structs.replace(
        export(), counted=Counted(lines=None, pairs=None), bytes=None, days=(), findings=(), first_day=None, last_day=None,
        regions=(),
    )  # fmt: skip
    alone = tuple(msgspec.structs.replace(n, counted=Counted(lines=None, pairs=None)) for n in made.networks)
    return msgspec.structs.replace(made, networks=alone)


@pytest.mark.parametrize("kind", TROUBLES)
def test_trouble_is_said_in_both_languages(kind):
    """No data yet, and one probe: every page is there in French and English, each in its own words."""
    files = dict(site(troubled(kind)))
    for name, words in TROUBLES[kind].items():
        assert words in files[name].decode(), name
    assert {name[3:] for name in files if name.startswith("fr/")} == {
        name[3:] for name in files if name.startswith("en/")
    }


def test_a_withdrawn_finding_is_said_in_both_languages(pages):
    """The withdrawn finding's page gives the date, the reason and the words that were published, in French too."""
    gone = next(one for one in export().findings if one.state == "withdrawn")
    for language, words in (("fr", "Ce constat a été retiré le"), ("en", "This finding was withdrawn on")):
        page = pages[f"{language}/findings/{gone.finding_id}.html"].decode()
        assert words in page
        assert gone.sentences[language][0].split(" (")[0] in page.replace("&#39;", "'")

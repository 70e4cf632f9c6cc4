"""Each mistake in the catalogue's files has its exact message: file, entry, what is wrong, what to do."""

from datetime import date

import msgspec
import pytest

from probe.catalogue.check import form, problems
from probe.catalogue.messages import TEXTS
from probe.catalogue.read import read
from probe.cli import main
from probe.messages import text
from tests.support.catalogues import CONTROLS, RISK, SERVICE, write_catalogue

TODAY = date(2026, 11, 22)
FILE = "services/made_up.toml"
OBJECT = '\n[[service.fetch]]\nurl = "https://www.radio-boreale.example/logo.png"\nbytes = 1000\n'
CONTROL = '\n[service.control]\nurl = "https://cdn.example/logo.png"\nbytes = 1000\nreason = "same CDN"\n'
RECORD = '[[record]]\nid = "{id}"\nentry = "0123456789abcdef"\non = {on}\nok = true\nresult = "ok"\n'


def said(folder):
    """The mistakes of form in a folder, as a person reads them."""
    return [
        f"{p.file}, {p.entry}: {text(f'catalogue.{p.code}', 'en', **p.facts)}"
        for p in form(read(folder), TODAY)
    ]


def test_a_sound_catalogue_has_no_mistakes_of_form(tmp_path):
    """The files that the other tests spoil are right."""
    assert [] == said(write_catalogue(tmp_path))


MISTAKES = {
    "unknown field": (
        {"service": SERVICE + 'titel = "x"\n'},
        f"{FILE}, radio-boreale: unknown field “titel”; correct its name or take it out",
    ),
    "unknown field inside": (
        {"service": SERVICE + OBJECT + 'hash = "x"\n' + CONTROL},
        f"{FILE}, radio-boreale: unknown field “fetch.hash”; correct its name or take it out",
    ),
    "missing field": (
        {"service": SERVICE.replace('origin = "local"\n', "")},
        (
            f"{FILE}, radio-boreale: wrong or missing value: Object missing required field `origin`; correct it"
            " (probe/catalogue/entries.py tells the form)"
        ),
    ),
    "unknown sector": (
        {"service": SERVICE.replace('"audiovisual"', '"music"')},
        (
            f"{FILE}, radio-boreale: wrong or missing value: Invalid enum value 'music' - at `$.sector`; correct it"
            " (probe/catalogue/entries.py tells the form)"
        ),
    ),
    "country": (
        {"service": SERVICE.replace('"CA"', '"QC"')},
        f"{FILE}, radio-boreale: “QC” is no country of ISO 3166-1; write its two-letter code",
    ),
    "language": (
        {"service": SERVICE.replace('"fr-CA"', '"french"')},
        f"{FILE}, radio-boreale: “french” is no BCP 47 tag; write fr, fr-CA or zh-Hant for instance",
    ),
    "host": (
        {"service": SERVICE.replace("www.radio-boreale.example", "https://radio-boreale.example")},
        (
            f"{FILE}, radio-boreale: “https://radio-boreale.example” is no host name; write it in small letters,"
            " without https:// or path"
        ),
    ),
    "address as host": (
        {"service": SERVICE.replace("www.radio-boreale.example", "192.0.2.1")},
        f"{FILE}, radio-boreale: “192.0.2.1” is no host name; write it in small letters, without https:// or path",
    ),
    "rate without source": (
        {"service": SERVICE + "best_bit_s = 1_000_000\n"},
        (
            f"{FILE}, radio-boreale: best_bit_s and best_source go together; say where the rate comes from,"
            " or take both out"
        ),
    ),
    "verified by hand": (
        {"service": SERVICE.replace("verified = false", "verified = true")},
        (
            f"{FILE}, radio-boreale: “verified” is not written by hand; leave it false and run"
            " isonomia-probe catalogue verify"
        ),
    ),
    "object without control": (
        {"service": SERVICE + OBJECT},
        (
            f"{FILE}, radio-boreale: an object without a matched control; add one with the reason why it matches,"
            " or take the object out"
        ),
    ),
    "control without object": (
        {"service": SERVICE + CONTROL},
        (
            f"{FILE}, radio-boreale: a control (https://cdn.example/logo.png) without an object to compare;"
            " add the object, or take the control out"
        ),
    ),
    "object elsewhere": (
        {"service": SERVICE + OBJECT.replace("www.radio", "img.radio") + CONTROL},
        (
            f"{FILE}, radio-boreale: the object https://img.radio-boreale.example/logo.png is not under a name of the"
            " service; add the name, or choose another object"
        ),
    ),
    "object in clear": (
        {"service": SERVICE + OBJECT.replace("https:", "http:") + CONTROL},
        (
            f"{FILE}, radio-boreale: “http://www.radio-boreale.example/logo.png” is no https://host/path address;"
            " correct it"
        ),
    ),
    "object too large": (
        {"service": SERVICE + OBJECT.replace("1000", "2000001") + CONTROL},
        (
            f"{FILE}, radio-boreale: wrong or missing value: Expected `int` <= 2000000 - at `$.fetch[0].bytes`;"
            " correct it (probe/catalogue/entries.py tells the form)"
        ),
    ),
    "control at home": (
        {"service": SERVICE + OBJECT + CONTROL.replace("cdn.example", "www.radio-boreale.example")},
        (
            f"{FILE}, radio-boreale: the control https://www.radio-boreale.example/logo.png is under a name of the"
            " service itself; choose one elsewhere"
        ),
    ),
    "control of many": (
        {
            "service": "".join(
                (SERVICE + OBJECT + CONTROL).replace("radio-boreale", f"radio-boreale{n}") for n in range(4)
            )
        },
        (
            f"{FILE}, radio-boreale3: cdn.example is the control of 3 services already, and every home would ask it as"
            " often; choose another"
        ),
    ),
    "id twice": (
        {"service": SERVICE + SERVICE.replace("www.radio-boreale", "ici.radio-boreale")},
        f"{FILE}, radio-boreale: this id stands in {FILE} already; give another one or take the entry out",
    ),
    "host twice": (
        {"service": SERVICE + SERVICE.replace('id = "radio-boreale"', 'id = "other"')},
        (
            f"{FILE}, other: the name www.radio-boreale.example is that of “radio-boreale” already;"
            " a name marks one service only"
        ),
    ),
    "not TOML": (
        {"service": "[[service]\n"},
        (
            f"{FILE}, : not TOML: Expected ']]' at the end of an array declaration (at line 1, column 10);"
            " correct the syntax"
        ),
    ),
    "another table": (
        {"service": SERVICE + '[[sevrice]]\nid = "x"\n'},
        f"{FILE}, : unknown field “sevrice”; correct its name or take it out",
    ),
    "control is service": (
        {"controls": CONTROLS.replace("www.hardware-shop.example", "www.radio-boreale.example")},
        (
            "controls.toml, spoofed_popular: the control name www.radio-boreale.example is that of the service"
            " “radio-boreale”; take it out of the controls"
        ),
    ),
    "control twice": (
        {"controls": CONTROLS.replace('"lac"', '"lac", "lac"')},
        "controls.toml, owned_labels: “lac” stands there twice; take one out",
    ),
    "label": (
        {"controls": CONTROLS.replace('"lac"', '"Lac.du.Nord"')},
        "controls.toml, owned_labels: “Lac.du.Nord” is no label of a host name; small letters, digits and hyphens",
    ),
    "no control of that length": (
        {"controls": CONTROLS.replace("www.grocery-shops.example", "x.example")},
        (
            "controls.toml, radio-boreale: 1 popular control name(s) of about 25 letters for www.radio-boreale.example;"
            " 2 to 64 are needed within two letters"
        ),
    ),
    "risk of nobody": (
        {"risk": RISK.replace("risk =", 'services = ["nobody"]\nrisk =')},
        "risk.toml, risk[1]: no service “nobody” in the catalogue; correct the id or take it out of the line",
    ),
    "risk twice": (
        {"risk": RISK + RISK},
        "risk.toml, risk[2]: CA has a class already, in risk[1]; keep one",
    ),
    "risk without source": (
        {"risk": RISK.replace('source = "A law"\n', "")},
        (
            "risk.toml, risk[1]: wrong or missing value: Object missing required field `source`; correct it"
            " (probe/catalogue/entries.py tells the form)"
        ),
    ),
    "risk of tomorrow": (
        {"risk": RISK.replace("2017-04-20", "2026-11-23")},
        "risk.toml, risk[1]: the date 2026-11-23 is ahead; correct it",
    ),
    "hash of a long one": (
        {"service": SERVICE + OBJECT.replace("1000", "1000001") + f'sha256 = "{"0" * 64}"\n' + CONTROL},
        (
            f"{FILE}, radio-boreale: https://www.radio-boreale.example/logo.png has more than 1,000,000 bytes, so that its hash cannot"
            " be compared whole; add head_sha256, that of its first 1,000,000 bytes, or take sha256 out"
        ),
    ),
    "head of a short one": (
        {"service": SERVICE + OBJECT + CONTROL + f'head_sha256 = "{"0" * 64}"\n'},
        (
            f"{FILE}, radio-boreale: https://cdn.example/logo.png has no more than 1,000,000 bytes; take head_sha256 out, and give"
            " sha256 if it never changes"
        ),
    ),
    "look-up of nobody": (
        {"verification": RECORD.format(id="nobody", on="2026-11-01")},
        (
            "verification.toml, nobody: a look-up of a service “nobody” that the catalogue does not have;"
            " run catalogue verify again"
        ),
    ),
    "stale look-up": (
        {"verification": RECORD.format(id="radio-boreale", on="2026-11-01")},
        (
            "verification.toml, radio-boreale: the entry has changed since its look-up of 2026-11-01;"
            " run catalogue verify for it again"
        ),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_and_its_message(tmp_path, mistake):
    """The message of this mistake stands among what is said, word for word."""
    files, message = MISTAKES[mistake]
    assert message in said(write_catalogue(tmp_path, **files))


def test_missing_files(tmp_path):
    """An empty folder: what is missing is said, and nothing is raised."""
    assert [
        "services/, : no services; add a TOML file with [[service]] blocks",
        "controls.toml, : cannot be read (No such file or directory); check that it exists and its rights",
        "risk.toml, : cannot be read (No such file or directory); check that it exists and its rights",
    ] == said(tmp_path)


GAPS = {
    "few_services": ["1 services, 80 are needed; add some"],
    "few_countries": ["1 countries, 25 are needed; add services from elsewhere"],
    "few_languages": ["1 languages, 25 are needed; add services in other languages"],
    "language_missing": [
        f"no service in the language “{tag}”; add one" for tag in ("en", "iu", "cr", "oj", "ar")
    ],
    "sector_missing": [
        f"no service of the sector “{sector}” (UNESCO domain {code}); add one"
        for sector, code in (
            ("heritage", "A"),
            ("performance", "B"),
            ("visual_arts", "C"),
            ("books_press", "D"),
            ("design", "F"),
            ("archiving", "T3"),
        )
    ],
    "kind_missing": [
        f"no service of kind “{kind}”; add one"
        for kind in (
            "community_broadcaster",
            "press",
            "library",
            "archive",
            "museum",
            "music",
            "cinema",
            "literature",
            "performing_arts",
            "platform",
        )
    ],
    "origin_missing": [
        f"no service of origin “{origin}”; add one" for origin in ("national", "francophonie", "global")
    ],
}


def test_gaps_are_said(tmp_path):
    """One service is no catalogue: each number that is too small and each thing that is not there, word for word."""
    found: dict[str, list[str]] = {}
    for problem in problems(read(write_catalogue(tmp_path)), TODAY):
        assert ("services/", "") == (problem.file, problem.entry)
        found.setdefault(problem.code, []).append(text(f"catalogue.{problem.code}", "en", **problem.facts))
    assert GAPS == found


def test_what_a_language_without_region_covers(tmp_path):
    """A service in iu-Cans-CA is one in Inuktitut."""
    written = write_catalogue(tmp_path, service=SERVICE.replace('"fr-CA"', '"iu-Cans-CA"'))
    missing = {p.facts["detail"] for p in problems(read(written), TODAY) if p.code == "language_missing"}
    assert {"fr", "en", "cr", "oj", "ar"} == missing


def test_every_text_of_a_mistake_is_used():
    """No text of ``catalogue check`` without a mistake that says it, and no mistake without its text."""
    tested = {*GAPS, "empty", "unreadable"}
    here = {
        identifier.removeprefix("catalogue.") for identifier in TEXTS if identifier.startswith("catalogue.")
    }
    messages = [message for _, message in MISTAKES.values()]
    for code in sorted(here - tested - {"twice_in_entry"}):
        start = TEXTS[f"catalogue.{code}"]["en"].partition("{")[2].partition("}")[2].partition("{")[0]
        assert any(start in message for message in messages), code


def test_check_on_the_command_line(tmp_path, capsys):
    """A faulty folder: each fault is a line, or an event, and the exit code is 3; in French too."""
    folder = write_catalogue(tmp_path, service=SERVICE.replace('"CA"', '"QC"'))
    assert 3 == main(["catalogue", "check", "--folder", str(folder), "--json", "--lang", "en"])
    events = [msgspec.json.decode(line) for line in capsys.readouterr().out.splitlines()]
    assert {
        "event": "catalogue_problem",
        "file": FILE,
        "entry": "radio-boreale",
        "code": "bad_country",
        "place": f"{FILE}, radio-boreale",
        "message": "“QC” is no country of ISO 3166-1; write its two-letter code",
    } == events[0]
    assert 3 == main(["catalogue", "check", "--folder", str(folder), "--lang", "fr"])
    shown = capsys.readouterr()
    assert (
        f"{FILE}, radio-boreale\u00a0: «\u00a0QC\u00a0» n’est pas un pays d’ISO 3166-1\u202f; écrivez son code"
        " à deux lettres\n"
    ) in shown.out
    assert f"le catalogue de {folder} a" in shown.err

"""Risk classes: what the lines say, what an operator may change, what is left of a plan (integrity.md 9)."""

from datetime import date

import msgspec
import pytest

from probe.catalogue.entries import Catalogue, Controls, Entry, RiskLine
from probe.catalogue.risk import RiskBook, countries_of, permitted, shipped_book, withheld
from probe.plan import ControlName, Service


def line(risk, countries, services=(), source="a source"):
    """A line of made-up risk."""
    return RiskLine(
        countries=tuple(countries.split()), services=services, risk=risk, source=source, date=date(2020, 1, 1)
    )


def entry(service_id, *names):
    """An entry of a made-up service."""
    return Entry(
        id=service_id, name=service_id, operator="x", country="CA", languages=("fr",), sector="audiovisual",
        kind="broadcaster", carries="video", origin="local", names=names,
    )  # fmt: skip


BOOK = RiskBook(
    Catalogue(
        services=(entry("tele", "www.tele.example"), entry("mag", "mag.example")),
        controls=Controls(owned_labels=(), spoofed_popular=()),
        risks=(
            line("open", "FR CA"),
            line("off", "KP"),
            line("off", "ML CA", ("tele",), "a decree"),
            line("caution", "FR", ("mag",)),
        ),
    )
)


@pytest.mark.parametrize(
    ("service", "country", "risk"),
    [
        ("tele", "FR", "open"),
        ("mag", "FR", "caution"),  # of a service before that of the country
        ("tele", "CA", "off"),  # off before open
        ("tele", "ML", "off"),
        ("mag", "ML", "caution"),  # no line speaks
        ("mag", "KP", "off"),
        ("unheard", "FR", "open"),
        ("unheard", "KP", "off"),
        ("mag", "ZZ", "caution"),  # nobody knows where we are
        ("tele", "ZZ", "off"),  # and it is off somewhere
    ],
)
def test_the_class_of_a_service_in_a_country(service, country, risk):
    """Off wins; then the service's own lines, then the country's; else caution."""
    assert risk == BOOK.verdict(service, (), country).risk


@pytest.mark.parametrize(
    "name", ["www.tele.example", "tele.example", "Live.Tele.example", "m.www.tele.example."]
)
def test_another_id_is_no_way_round(name):
    """A service is known by its domain: under another id, or another host of it, it is off all the same."""
    assert ("off", "a decree") == (
        BOOK.verdict("x", (name,), "ML").risk,
        BOOK.verdict("x", (name,), "ML").source,
    )


def test_another_domain_is_another_service():
    """A name that merely ends alike is nobody's."""
    assert "caution" == BOOK.verdict("x", ("notele.example", "example"), "ML").risk


def test_an_operator_raises_and_lowers_and_never_lifts_off():
    """Open becomes off, caution becomes open with a source, off stays."""
    book = BOOK.with_operator(
        (line("off", "FR", ("mag",)), line("open", "SN", source="a law of 2026"), line("open", "ML KP CA"))
    )
    assert "off" == book.verdict("mag", (), "FR").risk
    assert ("open", "a law of 2026") == (
        book.verdict("tele", (), "SN").risk,
        book.verdict("tele", (), "SN").source,
    )
    assert ["off", "off", "off"] == [book.verdict("tele", (), country).risk for country in ("ML", "KP", "CA")]
    assert "open" == book.verdict("mag", (), "ML").risk
    assert "off" == book.verdict("mag", (), "KP").risk


def test_the_domains_that_are_off():
    """Those of the services that are off there, and nothing of others."""
    assert [("tele.example",), ()] == [BOOK.off_domains((country,)) for country in ("ML", "FR")]


@pytest.mark.parametrize("source", ["", "x" * 301])
def test_a_line_without_a_source_is_none(source):
    """The type demands a source, in a file as in a plan."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**msgspec.to_builtins(line("open", "SN")), "source": source}, RiskLine)


def test_the_stricter_of_two_countries_counts(plan):
    """Declared and seen: a service that is off in either is not measured; a yes for one is none for the other."""
    tele = Service(id="tele", title="Télé", names=("www.tele.example",))
    mag = Service(id="mag", title="Mag", names=("mag.example",))
    plan = msgspec.structs.replace(plan, services=(tele, mag))
    both = countries_of("FR", "ML")
    barred = withheld(plan, BOOK, both, {"mag": ("FR",)})
    assert [("tele", "off", "ML"), ("mag", "caution", "ML")] == [
        (b.service, b.risk, b.country) for b in barred
    ]
    agreed = withheld(plan, BOOK, both, {"mag": ("FR", "ML"), "tele": ("FR", "ML")})
    assert [("tele", "off")] == [(b.service, b.risk) for b in agreed]
    assert (mag,) == permitted(plan, BOOK, both, agreed).services
    assert ("ZZ",) == countries_of(None, None)


def test_a_control_name_that_is_off_takes_its_stratum_along(plan):
    """Control names are sent as well: a stratum with a name that is off here is not drawn from at all."""
    plan = msgspec.structs.replace(
        plan, controls=(*plan.controls, ControlName("live.tele.example", "spoofed_popular"))
    )
    assert ("owned",) == permitted(plan, BOOK, ("ML",), ()).strata()
    assert ("owned", "spoofed_popular") == permitted(plan, BOOK, ("FR",), ()).strata()


@pytest.mark.parametrize(
    ("service", "country", "risk"),
    [
        ("rfi", "FR", "open"),
        ("rfi", "ML", "off"),
        ("rfi", "SN", "caution"),
        ("aptn", "CA", "open"),
        ("banq", "RU", "off"),
        ("tiktok", "NC", "off"),
        ("tiktok", "FR", "open"),
        ("france-antilles-mq", "MQ", "open"),
    ],
)
def test_the_shipped_table(service, country, risk):
    """Some lines of risk.toml that must not change unseen."""
    assert risk == shipped_book().verdict(service, (), country).risk

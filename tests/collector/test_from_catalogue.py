"""The operator's file may name services and control strata of the catalogue instead of spelling them out."""

from datetime import date

import aiohttp
import msgspec
import pytest

from collector import settings, wiring
from collector.app import make_site
from collector.messages import Trouble
from collector.plan import PlanBook
from probe.catalogue.entries import RiskLine
from probe.catalogue.read import shipped
from probe.catalogue.signed import open_edition
from probe.measurement.coin import CLOSEST_LENGTHS
from probe.measurement.signing import public_bytes
from tests.collector.test_settings import GOOD
from tests.support.catalogues import SERVICE, write_catalogue

BARE = GOOD.replace(
    '[[service]]\nid = "s1"\ntitle = "Service"\nnames = ["stream.culture.example"]\n', ""
).replace('[[control]]\nname = "media.neutral.example"\nstratum = "owned"\n', "")
LISTED = """
[catalogue]
services = ["rfi", "aptn", "youtube"]
controls = ["owned", "spoofed_popular"]
owned_zone = "temoins.example"
"""


def load(tmp_path, text):
    """The settings of a file with this text."""
    path = tmp_path / "operator.toml"
    path.write_text(text, encoding="utf-8")
    return settings.load(path)


def test_services_by_id(tmp_path):
    """Title, names and pace are the catalogue's: 5 Mbit/s for radio, 20 for HD, 40 for 4K."""
    services = load(tmp_path, BARE + LISTED).services
    assert [
        ("rfi", "RFI", ("www.rfi.fr",), 5_000_000),
        ("aptn", "APTN", ("www.aptn.ca",), 20_000_000),
        ("youtube", "YouTube", ("www.youtube.com",), 40_000_000),
    ] == [(s.id, s.title, s.names, s.pace_bit_s) for s in services]


def test_control_names_of_the_services_lengths(site, tmp_path):
    """Both strata hold candidates for every name; the plan carries the catalogue's version before its own hash."""
    written = load(tmp_path, BARE + LISTED)
    plan = PlanBook(site.folder.plans, site.folder.open(), written, site.clock).current()
    assert ("spoofed_popular", "owned") == plan.strata()
    for name in ("www.rfi.fr", "www.aptn.ca", "www.youtube.com"):
        near = [
            c for c in plan.candidates("spoofed_popular", name) if abs(len(c) - len(name)) <= CLOSEST_LENGTHS
        ]
        assert 2 <= len(near) <= 64
        assert plan.candidates("owned", name)
    assert all(c.name.endswith(".temoins.example") for c in plan.controls if c.stratum == "owned")
    catalogue, own = plan.catalogue_version().split("/")
    plain = msgspec.structs.replace(plan, catalogue=None)
    assert (shipped().version(), plain.catalogue_version()) == (catalogue, own)


def test_the_spelled_out_form_still_works_beside_it(tmp_path):
    """A block of one's own, a bare id, a block with fewer names, and a list; the older form alone has no catalogue."""
    own = '[[service]]\nid = "s1"\ntitle = "Mine"\nnames = ["mine.example"]\n'
    bare = '[[service]]\nid = "banq"\n[[service]]\nid = "bnf"\nnames = ["gallica.bnf.fr"]\n'
    services = load(tmp_path, BARE + own + bare + LISTED).services
    assert ["s1", "banq", "bnf", "rfi", "aptn", "youtube"] == [service.id for service in services]
    assert ("BnF", ("gallica.bnf.fr",)) == (services[2].title, services[2].names)
    assert None is load(tmp_path, GOOD).catalogue


def test_the_third_stratum_is_of_the_sector_elsewhere(tmp_path):
    """Controls of a listed service are names of such services in other countries, and for it alone; none is planned itself."""
    listed = LISTED.replace('"spoofed_popular"', '"spoofed_popular", "spoofed_same_sector"')
    settings = load(tmp_path, BARE + listed)
    by_id = {service.id: service for service in settings.services}
    third = [control for control in settings.controls if control.stratum == "spoofed_same_sector"]
    fitting = {control.name for control in third if control.fits(by_id["rfi"])}
    assert fitting
    (entry,) = (entry for entry in shipped().services if entry.id == "rfi")
    owners = [other for other in shipped().services if fitting.intersection(other.names)]
    assert all((entry.sector, entry.kind) == (other.sector, other.kind) for other in owners)
    assert entry.country not in {other.country for other in owners}
    planned = {name for service in settings.services for name in service.names}
    assert not planned.intersection(control.name for control in third)


MISTAKES = {
    "unknown id": (
        LISTED.replace('"aptn"', '"aptm"'),
        "catalogue.services[1]: the catalogue has no service “aptm”",
    ),
    "bare block of nobody": ('[[service]]\nid = "nobody"\n' + LISTED, "service[0]: “title” is missing"),
    "no zone": (LISTED.replace('owned_zone = "temoins.example"\n', ""), "catalogue: “owned_zone” is missing"),
    "bad zone": (
        LISTED.replace('"temoins.example"', '"https://temoins"'),
        "catalogue.owned_zone: ",
    ),
    "twice": ('[[service]]\nid = "rfi"\n' + LISTED, "service.id: “rfi”"),
    "misspelt": (
        LISTED.replace("owned_zone", "zone"),
        "catalogue: “zone” is unknown; correct or remove this field",
    ),
    "risk of no country": (
        LISTED + '[[risk]]\ncountries = ["QC"]\nrisk = "open"\nsource = "x"\ndate = 2026-01-01\n',
        "risk[0].countries[0]: “QC” is no country of ISO 3166-1; write its two-letter code",
    ),
    "risk without source": (
        LISTED + '[[risk]]\ncountries = ["SN"]\nrisk = "open"\ndate = 2026-01-01\n',
        "risk[0]: “source” is missing",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_answered_with_place_and_remedy(tmp_path, mistake):
    """File, place, what to do."""
    more, message = MISTAKES[mistake]
    with pytest.raises(Trouble) as caught:
        load(tmp_path, BARE + more)
    assert f"{tmp_path}/operator.toml: {message}" in caught.value.text("en")


def test_a_catalogue_of_ones_own(tmp_path):
    """`folder` is read beside the file; one with a mistake of form is refused with the place."""
    write_catalogue(tmp_path / "ours")
    block = '[catalogue]\nfolder = "ours"\nservices = ["radio-boreale"]\ncontrols = ["spoofed_popular"]\n'
    assert ("radio-boreale",) == tuple(s.id for s in load(tmp_path, BARE + block).services)
    write_catalogue(tmp_path / "ours", service=SERVICE.replace('"CA"', '"QC"'))
    with pytest.raises(Trouble) as caught:
        load(tmp_path, BARE + block)
    assert (
        f"{tmp_path}/operator.toml: catalogue.folder: this catalogue has faults (services/made_up.toml radio-boreale);"
        " isonomia-probe catalogue check --folder tells them" == caught.value.text("en")
    )


def test_the_operators_risk_lines_travel_in_the_plan(site, tmp_path):
    """A [[risk]] block is part of what is signed, and a change of it is a new serial."""
    block = '[[risk]]\ncountries = ["SN"]\nservices = ["youtube"]\nrisk = "off"\nsource = "asked"\ndate = 2026-11-01\n'
    plain = PlanBook(
        site.folder.plans, site.folder.open(), load(tmp_path, BARE + LISTED), site.clock
    ).current()
    plan = PlanBook(
        site.folder.plans, site.folder.open(), load(tmp_path, BARE + LISTED + block), site.clock
    ).current()
    line = RiskLine(
        countries=("SN",), services=("youtube",), risk="off", source="asked", date=date(2026, 11, 1)
    )
    assert ((line,), plain.serial + 1) == (plan.risks, plan.serial)


async def test_the_catalogue_is_served_signed(site, tmp_path):
    """GET /v1/catalogue gives the plan's catalogue under the operator's key; without one it says so, with 404."""
    for text, status in ((BARE + LISTED, 200), (GOOD, 404)):
        async with (
            wiring.open_intake(site.folder, load(tmp_path, text), site.clock) as intake,
            wiring.listening(make_site(intake), "127.0.0.1", 0) as url,
            aiohttp.ClientSession() as session,
            session.get(f"{url}/v1/catalogue") as answer,
        ):
            assert status == answer.status
            body = await answer.read()
            if status == 404:
                assert b'"no_catalogue"' in body
                continue
            edition = open_edition(body, public_bytes(site.folder.open()), date(2026, 11, 22))
            assert shipped().version() == edition.catalogue.version()
            assert intake.plans.current().serial == edition.serial

"""The catalogue that is shipped: without a fault, wide enough, unverified, and in every copy of the probe."""

import re
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import UTC, datetime

import msgspec
import pytest

from probe.catalogue.check import problems
from probe.catalogue.coverage import coverage
from probe.catalogue.entries import SECTORS
from probe.catalogue.names import owned_names, popular_names, same_sector_names
from probe.catalogue.read import SHIPPED, read, shipped
from probe.cli import main
from probe.measurement.coin import CLOSEST_LENGTHS, matched_names
from tests.house.test_alone import run_copy
from tools.tree import ROOT

NAMES = [name for entry in shipped().services for name in entry.names]


def test_the_shipped_catalogue_is_sound(capsys):
    """`catalogue check` finds nothing in it."""
    assert [] == problems(read(SHIPPED), datetime.now(UTC).date())
    assert 0 == main(["catalogue", "check", "--lang", "en"])
    assert "0 fault(s)" in capsys.readouterr().out


def test_it_covers_what_the_mission_names():
    """At least 110 services in 35 countries; the regions, languages and kinds of issue 4, each more than once."""
    counts = coverage(shipped().services)
    assert counts.services >= 110
    assert len(counts.countries) >= 35
    for country in (
        "CA",
        "FR",
        "BE",
        "CH",
        "LU",
        "SN",
        "CI",
        "CM",
        "CD",
        "MA",
        "TN",
        "LB",
        "VN",
        "NC",
        "PF",
        "HT",
        "MQ",
    ):
        assert counts.countries[country] >= 1, country
    for language in ("fr", "en", "iu", "cr", "oj", "ar", "wo", "br", "oc", "rm", "lb", "mi", "ht", "ty"):
        assert counts.languages[language] >= 1, language
    assert all(count >= 3 for count in counts.kinds.values())
    assert all(count >= 4 for count in counts.origins.values())
    assert set(counts.sectors) <= set(SECTORS)


def test_nothing_is_called_verified():
    """Nobody has looked anything up on the live network: no entry may be fetched."""
    assert [] == [
        entry.id for entry in shipped().services if entry.verified or entry.fetch or entry.may_fetch
    ]


def test_default_paces_are_those_of_the_architecture():
    """20 Mbit/s for video, 5 for audio, 40 only where 4K is stated with its source."""
    paces = Counter((entry.carries, entry.pace_bit_s) for entry in shipped().services)
    assert {("video", 20_000_000), ("video", 40_000_000), ("audio", 5_000_000), ("pages", 20_000_000)} == set(
        paces
    )
    assert all(entry.best_source for entry in shipped().services if entry.pace_bit_s == 40_000_000)


def test_risk_lines_never_open_by_service():
    """`open` is a country's, by its law; every `off` of a service names the service."""
    assert [] == [line for line in shipped().risks if line.risk == "open" and line.services]
    assert all(line.source.strip() for line in shipped().risks)


def test_every_name_has_popular_controls_of_its_length():
    """Two or more of nearly its length for each, few enough for a ticket; all of them come into a plan."""
    popular = popular_names(shipped().controls, NAMES)
    for name in NAMES:
        found = matched_names(popular, name)
        assert 2 <= len(found) <= 64
        assert all(abs(len(other) - len(name)) <= CLOSEST_LENGTHS for other in found)


def test_owned_names_reach_every_length_that_a_zone_allows():
    """Under a zone of 16 letters each longer service name has three owned names within two letters of it."""
    zone = "temoins.example"
    owned = owned_names(shipped().controls, zone, NAMES)
    for name in (name for name in NAMES if len(zone) + 4 <= len(name) <= len(zone) + 31):
        near = [o for o in matched_names(owned, name) if abs(len(o) - len(name)) <= CLOSEST_LENGTHS]
        assert len(near) >= 3, name
    assert all(name.endswith("." + zone) for name in owned)


def test_a_service_of_the_same_sector_elsewhere():
    """The third stratum: another country, no global platform, nothing that is off anywhere, matched in length."""
    names = same_sector_names(shipped(), "banq", "www.banq.qc.ca")
    homes = {name: entry for entry in shipped().services for name in entry.names}
    assert names
    for name in names:
        assert ("library", True) == (homes[name].kind, homes[name].country != "CA")
        assert abs(len(name) - len("www.banq.qc.ca")) <= CLOSEST_LENGTHS
    with pytest.raises(KeyError):
        same_sector_names(shipped(), "nobody", "x.example")


def test_the_version_is_that_of_the_content(tmp_path):
    """Cut, ordered and commented otherwise it is the same catalogue; one letter more is another."""
    (tmp_path / "services").mkdir()
    blocks = []
    for path in sorted((SHIPPED / "services").glob("*.toml")):
        blocks += re.split(r"(?m)^(?=\[\[service\]\])", path.read_text(encoding="utf-8"))[1:]
    for name in ("controls.toml", "risk.toml"):
        (tmp_path / name).write_text((SHIPPED / name).read_text(encoding="utf-8"), encoding="utf-8")
    one = tmp_path / "services" / "all.toml"
    one.write_text("# other words\n" + "\n".join(reversed(blocks)), encoding="utf-8")
    assert shipped().version() == read(tmp_path).catalogue().version()
    one.write_text("\n".join(blocks).replace('"www.rfi.fr"', '"m.rfi.fr"'), encoding="utf-8")
    assert shipped().version() != read(tmp_path).catalogue().version()


def test_show_on_the_command_line(capsys):
    """A service's line for a person and for a program, with its risk from a country; unknown ids are refused."""
    assert 0 == main(["catalogue", "show", "--service", "rfi", "--from", "ml", "--json"])
    entry, counts = (msgspec.json.decode(line) for line in capsys.readouterr().out.splitlines())
    assert ("rfi", "off", 5_000_000, False) == (
        entry["id"],
        entry["risk"],
        entry["pace_bit_s"],
        entry["verified"],
    )
    assert (shipped().version(), {"FR": 1}) == (counts["version"], counts["countries"])
    assert 0 == main(["catalogue", "show", "--country", "LU", "--lang", "fr"])
    assert (
        "rtl-lu · RTL Lëtzebuerg · LU · lb · Audiovisuel et médias interactifs · www.rtl.lu\n"
        in capsys.readouterr().out
    )
    assert 2 == main(["catalogue", "show", "--service", "nobody", "--lang", "en"])
    assert (
        'isonomia-probe: the catalogue has no service "nobody". Look for it with: isonomia-probe catalogue show\n'
        == capsys.readouterr().err
    )


def test_a_copied_probe_has_its_catalogue(tmp_path):
    """probe/ copied alone checks its own catalogue."""
    done = run_copy(tmp_path, "catalogue", "check", "--lang", "en")
    assert (0, "") == (done.returncode, done.stderr)
    assert shipped().version() in done.stdout


def test_the_wheel_brings_the_data(tmp_path):
    """Every TOML file of the catalogue is in the wheel."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=110)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    files = [str(path.relative_to(ROOT)) for path in sorted(SHIPPED.rglob("*.toml"))]
    assert len(files) >= 12
    assert [] == [name for name in files if name not in names]


def test_its_coverage_stands_in_the_docs():
    """By country, language, sector, kind and origin, each count as the code counts it (`tools.docs` keeps them fresh)."""
    page = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    counts = coverage(shipped().services)
    for name in ("countries", "languages", "sectors", "kinds", "origins"):
        block = re.search(rf"<!-- table: catalogue-{name} -->\n(.*?)<!-- end -->", page, re.DOTALL)
        assert block, name
        told = [int(row.rpartition("| ")[2].strip(" |")) for row in block[1].splitlines()[2:]]
        assert list(getattr(counts, name).values()) == told, name

"""Lines: homes that share a tag are shown together, whoever they are, and one that was set apart says so."""

import json

import msgspec

from collector.cli import main
from collector.homes.lines import shared_lines, tags_in
from collector.reader import read_homes
from probe.measurement.signing import public_bytes
from tests.support.collectors import Site
from tests.support.plans import key_from, make_enrolment


async def test_two_homes_behind_one_line(site: Site, capsys):
    """Both homes stand under the tag that their receipts share; a home that is separated, with a reason, is counted so."""
    async with site.open() as intake:
        plan, first = intake.plans.current(), public_bytes(site.long_lived)
        signed = site.signed(plan)
        assert 200 == (await intake.measurement(msgspec.json.encode(signed), "")).status
        tags = tags_in(signed.body_bytes())
        site.long_lived, site.quarter_key = key_from(site.rng), key_from(site.rng)
        enrolment = make_enrolment(site.long_lived, site.quarter_key, site.clock.moment)
        assert 200 == (await intake.enrolment(msgspec.json.encode(enrolment), "")).status
        assert 200 == (await intake.measurement(site.document(plan), "")).status
    second = public_bytes(site.long_lived)
    found = list(shared_lines(site.folder))
    assert tags == {line.name for line in found}
    assert {tuple(sorted((first, second)))} == {line.homes for line in found}
    data = ["--data", str(site.folder.root), "--json"]
    assert 0 == main(["homes", "separate", second.hex()[:12], "--reason", "two flats, seen", *data])
    home = read_homes(site.folder.root)[0]
    assert ("enrolled", second) == (home.state, home.home)
    assert home.separated_at_us is not None
    capsys.readouterr()
    assert 0 == main(["homes", "lines", *data])
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {1} == {line["separated"] for line in said}

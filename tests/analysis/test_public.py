"""The export: what may leave, and nothing else. By simulated pairs judged for real, and a ledger."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
import pytest

from analysis.public import form
from analysis.public.make import Sources, make, wanted
from analysis.public.pictures import pictures
from analysis.record import record_sha256
from analysis.states import Change
from analysis.stats.simulate import World
from analysis.stats.simulate_treatments import Boxes, Treatment
from dashboards.site.render import site
from probe.catalogue.read import shipped
from tests.analysis.simulated import BRAND, DUE, OTHER, SHA256, P, cell, channels, judged, registration

QUIET = World(wifi=0.0, congested=0.0, boxes=Boxes(0.75, 100))
POLICED = replace(QUIET, treatment=Treatment("police", 4e6))
REGISTERED = registration(services=("film", "song", "book"), brands=(BRAND, OTHER))
NOW = datetime(2026, 12, 28, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def world():
    """Film policed on one network, song alike on it; three homes on the other network, and a region for each home."""
    pairs = [
        *cell(POLICED, "film", homes=10, pairs=6, seed=1, prefix="k"),
        *cell(QUIET, "song", homes=10, pairs=4, seed=2, prefix="k"),
        *cell(POLICED, "film", homes=3, pairs=6, seed=3, brand=OTHER, prefix="o"),
    ]
    pairs = [
        msgspec.structs.replace(one, region="Québec" if i % 3 else "Îles") for i, one in enumerate(pairs)
    ]
    judgement = judged(pairs, REGISTERED, vetted=channels(pairs))
    return judgement, pairs


def sources(world, history=(), **more):
    """What an export is made of, with a ledger."""
    return Sources(world[0], REGISTERED, SHA256, P, shipped(), history, **more)


def finding(world, service="film", brand=BRAND):
    """The judgement's finding on a cell."""
    return next(one for one in world[0].findings if (one.service, one.brand) == (service, brand))


def changes(one, *states):
    """A ledger's changes of a finding to these states, a day apart."""
    return [
        Change(
            finding_id=one.finding_id,
            finding_sha256=record_sha256(one),
            state=state,
            at=(DUE + timedelta(days=n)).isoformat(),
            actor="a",
            reason=state,
        )
        for n, state in enumerate(states)
    ]


PUBLISHED = ("candidate", "replicated", "notified", "silent", "published")


def test_a_candidate_shows_in_nothing(world):
    """Before it is published a finding leaves no trace: its cell reads as any other that was measured."""
    one = finding(world)
    assert "different" == one.outcome
    for states in ((), PUBLISHED[:1], PUBLISHED[:4], ("candidate", "withdrawn")):
        made = make(sources(world, changes(one, *states)), "public", NOW, {})
        assert () == made.findings
        assert {"not_judged", "withheld"} == {cell.shown for cell in made.cells}
        assert one.finding_id not in form.encode(made).decode()


def test_every_rule_that_strikes_is_counted(world):
    """Each discarded pair once under its first rule, and under the others beside; a rule of four lines is not told."""
    _, pairs = world
    homes = sorted({one.home for one in pairs if one.home.startswith("k")})
    struck = dict.fromkeys(homes[:6], ("sender_late", "probe_busy"))
    struck |= {homes[6]: ("sender_late", "no_series"), homes[7]: ("sender_late",)}
    spoilt = [
        msgspec.structs.replace(one, discarded_by=own[0], struck=own, features=None)
        if (own := struck.get(one.home)) and one.service == "song"
        else one
        for one in pairs
    ]
    again = judged(spoilt, REGISTERED, vetted=channels(spoilt))
    surfaces: dict[form.Surface, tuple[int, int]] = {"inside": (32, 24), "public": (30, 20)}
    for surface, told in surfaces.items():
        made = make(sources((again, spoilt)), surface, NOW, {})
        assert ({"sender_late": told[0]}, {"probe_busy": told[1]}) == (made.discarded, made.also_struck)
    song = next(one for one in again.findings if (one.service, one.brand) == ("song", BRAND))
    assert ({"sender_late": 32}, {"no_series": 4, "probe_busy": 24}) == (song.discards, song.also_struck)
    assert {"no_series", "probe_busy"} == set(again.summary.also_struck)


def test_a_published_finding_is_the_judgements(world):
    """Its fields are those of ``judge --json``, digit by digit; so are those of its page."""
    one = finding(world)
    made = make(sources(world, changes(one, *PUBLISHED)), "public", NOW, {})
    shown = msgspec.to_builtins(made.findings[0])
    judged_json = json.loads(msgspec.json.encode(one))
    same = {name for name in shown if name in judged_json}
    assert len(same) > 35
    assert {name: judged_json[name] for name in same} == {
        name: json.loads(msgspec.json.encode(shown[name])) for name in same
    }
    page = dict(site(made))[f"en/findings/{one.finding_id}.html"].decode()
    values = dict(re.findall(r'data-field="(\w+)" value="([^"]+)"', page.partition('class="facts"')[2]))
    for field in ("e_value", "homes", "pairs", "bytes", "grade", "missing_tickets"):
        assert judged_json[field] == json.loads(values[field])


def test_nothing_unpublished_in_the_public_files(world):
    """No probe key, line tag, measurement id, address, candidate or small count in any byte of export and pages."""
    one = finding(world)
    made = make(sources(world, changes(one, *PUBLISHED)), "public", NOW, {})
    content = b"\n".join([form.encode(made), *(body for _, body in site(made))]).decode()
    judgement, pairs = world
    hidden = {pair.home for pair in pairs} | {tag for pair in pairs for tag in pair.line_tags}
    hidden |= {pair.measurement_id for pair in pairs} | {pair.pair_id for pair in pairs}
    hidden |= {other.finding_id for other in judgement.findings} - {one.finding_id}
    assert [] == sorted(
        text for text in hidden if re.search(rf"(?<![0-9a-f]){re.escape(text)}(?![0-9a-f])", content)
    )
    assert not re.search(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])", content)
    assert not re.search(r"\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,7}\b", content)
    for counted in (
        facts.counted for some in (made.cells, made.networks, made.services, made.days) for facts in some
    ):
        assert counted.lines is None or counted.lines >= form.FEWEST_LINES
        assert (counted.lines is None) == (counted.pairs is None)
    for picture in (shown.pictures for shown in made.findings):
        for point in (*picture.within, *picture.over, *picture.hours):
            assert point.lines >= form.FEWEST_LINES


def test_a_small_network_cannot_be_worked_out(world):
    """Three homes on one network: it is withheld, and so is the only other, for the whole less that would give them away."""
    made = make(sources(world), "public", NOW, {})
    assert (10, 13) == (made.counted.lines, make(sources(world), "inside", NOW, {}).counted.lines)
    assert [None, None] == [network.counted.lines for network in made.networks]


def test_regions_are_ten_lines_or_more(world):
    """A region with fewer is with the others; where those too are few, the smallest shown joins them."""
    made = make(sources(world), "public", NOW, {})
    assert all(region.lines >= form.FEWEST_LINES_REGION for region in made.regions)


def test_withdrawn_after_publication_keeps_its_words(world):
    """The finding stays in the export with its path and no series; its cell no longer says published."""
    one = finding(world)
    made = make(sources(world, changes(one, *PUBLISHED, "withdrawn")), "public", NOW, {})
    assert ["withdrawn"] == [shown.state for shown in made.findings]
    assert form.Pictures() == made.findings[0].pictures
    assert "published" not in {cell.shown for cell in made.cells}


def test_inside_shows_every_finding_with_pairs(world):
    """Candidates and those that are undetermined; a cell without a pair has nothing to show."""
    made = make(sources(world), "inside", NOW, {})
    assert {("film", BRAND), ("song", BRAND), ("film", OTHER)} == {
        (one.service, one.brand) for one in made.findings
    }
    assert "inside" == made.surface


def test_a_recorded_finding_is_shown_as_it_was_judged(world):
    """The record of the day it was judged stands, although today's judgement of the cell has another id."""
    one = finding(world)
    old = msgspec.structs.replace(one, finding_id="a" * 24, judged_at=NOW.isoformat(), measurement_ids=None)
    history = changes(old, *PUBLISHED)
    made = make(sources(world, history, recorded=[old]), "public", NOW, {})
    assert ["a" * 24] == [shown.finding_id for shown in made.findings]
    assert 1 == sum(cell.shown == "published" for cell in made.cells)


def test_a_finding_says_who_has_left_since(world):
    """Of a recorded finding that names its keys' hashes: how many of them have withdrawn, of how many. Not of one that does not."""
    keys = [sha256(bytes([n])).digest() for n in range(7)]
    one = msgspec.structs.replace(finding(world), key_hashes=tuple(key.hex() for key in keys))
    gone = frozenset({keys[2], keys[5], sha256(b"somebody else").digest()})
    for recorded, expected in ((one, (2, 7)), (finding(world), (0, 0))):
        history = changes(recorded, *PUBLISHED)
        made = make(sources(world, history, recorded=[recorded], gone=gone), "public", NOW, {})
        assert [expected] == [(shown.left, shown.left_of) for shown in made.findings]


def test_replies_belong_to_their_finding(world):
    """A reply is shown with the finding it answers, and with no other."""
    one = finding(world)
    reply = form.Reply(by="Réseau", at="2027-01-05", language="fr", text="Nous contestons.")
    history = changes(one, *PUBLISHED)
    made = make(
        sources(world, history, replies={one.finding_id: [reply], "other": [reply]}), "public", NOW, {}
    )
    assert (reply,) == made.findings[0].replies


def test_courses_are_asked_for_of_shown_findings_alone(world):
    """The measurements whose course is read again are those of the findings that may be shown."""
    one = finding(world)
    assert frozenset() == wanted(sources(world), "public")[1]
    _, ids = wanted(sources(world, changes(one, *PUBLISHED)), "public")
    assert {pair.measurement_id for pair in world[1] if (pair.service, pair.brand) == ("film", BRAND)} == ids


def test_series_count_lines_not_transfers(world):
    """Four lines with many transfers are no point; with a fifth they are, and each line's median counts once."""
    pairs = [one for one in world[1] if one.service == "film" and one.brand == BRAND]
    homes = sorted({one.home for one in pairs})
    line_of = {home: home for home in homes}
    four = [one for one in pairs if one.home in homes[:4]]
    assert () == pictures(four, line_of, {}, 0.2).hours
    courses = {one.measurement_id: ([1.0, 1.5], [19.0, 20.0]) for one in pairs}
    drawn = pictures(pairs, line_of, courses, 0.2)
    assert [0.1, 0.3] == [point.at for point in drawn.within]
    assert [form.Spread(1.0, 1.0, 1.0), form.Spread(1.5, 1.5, 1.5)] == [
        point.original for point in drawn.within
    ]
    for point in drawn.hours:
        assert point.original is not None
        assert point.control is not None
        assert point.original.mid < 5 < point.control.mid

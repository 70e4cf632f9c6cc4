"""`once` takes every nettest that `list` shows, tells its cost first, and measures in the families that the line has."""

import itertools
import json
import random
from functools import partial

import msgspec
import pytest

from probe import families
from probe.budget import on_the_line
from probe.capacity import CapacityStore
from probe.cli import main
from probe.errands.facts import ERRANDS, NETTESTS, PAIRS
from probe.errands.quiet import CROSS_TRAFFIC, Quiet
from probe.link import Survey
from probe.measurement.envelope import Link, decode
from probe.measurement.results import ReachabilityResult
from probe.nettests.table import NETTESTS as MODULES
from probe.plan import NettestPlan
from tests.probe.conftest import NAME, offer
from tests.probe.test_errands import named, once

BOTH = ("ipv4", "ipv6")


@pytest.fixture
def whole(ready, collector, monkeypatch):
    """A home whose plan has every nettest that there is; the pairs of all carriers are made up."""
    more = tuple(NettestPlan(nettest=name, variant="paced") for name in PAIRS if name != "replay_tls")
    plan = msgspec.structs.replace(collector.plan, nettests=(*collector.plan.nettests, *more))
    offer(ready, collector, plan)
    for name in PAIRS:
        monkeypatch.setitem(MODULES, name, "tests.probe.paper_replay")
    return ready


@pytest.mark.parametrize("name", NETTESTS)
def test_whatever_list_shows_has_its_price(name, whole, collector, place, capsys):
    """Its cost, of the right kind, within what `list` says it may spend; nothing is sent."""
    code, events = once(whole, capsys, name, "--cost", "--endpoints", str(place[0]))
    (told,) = named(events, "cost")
    kinds = (told["errands"], told["pairs"], told["capacities"])
    directions = len(collector.plan.directions())
    expected = (1, 0, 0) if name in ERRANDS else (0, 1, 0) if name in PAIRS else (0, 0, directions)
    assert (0, expected, {}) == (code, kinds, collector.documents)
    # Two witnesses come with what meets no responder; the rate of each direction is a transfer of its own.
    most = NETTESTS[name].most_bytes * max(1, told["capacities"]) + 40_000
    assert 0 < told["cost_bytes"] <= most
    assert 0 < told["cost_s"]


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_by_its_nettest(name, whole, collector, capsys):
    """One pair of that very nettest, of one service; its cost is told before."""
    code, events = once(whole, capsys, name)
    told = [event["event"] for event in events]
    assert told.index("cost") < told.index("pair_started")
    assert (0, 1, []) == (code, len(named(events, "pair")), named(events, "errand_started"))
    assert [name] == [decode(body).nettest for body in collector.documents.values()]


def test_the_lines_rate(whole, capsys):
    """`once capacity`: measured now though it is not due, kept, told; exit 0."""
    before = CapacityStore(whole.capacity).estimates()
    code, events = once(whole, capsys, "capacity")
    directions = {event["direction"] for event in named(events, "capacity")}
    assert (0, len(before) + 1) == (code, len(CapacityStore(whole.capacity).estimates()))
    (cost,) = named(events, "cost")
    assert cost["cost_bytes"] == cost["capacities"] * on_the_line(50_000_000)
    assert len(directions) == cost["capacities"]


@pytest.fixture
def line_in_use(monkeypatch):
    """Somebody else sends 1 MB between any two looks at the interface; the gate is the real one, and looks fast."""
    passed = itertools.count(0, 1_000_000)
    counters = Survey("eth0", Link(), lambda: (next(passed), 0))
    monkeypatch.setattr("probe.link.survey", lambda _address: counters)
    monkeypatch.setattr("probe.errands.once.Quiet", partial(Quiet, watch_s=0.01, rest_s=0.01))


@pytest.mark.usefixtures("line_in_use")
def test_the_rate_of_a_line_in_use(whole, collector, capsys):
    """`once capacity` obeys the gate of all others: nothing is sent, and each direction is a signed `skipped` that says why; exit 1."""
    before = CapacityStore(whole.capacity).estimates()
    code = main(["once", "capacity", "--home", str(whole.folder), "--json"])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    failed = named(events, "capacity_failed")
    directions = sorted(collector.plan.directions())
    assert (1, before, []) == (code, CapacityStore(whole.capacity).estimates(), named(events, "capacity"))
    assert directions == sorted(event["direction"] for event in failed)
    assert {CROSS_TRAFFIC} == {event["reason"] for event in failed}
    kept = [decode(body) for body in collector.documents.values()]
    assert directions == sorted(m.direction for m in kept)
    assert {("capacity", "capacity", CROSS_TRAFFIC)} == {(m.nettest, m.service, m.skipped) for m in kept}


@pytest.mark.usefixtures("line_in_use")
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_line_in_use_in_words(language, whole, capsys):
    """The volunteer reads why in words, and what measures all the same; with `--busy` it does."""
    where = ["--home", str(whole.folder), "--lang", language]
    assert 1 == main(["once", "capacity", *where])
    said = capsys.readouterr().out
    assert (True, False) == ("--busy" in said, "postponed:" in said)
    assert 0 == main(["once", "capacity", "--busy", *where])


def test_several_at_once(whole, collector, capsys, place):
    """A light one and a pair: the pair first, both at the collector."""
    code, events = once(whole, capsys, "reachability", "replay_http", "--endpoints", str(place[0]))
    told = [event["event"] for event in events]
    assert told.index("pair") < told.index("errand_started")
    kinds = sorted(decode(body).nettest for body in collector.documents.values())
    assert (0, ["reachability", "replay_http"]) == (code, kinds)


def test_what_the_operator_does_not_ask_for(ready, collector, capsys):
    """A pair that is not in the plan is no pair: said, and nothing is measured."""
    assert 1 == main(["once", "replay_quic", "--home", str(ready.folder), "--lang", "en"])
    said = '"Example Observatory" asks for no replay_quic at present. Choose another nettest, or try later\n'
    assert capsys.readouterr().err.endswith(said)
    assert {} == collector.documents


def typed(home, capsys, *more):
    """Exit code and events, with no family asked for."""
    code = main(["once", *more, "--home", str(home.folder), "--json", "--busy"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_family_of_the_line(ready, collector, place, capsys, monkeypatch):
    """A light nettest is asked in each, and the cost says so; one that meets responders in those that one of them has."""
    monkeypatch.setattr("probe.errands.once.routed", lambda: BOTH)
    names = ("reachability", "latency")
    code, events = typed(ready, capsys, *names, "--endpoints", str(place[0]))
    (cost,) = named(events, "cost")
    assert (0, 3, ["ipv4", "ipv6"]) == (code, cost["errands"], cost["families"])
    documents = [decode(body) for body in collector.documents.values()]
    asked = sorted((m.nettest, m.address_family) for m in documents)
    assert [("latency", "ipv4"), ("reachability", "ipv4"), ("reachability", "ipv6")] == asked
    (six,) = (m.result for m in documents if m.address_family == "ipv6")
    assert isinstance(six, ReachabilityResult)
    assert {("dns_no_address", NAME)} == {(look.failure, look.host) for look in six.looks}


@pytest.mark.parametrize("ways", [("ipv4",), ("ipv6",), ()])
def test_the_one_family_of_a_line(ways, ready, place, capsys, monkeypatch):
    """A line with one family is asked in it, one that knows no way at all in IPv4."""
    monkeypatch.setattr("probe.errands.once.routed", lambda: ways)
    _, events = typed(ready, capsys, "dns", "reachability", "--cost", "--endpoints", str(place[0]))
    (cost,) = named(events, "cost")
    assert (2, list(ways or ("ipv4",))) == (cost["errands"], cost["families"])


@pytest.mark.parametrize(
    ("ways", "name", "said"),
    [
        (("ipv4",), "reachability", "this line has no route in IPv6"),
        (BOTH, "latency", "has the two IPv6 addresses that are needed"),
        (BOTH, "replay_tls", "has the two IPv6 addresses that are needed"),
    ],
)
def test_a_family_that_is_not_there(ways, name, said, ready, collector, capsys, monkeypatch):
    """What was asked for in a family that line or operator lacks is not measured in the other one: exit 1, and why."""
    monkeypatch.setattr("probe.errands.once.routed", lambda: ways)
    typed_words = ["once", name, "--family", "ipv6", "--home", str(ready.folder), "--lang", "en", "--busy"]
    assert 1 == main(typed_words)
    assert said in capsys.readouterr().err
    assert {} == collector.documents


def test_a_pair_in_the_family_asked_for(plan):
    """Whatever the dice: the family that was typed, where the responder has it."""
    both = msgspec.structs.replace(plan.responders[0], addresses=("8.8.8.8", "8.8.4.4", "2606::1", "2606::2"))
    rng = random.Random(1)
    assert ["ipv6"] * 9 == [families.drawn(both, rng, "ipv6") for _ in range(9)]
    four = msgspec.structs.replace(both, addresses=("8.8.8.8", "8.8.4.4"))
    assert "ipv4" == families.drawn(four, rng, "ipv6")

"""The agent's visits: light nettests go along with pairs, within caps, rests and consent; a line in use is left alone."""

import base64
import json
import random
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from probe import families, identity
from probe.catalogue.read import shipped
from probe.cli import main
from probe.errands.agent import GoingAlong
from probe.errands.document import document
from probe.errands.endpoints import EndpointFile
from probe.errands.guests import note, rested
from probe.errands.quiet import CROSS_TRAFFIC, Quiet
from probe.errands.visit import Allowance
from probe.errands.witness import witness
from probe.measurement.envelope import Link, decode
from probe.measurement.signing import GRANT, sign
from probe.measurement.ticket import Grant
from probe.nettests.endpoint import Endpoint, Fetched, FetchObject
from probe.schedule.memory import Memory
from probe.scrub import Scrubber
from probe.spool import Spool
from probe.standing import stand
from probe.wrap import Around
from tests.probe.conftest import NAME, now_us
from tests.support.responder import lab_net


def run(home, capsys, *more):
    """Exit code and events of an agent's run."""
    code = main(["run", "--home", str(home.folder), "--json", *more])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def named(events, name):
    """The events of that name."""
    return [event for event in events if event["event"] == name]


def test_light_nettests_go_along(ready, collector, place, capsys):
    """After the first pair every light nettest once; after the second none, for their rests are not over."""
    timings = ("--between-pairs-s", "0", "--pairs", "2")
    code, events = run(ready, capsys, *timings, "--endpoints", str(place[0]))
    assert (0, [], 2) == (code, named(events, "errand_skipped"), len(named(events, "pair")))
    kinds = [event["event"] for event in events if event["event"] in ("pair", "errand_started")]
    assert ["pair", *["errand_started"] * 4, "pair"] == kinds
    results = sorted(m.nettest for m in map(decode, collector.documents.values()))
    assert ["dns", "fetch", "latency", "reachability", "replay_tls", "replay_tls"] == results
    (light,) = named(events, "errands_summary")
    assert (4, 0) == (light["results"], light["skipped"])
    (summary,) = named(events, "summary")
    assert summary["bytes"] == light["bytes"] + sum(event["bytes"] for event in named(events, "pair"))
    assert {"dns", "fetch", "latency", "reachability"} == set(Memory(ready.schedule).of("musee").light_at_us)


def test_who_asks_for_pairs_gets_pairs(ready, place, capsys):
    """A variant on the command line means pairs and nothing else."""
    _, events = run(
        ready, capsys, "--between-pairs-s", "0", "--variant", "paced", "--endpoints", str(place[0])
    )
    assert (1, []) == (len(named(events, "pair")), named(events, "errand_started"))


@pytest.mark.parametrize(
    ("asked", "skipped"),
    [
        (("--variant", "paced"), [CROSS_TRAFFIC]),
        (("--direction", "down"), [CROSS_TRAFFIC]),
        (("--variant", "paced", "--between-pairs-s", "0"), []),
    ],
)
def test_who_asks_for_pairs_waits_too(joined, asked, skipped, monkeypatch, capsys):
    """A variant or a direction on the command line is no reason to measure on a line in use; a laboratory's timings are."""
    monkeypatch.setattr(Quiet, "wait", lambda *_: CROSS_TRAFFIC)
    _, events = run(joined, capsys, "--service", "s1", *asked)
    assert skipped == [event["reason"] for event in named(events, "skipped")]
    assert (0 if skipped else 1) == len(named(events, "pair"))


def test_a_line_in_use_is_left_alone(ready, collector, monkeypatch, capsys):
    """Postponed four times: a signed `skipped` says why, nothing is sent, the stratum goes back, nothing light goes along."""
    monkeypatch.setattr(Quiet, "wait", lambda *_: CROSS_TRAFFIC)
    code, events = run(ready, capsys)
    assert (1, [CROSS_TRAFFIC]) == (code, [event["reason"] for event in named(events, "skipped")])
    assert ([], []) == (named(events, "pair_started"), named(events, "errand_started"))
    assert [CROSS_TRAFFIC] == [decode(body).skipped for body in collector.documents.values()]
    held = Memory(ready.schedule).of("musee")
    assert ((), False) == (held.strata_left, held.last_ok)


def standing_of(home, collector, *, direct=True, lab=True):
    """Where the joined home stands under the plan that the collector offers."""
    membership = home.membership()
    agreed = msgspec.structs.replace(membership.agreed, direct=direct)
    membership = msgspec.structs.replace(membership, agreed=agreed, lab=lab)
    who, plan = identity.load(home, membership.enrolled_quarter), collector.plan
    ids = tuple(responder.id for responder in plan.responders)
    grant = Grant(probe_key=who.public, responders=ids, bytes_per_day=10**9, expires_at_us=plan.expires_at_us)
    granted = msgspec.structs.replace(plan, grants=(sign(collector.operator_key, GRANT, grant),))
    return stand(membership, who, granted, now_us())


def going(home, said, *endpoint, net=None):
    """What goes along, with these endpoints."""
    spool = Spool(home.spool)
    uploader: Any = None  # nothing is run here
    return GoingAlong(home, spool, uploader, said, net or lab_net(), None, EndpointFile(endpoint=endpoint))


def verified():
    """The service, as somebody checked it."""
    page = FetchObject(url=f"https://{NAME}/")
    objects = (Fetched(original=page, control=page),)
    return Endpoint(id="musee", names=(NAME,), objects=objects, verified=True)


def due(along, standing, memory):
    """The nettests that are due."""
    return [errand.nettest for errand in along.due(standing, standing.agreed.services[0], memory)]


def test_what_is_due(ready, collector, said):
    """All of them for what was verified; what nobody verified is looked up, never contacted; without consent, responders alone."""
    memory = Memory(ready.schedule)
    held = standing_of(ready, collector)
    assert ["dns", "reachability", "latency", "fetch"] == due(going(ready, said, verified()), held, memory)
    assert ["dns", "latency"] == due(going(ready, said), held, memory)
    alone = standing_of(ready, collector, direct=False)
    assert ["latency"] == due(going(ready, said, verified()), alone, memory)


def test_a_document_tells_the_catalogue_that_was_used(ready, collector):
    """Endpoints come from the operator's catalogue or our own, whatever the plan's services come from; a latency's from the plan."""
    held = standing_of(ready, collector)
    theirs = replace(held, catalogue=msgspec.structs.replace(shipped(), services=()))
    around = Around("1", now_us(), Link())

    def told(standing, nettest):
        signed = document(standing, (nettest, "plain", "musee"), "ipv4", around, "not agreed")
        return decode(signed.body_bytes()).catalogue_version

    own = held.plan.catalogue_version()
    assert [f"{shipped().version()}/{own}"] * 3 == [told(held, n) for n in ("dns", "fetch", "reachability")]
    assert f"{theirs.catalogue.version()}/{own}" == told(theirs, "fetch") != told(held, "fetch")
    assert [own] * 2 == [told(held, "latency"), told(theirs, "latency")]


def test_servers_of_others_get_their_rest(ready, collector, said):
    """The plan says ten minutes: outside a laboratory a service's own servers are met once in one hour, or six, whatever it says."""
    memory, now = Memory(ready.schedule), now_us()
    begun = dict.fromkeys(("dns", "reachability", "latency", "fetch"), now)
    memory.save("musee", msgspec.structs.replace(memory.of("musee"), light_at_us=begun))

    def after(seconds, **how):
        net = lab_net(unix_us=lambda: now + seconds * 1_000_000)
        return due(going(ready, said, verified(), net=net), standing_of(ready, collector, **how), memory)

    assert [] == after(599)
    assert ["dns", "reachability", "latency", "fetch"] == after(601)
    assert ["latency"] == after(601, lab=False)
    assert ["dns", "reachability", "latency"] == after(3601, lab=False)
    assert ["dns", "reachability", "latency", "fetch"] == after(21_601, lab=False)


def fetches(home, said, held, service, memory, at_us):
    """Whether a fetch of the service is due at that moment; if so it is begun."""
    control = FetchObject(url="https://third.example/big.bin")
    pair = Fetched(original=FetchObject(url=f"https://{NAME}/"), control=control)
    checked = Endpoint(id=service.id, names=(NAME,), objects=(pair,), verified=True)
    along = going(home, said, checked, net=lab_net(unix_us=lambda: at_us))
    found = [errand for errand in along.due(held, service, memory) if errand.nettest == "fetch"]
    for errand in found:
        note(memory, service.id, ("fetch",), at_us)
        for key in along._hosts(held, errand):
            note(memory, key, ("fetch",), at_us)
    return bool(found)


def test_a_clock_that_steps_back_ends_no_rest(ready, collector, said):
    """Seconds, a day, or to 1970 as a board without a battery: not due; and after a clock that ran years ahead one rest is waited, not years."""
    held, memory = standing_of(ready, collector, lab=False), Memory(ready.schedule)
    service, now, hour = held.agreed.services[0], held.plan.issued_at_us + 10**11, 3_600_000_000
    begun = [fetches(ready, said, held, service, memory, now - back) for back in (0, 10**7, 2 * 10**7, hour)]
    assert [True, False, False, False] == begun
    assert not fetches(ready, said, held, service, memory, 60_000_000)
    assert not fetches(ready, said, held, service, memory, now + hour)
    assert fetches(ready, said, held, service, memory, now + 6 * hour)
    note(memory, service.id, ("fetch",), now + 10_000 * hour)
    assert not fetches(ready, said, held, service, memory, now + 12 * hour)
    assert fetches(ready, said, held, service, memory, now + 18 * hour)


def test_a_host_rests_whichever_service_leads_to_it(ready, collector, said):
    """Two services with one third party's server as control: it is met once in six hours, across a restart as well."""
    held, now, hour = standing_of(ready, collector, lab=False), now_us(), 3_600_000_000
    assert fetches(ready, said, held, held.agreed.services[0], Memory(ready.schedule), now)
    page, control = FetchObject(url="https://www.other.example/"), "https://{}.example/other.bin"
    pairs = tuple(
        Fetched(original=page, control=FetchObject(url=control.format(host))) for host in ("third", "fourth")
    )
    other = Endpoint(id="other", names=("www.other.example",), objects=pairs, verified=True)

    def left(hours):
        return rested(other, Memory(ready.schedule), now + hours * hour, held.plan.issued_at_us).objects

    assert (pairs[1:], pairs) == (left(5), left(6))
    assert pairs[1:] == left(-1)


def test_what_a_pair_leaves():
    """The caps are the visit's: a paced pair of 24 MB leaves 26 MB and 52 s, a long one of 119 MB a megabyte and 40 s."""
    assert Allowance(26_000_000, 52.0) == Allowance.after("paced", 4000, 24_000_000)
    assert Allowance(1_000_000, 40.0) == Allowance.after("long", 10_000, 119_000_000)


def test_a_family_with_a_way_out(plan, monkeypatch):
    """Both families are drawn where both have a way; one alone where it is the only one; the first where there is none."""
    far = msgspec.structs.replace(
        plan.responders[0], addresses=("192.0.2.1", "2001:db8::1", "192.0.2.2", "2001:db8::2")
    )
    ways = {"ipv4", "ipv6"}
    monkeypatch.setattr(families, "has_route", lambda family, _address=None: family in ways)
    rng = random.Random(1)
    assert ("ipv4", "ipv6") == families.served(far) == families.routed()
    assert {"ipv4", "ipv6"} == {families.drawn(far, rng) for _ in range(20)}
    ways.discard("ipv4")
    assert {"ipv6"} == {families.drawn(far, rng) for _ in range(20)}
    ways.clear()
    assert {"ipv4"} == {families.drawn(far, rng) for _ in range(20)}
    assert ("2001:db8::1", "2001:db8::2") == far.in_family("ipv6")
    assert () == families.served(msgspec.structs.replace(far, addresses=("192.0.2.1", "2001:db8::1")))


def test_a_responder_tells_the_line_its_address(ready, collector):
    """It tells the probe alone, to scrub by; what it signs, and the probe keeps, is without it."""
    held = standing_of(ready, collector)
    seen = witness(lab_net(), held, held.responders()[0], "ipv4")
    assert seen is not None
    assert "127.0.0.1" == seen.line_address
    assert b"127.0.0.1" not in seen.statement.body_bytes()
    key = held.identity.public
    for written in (key, key.hex().encode(), base64.b64encode(key).rstrip(b"=")):  # it names no probe either
        assert written not in seen.statement.body_bytes()
    assert "8.8.8.8" == Scrubber((seen.line_address,)).place("8.8.8.8")
    assert "2001:4860:4860::/48" == Scrubber((seen.line_address,)).place("2001:4860:4860::8888")

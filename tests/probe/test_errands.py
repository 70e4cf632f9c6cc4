"""Errands: cost first, within caps and consent, in a process of their own; one document for each, whatever happens."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from probe.agreed import agreed_to, waiting
from probe.budget import Ledger, on_the_line
from probe.catalogue.risk import shipped_book
from probe.cli import main
from probe.consent import explain
from probe.errands.endpoints import endpoints_of
from probe.errands.runner import witnessed
from probe.errands.visit import Allowance
from probe.errands.witness import WITNESS_BYTES
from probe.families import way_in
from probe.measurement.dns_reading import readings
from probe.measurement.envelope import decode
from probe.measurement.receipt import Statement
from probe.measurement.signing import STATEMENT, open_signed
from probe.measurement.ticket import AddressFamily
from probe.nettests.base import Cost
from probe.nettests.endpoint import Endpoint, Fetched, FetchObject
from probe.nettests.reachability import MOST_LOOK_BYTES
from probe.upload import Uploader
from tests.probe.conftest import NAME, now_us
from tests.support.results import with_results


def once(home, capsys, *more):
    """Exit code and events of a visit over IPv4 on a line that nobody watches."""
    code = main(["once", *more, "--home", str(home.folder), "--json", "--busy", "--family", "ipv4"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def named(events, name):
    """The events of that name."""
    return [event for event in events if event["event"] == name]


def test_a_visit_measures_signs_and_uploads(ready, collector, place, capsys):
    """Three nettests, three signed results at the collector, each of a kind of its own; the cost is told first."""
    code, events = once(ready, capsys, "dns", "fetch", "reachability", "--endpoints", str(place[0]))
    kinds = [event["event"] for event in events]
    assert kinds.index("cost") < kinds.index("errand_started")
    assert (0, []) == (code, named(events, "errand_skipped"))
    results: dict[str, Any] = {m.nettest: m for m in map(decode, collector.documents.values())}
    assert {"dns", "fetch", "reachability"} == set(results)
    assert ("agrees",) == readings(results["dns"].result)
    assert {"ok"} == {look.failure for look in results["fetch"].result.looks}
    assert ("musee", "plain", "1") == (
        results["fetch"].service,
        results["fetch"].variant,
        results["fetch"].nettest_version,
    )
    (told,) = named(events, "cost")
    (summary,) = named(events, "errands_summary")
    assert (3, 0) == (summary["results"], summary["skipped"])
    assert 0 < summary["bytes"] <= told["cost_bytes"]


def test_a_whole_visit(ready, collector, place, capsys):
    """`--all`: its cost first, which covers it; then one pair and every light nettest of the plan, one document each."""
    code, events = once(ready, capsys, "--all", "--endpoints", str(place[0]))
    told = [event["event"] for event in events]
    assert told.index("cost") < told.index("pair_started") < told.index("errand_started")
    (cost,), (summary,), (pair,) = (named(events, name) for name in ("cost", "errands_summary", "pair"))
    assert cost["cost_bytes"] >= summary["bytes"] + pair["bytes"]
    assert (0, [], 1) == (code, named(events, "errand_skipped"), len(named(events, "pair")))
    kinds = sorted(m.nettest for m in map(decode, collector.documents.values()))
    assert ["dns", "fetch", "latency", "reachability", "replay_tls"] == kinds


def test_a_visit_that_is_used_up(ready, collector, place, capsys, monkeypatch):
    """What does not fit in the visit's bytes any more is skipped, and said so."""
    monkeypatch.setattr("probe.errands.once.Allowance", lambda: Allowance(bytes_left=300_000))
    code, events = once(ready, capsys, "reachability", "fetch", "--endpoints", str(place[0]))
    assert (0, ["reachability"]) == (code, [event["nettest"] for event in named(events, "result")])
    assert ["visit cap exceeded"] == [event["reason"] for event in named(events, "errand_skipped")]


def test_witnesses_count_in_the_caps(ready, collector, place, capsys):
    """A month that has room for a look but not for its two witnesses: skipped, and the cap is kept to the byte."""
    cap = 2 * MOST_LOOK_BYTES + 2 * WITNESS_BYTES - 1 + Ledger(ready.ledger, 0).spent_bytes(now_us())
    for budget, expected in ((cap, ["budget exceeded"]), (cap + 1, [])):
        plan = msgspec.structs.replace(
            collector.plan, budget_bytes_month=budget, serial=collector.plan.serial + 1
        )
        collector.plan = plan
        _, events = once(ready, capsys, "reachability", "--endpoints", str(place[0]))
        assert expected == [event["reason"] for event in named(events, "errand_skipped")]
    assert Ledger(ready.ledger, 0).spent_bytes(now_us()) <= cap + 1


def test_a_visit_without_room_for_a_witness(plan):
    """The declared cost of what meets no responder has both witnesses in it, that of what meets one has none."""
    assert [140_000, 100_000] == [witnessed(name, Cost(100_000, 1.0)).bytes for name in ("fetch", "latency")]


def test_what_a_person_reads(ready, place, capsys):
    """The cost, each result and the end, in French; no event is left without words."""
    assert 0 == main(
        [
            "once",
            "reachability",
            "--endpoints",
            str(place[0]),
            "--home",
            str(ready.folder),
            "--busy",
            "--lang",
            "fr",
        ]
    )
    lines = capsys.readouterr().out.splitlines()
    assert "Coût de cette visite" in lines[0]
    assert f"musee reachability IPv4 · {NAME} joint" in lines
    assert "Bilan de la visite" in lines[-1]
    assert "mesures légères" in lines[-1]


def test_the_cost_and_nothing_else(ready, collector, place, capsys):
    """`--cost` sends nothing to anybody but the question for a plan."""
    before = list(place[1].asked)
    code, events = once(ready, capsys, "--all", "--cost", "--endpoints", str(place[0]))
    (told,) = named(events, "cost")
    assert (0, 4, 1) == (code, told["errands"], told["pairs"])
    assert 20_000_000 < told["cost_bytes"]
    assert (before, {}) == (place[1].asked, collector.documents)


def test_the_cost_covers_what_is_measured_first(ready, collector, place, capsys):
    """Where the line's capacity is due, `--all` measures it before the pair: its cost is told, too, and only then."""
    told = []
    for _ in range(2):
        _, events = once(ready, capsys, "--all", "--cost", "--endpoints", str(place[0]))
        told.append(named(events, "cost")[0])
        ready.capacity.unlink(missing_ok=True)
    directions = len(collector.plan.directions())
    assert directions * on_the_line(50_000_000) == told[1]["cost_bytes"] - told[0]["cost_bytes"]
    assert told[0]["cost_s"] < told[1]["cost_s"]


def without_consent(home, _collector):
    """The volunteer agreed to a plan that contacted responders alone."""
    held = home.membership()
    agreed = msgspec.structs.replace(held.agreed, direct=False)
    home.save_membership(msgspec.structs.replace(held, agreed=agreed))


def switched_off(_home, collector):
    """The operator's kill switch."""
    nettests = tuple(
        msgspec.structs.replace(n, enabled=n.nettest != "fetch") for n in collector.plan.nettests
    )
    collector.plan = msgspec.structs.replace(collector.plan, nettests=nettests)


def used_up(_home, collector):
    """A month's budget that is smaller than a fetch."""
    collector.plan = msgspec.structs.replace(collector.plan, budget_bytes_month=1_000_000)


REASONS = {"not agreed": without_consent, "not in the plan": switched_off, "budget exceeded": used_up}


@pytest.mark.parametrize("reason", REASONS)
def test_what_is_not_allowed_is_skipped_and_said(reason, ready, collector, place, capsys):
    """Without consent, switched off, or past the budget: a signed `skipped`, and the service is not contacted."""
    REASONS[reason](ready, collector)
    before = list(place[1].asked)
    code, events = once(ready, capsys, "fetch", "--endpoints", str(place[0]))
    assert (1, [reason]) == (code, [event["reason"] for event in named(events, "errand_skipped")])
    assert [reason] == [decode(body).skipped for body in collector.documents.values()]
    assert before == place[1].asked


def test_an_endpoint_that_nobody_verified(ready, collector, place, capsys):
    """Without an endpoints file a plan's service is looked up, never contacted."""
    _, events = once(ready, capsys, "fetch", "reachability")
    assert {"endpoint:not_verified"} == {event["reason"] for event in named(events, "errand_skipped")}


def test_names_that_the_plan_does_not_have(plan):
    """An endpoints file cannot add a name to those that the volunteer agreed to."""
    given = (Endpoint(id=plan.services[0].id, names=("elsewhere.example",), verified=True),)
    assert [service.names for service in plan.services] == [
        e.names for e in endpoints_of(plan, given, shipped_book(), ("FR",))
    ]


OWN, ELSEWHERE, OFF = "https://www.s1.example/a", "https://cdn.example/a", "https://static.rfi.fr/a"


@pytest.mark.parametrize(
    ("original", "control", "country", "left"),
    [
        (OWN, ELSEWHERE, "ML", 1),
        (OWN.replace("www", "WWW"), ELSEWHERE, "ML", 1),
        (ELSEWHERE, ELSEWHERE, "FR", 0),  # nobody agreed to that host
        (OWN, OFF, "FR", 1),
        (OWN, OFF, "ML", 0),  # RFI is off in Mali, as a control too
        (OWN, OFF.replace("static.rfi.fr", "WWW.RFI.FR."), "ML", 0),
        (OWN, "https://[/a", "FR", 0),
    ],
)
def test_objects_of_hosts_that_may_not_be_contacted(original, control, country, left, plan):
    """An object goes where its host was not agreed to, and together with a control whose host is off here."""
    service = msgspec.structs.replace(plan.services[0], names=("www.s1.example",))
    plan = msgspec.structs.replace(plan, services=(service,))
    pair = Fetched(original=FetchObject(url=original), control=FetchObject(url=control))
    given = (Endpoint(id=service.id, names=service.names, objects=(pair,), verified=True),)
    (found,) = endpoints_of(plan, given, shipped_book(), (country,))
    assert left == len(found.objects)


def test_an_own_object_that_is_off(plan):
    """A host of the plan that is a service's that is off here: its objects go, under whatever id."""
    service = msgspec.structs.replace(plan.services[0], names=("www.rfi.fr",))
    plan = msgspec.structs.replace(plan, services=(service,))
    pair = Fetched(original=FetchObject(url="https://www.rfi.fr/a"), control=FetchObject(url=ELSEWHERE))
    given = (Endpoint(id=service.id, names=service.names, objects=(pair,), verified=True),)
    assert [1, 0] == [
        len(endpoints_of(plan, given, shipped_book(), (country,))[0].objects) for country in ("FR", "ML")
    ]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ([], "nothing to measure"),
        (["weather"], '"weather" is no nettest. There are: replay_tls'),
        (
            ["dns", "--endpoints", "/nonexistent.toml"],
            "/nonexistent.toml does not read as a file of services",
        ),
    ],
)
def test_mistakes_of_the_command_line(typed, said, ready, capsys):
    """Exit 2 and a sentence for each."""
    assert 2 == main(["once", *typed, "--home", str(ready.folder), "--lang", "en"])
    assert said in capsys.readouterr().err


def test_latency_with_a_real_responder(ready, collector, monkeypatch, capsys):
    """The whole way: plan, ticket, echoes, statement, document; an upload under way is waited for before."""
    held: list[Uploader] = []
    hold = Uploader.hold

    async def noted(self):
        held.append(self)
        await hold(self)

    monkeypatch.setattr(Uploader, "hold", noted)
    code, events = once(ready, capsys, "latency")
    assert (0, [], 1) == (code, named(events, "errand_skipped"), len(held))
    (body,) = collector.documents.values()
    result: Any = decode(body).result
    assert {"ok"} == {series.failure for series in result.series}
    assert result.statement is not None


def test_results_have_witnesses(ready, collector, place, far, capsys):
    """What met no responder carries two of its signed statements, from before and after, which name the line's tag."""
    once(ready, capsys, "reachability", "--endpoints", str(place[0]))
    (body,) = collector.documents.values()
    measurement = decode(body)
    said = [open_signed(witness, STATEMENT, Statement) for witness in measurement.witnesses]
    assert [far.responder.key] * 2 == [witness.key for witness in measurement.witnesses]
    assert said[0].closed_at_us < said[1].closed_at_us
    assert said[0].path == said[1].path
    assert said[0].path.line_tag is not None


def test_a_line_is_asked_in_the_family_that_it_has(plan, monkeypatch):
    """The wanted family where both ends have it, the other where one has not, and some address at any rate."""
    both = msgspec.structs.replace(plan.responders[0], addresses=("8.8.8.8", "8.8.4.4", "2606::1", "2606::2"))
    cases: tuple[tuple[tuple[str, ...], AddressFamily, str], ...] = (
        (("ipv4", "ipv6"), "ipv6", "2606::1"),
        (("ipv4", "ipv6"), "ipv4", "8.8.8.8"),
        (("ipv6",), "ipv4", "2606::1"),
        (("ipv4",), "ipv6", "8.8.8.8"),
        ((), "ipv6", "2606::1"),
    )
    for routed, wanted, expected in cases:
        monkeypatch.setattr("probe.families.has_route", lambda family, _address, ways=routed: family in ways)
        assert expected == way_in(both, wanted)
    four = msgspec.structs.replace(both, addresses=("8.8.8.8", "8.8.4.4"))
    assert "8.8.8.8" == way_in(four, "ipv6")


def test_a_visits_allowance():
    """50 MB and 60 s: what does not fit in bytes is not begun, and nothing once the seconds are used."""
    left = Allowance()
    assert left.covers(Cost(50_000_000, 80.0))
    assert not left.covers(Cost(50_000_001, 1.0))
    left.spend(49_000_000, 30.0)
    assert (True, False) == (left.covers(Cost(1_000_000, 1.0)), left.covers(Cost(1_000_001, 1.0)))
    left.spend(0, 30.0)
    assert not left.covers(Cost(1, 1.0))


def test_list_names_every_nettest(home, capsys):
    """One event a nettest with its cost, and one line a nettest in either language."""
    assert 0 == main(["list", "--home", str(home.folder), "--json"])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    carriers, others = (
        ["replay_tls", "replay_quic", "replay_http"],
        ["latency", "dns", "fetch", "reachability"],
    )
    assert [*carriers, "capacity", *others] == [e["name"] for e in events]
    assert all(event["most_bytes"] and event["does"] for event in events)
    for language, word in (("fr", "jamais plus de"), ("en", "never more than")):
        assert 0 == main(["list", "--lang", language])
        assert 8 == sum(word in line for line in capsys.readouterr().out.splitlines())


def test_the_doctor_of_a_stranger(home, capsys):
    """Without a membership nothing can be measured: exit 1, and the reason stands first."""
    assert 1 == main(["doctor", "--home", str(home.folder), "--json"])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ("joined", "no") == (events[0]["id"], events[0]["state"])
    assert {"yes", "partly", "no"} >= {event["state"] for event in events}


def test_the_doctor_of_a_home(ready, capsys):
    """A home in order: exit 0, its budget in words, in both languages, and no folder is made."""
    for language, word in (("fr", "budget du mois"), ("en", "budget of the month")):
        assert 0 == main(["doctor", "--home", str(ready.folder), "--lang", language])
        assert word in capsys.readouterr().out


def test_consent_names_what_is_new(plan):
    """A plan with direct nettests needs another consent than one without: the flag is only set by agreeing to such a plan."""
    assert (False, True) == (agreed_to(plan).direct, agreed_to(with_results(plan)).direct)
    assert ("dns", "fetch", "reachability") == waiting(with_results(plan), agreed_to(plan)).names
    assert not waiting(with_results(plan), agreed_to(with_results(plan)))
    for language, words in (
        ("fr", "aux services eux-mêmes, pour au plus 2"),
        ("en", "to the services themselves, for"),
    ):
        said = explain(with_results(plan), "https://c.example", Path("/x"), language, 0)
        assert words in said
        assert words not in explain(plan, "https://c.example", Path("/x"), language, 0)

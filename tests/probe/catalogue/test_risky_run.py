"""What the agent does with risk classes: at join, at the start of a run, and when a responder tells where it is."""

import io
import json
import random
from datetime import date

import msgspec
import pytest

from probe.catalogue.entries import RiskLine
from probe.catalogue.read import shipped
from probe.catalogue.signed import Edition, publish
from probe.cli import main
from probe.consent import agree_to_caution
from probe.measurement.pair import Limits, Pair
from probe.measurement.signing import TICKET, sign
from probe.nettests.table import NETTESTS
from probe.pair_facts import country_seen
from probe.plan import Service
from tests.probe.catalogue.mali_replay import statement
from tests.probe.paper_replay import RESPONDER_KEY
from tests.support.documents import key_from

RFI = Service(id="rfi", title="RFI", names=("www.rfi.fr",))
BNF = Service(id="bnf", title="BnF", names=("gallica.bnf.fr",))


def plan_for(collector, *services):
    """Let the collector ask for these services."""
    collector.plan = msgspec.structs.replace(collector.plan, services=services)


def join(home, collector, *more):
    """Join in a laboratory, with a yes to everything."""
    return main(
        ["join", collector.target, "--lab", "--home", str(home.folder), "--yes", "--lang", "en", *more]
    )


def run(home, *more):
    """One pair a service, without rests."""
    return main(
        ["run", "--home", str(home.folder), "--between-pairs-s", "0", "--gap-ms", "0", "--lang", "en", *more]
    )


def events(capsys, name):
    """The events of that name so far."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if line["event"] == name]


def test_off_is_not_measured_whatever_one_says(home, collector, paper_nettests, capsys):
    """In Mali RFI is off: join says so with the source, run measures the other one, and asking for it is refused."""
    plan_for(collector, RFI, BNF)
    assert 0 == join(home, collector, "--country", "ml")
    shown = capsys.readouterr().out
    assert "RFI will not be measured from this country (ML): Suspended by the authorities of Mali" in shown
    assert "bear these names: gallica.bnf.fr." in shown
    assert 0 == run(home, "--json")
    captured = capsys.readouterr().out
    lines = [json.loads(line) for line in captured.splitlines()]
    assert ["rfi"] == [line["service"] for line in lines if line["event"] == "risk_off"]
    assert ["bnf"] == [line["service"] for line in lines if line["event"] == "pair"]
    assert 2 == run(home, "--service", "rfi")
    assert (
        'isonomia-probe: "rfi" is not measured from this country (ML): Suspended by the authorities of Mali on'
        " 17 March 2022, for good by the HAC on 27 April 2022. Nobody can lift this rule\n"
        == capsys.readouterr().err
    )


def test_an_unknown_country_is_no_open_one(home, collector, paper_nettests, capsys):
    """Undeclared: RFI, off in Mali, waits until the country is known, and every text says how to tell it."""
    plan_for(collector, RFI, BNF)
    assert 0 == join(home, collector)
    shown = capsys.readouterr().out
    assert (
        "RFI will not be measured as long as the country of the line is not known (join --country XX)"
        in shown
    )
    assert "Caution (unknown country)" in shown
    assert 0 == run(home)
    assert "rfi is not measured as long as the country of the line is not known" in capsys.readouterr().out
    assert 2 == run(home, "--service", "rfi")
    assert capsys.readouterr().err.endswith("Say it: isonomia-probe join, once more, with --country XX\n")
    assert 0 == join(home, collector, "--country", "FR")
    assert 0 == run(home, "--service", "rfi")


def test_an_operator_cannot_lift_off(home, collector, paper_nettests, capsys):
    """A signed plan that calls RFI open in Mali changes nothing."""
    opened = {
        "countries": ["ML"], "services": ["rfi"], "risk": "open", "source": "trust me", "date": "2026-01-01",
    }  # fmt: skip
    plan_for(collector, RFI)
    collector.plan = msgspec.convert(
        {**msgspec.to_builtins(collector.plan), "risks": [opened]}, type(collector.plan)
    )
    assert 0 == join(home, collector, "--country", "ML")
    capsys.readouterr()
    assert 1 == run(home)
    assert (
        "isonomia-probe: nothing of this plan is measured from this country (ML): too risky, or without your yes to"
        " the warning. To read it: isonomia-probe join, once more, with --country where the country is unknown\n"
        == capsys.readouterr().err
    )


def test_an_open_country_asks_nothing_more(home, collector, paper_nettests, capsys):
    """In France there is no warning, and both are measured."""
    plan_for(collector, RFI, BNF)
    assert 0 == join(home, collector, "--country", "FR")
    assert "Caution" not in capsys.readouterr().out
    assert 0 == run(home, "--json")
    assert {"rfi", "bnf"} == {event["service"] for event in events(capsys, "pair")}


def test_the_warning_names_what_will_be_seen(home, collector, paper_nettests, capsys):
    """In Senegal the warning is in the volunteer's language, with country and names, and is part of the text agreed to."""
    plan_for(collector, BNF)
    arguments = ["join", collector.target, "--lab", "--home", str(home.folder), "--yes", "--lang", "fr"]
    assert 0 == main([*arguments, "--country", "SN"])
    shown = capsys.readouterr().out
    assert "Prudence (SN)" in shown
    assert "Votre fournisseur d’accès, et l’État s’il le lui demande, verront depuis votre adresse" in shown
    assert "qui portent ces noms\u00a0: gallica.bnf.fr." in shown
    assert {"bnf": ("SN",)} == home.membership().agreed.cautions


@pytest.mark.parametrize(("answer", "agreed"), [("o", True), ("n", False), ("", False)])
def test_caution_is_a_question_of_its_own(answer, agreed):
    """On a terminal only a clear yes to the warning counts; without one only --yes does."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    assert agreed == agree_to_caution("fr", False, Terminal(), lambda _question: answer)
    assert agree_to_caution("fr", True, io.StringIO())
    assert not agree_to_caution("fr", False, io.StringIO())


def test_without_a_yes_to_the_warning_it_waits(home, collector, paper_nettests, capsys):
    """Agreed to the plan and not to the warning: not measured, and said how to change that."""
    plan_for(collector, BNF)
    assert 0 == join(home, collector, "--country", "SN")
    held = home.membership()
    home.save_membership(
        msgspec.structs.replace(held, agreed=msgspec.structs.replace(held.agreed, cautions={}))
    )
    capsys.readouterr()
    assert 2 == run(home, "--service", "bnf")
    assert (
        'isonomia-probe: "bnf" waits for your consent for this country (SN). Read the warning and agree:'
        " isonomia-probe join, once more\n"
    ) == capsys.readouterr().err


def test_a_bad_country_code(home, collector, capsys):
    """What is no ISO 3166-1 code is refused before anything happens."""
    with pytest.raises(SystemExit) as caught:
        join(home, collector, "--country", "Québec")
    assert 2 == caught.value.code
    assert '"Québec" is no two-letter country code of ISO 3166-1, such as FR or SN' in capsys.readouterr().err


def test_what_the_responder_sees_counts_from_the_next_pair_on(
    home, collector, paper_nettests, capsys, monkeypatch
):
    """Declared France, seen in Mali: after the first pair RFI is measured no more, in this run and the next."""
    plan_for(collector, RFI)
    assert 0 == join(home, collector, "--country", "FR")
    monkeypatch.setitem(NETTESTS, "replay_tls", "tests.probe.catalogue.mali_replay")
    capsys.readouterr()
    assert 0 == run(home, "--pairs", "3", "--json")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert 1 == sum(line["event"] == "pair" for line in lines)
    assert 2 == sum(line["event"] == "risk_off" for line in lines)
    assert ("FR", "ML") == (home.membership().country, home.membership().country_seen)
    assert 1 == run(home)
    assert "nothing of this plan is measured from this country (FR, ML)" in capsys.readouterr().err


@pytest.mark.parametrize(("said", "seen"), [("ML", "ML"), (None, None), ("ZZ", None), ("Mali", None)])
def test_a_country_that_is_none_is_not_kept(said, seen):
    """Only codes of ISO 3166-1 count; a pair that was not closed tells nothing."""
    unclosed = Pair(
        ticket=sign(RESPONDER_KEY, TICKET, b"{}"),
        nonce=bytes(32),
        runs=(),
        limits=Limits(pace_bit_s=1, duration_ms=1),
        gap_ms=0,
    )
    assert seen == country_seen(msgspec.structs.replace(unclosed, statement=statement(said)))
    assert country_seen(unclosed) is None


def published(collector, key=None, serial=1):
    """Let the collector's plan draw on a catalogue in which RFI is off in Canada and Senegal is open; serve it signed."""
    lines = (
        RiskLine(countries=("CA",), services=("rfi",), risk="off", source="asked", date=date(2026, 1, 1)),
        RiskLine(countries=("SN", "ML"), risk="open", source="a law", date=date(2026, 1, 1)),
    )
    catalogue = msgspec.structs.replace(shipped(), risks=lines)
    collector.plan = msgspec.structs.replace(
        collector.plan, services=(RFI, BNF), catalogue=catalogue.version()
    )
    collector.catalogue = publish(key or collector.operator_key, Edition(serial=serial, catalogue=catalogue))


def services_measured(capsys):
    """The services of which a pair was measured, sorted."""
    return sorted(event["service"] for event in events(capsys, "pair"))


def test_a_signed_catalogue_raises_and_lowers_and_never_lifts_off(home, collector, paper_nettests, capsys):
    """Its lines count as the operator's: RFI is off in Canada, Senegal needs no yes, Mali stays off."""
    published(collector)
    assert 0 == join(home, collector, "--country", "CA")
    capsys.readouterr()
    for country, measured in (("CA", ["bnf"]), ("SN", ["bnf", "rfi"]), ("ML", ["bnf"])):
        held = home.membership()
        agreed = msgspec.structs.replace(held.agreed, cautions={})
        home.save_membership(msgspec.structs.replace(held, country=country, agreed=agreed))
        assert 0 == run(home, "--json")
        assert measured == services_measured(capsys)
    assert home.catalogue.exists()
    assert 0 == main(["status", "--home", str(home.folder), "--json"])
    assert ["bnf"] == events(capsys, "status")[0]["services"]


@pytest.mark.parametrize("served", ["forged", "nothing"])
def test_a_catalogue_that_is_not_the_operators_changes_nothing(
    home, collector, paper_nettests, capsys, served
):
    """Another key's, or none at all: said aloud, and the probe's own table holds."""
    published(collector, key=key_from(random.Random("forger")))
    if served == "nothing":
        collector.catalogue = None
    assert 0 == join(home, collector, "--country", "CA")
    capsys.readouterr()
    assert 0 == run(home, "--json")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ["bnf", "rfi"] == sorted(line["service"] for line in lines if line["event"] == "pair")
    said = [line["detail"] for line in lines if line["event"] == "catalogue_kept"]
    assert ["foreign: another key than the pinned one" if served == "forged" else "no_catalogue"] == said
    assert not home.catalogue.exists()

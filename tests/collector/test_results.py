"""Results without a pair: kept like skipped documents, if they name a nettest and a service of the plan they cite."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from probe.measurement.results import FetchResult
from tests.support.documents import key_from, make_plan, operator_toml
from tests.support.results import (
    LOOK,
    SAMPLES,
    make_latency,
    make_result_document,
    make_witness,
    with_results,
)


@pytest.fixture
def site(site):
    """A site whose plan has every nettest."""
    site.operator_file.write_text(operator_toml(with_results(make_plan(site.responder_key))))
    return site


def document(site, plan, **changes):
    """The bytes of a result that is sound but for ``changes``."""
    facts = {"service": "s1", "started_at": site.clock.moment, "result": SAMPLES["dns"], **changes}
    plan = msgspec.structs.replace(plan, serial=facts.pop("serial", plan.serial))
    return msgspec.json.encode(make_result_document(site.quarter_key, plan, **facts))


@pytest.mark.parametrize("kind", SAMPLES)
async def test_every_kind_is_kept_once(site, intake, kind):
    """A sound result of each nettest is accepted, and the same bytes again are a duplicate."""
    plan, moment = intake.plans.plan(1), site.clock.moment
    latency = make_latency(site.responder_key, site.quarter_key, plan, "s1", moment)
    raw = document(site, plan, result=latency if kind == "latency" else SAMPLES[kind])
    for status in ("accepted", "duplicate"):
        assert status == (await intake.measurement(raw, "")).answer.status


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "a plan that nobody signed": ("unknown_plan", {"serial": 9}),
    "a nettest that is not in the plan": ("unknown_nettest", {"variant": "paced"}),
    "a service that is not in the plan": ("unknown_service", {"service": "elsewhere"}),
    "a clock a year ahead": ("clock_far", {"later": timedelta(days=365)}),
    "91 days old": ("too_old", {"later": timedelta(days=-91)}),
    "more than a result may hold": (
        "too_large",
        {
            "result": FetchResult(
                looks=tuple(
                    msgspec.structs.replace(
                        LOOK, order=order, t_us=(2**52,) * 128, at_bytes=(2**52,) * 128, host="h" * 253
                    )
                    for order in (0, 1)
                ),
                gap_ms=0,
            )
        },
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_refused(site, intake, name, monkeypatch):
    """Each fault has its code; nothing is kept."""
    code, changes = REFUSED[name]
    monkeypatch.setattr("collector.ingest.LARGEST_RESULT_BYTES", 4096)
    started_at = site.clock.moment + changes.get("later", timedelta())
    terms = {key: value for key, value in changes.items() if key != "later"}
    raw = document(site, intake.plans.plan(1), started_at=started_at, **terms)
    assert code == (await intake.measurement(raw, "")).answer.code


def latency(site, plan, **terms):
    """A latency by the site's probe and responder."""
    return make_latency(site.responder_key, site.quarter_key, plan, "s1", site.clock.moment, **terms)


STRANGER = key_from(random.Random("stranger"))
FORGED: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "a ticket of nobody": ("unknown_responder", lambda s, p: latency(s, p, responder="r9")),
    "a ticket that a stranger signed": (
        "bad_ticket_signature",
        lambda s, p: make_latency(STRANGER, s.quarter_key, p, "s1", s.clock.moment),
    ),
    "another probe's ticket": ("ticket_of_another_key", lambda s, p: latency(s, p, probe_key=bytes(32))),
    "another test's ticket": ("ticket_for_another_test", lambda s, p: latency(s, p, variant="paced")),
    "another service's ticket": ("ticket_for_another_test", lambda s, p: make_latency(s.responder_key, s.quarter_key, p, "s2", s.clock.moment)),
    "names of its own": ("candidates_not_registered", lambda s, p: latency(s, p, control_candidates=("a.example",))),
    "another nonce": ("commit_mismatch", lambda s, p: replace(latency(s, p), nonce=bytes(32))),
    "another control": ("coin_contradicted", lambda s, p: replace(latency(s, p), control_name="a.example")),
    "another's statement": (
        "foreign_receipt",
        lambda s, p: replace(latency(s, p), statement=make_witness(s.responder_key, s.clock.moment)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
async def test_a_latency_that_is_not_its_responder_s(site, intake, name):
    """Ticket, nonce, names and statement must tell one story, told by a responder of the plan, to this probe."""
    code, forge = FORGED[name]
    plan = intake.plans.plan(1)
    assert code == (await intake.measurement(document(site, plan, result=forge(site, plan)), "")).answer.code


WITNESSES = {
    "none": ("accepted", ()),
    "one": ("accepted", (0,)),
    "one before and one after": ("accepted", (0, 65)),
    "the later one first": ("receipt_contradicted", (65, 0)),
    "an hour between them": ("receipt_contradicted", (0, 3600)),
    "of two days later": ("clock_far", (2 * 86400,)),
}


@pytest.mark.parametrize("name", WITNESSES)
async def test_witnesses_are_of_then(site, intake, name):
    """Two at most, in order, minutes apart, by the measurement's day."""
    expected, seconds = WITNESSES[name]
    said = [make_witness(site.responder_key, site.clock.moment + timedelta(seconds=s)) for s in seconds]
    raw = document(site, intake.plans.plan(1), witnesses=tuple(said))
    answer = (await intake.measurement(raw, "")).answer
    assert expected in (answer.status, answer.code)


async def test_a_witness_is_a_responder_of_the_plan(site, intake):
    """A stranger's word, and a responder's under which something else stands, are refused."""
    plan, moment = intake.plans.plan(1), site.clock.moment
    foreign = document(site, plan, witnesses=(make_witness(STRANGER, moment),))
    assert "foreign_receipt" == (await intake.measurement(foreign, "")).answer.code
    true = make_witness(site.responder_key, moment)
    forged = replace(true, signature=make_witness(STRANGER, moment).signature)
    raw = document(site, plan, witnesses=(forged,))
    assert "bad_statement_signature" == (await intake.measurement(raw, "")).answer.code


async def test_results_count_against_the_quota(site, intake):
    """A key that sends one result after another is stopped at its documents of the day."""
    plan = intake.plans.plan(1)
    for _ in range(intake.bounds.documents_per_key_day - 1):
        assert intake.quota.take(site.quarter_key.public_key().public_bytes_raw(), 1)
    first = await intake.measurement(document(site, plan), "")
    later = document(site, plan, started_at=site.clock.moment - timedelta(seconds=1))
    second = await intake.measurement(later, "")
    assert ("accepted", "over_quota") == (first.answer.status, second.answer.code)

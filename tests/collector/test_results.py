"""Results without a pair: kept like skipped documents, if they name a nettest and a service of the plan they cite."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from probe.measurement.results import FetchResult
from tests.support.documents import make_plan, operator_toml
from tests.support.results import LOOK, SAMPLES, make_result_document, with_results


@pytest.fixture
def site(site):
    """A site whose plan has every nettest, and that checks in this process, where bounds can be set."""
    operator = operator_toml(with_results(make_plan(site.responder_key)))
    site.operator_file.write_text(f"{operator}\n[collector]\ncheckers = 0\n")
    return site


def document(site, plan, **changes):
    """The bytes of a result that is sound but for ``changes``."""
    facts = {"service": "s1", "started_at": site.clock.moment, "result": SAMPLES["dns"], **changes}
    plan = msgspec.structs.replace(plan, serial=facts.pop("serial", plan.serial))
    return msgspec.json.encode(make_result_document(site.quarter_key, plan, **facts))


@pytest.mark.parametrize("kind", SAMPLES)
async def test_every_kind_is_kept_once(site, intake, kind):
    """A sound result of each nettest is accepted, and the same bytes again are a duplicate."""
    raw = document(site, intake.plans.plan(1), result=SAMPLES[kind])
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


async def test_results_count_against_the_quota(site, intake):
    """A key that sends one result after another is stopped at its documents of the day."""
    plan = intake.plans.plan(1)
    for _ in range(intake.bounds.documents_per_key_day - 1):
        assert intake.quota.take(site.quarter_key.public_key().public_bytes_raw(), 1)
    first = await intake.measurement(document(site, plan), "")
    later = document(site, plan, started_at=site.clock.moment - timedelta(seconds=1))
    second = await intake.measurement(later, "")
    assert ("accepted", "over_quota") == (first.answer.status, second.answer.code)

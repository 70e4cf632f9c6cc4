"""Agreed: of a later plan, only what the volunteer said yes to is measured; the rest waits and is named."""

import msgspec
import pytest

from probe.agreed import Agreed, Waiting, agreed_to, narrowed, waiting
from probe.consent import visit_bytes
from probe.plan import ControlName, NettestPlan, Service
from probe.printable import printable


def test_what_was_agreed_to_is_left_alone(plan):
    """The plan that was shown is measured whole, and nothing waits."""
    agreed = agreed_to(plan)
    assert plan == narrowed(plan, agreed)
    assert not waiting(plan, agreed)


def test_a_new_service_waits(plan):
    """A service with another id is not measured, whatever its names."""
    added = Service(id="x", title="x", names=plan.services[0].names)
    grown = msgspec.structs.replace(plan, services=(*plan.services, added))
    assert plan == narrowed(grown, agreed_to(plan))
    assert Waiting(services=("x",)) == waiting(grown, agreed_to(plan))


def test_a_new_name_of_a_service_waits(plan):
    """A service keeps the names that were agreed to; one that has none of them left waits whole."""
    first, second = plan.services
    more = msgspec.structs.replace(first, names=("forbidden.party.example", *first.names))
    other = msgspec.structs.replace(second, names=("elsewhere.example",))
    changed = msgspec.structs.replace(plan, services=(more, other))
    assert (first,) == narrowed(changed, agreed_to(plan)).services
    assert Waiting(names=("forbidden.party.example", "elsewhere.example")) == waiting(
        changed, agreed_to(plan)
    )


def test_a_new_control_name_keeps_its_stratum_waiting(plan):
    """The coin draws from a stratum's registered list or not at all; the other strata go on."""
    added = ControlName("forbidden.party.example", "spoofed_popular")
    changed = msgspec.structs.replace(plan, controls=(*plan.controls, added))
    assert ("owned",) == narrowed(changed, agreed_to(plan)).strata()
    assert Waiting(names=("forbidden.party.example",)) == waiting(changed, agreed_to(plan))


def test_unpaced_pairs_wait_for_consent(plan):
    """A plan that fills the line is measured by that variant only after a ``join`` that named its bytes; one switched off asks nothing."""
    more = NettestPlan(nettest="replay_tls", variant="saturate", duration_ms=2000)
    grown = msgspec.structs.replace(plan, nettests=(*plan.nettests, more))
    assert plan == narrowed(grown, agreed_to(plan))
    assert Waiting(variants=("saturate",)) == waiting(grown, agreed_to(plan))
    assert grown == narrowed(grown, agreed_to(grown))
    assert visit_bytes(grown) > 100_000_000 > visit_bytes(plan)
    off = msgspec.structs.replace(
        grown, nettests=(*plan.nettests, msgspec.structs.replace(more, enabled=False))
    )
    assert not waiting(off, agreed_to(plan))


def test_what_left_the_plan_is_no_matter(plan):
    """A plan that asks for less needs no new consent."""
    less = msgspec.structs.replace(plan, services=plan.services[:1], controls=plan.controls[:2])
    assert less == narrowed(less, agreed_to(plan))
    assert not waiting(less, agreed_to(plan))


def test_a_folder_of_before_agreed_to_nothing(plan):
    """A folder whose join kept no names measures nothing until join is repeated."""
    assert ((), ()) == (narrowed(plan, Agreed()).services, narrowed(plan, Agreed()).controls)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("La Presse de la Rive – « été »", "La Presse de la Rive – « été »"),
        ("a\x1b[31mb\x07\x00\x7f\x9bc", "a[31mbc"),
        ("a\nb\r\tc\u2028d\x85", "a b  cd"),
        ("\u202ecba\u202c \u2066x\u2069\u200e\u200f\u061c\ufeff", "cba x"),
        ("می\u200cخواهم 👩\u200d💻", "می\u200cخواهم 👩\u200d💻"),
    ],
)
def test_printable(raw, shown):
    """Letters of every script stay; controls, line breaks and marks of direction do not."""
    assert shown == printable(raw)

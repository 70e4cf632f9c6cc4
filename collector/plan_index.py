"""A plan to look things up in: a document asks it for its responder, nettest, service and control names.

To go through a plan of the whole catalogue (352 services, 240 controls) for each of them was a seventh of the pipeline.
"""

from functools import lru_cache
from typing import Final

from probe.plan import NettestPlan, Plan, Responder, Service

PLANS_KEPT: Final = 8
LISTS_KEPT: Final = 1024
"""Of a plan: who sends a result may ask for the controls of any name."""


class PlanIndex:
    """``plan`` by its ids. Where two rows share an id the first counts, as for whoever reads the plan from its beginning."""

    def __init__(self, plan: Plan) -> None:
        self.responders: dict[str, Responder] = {one.id: one for one in reversed(plan.responders)}
        self.services: dict[str, Service] = {one.id: one for one in reversed(plan.services)}
        self.nettests: dict[tuple[str, str, str], NettestPlan] = {
            (one.nettest, one.variant, one.direction): one for one in reversed(plan.nettests)
        }
        self.candidates = lru_cache(LISTS_KEPT)(plan.candidates)


class _This:
    """A plan as a key: the very object, since to hash all that it says takes longer than to read it."""

    __slots__ = ("plan",)

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __hash__(self) -> int:
        return id(self.plan)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _This) and self.plan is other.plan


@lru_cache(PLANS_KEPT)
def _indexed(this: _This) -> PlanIndex:
    return PlanIndex(this.plan)


def index_of(plan: Plan) -> PlanIndex:
    """The index of ``plan``, made when it is first asked for."""
    return _indexed(_This(plan))

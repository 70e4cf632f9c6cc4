"""Ground truth as data: the guilty, the innocent, and the rows that wait for a nettest. `SCENARIOS` is the one list."""

from tests.scenarios.carriers import CARRIERS
from tests.scenarios.guilty import GUILTY
from tests.scenarios.innocent import INNOCENT
from tests.scenarios.scenario import Scenario
from tests.scenarios.waiting import WAITING

SCENARIOS: tuple[Scenario, ...] = (*GUILTY, *INNOCENT, *CARRIERS, *WAITING)

__all__ = ["CARRIERS", "GUILTY", "INNOCENT", "SCENARIOS", "WAITING", "Scenario"]

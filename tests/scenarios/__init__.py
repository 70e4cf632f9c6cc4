"""Ground truth as data: the guilty, the innocent, and the rows that wait for a nettest. `SCENARIOS` is the one list."""

from tests.scenarios.answers import ANSWERS
from tests.scenarios.carriers import CARRIERS
from tests.scenarios.guilty import GUILTY as DOWNWARDS_GUILTY
from tests.scenarios.innocent import INNOCENT as DOWNWARDS_INNOCENT
from tests.scenarios.places import PLACES_GUILTY, PLACES_INNOCENT
from tests.scenarios.scenario import Scenario
from tests.scenarios.unpaced import UNPACED_ROWS
from tests.scenarios.uploads import UPLOADS_GUILTY, UPLOADS_INNOCENT
from tests.scenarios.waiting import WAITING

GUILTY: tuple[Scenario, ...] = (*DOWNWARDS_GUILTY, *UPLOADS_GUILTY, *PLACES_GUILTY)
INNOCENT: tuple[Scenario, ...] = (*DOWNWARDS_INNOCENT, *UPLOADS_INNOCENT, *PLACES_INNOCENT)
SCENARIOS: tuple[Scenario, ...] = (*GUILTY, *INNOCENT, *CARRIERS, *ANSWERS, *UNPACED_ROWS, *WAITING)

__all__ = ["ANSWERS", "CARRIERS", "GUILTY", "INNOCENT", "SCENARIOS", "UNPACED_ROWS", "WAITING", "Scenario"]

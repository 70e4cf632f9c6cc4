"""The golden scenarios: small experiments of the lab, one for each thing that the chain must go on telling apart.

One service is registered, so that the bar is 2 hypotheses / 0.05 = 40 and three homes can pass it: an E of 3 homes x 3
pairs stays below 40 whatever happens (detection.md 4.8), one of 3 x 4 does not. Failures weigh 0.2, so resets need 3 x 6.
"""

from typing import Final

from tests.lab.experiment import SERVICES, Experiment
from tests.lab.policies import BlockReset, Police, Policy, Shape
from tests.lab.troubles import Trouble, VaryingLine
from tests.scenarios.innocent import REDRAWN

SERVICE: Final = SERVICES[0]


def _experiment(policy: Policy | None, pairs: int = 4, trouble: Trouble | None = None) -> Experiment:
    return Experiment(
        policies=() if policy is None else (policy,),
        troubles=() if trouble is None else (trouble,),
        services=(SERVICE,),
        measured=(SERVICE.id,),
        homes=3,
        pairs=pairs,
    )


SCENARIOS: Final[dict[str, Experiment]] = {
    "neutral": _experiment(None),
    "policed-1.5": _experiment(Police(1_500_000, 16_000, SERVICE.name)),
    "shaped-4": _experiment(Shape(4_000_000, SERVICE.name)),
    "reset": _experiment(BlockReset(SERVICE.name), pairs=6),
    "congested": _experiment(None, trouble=VaryingLine(REDRAWN, 5.0, 20.0)),
}

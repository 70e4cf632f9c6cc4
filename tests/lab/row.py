"""One row of the scoreboard: a scenario through probe, responder, collector and analysis, and what came of it."""

from __future__ import annotations

import resource
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.lab.experiment import BRAND, SECOND_BRAND
from tests.lab.matches import NameTowards
from tests.lab.policies import FalseDns, HighPriority, LowPriority, Neutral, SharedCongestion
from tests.lab.progress import Plain
from tests.lab.results import commit, digest
from tests.lab.rules import late_of
from tests.lab.run import Outcome, run
from tests.lab.troubles import ResponderDown, SecondDevice, SlowResponder
from tests.rivals.judge import rivals
from tests.rivals.rules import SHOWN
from tests.scenarios.scenario import SERVICE, Scenario

CONTROL_AT_LEAST = 0.75
"""Of its pace: a control that the lab's counter saw slower than that, where nothing was to touch it, was hit too."""
LINE_FULL = 0.9
"""Of the line: what it carries at least where a device is to keep it full."""
MOST_LATE = 0.25
"""Of the pairs: of a row that lost more than that because the responder could not send in time, the machine was full."""


def run_row(scenario: Scenario, homes: int, seed: int) -> dict[str, Any]:
    """Run a scenario and return its result, plain. Raises StageError or LabError if the lab failed, which is no result."""
    folder = Path(tempfile.mkdtemp(prefix=f"isonomia-{scenario.name}-"))
    try:
        outcome = run(scenario.experiment(homes, seed), Plain(total=0, quiet=True), folder)
        columns = rival_columns(folder / "collector")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    told = {"homes": homes, "seed": seed, "commit": commit(), "experiment": digest(scenario, homes, seed)}
    told["cpu_seconds"] = round(_cpu_s(), 1)
    return {**result_of(scenario, outcome), **told, "rivals": columns}


def _cpu_s() -> float:
    """Return what this process and all the programs that it ended have had of the processors: what `plan.share` rests on."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def rival_columns(store: Path) -> dict[str, dict[str, Any]]:
    """Return what the two rules in use say of the same stored pairs, by the rule's id."""
    found = rivals(store, SERVICE.id, SHOWN, BRAND)
    return {
        rule: {
            "majority": verdict.majority,
            "flagged": verdict.flagged,
            "pairs": verdict.pairs,
            "confirmed": list(verdict.any_confirmed),
        }
        for rule, verdict in found.items()
    }


def result_of(scenario: Scenario, outcome: Outcome) -> dict[str, Any]:
    """Return what is kept of an outcome: the measured service's finding, others that were flagged, the lab's own counts."""
    finding = next(
        f for f in outcome.to_json()["findings"] if (f["brand"], f["service"]) == (BRAND, SERVICE.id)
    )
    known = outcome.truth.get(SERVICE.id)
    pace = outcome.paces_mbit_s.get(SERVICE.id)
    control = known.control_mbit_s if known else None
    fault = fault_of(scenario, control, pace, finding, outcome.pairs)
    kept = (
        "outcome",
        "direction_of_effect",
        "grade",
        "mechanism",
        "mechanism_rule",
        "mechanism_evidence",
        "attribution",
        "reasons",
        "delivered_mbit_s",
        "interval",
        "e_slowed",
        "e_favoured",
        "metric",
        "discards",
        "failures",
    )
    return {
        "scenario": scenario.name,
        "guilty": scenario.guilty,
        **{name: finding[name] for name in kept},
        "observed": outcome.observed,
        "others_flagged": _others_flagged(scenario, outcome),
        "counter_mbit_s": known.original_mbit_s if known else None,
        "control_mbit_s": control,
        "pace_mbit_s": pace,
        "rate_error": known.error_of(finding["delivered_mbit_s"]) if known and counts_all(scenario) else None,
        "lab_fault": fault is not None,
        "fault": fault,
        "pairs": outcome.pairs,
        "skipped": outcome.skipped,
        "rejected": outcome.rejected,
        "bytes": outcome.bytes,
        "seconds": outcome.seconds,
        "home_seconds": outcome.home_seconds,
        "mode": outcome.mode,
        "delay_line": outcome.delay_line,
    }


def _others_flagged(scenario: Scenario, outcome: Outcome) -> list[str]:
    """Return what was flagged beside the row's own cell; the other provider's, of the same service, only where it is innocent."""
    flagged = [(f["brand"], f["service"]) for f in outcome.flagged()]
    own = {(BRAND, SERVICE.id)} | ({(SECOND_BRAND, SERVICE.id)} if scenario.for_all_providers else set())
    return [
        service if brand == BRAND else f"{brand}: {service}"
        for brand, service in flagged
        if (brand, service) not in own
    ]


def counts_all(scenario: Scenario) -> bool:
    """Tell whether the lab's counters say what the original got: not another device's bytes, too, nor runs two ways in one median."""
    beside = any(isinstance(trouble, SecondDevice) for trouble in scenario.troubles)
    return not beside and not any(isinstance(match, NameTowards) for match in scenario.matches)


def fault_of(
    scenario: Scenario,
    control_mbit_s: float | None,
    pace_mbit_s: float | None,
    finding: Mapping[str, Any],
    pairs: int,
) -> str | None:
    """Return what the lab did wrong in a row, so that its finding is no result; None if nothing.

    `finding` as the analysis writes it; `pairs` is how many were measured.
    """
    failed = sum(finding["failures"]["control"].values())
    if control_was_hit(scenario, control_mbit_s, pace_mbit_s, failed, finding["pairs"]):
        return "its controls were hit, too"
    if line_had_room(scenario, control_mbit_s):
        return (
            f"its line was to be full, and carried {control_mbit_s:.1f} Mbit/s: the machine could not fill it"
        )
    late = finding["discards"].get("sender_late", 0)
    stopped = any(isinstance(trouble, SlowResponder | ResponderDown) for trouble in scenario.troubles)
    if late > MOST_LATE * pairs and not stopped:
        return f"the machine was full: the responder could not send in time in {late} of {pairs} pairs"
    return None


def control_was_hit(
    scenario: Scenario, control_mbit_s: float | None, pace_mbit_s: float | None, failed: int, pairs: int
) -> bool:
    """Tell whether the lab did to controls what it was to do to the original alone.

    Read from the lab's counters, and only where one name is treated on an otherwise quiet line: then a control's median is its pace.
    Where every original fails there is no window to count in; then it is a quarter of controls failing that tells.
    """
    if not scenario.guilty or scenario.troubles or not _of_one_name(scenario):
        return False
    slow = (
        control_mbit_s is not None
        and pace_mbit_s is not None
        and control_mbit_s < CONTROL_AT_LEAST * pace_mbit_s
    )
    return slow or failed > (1 - CONTROL_AT_LEAST) * pairs


def line_had_room(scenario: Scenario, control_mbit_s: float | None) -> bool:
    """Tell whether a line that another device was to keep full had room, so that who is served last, or first, is served like all.

    Nor is an innocent line tried that was to be full, and was not. The lab's counter sees that device's bytes, too.
    """
    in_order = any(isinstance(policy, LowPriority | HighPriority) for policy in scenario.policies)
    in_order = in_order or not scenario.policies
    filled = any(isinstance(trouble, SecondDevice) and not trouble.off_s for trouble in scenario.troubles)
    if not (in_order and filled) or control_mbit_s is None:
        return False
    return control_mbit_s < LINE_FULL * scenario.line_bit_s / 1e6


def _of_one_name(scenario: Scenario) -> bool:
    """Return whether the policies mean the service's name alone, and end with its connections."""
    matching = [p for p in scenario.policies if not isinstance(p, Neutral | SharedCongestion | FalseDns)]
    return all(policy.match == SERVICE.name and not late_of(policy).remembers_s for policy in matching)

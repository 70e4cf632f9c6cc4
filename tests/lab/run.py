"""Run one experiment from nothing to findings, and set the lab's own counts beside them."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests.lab.experiment import DIRECT, Experiment
from tests.lab.network import Lab
from tests.lab.stage import Progress, Stage
from tests.lab.truth import Truth, truth
from tests.lab.windows import windows


@dataclass(frozen=True)
class Outcome:
    """What an experiment came to. `seconds` counts from the first namespace to the findings.

    `paces_mbit_s` is the median pace of a service's pairs; `home_seconds` what homes spent measuring, summed.
    `observed`: false answers by rule (`isonomia-analysis direct`), of a nettest that has no pairs.
    """

    findings: list[dict[str, Any]]
    truth: dict[str, Truth]
    pairs: int
    skipped: int
    rejected: int
    bytes: int
    seconds: float
    mode: str
    delay_line: str
    paces_mbit_s: dict[str, float]
    home_seconds: float
    observed: list[dict[str, Any]] = field(default_factory=list)

    def flagged(self) -> list[dict[str, Any]]:
        """Return the findings that accuse."""
        return [finding for finding in self.findings if finding["outcome"] == "different"]

    def to_json(self) -> dict[str, Any]:
        """Return plain types; each finding of a measured service carries the lab's own counts."""
        findings = [{**f, "lab": self._lab(f)} for f in self.findings]
        plain = asdict(self) | {"findings": findings}
        plain["truth"] = {service: asdict(t) for service, t in self.truth.items()}
        return plain

    def _lab(self, finding: dict[str, Any]) -> dict[str, Any] | None:
        known = self.truth.get(finding["service"])
        if known is None:
            return None
        return {**asdict(known), "rate_error": known.error_of(finding["delivered_mbit_s"])}


def run(experiment: Experiment, progress: Progress, folder: Path | None = None) -> Outcome:
    """Build the lab, measure, judge, take all down. `folder` keeps the files; without it they go."""
    kept = folder is not None
    place = folder or Path(tempfile.mkdtemp(prefix="isonomia-lab-"))
    if kept and place.exists():
        shutil.rmtree(place)
    try:
        return _run(experiment, progress, place)
    finally:
        if not kept:
            shutil.rmtree(place, ignore_errors=True)


def _run(experiment: Experiment, progress: Progress, folder: Path) -> Outcome:
    began_s = time.monotonic()
    events: list[dict[str, Any]] = []

    def note(event: dict[str, Any]) -> None:
        events.append(event)
        progress(event)

    lab = Lab(
        homes=experiment.homes + experiment.elsewhere,
        line_bit_s=experiment.line_bit_s,
        line_up_bit_s=experiment.line_up_bit_s,
        rtt_ms=experiment.rtt_ms,
        policies=() if experiment.policies_after_joining else experiment.policies,
        troubles=experiment.network_troubles,
    )
    with lab:
        stage = Stage(lab, experiment, folder)
        try:
            progress({"event": "lab", "mode": lab.mode, "delay_line": lab.delay_line, "homes": lab.homes})
            stage.open()
            stage.join()
            if experiment.policies_after_joining:
                lab.set_policies(experiment.policies)
            progress({"event": "joined"})
            registration = stage.register()
            if experiment.nettest in DIRECT:
                stage.ask(note)
            else:
                stage.measure(note)
            lab.check_equipment()
            progress({"event": "judging"})
            findings, observations = stage.judge(registration)
            observed = stage.observed() if experiment.nettest in DIRECT else []
        finally:
            stage.close()
    return Outcome(
        findings=findings,
        truth=dict(truth(windows(observations, events), lab.counters)),
        pairs=_count(events, "pair") + _count(events, "result"),
        skipped=_count(events, "skipped"),
        rejected=_count(events, "rejected"),
        bytes=sum(event.get("bytes", 0) for event in events if event["event"] in ("pair", "errands_summary")),
        seconds=round(time.monotonic() - began_s, 1),
        mode=lab.mode,
        delay_line=lab.delay_line,
        paces_mbit_s=_paces(observations),
        home_seconds=round(sum(observation["seconds"] for observation in observations), 1),
        observed=observed,
    )


def _count(events: Sequence[dict[str, Any]], kind: str) -> int:
    return sum(event["event"] == kind for event in events)


def _paces(observations: Sequence[dict[str, Any]]) -> dict[str, float]:
    paces: dict[str, list[float]] = {}
    for observation in observations:
        paces.setdefault(observation["service"], []).append(observation["pace_bit_s"] / 1e6)
    return {service: round(median(known), 3) for service, known in paces.items()}

"""The windows that the analysis read rates from, tied to the lab's homes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from analysis.observe.record import RunObserved
from analysis.rate import settled
from tests.lab.truth import Window


def windows(observations: Iterable[dict[str, Any]], events: Iterable[dict[str, Any]]) -> Iterator[Window]:
    """Yield each run's tail window; a measurement's home is the one whose probe printed its id.

    An original whose tail says how long it stood still after a burst, and not what the limit is, has no part in the delivered rate
    (`analysis.rate.settled`), and so none in what that is compared with.
    """
    home_of = {event["id"]: event["home"] for event in events if event["event"] == "pair"}
    for observation in observations:
        home = home_of.get(observation["measurement_id"])
        if home is None or observation["discarded_by"] is not None:
            continue
        for role in ("original", "control"):
            run = observation[role]
            told = run and run.get("tail_from_unix_s") is not None
            if told and (role == "control" or settled(msgspec.convert(run, RunObserved))):
                yield Window(
                    observation["service"], home, role, run["tail_from_unix_s"], run["tail_to_unix_s"],
                    observation["direction"],
                )  # fmt: skip

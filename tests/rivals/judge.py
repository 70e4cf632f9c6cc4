"""Wehe's rules on the measurements of one lab run: the hook that the scoreboard calls."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from analysis.observe.opened import Opened, open_stored
from collector.reader import StoredMeasurement, read_measurements
from probe.measurement.run import Run
from tests.rivals.decide import PairVerdict, Replay, pair_verdict
from tests.rivals.rules import RULES, Rule
from tests.rivals.verdict import RivalVerdict, rival_verdict


def rivals(
    store_path: Path, service: str, rules: Iterable[Rule] = RULES, brand: str | None = None
) -> dict[str, RivalVerdict]:
    """What each rule says of a service's pairs in a collector's folder, by the rule's id; of one provider's lines, if told which.

    Raises ``Trouble`` for a store that cannot be read and ``Corrupt`` for a row that is not as it was signed.
    """
    return rivals_of(read_measurements(store_path), service, rules, brand)


def rivals_of(
    rows: Iterable[StoredMeasurement],
    service: str,
    rules: Iterable[Rule] = RULES,
    brand: str | None = None,
) -> dict[str, RivalVerdict]:
    """The same of stored rows. Each measurement counts once; skipped and void ones do not.

    Uploads do not count either: Wehe tests downloads alone. Nothing else is left out, for Wehe has no rule of quality that
    would: a pair that ours discards because the sender was late is its to judge.
    """
    pairs = sorted(
        (one for one in _pairs(rows, service) if brand in (None, one.measurement.line.brand)),
        key=lambda opened: (opened.ticket.opened_at_us, opened.measurement_id),
    )
    return {rule.id: rival_verdict(rule.id, _by_home(rule, pairs)) for rule in rules}


def _pairs(rows: Iterable[StoredMeasurement], service: str) -> Iterable[Opened]:
    seen = set()
    for stored in rows:
        if stored.measurement_id in seen or stored.conflict:
            continue
        seen.add(stored.measurement_id)
        opened = open_stored(stored)
        if not isinstance(opened, Opened):
            continue
        if opened.ticket.service == service and opened.ticket.direction == "down":
            yield opened


def _by_home(rule: Rule, pairs: Iterable[Opened]) -> dict[str, list[PairVerdict]]:
    by_home: dict[str, list[PairVerdict]] = {}
    for opened in pairs:
        by_home.setdefault(opened.ticket.probe_key.hex(), []).append(_verdict(rule, opened))
    return by_home


def _verdict(rule: Rule, opened: Opened) -> PairVerdict:
    original, control = (opened.pair.run(role) for role in ("original", "control"))
    if original is None or control is None:
        return "unusable"
    # The half-samples are random: drawn from the pair's own id, so that a verdict is the same wherever it is made.
    rng = np.random.default_rng(int.from_bytes(opened.measurement_id[:8], "big"))
    return pair_verdict(rule, _replay(original), _replay(control), opened.ticket.duration_ms / 1000, rng)


def _replay(run: Run) -> Replay:
    if not run.ok or run.ticks is None:
        return Replay(failed=not run.ok)
    return Replay(False, tuple(t_us / 1e6 for t_us in run.ticks.t_us), run.ticks.wire_bytes)

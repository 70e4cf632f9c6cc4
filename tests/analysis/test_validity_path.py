"""Validity of the whole path, from observations to findings: clusters by tag, homes set aside, gates, failures. Mean E at most 1 under the null.

``stats/test_validity_settings`` asks the formula; this asks what is judged with it, by what an innocent network's pairs become on their way.
"""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from analysis.finding import Finding
from analysis.judge import judge_observations
from analysis.missing import TAKEN_OUT
from analysis.observe.record import Observation
from analysis.reading import Seen
from analysis.stats.simulate import World
from probe.measurement.receipt import TicketDigest
from tests.analysis.simulated import DUE, GATES, P, cell, channels, digests, gate_pairs, registration

EDGE = World(bias=-0.05)
"""Every original at the very edge of the null: 5 % slower."""
SERVICES = tuple(f"s{n:02}" for n in range(24))
HOMES, PAIRS, LOST = 10, 8, 17
BAR = 400.0
Pairs = list[Observation]


def _as_they_are(pairs: Pairs) -> tuple[Pairs, list[TicketDigest]]:
    return pairs, digests(pairs)


def _three_keys_a_line(pairs: Pairs) -> tuple[Pairs, list[TicketDigest]]:
    """Each line measures by three keys in turn, never two of them on one day: where they live alone joins them."""
    day = 86_400_000_000
    own = [
        msgspec.structs.replace(
            one, home=f"{one.home}{one.opened_at_us // day % 3:02x}", line_tags=(f"d:{one.home}",)
        )
        for one in pairs
    ]
    return own, digests(own)


def _dropping(pairs: Pairs) -> tuple[Pairs, list[TicketDigest]]:
    """One line keeps what makes the network look bad and lets the rest of its tickets drop, and many more besides."""
    first = min(one.home for one in pairs)
    kept = [one for one in pairs if one.home != first or _looks_bad(one)]
    example = digests(pairs)[0]
    gone = [
        msgspec.structs.replace(
            example,
            pair_id=f"lost {service} {n}".encode(),
            probe_key=bytes.fromhex(first),
            service=service,
            direction="down",
            opened_at_us=example.opened_at_us + n,
            last_order=0,
            original_first=True,
            closed=False,
        )
        for service in SERVICES
        for n in range(LOST)
    ]
    return kept, [*digests(pairs), *gone]


def _looks_bad(one: Observation) -> bool:
    features = one.features
    return features is not None and features.d_thr is not None and features.d_thr < -0.05


SETTINGS: dict[str, tuple[World, Callable[[Pairs], tuple[Pairs, list[TicketDigest]]], bool]] = {
    "as they are": (EDGE, _as_they_are, False),
    "three keys a line, by tag": (EDGE, _three_keys_a_line, False),
    "three keys a line, time-varying": (replace(EDGE, varying=True), _three_keys_a_line, False),
    "a line that drops what speaks well": (EDGE, _dropping, False),
    "the same, rogue homes": (replace(EDGE, rogue=0.02), _dropping, False),
    "gates, access failures": (replace(EDGE, failures=0.1, varying=True), _as_they_are, True),
}


def judged(name: str) -> tuple[list[Finding], list[float]]:
    """The findings of two dozen innocent cells, and E of each under both hypotheses."""
    world, change, gates = SETTINGS[name]
    pairs = [
        pair
        for seed, service in enumerate(SERVICES)
        for pair in cell(world, service, homes=HOMES, pairs=PAIRS, seed=1000 + seed)
    ]
    pairs, tickets = change(pairs)
    if gates:
        tested = gate_pairs()
        pairs, tickets = [*pairs, *tested], [*tickets, *digests(tested)]
    ordered = tuple(sorted(pairs, key=lambda one: (one.opened_at_us, one.measurement_id)))
    seen = Seen(ordered, {}, (), 0, tuple(tickets), vetted=channels(ordered))
    registered = registration(SERVICES, gates=GATES if gates else ())
    found = judge_observations(seen, registered, "ab" * 32, P, now=DUE, full=False).findings
    return list(found), [e for one in found for e in (one.e_slowed, one.e_favoured)]


@pytest.mark.parametrize("name", SETTINGS)
def test_an_innocent_network_earns_at_most_one_on_average(name):
    """Mean E at most 1 beyond four standard errors, none near a bar, no cell different or favoured, whatever the way to it."""
    found, values = judged(name)
    e = np.array(values)
    assert len(SERVICES) == len(found)
    assert e.mean() <= 1.0 + 4 * e.std() / np.sqrt(e.size)
    assert e.max() < BAR
    assert "different" not in {one.outcome for one in found}


def test_the_settings_are_what_they_say():
    """Keys of a line are one line; the line that drops its tickets is set aside in every cell, and the others stand."""
    keys, _ = judged("three keys a line, by tag")
    assert {(HOMES, True)} == {(one.homes, one.keys > HOMES) for one in keys}
    aside, _ = judged("a line that drops what speaks well")
    told = [one.discards.get(TAKEN_OUT, 0) for one in aside]
    assert {HOMES - 1} == {one.homes for one, count in zip(aside, told, strict=True) if count}
    assert sum(map(bool, told)) >= len(SERVICES) // 2
    gated, _ = judged("gates, access failures")
    assert {gate.role for gate in GATES} == {one.gate for one in gated[0].gates}

"""Observations made of simulated pairs: cells by the dozen without a signature, for what comes after observing.

A simulated line becomes a home of its own line tag. Times are spread over the quarter's first weeks; strata, order of the
labels, hours and variants are the simulation's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import numpy as np

from analysis.direct.contrary import Against
from analysis.judge import Judgement, judge_observations
from analysis.observe.record import Features, Observation, RunObserved
from analysis.reading import Seen
from analysis.registration import (
    CellKey,
    RegisteredGate,
    RegisteredNettest,
    RegisteredResponder,
    RegisteredService,
    Registration,
)
from analysis.responders import key_sha256
from analysis.stats.pair import PairFeatures
from analysis.stats.parameters import Parameters
from analysis.stats.simulate import VARIANTS, Simulated, World, simulate
from probe.measurement.receipt import TicketDigest
from probe.plan import ControlName

P = Parameters()
BRAND, OTHER = "Example Telecom", "Other Telecom"
ASN = {BRAND: 64500, OTHER: 64511}
MADE_AT = datetime(2026, 10, 1, tzinfo=UTC)
KEYS = {name: (key_sha256(name.encode()),) for name in ("r1", "r2")}
"""Responders sign nothing here; each has a key all the same."""
DUE = datetime(2026, 12, 28, tzinfo=UTC)
SHA256 = "ab" * 32
GATES = (
    RegisteredGate("negative", "aa"),
    RegisteredGate("neutral", "pop"),
    RegisteredGate("placebo", "weather"),
    RegisteredGate("positive", "ours"),
)
US = 1_000_000
FIRST_US = int(datetime(2026, 10, 5, tzinfo=UTC).timestamp()) * US
"""A Monday; weeks since 1970 begin on Thursdays."""
WEEKS = 4


def registration(
    services: Sequence[str] = ("film",), *, brands: Sequence[str] = (BRAND,), **more: Any
) -> Registration:
    """A registration of these services on these brands' fibre lines, report date DUE."""
    gates = tuple(gate.service for gate in more.get("gates", ()))
    facts: dict[str, Any] = {
        "quarter": "2026Q4",
        "operator": "Test",
        "made_at": MADE_AT.isoformat(),
        "code_version": "0",
        "cells": tuple(sorted(CellKey(b, "fibre", "ordinary", s, "down") for b in brands for s in services)),
        "asns": {brand: (ASN[brand],) for brand in brands},
        "nettests": tuple(RegisteredNettest("replay_tls", variant) for variant in VARIANTS),
        "services": tuple(
            RegisteredService(s, s.title(), (f"{s}.example",), 20_000_000) for s in (*services, *gates)
        ),
        "controls": (ControlName("own.example", "owned"), ControlName("pop.example", "spoofed_popular")),
        "control_names_sha256": "",
        "catalogue_version": "",
        "plan_serial": 1,
        "parameters": P.to_json(),
        "q": P.q,
        "report_dates": (DUE.date().isoformat(),),
        "exclusions": (),
        "exclusions_sha256": "",
        "responder_keys": KEYS,
        **more,
    }  # fmt: skip
    return Registration(**facts)


def observations(
    made: Simulated,
    service: str,
    *,
    brand: str = BRAND,
    prefix: str = "",
    responders: Sequence[str] = ("r1",),
) -> list[Observation]:
    """The pairs of a simulated cell as observations of a service; homes are named ``prefix`` and their number."""
    return [
        _observation(
            made, row, service, brand, prefix, responders[(int(made.order[row]) // 2) % len(responders)]
        )
        for row in range(len(made.pairs))
    ]


def _features(made: Simulated, row: int) -> PairFeatures:
    table = made.pairs
    names = ("d_thr", "d_tail", "d_rtt", "loss_original", "loss_control", "d_fail", "s")
    return PairFeatures(
        **{name: float(getattr(table, name)[row]) for name in names},
        tail_original_bit_s=float(made.tail_original_bit_s[row]),
        tail_control_bit_s=float(made.tail_control_bit_s[row]),
    )


def _observation(
    made: Simulated, row: int, service: str, brand: str, prefix: str, responder: str
) -> Observation:
    table, order, cluster = made.pairs, int(made.order[row]), int(made.pairs.cluster[row])
    both = bool(np.isnan(table.d_thr[row])) and table.d_fail[row] == 0
    failed = {"original": both or table.d_fail[row] < 0, "control": both or table.d_fail[row] > 0}
    home = f"{prefix}{cluster:06x}"
    name = f"{service}|{brand}|{home}|{order}".encode().hex()
    first = "original" if made.original_first[row] else "control"
    return Observation(
        measurement_id=name,
        pair_id=name,
        home=home,
        responder=responder,
        responder_key=KEYS[responder][0],
        line_domain="d",
        line_tags=(f"d:{home}",),
        asn=ASN[brand],
        country=None,
        address_family="ipv4",
        brand=brand,
        technology="fibre",
        plan_class="ordinary",
        region=None,
        service=service,
        direction="down",
        nettest="replay_tls",
        variant=VARIANTS[int(made.variant[row])],
        stratum="spoofed_popular" if made.spoofed[row] else "owned",
        original_name=f"{service}.example",
        control_candidates=("pop.example" if made.spoofed[row] else "own.example",),
        first=first,
        original_address=(order + cluster) % 2,
        last_tried="control" if first == "original" else "original",
        gap_ms=2000,
        opened_at_us=FIRST_US + (order % WEEKS * 7 * 86_400 + order * 3600 + cluster) * US,
        started_at=DUE,
        clock="responder",
        local_hour=20.0 if table.evening[row] else 12.0,
        pace_bit_s=20_000_000,
        highest_rate_bit_s=20_000_000,
        catalogue_version="",
        plan_serial=1,
        original=_run(
            "original", failed["original"], made.tail_original_bit_s[row], table.loss_original[row]
        ),
        control=_run("control", failed["control"], made.tail_control_bit_s[row], table.loss_control[row]),
        features=Features.of(_features(made, row)),
        bytes=20_000_000,
        seconds=8.0,
        discarded_by=None,
    )


def _run(role: str, failed: bool, tail_bit_s: float, loss: float) -> RunObserved:
    tail = None if failed or np.isnan(tail_bit_s) else float(tail_bit_s) / 1e6
    return RunObserved(
        order=0, name=role, failure="tls_reset" if failed else "ok", seen=True, connect_us=20_000, tls_us=20_000,
        first_byte_us=20_000, duration_us=4_000_000, wire_bytes=10_000_000, cpu_share=0.1, tail_mbit_s=tail,
        early_mbit_s=tail, late_mbit_s=tail, loss=None if np.isnan(loss) else float(loss), queueing_us=0.0,
    )  # fmt: skip


def cell(world: World, service: str, *, homes: int, pairs: int, seed: int, **more: Any) -> list[Observation]:
    """A simulated cell as observations."""
    made = simulate(world, cells=1, homes=homes, pairs=pairs, rng=np.random.default_rng(seed), parameters=P)
    return observations(made, service, **more)


def gate_pairs(homes: int = 20, pairs: int = 10, **worlds: World) -> list[Observation]:
    """Pairs of all four gates on a quiet network: only the positive control is slowed; a gate's own world by its role."""
    from analysis.stats.simulate_treatments import Treatment

    quiet = World(wifi=0.0, congested=0.0)
    usual = {"positive": replace(quiet, treatment=Treatment("slow", factor=0.5))}
    return [
        pair
        for seed, gate in enumerate(GATES)
        for pair in cell(
            worlds.get(gate.role, usual.get(gate.role, quiet)), gate.service, homes=homes, pairs=pairs, seed=90 + seed,
            prefix="g",
        )
    ]  # fmt: skip


def digests(pairs: Iterable[Observation]) -> list[TicketDigest]:
    """A responder's digest of each pair: opened, both runs seen, closed."""
    return [
        TicketDigest(
            pair_id=bytes.fromhex(pair.pair_id),
            probe_key=bytes(32),
            service=pair.service,
            variant=pair.variant,
            opened_at_us=pair.opened_at_us,
            counter=1,
            runs_seen=2,
            last_order=1,
            closed=True,
            revealed=True,
            original_first=pair.first == "original",
        )
        for pair in pairs
    ]


def judged(
    pairs: Sequence[Observation],
    registered: Registration,
    *,
    vetted: Mapping[str, str] | None = None,
    now: datetime = DUE,
    tickets: bool = True,
    contrary: frozenset[Against] = frozenset(),
    beside: Mapping[str, int | None] = MappingProxyType({}),
) -> Judgement:
    """The judgement of observations on the report date; ``contrary`` is what nettests without pairs met, ``beside`` the quarter's other registrations."""
    ordered = tuple(sorted(pairs, key=lambda one: (one.opened_at_us, one.measurement_id)))
    told = tuple(digests(ordered)) if tickets else ()
    seen = Seen(ordered, {}, (), 0, told, vetted=vetted or {}, direct=lambda: contrary, beside=beside)
    return judge_observations(seen, registered, SHA256, P, now=now, full=False)


def channels(pairs: Iterable[Observation]) -> dict[str, str]:
    """Every home vetted, by one of two channels."""
    return {pair.home: ("radio", "library")[int(pair.home[-6:], 16) % 2] for pair in pairs}


TWO_RESPONDERS = (
    RegisteredResponder("r1", "Observatory", "AS64501", True),
    RegisteredResponder("r2", "University", "AS64502", False),
)

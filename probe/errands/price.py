"""The price of a visit, told before anything is sent: at most so many bytes and seconds, and what the month has had."""

from dataclasses import dataclass

from msgspec.structs import replace

from probe.budget import on_the_line
from probe.cap import ledger_of
from probe.capacity import LARGEST_BYTES, CapacityStore
from probe.consent import visit_bytes
from probe.emitter import Emitter
from probe.errands.runner import Errand, Errands
from probe.nettests.base import Cost, Net
from probe.orders import VARIANTS, Wishes, enabled_nettests
from probe.runner import CAPACITY_MS
from probe.standing import Standing
from probe.state import Home
from probe.visit import deadline_s


@dataclass(frozen=True)
class Visit:
    """What a visit holds. ``capacity``: the line's rate is measured now, whether it is due or not."""

    errands: tuple[Errand, ...]
    pairs: tuple[Wishes, ...]
    capacity: bool


def say_cost(home: Home, held: Standing, errands: Errands, visit: Visit, emitter: Emitter, net: Net) -> None:
    """The event ``cost``."""
    light, ledger = errands.cost(list(visit.errands)), ledger_of(home, held.plan)
    pairs = [_pair(held, wish) for wish in visit.pairs]
    capacities = _capacities(home, held, visit, net)
    capacity_bytes, capacity_s = on_the_line(LARGEST_BYTES), deadline_s(CAPACITY_MS, 0)
    emitter.emit(
        "cost",
        errands=len(visit.errands),
        pairs=len(visit.pairs),
        capacities=capacities,
        families=sorted({errand.family for errand in visit.errands if errand.family}),
        cost_bytes=light.bytes + sum(pair.bytes for pair in pairs) + capacities * capacity_bytes,
        cost_s=round(light.seconds + sum(pair.seconds for pair in pairs) + capacities * capacity_s),
        month_bytes=ledger.spent_bytes(net.unix_us()),
        cap_bytes=ledger.cap_bytes,
    )


def _pair(held: Standing, wish: Wishes) -> Cost:
    """The dearest pair that the plan may draw for the wish."""
    able = tuple(
        n
        for n in held.agreed.nettests
        if n.enabled and n.variant in VARIANTS and wish.nettest in (None, n.nettest)
    )
    longest_s = max(deadline_s(n.duration_ms, n.gap_ms) for n in able)
    return Cost(visit_bytes(replace(held.agreed, nettests=able)), longest_s)


def _capacities(home: Home, held: Standing, visit: Visit, net: Net) -> int:
    """In how many directions the line's rate is measured: those asked for, or those that are due before a pair."""
    if any(n.nettest == "capacity" and not n.enabled for n in held.plan.nettests):
        return 0
    if visit.capacity:
        return len(held.plan.directions())
    if not visit.pairs:
        return 0
    store, now_us = CapacityStore(home.capacity), net.unix_us()
    wanted = {direction for wish in visit.pairs for direction in enabled_nettests(held.agreed, wish)}
    return sum(store.is_due(now_us, direction) for direction in wanted)

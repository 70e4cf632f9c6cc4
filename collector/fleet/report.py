"""The fleet's report: counts of homes by state, and each group's last whole window against its own history.

A home is regular in a window if it was heard in at least half of the seven days before: only regular homes can be
missed. Where the homes of everybody else are missing too, the cause is more likely ours, a responder or this
collector, and the report says so instead of naming a network.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from collector.fleet.disruption import FEWEST_HOMES, Judged, judge
from collector.fleet.grid import GRACE_US, WINDOW_US, Grid, window_of
from collector.fleet.tally import Tally, tallies
from collector.quarters import US_PER_DAY
from probe import __version__

EVERYWHERE_P: Final = 0.01
LATE_US: Final = US_PER_DAY
LOST_US: Final = 7 * US_PER_DAY
STATES: Final = ("alive", "late", "lost", "never", "out_of_budget", "old_software")


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group of homes in the last whole window. ``region`` ``None``: the whole of the ISP's.

    ``state``: quiet; disrupted (beyond its history, and the rest of the fleet is not); everywhere (the rest is too, look at
    responders and collector first); unknown (too few homes or too little history to say).
    """

    isp: str
    region: str | None
    homes: int
    gone: int
    expected: float | None
    p: float | None
    state: Literal["quiet", "disrupted", "everywhere", "unknown"]


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """The report. ``homes`` counts by state: of alive, late, lost and never each home has one; the other two come beside."""

    at_us: int
    window_from_us: int
    window_to_us: int
    homes: Mapping[str, int]
    groups: tuple[Group, ...]

    @property
    def disruptions(self) -> int:
        """How many ISPs or regions are disrupted."""
        return sum(group.state == "disrupted" for group in self.groups)


def report(grid: Grid, enrolled: Iterable[bytes], now_us: int) -> Fleet:
    """The fleet at ``now_us``; ``enrolled`` are the homes on the roster."""
    homes = list(grid.homes())
    last = window_of(now_us - GRACE_US) - 1
    by_place = tallies(grid, {home: (isp, region) for home, isp, region, *_ in homes}, last)
    everybody = sum(by_place.values(), Tally())
    members: dict[tuple[str, str | None], Tally] = {}
    for (isp, region), tally in by_place.items():
        for group in {(isp, None), (isp, region)} if isp else ():
            members[group] = members.get(group, Tally()) + tally
    groups = tuple(
        _group(name, of, everybody - of)
        for name, of in sorted(members.items(), key=lambda item: (item[0][0], item[0][1] or ""))
    )
    return Fleet(
        at_us=now_us,
        window_from_us=last * WINDOW_US,
        window_to_us=(last + 1) * WINDOW_US,
        homes=_counts(homes, set(enrolled), now_us),
        groups=groups,
    )


def _group(name: tuple[str, str | None], of: Tally, others: Tally) -> Group:
    shares = of.shares()
    found = judge(shares[:-1], shares[-1])
    state: Literal["quiet", "disrupted", "everywhere", "unknown"] = "unknown"
    if found is not None:
        state = "quiet"
        if found.signalled:
            rest = others.shares()
            state = "everywhere" if _missing_too(found, judge(rest[:-1], rest[-1])) else "disrupted"
    return Group(
        isp=name[0],
        region=name[1],
        homes=shares[-1].homes,
        gone=shares[-1].gone,
        expected=None if found is None else round(found.expected, 2),
        p=None if found is None else found.p,
        state=state,
    )


def _missing_too(group: Judged, rest: Judged | None) -> bool:
    """Whether the others are missing as well: unusually many of them, and at least half as large a share."""
    if rest is None or rest.homes < FEWEST_HOMES or rest.p >= EVERYWHERE_P:
        return False
    return 2 * rest.gone * group.homes >= group.gone * rest.homes


def _counts(
    homes: Sequence[tuple[bytes, str | None, str | None, str, int, int, str | None]],
    enrolled: set[bytes],
    now_us: int,
) -> dict[str, int]:
    counts = dict.fromkeys(STATES, 0)
    newest = max([version_of(__version__), *(version_of(row[3]) for row in homes)])
    for home, _, _, software, _, last_at_us, skipped in homes:
        if home not in enrolled:
            continue
        age_us = now_us - last_at_us
        counts["alive" if age_us < LATE_US else "late" if age_us < LOST_US else "lost"] += 1
        counts["out_of_budget"] += skipped is not None and "budget" in skipped and age_us < LATE_US
        counts["old_software"] += version_of(software) < newest
    counts["never"] = len(enrolled - {row[0] for row in homes})
    return counts


def version_of(software: str) -> tuple[int, ...]:
    """The numbers of a version, for comparing.

    >>> version_of("isonomia-probe 0.10.2") > version_of("0.9")
    True
    """
    numbers = software.rpartition(" ")[2].split(".")
    return tuple(int(number) for number in numbers if number.isascii() and number.isdigit())


def prometheus(fleet: Fleet) -> str:
    """The groups as gauges. For the operator alone: labels name networks."""
    lines = []
    for name, value in (("homes", "homes"), ("gone", "gone"), ("disrupted", "state")):
        lines.append(f"# TYPE isonomia_fleet_group_{name} gauge")
        for group in fleet.groups:
            labels = f'isp="{_label(group.isp)}",region="{_label(group.region or "")}"'
            shown = int(group.state == "disrupted") if value == "state" else getattr(group, value)
            lines.append(f"isonomia_fleet_group_{name}{{{labels}}} {shown}")
    return "\n".join(lines) + "\n"


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")

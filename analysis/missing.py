"""Missing: whether the pairs of a cell that are not there, or do not count, were lost without regard to the label.

Three questions, with exact tests under the fair coin (integrity.md 2). Among the pairs that are missing or were
discarded: did the original come first in half of them (two-sided binomial, 0.01), and was the last run that was seen an
original as often as in those that count (Fisher, 0.01)? Among the pairs that were handed in: are order and address bit those of a fair coin (0.001)?
And are more than 10 % of opened tickets missing? A pair is missing if its ticket is known from a responder's digest and
has no measurement after seven days, or if its measurement says that it was aborted or could not be closed.

Without digests a ticket that was never handed in leaves no trace but the unfairness of the rest: findings say so.

One home must not void what others measured. So where a test fails, one line may be set aside whole, the one that lost
most or whose labels or throws are most uneven (of its keys those that lost anything); and besides, lines whose own losses or throws are beyond chance by themselves, as
many as may be odd (``most_odd``). Then the tests are made again, on the rest alone. If it is still unfair it was not a few homes',
and the cell is invalid. What is set aside is told, and its pairs count for nobody. A ticket is opened with its key's signature, so
nobody makes another's line lose one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Final

import msgspec
from scipy.stats import binom, binomtest, fisher_exact

from analysis.observe.record import Observation, discarded
from analysis.registration import CellKey
from analysis.stats.parameters import Parameters
from analysis.stats.second_tests import most_odd
from probe.measurement.receipt import TicketDigest

PENDING_US: Final = 7 * 86_400_000_000
"""A probe keeps trying this long before its ticket counts as missing."""
LABEL_P: Final = 0.01
COIN_P: Final = 0.001
MOST_MISSING: Final = 0.1
MOST_DISCARDED: Final = 0.1
NEVER_WHOLE: Final = frozenset({"aborted", "no_statement"})

BY_ORDER: Final = "missing_by_order"
BY_LABEL: Final = "missing_by_label"
TOO_MANY: Final = "missing_over_10_percent"
UNFAIR: Final = "coin_unfair"
MANY_DISCARDS: Final = "discards_over_10_percent"


TAKEN_OUT: Final = "home_set_aside"
"""Why a pair that was sound in itself does not count."""
ODD_TAIL: Final = 5e-4
"""How improbable so many odd lines must be, before what they lost is no longer theirs alone (as in ``stats.second_tests``)."""
DEFAULT: Final = Parameters()
ITSELF: Final[Mapping[str, str]] = {}


@dataclass(frozen=True)
class Missing:
    """What is not there of a cell. ``invalid`` names the tests that failed; counts are pairs.

    ``tickets`` have no measurement after seven days, ``pending`` none yet. ``by_order`` and ``by_label`` count what was
    lost (missing or discarded) by the label of the first run, and of the last one seen. ``digests``: whether the store
    holds any. ``taken_out``: the homes that were set aside, ``taken_for`` the tests that failed with them.
    """

    tickets: int = 0
    pending: int = 0
    by_order: dict[str, int] = field(default_factory=dict)
    by_label: dict[str, int] = field(default_factory=dict)
    invalid: tuple[str, ...] = ()
    many_discards: bool = False
    digests: bool = False
    taken_out: frozenset[str] = frozenset()
    taken_for: tuple[str, ...] = ()

    def counted(self, pairs: Iterable[Observation]) -> list[Observation]:
        """The pairs, those of homes that were set aside discarded."""
        if not self.taken_out:
            return list(pairs)
        return [
            discarded(pair, TAKEN_OUT) if pair.home in self.taken_out and pair.discarded_by is None else pair
            for pair in pairs
        ]


NOTHING_MISSING: Final = Missing()


@dataclass(frozen=True)
class _Account:
    """The pairs of a cell and its late tickets, some lines of it perhaps left out."""

    kept: Sequence[Observation]
    discarded: Sequence[Observation]
    late: Sequence[TicketDigest]
    digests: Mapping[str, TicketDigest]

    @cached_property
    def first(self) -> dict[str, int]:
        """What was lost, by the label of the first run."""
        return _counted([*(pair.first for pair in self.discarded), *(_first(one) for one in self.late)])

    @cached_property
    def last(self) -> tuple[dict[str, int], dict[str, int]]:
        """What was lost and what counts, by the label of the last run that was seen."""
        if not self.digests:
            lost, kept = (_counted(pair.last_tried for pair in part) for part in (self.discarded, self.kept))
            return lost, kept
        lost_tickets, kept_tickets = (
            [self.digests[p.pair_id] for p in part if p.pair_id in self.digests]
            for part in (self.discarded, self.kept)
        )
        lost = _counted(_last_seen(ticket) for ticket in (*lost_tickets, *self.late))
        return lost, _counted(_last_seen(ticket) for ticket in kept_tickets)

    @property
    def throws(self) -> tuple[dict[str, int], dict[str, int]]:
        """The order and the address bit of what was handed in."""
        return _throws([*self.kept, *self.discarded])

    @property
    def gone(self) -> int:
        """How many pairs are missing or never became whole."""
        return len(self.late) + sum(pair.discarded_by in NEVER_WHOLE for pair in self.discarded)

    @property
    def opened(self) -> int:
        """How many pairs are known."""
        return len(self.kept) + len(self.discarded) + len(self.late)

    def failed(self) -> tuple[str, ...]:
        """The tests that do not hold."""
        tests = {
            BY_ORDER: not _fair(self.first, LABEL_P),
            BY_LABEL: not _alike(*self.last, LABEL_P),
            TOO_MANY: self.gone > MOST_MISSING * self.opened,
            UNFAIR: not all(_fair(throws, COIN_P) for throws in self.throws),
        }
        return tuple(name for name, bad in tests.items() if bad)

    def only(self, belongs: Callable[[str], bool]) -> "_Account":
        """The part of some homes (keys, hex)."""
        return _Account(
            [pair for pair in self.kept if belongs(pair.home)],
            [pair for pair in self.discarded if belongs(pair.home)],
            [one for one in self.late if belongs(one.probe_key.hex())],
            self.digests,
        )


def missing_of(
    stored: Sequence[Observation],
    tickets: Iterable[TicketDigest],
    now_us: int,
    line_of: Mapping[str, str] = ITSELF,
    parameters: Parameters = DEFAULT,
) -> Missing:
    """What a cell lacks, of its stored pairs and of the digests of its tickets. ``line_of``: the line of each home, itself by default."""
    digests = {ticket.pair_id.hex(): ticket for ticket in tickets}
    ids = {pair.pair_id for pair in stored}
    alone = [ticket for pair_id, ticket in digests.items() if pair_id not in ids]
    late = [ticket for ticket in alone if ticket.opened_at_us < now_us - PENDING_US]
    kept, discarded = _parted(stored)
    every = _Account(kept, discarded, late, digests)
    failed = every.failed()
    taken = _taken_out(every, line_of, parameters) if failed else frozenset[str]()
    counting = [pair for pair in kept if pair.home not in taken]
    told = _Account(counting, discarded, late, digests) if taken else every
    return Missing(
        tickets=len(late),
        pending=len(alone) - len(late),
        by_order=told.first,
        by_label=told.last[0],
        invalid=() if taken else failed,
        many_discards=_many_discards(counting, discarded, line_of),
        digests=bool(digests),
        taken_out=taken,
        taken_for=failed if taken else (),
    )


def _taken_out(every: _Account, line_of: Mapping[str, str], parameters: Parameters) -> frozenset[str]:
    """The homes without which all tests hold: of one line, or of several that are each beyond chance; nobody where there are none."""
    homes: dict[str, set[str]] = {}
    keys = {pair.home for pair in (*every.kept, *every.discarded)}
    for home in keys | {ticket.probe_key.hex() for ticket in every.late}:
        homes.setdefault(line_of.get(home, home), set()).add(home)
    lines = {line: every.only(own.__contains__) for line, own in sorted(homes.items())}
    counting = sum(bool(own.kept) for own in lines.values())
    most = most_odd(counting, parameters.rho, ODD_TAIL) - 1
    odd = frozenset(line for line, own in lines.items() if _beyond_chance(own))
    worst = [max(lines, key=lambda line: how_bad(lines[line])) for how_bad in _RANKINGS] if lines else []
    for some in (*({line} for line in worst), odd, *(odd | {line} for line in worst)):
        if not 0 < len(some) <= most:
            continue
        gone = frozenset(home for line in some for home in _at_fault(lines[line], homes[line]))
        rest = every.only(lambda home, gone=gone: home not in gone)  # type: ignore[misc]
        if rest.kept and not rest.failed():
            return gone
    return frozenset()


def _at_fault(own: _Account, homes: set[str]) -> set[str]:
    """The homes of a line that lost something; all of it where none did."""
    lost = {pair.home for pair in own.discarded} | {ticket.probe_key.hex() for ticket in own.late}
    return lost or homes


def _many_discards(
    kept: Iterable[Observation], discarded: Iterable[Observation], line_of: Mapping[str, str]
) -> bool:
    """Whether over a tenth was discarded, and not on one line alone."""
    lost = Counter(line_of.get(pair.home, pair.home) for pair in discarded)
    every = lost + Counter(line_of.get(pair.home, pair.home) for pair in kept)
    worst = max(sorted(lost), key=lambda line: lost[line], default="")
    if len(every) > 1:
        del lost[worst], every[worst]
    return lost.total() > MOST_DISCARDED * every.total()


def _uneven(counts: Mapping[str, int]) -> int:
    return abs(counts.get("original", 0) - counts.get("control", 0))


_RANKINGS: Final[tuple[Callable[[_Account], int], ...]] = (
    lambda own: own.gone,
    lambda own: _uneven(own.first),
    lambda own: _uneven(own.last[0]),
    lambda own: max(_uneven(throws) for throws in own.throws),
)
"""What makes a line the worst of all, by each test."""


def _beyond_chance(own: _Account) -> bool:
    """Whether a line by itself lost more than a tenth, or one label more often, or threw unfairly, beyond chance."""
    lost = float(binom.sf(own.gone - 1, own.opened, MOST_MISSING)) < LABEL_P
    uneven = not (_fair(own.first, LABEL_P) and all(_fair(throws, COIN_P) for throws in own.throws))
    return lost or uneven


def tickets_by_cell(
    digests: Iterable[TicketDigest],
    stored: Mapping[CellKey, Sequence[Observation]],
    in_scope: Callable[[TicketDigest], bool],
) -> dict[CellKey, list[TicketDigest]]:
    """Digests in scope, each in the cell of its pair.

    Where the pair is not stored, in the cells of its service on the line that its key declared in others. A key of which
    nothing was stored declared nothing, and its tickets are in no cell.
    """
    cell_of_pair = {pair.pair_id: key for key, pairs in stored.items() for pair in pairs}
    line_of = {pair.home: key for key, pairs in stored.items() for pair in pairs}
    found: dict[CellKey, list[TicketDigest]] = {}
    for ticket in digests:
        if not in_scope(ticket):
            continue
        own = cell_of_pair.get(ticket.pair_id.hex())
        line = line_of.get(ticket.probe_key.hex())
        guess = None if line is None else like(line, ticket)
        key = own or guess
        if key is not None and key in stored:
            found.setdefault(key, []).append(ticket)
    return found


def like(line: CellKey, ticket: TicketDigest) -> CellKey:
    """The cell of a ticket on the line of another cell. Digests of before there were uploads name no direction."""
    return msgspec.structs.replace(line, service=ticket.service, direction=ticket.direction or line.direction)


def _parted(stored: Iterable[Observation]) -> tuple[list[Observation], list[Observation]]:
    kept: list[Observation] = []
    discarded: list[Observation] = []
    for pair in stored:
        (kept if pair.discarded_by is None else discarded).append(pair)
    return kept, discarded


def _throws(stored: Sequence[Observation]) -> tuple[dict[str, int], dict[str, int]]:
    """The order and the address bit of what was handed in."""
    addresses = (
        ("control", "original")[pair.original_address] for pair in stored if pair.original_address is not None
    )
    return _counted(pair.first for pair in stored), _counted(addresses)


def _fair(labels: Mapping[str, int], level: float) -> bool:
    """Whether labels may be throws of a fair coin."""
    throws = sum(labels.values())
    return throws == 0 or _fair_p(labels.get("original", 0), throws) >= level


@cache
def _fair_p(heads: int, throws: int) -> float:
    """Two-sided, exact; cells of a family ask for the same few numbers again and again."""
    return float(binomtest(heads, throws, 0.5).pvalue)


def _alike(lost: Mapping[str, int], kept: Mapping[str, int], level: float) -> bool:
    """Whether labels of the lost may be those of the kept (Fisher's exact test); of a fair coin where none was kept.

    Not a fair coin elsewhere: of a pair whose original is blocked, the last run that is seen is always the control.
    """
    if not sum(kept.values()):
        return _fair(lost, level)
    table = [[part.get(label, 0) for label in ("original", "control")] for part in (lost, kept)]
    return float(fisher_exact(table).pvalue) >= level


def _counted(labels: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(label for label in labels if label is not None).items()))


def _first(ticket: TicketDigest) -> str | None:
    if ticket.original_first is None:
        return None
    return "original" if ticket.original_first else "control"


def _last_seen(ticket: TicketDigest) -> str | None:
    if ticket.original_first is None or ticket.last_order is None:
        return None
    return "original" if ticket.original_first == (ticket.last_order == 0) else "control"

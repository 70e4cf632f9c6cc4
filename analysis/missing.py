"""Missing: whether the pairs of a cell that are not there, or do not count, were lost without regard to the label.

Three questions, with exact tests under the fair coin (integrity.md 2). Among the pairs that are missing or were
discarded: did the original come first in half of them (two-sided binomial, 0.01), and was the last run that was seen an
original as often as in those that count (Fisher, 0.01)? Among the pairs that were handed in: are order and address bit those of a fair coin (0.001)?
And are more than 10 % of opened tickets missing? A pair is missing if its ticket is known from a responder's digest and
has no measurement after seven days, or if its measurement says that it was aborted or could not be closed.

Without digests a ticket that was never handed in leaves no trace but the unfairness of the rest: findings say so.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import msgspec
from scipy.stats import binomtest, fisher_exact

from analysis.observe.record import Observation
from analysis.registration import CellKey
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


@dataclass(frozen=True)
class Missing:
    """What is not there of a cell. ``invalid`` names the tests that failed; counts are pairs.

    ``tickets`` have no measurement after seven days, ``pending`` none yet. ``by_order`` and ``by_label`` count what was
    lost (missing or discarded) by the label of the first run, and of the last one seen. ``digests``: whether the store
    holds any.
    """

    tickets: int = 0
    pending: int = 0
    by_order: dict[str, int] = field(default_factory=dict)
    by_label: dict[str, int] = field(default_factory=dict)
    invalid: tuple[str, ...] = ()
    many_discards: bool = False
    digests: bool = False


NOTHING_MISSING: Final = Missing()


def missing_of(stored: Sequence[Observation], tickets: Iterable[TicketDigest], now_us: int) -> Missing:
    """What a cell lacks, of its stored pairs and of the digests of its tickets."""
    digests = {ticket.pair_id.hex(): ticket for ticket in tickets}
    ids = {pair.pair_id for pair in stored}
    alone = [ticket for pair_id, ticket in digests.items() if pair_id not in ids]
    late = [ticket for ticket in alone if ticket.opened_at_us < now_us - PENDING_US]
    kept, discarded = _parted(stored)
    first = _counted([*(pair.first for pair in discarded), *(_first(ticket) for ticket in late)])
    if digests:
        kept_tickets, lost_tickets = (
            [digests[p.pair_id] for p in part if p.pair_id in digests] for part in (kept, discarded)
        )
        last_kept = _counted(_last_seen(ticket) for ticket in kept_tickets)
        last = _counted(_last_seen(ticket) for ticket in (*lost_tickets, *late))
    else:
        last_kept, last = (_counted(pair.last_tried for pair in part) for part in (kept, discarded))
    gone = len(late) + sum(pair.discarded_by in NEVER_WHOLE for pair in discarded)
    failed = {
        BY_ORDER: not _fair(first, LABEL_P),
        BY_LABEL: not _alike(last, last_kept, LABEL_P),
        TOO_MANY: gone > MOST_MISSING * (len(stored) + len(late)),
        UNFAIR: not all(_fair(throws, COIN_P) for throws in _throws(stored)),
    }
    return Missing(
        tickets=len(late),
        pending=len(alone) - len(late),
        by_order=first,
        by_label=last,
        invalid=tuple(name for name, bad in failed.items() if bad),
        many_discards=len(discarded) > MOST_DISCARDED * len(stored),
        digests=bool(digests),
    )


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

"""``isonomia-probe cap``: the volunteer's monthly cap, seen and set in one command; a plan can only lower it.

The cap stands in a file of its own, ``cap.json``, read before each transfer. So it holds at once for an agent at work,
which need not be stopped and cannot write over it, and joining again leaves it as it is.
"""

import re
from argparse import Namespace
from typing import Final

import msgspec

from probe import durable
from probe.budget import Ledger
from probe.emitter import Emitter
from probe.measurement.ticket import ByteCount
from probe.nettests.base import Net
from probe.plan import Plan
from probe.plan_store import PlanStore
from probe.state import DEFAULT_CAP_BYTES_MONTH, Home, read_state, reason_of
from probe.trouble import EXIT_OK, SetUpTrouble, Trouble, UsageTrouble

UNITS: Final = {"k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
MOST_BYTES: Final = 1_000_000_000_000
_AMOUNT: Final = re.compile(r"(\d{1,6}(?:[.,]\d{1,3})?)\s*([kmg])[bo]", re.IGNORECASE)


class Cap(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of ``cap.json``: bytes a month that the volunteer allows, and since when (µs since 1970)."""

    bytes_month: ByteCount
    set_at_us: int


def volunteers_bytes(home: Home) -> int:
    """The volunteer's own cap; raises ``SetUpTrouble`` for a damaged file. Before ``cap.json`` it stood in ``home.json``."""
    if home.cap.exists():
        return read_state(home.cap, Cap).bytes_month
    return home.membership().cap_bytes_month if home.joined else DEFAULT_CAP_BYTES_MONTH


def cap_bytes(home: Home, plan: Plan) -> int:
    """The cap that holds: the volunteer's, which a plan can lower and never lift."""
    return min(volunteers_bytes(home), plan.budget_bytes_month)


def ledger_of(home: Home, plan: Plan) -> Ledger:
    """The home's ledger under the cap that holds now."""
    return Ledger(home.ledger, cap_bytes(home, plan), plan.issued_at_us)


def cap_command(home: Home, args: Namespace, emitter: Emitter) -> int:
    """Set what was typed, if anything was, and say what holds. Sends nothing and needs no lock."""
    home.membership()  # a folder that nobody joined has nothing to cap
    now_us = Net().unix_us()
    if args.amount is not None:
        _set(home, Cap(bytes_month=bytes_of(args.amount), set_at_us=now_us))
    own, planned = volunteers_bytes(home), _planned(home)
    holds = own if planned is None else min(own, planned)
    ledger = Ledger(home.ledger, holds)
    spent = ledger.spent_bytes(now_us)
    emitter.emit(
        "cap",
        own_bytes=own,
        plan_bytes=planned,
        cap_bytes=holds,
        month_bytes=spent,
        left_bytes=max(0, holds - spent),
        changed=args.amount is not None,
    )
    return EXIT_OK


def _set(home: Home, cap: Cap) -> None:
    try:
        durable.write(home.cap, msgspec.json.encode(cap))
    except OSError as error:
        raise SetUpTrouble("folder_unwritable", folder=home.folder, reason=reason_of(error)) from error


def _planned(home: Home) -> int | None:
    """What the operator's newest plan allows a month; ``None`` where there is no plan to be read."""
    membership = home.membership()
    try:
        store = PlanStore(home.plan, membership.operator_key, second=membership.second_key)
        return store.load().budget_bytes_month
    except Trouble:
        return None


def bytes_of(typed: str) -> int:
    """An amount as a person types it, in French or English; raises ``UsageTrouble``.

    >>> bytes_of("1.5GB"), bytes_of("1,5 Go"), bytes_of("500 Mo"), bytes_of("0")
    (1500000000, 1500000000, 500000000, 0)
    """
    if typed.strip() == "0":
        return 0
    found = _AMOUNT.fullmatch(typed.strip())
    count = round(float(found[1].replace(",", ".")) * UNITS[found[2].lower()]) if found else MOST_BYTES + 1
    if count > MOST_BYTES:
        raise UsageTrouble("cap_amount", typed=typed)
    return count

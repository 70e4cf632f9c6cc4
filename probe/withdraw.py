"""``isonomia-probe withdraw``: this home leaves (integrity.md 9). The collector first, then every key and file here.

In this order a crash or an unreachable collector leaves the long-lived key, which alone can ask again. Once the
collector has said, signed, that the rows are gone or that it knows no such home, nothing is kept.
"""

import asyncio
import shutil
import sys
from argparse import Namespace
from pathlib import Path
from typing import Final, TextIO

from probe import durable, identity
from probe.answers import Answer
from probe.consent import ANSWERS
from probe.door import DoorTrouble, open_door
from probe.emitter import Emitter
from probe.identity import Identity
from probe.measurement.signing import WITHDRAWAL, sign
from probe.messages import text
from probe.nettests.base import Net
from probe.spool import Spool
from probe.state import Home, Membership
from probe.trouble import EXIT_OK, NothingMeasured, SetUpTrouble, UsageTrouble
from probe.withdrawal import Withdrawal

NOTHING_THERE: Final = frozenset({"unknown_home", "home_withdrawn"})
"""Rejections after which the collector holds nothing of this home: it never did, or no longer does."""


def withdraw_command(home: Home, args: Namespace, emitter: Emitter) -> int:
    """Ask, tell the collector, destroy. ``--local``: destroy without the collector, which then keeps what it has."""
    membership = home.membership()
    waiting = Spool(home.spool).waiting().documents
    if not agreed(emitter.language, membership, waiting, yes=args.yes, terminal=sys.stdin):
        raise NothingMeasured("withdrawal_refused")
    with home.lock():
        if not args.local and identity.exists(home):
            now_us = Net().unix_us()
            who = identity.load(home, membership.enrolled_quarter or identity.current_quarter(now_us))
            asyncio.run(_tell(membership, who, now_us))
        files = destroy(home)
    event = "destroyed" if args.local else "withdrawn"
    emitter.emit(event, operator=membership.operator, folder=str(home.folder), files=files)
    return EXIT_OK


def agreed(language: str, membership: Membership, waiting: int, *, yes: bool, terminal: TextIO) -> bool:
    """Whether the volunteer means it; raises ``UsageTrouble`` where there is nobody to ask."""
    if yes:
        return True
    if not terminal.isatty():
        raise UsageTrouble("withdrawal_no_terminal")
    question = text("withdraw.question", language, operator=membership.operator, waiting=waiting)
    try:
        return input(question).strip().lower() in ANSWERS[language]
    except (EOFError, KeyboardInterrupt):
        return False


async def _tell(membership: Membership, who: Identity, now_us: int) -> None:
    """Raises ``SetUpTrouble`` unless the collector says that it holds nothing of this home any more."""
    asked = sign(
        who.long_lived, WITHDRAWAL, Withdrawal(operator_key=membership.operator_key, sent_at_us=now_us)
    )
    try:
        async with open_door(membership.collector, membership.operator_key) as door:
            answer = await door.withdraw(asked)
    except DoorTrouble as trouble:
        raise SetUpTrouble(
            "withdrawal_unheard", collector=membership.collector, detail=trouble.detail
        ) from trouble
    if not _holds_nothing(answer):
        raise SetUpTrouble(
            "withdrawal_rejected",
            code=answer.code or "unknown",
            reason_fr=answer.message_fr or "",
            reason_en=answer.message_en or "",
        )


def _holds_nothing(answer: Answer) -> bool:
    return answer.settled() or answer.code in NOTHING_THERE


def destroy(home: Home) -> int:
    """Delete everything in the folder, the long-lived key and then ``home.json`` last; how many files went."""
    last = [home.keys, home.folder / "home.json"]
    others = [path for path in home.folder.iterdir() if path not in last and path.name != "lock"]
    gone = 0
    for path in (*others, *last):
        gone += _remove(path)
        durable.sync_folder(home.folder)
    return gone


def _remove(path: Path) -> int:
    if not path.is_dir():
        existed = path.exists()
        path.unlink(missing_ok=True)
        return int(existed)
    files = sum(inner.is_file() for inner in path.rglob("*"))
    shutil.rmtree(path)
    return files

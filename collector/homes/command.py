"""``isonomia-collector homes``: what the operator sees and decides of homes. A server beside it notices within half a second."""

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Final

from collector.data_folder import DataFolder
from collector.homes.book import Event, Home, HomeBook
from collector.homes.codes import hash_of, make_code
from collector.homes.lines import shared_lines
from collector.messages import Language, Trouble, say
from collector.process import Say
from collector.quarters import US_PER_DAY
from collector.roster import read_roster

ACTIONS: Final = ("list", "invite", "approve", "revoke", "restore", "separate", "channels", "lines", "ledger")
_DECISIONS: Final[dict[str, Event]] = {
    "approve": "approved",
    "revoke": "revoked",
    "restore": "restored",
    "separate": "separated",
}
FEWEST_DIGITS: Final = 8
SHOWN_DIGITS: Final = 16


def add_parser(commands: Any, shared: argparse.ArgumentParser, language: Language) -> None:
    """The command line of ``homes`` and its actions."""
    homes = commands.add_parser("homes", help=say("homes.about", language))
    actions = homes.add_subparsers(dest="action", required=True, metavar="|".join(ACTIONS))
    added = {
        name: actions.add_parser(name, parents=[shared], help=say(f"homes.{name}", language))
        for name in ACTIONS
    }
    added["invite"].add_argument(
        "--channel", required=True, metavar="NAME", help=say("homes.channel", language)
    )
    added["invite"].add_argument(
        "--count", type=int, default=1, metavar="N", choices=range(1, 1001), help=say("homes.count", language)
    )
    added["invite"].add_argument(
        "--days", type=int, default=90, metavar="N", choices=range(1, 731), help=say("homes.days", language)
    )
    for name in _DECISIONS:
        added[name].add_argument("home", metavar="HOME", help=say("homes.home", language))
        added[name].add_argument(
            "--reason", required=name != "approve", default="", help=say("homes.reason", language)
        )
    added["approve"].add_argument(
        "--channel", required=True, metavar="NAME", help=say("homes.channel", language)
    )


def run(folder: DataFolder, options: argparse.Namespace, tell: Say, now_us: int) -> None:
    """One action; raises ``Trouble``."""
    folder.open()
    if options.action == "lines":
        for line in shared_lines(folder):
            tell(
                "homes.line_shown",
                line=line.name,
                homes=[key.hex()[:SHOWN_DIGITS] for key in line.homes],
                separated=line.separated,
            )
        return
    with closing(HomeBook(folder.homes)) as book:
        match options.action:
            case "list":
                for facts in _listed(folder, book):
                    tell("homes.shown", **facts)
            case "invite":
                _invite(book, options, tell, now_us)
            case "channels":
                for facts in _channels(book):
                    tell("homes.channel_shown", **facts)
            case "ledger":
                for at_us, home, event, reason in book.ledger():
                    shown = "–" if home is None else home.hex()[:SHOWN_DIGITS]
                    tell("homes.ledger_shown", at=_moment(at_us), home=shown, change=event, reason=reason)
            case decision:
                home = _home(folder, book, options.home)
                event = _DECISIONS[decision]
                book.decide(home, event, getattr(options, "channel", None), options.reason, now_us)
                tell("homes.decided", home=home.hex()[:SHOWN_DIGITS], change=event)
                if event in ("revoked", "restored"):
                    _at_the_broker(folder, home, event, tell)


def _at_the_broker(folder: DataFolder, home: bytes, event: Event, tell: Say) -> None:
    """Shut the home's keys out of the MQTT door, or let them in again; nothing where there is none."""
    from collector.mqtt import revocation  # noqa: PLC0415 - X.509, for operators who have that door

    if not revocation.has_authority(folder):
        return
    keys = [entry.quarter_key for entry in read_roster(folder.roster) if entry.long_lived_key == home]
    if event == "revoked":
        tell("mqtt.home_shut_out", keys=revocation.revoke(folder, keys, with_home=True))
    else:
        tell("mqtt.home_let_in", keys=revocation.reinstate(folder, keys))
    tell("mqtt.broker_told" if revocation.tell_broker(folder) else "mqtt.broker_not_told")


def _invite(book: HomeBook, options: argparse.Namespace, tell: Say, now_us: int) -> None:
    codes = [make_code() for _ in range(options.count)]
    expires_at_us = now_us + options.days * US_PER_DAY
    book.invite([hash_of(code) for code in codes], options.channel, now_us, expires_at_us)
    for code in codes:
        tell(
            "homes.invited",
            code=code,
            channel=options.channel,
            expires_at=_moment(expires_at_us),
            sha256=hash_of(code).hex(),
        )


def _listed(folder: DataFolder, book: HomeBook) -> Iterator[dict[str, object]]:
    """Every home that enrolled or asked to, oldest first."""
    known = {entry.home: entry for entry in book.homes()}
    last = {entry.long_lived_key: entry for entry in read_roster(folder.roster)}
    for home in (*last, *(key for key in known if key not in last)):
        entry = known.get(home) or Home(home, "enrolled", None, last[home].enrolled_at_us, "")
        yield {
            "home": home.hex()[:SHOWN_DIGITS],
            "state": entry.state,
            "channel": entry.channel or "–",
            "since": _moment(entry.since_us),
            "quarter": last[home].quarter if home in last else "–",
            "quarter_key": last[home].quarter_key.hex()[:SHOWN_DIGITS] if home in last else "–",
            "software": last[home].software_version if home in last else "–",
            "separated": entry.separated_at_us is not None,
            "reason": entry.reason,
        }


def _channels(book: HomeBook) -> Iterator[dict[str, object]]:
    """Each recruitment channel: its invitations, used and not, its vetted homes, the hashes that a registration lists."""
    invitations = book.invitations()
    vetted = Counter(home.channel for home in book.homes() if home.vetted)
    for channel in sorted({one.channel for one in invitations} | {name for name in vetted if name}):
        of = [one for one in invitations if one.channel == channel]
        yield {
            "channel": channel,
            "invitations": len(of),
            "used": sum(one.used_by is not None for one in of),
            "vetted": vetted[channel],
            "sha256": [one.code_sha256.hex() for one in of],
        }


def _home(folder: DataFolder, book: HomeBook, typed: str) -> bytes:
    """The home whose key, long-lived or of a quarter, begins with the typed digits; raises ``Trouble``."""
    digits = typed.lower()
    if len(digits) < FEWEST_DIGITS or not re.fullmatch("[0-9a-f]+", digits):
        raise Trouble("homes.few_digits", home=typed, digits=FEWEST_DIGITS)
    found = {entry.home for entry in book.homes() if entry.home.hex().startswith(digits)}
    for entry in read_roster(folder.roster):
        if entry.long_lived_key.hex().startswith(digits) or entry.quarter_key.hex().startswith(digits):
            found.add(entry.long_lived_key)
    if len(found) != 1:
        raise Trouble("homes.several" if found else "homes.none", home=typed)
    return found.pop()


def _moment(unix_us: int) -> str:
    return f"{datetime.fromtimestamp(unix_us // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"

"""``isonomia-collector fleet``: the report for a person or, with ``--json``, for a program. A server may be at work."""

import argparse
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import msgspec

from collector.data_folder import DataFolder
from collector.fleet.grid import Grid
from collector.fleet.report import report
from collector.messages import Language, say
from collector.roster import read_roster


def add_parser(commands: Any, shared: argparse.ArgumentParser, language: Language) -> None:
    """The command line of ``fleet``."""
    fleet = commands.add_parser("fleet", parents=[shared], help=say("fleet.about", language))
    fleet.add_argument("--rebuild", action="store_true", help=say("fleet.rebuild", language))


def run(folder: DataFolder, options: argparse.Namespace, tell: Callable[..., None], now_us: int) -> None:
    """Follow, and show; raises ``Trouble``."""
    folder.open()
    with closing(Grid(folder)) as grid:
        grid.withdrawn()
        if options.rebuild:
            grid.rebuild()
        else:
            grid.follow()
        fleet = report(grid, {entry.long_lived_key for entry in read_roster(folder.roster)}, now_us)
    window = f"{_moment(fleet.window_from_us)}/{_moment(fleet.window_to_us)}"
    tell("fleet.shown", at=_moment(fleet.at_us), window=window, disruptions=fleet.disruptions, **fleet.homes)
    for group in fleet.groups:
        facts = msgspec.structs.asdict(group)
        if not options.json:
            none = {name: "–" for name, value in facts.items() if value is None}
            facts |= none | ({} if group.p is None else {"p": f"{group.p:.2g}"})
            facts["state"] = say(f"fleet.{group.state}", options.lang)
        tell("fleet.group_shown", **facts)


def _moment(unix_us: int) -> str:
    return f"{datetime.fromtimestamp(unix_us // 1_000_000, UTC):%Y-%m-%dT%H:%MZ}"

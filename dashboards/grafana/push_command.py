"""``isonomia-dashboards push``: a surface into a running Grafana. Exit 1 with ``--dry-run`` where something would change."""

import argparse
import os
import sys
from typing import Final, get_args

import msgspec
from grafana_client.client import GrafanaException

from dashboards.grafana.build import SURFACES
from dashboards.grafana.messages import say
from dashboards.grafana.push import Database, Kind, Outcome, connect, push
from dashboards.messages import Language
from dashboards.messages import say as say_command

USAGE: Final = 2
SET_UP: Final = 3
WOULD_CHANGE: Final = 1


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """Where to, which surface, and whether only to look."""
    parser.add_argument("--grafana", required=True, metavar="URL", help=say("push.url", language))
    parser.add_argument("--database", metavar="URL", help=say("push.database", language))
    parser.add_argument("--surface", choices=SURFACES, default="inside", help=say("push.surface", language))
    parser.add_argument("--only", choices=get_args(Kind), help=say("push.only", language))
    parser.add_argument("--dry-run", action="store_true", help=say("push.dry_run", language))
    parser.add_argument("--json", action="store_true", help=say_command("cli.json", language))


def run(options: argparse.Namespace, language: Language) -> int:
    """Say what became of each thing."""
    token = os.environ.get("GRAFANA_TOKEN", "")
    if not token:
        print(say("push.no_token", language), file=sys.stderr)
        return SET_UP
    if options.database is None and options.only in (None, "datasource"):
        print(say("push.no_database", language), file=sys.stderr)
        return USAGE
    database = Database(options.database or "", os.environ.get("INFLUX_TOKEN", ""))
    changed = False
    try:
        with connect(options.grafana, token) as api:
            for outcome in push(api, options.surface, database, dry_run=options.dry_run, only=options.only):
                _tell(outcome, language, as_json=options.json)
                changed |= outcome.verb != "="
    except (GrafanaException, OSError) as error:
        print(say("push.failed", language, detail=error), file=sys.stderr)
        return SET_UP
    return WOULD_CHANGE if options.dry_run and changed else 0


def _tell(outcome: Outcome, language: Language, *, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(outcome).decode())
        return
    print(say("push.line", language, verb=outcome.verb, what=outcome.what))
    for line in outcome.diff:
        print(f"    {line}")

"""The words of ``isonomia-collector timeseries``. They stand apart so that no other command loads what speaks to databases."""

import argparse

from collector.messages import Language, say
from collector.timeseries.kinds import KINDS


def add_arguments(
    parser: argparse.ArgumentParser, language: Language, shared: argparse.ArgumentParser
) -> None:
    """The four verbs and what they take."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="feed|rebuild|status|check")
    for verb in ("feed", "rebuild", "status", "check"):
        one = verbs.add_parser(verb, parents=[shared], help=say(f"cli.ts_{verb}", language))
        one.add_argument("--server", required=True, metavar="URL", help=say("cli.ts_server", language))
        one.add_argument("--kind", choices=KINDS, help=say("cli.ts_kind", language))
        one.add_argument(
            "--name", default="main", type=_plain, metavar="NAME", help=say("cli.ts_name", language)
        )
        if verb == "feed":
            one.add_argument("--every", type=int, metavar="N", help=say("cli.ts_every", language))


def _plain(text: str) -> str:
    if not text.isidentifier():
        raise ValueError
    return text

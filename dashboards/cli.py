"""``isonomia-dashboards``: one line a subcommand, its module imported when it is asked for. Translates and exits.

Exit codes, as everywhere: 0 done, 2 wrong usage, 3 something must be set up or repaired first; 1 is a subcommand's own.
"""

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dashboards.messages import Language, say
from probe.command_line import Parser, language_in

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "boards": ("dashboards.grafana.boards_command", "grafana"),
    "push": ("dashboards.grafana.push_command", "grafana"),
    "site": ("dashboards.site.cli", "dashboards"),
}
"""Subcommand: the module that has ``add_arguments(parser, language)`` and ``run(options, language) -> exit code``, and
the extra it needs. Its help is the message ``cli.<subcommand>``."""
EXIT_SET_UP: Final = 3


def main(arguments: Sequence[str] | None = None, commands: Mapping[str, tuple[str, str]] = COMMANDS) -> int:
    """Run one command; its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    language = language_in(words)
    wanted = next((word for word in words if word in commands), None)
    try:
        module = None if wanted is None else importlib.import_module(commands[wanted][0])
        options = _parser(language, commands, wanted, module).parse_args(words)
        return int(module.run(options, language)) if module else 0
    except ModuleNotFoundError as error:
        # Of ours nothing is ever missing: then it is a fault, and its traceback is what helps.
        if wanted is None or error.name is None or error.name.partition(".")[0] == "dashboards":
            raise
        name, extra = error.name.partition(".")[0], commands[wanted][1]
        print(say("cli.extra", language, name=name, extra=extra), file=sys.stderr)
        return EXIT_SET_UP


def _parser(
    language: Language, commands: Mapping[str, tuple[str, str]], wanted: str | None, module: Any
) -> argparse.ArgumentParser:
    """The command line; only the command ``wanted`` has its arguments, for only its module is imported."""
    Parser.language = language
    shared = Parser(for_parents=True)
    shared.add_argument("--lang", choices=("fr", "en"), default=language, help=say("cli.lang", language))
    parser = Parser(prog="isonomia-dashboards", description=say("cli.about", language), parents=[shared])
    made = parser.add_subparsers(dest="command", required=True, metavar="|".join(commands))
    for name in commands:
        one = made.add_parser(name, parents=[shared], help=say(f"cli.{name}", language))
        if name == wanted:
            module.add_arguments(one, language)
    return parser

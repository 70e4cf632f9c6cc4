"""The command line ``isonomia-probe``: reads what was typed, calls a command, says what went wrong, exits.

Exit codes: 0 well; 1 nothing measured (or something still waits, for ``upload``); 2 wrong usage; 3 something
must be set up first. The language is ``--lang``, else LC_ALL, LC_MESSAGES, LANG.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from probe import __version__
from probe.catalogue.codes import COUNTRIES
from probe.command_line import Parser, language_in
from probe.emitter import Emitter
from probe.messages import LANGUAGES, text
from probe.state import Home, find_home
from probe.trouble import EXIT_USAGE, Trouble

TECHNOLOGIES: Final = ("fibre", "cable", "dsl", "mobile", "fixed_wireless", "satellite", "unknown")
PLAN_CLASSES: Final = ("ordinary", "managed_by_option", "unknown")
MOST_PAIRS: Final = 1000

Command = Callable[[Home, argparse.Namespace, Emitter], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in ``argv``; its exit code."""
    typed = list(sys.argv[1:] if argv is None else argv)
    language = language_in(typed)
    parser = build_parser(language)
    args = parser.parse_args(typed)
    if args.command is None:
        parser.print_help()
        return EXIT_USAGE
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that has no letter for ’ still gets the rest
            stream.reconfigure(errors="replace")
    emitter = Emitter(language, args.json, sys.stdout, sys.stderr)
    home = find_home(args.home, os.environ)
    try:
        return int(args.command(home, args, emitter))
    except Trouble as trouble:
        emitter.trouble(trouble)
        return trouble.exit_code
    except KeyboardInterrupt:
        return 130


def build_parser(language: str) -> Parser:
    """The parser with every help text in ``language``."""
    Parser.language = language

    def say(identifier: str) -> str:
        return text(f"help.{identifier}", language)

    parser = Parser(
        prog="isonomia-probe", description=say("probe"), epilog=say("probe_examples"), parents=[_common(say)]
    )
    parser.add_argument(
        "--version", action="version", version=f"isonomia-probe {__version__}", help=say("version")
    )
    parser.set_defaults(command=None, home=None, json=False, lang=language)
    commands = parser.add_subparsers(title=say("commands"), metavar=say("command"), parser_class=Parser)
    common = _common(say)

    def command(name: str, run: Command) -> Parser:
        added: Parser = commands.add_parser(
            name,
            prog=f"isonomia-probe {name}",
            help=say(name),
            description=say(name),
            epilog=say(f"{name}_examples"),
            parents=[common],
        )
        added.set_defaults(command=run)
        return added

    _add_join(command("join", _join), say)
    _add_run(command("run", _run), say)
    upload = command("upload", _upload)
    upload.add_argument("--patience-s", type=_seconds, default=120.0, metavar="S", help=say("patience_s"))
    upload.add_argument("--by", choices=("http", "mqtt"), default="http", help=say("by"))
    status = command("status", _status)
    status.add_argument("--html", metavar="FILE", type=Path, help=say("html"))
    _add_catalogue(command("catalogue", _catalogue), common, say)
    command("list", _list)
    _add_once(command("once", _once), say)
    command("doctor", _doctor)
    cap = command("cap", _cap)
    cap.add_argument("amount", metavar="GB", nargs="?", help=say("cap_amount"))
    withdraw = command("withdraw", _withdraw)
    withdraw.add_argument("--yes", action="store_true", help=say("withdraw_yes"))
    withdraw.add_argument("--local", action="store_true", help=say("local"))
    respond = command("respond", _respond)
    respond.add_argument("--config", metavar="FILE", required=True, type=Path, help=say("config"))
    respond.add_argument("--describe", action="store_true", help=say("describe"))
    return parser


def _common(say: Callable[[str], str]) -> Parser:
    """Options that may stand before the command or after it. Each parser that has defaults for them needs its own: a default
    that is set on the one before the command would, shared, overwrite there what was typed.
    """
    common = Parser(for_parents=True)
    common.add_argument("--home", metavar="DIR", default=argparse.SUPPRESS, help=say("home"))
    common.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=say("json"))
    common.add_argument("--lang", choices=LANGUAGES, default=argparse.SUPPRESS, help=say("lang"))
    return common


def _add_join(join: Parser, say: Callable[[str], str]) -> None:
    join.add_argument("target", metavar="URL#KEYHASH", help=say("target"))
    join.add_argument("--brand", metavar="NAME", type=_short, help=say("brand"))
    join.add_argument("--technology", choices=TECHNOLOGIES, default="unknown", help=say("technology"))
    join.add_argument("--plan-class", choices=PLAN_CLASSES, default="unknown", help=say("plan_class"))
    join.add_argument("--country", metavar="XX", type=_country, help=say("country"))
    join.add_argument("--region", metavar="REGION", type=_short, help=say("region"))
    join.add_argument("--invitation", metavar="X", help=say("invitation"))
    join.add_argument("--lab", action="store_true", help=say("lab"))
    join.add_argument("--yes", action="store_true", help=say("yes"))


def _add_run(run: Parser, say: Callable[[str], str]) -> None:
    run.add_argument("--service", metavar="S", action="append", help=say("service"))
    run.add_argument("--pairs", metavar="N", type=_pairs, default=1, help=say("pairs"))
    run.add_argument("--variant", choices=("paced", "long", "saturate"), help=say("variant"))
    run.add_argument("--direction", choices=("down", "up"), help=say("direction"))
    run.add_argument("--between-pairs-s", metavar="X", type=_seconds, help=say("between_pairs_s"))
    run.add_argument("--gap-ms", metavar="MS", type=_milliseconds, help=say("gap_ms"))
    run.add_argument("--endpoints", metavar="FILE", help=say("endpoints"))
    run.add_argument("--patience-s", type=_seconds, default=30.0, metavar="S", help=say("patience_s"))
    run.add_argument("--by", choices=("http", "mqtt"), default="http", help=say("by"))


def _add_catalogue(catalogue: Parser, common: Parser, say: Callable[[str], str]) -> None:
    actions = catalogue.add_subparsers(title=say("commands"), metavar=say("command"), parser_class=Parser)

    def action(name: str) -> Parser:
        added: Parser = actions.add_parser(
            name,
            prog=f"isonomia-probe catalogue {name}",
            help=say(f"catalogue_{name}"),
            description=say(f"catalogue_{name}"),
            epilog=say("catalogue_examples"),
            parents=[common],
        )
        added.set_defaults(action=name)
        added.add_argument("--folder", metavar="DIR", help=say("folder"))
        return added

    catalogue.set_defaults(action=None, parser=catalogue)
    action("check")
    show = action("show")
    show.add_argument("--country", metavar="XX", type=_country, help=say("seat"))
    show.add_argument("--from", dest="from_country", metavar="XX", type=_country, help=say("from_country"))
    verify = action("verify")
    verify.add_argument("--out", metavar="FILE", help=say("out"))
    verify.add_argument("--lab", metavar="FILE", help=say("verify_lab"))
    action("copy").add_argument("into", metavar="DIR", help=say("into"))
    for parser in (show, verify):
        parser.add_argument("--service", metavar="S", action="append", help=say("one_service"))


def _add_once(once: Parser, say: Callable[[str], str]) -> None:
    once.add_argument("nettest", metavar="NETTEST", nargs="*", help=say("nettest"))
    once.add_argument("--all", action="store_true", help=say("all"))
    once.add_argument("--service", metavar="S", action="append", help=say("service"))
    once.add_argument("--cost", action="store_true", help=say("cost"))
    once.add_argument("--endpoints", metavar="FILE", help=say("endpoints"))
    once.add_argument("--family", choices=("ipv4", "ipv6"), help=say("family"))
    once.add_argument("--busy", action="store_true", help=say("busy"))
    once.add_argument("--load", action="store_true", help=say("load"))
    once.add_argument("--patience-s", type=_seconds, default=30.0, metavar="S", help=say("patience_s"))


def _list(home: Home, args: argparse.Namespace, emitter: Emitter) -> int:
    from probe.errands.commands import list_command

    return list_command(home, args, emitter)


def _once(home: Home, args: argparse.Namespace, emitter: Emitter) -> int:
    from probe.errands.once import once_command

    return once_command(home, args, emitter)


def _doctor(home: Home, args: argparse.Namespace, emitter: Emitter) -> int:
    from probe.errands.commands import doctor_command

    return doctor_command(home, args, emitter)


def _join(home: Home, args: argparse.Namespace, emitter: Emitter) -> int:
    from probe.commands import join_command

    return join_command(home, args, emitter)


def _run(home: Home, args: argparse.Namespace, emitter: Emitter) -> int:
    from probe.commands import run_command

    return run_command(home, args, emitter)


def _upload(home: Home, args: argparse.Namespace, emitter: Emitter) -> int:
    from probe.commands import upload_command

    return upload_command(home, args, emitter)


def _status(home: Home, args: argparse.Namespace, emitter: Emitter) -> int:
    from probe.commands import status_command

    return status_command(home, args, emitter)


def _cap(home: Home, args: argparse.Namespace, emitter: Emitter) -> int:
    from probe.cap import cap_command

    return cap_command(home, args, emitter)


def _withdraw(home: Home, args: argparse.Namespace, emitter: Emitter) -> int:
    from probe.withdraw import withdraw_command

    return withdraw_command(home, args, emitter)


def _respond(home: Home, args: argparse.Namespace, emitter: Emitter) -> int:  # noqa: ARG001 - a responder has no home
    from probe.responder.command import respond

    return respond(args.config, describe=args.describe, as_json=emitter.as_json)


def _catalogue(home: Home, args: argparse.Namespace, emitter: Emitter) -> int:
    from probe.catalogue import command

    if args.action is None:
        args.parser.print_help()
        return EXIT_USAGE
    commands = {
        "check": command.check_command,
        "show": command.show_command,
        "verify": command.verify_command,
        "copy": command.copy_command,
    }
    return commands[args.action](home, args, emitter)


def _short(typed: str) -> str:
    if not 0 < len(typed) <= 120:
        raise argparse.ArgumentTypeError(text("usage.too_long", Parser.language, most=120))
    return typed


def _country(typed: str) -> str:
    """ISO 3166-1 alpha-2; small letters will do."""
    if typed.upper() not in COUNTRIES:
        raise argparse.ArgumentTypeError(text("usage.country", Parser.language, typed=typed))
    return typed.upper()


def _pairs(typed: str) -> int:
    return int(_number(typed, 1, MOST_PAIRS, whole=True))


def _seconds(typed: str) -> float:
    return _number(typed, 0, 86400, whole=False)


def _milliseconds(typed: str) -> int:
    return int(_number(typed, 0, 600_000, whole=True))


def _number(typed: str, least: int, most: int, *, whole: bool) -> float:
    """A number within bounds; the error says which bounds."""
    try:
        number = float(int(typed)) if whole else float(typed)
        if least <= number <= most:
            return number
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(
        text("usage.number", Parser.language, typed=typed, least=least, most=most)
    )

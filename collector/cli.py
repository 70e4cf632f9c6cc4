"""``isonomia-collector``: init, serve, seal, timeseries, homes, ca, backup and more. Translates and exits; the work is elsewhere.

Exit codes, as the probe's: 0 done, 2 wrong usage, 3 something must be set up or repaired first.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector import backup, operator_keys, reader
from collector.data_folder import DataFolder, describe_key
from collector.fleet.command import add_parser as add_fleet
from collector.fleet.command import run as fleet
from collector.homes.command import add_parser as add_homes
from collector.homes.command import run as homes
from collector.messages import Language, Trouble, say
from collector.process import unix_us
from collector.timeseries.arguments import add_arguments as add_timeseries
from probe.command_line import Parser, language_in
from probe.measurement.keys import KeyFileError
from probe.trouble import EXIT_OK, EXIT_SET_UP, EXIT_USAGE

VARIABLE: Final = "ISONOMIA_COLLECTOR_"


class Emitter:
    """Output in one of two forms: sentences in a person's language, or one JSON line a thing said."""

    def __init__(self, stream: TextIO, language: Language, *, as_json: bool) -> None:
        self._stream = stream
        self._language = language
        self._as_json = as_json

    def say(self, message_id: str, **facts: object) -> None:
        """Say ``facts``: in the words of ``message_id``, or as JSON with ``event`` after the id."""
        if self._as_json:
            line = msgspec.json.encode({"event": message_id.partition(".")[2], **facts}).decode()
        else:
            line = say(message_id, self._language, **facts)
        print(line, file=self._stream, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    language = language_in(words)
    options = _parser(language).parse_args(words)
    emitter = Emitter(sys.stdout, language, as_json=options.json)
    folder = DataFolder(options.data.absolute())
    try:
        return EXIT_OK if COMMANDS[options.command](folder, options, emitter, language) else EXIT_SET_UP
    except Trouble as trouble:
        print(trouble.text(language), file=sys.stderr)
        return EXIT_USAGE if trouble.message_id == "cli.bad_listen" else EXIT_SET_UP
    except (KeyFileError, OSError) as error:
        print(error, file=sys.stderr)
        return EXIT_SET_UP


def _init(folder: DataFolder, _options: argparse.Namespace, emitter: Emitter, _language: Language) -> bool:
    emitter.say("cli.initialised", data=str(folder.root), **describe_key(folder.create()))
    return True


def _show_key(folder: DataFolder, options: argparse.Namespace, emitter: Emitter, _language: Language) -> bool:
    emitter.say("cli.key_shown", **describe_key(_key(folder, options)))
    return True


def _show(folder: DataFolder, _options: argparse.Namespace, emitter: Emitter, _language: Language) -> bool:
    emitter.say("cli.shown", **_counts(folder))
    return True


def _backup(folder: DataFolder, options: argparse.Namespace, emitter: Emitter, _language: Language) -> bool:
    done = backup.back_up(folder, options.to.absolute(), unix_us())
    emitter.say("cli.backed_up", to=str(options.to), **vars(done))
    return True


def _restore(folder: DataFolder, options: argparse.Namespace, emitter: Emitter, _language: Language) -> bool:
    done = backup.restore(options.source.absolute(), folder)
    emitter.say("cli.restored", data=str(folder.root), serial=backup.floor_of(folder), **vars(done))
    return True


def _fleet(folder: DataFolder, options: argparse.Namespace, emitter: Emitter, _language: Language) -> bool:
    fleet(folder, options, emitter.say, unix_us())
    return True


def _homes(folder: DataFolder, options: argparse.Namespace, emitter: Emitter, _language: Language) -> bool:
    homes(folder, options, emitter.say, unix_us())
    return True


def _ca(folder: DataFolder, options: argparse.Namespace, emitter: Emitter, _language: Language) -> bool:
    from collector.mqtt import command

    command.run(folder, options, emitter.say)
    return True


def _key(folder: DataFolder, options: argparse.Namespace) -> Ed25519PrivateKey:
    if options.announce:
        return operator_keys.announce(folder)
    return operator_keys.rotate(folder) if options.rotate else folder.open()


def _serve(folder: DataFolder, options: argparse.Namespace, emitter: Emitter, _language: Language) -> bool:
    from collector import serve_command

    serve_command.run(folder, options, emitter.say)
    return True


def _seal(folder: DataFolder, options: argparse.Namespace, emitter: Emitter, language: Language) -> bool:
    from collector import seal_command

    def report(trouble: Trouble) -> None:
        print(trouble.text(language), file=sys.stderr, flush=True)

    orders = seal_command.Orders(options.archive, options.every, options.keep_days, options.verify)
    return seal_command.run(folder, orders, emitter.say, report)


def _timeseries(
    folder: DataFolder, options: argparse.Namespace, emitter: Emitter, language: Language
) -> bool:
    from collector.timeseries import command

    def report(trouble: Trouble) -> None:
        print(trouble.text(language), file=sys.stderr, flush=True)

    return command.run(folder, command.orders_of(options), emitter.say, report)


COMMANDS: Final[dict[str, Callable[[DataFolder, argparse.Namespace, Emitter, Language], bool]]] = {
    "init": _init,
    "key": _show_key,
    "serve": _serve,
    "show": _show,
    "seal": _seal,
    "timeseries": _timeseries,
    "homes": _homes,
    "fleet": _fleet,
    "ca": _ca,
    "backup": _backup,
    "restore": _restore,
}
"""Each command: whether all went well. What must be set up first is a ``Trouble``."""


def _counts(folder: DataFolder) -> dict[str, object]:
    folder.open()
    plans = reader.read_plans(folder.root)
    return {
        "data": str(folder.root),
        **vars(reader.count(folder.root)),
        "probes": len(reader.read_rosters(folder.root)),
        "plan_serial": plans[-1].serial if plans else 0,
    }


def _parser(language: Language) -> argparse.ArgumentParser:
    Parser.language = language
    shared = Parser(for_parents=True)
    _add(shared, language, "--data", "DIR", type=Path)
    shared.add_argument("--json", action="store_true", help=say("cli.json", language))
    shared.add_argument("--lang", choices=("fr", "en"), default=language, help=say("cli.lang", language))
    parser = Parser(prog="isonomia-collector", description=say("cli.about", language))
    commands = parser.add_subparsers(
        dest="command",
        required=True,
        metavar="init|key|serve|show|seal|timeseries|homes|fleet|ca|backup|restore",
    )
    added = {
        name: commands.add_parser(name, parents=[shared], help=say(f"cli.{name}", language))
        for name in ("init", "key", "show")
    }
    change = added["key"].add_mutually_exclusive_group()
    change.add_argument("--announce", action="store_true", help=say("cli.announce", language))
    change.add_argument("--rotate", action="store_true", help=say("cli.rotate", language))
    serve = commands.add_parser("serve", parents=[shared], help=say("cli.serve", language))
    _add(serve, language, "--operator", "FILE", type=Path)
    _add(serve, language, "--listen", "HOST:PORT", fallback="127.0.0.1:8080")
    for name, shape in (("pages", "DIR"), ("inside", "DIR"), ("inside_token", "FILE")):
        about = say(f"cli.{name}", language)
        serve.add_argument(f"--{name.replace('_', '-')}", type=Path, metavar=shape, help=about)
    seal = commands.add_parser("seal", parents=[shared], help=say("cli.seal", language))
    seal.add_argument(
        "--archive",
        metavar="URL",
        default=os.environ.get(f"{VARIABLE}ARCHIVE"),
        help=_or_variable("archive", language),
    )
    seal.add_argument("--keep-days", type=_positive, metavar="N", help=say("cli.keep_days", language))
    seal.add_argument("--verify", action="store_true", help=say("cli.verify", language))
    _add_ca(commands, shared, language)
    when = seal.add_mutually_exclusive_group()
    when.add_argument("--once", action="store_true", help=say("cli.once", language))
    when.add_argument("--every", type=_positive, metavar="N", help=say("cli.every", language))
    copying = commands.add_parser("backup", parents=[shared], help=say("cli.backup", language))
    copying.add_argument("--to", type=Path, required=True, metavar="DIR", help=say("cli.to", language))
    restoring = commands.add_parser("restore", parents=[shared], help=say("cli.restore", language))
    restoring.add_argument(
        "--from", dest="source", type=Path, required=True, metavar="DIR", help=say("cli.from", language)
    )
    add_homes(commands, shared, language)
    about = say("cli.timeseries", language)
    add_timeseries(commands.add_parser("timeseries", help=about), language, shared)
    add_fleet(commands, shared, language)
    return parser


def _add_ca(commands: Any, shared: argparse.ArgumentParser, language: Language) -> None:
    ca = commands.add_parser("ca", parents=[shared], help=say("cli.ca", language))
    ca.add_argument(
        "action", choices=("init", "issue", "revoke", "list"), help=say("cli.ca_action", language)
    )
    ca.add_argument("key", nargs="?", metavar="KEY", help=say("cli.ca_key", language))
    ca.add_argument("--host", metavar="NAME", help=say("cli.ca_host", language))
    ca.add_argument("--port", type=_positive, default=8883, metavar="N", help=say("cli.ca_port", language))
    ca.add_argument("--bind", default="", metavar="ADDRESS", help=say("cli.ca_bind", language))


def _add(
    parser: argparse.ArgumentParser,
    language: Language,
    flag: str,
    metavar: str,
    fallback: str | None = None,
    **more: Any,
) -> None:
    """An option that the environment may give instead: ``ISONOMIA_COLLECTOR_DATA`` for ``--data``."""
    name = flag.removeprefix("--")
    default = os.environ.get(f"{VARIABLE}{name.upper()}", fallback)
    about = _or_variable(name, language)
    parser.add_argument(flag, default=default, required=default is None, metavar=metavar, help=about, **more)


def _or_variable(name: str, language: Language) -> str:
    return say(
        "cli.or_variable", language, about=say(f"cli.{name}", language), name=f"{VARIABLE}{name.upper()}"
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


if __name__ == "__main__":
    sys.exit(main())

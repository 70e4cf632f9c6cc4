"""``isonomia-collector``: init, key, serve, show, seal, ca. Translates and exits; the work is elsewhere.

Exit codes, as the probe's: 0 done, 2 wrong usage, 3 something must be set up or repaired first.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

import msgspec

from collector import quiet_log, reader, settings, wiring
from collector.data_folder import DataFolder, describe_key
from collector.homes.command import add_parser as add_homes
from collector.homes.command import run as homes
from collector.messages import Language, Trouble, language_of, say
from collector.pages import Pages
from probe.measurement.keys import KeyFileError
from probe.trouble import EXIT_OK, EXIT_SET_UP, EXIT_USAGE


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
    language = _language_in(words)
    options = _parser(language).parse_args(words)
    emitter = Emitter(sys.stdout, language, as_json=options.json)
    folder = DataFolder(options.data.absolute())
    try:
        match options.command:
            case "init":
                emitter.say("cli.initialised", data=str(folder.root), **describe_key(folder.create()))
            case "key":
                emitter.say("cli.key_shown", **describe_key(folder.open()))
            case "show":
                emitter.say("cli.shown", **_counts(folder))
            case "homes":
                homes(folder, options, emitter.say, wiring.unix_us())
            case "ca":
                from collector.mqtt import command

                command.run(folder, options, emitter.say)
            case "seal":
                return _seal(folder, options, emitter, language)
            case _:
                _serve(folder, options, emitter)
    except Trouble as trouble:
        print(trouble.text(language), file=sys.stderr)
        return EXIT_USAGE if trouble.message_id == "cli.bad_listen" else EXIT_SET_UP
    except (KeyFileError, OSError) as error:
        print(error, file=sys.stderr)
        return EXIT_SET_UP
    return EXIT_OK


def _serve(folder: DataFolder, options: argparse.Namespace, emitter: Emitter) -> None:
    host, port = _host_and_port(options.listen)
    key = describe_key(folder.open())
    operator_settings = settings.load(options.operator)
    quiet_log.configure()
    pages = Pages.of(options.pages, options.inside, options.inside_token)

    def announce(url: str) -> None:
        emitter.say("cli.listening", url=url, **key)

    try:
        asyncio.run(wiring.serve(folder, operator_settings, host, port, announce, pages))
    except OSError as error:
        if error.filename is not None:
            raise
        raise Trouble("cli.cannot_listen", detail=options.listen, reason=error.strerror or error) from error
    emitter.say("cli.stopped")


def _seal(folder: DataFolder, options: argparse.Namespace, emitter: Emitter, language: Language) -> int:
    from collector import seal_command

    def report(trouble: Trouble) -> None:
        print(trouble.text(language), file=sys.stderr, flush=True)

    orders = seal_command.Orders(options.archive, options.every, options.keep_days)
    return EXIT_OK if seal_command.run(folder, orders, emitter.say, report) else EXIT_SET_UP


def _counts(folder: DataFolder) -> dict[str, object]:
    folder.open()
    plans = reader.read_plans(folder.root)
    return {
        "data": str(folder.root),
        **vars(reader.count(folder.root)),
        "probes": len(reader.read_rosters(folder.root)),
        "plan_serial": plans[-1].serial if plans else 0,
    }


def _host_and_port(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not separator or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise Trouble("cli.bad_listen", detail=text)
    return host, int(port)


def _language_in(words: Sequence[str]) -> Language:
    """``--lang`` decides the language of the help too, so it is looked for before anything is parsed."""
    for flag, value in pairwise(words):
        if flag == "--lang" and value in ("fr", "en"):
            return "fr" if value == "fr" else "en"
    return language_of()


def _parser(language: Language) -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--data", type=Path, required=True, metavar="DIR", help=say("cli.data", language))
    shared.add_argument("--json", action="store_true", help=say("cli.json", language))
    shared.add_argument("--lang", choices=("fr", "en"), default=language, help=say("cli.lang", language))
    parser = argparse.ArgumentParser(prog="isonomia-collector", description=say("cli.about", language))
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="init|key|serve|show|seal|homes|ca"
    )
    for name in ("init", "key", "show"):
        commands.add_parser(name, parents=[shared], help=say(f"cli.{name}", language))
    serve = commands.add_parser("serve", parents=[shared], help=say("cli.serve", language))
    serve.add_argument(
        "--operator", type=Path, required=True, metavar="FILE", help=say("cli.operator", language)
    )
    serve.add_argument(
        "--listen", default="127.0.0.1:8080", metavar="HOST:PORT", help=say("cli.listen", language)
    )
    for name, shape in (("pages", "DIR"), ("inside", "DIR"), ("inside_token", "FILE")):
        text = say(f"cli.{name}", language)
        serve.add_argument(f"--{name.replace('_', '-')}", type=Path, metavar=shape, help=text)
    seal = commands.add_parser("seal", parents=[shared], help=say("cli.seal", language))
    seal.add_argument("--archive", metavar="URL", help=say("cli.archive", language))
    seal.add_argument("--keep-days", type=_positive, metavar="N", help=say("cli.keep_days", language))
    _add_ca(commands, shared, language)
    when = seal.add_mutually_exclusive_group()
    when.add_argument("--once", action="store_true", help=say("cli.once", language))
    when.add_argument("--every", type=_positive, metavar="N", help=say("cli.every", language))
    add_homes(commands, shared, language)
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


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


if __name__ == "__main__":
    sys.exit(main())

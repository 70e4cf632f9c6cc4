"""``isonomia-collector serve``: the server, from a command line."""

import argparse
import asyncio
import os

from collector import quiet_log, settings, wiring
from collector.data_folder import DataFolder, describe_key
from collector.messages import Trouble
from collector.pages import Pages
from collector.process import Say
from probe.memory import collect_seldom, keep_one_arena


def run(folder: DataFolder, options: argparse.Namespace, say: Say) -> None:
    """Collect until SIGTERM or SIGINT. Raises ``Trouble`` and ``OSError``."""
    keep_one_arena()
    collect_seldom()
    host, port = _host_and_port(options.listen)
    key = describe_key(folder.open())
    operator_settings = settings.load(options.operator)
    quiet_log.configure(as_json=quiet_log.as_asked(os.environ))
    pages = Pages.of(options.pages, options.inside, options.inside_token)

    def announce(url: str) -> None:
        say("cli.listening", url=url, **key)

    try:
        asyncio.run(wiring.serve(folder, operator_settings, host, port, announce, pages))
    except OSError as error:
        if error.filename is not None:
            raise
        raise Trouble("cli.cannot_listen", detail=options.listen, reason=error.strerror or error) from error
    say("cli.stopped")


def _host_and_port(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not separator or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise Trouble("cli.bad_listen", detail=text)
    return host, int(port)

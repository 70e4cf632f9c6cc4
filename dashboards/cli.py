"""The command `isonomia-dashboards`: for now it says what it will show, and when."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata

from dashboards.messages import text

EXIT_NOT_YET = 4


def system_language(environ: Mapping[str, str]) -> str:
    """``fr`` if the environment's locale is French, else ``en`` (POSIX order: LC_ALL, LC_MESSAGES, LANG)."""
    locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "fr" if locale.lower().startswith("fr") else "en"


def version() -> str:
    """The installed version, or ``?`` where the folder is used without being installed."""
    try:
        return metadata.version("isonomia")
    except metadata.PackageNotFoundError:
        return "?"


def parser(lang: str) -> argparse.ArgumentParser:
    """The command line, its help in ``lang``."""
    made = argparse.ArgumentParser(
        prog="isonomia-dashboards",
        description=text("about", lang),
        epilog=text("to_come", lang, version=version()),
    )
    made.add_argument("--lang", choices=("fr", "en"), default=lang, help=text("language", lang))
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Say that nothing is drawn yet; exit 4, so that a script does not take it for boards written."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # The help itself is in the language asked for, so that language is looked up before the rest.
    first = argparse.ArgumentParser(add_help=False)
    first.add_argument("--lang", choices=("fr", "en"), default=system_language(os.environ))
    lang: str = first.parse_known_args(arguments)[0].lang
    parser(lang).parse_args(arguments)
    print(text("to_come", lang, version=version()), file=sys.stderr)
    return EXIT_NOT_YET

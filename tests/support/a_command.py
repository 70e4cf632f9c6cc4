"""A subcommand for the test of ``dashboards.cli``: it answers with the number it is given."""

import argparse

from dashboards.messages import Language


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """One number."""
    parser.add_argument("--answer", type=int, default=0, help=language)


def run(options: argparse.Namespace, language: Language) -> int:
    """The number, and the language on standard output."""
    print(language)
    return int(options.answer)

"""How the four command lines read what was typed: help, usage and mistakes in the person's language, as far as argparse allows."""

import argparse
import os
import re
import sys
import textwrap
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, Literal, NoReturn

from probe.messages import LANGUAGES, language_of, text
from probe.trouble import EXIT_USAGE

Language = Literal["fr", "en"]


def language_in(words: Sequence[str]) -> Language:
    """``--lang`` decides the language of the help too, so it is looked for before anything is parsed; else the environment."""
    asked = [
        value if flag == "--lang" else flag.partition("=")[2]
        for flag, value in pairwise([*words, ""])
        if flag == "--lang" or flag.startswith("--lang=")
    ]
    language = asked[-1] if asked and asked[-1] in LANGUAGES else language_of(os.environ)
    return "fr" if language == "fr" else "en"


class Parser(argparse.ArgumentParser):
    """An argument parser that speaks the person's language, as far as argparse allows."""

    language = "en"

    def __init__(self, *, for_parents: bool = False, **options: Any) -> None:
        super().__init__(add_help=False, formatter_class=Formatter, allow_abbrev=False, **options)
        self._optionals.title = text("help.options", self.language)
        self._positionals.title = text("help.arguments", self.language)
        if not for_parents:
            self.add_argument("-h", "--help", action="help", help=text("help.help", self.language))

    def error(self, message: str) -> NoReturn:
        """Usage, what was wrong and where to read more; exit 2. The message begins with the program's name alone."""
        self.print_usage(sys.stderr)
        said = text(
            "error.usage", self.language, reason=_translated(message, self.language), command=self.prog
        )
        program = self.prog.removeprefix("python -m ").split()[0]
        sys.stderr.write(f"{program}: {said}\n")
        raise SystemExit(EXIT_USAGE)


FAULTS: Final = (
    (r"the following arguments are required: (?P<what>.+)", "usage.required"),
    (r"unrecognized arguments: (?P<what>.+)", "usage.unrecognised"),
    (
        r"argument (?P<what>.+?): invalid choice: (?P<typed>.+?) \(choose from (?P<choices>.+)\)",
        "usage.choice",
    ),
    (r"argument (?P<what>.+?): expected (?:one|at least one|\d+) arguments?", "usage.one"),
    (r"argument (?P<what>.+?): not allowed with argument (?P<other>.+)", "usage.excluded"),
    (r"one of the arguments (?P<what>.+) is required", "usage.one_of"),
    (r"argument (?P<what>.+?): invalid \w+ value: (?P<typed>.+)", "usage.unreadable"),
    (r"argument (?P<what>.+?): (?P<reason>.+)", "usage.wrong"),
)
"""What argparse says, and the message that says it for people; any other sentence stays as it is."""


def _translated(said: str, language: str) -> str:
    for pattern, identifier in FAULTS:
        if found := re.fullmatch(pattern, said):
            return text(identifier, language, **found.groupdict())
    return said


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the examples' lines, fills what is one line, and says "usage" in the person's language."""

    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        """See argparse."""
        said = text("help.usage", Parser.language) + " " if prefix is None else prefix
        super().add_usage(usage, actions, groups, said)

    def _fill_text(self, words: str, width: int, indent: str) -> str:
        """See argparse: a text of several lines is an example, and stays as it is."""
        if "\n" in words:
            return super()._fill_text(words, width, indent)
        return textwrap.fill(words, width, initial_indent=indent, subsequent_indent=indent)

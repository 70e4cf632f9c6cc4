"""Trouble: what stops a command, as the id of a message and its facts; the command line says it and exits.

Trouble
  UsageTrouble      exit 2: what was typed cannot be done
  SetUpTrouble      exit 3: something must be set up or repaired first
  NothingMeasured   exit 1: the command was sound, and yet nothing was measured
"""

from typing import Final

EXIT_OK: Final = 0
EXIT_NOTHING: Final = 1
EXIT_USAGE: Final = 2
EXIT_SET_UP: Final = 3


class Trouble(Exception):
    """What, where and what to do: message ``error.<code>`` with ``facts`` in its places."""

    exit_code = EXIT_SET_UP

    def __init__(self, code: str, /, **facts: object) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts


class SetUpTrouble(Trouble):
    """Something must be set up or repaired first."""


class UsageTrouble(Trouble):
    """What was typed cannot be done."""

    exit_code = EXIT_USAGE


class NothingMeasured(Trouble):
    """Nothing was measured."""

    exit_code = EXIT_NOTHING

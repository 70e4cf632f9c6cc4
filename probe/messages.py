"""Every text a person sees of the probe: one id, French and English, with the same places to fill.

Ids begin with where the text stands: ``help.`` the command line's help, ``event.`` a line of a run, ``error.``
what stops a command (what, where, what to do), ``consent.`` what is agreed to at ``join``, ``reason.`` why something
was not measured, ``usage.`` a fault in what was typed.
"""

import re
from collections.abc import Mapping
from typing import Final

from probe.catalogue.messages import TEXTS as CATALOGUE_TEXTS
from probe.consent_messages import CONSENT_MESSAGES
from probe.errands.messages import ERRAND_MESSAGES
from probe.event_messages import EVENT_MESSAGES
from probe.help_messages import HELP_MESSAGES
from probe.home_messages import HOME_MESSAGES
from probe.printable import printable
from probe.reason_messages import REASON_MESSAGES
from probe.status_messages import STATUS_MESSAGES
from probe.trouble_messages import TROUBLE_MESSAGES

LANGUAGES: Final = ("fr", "en")

MESSAGES: Final[dict[str, dict[str, str]]] = {
    **HELP_MESSAGES,
    **CONSENT_MESSAGES,
    **EVENT_MESSAGES,
    **TROUBLE_MESSAGES,
    **ERRAND_MESSAGES,
    **HOME_MESSAGES,
    **REASON_MESSAGES,
    "usage.required": {"fr": "il manque {what}", "en": "{what} is missing"},
    "usage.unrecognised": {"fr": "argument inconnu : {what}", "en": "unknown argument: {what}"},
    "usage.choice": {
        "fr": "{what} : {typed} n’est pas parmi {choices}",
        "en": "{what}: {typed} is not one of {choices}",
    },
    "usage.one": {"fr": "{what} : il faut une valeur", "en": "{what}: a value is needed"},
    "usage.excluded": {"fr": "{what} : pas avec {other}", "en": "{what}: not together with {other}"},
    "usage.one_of": {"fr": "il faut l’un de : {what}", "en": "one of these is needed: {what}"},
    "usage.unreadable": {
        "fr": "{what} : {typed} ne se lit pas comme il faut",
        "en": "{what}: {typed} cannot be read as what is wanted",
    },
    "usage.wrong": {"fr": "{what} : {reason}", "en": "{what}: {reason}"},
    "usage.too_long": {
        "fr": "il faut entre 1 et {most} caractères",
        "en": "between 1 and {most} characters are needed",
    },
    "usage.number": {
        "fr": "« {typed} » n’est pas un nombre de {least} à {most}",
        "en": '"{typed}" is not a number from {least} to {most}',
    },
    **CATALOGUE_TEXTS,
    **STATUS_MESSAGES,
}


def text(identifier: str, language: str, /, **facts: object) -> str:
    """The text ``identifier`` in ``language`` ("fr" or "en"), its places filled; raises ``KeyError``.

    What fills them may come from outside: each fact is one line without control characters.
    """
    template = MESSAGES[identifier][language]
    shown = {name: printable(str(fact)) for name, fact in facts.items()}
    return (_spaced(template) if language == "fr" else template).format(**shown)


def language_of(environ: Mapping[str, str]) -> str:
    """The language that LC_ALL, LC_MESSAGES or LANG ask for, in this order; English unless it is French."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return "fr" if environ[name].lower().startswith("fr") else "en"
    return "en"


def _spaced(template: str) -> str:
    """French typography: the space before a double sign does not break. The table is kept in plain spaces."""
    template = re.sub(r" ([;!?])", "\u202f\\1", template)
    return re.sub(r" ([:»])", "\u00a0\\1", template).replace("« ", "«\u00a0")

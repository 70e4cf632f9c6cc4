"""Texts of the command ``isonomia-dashboards`` itself; those of boards and pages stand in ``messages`` beside them."""

import os
from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["fr", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")

MESSAGES: Final[dict[str, dict[Language, str]]] = {
    "cli.about": {
        "fr": "Isonomia : tableaux de bord et pages publiques, à partir des constats de l’analyse.",
        "en": "Isonomia: boards and public pages, drawn from the analysis’s findings.",
    },
    "cli.lang": {
        "fr": "langue des textes : fr ou en (par défaut, celle du système)",
        "en": "language of the texts: fr or en (by default, the system’s)",
    },
    "cli.site": {
        "fr": "écrit les pages publiques, ou l’édition interne, à partir d’un export",
        "en": "write the public pages, or the inside edition, from an export",
    },
    "cli.json": {"fr": "une ligne JSON au lieu de phrases", "en": "one JSON line instead of sentences"},
    "cli.extra": {
        "fr": "il manque le paquet « {name} » ; installez : pip install 'isonomia[{extra}]'",
        "en": "the package “{name}” is missing; install: pip install 'isonomia[{extra}]'",
    },
    "cli.boards": {
        "fr": "écrit les tableaux de bord Grafana, les alertes et leur provisionnement en fichiers",
        "en": "write the Grafana boards, the alerts and their provisioning as files",
    },
    "cli.push": {
        "fr": "envoie tableaux de bord, dossiers, sources et alertes à un Grafana ; relancé, ne change rien",
        "en": "send boards, folders, data sources and alerts to a Grafana; run again, it changes nothing",
    },
}


def say(message_id: str, language: Language, **values: object) -> str:
    """The text of ``message_id`` in ``language`` with its ``values``; raises ``KeyError`` for an unknown id."""
    return MESSAGES[message_id][language].format(**values)


def language_of(environment: Mapping[str, str] = os.environ) -> Language:
    """French where the environment speaks French (POSIX order: LC_ALL, LC_MESSAGES, LANG), English else."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name)
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"

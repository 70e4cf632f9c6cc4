"""Texts of ``isonomia-dashboards site`` on a terminal."""

from typing import Final

from dashboards.messages import Language

MESSAGES: Final[dict[str, dict[Language, str]]] = {
    "export": {
        "fr": "export écrit par isonomia-analysis export-public (ou export-inside)",
        "en": "export written by isonomia-analysis export-public (or export-inside)",
    },
    "out": {
        "fr": "dossier des pages ; vide, ou déjà écrit par cette commande",
        "en": "folder of the pages; empty, or written by this command before",
    },
    "watch": {
        "fr": "récrit les pages quand l’export change",
        "en": "write the pages anew when the export changes",
    },
    "serve": {
        "fr": "montre les pages sur 127.0.0.1 (port libre par défaut)",
        "en": "show the pages on 127.0.0.1 (a free port by default)",
    },
    "serving": {
        "fr": "Pages servies : {url} (Ctrl+C pour arrêter)",
        "en": "Pages served: {url} (Ctrl+C to stop)",
    },
    "written": {
        "fr": "Pages écrites : {path} ({files} fichiers, {kilobytes} ko, {seconds} s)",
        "en": "Pages written: {path} ({files} files, {kilobytes} kB, {seconds} s)",
    },
    "no_export": {
        "fr": "{path} : ce n’est pas un export lisible ({detail}) ; faites-en un : isonomia-analysis export-public --store … --registration … --out FICHIER",
        "en": "{path}: not a readable export ({detail}); make one: isonomia-analysis export-public --store … --registration … --out FILE",
    },
    "not_ours": {
        "fr": "{path} n’est pas vide et n’a pas été écrit par cette commande ; donnez un dossier vide",
        "en": "{path} is not empty and was not written by this command; give an empty folder",
    },
    "cannot_write": {
        "fr": "{path} : écriture impossible ({detail})",
        "en": "{path}: cannot be written ({detail})",
    },
}


def say(message_id: str, language: Language, **values: object) -> str:
    """The text of ``message_id`` in ``language``; raises ``KeyError`` for an unknown id."""
    return MESSAGES[message_id][language].format(**values)

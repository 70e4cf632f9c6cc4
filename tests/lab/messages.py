"""What the lab says to a person, one id each, in French and English."""

from __future__ import annotations

import os

MESSAGES: dict[str, dict[str, str]] = {
    "lab_needs_tools": {
        "fr": "Le laboratoire a besoin d’outils qui manquent ici : {tools}. Exécutez en root :\n  {line}",
        "en": "The lab needs tools that are missing here: {tools}. Run as root:\n  {line}",
    },
    "lab_needs_start": {
        "fr": "Le laboratoire n’a pas été démarré en root ni dans un espace de noms utilisateur. Exécutez :\n  {line}",
        "en": "The lab was started neither as root nor in a user namespace. Run:\n  {line}",
    },
    "lab_needs_privileges": {
        "fr": "Le laboratoire a besoin de root ou d’espaces de noms utilisateur, et ce noyau les refuse ({reason})."
        " Exécutez en root :\n  {line}",
        "en": "The lab needs root or user namespaces, and this kernel refuses them ({reason}). Run as root:\n  {line}",
    },
}


def text(message_id: str, **values: str) -> str:
    """Return a message in the language of LC_ALL, LC_MESSAGES or LANG (French if it begins with "fr", else English)."""
    language = next((v for k in ("LC_ALL", "LC_MESSAGES", "LANG") if (v := os.environ.get(k))), "")
    return MESSAGES[message_id]["fr" if language.startswith("fr") else "en"].format(**values)

"""Every text of the dashboards that a person sees, in French and English."""

from typing import Final

MESSAGES: Final[dict[str, dict[str, str]]] = {
    "about": {
        "fr": "Isonomia : tableaux de bord et pages publiques, à partir des constats de l’analyse.",
        "en": "Isonomia: boards and public pages, drawn from the analysis’s findings.",
    },
    "to_come": {
        "fr": (
            "Cette version ({version}) ne dessine encore rien. Une version ultérieure apportera les tableaux de bord "
            "Grafana (pour les opérateurs) et le site public (un verdict en toutes lettres, un tableau et un CSV sous "
            "chaque figure). D’ici là, « isonomia-analysis judge » affiche les constats."
        ),
        "en": (
            "This release ({version}) draws nothing yet. A later one brings Grafana boards (for operators) and the "
            "public site (a verdict in words, a table and a CSV under every picture). Until then, "
            "“isonomia-analysis judge” shows the findings."
        ),
    },
    "language": {
        "fr": "langue des textes : fr ou en (par défaut, celle du système)",
        "en": "language of the texts: fr or en (by default, the system’s)",
    },
}


def text(message: str, lang: str, **values: str) -> str:
    """The message with this id in ``lang`` (``fr`` or ``en``), its places filled; KeyError for an unknown id."""
    return MESSAGES[message][lang].format(**values)

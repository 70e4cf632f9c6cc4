"""Texts of boards, columns and alerts: one id, French and English."""

from typing import Final

from dashboards.grafana.messages_columns import CODES, COLUMNS
from dashboards.grafana.messages_panels import PANELS
from dashboards.messages import LANGUAGES, Language

_BOARDS: Final[dict[str, dict[Language, str]]] = {
    "folder.inside": {"fr": "Isonomia – intérieur", "en": "Isonomia – inside"},
    "folder.public": {"fr": "Isonomia – public", "en": "Isonomia – public"},
    "folder.alerts": {"fr": "Isonomia – alertes", "en": "Isonomia – alerts"},
    "board.overview": {"fr": "Vue d’ensemble", "en": "Overview"},
    "board.cell": {"fr": "Réseau et service", "en": "Network and service"},
    "board.finding": {"fr": "Constat", "en": "Finding"},
    "board.comparison": {
        "fr": "Comparaison et pratiques déclarées",
        "en": "Comparison and declared practices",
    },
    "board.fleet": {"fr": "Parc de sondes et collecteur", "en": "Fleet and collector"},
    "var.brand": {"fr": "Fournisseur", "en": "Provider"},
    "var.technology": {"fr": "Technologie", "en": "Technology"},
    "var.plan_class": {"fr": "Forfait", "en": "Plan"},
    "var.service": {"fr": "Service", "en": "Service"},
    "var.direction": {"fr": "Sens", "en": "Direction"},
    "var.network": {"fr": "Réseau (AS)", "en": "Network (AS)"},
    "var.area": {"fr": "Région", "en": "Region"},
    "var.access": {"fr": "Technologie", "en": "Technology"},
    "annotation.states": {"fr": "États des constats", "en": "States of findings"},
    "annotation.catalogue": {"fr": "Changements du catalogue", "en": "Catalogue changes"},
    "annotation.changes": {"fr": "Changements mesurés", "en": "Measured changes"},
    "annotation.practices": {"fr": "Pratiques déclarées", "en": "Declared practices"},
    "link.board": {"fr": "Ouvrir le constat", "en": "Open the finding"},
    "link.page": {"fr": "Ouvrir la page publique", "en": "Open the public page"},
}

_ALERTS: Final[dict[str, dict[Language, str]]] = {
    "alert.grade": {"fr": "Constat de degré 3 ou plus", "en": "Finding of grade 3 or more"},
    "alert.grade.help": {
        "fr": "Une cellule a atteint le degré 3 et personne ne l’a inscrite au registre des états : reproduire avec des paires neuves, puis notifier. Ne rien publier avant.",
        "en": "A cell has reached grade 3 and nobody has entered it in the ledger of states: replicate with fresh pairs, then notify. Publish nothing before.",
    },
    "alert.disruption": {"fr": "Perturbation : les témoins échouent", "en": "Disruption: controls fail"},
    "alert.disruption.help": {
        "fr": "La moitié des témoins d’un réseau échouent depuis une heure : réseau ou répondeur en panne, pas un tri.",
        "en": "Half of a network’s controls have failed for an hour: a network or a responder is down, nobody selects.",
    },
    "alert.silent": {"fr": "Parc silencieux", "en": "Fleet silent"},
    "alert.silent.help": {
        "fr": "Aucune paire depuis six heures : collecteur, plan ou répondeurs.",
        "en": "No pair for six hours: collector, plan or responders.",
    },
    "alert.lag": {"fr": "Alimentation en retard ou arrêtée", "en": "Feed lagging or stopped"},
    "alert.lag.help": {
        "fr": "Les tableaux ne montrent pas ce que le collecteur a reçu. Rien n’est perdu : voir « timeseries status ».",
        "en": "The boards do not show what the collector has. Nothing is lost: see “timeseries status”.",
    },
    "alert.disk": {"fr": "Disque presque plein", "en": "Disk almost full"},
    "alert.disk.help": {
        "fr": "Moins d’un dixième du disque est libre : sceller, agrandir ou déplacer l’archive.",
        "en": "Less than a tenth of the disk is free: seal, enlarge, or move the archive.",
    },
}

_COMMANDS: Final[dict[str, dict[Language, str]]] = {
    "boards.out": {
        "fr": "dossier où écrire (par défaut : deploy/grafana)",
        "en": "folder to write to (by default: deploy/grafana)",
    },
    "boards.check": {
        "fr": "ne rien écrire ; dire ce qui différerait",
        "en": "write nothing; say what would differ",
    },
    "boards.written": {"fr": "{files} fichiers, {changed} changés", "en": "{files} files, {changed} changed"},
    "boards.stale": {"fr": "différent : {path}", "en": "differs: {path}"},
    "push.url": {
        "fr": "adresse de Grafana ; le jeton du compte de service dans GRAFANA_TOKEN",
        "en": "Grafana’s address; the service account’s token in GRAFANA_TOKEN",
    },
    "push.surface": {
        "fr": "quelle face : l’intérieur, ou le public (dans une autre organisation ou une autre instance)",
        "en": "which surface: the inside, or the public (in another organisation or another instance)",
    },
    "push.database": {
        "fr": "adresse de la base telle que Grafana la voit ; son jeton dans INFLUX_TOKEN",
        "en": "the database’s address as Grafana sees it; its token in INFLUX_TOKEN",
    },
    "push.dry_run": {
        "fr": "ne rien changer ; montrer les différences",
        "en": "change nothing; show the differences",
    },
    "push.only": {
        "fr": "n’envoyer que cela ; permissions : ce que les fichiers de provisionnement ne savent pas poser",
        "en": "send nothing else; permissions: what provisioning files cannot set",
    },
    "push.no_database": {
        "fr": "il manque --database, l’adresse de la base telle que Grafana la voit",
        "en": "--database is missing: the database’s address as Grafana sees it",
    },
    "push.line": {"fr": "{verb} {what}", "en": "{verb} {what}"},
    "push.no_token": {"fr": "il manque le jeton GRAFANA_TOKEN", "en": "the token GRAFANA_TOKEN is missing"},
    "push.failed": {
        "fr": "Grafana refuse ou ne répond pas : {detail}",
        "en": "Grafana refuses or does not answer: {detail}",
    },
}

MESSAGES: Final = {**_BOARDS, **PANELS, **COLUMNS, **CODES, **_ALERTS, **_COMMANDS}


def say(message_id: str, language: Language, **values: object) -> str:
    """The text of ``message_id`` in ``language`` with its ``values``; raises ``KeyError`` for an unknown id."""
    return MESSAGES[message_id][language].format(**values)


def both(message_id: str) -> str:
    """The text in French, then in English where that differs: for what Grafana has once, whoever reads it."""
    return " · ".join(dict.fromkeys(say(message_id, language) for language in LANGUAGES))

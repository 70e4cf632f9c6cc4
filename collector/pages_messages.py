"""Texts of the pages that a collector serves, as in ``collector.messages``."""

from typing import Final, Literal

PAGES_MESSAGES: Final[dict[str, dict[Literal["fr", "en"], str]]] = {
    "cli.pages": {
        "fr": "dossier des pages publiques, servi sous /site/ (isonomia-dashboards site)",
        "en": "folder of the public pages, served under /site/ (isonomia-dashboards site)",
    },
    "cli.inside": {
        "fr": "dossier de l’édition interne, servi sous /inside/ à qui porte le jeton",
        "en": "folder of the inside edition, served under /inside/ to who bears the token",
    },
    "cli.inside_token": {
        "fr": "fichier qui contient le jeton de l’édition interne",
        "en": "file that holds the inside edition’s token",
    },
    "cli.no_inside_token": {
        "fr": "{path} : il faut un jeton d’au moins {least} caractères pour servir l’édition interne (--inside-token) ; faites-en un : openssl rand -hex 32 > FICHIER",
        "en": "{path}: serving the inside edition takes a token of at least {least} characters (--inside-token); make one: openssl rand -hex 32 > FILE",
    },
}

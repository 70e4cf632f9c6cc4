"""Texts of the parity index: one id, French and English, as in ``messages``."""

from typing import Final

from analysis.words import Language

PARITY: Final[dict[str, dict[Language, str]]] = {
    "cli.parity": {
        "fr": "l’indice de parité : les services d’ici face aux plateformes mondiales, sur les mêmes lignes (interne)",
        "en": "the parity index: services from here against global platforms, on the same lines (inside)",
    },
    "parity.inside": {
        "fr": "Indice de parité, surface interne : rien de ceci n’est public avant d’être publié comme constat.",
        "en": "Parity index, inside surface: none of this is public before it is published as a finding.",
    },
    "parity.origin": {"fr": "origine", "en": "origin"},
    "parity.sector": {"fr": "secteur", "en": "sector"},
    "parity.language": {"fr": "langue", "en": "language"},
    "parity.everywhere": {"fr": "toutes les lignes", "en": "all lines"},
    "parity.line": {
        "fr": "{dimension} {group}, {where} : débit {ratio} fois celui des plateformes mondiales [{low} ; {high}], échecs {failures} de plus ; {lines} lignes, {services} services, {platforms} plateformes, {pairs} paires",
        "en": "{dimension} {group}, {where}: {ratio} times the rate of global platforms [{low}; {high}], failures {failures} more; {lines} lines, {services} services, {platforms} platforms, {pairs} pairs",
    },
    "parity.withheld": {
        "fr": "{dimension} {group}, {where} : trop peu de lignes pour un chiffre ({lines} lignes, {services} services, {platforms} plateformes, {pairs} paires)",
        "en": "{dimension} {group}, {where}: too few lines for a figure ({lines} lines, {services} services, {platforms} platforms, {pairs} pairs)",
    },
    "parity.limits": {
        "fr": "Chaque débit est déjà comparé à un témoin sur la même ligne. L’indice décrit ; il ne prouve rien, n’accuse personne et ne voit pas ce qui dépasse l’allure des mesures.",
        "en": "Each rate is already compared with a control on the same line. The index describes; it proves nothing, accuses nobody and does not see what lies above the pace of the measurements.",
    },
}

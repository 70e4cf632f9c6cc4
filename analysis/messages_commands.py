"""Texts of the commands register and judge, and of the page of power: one id, French and English, as in ``messages``."""

from typing import Final

from analysis.words import Language

COMMANDS: Final[dict[str, dict[Language, str]]] = {
    "cli.about": {
        "fr": "L’analyse d’Isonomia : dépose ce qui sera jugé, puis juge ce que le collecteur a gardé.",
        "en": "Isonomia’s analysis: registers what will be judged, then judges what the collector has kept.",
    },
    "cli.register": {
        "fr": "dépose les cellules, les règles et les constantes d’un trimestre, avant de regarder",
        "en": "register the cells, rules and constants of a quarter, before looking",
    },
    "cli.judge": {
        "fr": "juge les cellules déposées et explique chaque constat",
        "en": "judge the registered cells and explain each finding",
    },
    "cli.store": {"fr": "dossier de données du collecteur", "en": "the collector’s data folder"},
    "cli.registration": {"fr": "fichier du dépôt", "en": "the registration’s file"},
    "cli.out_registration": {
        "fr": "fichier du dépôt à écrire (jamais écrasé)",
        "en": "the registration’s file to write (never overwritten)",
    },
    "cli.brand": {
        "fr": "marque de FAI à juger, telle que les foyers la déclarent (répétable ; unknown : non déclarée)",
        "en": "ISP brand to judge, as homes declare it (repeatable; unknown: not declared)",
    },
    "cli.asn": {
        "fr": 'réseau d’une marque, par exemple "FAI Labo=AS64500" (répétable) ; sans lui, rien de cette marque n’est jugé',
        "en": 'a brand’s network, for example "FAI Labo=AS64500" (repeatable); without one, nothing of that brand is judged',
    },
    "cli.without_asn": {
        "fr": "Attention : aucun réseau (--asn) n’est déposé pour {brand} ; rien de cette marque ne sera jugé.",
        "en": "Note: no network (--asn) is registered for {brand}; nothing of this brand will be judged.",
    },
    "cli.technology": {
        "fr": "technologie d’accès à juger (répétable)",
        "en": "access technology to judge (repeatable)",
    },
    "cli.plan_class": {"fr": "classe d’offre à juger (répétable)", "en": "plan class to judge (repeatable)"},
    "cli.direction": {"fr": "sens du transfert (répétable)", "en": "direction of transfer (repeatable)"},
    "cli.quarter": {"fr": "trimestre, par exemple 2026Q4", "en": "quarter, for example 2026Q4"},
    "cli.report_date": {
        "fr": "date de rapport AAAA-MM-JJ (répétable)",
        "en": "report date YYYY-MM-DD (repeatable)",
    },
    "cli.gate": {
        "fr": "service qui éprouve la mesure elle-même : negative, placebo, positive ou neutral=SERVICE (répétable) ; un contrôle déposé doit être réussi",
        "en": "service that tests the measuring itself: negative, placebo, positive or neutral=SERVICE (repeatable); a registered gate must be passed",
    },
    "cli.invitation": {
        "fr": "invitation remise à un foyer, par canal de recrutement (répétable) ; seule son empreinte est déposée",
        "en": "invitation given to a home, by recruitment channel (repeatable); only its hash is registered",
    },
    "cli.responder": {
        "fr": "répondeur, qui l’exploite et dans quel réseau (répétable) ; ! : adresses non publiées",
        "en": "responder, who runs it and on which network (repeatable); !: unpublished addresses",
    },
    "cli.responder_key": {
        "fr": "clé publique d’un répondeur que le plan ne nomme pas encore (répétable) ; celles du plan sont déposées d’elles-mêmes",
        "en": "public key of a responder that the plan does not name yet (repeatable); those of the plan are registered by themselves",
    },
    "cli.json": {"fr": "écrit du JSON au lieu de phrases", "en": "write JSON instead of sentences"},
    "cli.out": {
        "fr": "écrit aussi les constats dans ce fichier JSON",
        "en": "also write the findings to this JSON file",
    },
    "cli.observations": {
        "fr": "écrit les observations dans ce fichier, une ligne JSON par paire",
        "en": "write the observations to this file, a JSON line per pair",
    },
    "cli.full": {
        "fr": "joint à chaque constat les identifiants de ses mesures",
        "en": "put the ids of its measurements into each finding",
    },
    "cli.keep_going": {
        "fr": "compte et nomme les lignes abîmées au lieu de s’arrêter à la première",
        "en": "count and name damaged rows instead of stopping at the first",
    },
    "cli.lang": {"fr": "langue : fr ou en", "en": "language: fr or en"},
    "cli.registered": {
        "fr": "Dépôt écrit : {path}\n  trimestre {quarter}, {cells} cellules, {hypotheses} hypothèses, q = {q}\n  clés des répondeurs : {responders}\n  SHA-256 {sha256}\nPubliez cette empreinte avant le trimestre, puis : isonomia-analysis judge --store {store} --registration {path}",
        "en": "Registration written: {path}\n  quarter {quarter}, {cells} cells, {hypotheses} hypotheses, q = {q}\n  responders’ keys: {responders}\n  SHA-256 {sha256}\nPublish this hash before the quarter, then: isonomia-analysis judge --store {store} --registration {path}",
    },
}

POWER: Final[dict[str, dict[Language, str]]] = {
    "power.about": {
        "fr": "simule la procédure et écrit la page de ce qu’elle trouve, à côté des chiffres de la conception",
        "en": "simulates the procedure and writes the page of what it finds, beside the design’s figures",
    },
    "power.out": {"fr": "page à écrire (Markdown)", "en": "page to write (Markdown)"},
    "power.seed": {
        "fr": "graine du hasard ; la même écrit la même page",
        "en": "seed of chance; the same one writes the same page",
    },
    "power.quick": {
        "fr": "quelques secondes, pour voir que tout tourne ; les chiffres ne valent rien",
        "en": "some seconds, to see that all of it runs; the figures are worth nothing",
    },
    "power.quiet": {"fr": "ne dit pas où il en est", "en": "does not tell where it has got to"},
    "power.step": {"fr": "{seconds} s de calcul : {step}", "en": "{seconds} s of computing: {step}"},
    "power.written": {"fr": "page écrite : {path}", "en": "page written: {path}"},
}

"""The texts of the command line's help. Merged into ``probe.messages.MESSAGES``."""

from typing import Final

HELP_MESSAGES: Final[dict[str, dict[str, str]]] = {
    "help.usage": {"fr": "usage :", "en": "usage:"},
    "help.options": {"fr": "options", "en": "options"},
    "help.arguments": {"fr": "arguments", "en": "arguments"},
    "help.commands": {"fr": "commandes", "en": "commands"},
    "help.command": {"fr": "COMMANDE", "en": "COMMAND"},
    "help.help": {"fr": "affiche cette aide", "en": "show this help"},
    "help.version": {"fr": "affiche la version", "en": "show the version"},
    "help.home": {
        "fr": "dossier de la sonde (sinon $ISONOMIA_HOME, sinon ~/.local/share/isonomia)",
        "en": "the probe's folder (else $ISONOMIA_HOME, else ~/.local/share/isonomia)",
    },
    "help.json": {
        "fr": "un événement JSON par ligne sur la sortie standard, pour un programme",
        "en": "one JSON event a line on standard output, for a program",
    },
    "help.lang": {
        "fr": "langue des textes (sinon celle de l’environnement)",
        "en": "language of the texts (else the environment's)",
    },
    "help.probe": {
        "fr": "Mesure, depuis chez vous, si votre fournisseur d’accès traite tous les services de la même façon.",
        "en": "Measures from your home whether your Internet provider treats all services alike.",
    },
    "help.probe_examples": {
        "fr": "pour commencer :\n"
        "  isonomia-probe join https://collecteur.exemple#0123456789abcdef0123456789abcdef\n"
        "  isonomia-probe run\n"
        "  isonomia-probe status",
        "en": "to begin:\n"
        "  isonomia-probe join https://collector.example#0123456789abcdef0123456789abcdef\n"
        "  isonomia-probe run\n"
        "  isonomia-probe status",
    },
    "help.join": {
        "fr": "rejoint un opérateur : montre ce qui sera mesuré, demande votre accord, crée les clés",
        "en": "join an operator: shows what will be measured, asks for your consent, makes the keys",
    },
    "help.join_examples": {
        "fr": "exemple :\n"
        "  isonomia-probe join https://collecteur.exemple#0123456789abcdef0123456789abcdef \\\n"
        "      --brand « Mon FAI » --technology fibre --region Bretagne\n\n"
        "Ce que vous ne savez pas de votre ligne, ne le dites pas : « unknown » est une réponse honnête.",
        "en": "example:\n"
        "  isonomia-probe join https://collector.example#0123456789abcdef0123456789abcdef \\\n"
        '      --brand "My ISP" --technology fibre --region Brittany\n\n'
        'What you do not know of your line, leave out: "unknown" is an honest answer.',
    },
    "help.target": {
        "fr": "adresse donnée par l’opérateur, en entier, avec son # et l’empreinte de sa clé",
        "en": "the address the operator gave you, whole, with its # and the hash of its key",
    },
    "help.brand": {"fr": "marque de votre fournisseur d’accès", "en": "brand of your Internet provider"},
    "help.technology": {"fr": "technologie de la ligne", "en": "technology of the line"},
    "help.plan_class": {
        "fr": "offre ordinaire, ou dont une option gère le trafic",
        "en": "an ordinary plan, or one with an option that manages traffic",
    },
    "help.region": {"fr": "région du foyer", "en": "region of the home"},
    "help.invitation": {
        "fr": "invitation reçue de l’opérateur",
        "en": "invitation received from the operator",
    },
    "help.lab": {
        "fr": "laboratoire seulement : admet des répondeurs sur des réseaux privés et sur tout port",
        "en": "laboratory only: allow responders on private networks and at any port",
    },
    "help.yes": {
        "fr": "vaut accord : pour un script, après avoir lu le texte",
        "en": "counts as consent: for a script, after reading the text",
    },
    "help.run": {
        "fr": "mesure, signe et envoie ; chaque service à son tour",
        "en": "measure, sign and upload; each service in its turn",
    },
    "help.run_examples": {
        "fr": "exemples :\n"
        "  isonomia-probe run                          une paire par service\n"
        "  isonomia-probe run --service arte --pairs 5\n"
        "  isonomia-probe run --json | jq .            pour un programme\n\n"
        "Ctrl-C arrête après la paire en cours ; deux fois, tout de suite. Rien de mesuré n’est perdu.",
        "en": "examples:\n"
        "  isonomia-probe run                          one pair a service\n"
        "  isonomia-probe run --service arte --pairs 5\n"
        "  isonomia-probe run --json | jq .            for a program\n\n"
        "Ctrl-C stops after the running pair; twice, at once. Nothing that was measured is lost.",
    },
    "help.service": {
        "fr": "service à mesurer, à répéter (sinon tous ceux du plan)",
        "en": "service to measure, may be repeated (else all of the plan)",
    },
    "help.pairs": {"fr": "paires par service (1)", "en": "pairs a service (1)"},
    "help.variant": {
        "fr": "paires courtes (paced), longues (long) ou sans frein (saturate) ; sinon comme le plan le veut",
        "en": "short pairs (paced), long ones (long) or unpaced ones (saturate); else as the plan wants",
    },
    "help.direction": {
        "fr": "vers l’aval (down) ou vers l’amont (up) ; sinon comme le plan le veut",
        "en": "downwards or upwards; else as the plan wants",
    },
    "help.between_pairs_s": {
        "fr": "repos entre deux paires d’un service, en secondes, au lieu de celui du plan (laboratoire)",
        "en": "rest between two pairs of a service, in seconds, instead of the plan's (laboratory)",
    },
    "help.gap_ms": {
        "fr": "silence entre les deux échanges d’une paire, en millisecondes (laboratoire)",
        "en": "silence between the two runs of a pair, in milliseconds (laboratory)",
    },
    "help.upload": {"fr": "envoie les mesures en attente", "en": "upload the measurements that wait"},
    "help.upload_examples": {
        "fr": "exemple :\n  isonomia-probe upload --patience-s 600",
        "en": "example:\n  isonomia-probe upload --patience-s 600",
    },
    "help.by": {
        "fr": "par quelle porte du collecteur envoyer : http, ou mqtt (demande l’option mqtt)",
        "en": "through which of the collector's doors to send: http, or mqtt (needs the extra mqtt)",
    },
    "help.patience_s": {
        "fr": "n’essaie plus d’envoyer après tant de secondes sans progrès",
        "en": "stop trying to upload after so many seconds without progress",
    },
    "help.status": {
        "fr": "montre l’identité, le plan, ce qui attend, ce qui a été refusé, les octets du mois",
        "en": "show the identity, the plan, what waits, what was rejected, this month's bytes",
    },
    "help.status_examples": {
        "fr": "exemple :\n  isonomia-probe status --json",
        "en": "example:\n  isonomia-probe status --json",
    },
    "help.respond": {
        "fr": "répondeur : l’autre bout des échanges, chez l’opérateur",
        "en": "responder: the far end of the transfers, at the operator's",
    },
    "help.respond_examples": {
        "fr": "exemples :\n"
        "  isonomia-probe respond --config repondeur.toml --describe    le bloc pour le fichier du collecteur\n"
        "  isonomia-probe respond --config repondeur.toml",
        "en": "examples:\n"
        "  isonomia-probe respond --config responder.toml --describe    the block for the collector's file\n"
        "  isonomia-probe respond --config responder.toml",
    },
    "help.config": {"fr": "fichier TOML du répondeur", "en": "the responder's TOML file"},
    "help.describe": {
        "fr": "affiche le bloc [[responder]] à donner au collecteur, et s’arrête",
        "en": "print the [[responder]] block for the collector, and stop",
    },
}

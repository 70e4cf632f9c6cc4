"""What ``isonomia-analysis direct`` says, in French and English."""

from typing import Final

from analysis.words import Language

DIRECT: Final[dict[str, dict[Language, str]]] = {
    "cli.direct": {
        "fr": "les fausses réponses que des foyers ont reçues (DNS, pages) : ce qui en est établi, et ce qui manque",
        "en": "the false answers that homes were given (DNS, pages): what is established of them, and what is missing",
    },
    "direct.none": {
        "fr": "aucune fausse réponse ({sights} observations directes)",
        "en": "no false answer ({sights} direct observations)",
    },
    "direct.answer": {
        "fr": "{service} · réseau {network} · {kind} : {answer} · {lines} lignes, {days} jours, vu sans fraude par {elsewhere} lignes ailleurs ; {state}",
        "en": "{service} · network {network} · {kind}: {answer} · {lines} lines, {days} days, seen honestly by {elsewhere} lines elsewhere; {state}",
    },
    "direct.missing": {
        "fr": "observation seulement, il manque : {missing}",
        "en": "an observation only, missing: {missing}",
    },
    "direct.unknown": {"fr": "inconnu", "en": "unknown"},
    "direct.kind.denied": {"fr": "nom nié", "en": "name denied"},
    "direct.kind.false_address": {"fr": "fausse adresse", "en": "false address"},
    "direct.kind.injected": {"fr": "réponse injectée", "en": "injected answer"},
    "direct.kind.page": {"fr": "page substituée", "en": "page in its place"},
    "direct.condition.network_unknown": {"fr": "le réseau, par un témoin", "en": "the network, by a witness"},
    "direct.condition.lines": {"fr": "cinq lignes", "en": "five lines"},
    "direct.condition.router_models": {
        "fr": "deux modèles de box (aucune mesure ne les dit encore)",
        "en": "two router models (no measurement tells them yet)",
    },
    "direct.condition.days": {"fr": "deux jours", "en": "two days"},
    "direct.condition.elsewhere_unseen": {
        "fr": "cinq lignes d’autres réseaux qui voient le service",
        "en": "five lines of other networks that see the service",
    },
    "direct.condition.elsewhere_too": {
        "fr": "l’absence ailleurs : un autre réseau répond de même",
        "en": "absence elsewhere: another network answers the same",
    },
}

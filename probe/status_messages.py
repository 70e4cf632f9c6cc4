"""The texts of ``isonomia-probe status --html``. Merged into ``probe.messages.MESSAGES``."""

from typing import Final

STATUS_MESSAGES: Final[dict[str, dict[str, str]]] = {
    "help.html": {
        "fr": "écrit aussi la page « ma sonde » dans ce fichier",
        "en": "also write the page “my probe” to this file",
    },
    "event.status_page": {"fr": "Page écrite : {path}", "en": "Page written: {path}"},
    "page.title": {"fr": "Ma sonde", "en": "My probe"},
    "page.made": {
        "fr": "Sonde Isonomia pour {operator} ; état du",
        "en": "Isonomia probe for {operator}; as of",
    },
    "page.plan_expired": {
        "fr": "Le plan a expiré : rien n’est mesuré avant que la sonde en reçoive un nouveau.",
        "en": "The plan has expired: nothing is measured before the probe receives a new one.",
    },
    "page.lab": {
        "fr": "Cette sonde est réglée pour un laboratoire.",
        "en": "This probe is set up for a laboratory.",
    },
    "page.h.budget": {"fr": "Octets ce mois-ci", "en": "Bytes this month"},
    "page.budget": {
        "fr": "{spent} dépensés, sur un plafond de {cap} qu’aucun serveur ne peut relever.",
        "en": "{spent} spent, of a cap of {cap} that no server can raise.",
    },
    "page.h.runs": {"fr": "Dernières mesures", "en": "Last measurements"},
    "page.no_runs": {"fr": "Aucun service n’est mesuré.", "en": "No service is measured."},
    "page.h.sent": {"fr": "Ce qui est envoyé", "en": "What is sent"},
    "page.sent.holds": {
        "fr": "Un document tient les temps et les octets de deux transferts, ce que la ligne déclare (marque, technologie, région), la clé du trimestre et une signature.",
        "en": "A document holds times and bytes of two transfers, what the line declares (brand, technology, region), the quarter’s key and a signature.",
    },
    "page.sent.never": {
        "fr": "Jamais : votre adresse, votre nom, ce que vous regardez. Votre fournisseur, lui, voit que cette sonde existe.",
        "en": "Never: your address, your name, what you watch. Your provider, though, sees that this probe exists.",
    },
    "page.waiting": {
        "fr": "En attente d’envoi : {documents} ({bytes}).",
        "en": "Waiting to be sent: {documents} ({bytes}).",
    },
    "page.none_sent": {"fr": "Rien n’a encore été envoyé.", "en": "Nothing has been sent yet."},
    "page.h.rejected": {"fr": "Refusés par le collecteur", "en": "Refused by the collector"},
    "page.h.identity": {"fr": "Cette sonde", "en": "This probe"},
    "page.nothing": {"fr": "Rien encore.", "en": "Nothing yet."},
    "page.more": {"fr": "et {count} autres", "en": "and {count} more"},
    "page.ok": {"fr": "faite", "en": "done"},
    "page.not_ok": {"fr": "échouée ou interrompue", "en": "failed or cut short"},
    "page.operator": {"fr": "Opérateur", "en": "Operator"},
    "page.collector": {"fr": "Collecteur", "en": "Collector"},
    "page.probe": {"fr": "Clé du trimestre", "en": "Quarter’s key"},
    "page.plan": {"fr": "Plan, et jusqu’à quand", "en": "Plan, and until when"},
    "page.country": {"fr": "Pays déclaré", "en": "Declared country"},
    "page.capacity": {"fr": "Capacité de la ligne", "en": "Capacity of the line"},
    "page.folder": {"fr": "Dossier", "en": "Folder"},
    "page.col.month": {"fr": "Mois", "en": "Month"},
    "page.col.bytes": {"fr": "Octets", "en": "Bytes"},
    "page.col.service": {"fr": "Service", "en": "Service"},
    "page.col.last": {"fr": "Dernière paire", "en": "Last pair"},
    "page.col.ended": {"fr": "Issue", "en": "Outcome"},
    "page.col.pairs": {"fr": "Paires en tout", "en": "Pairs in all"},
    "page.col.sent_at": {"fr": "Envoyé", "en": "Sent"},
    "page.col.id": {"fr": "Identifiant (SHA-256)", "en": "Identifier (SHA-256)"},
    "page.col.rejected_at": {"fr": "Refusé", "en": "Refused"},
    "page.col.code": {"fr": "Code", "en": "Code"},
    "page.col.reason": {"fr": "Raison", "en": "Reason"},
    "page.col.what": {"fr": "Quoi", "en": "What"},
    "page.col.value": {"fr": "Valeur", "en": "Value"},
}

"""The texts about homes, in French and in English. Merged into ``collector.messages.MESSAGES``."""

from typing import Final, Literal

HOMES: Final[dict[str, dict[Literal["fr", "en"], str]]] = {
    "rejected.no_possession": {
        "fr": "la clé du trimestre n’a pas signé elle-même la demande ; mettez la sonde à jour, puis refaites « isonomia-probe join »",
        "en": "the quarter’s key has not signed the request itself; update the probe, then run “isonomia-probe join” again",
    },
    "rejected.bad_invitation": {
        "fr": "invitation inconnue ou expirée ; vérifiez le code, ou demandez-en un autre à l’opérateur",
        "en": "unknown or expired invitation; check the code, or ask the operator for another",
    },
    "rejected.invitation_used": {
        "fr": "cette invitation a déjà servi à un autre foyer ; demandez-en une à l’opérateur",
        "en": "another home has used this invitation; ask the operator for one",
    },
    "rejected.invitation_needed": {
        "fr": "cet opérateur n’inscrit que sur invitation ; refaites « isonomia-probe join » avec --invitation",
        "en": "this operator enrols by invitation alone; run “isonomia-probe join” again with --invitation",
    },
    "rejected.awaiting_approval": {
        "fr": "votre demande est notée ; dès que l’opérateur l’aura approuvée, refaites « isonomia-probe join »",
        "en": "your request is noted; once the operator has approved it, run “isonomia-probe join” again",
    },
    "rejected.home_revoked": {
        "fr": "l’opérateur a révoqué ce foyer ; écrivez-lui",
        "en": "the operator has revoked this home; write to him",
    },
    "rejected.home_withdrawn": {
        "fr": "ce foyer s’est retiré ; pour revenir, refaites « isonomia-probe join » dans un dossier neuf",
        "en": "this home has withdrawn; to come back, run “isonomia-probe join” in a fresh folder",
    },
    "rejected.unknown_home": {
        "fr": "cet opérateur ne connaît pas ce foyer : il n’y a rien à effacer ici",
        "en": "this operator does not know this home: there is nothing to delete here",
    },
    "rejected.foreign_withdrawal": {
        "fr": "ce retrait s’adresse à un autre opérateur ({detail}…)",
        "en": "this withdrawal is meant for another operator ({detail}…)",
    },
}

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
        "fr": "votre demande est notée sous le numéro {detail} : donnez-le à l’opérateur, et dès qu’il l’aura approuvée, refaites « isonomia-probe join »",
        "en": "your request is noted as {detail}: tell the operator that number, and once it is approved run “isonomia-probe join” again",
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
    "homes.about": {
        "fr": "foyers : inviter, approuver, révoquer, lister",
        "en": "homes: invite, approve, revoke, list",
    },
    "homes.list": {"fr": "montre chaque foyer", "en": "show every home"},
    "homes.invite": {
        "fr": "fait des invitations, chacune pour un foyer",
        "en": "make invitations, each for one home",
    },
    "homes.approve": {"fr": "approuve un foyer qui attend", "en": "approve a home that waits"},
    "homes.revoke": {"fr": "ne prend plus rien d’un foyer", "en": "take nothing more from a home"},
    "homes.restore": {
        "fr": "lève une révocation : le foyer redevient ce qu’il était",
        "en": "lift a revocation: the home is again what it was",
    },
    "homes.separate": {
        "fr": "déclare qu’un foyer a sa propre ligne bien que son étiquette soit partagée",
        "en": "declare that a home has a line of its own although its tag is shared",
    },
    "homes.channels": {"fr": "montre les canaux de recrutement", "en": "show the recruitment channels"},
    "homes.lines": {
        "fr": "montre les foyers qui semblent partager une ligne",
        "en": "show homes that seem to share a line",
    },
    "homes.ledger": {"fr": "montre chaque décision, datée", "en": "show every decision, dated"},
    "homes.channel": {
        "fr": "canal par lequel ces foyers sont recrutés (association, radio…)",
        "en": "channel through which these homes are recruited (association, radio…)",
    },
    "homes.count": {"fr": "nombre d’invitations (1 à 1000)", "en": "number of invitations (1 to 1000)"},
    "homes.days": {
        "fr": "jours pendant lesquels elles valent (1 à 730)",
        "en": "days they are good for (1 to 730)",
    },
    "homes.home": {
        "fr": "le début d’une clé du foyer (8 chiffres hexadécimaux au moins)",
        "en": "the beginning of a key of the home (8 hex digits at least)",
    },
    "homes.reason": {"fr": "pourquoi ; gardé avec la date", "en": "why; kept with the date"},
    "homes.shown": {
        "fr": "{home}  {state}  canal {channel}, depuis {since} ; trimestre {quarter}, clé {quarter_key}, {software} ; séparé : {separated} {reason}",
        "en": "{home}  {state}  channel {channel}, since {since}; quarter {quarter}, key {quarter_key}, {software}; separated: {separated} {reason}",
    },
    "homes.invited": {
        "fr": "{code}  canal {channel}, valable jusqu’au {expires_at} (SHA-256 {sha256})",
        "en": "{code}  channel {channel}, good until {expires_at} (SHA-256 {sha256})",
    },
    "homes.channel_shown": {
        "fr": "{channel} : {invitations} invitation(s), {used} servie(s), {vetted} foyer(s) vérifié(s) ; empreintes {sha256}",
        "en": "{channel}: {invitations} invitation(s), {used} used, {vetted} vetted home(s); hashes {sha256}",
    },
    "homes.line_shown": {
        "fr": "ligne {line} : {homes}, dont séparés : {separated}",
        "en": "line {line}: {homes}, of them separated: {separated}",
    },
    "homes.ledger_shown": {
        "fr": "{at}  {home}  {change}  {reason}",
        "en": "{at}  {home}  {change}  {reason}",
    },
    "homes.decided": {"fr": "{home} : {change}", "en": "{home}: {change}"},
    "homes.few_digits": {
        "fr": "{home} : écrivez au moins {digits} chiffres hexadécimaux d’une clé du foyer (isonomia-collector homes list)",
        "en": "{home}: write at least {digits} hex digits of a key of the home (isonomia-collector homes list)",
    },
    "homes.several": {
        "fr": "{home} : plusieurs foyers commencent ainsi ; écrivez plus de chiffres",
        "en": "{home}: several homes begin like this; write more digits",
    },
    "homes.none": {
        "fr": "{home} : aucun foyer ne commence ainsi (isonomia-collector homes list)",
        "en": "{home}: no home begins like this (isonomia-collector homes list)",
    },
}

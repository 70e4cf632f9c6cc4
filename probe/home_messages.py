"""The texts of ``isonomia-probe cap``, ``withdraw`` and of a changing operator's key. Merged into ``probe.messages.MESSAGES``."""

from typing import Final

HOME_MESSAGES: Final[dict[str, dict[str, str]]] = {
    "help.cap": {
        "fr": "voir ou changer votre plafond mensuel d’octets, qu’aucun serveur ne peut relever",
        "en": "see or change your monthly cap of bytes, which no server can raise",
    },
    "help.cap_examples": {
        "fr": "exemples :\n  isonomia-probe cap\n  isonomia-probe cap 1Go\n  isonomia-probe cap 500Mo\n  isonomia-probe cap 0",
        "en": "examples:\n  isonomia-probe cap\n  isonomia-probe cap 1GB\n  isonomia-probe cap 500MB\n  isonomia-probe cap 0",
    },
    "help.cap_amount": {
        "fr": "nouveau plafond par mois, par exemple 1Go ou 500Mo ; 0 : ne plus rien mesurer. Sans lui, le plafond est montré",
        "en": "new cap a month, such as 1GB or 500MB; 0: measure nothing any more. Without it the cap is shown",
    },
    "event.cap": {
        "fr": "Votre plafond : {own_bytes} par mois ; le plan de l’opérateur en permet {plan_bytes} ; vaut donc {cap_bytes}.\n"
        "Ce mois-ci : {month_bytes} dépensés, {left_bytes} encore permis.",
        "en": "Your cap: {own_bytes} a month; the operator's plan allows {plan_bytes}; so {cap_bytes} holds.\n"
        "This month: {month_bytes} spent, {left_bytes} still allowed.",
    },
    "error.cap_amount": {
        "fr": "« {typed} » n’est pas un plafond. Écrivez par exemple 1Go, 1,5Go, 500Mo, ou 0 pour ne plus rien mesurer",
        "en": '"{typed}" is no cap. Write for instance 1GB, 1.5GB, 500MB, or 0 to measure nothing any more',
    },
    "help.withdraw": {
        "fr": "se retirer : l’opérateur efface vos mesures, cette machine ses clés",
        "en": "withdraw: the operator deletes your measurements, this machine its keys",
    },
    "help.withdraw_examples": {
        "fr": "exemples :\n  isonomia-probe withdraw\n  isonomia-probe withdraw --yes",
        "en": "examples:\n  isonomia-probe withdraw\n  isonomia-probe withdraw --yes",
    },
    "help.withdraw_yes": {
        "fr": "ne pas demander confirmation",
        "en": "do not ask for confirmation",
    },
    "help.local": {
        "fr": "n’effacer qu’ici, sans prévenir l’opérateur : il gardera vos mesures, et plus rien ne pourra le lui demander",
        "en": "delete here alone and tell the operator nothing: your measurements stay there, and nothing can ask for them any more",
    },
    "withdraw.question": {
        "fr": "Quitter « {operator} » ? Vos mesures y seront effacées, vos clés détruites, et {waiting} mesure(s) pas encore envoyée(s)"
        " avec elles. C’est définitif. [o/n] ",
        "en": 'Leave "{operator}"? Your measurements there will be deleted, your keys destroyed, and {waiting} measurement(s) not yet sent'
        " with them. This is final. [y/n] ",
    },
    "event.withdrawn": {
        "fr": "Vous avez quitté « {operator} ». Vos mesures y sont effacées, de l’archive dans l’heure ; {files} fichier(s) détruit(s)"
        " dans {folder}. Une empreinte salée, qui ne désigne plus rien, reste au registre public.",
        "en": 'You have left "{operator}". Your measurements there are deleted, from the archive within the hour; {files} file(s) destroyed'
        " in {folder}. A salted hash that names nothing any more stays in the public log.",
    },
    "event.destroyed": {
        "fr": "{files} fichier(s) détruit(s) dans {folder} ; « {operator} » n’en sait rien et garde vos mesures.",
        "en": '{files} file(s) destroyed in {folder}; "{operator}" knows nothing of it and keeps your measurements.',
    },
    "event.operator_key": {
        "fr": "L’opérateur a changé de clé comme il l’avait annoncé ; la nouvelle est épinglée : {key_hash}",
        "en": "The operator has changed keys as announced; the new one is pinned: {key_hash}",
    },
    "error.withdrawal_refused": {
        "fr": "rien n’a été effacé",
        "en": "nothing was deleted",
    },
    "error.withdrawal_no_terminal": {
        "fr": "personne à qui demander ici. Pour vous retirer sans question : isonomia-probe withdraw --yes",
        "en": "nobody to ask here. To withdraw without a question: isonomia-probe withdraw --yes",
    },
    "error.withdrawal_unheard": {
        "fr": "le collecteur {collector} n’a pas confirmé ({detail}). Rien n’a été effacé ici, car seule votre clé peut le lui"
        " demander : réessayez plus tard",
        "en": "the collector {collector} has not confirmed ({detail}). Nothing was deleted here, for your key alone can ask"
        " for it: try again later",
    },
    "error.withdrawal_rejected": {
        "fr": "l’opérateur refuse le retrait ({code}) : {reason}. Rien n’a été effacé ici",
        "en": "the operator rejects the withdrawal ({code}): {reason}. Nothing was deleted here",
    },
}

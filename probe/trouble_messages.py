"""What stops a command: what, where, what to do. Merged into ``probe.messages.MESSAGES``."""

from typing import Final

TROUBLE_MESSAGES: Final[dict[str, dict[str, str]]] = {
    "error.usage": {
        "fr": "{reason}. Voir : {command} --help",
        "en": "{reason}. See: {command} --help",
    },
    "error.target_url": {
        "fr": "« {typed} » n’est pas une adresse http:// ou https://. Copiez en entier celle de l’opérateur,"
        " de la forme {example}",
        "en": '"{typed}" is not an http:// or https:// address. Copy the operator\'s whole address,'
        " which looks like {example}",
    },
    "error.target_hash": {
        "fr": "après le # il faut les {digits} chiffres hexadécimaux de l’empreinte de la clé, et non « {typed} »."
        " Copiez en entier l’adresse de l’opérateur, de la forme {example}",
        "en": 'after the # stand the {digits} hex digits of the key\'s hash, not "{typed}".'
        " Copy the operator's whole address, which looks like {example}",
    },
    "error.no_terminal": {
        "fr": "pas de terminal pour demander votre accord. Lisez le texte ci-dessus, puis ajoutez --yes",
        "en": "there is no terminal to ask for your consent. Read the text above, then add --yes",
    },
    "error.consent_refused": {
        "fr": "sans accord, rien n’est créé, envoyé ni mesuré",
        "en": "without consent nothing is made, sent or measured",
    },
    "error.key_mismatch": {
        "fr": "{url} montre une autre clé que celle attendue : empreinte {found} au lieu de {expected}."
        " Ne continuez pas ; vérifiez l’adresse auprès de l’opérateur, par un autre chemin",
        "en": "{url} shows another key than expected: hash {found} instead of {expected}."
        " Do not go on; check the address with the operator, by another way",
    },
    "error.joined_elsewhere": {
        "fr": "le dossier {folder} appartient déjà à « {operator} » ({collector})."
        " Pour un autre opérateur, choisissez un autre dossier avec --home",
        "en": 'the folder {folder} already belongs to "{operator}" ({collector}).'
        " For another operator choose another folder with --home",
    },
    "error.collector_unreachable": {
        "fr": "{url} ne répond pas : {detail}. Vérifiez l’adresse et la connexion, puis réessayez",
        "en": "{url} does not answer: {detail}. Check the address and the connection, then try again",
    },
    "error.not_a_collector": {
        "fr": "{url} ne parle pas comme un collecteur Isonomia : {detail}."
        " Vérifiez l’adresse, et qu’aucun portail Wi-Fi ne réponde à sa place",
        "en": "{url} does not speak like an Isonomia collector: {detail}."
        " Check the address, and that no Wi-Fi portal answers in its place",
    },
    "error.enrolment_rejected": {
        "fr": "l’opérateur refuse l’inscription ({code}) : {reason}. Écrivez-lui en citant ce code",
        "en": "the operator rejects the enrolment ({code}): {reason}. Write to them and quote this code",
    },
    "error.plan_foreign_at_join": {
        "fr": "le plan reçu n’est pas signé par l’opérateur ({reason}). Ne continuez pas ; prévenez l’opérateur",
        "en": "the plan received is not signed by the operator ({reason}). Do not go on; tell the operator",
    },
    "error.plan_older_at_join": {
        "fr": "le plan reçu est plus ancien que celui que la sonde détient ({reason}). Prévenez l’opérateur",
        "en": "the plan received is older than the one the probe holds ({reason}). Tell the operator",
    },
    "error.plan_malformed_at_join": {
        "fr": "ce qui est arrivé n’est pas un plan ({reason}). Vérifiez l’adresse auprès de l’opérateur",
        "en": "what arrived is not a plan ({reason}). Check the address with the operator",
    },
    "error.plan_expired_at_join": {
        "fr": "le plan reçu a déjà expiré ({reason}). Vérifiez l’heure de cette machine, sinon prévenez l’opérateur",
        "en": "the plan received has expired already ({reason}). Check this machine's clock, else tell the operator",
    },
    "error.plan_unbounded_at_join": {
        "fr": "le plan reçu dépasse ce qu’un plan peut demander ({reason}). Vérifiez l’heure de cette machine,"
        " sinon prévenez l’opérateur",
        "en": "the plan received goes beyond what a plan may ask ({reason}). Check this machine's clock,"
        " else tell the operator",
    },
    "error.plan_ungranted_at_join": {
        "fr": "le plan reçu n’a pas l’autorisation de cette sonde, que le plan détenu a ({reason})."
        " Réessayez, sinon prévenez l’opérateur",
        "en": "the plan received lacks this probe's grant, which the held one has ({reason})."
        " Try again, else tell the operator",
    },
    "error.plan_unsafe_at_join": {
        "fr": "le plan reçu nomme un répondeur auquel une sonde ne se connecte pas ({reason}). Ne continuez pas ;"
        " prévenez l’opérateur",
        "en": "the plan received names a responder to which a probe does not connect ({reason}). Do not go on;"
        " tell the operator",
    },
    "error.responder_unsafe": {
        "fr": "« {operator} » nomme un répondeur auquel une sonde ne se connecte pas ({reason})."
        " Rien n’y a été envoyé ; prévenez l’opérateur",
        "en": '"{operator}" names a responder to which a probe does not connect ({reason}).'
        " Nothing was sent there; tell the operator",
    },
    "error.not_joined": {
        "fr": "aucune sonde dans {folder}. D’abord : isonomia-probe join URL#KEYHASH, avec l’adresse de l’opérateur"
        " (ou --home, si elle est ailleurs)",
        "en": "there is no probe in {folder}. First: isonomia-probe join URL#KEYHASH, with the operator's address"
        " (or --home, if it is elsewhere)",
    },
    "error.state_damaged": {
        "fr": "{path} est abîmé ({reason}). Mettez ce fichier de côté, puis refaites isonomia-probe join",
        "en": "{path} is damaged ({reason}). Move this file aside, then isonomia-probe join again",
    },
    "error.folder_unwritable": {
        "fr": "impossible d’écrire dans {folder} : {reason}. Libérez de la place ou changez les droits, ou choisissez --home",
        "en": "cannot write in {folder}: {reason}. Free some space or change its rights, or choose --home",
    },
    "error.folder_busy": {
        "fr": "une autre commande isonomia-probe travaille dans {folder} (processus {pid}). Attendez sa fin",
        "en": "another isonomia-probe command is at work in {folder} (process {pid}). Wait until it ends",
    },
    "error.key_missing": {
        "fr": "la clé {path} manque. Remettez-la depuis une sauvegarde, ou effacez le dossier et refaites join",
        "en": "the key {path} is missing. Restore it from a backup, or delete the folder and join again",
    },
    "error.key_unusable": {
        "fr": "clé inutilisable : {reason}",
        "en": "unusable key: {reason}",
    },
    "error.plan_missing": {
        "fr": "pas de plan dans {path}. Refaites isonomia-probe join",
        "en": "there is no plan in {path}. Run isonomia-probe join again",
    },
    "error.plan_expired": {
        "fr": "le plan nº {serial} a expiré ({at}) et aucun nouveau n’a pu être obtenu."
        " Vérifiez la connexion et l’heure de cette machine, puis réessayez",
        "en": "plan no. {serial} has expired ({at}) and no new one could be had."
        " Check the connection and this machine's clock, then try again",
    },
    "error.no_grant": {
        "fr": "le plan de « {operator} » ne contient pas d’autorisation valable pour la sonde {probe}."
        " Refaites isonomia-probe join, sinon écrivez à l’opérateur",
        "en": 'the plan of "{operator}" holds no valid grant for probe {probe}.'
        " Run isonomia-probe join again, else write to the operator",
    },
    "error.no_responder": {
        "fr": "l’autorisation de « {operator} » ne nomme aucun répondeur du plan. Écrivez à l’opérateur",
        "en": 'the grant of "{operator}" names no responder of the plan. Write to the operator',
    },
    "error.service_unknown": {
        "fr": "le plan n’a pas de service « {service} ». Il a : {known}",
        "en": 'the plan has no service "{service}". It has: {known}',
    },
    "error.service_not_agreed": {
        "fr": "vous n’avez pas encore accepté de mesurer « {service} », ou sous ses nouveaux noms."
        " Lisez le texte et acceptez-le : isonomia-probe join, encore une fois",
        "en": 'you have not yet agreed to measure "{service}", or under its new names.'
        " Read the text and agree: isonomia-probe join, once more",
    },
    "error.nothing_agreed": {
        "fr": "du plan de « {operator} », rien ne se mesure sans ce que vous n’avez pas encore accepté."
        " Lisez le texte et acceptez-le : isonomia-probe join, encore une fois",
        "en": 'of the plan of "{operator}" nothing can be measured without what you have not yet agreed to.'
        " Read the text and agree: isonomia-probe join, once more",
    },
    "error.variant_not_planned": {
        "fr": "« {operator} » ne demande pas de paires {variant} en ce moment. Retirez --variant, ou réessayez plus tard",
        "en": '"{operator}" asks for no {variant} pairs at present. Leave --variant out, or try later',
    },
    "error.nothing_enabled": {
        "fr": "« {operator} » a suspendu les mesures. Réessayez plus tard",
        "en": '"{operator}" has suspended measuring. Try later',
    },
    "error.mqtt_extra": {
        "fr": "pour envoyer par MQTT, installez l’option : pip install 'isonomia[mqtt]' ; ou laissez --by",
        "en": "to send by MQTT, install the extra: pip install 'isonomia[mqtt]'; or leave --by out",
    },
    "error.mqtt_refused": {
        "fr": "le collecteur n’ouvre pas sa porte MQTT ({reason}). Laissez --by, ou réessayez plus tard",
        "en": "the collector does not open its MQTT door ({reason}). Leave --by out, or try later",
    },
}

"""Every text a person sees of the probe: one id, French and English, with the same places to fill.

Ids begin with where the text stands: ``help.`` the command line's help, ``event.`` a line of a run, ``error.``
what stops a command (what, where, what to do), ``consent.`` what is agreed to at ``join``, ``usage.`` a fault in
what was typed.
"""

import re
from collections.abc import Mapping
from typing import Final

from probe.catalogue.messages import TEXTS as CATALOGUE_TEXTS
from probe.errands.messages import ERRAND_MESSAGES
from probe.home_messages import HOME_MESSAGES
from probe.printable import printable
from probe.status_messages import STATUS_MESSAGES

LANGUAGES: Final = ("fr", "en")

MESSAGES: Final[dict[str, dict[str, str]]] = {
    # ------------------------------------------------------------------------------------------ help
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
    # --------------------------------------------------------------------------------------- consent
    "consent.text": {
        "fr": "Rejoindre « {operator} » ({collector})\n\n"
        "Ce qui est mesuré\n"
        "  La sonde échange deux fois les mêmes octets avec un serveur de mesure de l’opérateur : une fois sous le\n"
        "  nom d’un service culturel, une fois sous un nom neutre. Elle ne lit pas votre trafic.\n"
        "  {contact}\n"
        "  Services : {services}.\n"
        "Ce que cela consomme\n"
        "  Au plus {visit} par paire et {month} par mois ; l’opérateur peut abaisser ce plafond, jamais le relever.\n"
        "  La capacité de la ligne est mesurée maintenant, puis chaque semaine : au plus {capacity}, comptés dedans.\n"
        "Ce que voit votre fournisseur d’accès\n"
        "  Des connexions à un serveur de mesure, qui portent le nom de ces services. Quoi que nous taisions, il\n"
        "  peut vous reconnaître à l’heure et à l’adresse de ces connexions. Votre contrat peut les interdire.\n"
        "Ce qui est envoyé\n"
        "  Des mesures signées : heures, débits, échecs, octets passés par l’interface pendant la mesure, ce que\n"
        "  vous déclarez de votre ligne, et le fournisseur et le pays que voit le serveur. Pas votre adresse IP.\n"
        "Arrêter\n"
        "  Ctrl-C arrête une mesure ; sans « isonomia-probe run », rien n’est mesuré. Effacer {folder} efface la\n"
        "  sonde, ses clés et ce qui attend.\n"
        "Où sont les données\n"
        "  Chez vous dans {folder}, puis chez l’opérateur, à l’adresse {collector}.",
        "en": 'Joining "{operator}" ({collector})\n\n'
        "What is measured\n"
        "  The probe exchanges the same bytes twice with a measurement server of the operator: once under the name\n"
        "  of a cultural service, once under a neutral name. It does not read your traffic.\n"
        "  {contact}\n"
        "  Services: {services}.\n"
        "What it uses\n"
        "  At most {visit} a pair and {month} a month; the operator can lower this cap, never lift it.\n"
        "  The line's capacity is measured now and then weekly: at most {capacity}, which the cap includes.\n"
        "What your Internet provider sees\n"
        "  Connections to a measurement server that bear these services' names. Whatever we withhold, it can\n"
        "  recognise you from the times and addresses of these connections. Your contract may forbid them.\n"
        "What is sent\n"
        "  Signed measurements: times, rates, failures, bytes that passed the interface meanwhile, what you declare\n"
        "  of your line, and the provider and country that the server sees. Not your IP address.\n"
        "How to stop\n"
        '  Ctrl-C stops a measurement; without "isonomia-probe run" nothing is measured. Deleting {folder}\n'
        "  deletes the probe, its keys and what waits.\n"
        "Where the data is\n"
        "  At your place in {folder}, then at the operator's, {collector}.",
    },
    "consent.contact_responders": {
        "fr": "Elle ne se connecte pas aux services eux-mêmes.",
        "en": "It does not connect to the services themselves.",
    },
    "consent.contact_direct": {
        "fr": "Elle se connecte aussi aux services eux-mêmes, pour au plus 2 Mo à la fois, et demande leurs noms à"
        " votre résolveur et à des résolveurs publics (Quad9, Cloudflare, Google), qui voient alors votre adresse IP.",
        "en": "It also connects to the services themselves, for at most 2 MB at a time, and asks your resolver and"
        " public ones (Quad9, Cloudflare, Google) for their names; these then see your IP address.",
    },
    "consent.question": {"fr": "D’accord ? [o/N] ", "en": "Do you agree? [y/N] "},
    # ---------------------------------------------------------------------------------------- events
    "event.joined": {
        "fr": "C’est fait : sonde {probe}, opérateur « {operator} » (clé {key_hash}), plan nº {plan_serial}.\n"
        "Dossier : {folder}\nPour mesurer : isonomia-probe run",
        "en": 'Done: probe {probe}, operator "{operator}" (key {key_hash}), plan no. {plan_serial}.\n'
        "Folder: {folder}\nTo measure: isonomia-probe run",
    },
    "event.not_encrypted": {
        "fr": "Attention : {url} n’est pas chiffré. Les mesures sont signées, mais lisibles en chemin.",
        "en": "Note: {url} is not encrypted. Measurements are signed, but can be read on their way.",
    },
    "event.lab": {
        "fr": "Attention : avec --lab, l’opérateur peut faire connecter cette sonde à toute machine de votre réseau privé,"
        " sur tout port, et apprendre laquelle répond. Ce n’est fait que pour un laboratoire : chez vous, refaites"
        " join sans --lab.",
        "en": "Note: with --lab the operator can make this probe connect to any machine of your private network, at any"
        " port, and learn which of them answers. It is meant for a laboratory alone: at home, join again without"
        " --lab.",
    },
    "event.not_agreed": {
        "fr": "Le plan demande plus que ce que vous avez accepté : {what}. Ce n’est pas mesuré."
        " Pour lire le texte et l’accepter : isonomia-probe join, encore une fois.",
        "en": "The plan asks for more than you agreed to: {what}. That is not measured."
        " To read the text and agree: isonomia-probe join, once more.",
    },
    "event.plan_kept": {
        "fr": "Pas de nouveau plan ({detail}) ; la sonde garde le plan nº {serial} jusqu’à son échéance.",
        "en": "No new plan ({detail}); the probe keeps plan no. {serial} until it expires.",
    },
    "event.plan_refused": {
        "fr": "Plan reçu et refusé ({code} : {reason}) ; la sonde garde le plan nº {serial}. Signalez-le à l’opérateur.",
        "en": "A plan was received and refused ({code}: {reason}); the probe keeps plan no. {serial}. Tell the operator.",
    },
    "event.started": {
        "fr": "Sonde {probe} · {operator} · {pairs} paire(s) par service : {services}",
        "en": "Probe {probe} · {operator} · {pairs} pair(s) a service: {services}",
    },
    "event.overrides": {
        "fr": "Temps imposés au lieu de ceux du plan : repos {between_pairs_s}, silence {gap_ms}.",
        "en": "Timings given instead of the plan's: rest {between_pairs_s}, gap {gap_ms}.",
    },
    "event.as_planned": {"fr": "comme prévu", "en": "as planned"},
    "direction.down": {"fr": "vers l’aval", "en": "downwards"},
    "direction.up": {"fr": "vers l’amont", "en": "upwards"},
    "event.capacity": {
        "fr": "Capacité de la ligne {direction} : {bit_s} (médiane {median_bit_s}), {bytes}",
        "en": "Capacity of the line {direction}: {bit_s} (median {median_bit_s}), {bytes}",
    },
    "event.capacity_failed": {
        "fr": "Capacité de la ligne {direction} non mesurée ({reason}) ; la sonde s’en passe et réessaiera.",
        "en": "The line's capacity {direction} was not measured ({reason}); the probe does without and will try again.",
    },
    "event.waiting": {
        "fr": "{service} : repos de {wait_s}",
        "en": "{service}: rests for {wait_s}",
    },
    "event.unpaced": {
        "fr": "{service} {number}/{of} {variant} {direction} · va remplir la ligne un instant : au plus {estimate_bytes},"
        " il en reste {left_bytes} ce mois",
        "en": "{service} {number}/{of} {variant} {direction} · will fill the line for a moment: at most {estimate_bytes},"
        " {left_bytes} are left this month",
    },
    "event.pair": {
        "fr": "{service} {number}/{of} {variant} {direction} · original {original} · témoin {control} · {bytes}",
        "en": "{service} {number}/{of} {variant} {direction} · original {original} · control {control} · {bytes}",
    },
    "event.pair_failed": {"fr": "échec ({failure})", "en": "failed ({failure})"},
    "event.skipped": {
        "fr": "{service} {number}/{of} {variant} {direction} · non mesuré : {reason}",
        "en": "{service} {number}/{of} {variant} {direction} · not measured: {reason}",
    },
    "event.upload_trouble": {
        "fr": "Envoi remis à plus tard : {detail}",
        "en": "Upload put off: {detail}",
    },
    "event.rejected": {
        "fr": "Mesure {id} refusée ({code}) : {message}. Elle est gardée dans spool/rejected.",
        "en": "Measurement {id} rejected ({code}): {message}. It is kept in spool/rejected.",
    },
    "event.recovered": {
        "fr": "Après un arrêt brutal : {files} fichier(s) à moitié écrit(s) effacé(s).",
        "en": "After a crash: {files} half-written file(s) removed.",
    },
    "event.stopping": {
        "fr": "Arrêt demandé : la paire en cours se termine d’abord. Encore une fois pour l’abandonner.",
        "en": "Stopping: the running pair ends first. Once more to give it up.",
    },
    "event.summary": {
        "fr": "Bilan : {pairs} paire(s), {skipped} non mesurée(s), {bytes} · {accepted} acceptée(s),"
        " {duplicate} déjà connue(s) · ce mois {month_bytes} sur {cap_bytes}",
        "en": "Summary: {pairs} pair(s), {skipped} not measured, {bytes} · {accepted} accepted,"
        " {duplicate} known already · this month {month_bytes} of {cap_bytes}",
    },
    "event.summary_waiting": {
        "fr": "  en attente d’envoi : {waiting} (isonomia-probe upload)",
        "en": "  waiting to be uploaded: {waiting} (isonomia-probe upload)",
    },
    "event.summary_rejected": {"fr": "  refusées, {code} : {count}", "en": "  rejected, {code}: {count}"},
    "event.status": {
        "fr": "Sonde {probe} · {folder}\n"
        "Opérateur « {operator} » · {collector} · clé {key_hash}\n"
        "Plan nº {plan_serial}, jusqu’au {plan_expires_at} · services : {services}\n"
        "Capacité {capacity_bit_s} · ce mois {month_bytes} sur {cap_bytes}\n"
        "En attente : {waiting} ({waiting_bytes}) · refusées : {rejected_count}",
        "en": "Probe {probe} · {folder}\n"
        'Operator "{operator}" · {collector} · key {key_hash}\n'
        "Plan no. {plan_serial}, until {plan_expires_at} · services: {services}\n"
        "Capacity {capacity_bit_s} · this month {month_bytes} of {cap_bytes}\n"
        "Waiting: {waiting} ({waiting_bytes}) · rejected: {rejected_count}",
    },
    "event.status_rejected": {
        "fr": "  {id} {code} : {message}",
        "en": "  {id} {code}: {message}",
    },
    "event.status_lab": {
        "fr": "  laboratoire (--lab) : des répondeurs sur des réseaux privés sont admis",
        "en": "  laboratory (--lab): responders on private networks are allowed",
    },
    "event.status_not_agreed": {
        "fr": "  demandé par le plan, jamais accepté, donc pas mesuré : {what} (isonomia-probe join)",
        "en": "  asked for by the plan, never agreed to, so not measured: {what} (isonomia-probe join)",
    },
    "event.status_expired": {
        "fr": "  le plan a expiré : isonomia-probe run en demandera un nouveau",
        "en": "  the plan has expired: isonomia-probe run will ask for a new one",
    },
    # ---------------------------------------------------------------------------------------- errors
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
    **ERRAND_MESSAGES,
    **HOME_MESSAGES,
    # ----------------------------------------------------------------------------------------- usage
    "usage.required": {"fr": "il manque {what}", "en": "{what} is missing"},
    "usage.unrecognised": {"fr": "argument inconnu : {what}", "en": "unknown argument: {what}"},
    "usage.choice": {
        "fr": "{what} : {typed} n’est pas parmi {choices}",
        "en": "{what}: {typed} is not one of {choices}",
    },
    "usage.one": {"fr": "{what} : il faut une valeur", "en": "{what}: a value is needed"},
    "usage.wrong": {"fr": "{what} : {reason}", "en": "{what}: {reason}"},
    "usage.too_long": {
        "fr": "il faut entre 1 et {most} caractères",
        "en": "between 1 and {most} characters are needed",
    },
    "usage.number": {
        "fr": "« {typed} » n’est pas un nombre de {least} à {most}",
        "en": '"{typed}" is not a number from {least} to {most}',
    },
    **CATALOGUE_TEXTS,
    **STATUS_MESSAGES,
}


def text(identifier: str, language: str, /, **facts: object) -> str:
    """The text ``identifier`` in ``language`` ("fr" or "en"), its places filled; raises ``KeyError``.

    What fills them may come from outside: each fact is one line without control characters.
    """
    template = MESSAGES[identifier][language]
    shown = {name: printable(str(fact)) for name, fact in facts.items()}
    return (_spaced(template) if language == "fr" else template).format(**shown)


def language_of(environ: Mapping[str, str]) -> str:
    """The language that LC_ALL, LC_MESSAGES or LANG ask for, in this order; English unless it is French."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return "fr" if environ[name].lower().startswith("fr") else "en"
    return "en"


def _spaced(template: str) -> str:
    """French typography: the space before a double sign does not break. The table is kept in plain spaces."""
    template = re.sub(r" ([;!?])", "\u202f\\1", template)
    return re.sub(r" ([:»])", "\u00a0\\1", template).replace("« ", "«\u00a0")

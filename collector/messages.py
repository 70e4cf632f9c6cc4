"""Every text of the collector that a person sees: one id, French and English."""

import os
from collections.abc import Mapping
from typing import Final, Literal

from collector.homes.messages import HOMES
from collector.mqtt.messages import MQTT_MESSAGES
from collector.operations_messages import OPERATIONS
from collector.pages_messages import PAGES_MESSAGES
from collector.timeseries.messages import TIMESERIES

Language = Literal["fr", "en"]

_REJECTED: Final[dict[str, dict[Language, str]]] = {
    "too_large": {
        "fr": "document trop gros : au plus {detail} octets",
        "en": "document too large: at most {detail} bytes",
    },
    "body_cut": {
        "fr": "le corps de la requête n’est pas arrivé en entier ; renvoyez-le",
        "en": "the body of the request did not arrive whole; send it again",
    },
    "slow_body": {
        "fr": "le corps de la requête arrive trop lentement (plus de {detail}) ; renvoyez-le",
        "en": "the body of the request arrives too slowly (over {detail}); send it again",
    },
    "unknown_encoding": {
        "fr": "encodage de contenu inconnu : « {detail} » ; employez gzip, zstd, ou aucun",
        "en": "unknown content encoding: “{detail}”; use gzip, zstd, or none",
    },
    "gzip_truncated": {
        "fr": "le flux gzip est tronqué : sa fin manque",
        "en": "the gzip stream is truncated: its end is missing",
    },
    "gzip_broken": {
        "fr": "le flux gzip est abîmé ({detail})",
        "en": "the gzip stream is broken ({detail})",
    },
    "gzip_bomb": {
        "fr": "le flux gzip se décompresse en plus de {detail} octets",
        "en": "the gzip stream inflates to more than {detail} bytes",
    },
    "zstd_truncated": {
        "fr": "la trame zstd est tronquée : sa fin manque",
        "en": "the zstd frame is truncated: its end is missing",
    },
    "zstd_broken": {
        "fr": "la trame zstd est abîmée ({detail})",
        "en": "the zstd frame is broken ({detail})",
    },
    "zstd_bomb": {
        "fr": "la trame zstd se décompresse en plus de {detail} octets",
        "en": "the zstd frame inflates to more than {detail} bytes",
    },
    "another_sender": {
        "fr": "ce document est d’une autre clé que celle qui l’a publié",
        "en": "this document is by another key than the one that published it",
    },
    "no_mqtt": {
        "fr": "ce collecteur n’a pas de porte MQTT",
        "en": "this collector has no MQTT door",
    },
    "key_revoked": {
        "fr": "la clé {detail} est révoquée",
        "en": "the key {detail} is revoked",
    },
    "too_fast": {
        "fr": "trop de documents par minute depuis ce réseau ; réessayez dans une minute",
        "en": "too many documents a minute from this network; try again in a minute",
    },
    "empty_batch": {
        "fr": "le lot est vide : un document par ligne",
        "en": "the batch is empty: one document a line",
    },
    "too_many_lines": {
        "fr": "le lot a trop de lignes : au plus {detail}",
        "en": "the batch has too many lines: at most {detail}",
    },
    "not_json": {
        "fr": "ce n’est pas du JSON lisible ({detail})",
        "en": "this is not readable JSON ({detail})",
    },
    "bad_schema": {
        "fr": "le document ne suit pas son schéma ({detail})",
        "en": "the document does not follow its schema ({detail})",
    },
    "nul_in_text": {
        "fr": "un texte du document contient le caractère NUL ; retirez-le ({detail})",
        "en": "a text of the document holds the character NUL; take it out ({detail})",
    },
    "padded": {
        "fr": "plus de la moitié du document est inconnue ou vide ({detail} octets) ; mettez la sonde ou le collecteur à jour",
        "en": "more than half of the document is unknown or empty ({detail} bytes); update the probe or the collector",
    },
    "unknown_key": {
        "fr": "la clé {detail}… n’est pas inscrite ici ; inscrivez d’abord la sonde (isonomia-probe join)",
        "en": "the key {detail}… is not enrolled here; enrol the probe first (isonomia-probe join)",
    },
    "bad_signature": {
        "fr": "la signature ne correspond pas à la clé et aux octets du document",
        "en": "the signature does not fit the document’s key and bytes",
    },
    "key_mismatch": {
        "fr": "le document nomme une autre clé de sonde que celle qui l’a signé",
        "en": "the document names another probe key than the one that signed it",
    },
    "too_old": {
        "fr": "mesure trop ancienne ({detail}) : au plus 90 jours",
        "en": "measurement too old ({detail}): at most 90 days",
    },
    "from_the_future": {
        "fr": "le ticket est daté de plus d’un jour dans l’avenir ({detail}) ; vérifiez les horloges du répondeur et du collecteur",
        "en": "the ticket is dated more than a day ahead ({detail}); check the clocks of responder and collector",
    },
    "clock_far": {
        "fr": "l’horloge de la sonde ({detail}) s’écarte de plus d’un jour ; réglez-la",
        "en": "the probe’s clock ({detail}) is more than a day off; set it",
    },
    "wrong_quarter": {
        "fr": "la clé est celle du trimestre {detail}, qui n’est pas celui-ci ; vérifiez l’horloge, puis réinscrivez la sonde",
        "en": "the key is that of quarter {detail}, which is not this one; check the clock, then enrol again",
    },
    "unknown_plan": {
        "fr": "ce collecteur n’a jamais publié de plan n° {detail}",
        "en": "this collector never issued a plan no. {detail}",
    },
    "plan_not_here": {
        "fr": "le plan n° {detail} date d’avant la restauration de ce collecteur et n’est pas encore revenu de l’archive ; la sonde garde la mesure",
        "en": "plan no. {detail} is from before this collector was restored, and not yet back from the archive; the probe keeps the measurement",
    },
    "plan_not_in_force": {
        "fr": "le plan n° {detail} n’était pas en vigueur à l’ouverture du ticket ; que la sonde recharge le plan",
        "en": "plan no. {detail} was not in force when the ticket was opened; let the probe fetch the plan again",
    },
    "plan_contradicted": {
        "fr": "le ticket ne suit pas le plan : {detail}",
        "en": "the ticket does not follow the plan: {detail}",
    },
    "unknown_responder": {
        "fr": "aucun répondeur « {detail} » dans le plan",
        "en": "no responder “{detail}” in the plan",
    },
    "unknown_nettest": {
        "fr": "le plan ne prévoit pas le test « {detail} »",
        "en": "the plan has no nettest “{detail}”",
    },
    "unknown_service": {
        "fr": "le plan ne connaît pas le service « {detail} »",
        "en": "the plan has no service “{detail}”",
    },
    "unknown_name": {
        "fr": "le nom « {detail} » n’est pas de ce service dans le plan",
        "en": "the name “{detail}” is not this service’s in the plan",
    },
    "candidates_not_registered": {
        "fr": "les noms témoins ne sont pas la liste déposée de la strate {detail}",
        "en": "the control names are not the registered list of stratum {detail}",
    },
    "foreign_receipt": {
        "fr": "reçu étranger : le relevé est d’un autre répondeur ou d’un autre ticket ({detail})",
        "en": "foreign receipt: the statement is by another responder or for another ticket ({detail})",
    },
    "bad_statement_signature": {
        "fr": "la signature du répondeur sous son relevé est fausse",
        "en": "the responder’s signature under its statement is wrong",
    },
    "ticket_hash_mismatch": {
        "fr": "le relevé du répondeur porte sur un ticket au contenu différent",
        "en": "the responder’s statement is about a ticket with other content",
    },
    "bad_receipts": {
        "fr": "le relevé du répondeur a plus d’un reçu pour un même transfert ({detail})",
        "en": "the responder’s statement has more than one receipt for a run ({detail})",
    },
    "bad_ticket_signature": {
        "fr": "le ticket n’est pas signé par le répondeur qu’il nomme",
        "en": "the ticket is not signed by the responder it names",
    },
    "ticket_of_another_key": {
        "fr": "le ticket a été ouvert pour une autre clé ({detail}…)",
        "en": "the ticket was opened for another key ({detail}…)",
    },
    "ticket_for_another_test": {
        "fr": "le ticket et la mesure ne disent pas la même chose : {detail}",
        "en": "ticket and measurement disagree: {detail}",
    },
    "limits_contradicted": {
        "fr": "les limites annoncées ne sont pas celles du ticket : {detail}",
        "en": "the stated limits are not the ticket’s: {detail}",
    },
    "commit_mismatch": {
        "fr": "le nombre révélé par la sonde n’est pas celui auquel elle s’était engagée",
        "en": "the nonce the probe revealed is not the one it had committed to",
    },
    "coin_contradicted": {
        "fr": "les transferts contredisent le tirage : {detail}",
        "en": "the runs contradict the coin: {detail}",
    },
    "foreign_address": {
        "fr": "un transfert est allé à une adresse qui n’est pas du répondeur : {detail}",
        "en": "a run went to an address that is not the responder’s: {detail}",
    },
    "ticks_mismatch": {
        "fr": "les relevés périodiques du répondeur ne sont pas ceux que son reçu désigne : {detail}",
        "en": "the responder’s ticks are not those its receipt names: {detail}",
    },
    "no_receipt": {
        "fr": "un transfert se dit achevé, mais le répondeur ne l’a pas vu : {detail}",
        "en": "a run says that it reached its end, but the responder has not seen it: {detail}",
    },
    "receipt_contradicted": {
        "fr": "un transfert contredit le reçu du répondeur : {detail}",
        "en": "a run contradicts the responder’s receipt: {detail}",
    },
    "hello_contradicted": {
        "fr": "le répondeur a reçu un autre ClientHello, ou en plusieurs morceaux, que celui que la sonde dit avoir envoyé : {detail}",
        "en": "the responder received another ClientHello, or one cut up, than the probe says it sent: {detail}",
    },
    "no_responder_ticks": {
        "fr": "il manque les relevés périodiques du répondeur : {detail}",
        "en": "the responder’s ticks are missing: {detail}",
    },
    "ticket_of_two_keys": {
        "fr": "ce numéro de ticket a déjà été employé par une autre clé ; le répondeur l’a signé deux fois",
        "en": "another key has used this ticket number; the responder signed it twice",
    },
    "over_quota": {
        "fr": "cette clé a envoyé aujourd’hui tout ce qu’un jour admet ; la suite demain",
        "en": "this key has sent today all that a day allows; go on tomorrow",
    },
    "conflict": {
        "fr": "ce ticket a déjà servi à une autre mesure ; les deux sont gardées et la paire est nulle",
        "en": "this ticket was already used by another measurement; both are kept and the pair is void",
    },
    "certificate_of_another_key": {
        "fr": "le certificat n’est pas de la clé qui demande l’inscription",
        "en": "the certificate is not by the key that asks to be enrolled",
    },
    "bad_certificate_signature": {
        "fr": "la signature du certificat trimestriel est fausse",
        "en": "the signature of the quarter certificate is wrong",
    },
    "key_taken": {
        "fr": "cette clé trimestrielle est déjà inscrite par une autre clé",
        "en": "this quarter key is already enrolled by another key",
    },
    "second_quarter_key": {
        "fr": "cette sonde a déjà une clé pour le trimestre {detail} ; remettez-la, ou écrivez à l’opérateur",
        "en": "this probe has a key for quarter {detail} already; restore it, or write to the operator",
    },
    "too_many_enrolments": {
        "fr": "trop d’inscriptions aujourd’hui depuis ce réseau ; réessayez demain",
        "en": "too many enrolments today from this network; try again tomorrow",
    },
    "roster_full": {
        "fr": "le registre est plein ({detail} sondes) ; écrivez à l’opérateur",
        "en": "the roster is full ({detail} probes); write to the operator",
    },
    "no_catalogue": {
        "fr": "le plan de cet opérateur n’emploie pas de catalogue",
        "en": "this operator’s plan uses no catalogue",
    },
    "bad_query": {
        "fr": "paramètre illisible : {detail}",
        "en": "unreadable parameter: {detail}",
    },
    "busy": {
        "fr": "le collecteur est débordé ; réessayez plus tard",
        "en": "the collector is at its limit; try again later",
    },
    "store_unavailable": {
        "fr": "le collecteur ne peut pas écrire en ce moment ; gardez le document et réessayez plus tard",
        "en": "the collector cannot write at the moment; keep the document and try again later",
    },
    "internal_error": {
        "fr": "le collecteur a buté sur une erreur à lui ; gardez le document et réessayez plus tard",
        "en": "the collector stumbled over an error of its own; keep the document and try again later",
    },
}

_SETTINGS: Final[dict[str, dict[Language, str]]] = {
    "settings.unreadable": {
        "fr": "{path} : lecture impossible ({detail}) ; donnez à --operator le fichier TOML de l’opérateur",
        "en": "{path}: cannot be read ({detail}); give --operator the operator’s TOML file",
    },
    "settings.not_toml": {
        "fr": "{path} : ce n’est pas du TOML ({detail})",
        "en": "{path}: not TOML ({detail})",
    },
    "settings.missing": {
        "fr": "{path} : {where} : il manque « {detail} »",
        "en": "{path}: {where}: “{detail}” is missing",
    },
    "settings.unknown": {
        "fr": "{path} : {where} : « {detail} » est inconnu ; corrigez ou retirez ce champ",
        "en": "{path}: {where}: “{detail}” is unknown; correct or remove this field",
    },
    "settings.wrong": {
        "fr": "{path} : {where} : {detail}",
        "en": "{path}: {where}: {detail}",
    },
    "settings.bad_hex": {
        "fr": "{path} : {where} : il faut {detail} chiffres hexadécimaux",
        "en": "{path}: {where}: {detail} hexadecimal digits are needed",
    },
    "settings.bad_address": {
        "fr": "{path} : {where} : « {detail} » n’est pas une adresse IP écrite en chiffres",
        "en": "{path}: {where}: “{detail}” is not a literal IP address",
    },
    "settings.bad_network": {
        "fr": "{path} : {where} : « {detail} » n’est ni une adresse IP ni un réseau, comme 192.0.2.0/24",
        "en": "{path}: {where}: “{detail}” is neither an IP address nor a network such as 192.0.2.0/24",
    },
    "settings.one_address": {
        "fr": "{path} : {where} : un répondeur a au moins deux adresses différentes par famille d’adresses",
        "en": "{path}: {where}: a responder has at least two different addresses of an address family",
    },
    "settings.bad_name": {
        "fr": "{path} : {where} : « {detail} » n’est pas un nom de domaine",
        "en": "{path}: {where}: “{detail}” is not a domain name",
    },
    "settings.twice": {
        "fr": "{path} : {where} : « {detail} » y est deux fois",
        "en": "{path}: {where}: “{detail}” stands there twice",
    },
    "settings.control_is_service": {
        "fr": "{path} : {where} : « {detail} » est aussi le nom d’un service ; un témoin doit être neutre",
        "en": "{path}: {where}: “{detail}” is also a service’s name; a control must be neutral",
    },
    "settings.not_in_catalogue": {
        "fr": "{path} : {where} : le catalogue n’a pas de service « {detail} » ; cherchez-le avec isonomia-probe catalogue show,"
        " ou écrivez un bloc [[service]] entier",
        "en": "{path}: {where}: the catalogue has no service “{detail}”; look for it with isonomia-probe catalogue show,"
        " or write a whole [[service]] block",
    },
    "settings.bad_catalogue": {
        "fr": "{path} : {where} : ce catalogue a des fautes ({detail}) ; isonomia-probe catalogue check --folder les dit",
        "en": "{path}: {where}: this catalogue has faults ({detail}); isonomia-probe catalogue check --folder tells them",
    },
    "settings.bad_country": {
        "fr": "{path} : {where} : « {detail} » n’est pas un pays d’ISO 3166-1 ; écrivez son code à deux lettres",
        "en": "{path}: {where}: “{detail}” is no country of ISO 3166-1; write its two-letter code",
    },
    "settings.no_nettest": {
        "fr": "{path} : {where} : « {detail} » n’est pas une mesure ; il y a : {known}",
        "en": "{path}: {where}: “{detail}” is no nettest; there are: {known}",
    },
    "settings.not_measurable": {
        "fr": "{path} : {where} : aucune sonde ne mesure cela ({detail}) ; cette mesure connaît : {known}",
        "en": "{path}: {where}: no probe measures that ({detail}); this nettest knows: {known}",
    },
    "settings.none": {
        "fr": "{path} : il faut au moins un bloc [[{detail}]]",
        "en": "{path}: at least one [[{detail}]] block is needed",
    },
}

_COMMANDS: Final[dict[str, dict[Language, str]]] = {
    "cli.about": {
        "fr": "Le collecteur d’Isonomia : reçoit les mesures signées, les garde, signe le plan.",
        "en": "Isonomia’s collector: takes in signed measurements, keeps them, signs the plan.",
    },
    "cli.init": {
        "fr": "crée le dossier de données et la clé de l’opérateur",
        "en": "make the data folder and the operator’s key",
    },
    "cli.key": {"fr": "montre la clé publique de l’opérateur", "en": "show the operator’s public key"},
    "cli.serve": {"fr": "reçoit des mesures jusqu’à SIGTERM", "en": "take in measurements until SIGTERM"},
    "cli.show": {"fr": "compte ce que le dossier contient", "en": "count what the folder holds"},
    "cli.data": {"fr": "dossier de données du collecteur", "en": "the collector’s data folder"},
    "cli.operator": {"fr": "fichier TOML de l’opérateur", "en": "the operator’s TOML file"},
    "cli.listen": {"fr": "HÔTE:PORT ; port 0 : n’importe lequel", "en": "HOST:PORT; port 0: any free one"},
    "cli.json": {
        "fr": "écrit une ligne JSON au lieu de phrases",
        "en": "write a JSON line instead of sentences",
    },
    "cli.lang": {"fr": "langue : fr ou en", "en": "language: fr or en"},
    "cli.initialised": {
        "fr": "Dossier de données prêt : {data}\nClé de l’opérateur : {operator_key}\nEmpreinte, à donner avec l’adresse : {key_hash}",
        "en": "Data folder ready: {data}\nOperator’s key: {operator_key}\nKey hash, to hand out with the address: {key_hash}",
    },
    "cli.key_shown": {
        "fr": "Clé de l’opérateur : {operator_key}\nEmpreinte : {key_hash}",
        "en": "Operator’s key: {operator_key}\nKey hash: {key_hash}",
    },
    "cli.listening": {
        "fr": "Le collecteur écoute : {url}\nLes sondes s’inscrivent par : isonomia-probe join {url}#{key_hash}\nPour l’arrêter : Ctrl-C ou SIGTERM ; rien d’accepté ne se perd.",
        "en": "The collector listens: {url}\nProbes enrol with: isonomia-probe join {url}#{key_hash}\nTo stop it: Ctrl-C or SIGTERM; nothing accepted is lost.",
    },
    "cli.stopped": {
        "fr": "Arrêté ; tout ce qui fut accepté est sur le disque.",
        "en": "Stopped; all that was accepted is on disk.",
    },
    "cli.shown": {
        "fr": "{data}\n  mesures            {measurements}\n  en conflit         {conflicts}\n  rapports de tickets {reports}\n  sondes inscrites   {probes}\n  plan n°            {plan_serial}\n  fichiers d’une heure {hours}, {bytes} octets\n  scellés            {seals}, {archive_bytes} octets",
        "en": "{data}\n  measurements       {measurements}\n  in conflict        {conflicts}\n  ticket reports     {reports}\n  probes enrolled    {probes}\n  plan no.           {plan_serial}\n  hour files         {hours}, {bytes} bytes\n  seals              {seals}, {archive_bytes} bytes",
    },
    "cli.not_initialised": {
        "fr": "{data} : pas un dossier de collecteur ; faites d’abord : isonomia-collector init --data {data}",
        "en": "{data}: not a collector’s folder; first run: isonomia-collector init --data {data}",
    },
    "cli.bad_listen": {
        "fr": "--listen {detail} : écrivez HÔTE:PORT, par exemple 127.0.0.1:8080 ou [::1]:8080",
        "en": "--listen {detail}: write HOST:PORT, for example 127.0.0.1:8080 or [::1]:8080",
    },
    "cli.cannot_listen": {
        "fr": "--listen {detail} : impossible d’écouter là ({reason}) ; choisissez un autre port ou arrêtez le programme qui l’occupe",
        "en": "--listen {detail}: cannot listen there ({reason}); choose another port or stop the program that holds it",
    },
    "cli.in_use": {
        "fr": "{data} : un autre collecteur sert déjà ce dossier ; arrêtez-le d’abord",
        "en": "{data}: another collector already serves this folder; stop it first",
    },
    "plan.not_written": {
        "fr": "{path} : le plan suivant n’a pas pu être écrit ({detail}), et le dernier n’est plus en vigueur ou ne demande plus la même chose ; faites de la place (« seal »), puis relancez",
        "en": "{path}: the next plan could not be written ({detail}), and the last is not in force any more, or asks for something else; make room (“seal”), then run again",
    },
    "plan.broken": {
        "fr": "{path} : ce plan n’est pas signé par la clé de l’opérateur de ce dossier ; remettez la clé ou la sauvegarde du dossier plans/",
        "en": "{path}: this plan is not signed by this folder’s operator key; restore the key or the backup of plans/",
    },
    "store.newer": {
        "fr": "{path} : fichier d’une version plus récente ({version}, celle-ci connaît {known}) ; mettez le collecteur à jour",
        "en": "{path}: a file of a later version ({version}, this one knows {known}); update the collector",
    },
    "store.full": {
        "fr": "{path} : plus de place ({detail}) ; faites de la place sur le disque, puis relancez",
        "en": "{path}: no room ({detail}); make room on the disk, then run again",
    },
    "store.damaged": {
        "fr": "{path} : fichier illisible ({detail}) ; gardez-en une copie, remettez la sauvegarde ou retirez-le du dossier",
        "en": "{path}: unreadable file ({detail}); keep a copy, restore the backup or take it out of the folder",
    },
}

_ARCHIVE: Final[dict[str, dict[Language, str]]] = {
    "cli.seal": {
        "fr": "scelle les heures closes dans l’archive (Parquet)",
        "en": "seal closed hours into the archive (Parquet)",
    },
    "cli.archive": {
        "fr": "dossier ou URL (s3://seau/préfixe) de l’archive ; retenu ; sans cela, DOSSIER/archive",
        "en": "folder or URL (s3://bucket/prefix) of the archive; remembered; else DIR/archive",
    },
    "cli.once": {"fr": "une fois, puis termine (par défaut)", "en": "once, then end (the default)"},
    "cli.every": {
        "fr": "recommence toutes les N secondes, jusqu’à SIGTERM",
        "en": "again every N seconds, until SIGTERM",
    },
    "cli.keep_days": {
        "fr": "efface les mesures scellées depuis plus de N jours ; les empreintes publiées restent (sans cela : rien n’est effacé)",
        "en": "delete documents sealed more than N days ago; the published hashes stay (without it, nothing is deleted)",
    },
    "cli.sealed": {
        "fr": "Scellés : {sealed} heure(s), {documents} document(s), {hot_bytes} octets devenus {archive_bytes}\n  encore ouvertes par le collecteur : {in_use}\n  abîmées, laissées en place : {damaged}\n  effacées, leur durée passée : {deleted} ; récrites après un retrait : {rewritten}\n  scellés en tout : {seals} ; repris de l’archive : {fetched}, et {plans} plan(s)\n  mémoire au plus haut : {peak_rss_mb} Mo\n  archive : {archive}",
        "en": "Sealed: {sealed} hour(s), {documents} document(s), {hot_bytes} bytes became {archive_bytes}\n  still open in the collector: {in_use}\n  damaged, left where they are: {damaged}\n  deleted, their time over: {deleted}; written anew after a withdrawal: {rewritten}\n  seals in all: {seals}; fetched from the archive: {fetched}, and {plans} plan(s)\n  memory at its peak: {peak_rss_mb} MB\n  archive: {archive}",
    },
    "cli.verify": {
        "fr": "relit aussi toute l’archive : têtes, racines recalculées sur les listes d’empreintes, fichiers",
        "en": "read the whole archive again as well: heads, roots computed anew from the lists of hashes, files",
    },
    "cli.verified": {
        "fr": "Vérifiés : {seals} scellé(s), {faults} faute(s)",
        "en": "Verified: {seals} seal(s), {faults} fault(s)",
    },
    "cli.seal_stopped": {
        "fr": "Scelleur arrêté ; rien n’est à moitié fait qui compte.",
        "en": "Sealer stopped; nothing half-done counts.",
    },
    "seal.in_use": {
        "fr": "{data} : un autre scelleur est à l’œuvre dans ce dossier ; celui-ci s’arrête, rien n’est perdu",
        "en": "{data}: another sealer is at work in this folder; this one stops, nothing is lost",
    },
    "seal.storage": {
        "fr": "{url} : l’archive ou le disque refuse ({detail}) ; les fichiers d’heure restent ; faites de la place ou rétablissez l’accès, puis relancez",
        "en": "{url}: the archive or the disk refuses ({detail}); the hour files stay; make room or restore access, then run again",
    },
    "seal.wrong_hash": {
        "fr": "{path} : le document {detail} n’a pas l’empreinte qui le nomme ; ce fichier n’est pas scellé ; gardez-en une copie et remettez la sauvegarde",
        "en": "{path}: document {detail} does not have the hash it is named after; this file is not sealed; keep a copy and restore the backup",
    },
    "seal.differs": {
        "fr": "{path} : ce que l’archive rend n’est pas ce qui fut écrit ({detail}) ; le fichier d’heure reste ; vérifiez le support, puis relancez",
        "en": "{path}: what the archive gives back is not what was written ({detail}); the hour file stays; check the storage, then run again",
    },
    "seal.bad_head": {
        "fr": "{path} : tête de scellé illisible, ou non signée par la clé de cet opérateur ({detail}) ; remettez la sauvegarde, ou effacez la copie locale et relancez « seal »",
        "en": "{path}: head of a seal unreadable, or not signed by this operator’s key ({detail}); restore the backup, or delete the local copy and run “seal”",
    },
    "seal.broken_chain": {
        "fr": "{path} : cette tête de scellé n’est pas celle qui fut publiée : elle ne suit pas la précédente, ou sa racine a changé ; rien n’est ajouté au registre ; remettez la sauvegarde",
        "en": "{path}: this head of a seal is not the one that was published: it does not follow the one before, or its root has changed; nothing is added to the log; restore the backup",
    },
    "seal.bad_leaves": {
        "fr": "{path} : cette liste d’empreintes n’est pas celle dont la tête signe la racine ({detail}) ; remettez la sauvegarde de l’archive",
        "en": "{path}: this list of hashes is not the one whose root the head signs ({detail}); restore the archive’s backup",
    },
    "seal.bad_part": {
        "fr": "{path} : ce fichier de l’archive n’est pas celui que nomme sa tête ({detail}) ; remettez la sauvegarde de l’archive",
        "en": "{path}: this file of the archive is not the one that its head names ({detail}); restore the archive’s backup",
    },
    "seal.bad_index": {
        "fr": "{path} : index de scellé abîmé ({detail}) ; relancez « isonomia-collector seal », qui le refait depuis l’archive",
        "en": "{path}: index of a seal damaged ({detail}); run “isonomia-collector seal”, which makes it anew from the archive",
    },
    "seal.foreign_archive": {
        "fr": "{path} n’existe pas, alors que {data} connaît ce scellé : est-ce la bonne archive ? rien n’y est écrit",
        "en": "{path} is not there, yet {data} knows that seal: is this the right archive? nothing is written to it",
    },
    "seal.gap": {
        "fr": "{path} : il manque un scellé dans la suite ; remettez la sauvegarde de l’archive",
        "en": "{path}: a seal is missing in the row; restore the archive’s backup",
    },
    "archive.extra": {
        "fr": "l’archive demande {detail} ; installez l’option : pip install 'isonomia[archive]'",
        "en": "the archive needs {detail}; install the extra: pip install 'isonomia[archive]'",
    },
    "archive.bad_url": {
        "fr": "--archive {url} : ni un dossier ni une adresse connue ({detail})",
        "en": "--archive {url}: neither a folder nor an address we know ({detail})",
    },
    "archive.elsewhere": {
        "fr": "--archive {url} : l’archive de ce dossier est à {noted} ; pour la déplacer, copiez-la, puis effacez {path}",
        "en": "--archive {url}: this folder’s archive is at {noted}; to move it, copy it, then delete {path}",
    },
    "archive.missing": {
        "fr": "{path} : cette partie de l’archive manque ; remettez la sauvegarde",
        "en": "{path}: this part of the archive is missing; restore the backup",
    },
    "archive.unreadable": {
        "fr": "{path} : lecture impossible ({detail}) ; rétablissez l’accès à l’archive ou remettez la sauvegarde",
        "en": "{path}: cannot be read ({detail}); restore access to the archive or its backup",
    },
}

MESSAGES: Final[Mapping[str, Mapping[Language, str]]] = {
    **{f"rejected.{code}": texts for code, texts in _REJECTED.items()},
    **_SETTINGS,
    **_COMMANDS,
    **_ARCHIVE,
    **HOMES,
    **MQTT_MESSAGES,
    **PAGES_MESSAGES,
    **TIMESERIES,
    **OPERATIONS,
}


def say(message_id: str, language: Language, **values: object) -> str:
    """The text of ``message_id`` in ``language`` with its ``values``; raises ``KeyError`` for an unknown id."""
    return MESSAGES[message_id][language].format(**values)


def language_of(environment: Mapping[str, str] = os.environ) -> Language:
    """French where the environment speaks French (LC_ALL, LC_MESSAGES, LANG), English else."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name)
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


class Trouble(Exception):
    """A mistake or a fault that a person must see: an id of ``MESSAGES`` and its values."""

    def __init__(self, message_id: str, **values: object) -> None:
        super().__init__(say(message_id, "en", **values))
        self.message_id = message_id
        self.values = values

    def text(self, language: Language) -> str:
        """What went wrong, where, and what to do."""
        return say(self.message_id, language, **self.values)

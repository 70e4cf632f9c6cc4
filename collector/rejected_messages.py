"""Why a document, a batch, an enrolment or a question is refused: one text for each code of ``collector.rejections``, French and English."""

from typing import Final, Literal

REJECTED: Final[dict[str, dict[Literal["fr", "en"], str]]] = {
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

"""The lines of a run: what was measured, skipped, put off, and what all came to. Merged into ``probe.messages.MESSAGES``."""

from typing import Final

EVENT_MESSAGES: Final[dict[str, dict[str, str]]] = {
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
        "fr": "Capacité de la ligne {direction} non mesurée : {reason}. La sonde s’en passe et réessaiera.",
        "en": "The line's capacity {direction} was not measured: {reason}. The probe does without and will try again.",
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
}

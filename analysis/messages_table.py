"""Texts of the judgement's table, and the names of outcomes and mechanisms: one id, French and English, as in ``messages``."""

from typing import Final

from analysis.words import Language

TABLE: Final[dict[str, dict[Language, str]]] = {
    "table.service": {"fr": "service", "en": "service"},
    "table.cell": {"fr": "cellule", "en": "cell"},
    "table.outcome": {"fr": "résultat", "en": "outcome"},
    "table.grade": {"fr": "degré", "en": "grade"},
    "table.e": {"fr": "E", "en": "E"},
    "table.rate": {"fr": "débit, Mbit/s", "en": "rate, Mbit/s"},
    "table.mechanism": {"fr": "mécanisme", "en": "mechanism"},
    "table.homes": {"fr": "foyers", "en": "homes"},
    "table.pairs": {"fr": "paires", "en": "pairs"},
    "table.bytes": {"fr": "octets", "en": "bytes"},
    "table.seconds": {"fr": "secondes", "en": "seconds"},
    "table.judged": {
        "fr": "{pairs} paires comptées, {discarded} écartées, {skipped} non faites, {unjudged} hors du dépôt ; {hypotheses} hypothèses déposées.",
        "en": "{pairs} pairs counted, {discarded} discarded, {skipped} not run, {unjudged} outside the registration; {hypotheses} hypotheses registered.",
    },
    "table.set_aside": {
        "fr": "paire saine d’une ligne mise à part pour ce qu’elle a perdu",
        "en": "a sound pair of a line that was set aside for what it lost",
    },
    "table.discards": {
        "fr": "Écartées : {reason} ({where}) : {count}",
        "en": "Discarded: {reason} ({where}): {count}",
    },
    "table.also_struck": {
        "fr": "Déjà écartées pour une autre raison, et aussi pour celle-ci : {reason} : {count}",
        "en": "Discarded for another reason already, and for this one too: {reason}: {count}",
    },
    "table.skipped": {"fr": "Non faites : {reason} : {count}", "en": "Not run: {reason}: {count}"},
    "table.results": {
        "fr": "Résultats sans paire, comptés et non jugés : {nettest} : {count}",
        "en": "Results without a pair, counted and not judged: {nettest}: {count}",
    },
    "table.unjudged": {
        "fr": "Hors du dépôt : {reason} : {count}",
        "en": "Outside the registration: {reason}: {count}",
    },
    "table.corrupt": {"fr": "Ligne abîmée : {where}", "en": "Damaged row: {where}"},
    "table.before": {
        "fr": "Attention : {count} paires sont antérieures au dépôt et n’ont pas été jugées ; un dépôt ne vaut que s’il a précédé les mesures.",
        "en": "Note: {count} pairs are older than the registration and were not judged; a registration is worth something only if it came first.",
    },
    "table.missing": {
        "fr": "Tickets ouverts sans mesure reçue : {missing} depuis plus de sept jours, {pending} plus récents.",
        "en": "Tickets opened without a measurement received: {missing} for over seven days, {pending} more recent.",
    },
    "table.without_asn": {
        "fr": "Attention : aucun réseau n’est déposé pour {brand} ; rien de cette marque n’a été jugé.",
        "en": "Note: no network is registered for {brand}; nothing of this brand was judged.",
    },
    "table.other_rules": {
        "fr": "ATTENTION : le code qui juge ici n’est pas celui du dépôt (règles de qualité, barrières ou mécanismes ont changé).",
        "en": "WARNING: the code that judges here is not the registered one (rules of quality, gates or mechanisms have changed).",
    },
    "table.foreign_reports": {
        "fr": "Relevés de tickets écartés, signés d’aucune clé de répondeur déposée : {count}",
        "en": "Ticket reports passed over, signed by no registered responder key: {count}",
    },
    "table.responder_keys_unregistered": {
        "fr": "Attention : ce dépôt ne dit pas quelles clés signent pour les répondeurs ; rien n’y dépasse le degré 2. Déposez le prochain trimestre par isonomia-analysis register, qui les prend dans le plan.",
        "en": "Note: this registration does not say which keys sign for the responders; nothing in it passes grade 2. Register the next quarter by isonomia-analysis register, which takes them from the plan.",
    },
    "table.next": {
        "fr": "Chaque constat en détail : --json ; ses mesures : --json --full ; une ligne par paire : --observations FICHIER.",
        "en": "Each finding in full: --json; its measurements: --json --full; a line per pair: --observations FILE.",
    },
}

OUTCOMES: Final[dict[str, dict[Language, str]]] = {
    "outcome.slowed": {"fr": "différent, ralenti", "en": "different, slowed"},
    "outcome.favoured": {"fr": "différent, favorisé", "en": "different, favoured"},
    "outcome.equivalent": {"fr": "équivalent", "en": "equivalent"},
    "outcome.undetermined": {"fr": "indéterminé", "en": "undetermined"},
    "outcome.invalid": {"fr": "invalide", "en": "invalid"},
    "mechanism.policer": {"fr": "limiteur sans file", "en": "policer"},
    "mechanism.shaper": {"fr": "limiteur à file", "en": "shaper"},
    "mechanism.burst_then_throttle": {"fr": "bridage après une salve", "en": "throttle after a burst"},
    "mechanism.loss": {"fr": "pertes ajoutées", "en": "added loss"},
    "mechanism.delay": {"fr": "délai ajouté", "en": "added delay"},
    "mechanism.low_priority": {"fr": "priorité basse", "en": "low priority"},
    "mechanism.blocking_tcp": {"fr": "blocage TCP", "en": "TCP blocking"},
    "mechanism.blocking_tls": {"fr": "blocage TLS", "en": "TLS blocking"},
    "mechanism.blocking_http": {"fr": "blocage HTTP", "en": "HTTP blocking"},
    "mechanism.altered": {"fr": "contenu altéré", "en": "altered content"},
    "mechanism.unknown": {"fr": "inconnu", "en": "unknown"},
}

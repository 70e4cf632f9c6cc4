"""What the lab says to a person, one id each, in French and English."""

from __future__ import annotations

import os

MESSAGES: dict[str, dict[str, str]] = {
    "lab_needs_tools": {
        "fr": "Le laboratoire a besoin d’outils qui manquent ici : {tools}. Exécutez en root :\n  {line}",
        "en": "The lab needs tools that are missing here: {tools}. Run as root:\n  {line}",
    },
    "lab_needs_start": {
        "fr": "Le laboratoire n’a pas été démarré en root ni dans un espace de noms utilisateur. Exécutez :\n  {line}",
        "en": "The lab was started neither as root nor in a user namespace. Run:\n  {line}",
    },
    "lab_needs_privileges": {
        "fr": "Le laboratoire a besoin de root ou d’espaces de noms utilisateur, et ce noyau les refuse ({reason})."
        " Exécutez en root :\n  {line}",
        "en": "The lab needs root or user namespaces, and this kernel refuses them ({reason}). Run as root:\n  {line}",
    },
    "lab_help": {
        "fr": "Un fournisseur d’accès en miniature, avec de vraies sondes, un vrai répondeur et un vrai collecteur.",
        "en": "An internet provider in a box, with real probes, a real responder and a real collector.",
    },
    "run_help": {
        "fr": "Un essai à votre idée : politique et nombres viennent de la ligne de commande.",
        "en": "A run of your own: policy and numbers come from the command line.",
    },
    "demo_help": {
        "fr": "Huit foyers, six services, trois traités inégalement : la démonstration nomme ces trois-là.",
        "en": "Eight homes, six services, three treated unequally: the demonstration names those three.",
    },
    "soak_help": {
        "fr": "Vingt graines, chacune neutre, encombrée, bridée à 1,5 et à 4 Mbit/s (une heure au plus).",
        "en": "Twenty seeds, each neutral, congested, policed at 1.5 and at 4 Mbit/s (one hour at most).",
    },
    "scoreboard_help": {
        "fr": "Tous les scénarios, coupables et innocents, contre ce qui était attendu et prédit (une heure au plus à 5 foyers).",
        "en": "All scenarios, guilty and innocent, against what was expected and predicted (one hour at most at 5 homes).",
    },
    "quick_help": {
        "fr": "trois coupables et leurs jumeaux, selon le commit ; aussi par QUICK=1",
        "en": "three guilty rows and their twins, by the commit; also by QUICK=1",
    },
    "homes_help": {
        "fr": "foyers par scénario (5 ; aussi par HOMES=10, m = 100)",
        "en": "homes a scenario (5; also by HOMES=10, m = 100)",
    },
    "limits_help": {
        "fr": "Ce que le laboratoire peut porter sur cette machine : débits et allers-retours, selon le nombre de foyers.",
        "en": "What the lab can carry on this machine: rates and round trips, by the number of homes.",
    },
    "delay_help": {"fr": "en quoi est faite la ligne de retard", "en": "what the delay line is made of"},
    "limit_homes_help": {"fr": "nombres de foyers", "en": "numbers of homes"},
    "report_help": {
        "fr": "n’exécute rien : juge ce qui est là et écrit la page",
        "en": "run nothing: judge what is there and write the page",
    },
    "plan_help": {
        "fr": "dit seulement ce qui serait exécuté, et en combien de temps",
        "en": "only say what would run, and for how long",
    },
    "row_fault": {
        "fr": "FAUTE DU LABORATOIRE, pas de résultat : {run} : {reason}",
        "en": "LAB FAULT, no result: {run}: {reason}",
    },
    "board_faults": {
        "fr": "FAUTES DU LABORATOIRE, {count} essais sans résultat : {runs}",
        "en": "LAB FAULTS, {count} runs without a result: {runs}",
    },
    "board_failed": {
        "fr": "Le tableau ne montre pas ce qu’il doit : {why}",
        "en": "The board does not show what it must: {why}",
    },
    "only_rows_help": {"fr": "ces scénarios seulement", "en": "these scenarios alone"},
    "bench_help": {
        "fr": "Vitesse et mémoire, à côté d’un pair mesuré dans la même exécution.",
        "en": "Speed and memory, beside a peer measured in the same run.",
    },
    "clean_help": {
        "fr": "Retire ce qu’un laboratoire interrompu a laissé, et cela seulement.",
        "en": "Removes what a crashed lab left, and only that.",
    },
    "json_help": {"fr": "réponse en JSON", "en": "answer in JSON"},
    "only_help": {"fr": "une seule partie", "en": "one part alone"},
    "rate_help": {"fr": "débit imposé, p. ex. 1.5Mbit", "en": "the policy's rate, e.g. 1.5Mbit"},
    "bucket_help": {
        "fr": "seau de jetons du policeur, p. ex. 16kB",
        "en": "the policer's token bucket, e.g. 16kB",
    },
    "queue_help": {"fr": "file du lisseur, en paquets", "en": "the shaper's queue, in packets"},
    "nettest_help": {"fr": "la mesure à faire", "en": "the nettest to run"},
    "match_quic_help": {
        "fr": "le fournisseur reconnaît le nom dans QUIC, et laisse TCP en paix",
        "en": "the provider matches the name in QUIC, and leaves TCP alone",
    },
    "match_help": {"fr": "nom que le fournisseur reconnaît", "en": "the name that the provider matches"},
    "measure_help": {
        "fr": "nom mesuré, s’il diffère de --match-sni",
        "en": "the name that is measured, if not that of --match-sni",
    },
    "policy_homes_help": {"fr": "foyers touchés (tous sinon)", "en": "homes it applies to (else all)"},
    "line_help": {"fr": "débit des lignes, p. ex. 50Mbit", "en": "the lines' rate, e.g. 50Mbit"},
    "line_up_help": {
        "fr": "débit des lignes vers l’amont (20Mbit sinon, si c’est là qu’on mesure)",
        "en": "the lines' rate upwards (else 20Mbit, where uploads are measured)",
    },
    "direction_help": {
        "fr": "sens mesuré et limité : vers l’aval (down) ou vers l’amont (up)",
        "en": "direction that is measured and limited: down or up",
    },
    "rtt_help": {"fr": "aller-retour, p. ex. 20ms", "en": "round trip, e.g. 20ms"},
    "gap_help": {"fr": "pause entre les deux moitiés d’une paire", "en": "rest between the halves of a pair"},
    "hour_help": {"fr": "heure locale des foyers (12 sinon)", "en": "the homes' local hour (else 12)"},
    "keep_help": {"fr": "garde tous les fichiers dans ce dossier", "en": "keep all files in this folder"},
    "shard_help": {"fr": "part i de n, aussi par SHARD=i/n", "en": "part i of n, also by SHARD=i/n"},
    "at_once_help": {"fr": "essais simultanés", "en": "runs at a time"},
    "seeds_help": {"fr": "nombre de graines", "en": "number of seeds"},
    "again_help": {"fr": "refait aussi les essais déjà faits", "en": "repeat runs that have a result"},
    "cleaned": {"fr": "retiré : {prefix}", "en": "removed: {prefix}"},
    "lab_built": {
        "fr": "Laboratoire construit ({mode}) : {homes} foyers, ligne de retard {delay_line}.",
        "en": "Lab built ({mode}): {homes} homes, delay line {delay_line}.",
    },
    "lab_joined": {
        "fr": "Les foyers sont inscrits et leur capacité mesurée ; {pairs} paires à venir.",
        "en": "The homes have joined and their capacity is measured; {pairs} pairs to come.",
    },
    "lab_pairs": {
        "fr": "{done} sur {total} paires, {seconds} s",
        "en": "{done} of {total} pairs, {seconds} s",
    },
    "lab_judging": {"fr": "Jugement…", "en": "Judging…"},
    "demo_intro": {
        "fr": "Un fournisseur d’accès en miniature, {homes} foyers, {services} services. Il en bride deux et en bloque un ;\n"
        "l’accès d’un foyer est encombré de surcroît. Les sondes n’en savent rien.",
        "en": "A miniature internet provider, {homes} homes, {services} services. It throttles two and blocks one;\n"
        "one home's access is congested besides. The probes know nothing of that.",
    },
    "demo_cost": {
        "fr": "{seconds} s, {megabytes} Mo de mesures, laboratoire : {mode}.",
        "en": "{seconds} s, {megabytes} MB of measurements, lab: {mode}.",
    },
    "demo_right": {
        "fr": "Les trois services traités inégalement sont nommés, et eux seuls. « Indéterminé » ne veut pas dire « égal ».",
        "en": "The three services that were treated unequally are named, and only those. “Undetermined” does not mean “equal”.",
    },
    "demo_wrong": {
        "fr": "La démonstration n’a pas montré ce qu’elle devait montrer.",
        "en": "The demonstration did not show what it must.",
    },
    "demo_next": {
        "fr": "Ensuite : lisez {folder}/findings.json ; changez la règle : sh deploy/setup.sh lab run --help ;\n"
        "prêtez votre ligne : docs/volunteer.md.",
        "en": "Next: read {folder}/findings.json; change the rule: sh deploy/setup.sh lab run --help;\n"
        "lend your line: docs/volunteer.md.",
    },
    "demo_inside": {
        "fr": "Les trois constats en pages (édition interne) : {path}",
        "en": "The three findings as pages (inside edition): {path}",
    },
    "demo_public": {
        "fr": "Ce qui en serait public (rien n’est publié, personne n’est nommé) : {path}",
        "en": "What of it would be public (nothing is published, nobody is named): {path}",
    },
    "demo_feed": {
        "fr": "Pour les tableaux Grafana (docs/boards.md), une base de séries temporelles (INFLUX_URL la nomme au prochain essai) :",
        "en": "For the Grafana boards (docs/boards.md), a time-series database (INFLUX_URL names it for the next run):",
    },
    "demo_fed": {
        "fr": "Les mêmes données sont dans la base {url}, pour les tableaux Grafana (docs/boards.md).",
        "en": "The same data are in the database at {url}, for the Grafana boards (docs/boards.md).",
    },
    "site_help": {
        "fr": "Les pages de la démonstration : ce que voit l’opérateur, et ce qui en serait public.",
        "en": "The demonstration as pages: what its operator sees, and what of it would be public.",
    },
    "site_run": {
        "fr": "le dossier que `demo` a laissé",
        "en": "the folder that `demo` left",
    },
    "site_serve": {
        "fr": "montre ensuite l’édition interne sur ce port de cette machine (0 : un port libre)",
        "en": "then show the inside edition on this port of this machine (0: a free one)",
    },
    "site_serving": {
        "fr": "Édition interne : {url} (Ctrl-C pour finir)",
        "en": "Inside edition: {url} (Ctrl-C ends)",
    },
    "site_golden": {
        "fr": "Aucune démonstration dans {folder} (sh deploy/setup.sh demo, moins de 6 min) : voici les mesures de référence.",
        "en": "No demonstration in {folder} (sh deploy/setup.sh demo, under 6 min): here are the golden measurements.",
    },
    "site_seconds": {"fr": "{seconds} s.", "en": "{seconds} s."},
    "fault_missed": {"fr": "{service} n’a pas été nommé", "en": "{service} was not named"},
    "fault_accused": {"fr": "{service} a été nommé à tort", "en": "{service} was named wrongly"},
    "fault_mechanism": {
        "fr": "{service} : mécanisme {said}, attendu {mechanism}",
        "en": "{service}: mechanism {said}, expected {mechanism}",
    },
    "fault_rate": {
        "fr": "{service} : débit à {error} du compteur du laboratoire",
        "en": "{service}: rate {error} off the lab's counter",
    },
    "column_service": {"fr": "service", "en": "service"},
    "column_outcome": {"fr": "verdict", "en": "outcome"},
    "column_grade": {"fr": "degré", "en": "grade"},
    "column_delivered": {"fr": "délivré, Mbit/s", "en": "delivered, Mbit/s"},
    "column_counter": {"fr": "compteur", "en": "counter"},
    "column_mechanism": {"fr": "mécanisme", "en": "mechanism"},
    "column_homes": {"fr": "foyers", "en": "homes"},
    "column_pairs": {"fr": "paires", "en": "pairs"},
    "column_bytes": {"fr": "octets", "en": "bytes"},
    "column_seconds": {"fr": "secondes", "en": "seconds"},
    "outcome_different": {"fr": "différent", "en": "different"},
    "outcome_equivalent": {"fr": "équivalent", "en": "equivalent"},
    "outcome_undetermined": {"fr": "indéterminé", "en": "undetermined"},
    "outcome_invalid": {"fr": "invalide", "en": "invalid"},
    "direction_slowed": {"fr": "ralenti", "en": "slowed"},
    "direction_favoured": {"fr": "favorisé", "en": "favoured"},
    "soak_done": {
        "fr": "{done}/{total} {run}, code {code}, {seconds} s",
        "en": "{done}/{total} {run}, exit {code}, {seconds} s",
    },
    "bench_running": {"fr": "Mesure : {part}…", "en": "Measuring: {part}…"},
    "bench_passed": {"fr": "toutes les bornes tenues", "en": "every gate holds"},
    "bench_failed": {"fr": "une borne au moins n’est pas tenue", "en": "at least one gate does not hold"},
    "soak_head": {
        "fr": "condition    essais signalés mécanisme   écart",
        "en": "condition     runs  flagged  mechanism    error",
    },
    "soak_passed": {
        "fr": "Aucun innocent signalé, les coupables trouvés.",
        "en": "No innocent flagged, the guilty found.",
    },
    "soak_failed": {
        "fr": "Le résultat n’est pas celui qu’il faut.",
        "en": "This is not the result that it must be.",
    },
}


def text(message_id: str, **values: object) -> str:
    """Return a message in the language of LC_ALL, LC_MESSAGES or LANG (French if it begins with "fr", else English)."""
    language = next((v for k in ("LC_ALL", "LC_MESSAGES", "LANG") if (v := os.environ.get(k))), "")
    return MESSAGES[message_id]["fr" if language.startswith("fr") else "en"].format(**values)

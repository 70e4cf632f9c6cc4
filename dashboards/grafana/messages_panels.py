"""Titles, helps and words of panels: one id, French and English. ``messages`` holds them with the others."""

from typing import Final

from dashboards.messages import Language

PANELS: Final[dict[str, dict[Language, str]]] = {
    "panel.fleet_now": {"fr": "Ce qui a été mesuré", "en": "What was measured"},
    "panel.fleet_now.help": {
        "fr": "Lignes, fournisseurs et paires en tout, part des paires écartées, heures retenues faute de cinq lignes. En public, arrondis vers le bas.",
        "en": "Lines, providers and pairs in all, share of pairs discarded, hours withheld for want of five lines. In public rounded down.",
    },
    "panel.last_pair": {"fr": "Dernière mesure", "en": "Last measurement"},
    "panel.last_pair.help": {
        "fr": "Heure de la dernière paire, à l’horloge du répondeur ; en public, son jour (UTC).",
        "en": "Time of the last pair, by the responder’s clock; in public its day (UTC).",
    },
    "panel.coverage": {"fr": "Couverture par fournisseur", "en": "Coverage by provider"},
    "panel.coverage.help": {
        "fr": "Aucun constat n’est montré sur moins de cinq lignes. En public, les nombres sont arrondis vers le bas, et un service ou un jour compte à partir de cinq lignes. Ce tableau n’est pas un classement.",
        "en": "No finding is shown on fewer than five lines. In public numbers are rounded down, and a service or a day counts from five lines on. This table is no ranking.",
    },
    "panel.discards": {"fr": "Paires écartées, par règle", "en": "Pairs discarded, by rule"},
    "panel.discards.help": {
        "fr": "Les règles sont fixées d’avance et ne savent pas laquelle des deux mesures est l’original.",
        "en": "The rules are fixed beforehand and do not know which of the two runs is the original.",
    },
    "panel.parity": {"fr": "Indice de parité par origine", "en": "Parity index by origin"},
    "panel.parity.help": {
        "fr": "100 : les services de cette origine passent comme leurs témoins sur les mêmes lignes. Médiane et intervalle sur les lignes. Rien n’est conclu d’un indice : seuls les constats jugent.",
        "en": "100: services of this origin pass like their controls on the same lines. Median and interval over lines. Nothing follows from an index: findings alone judge.",
    },
    "panel.matrix": {"fr": "Fournisseur × secteur culturel", "en": "Provider × cultural sector"},
    "panel.matrix.help": {
        "fr": "Le constat le plus grave de chaque place : ■ bloqué, ▼ ralenti, ▲ favorisé, = équivalent, ? indéterminé, × invalide, · trop peu de lignes.",
        "en": "The gravest finding of each place: ■ blocked, ▼ slowed, ▲ favoured, = equivalent, ? undetermined, × invalid, · too few lines.",
    },
    "panel.matrix_numbers": {
        "fr": "La même matrice en nombres",
        "en": "The same matrix in numbers",
    },
    "panel.matrix_numbers.help": {
        "fr": "Écart de l’original au témoin avec son intervalle, lignes et paires derrière, et ce que les cellules ont donné. L’écart est celui des débits : un échange qui n’est pas passé n’en a pas.",
        "en": "Effect of the original against its control with its interval, lines and pairs behind it, and what the cells gave. The effect is that of rates: a transfer that did not get through has none.",
    },
    "panel.findings": {"fr": "Constats d’une différence", "en": "Findings of a difference"},
    "panel.findings.help": {
        "fr": "Une différence mesurée n’est pas une infraction. L’état dit où en est l’échange avec le fournisseur, l’âge depuis combien de jours le registre le connaît. Le nom du service mène à son tableau ; la page, à la page publique. Ce qui a été retiré n’y est plus : voir ses états.",
        "en": "A measured difference is not a violation. The state says how far the exchange with the provider is, the age for how many days the ledger has known it. The service’s name leads to its board, the page to the public page. What was withdrawn is not here any more: see its states.",
    },
    "panel.how_to_read": {"fr": "Comment lire ces chiffres", "en": "How to read these numbers"},
    "panel.how_to_read.text": {
        "fr": "Chaque **paire** compare deux échanges identiques, l’un sous le nom du service (*original*), l’autre sous un nom neutre (*témoin*), sur la même ligne, au même moment, dans un ordre tiré au sort. « Pas de bridage » veut toujours dire « pas de bridage sous la cadence ». Une heure n’est montrée qu’à partir de **cinq lignes**. Les centiles 10, 50 et 90 sont pris sur les lignes. Les mêmes chiffres, avec tableaux et CSV, sont sur les pages publiques, lisibles par un lecteur d’écran.",
        "en": "Each **pair** compares two equal transfers, one under the service’s name (*original*), one under a neutral name (*control*), on the same line, at the same time, in an order drawn by lot. “No throttle” always means “no throttle below the pace”. An hour is shown from **five lines** on. Percentiles 10, 50 and 90 are taken over lines. The same numbers, with tables and CSV, stand on the public pages, which screen readers can read.",
    },
    "panel.hours": {
        "fr": "Débits heure par heure : centiles 10, 50 et 90",
        "en": "Rates hour by hour: percentiles 10, 50 and 90",
    },
    "panel.hours.help": {
        "fr": "Chaque point est une heure telle qu’elle a été publiée : centiles sur les lignes de cette heure. Quelle que soit la période affichée, aucune moyenne de centiles n’est faite ; pour la tendance, voir les jours. La cadence est le plus haut débit qui pouvait être vu.",
        "en": "Each point is an hour as it was published: percentiles over that hour’s lines. Whatever the period shown, no mean of percentiles is taken; for the trend see the days. The pace is the highest rate that could have been seen.",
    },
    "panel.hour_counts": {"fr": "Sur combien de lignes et de paires", "en": "On how many lines and pairs"},
    "panel.hour_counts.help": {
        "fr": "Par heure. Une heure de moins de cinq lignes n’apparaît pas.",
        "en": "By the hour. An hour of fewer than five lines is not there.",
    },
    "panel.clock": {"fr": "Heures de la journée (heure locale)", "en": "Hours of the day (local time)"},
    "panel.clock.help": {
        "fr": "Un encombrement ralentit l’original et le témoin ; un tri ne ralentit que l’original.",
        "en": "Congestion slows original and control alike; selection slows the original alone.",
    },
    "panel.clock_whole": {"fr": "Heures de la journée (heure locale)", "en": "Hours of the day (local time)"},
    "panel.clock_whole.help": {
        "fr": "Médianes. Un encombrement ralentit l’original et le témoin ; un tri ne ralentit que l’original. L’accès entier est la dernière estimation hebdomadaire des lignes qui ont mesuré à cette heure : elle dit quelles lignes, pas leur débit à l’heure même.",
        "en": "Medians. Congestion slows original and control alike; selection slows the original alone. The whole access is the last weekly estimate of the lines that measured at that hour: it says which lines, not their rate in that very hour.",
    },
    "panel.weekdays": {"fr": "Jours de la semaine (date locale)", "en": "Days of the week (local date)"},
    "panel.weekdays.help": {
        "fr": "Médianes sur au moins cinq lignes.",
        "en": "Medians over at least five lines.",
    },
    "panel.weekdays_whole": {
        "fr": "Jours de la semaine (date locale)",
        "en": "Days of the week (local date)",
    },
    "panel.weekdays_whole.help": {
        "fr": "Médianes sur au moins cinq lignes ; l’accès entier est la dernière estimation hebdomadaire de ces lignes.",
        "en": "Medians over at least five lines; the whole access is the last weekly estimate of these lines.",
    },
    "panel.trend": {
        "fr": "Tendance, jour par jour (100 : égal au témoin)",
        "en": "Trend, day by day (100: equal to the control)",
    },
    "panel.trend.help": {
        "fr": "L’indice est le débit de l’original en pour cent de celui du témoin, avec son intervalle sur les lignes ; avec lui, la part des échecs. Chaque jour est résumé à partir de ses paires. Repères : changements mesurés à un début de semaine (à l’intérieur), pratiques déclarées, états, catalogue.",
        "en": "The index is the original’s rate in per cent of its control’s, with its interval over lines; beside it the share of failures. Each day is summed up from its own pairs. Marks: changes measured at a week’s beginning (inside), declared practices, states, catalogue.",
    },
    "panel.reach": {"fr": "Accès direct, par cause", "en": "Direct reachability, by cause"},
    "panel.reach.help": {
        "fr": "Nombres de lignes, chacune comptée une fois, par ce qu’elle a rencontré le plus souvent : DNS, connexion, TLS, HTTP ; puis fausses réponses DNS, pages qui n’étaient pas l’objet demandé, et échanges HTTP en clair dont seul l’original a été altéré. « Autre » fournisseur : vue hors des réseaux déposés. Jamais moins de cinq lignes. Des observations : une couche qui échoue ne dit pas qui l’a fait échouer.",
        "en": "Numbers of lines, each counted once, by what it met most often: DNS, connection, TLS, HTTP; then false DNS answers, pages that were not the object asked for, and plain HTTP transfers of which the original alone was altered. “Other” provider: seen outside the registered networks. Never fewer than five lines. Observations: a layer that fails does not say who made it fail.",
    },
    "panel.comparison": {
        "fr": "Fournisseurs d’une région et d’une technologie : centiles 10, 50 et 90 sur les lignes",
        "en": "Providers of one region and technology: percentiles 10, 50 and 90 over lines",
    },
    "panel.comparison.help": {
        "fr": "Dix lignes au moins pour chacun, et deux fournisseurs au moins, sinon rien. Par ordre alphabétique : ce n’est pas un classement.",
        "en": "At least ten lines each, and at least two providers, or nothing. In alphabetical order: this is no ranking.",
    },
    "panel.how_to_compare": {"fr": "Comment comparer", "en": "How to compare"},
    "panel.how_to_compare.text": {
        "fr": "L’**indice** est ce que l’original a reçu en pour cent de son témoin, sur la même ligne (100 : le même), tous services confondus. Le **témoin** et l’**accès entier** disent quelles lignes ont mesuré : des lignes plus rapides ne sont pas un meilleur traitement. Les volontaires ne sont pas un échantillon : deux fournisseurs peuvent différer parce que leurs volontaires diffèrent. Une pratique **déclarée** n’est pas une faute, et une différence mesurée à côté d’elle n’en est pas la preuve : la table met les deux sous les yeux du relecteur.",
        "en": "The **index** is what the original got in per cent of its control on the same line (100: the same), of all services together. The **control** and the **whole access** say which lines measured: faster lines are no better treatment. Volunteers are no sample: two providers may differ because their volunteers do. A **declared** practice is no fault, and a difference measured beside it no proof of one: the table puts both before the reviewer’s eyes.",
    },
    "panel.declared": {
        "fr": "Pratiques déclarées, et ce qui est mesuré",
        "en": "Declared practices, and what is measured",
    },
    "panel.declared.help": {
        "fr": "Fichier tenu par l’opérateur, chaque pratique avec sa source et sa date de lecture ; vide s’il n’y en a pas. Une ligne par cellule concernée ; rien de mesuré n’est dit de moins de cinq foyers. La date est celle du regard : une pratique ôtée du fichier garde son ancienne date.",
        "en": "A file that the operator keeps, each practice with its source and the day it was read; empty where there is none. One row a cell that it covers; nothing measured is told of fewer than five homes. The date is that of the look: a practice taken out of the file keeps its old date.",
    },
    "panel.declared_cell": {
        "fr": "Pratiques déclarées pour cette cellule",
        "en": "Practices declared for this cell",
    },
    "panel.declared_cell.help": {
        "fr": "Ce que le fournisseur déclare, avec la source et la date de lecture, à côté du dernier jugement ; vide s’il n’y a rien.",
        "en": "What the provider declares, with the source and the day it was read, beside the last judgement; empty where there is nothing.",
    },
    "panel.method": {"fr": "Méthode et version", "en": "Method and version"},
    "panel.method.help": {
        "fr": "Les chiffres de ce tableau ont été faits par cette version, selon ce dépôt et cette méthode (empreintes abrégées) ; « ≠ » : la méthode n’est plus celle du dépôt.",
        "en": "This board’s numbers were made by this version, under this registration and method (hashes cut short); “≠”: the method is no longer the registered one.",
    },
    "panel.raw_percentiles": {
        "fr": "Faits bruts du réseau : centiles sur les paires",
        "en": "Raw facts of the network: percentiles over pairs",
    },
    "panel.raw_percentiles.help": {
        "fr": "Tout ce qui est arrivé, avant les règles de qualité : pour l’opérateur seul.",
        "en": "All that came in, before the rules of quality: for the operator alone.",
    },
    "panel.raw_failures": {"fr": "Échecs", "en": "Failures"},
    "panel.raw_failures.help": {
        "fr": "Paires dont l’original, ou le témoin, n’est pas arrivé au bout.",
        "en": "Pairs whose original, or whose control, did not come to its end.",
    },
    "panel.finding": {"fr": "Le constat", "en": "The finding"},
    "panel.finding.help": {
        "fr": "Le dernier jugement de cette cellule : ce qui a été mesuré, avec quelle force de preuve, sur combien de foyers.",
        "en": "The last judgement of this cell: what was measured, how strong the evidence is, on how many homes.",
    },
    "panel.original_and_control": {
        "fr": "Original et témoin, paire par paire",
        "en": "Original and control, pair by pair",
    },
    "panel.original_and_control.help": {
        "fr": "Un même axe, depuis zéro. La ligne de cadence est le plus haut débit que la paire pouvait voir.",
        "en": "One axis, from zero. The line of the pace is the highest rate that the pair could have seen.",
    },
    "panel.medians": {
        "fr": "Original et témoin, heure par heure",
        "en": "Original and control, hour by hour",
    },
    "panel.medians.help": {
        "fr": "Médianes de chaque heure sur au moins cinq lignes, telles que publiées ; un même axe depuis zéro, avec la cadence.",
        "en": "Medians of each hour over at least five lines, as published; one axis from zero, with the pace.",
    },
    "panel.sentences": {"fr": "En toutes lettres", "en": "In words"},
    "panel.sentences.help": {
        "fr": "Les phrases du constat, telles que l’analyse les écrit.",
        "en": "The finding’s sentences, as the analysis writes them.",
    },
    "panel.does_not_show": {"fr": "Ce que cela ne montre pas", "en": "What this does not show"},
    "panel.does_not_show.text": {
        "fr": "- Qui a agi, ni pourquoi : l’attribution reste « inconnue » tant que rien ne la prouve.\n- Qu’une règle est enfreinte : seuls un régulateur ou un tribunal le disent.\n- Un bridage au-dessus de la cadence, ou une réserve plus grande que celle que la paire pouvait vider.\n- Le chemin jusqu’au vrai serveur du service : les échanges vont à nos répondeurs.",
        "en": "- Who acted, or why: attribution stays “unknown” while nothing proves it.\n- That a rule is broken: only a regulator or a court says so.\n- A throttle above the pace, or a bucket larger than the pair could have emptied.\n- The path to the service’s own server: the transfers go to our responders.",
    },
    "panel.reply": {"fr": "Réponse du fournisseur", "en": "The provider’s reply"},
    "panel.reply.help": {
        "fr": "Telle qu’il l’a donnée, à la même place que le constat et comme sur sa page ; sinon, pourquoi il n’y en a pas.",
        "en": "As it was given, as prominent as the finding and as on its page; else why there is none.",
    },
    "panel.states": {"fr": "États, dans l’ordre", "en": "States, in order"},
    "panel.states.help": {
        "fr": "Rien n’est effacé : chaque changement a une date, un auteur et une raison.",
        "en": "Nothing is deleted: every change has a date, an actor and a reason.",
    },
    "panel.feed_lag": {"fr": "Retard de l’alimentation (documents)", "en": "Lag of the feed (documents)"},
    "panel.feed_lag.help": {
        "fr": "Ce que le collecteur a accepté et que cette base n’a pas encore.",
        "en": "What the collector accepted and this database does not have yet.",
    },
    "panel.feed_state": {"fr": "Alimentation", "en": "Feed"},
    "panel.feed_state.help": {
        "fr": "Refusés, illisibles et trop anciens devraient rester à zéro ; une reprise dit que la base avait perdu des données.",
        "en": "Refused, unreadable and too old should stay at zero; begun again means that the database had lost data.",
    },
    "panel.disk_free": {"fr": "Disque libre du collecteur", "en": "Free disk of the collector"},
    "panel.disk_free.help": {
        "fr": "Part du disque où est le dossier de données.",
        "en": "Share of the disk that holds the data folder.",
    },
    "panel.losses": {"fr": "Pertes et manques", "en": "Losses and gaps"},
    "panel.losses.help": {
        "fr": "Écartées par la qualité, non faites, manquantes après sept jours, en attente, abîmées.",
        "en": "Discarded by quality, not made, missing after seven days, pending, damaged.",
    },
    "panel.fleet_lines": {"fr": "Lignes actives", "en": "Active lines"},
    "panel.fleet_lines.help": {
        "fr": "Lignes qui ont mesuré depuis un jour, depuis sept.",
        "en": "Lines that measured within a day, within seven.",
    },
    "panel.documents": {"fr": "Paires reçues, par type de mesure", "en": "Pairs received, by nettest"},
    "panel.documents.help": {"fr": "À l’heure du répondeur.", "en": "By the responder’s time."},
    "panel.skips": {"fr": "Mesures prévues non faites", "en": "Planned measurements not made"},
    "panel.skips.help": {
        "fr": "Plafond atteint, ligne occupée, répondeur absent : la sonde dit pourquoi.",
        "en": "Cap reached, line busy, responder away: the probe says why.",
    },
    "panel.observations": {"fr": "Observations sans paire", "en": "Observations without a pair"},
    "panel.observations.help": {
        "fr": "DNS, accès, téléchargement, latence : combien de regards, combien en échec. Elles n’accusent personne à elles seules.",
        "en": "DNS, reachability, fetch, latency: how many looks, how many failed. Alone they accuse nobody.",
    },
}

"""Texts of boards, columns and alerts: one id, French and English."""

from typing import Final

from dashboards.messages import Language

_BOARDS: Final[dict[str, dict[Language, str]]] = {
    "folder.inside": {"fr": "Isonomia – intérieur", "en": "Isonomia – inside"},
    "folder.public": {"fr": "Isonomia – public", "en": "Isonomia – public"},
    "folder.alerts": {"fr": "Isonomia – alertes", "en": "Isonomia – alerts"},
    "board.overview": {"fr": "Vue d’ensemble", "en": "Overview"},
    "board.cell": {"fr": "Réseau et service", "en": "Network and service"},
    "board.finding": {"fr": "Constat", "en": "Finding"},
    "board.fleet": {"fr": "Parc de sondes et collecteur", "en": "Fleet and collector"},
    "var.brand": {"fr": "Fournisseur", "en": "Provider"},
    "var.technology": {"fr": "Technologie", "en": "Technology"},
    "var.plan_class": {"fr": "Forfait", "en": "Plan"},
    "var.service": {"fr": "Service", "en": "Service"},
    "var.direction": {"fr": "Sens", "en": "Direction"},
    "var.network": {"fr": "Réseau (AS)", "en": "Network (AS)"},
    "annotation.states": {"fr": "États des constats", "en": "States of findings"},
    "annotation.catalogue": {"fr": "Changements du catalogue", "en": "Catalogue changes"},
}

_PANELS: Final[dict[str, dict[Language, str]]] = {
    "panel.fleet_now": {"fr": "Ce qui a été mesuré", "en": "What was measured"},
    "panel.fleet_now.help": {
        "fr": "Lignes, fournisseurs et paires en tout, part des paires écartées, heures retenues faute de cinq lignes.",
        "en": "Lines, providers and pairs in all, share of pairs discarded, hours withheld for want of five lines.",
    },
    "panel.last_pair": {"fr": "Dernière mesure", "en": "Last measurement"},
    "panel.last_pair.help": {
        "fr": "Heure de la dernière paire, à l’horloge du répondeur.",
        "en": "Time of the last pair, by the responder’s clock.",
    },
    "panel.coverage": {"fr": "Couverture par fournisseur", "en": "Coverage by provider"},
    "panel.coverage.help": {
        "fr": "Aucun constat n’est montré sur moins de cinq lignes. Ce tableau n’est pas un classement.",
        "en": "No finding is shown on fewer than five lines. This table is no ranking.",
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
        "fr": "Le constat le plus grave de chaque place : ▼ ralenti, ▲ favorisé, = équivalent, ? indéterminé, × invalide, · trop peu de lignes.",
        "en": "The gravest finding of each place: ▼ slowed, ▲ favoured, = equivalent, ? undetermined, × invalid, · too few lines.",
    },
    "panel.matrix_numbers": {
        "fr": "La même matrice en nombres",
        "en": "The same matrix in numbers",
    },
    "panel.matrix_numbers.help": {
        "fr": "Écart de l’original au témoin avec son intervalle, lignes et paires derrière, et ce que les cellules ont donné.",
        "en": "Effect of the original against its control with its interval, lines and pairs behind it, and what the cells gave.",
    },
    "panel.findings": {"fr": "Constats d’une différence", "en": "Findings of a difference"},
    "panel.findings.help": {
        "fr": "Une différence mesurée n’est pas une infraction. L’état dit où en est l’échange avec le fournisseur. Ce qui a été retiré n’y est plus : voir ses états.",
        "en": "A measured difference is not a violation. The state says how far the exchange with the provider is. What was withdrawn is not here any more: see its states.",
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
        "fr": "Original et témoin sur un même axe, avec la cadence demandée : rien de plus rapide ne pouvait être vu.",
        "en": "Original and control on one axis, with the pace asked for: nothing faster could have been seen.",
    },
    "panel.hour_counts": {"fr": "Sur combien de lignes et de paires", "en": "On how many lines and pairs"},
    "panel.hour_counts.help": {
        "fr": "Une heure de moins de cinq lignes n’apparaît pas.",
        "en": "An hour of fewer than five lines is not there.",
    },
    "panel.clock": {"fr": "Heures de la journée (heure locale)", "en": "Hours of the day (local time)"},
    "panel.clock.help": {
        "fr": "Un encombrement ralentit l’original et le témoin ; un tri ne ralentit que l’original.",
        "en": "Congestion slows original and control alike; selection slows the original alone.",
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
        "fr": "Médianes sur au moins cinq lignes, un même axe depuis zéro, avec la cadence.",
        "en": "Medians over at least five lines, one axis from zero, with the pace.",
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

_COLUMNS: Final[dict[str, dict[Language, str]]] = {
    "column.Time": {"fr": "date", "en": "date"},
    "column.plan_class": {"fr": "forfait", "en": "plan"},
    "column.lines": {"fr": "lignes", "en": "lines"},
    "column.brands": {"fr": "fournisseurs", "en": "providers"},
    "column.brand": {"fr": "fournisseur", "en": "provider"},
    "column.technology": {"fr": "technologie", "en": "technology"},
    "column.service": {"fr": "code du service", "en": "service code"},
    "column.services": {"fr": "services", "en": "services"},
    "column.direction": {"fr": "sens", "en": "direction"},
    "column.sector": {"fr": "secteur", "en": "sector"},
    "column.origin": {"fr": "origine", "en": "origin"},
    "column.rule": {"fr": "règle", "en": "rule"},
    "column.pairs": {"fr": "paires", "en": "pairs"},
    "column.days": {"fr": "jours", "en": "days"},
    "column.hour": {"fr": "heure", "en": "hour"},
    "column.homes": {"fr": "foyers", "en": "homes"},
    "column.quarter": {"fr": "trimestre", "en": "quarter"},
    "column.cells": {"fr": "cellules", "en": "cells"},
    "column.discarded": {"fr": "écartées", "en": "discarded"},
    "column.discarded_percent": {"fr": "écartées, %", "en": "discarded, %"},
    "column.hours_withheld": {"fr": "heures retenues", "en": "hours withheld"},
    "column.last_pair_ms": {"fr": "dernière paire", "en": "last pair"},
    "column.symbol": {"fr": "signe", "en": "mark"},
    "column.effect_percent": {"fr": "écart, %", "en": "effect, %"},
    "column.effect_low": {"fr": "de", "en": "from"},
    "column.effect_high": {"fr": "à", "en": "to"},
    "column.index_percent": {"fr": "indice", "en": "index"},
    "column.index_low": {"fr": "de", "en": "from"},
    "column.index_high": {"fr": "à", "en": "to"},
    "column.grade": {"fr": "degré", "en": "grade"},
    "column.different": {"fr": "différentes", "en": "different"},
    "column.equivalent": {"fr": "équivalentes", "en": "equivalent"},
    "column.undetermined": {"fr": "indéterminées", "en": "undetermined"},
    "column.invalid": {"fr": "invalides", "en": "invalid"},
    "column.title": {"fr": "service", "en": "service"},
    "column.outcome": {"fr": "résultat", "en": "outcome"},
    "column.direction_of_effect": {"fr": "effet", "en": "effect"},
    "column.state": {"fr": "état", "en": "state"},
    "column.actor": {"fr": "auteur", "en": "actor"},
    "column.reason": {"fr": "raison", "en": "reason"},
    "column.mechanism": {"fr": "mécanisme", "en": "mechanism"},
    "column.delivered_mbit_s": {"fr": "débit obtenu, Mbit/s", "en": "delivered, Mbit/s"},
    "column.delivered_low": {"fr": "débit, de", "en": "rate, from"},
    "column.delivered_high": {"fr": "débit, à", "en": "rate, to"},
    "column.e_value": {"fr": "preuve E", "en": "evidence E"},
    "column.highest_rate_mbit_s": {"fr": "visible jusqu’à, Mbit/s", "en": "visible up to, Mbit/s"},
    "column.finding_id": {"fr": "constat", "en": "finding"},
    "column.sentences": {"fr": "phrases", "en": "sentences"},
    "column.reply": {"fr": "réponse", "en": "reply"},
    "code.other": {"fr": "autre", "en": "other"},
    "code.different": {"fr": "différence", "en": "difference"},
    "code.–": {"fr": "pas au registre", "en": "not in the ledger"},
    "symbol.slowed": {"fr": "ralenti", "en": "slowed"},
    "symbol.favoured": {"fr": "favorisé", "en": "favoured"},
    "symbol.equivalent": {"fr": "équivalent", "en": "equivalent"},
    "symbol.undetermined": {"fr": "indéterminé", "en": "undetermined"},
    "symbol.invalid": {"fr": "invalide", "en": "invalid"},
    "symbol.few": {"fr": "trop peu de lignes", "en": "too few lines"},
    "column.original": {"fr": "original", "en": "original"},
    "column.control": {"fr": "témoin", "en": "control"},
    "column.pace": {"fr": "cadence", "en": "pace"},
    "column.pace_mbit_s": {"fr": "cadence", "en": "pace"},
    **{
        f"column.{role}_p{p}": {"fr": f"{fr}, centile {p}", "en": f"{role}, percentile {p}"}
        for role, fr in (("original", "original"), ("control", "témoin"))
        for p in (10, 50, 90)
    },
    "column.lines_day": {"fr": "lignes, un jour", "en": "lines, one day"},
    "column.lines_week": {"fr": "lignes, sept jours", "en": "lines, seven days"},
    "column.nettest": {"fr": "mesure", "en": "nettest"},
    "column.looks": {"fr": "regards", "en": "looks"},
    "column.failed": {"fr": "échecs", "en": "failed"},
    "column.skipped": {"fr": "non faites", "en": "not made"},
    "column.missing": {"fr": "manquantes", "en": "missing"},
    "column.pending": {"fr": "en attente", "en": "pending"},
    "column.corrupt": {"fr": "abîmées", "en": "damaged"},
    "column.results": {"fr": "observations", "en": "observations"},
    "column.feed": {"fr": "alimentation", "en": "feed"},
    "column.fed": {"fr": "documents écrits", "en": "documents written"},
    "column.lag_rows": {"fr": "documents en attente", "en": "documents waiting"},
    "column.rejected": {"fr": "lignes refusées", "en": "lines refused"},
    "column.unreadable": {"fr": "illisibles", "en": "unreadable"},
    "column.too_old": {"fr": "trop anciens", "en": "too old"},
    "column.restarts": {"fr": "reprises", "en": "begun again"},
    "column.hot_hours": {"fr": "heures à sceller", "en": "hours to seal"},
    "column.free_percent": {"fr": "libre, %", "en": "free, %"},
}

_CODES: Final[dict[str, dict[Language, str]]] = {
    # As analysis.quality has them, which would bring numpy with it: a test holds the two together.
    "rule.conflict": {
        "fr": "le ticket a servi à deux mesures différentes",
        "en": "the ticket was used by two different measurements",
    },
    "rule.aborted": {
        "fr": "la paire a été interrompue avant son second transfert",
        "en": "the pair was aborted before its second run",
    },
    "rule.no_statement": {
        "fr": "pas de relevé signé du répondeur pour les deux transferts",
        "en": "no signed statement of the responder on both runs",
    },
    "rule.path_changed": {
        "fr": "réseau, famille d’adresses ou ligne ont changé pendant la paire",
        "en": "network, address family or line changed within the pair",
    },
    "rule.responder_refused": {
        "fr": "le répondeur a refusé un des transferts",
        "en": "the responder refused one of the runs",
    },
    "rule.protocol_error": {
        "fr": "le répondeur a parlé autre chose que notre protocole",
        "en": "the responder spoke something else than our protocol",
    },
    "rule.sender_late": {
        "fr": "l’émetteur n’avait plus rien à envoyer à plus de 5 % des relevés",
        "en": "the sender had nothing left to send at over 5 % of ticks",
    },
    "rule.probe_busy": {
        "fr": "la sonde manquait de processeur (plus de 90 %)",
        "en": "the probe was short of CPU (over 90 %)",
    },
    "rule.no_series": {
        "fr": "un transfert abouti n’a pas de durée ou pas de relevés lisibles",
        "en": "a finished run has no duration or no readable ticks",
    },
    "rule.uncorroborated": {
        "fr": "le relevé du répondeur ne confirme pas un transfert abouti (nom, ClientHello, adresse, relevés ou octets)",
        "en": "the responder's receipt does not bear out a finished run (name, ClientHello, address, ticks or bytes)",
    },
    # Without the date that the pages give: it stands among the states.
    "reply.silent": {
        "fr": "Notifié, le réseau n’a pas répondu dans le délai de 20 jours. Une réponse reçue plus tard sera publiée ici.",
        "en": "Notified, the network did not reply within 20 days. A reply received later will be published here.",
    },
    "reply.waiting": {
        "fr": "Notifié ; le délai de 20 jours court encore.",
        "en": "Notified; the 20 days are still running.",
    },
}

_ALERTS: Final[dict[str, dict[Language, str]]] = {
    "alert.grade": {"fr": "Constat de degré 3 ou plus", "en": "Finding of grade 3 or more"},
    "alert.grade.help": {
        "fr": "Une cellule a atteint le degré 3 et personne ne l’a inscrite au registre des états : reproduire avec des paires neuves, puis notifier. Ne rien publier avant.",
        "en": "A cell has reached grade 3 and nobody has entered it in the ledger of states: replicate with fresh pairs, then notify. Publish nothing before.",
    },
    "alert.disruption": {"fr": "Perturbation : les témoins échouent", "en": "Disruption: controls fail"},
    "alert.disruption.help": {
        "fr": "La moitié des témoins d’un réseau échouent depuis une heure : réseau ou répondeur en panne, pas un tri.",
        "en": "Half of a network’s controls have failed for an hour: a network or a responder is down, nobody selects.",
    },
    "alert.silent": {"fr": "Parc silencieux", "en": "Fleet silent"},
    "alert.silent.help": {
        "fr": "Aucune paire depuis six heures : collecteur, plan ou répondeurs.",
        "en": "No pair for six hours: collector, plan or responders.",
    },
    "alert.lag": {"fr": "Alimentation en retard ou arrêtée", "en": "Feed lagging or stopped"},
    "alert.lag.help": {
        "fr": "Les tableaux ne montrent pas ce que le collecteur a reçu. Rien n’est perdu : voir « timeseries status ».",
        "en": "The boards do not show what the collector has. Nothing is lost: see “timeseries status”.",
    },
    "alert.disk": {"fr": "Disque presque plein", "en": "Disk almost full"},
    "alert.disk.help": {
        "fr": "Moins d’un dixième du disque est libre : sceller, agrandir ou déplacer l’archive.",
        "en": "Less than a tenth of the disk is free: seal, enlarge, or move the archive.",
    },
}

_COMMANDS: Final[dict[str, dict[Language, str]]] = {
    "boards.out": {
        "fr": "dossier où écrire (par défaut : deploy/grafana)",
        "en": "folder to write to (by default: deploy/grafana)",
    },
    "boards.check": {
        "fr": "ne rien écrire ; dire ce qui différerait",
        "en": "write nothing; say what would differ",
    },
    "boards.written": {"fr": "{files} fichiers, {changed} changés", "en": "{files} files, {changed} changed"},
    "boards.stale": {"fr": "différent : {path}", "en": "differs: {path}"},
    "push.url": {
        "fr": "adresse de Grafana ; le jeton du compte de service dans GRAFANA_TOKEN",
        "en": "Grafana’s address; the service account’s token in GRAFANA_TOKEN",
    },
    "push.surface": {
        "fr": "quelle face : l’intérieur, ou le public (dans une autre organisation ou une autre instance)",
        "en": "which surface: the inside, or the public (in another organisation or another instance)",
    },
    "push.database": {
        "fr": "adresse de la base telle que Grafana la voit ; son jeton dans INFLUX_TOKEN",
        "en": "the database’s address as Grafana sees it; its token in INFLUX_TOKEN",
    },
    "push.dry_run": {
        "fr": "ne rien changer ; montrer les différences",
        "en": "change nothing; show the differences",
    },
    "push.line": {"fr": "{verb} {what}", "en": "{verb} {what}"},
    "push.no_token": {"fr": "il manque le jeton GRAFANA_TOKEN", "en": "the token GRAFANA_TOKEN is missing"},
    "push.failed": {
        "fr": "Grafana refuse ou ne répond pas : {detail}",
        "en": "Grafana refuses or does not answer: {detail}",
    },
}

MESSAGES: Final = {**_BOARDS, **_PANELS, **_COLUMNS, **_CODES, **_ALERTS, **_COMMANDS}


def say(message_id: str, language: Language, **values: object) -> str:
    """The text of ``message_id`` in ``language`` with its ``values``; raises ``KeyError`` for an unknown id."""
    return MESSAGES[message_id][language].format(**values)

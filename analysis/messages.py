"""Every text of the analysis that a person sees: one id, French and English."""

import os
from collections.abc import Mapping
from typing import Final

from analysis.direct.messages import DIRECT
from analysis.messages_bundle import BUNDLE
from analysis.messages_judgement import JUDGEMENT
from analysis.messages_parity import PARITY
from analysis.messages_place import PLACE
from analysis.messages_scale import SCALE
from analysis.open_bundle.messages import OPEN_BUNDLE
from analysis.public.messages import PUBLIC
from analysis.publish.messages import PUBLISH
from analysis.trace.messages import TRACE
from analysis.words import Language

_TROUBLE: Final[dict[str, dict[Language, str]]] = {
    "extra.missing": {
        "fr": "il manque le paquet « {name} » ; installez : pip install 'isonomia[analysis]'",
        "en": "the package “{name}” is missing; install: pip install 'isonomia[analysis]'",
    },
    "store.missing": {
        "fr": "{path} : pas de dossier de collecteur (il n’y a ni « hot » ni « plans ») ; donnez à --store le dossier --data du collecteur",
        "en": "{path}: no collector’s folder (it has neither “hot” nor “plans”); give --store the collector’s --data folder",
    },
    "store.no_plan": {
        "fr": "{path} : aucun plan ; lancez une fois isonomia-collector serve avec le fichier de l’opérateur",
        "en": "{path}: no plan; run isonomia-collector serve once with the operator’s file",
    },
    "store.corrupt_row": {
        "fr": "{path}, mesure {row} : {detail} ; remettez la sauvegarde de ce fichier, ou jugez sans cette ligne par --keep-going (elle sera comptée et nommée)",
        "en": "{path}, measurement {row}: {detail}; restore this file from its backup, or judge without the row by --keep-going (it will be counted and named)",
    },
    "registration.no_cells": {
        "fr": "aucune cellule à déposer : le plan n’a aucun service",
        "en": "no cell to register: the plan has no service",
    },
    "registration.bad_asn": {
        "fr": '--asn {detail} : écrivez par exemple --asn "Ma Marque=AS64500"',
        "en": '--asn {detail}: write for example --asn "My Brand=AS64500"',
    },
    "registration.asn_of_no_brand": {
        "fr": '--asn {brand}=… : cette marque n’est pas déposée ; ajoutez --brand "{brand}" ou corrigez le nom',
        "en": '--asn {brand}=…: this brand is not registered; add --brand "{brand}" or correct the name',
    },
    "registration.bad_gate": {
        "fr": "--gate {detail} : écrivez RÔLE=SERVICE, avec un rôle parmi {roles}",
        "en": "--gate {detail}: write ROLE=SERVICE, with a role out of {roles}",
    },
    "registration.gate_of_no_service": {
        "fr": "--gate …={service} : le plan n’a pas ce service ; ajoutez-le au plan ou corrigez le nom",
        "en": "--gate …={service}: the plan has no such service; add it to the plan or correct the name",
    },
    "registration.bad_responder": {
        "fr": "--responder {detail} : écrivez ID=EXPLOITANT@RÉSEAU, avec ! à la fin si ses adresses ne sont pas publiées",
        "en": "--responder {detail}: write ID=OPERATOR@NETWORK, with ! at the end if its addresses are not published",
    },
    "registration.bad_channel": {
        "fr": "--invitation : écrivez CANAL=INVITATION",
        "en": "--invitation: write CHANNEL=INVITATION",
    },
    "registration.too_many_cells": {
        "fr": "{count} cellules, au plus {most} : déposez moins de marques, de technologies ou de services",
        "en": "{count} cells, at most {most}: register fewer brands, technologies or services",
    },
    "registration.exists": {
        "fr": "{path} existe déjà : un dépôt ne s’écrase pas ; choisissez un autre nom",
        "en": "{path} exists: a registration is never overwritten; choose another name",
    },
    "registration.cannot_write": {
        "fr": "{path} : écriture impossible ({detail})",
        "en": "{path}: cannot be written ({detail})",
    },
    "registration.missing": {
        "fr": "{path} : lecture impossible ({detail}) ; faites d’abord : isonomia-analysis register --store … --out FICHIER",
        "en": "{path}: cannot be read ({detail}); first run: isonomia-analysis register --store … --out FILE",
    },
    "registration.changed": {
        "fr": "{path} a changé depuis son dépôt : SHA-256 déposé {registered}, trouvé {found} ; remettez le fichier déposé, rien n’est jugé",
        "en": "{path} has changed since it was registered: SHA-256 registered {registered}, found {found}; restore the registered file, nothing is judged",
    },
    "registration.unreadable": {
        "fr": "{path} : ce n’est pas un dépôt lisible ({detail})",
        "en": "{path}: not a readable registration ({detail})",
    },
    "registration.other_rules": {
        "fr": "{path} a été déposé avec d’autres règles d’exclusion (version {version}) que celles d’ici ({here}) ; jugez avec la version du dépôt, ou déposez à nouveau pour un trimestre à venir",
        "en": "{path} was registered with other exclusion rules (version {version}) than those here ({here}); judge with the version that registered, or register anew for a quarter to come",
    },
    "registration.bad_quarter": {
        "fr": "--quarter {detail} : écrivez par exemple 2026Q4",
        "en": "--quarter {detail}: write for example 2026Q4",
    },
    "registration.bad_date": {
        "fr": "--report-date {detail} : écrivez une date AAAA-MM-JJ",
        "en": "--report-date {detail}: write a date YYYY-MM-DD",
    },
    "out.cannot_write": {
        "fr": "{path} : écriture impossible ({detail})",
        "en": "{path}: cannot be written ({detail})",
    },
}

_COMMANDS: Final[dict[str, dict[Language, str]]] = {
    "cli.about": {
        "fr": "L’analyse d’Isonomia : dépose ce qui sera jugé, puis juge ce que le collecteur a gardé.",
        "en": "Isonomia’s analysis: registers what will be judged, then judges what the collector has kept.",
    },
    "cli.register": {
        "fr": "dépose les cellules, les règles et les constantes d’un trimestre, avant de regarder",
        "en": "register the cells, rules and constants of a quarter, before looking",
    },
    "cli.judge": {
        "fr": "juge les cellules déposées et explique chaque constat",
        "en": "judge the registered cells and explain each finding",
    },
    "cli.store": {"fr": "dossier de données du collecteur", "en": "the collector’s data folder"},
    "cli.registration": {"fr": "fichier du dépôt", "en": "the registration’s file"},
    "cli.out_registration": {
        "fr": "fichier du dépôt à écrire (jamais écrasé)",
        "en": "the registration’s file to write (never overwritten)",
    },
    "cli.brand": {
        "fr": "marque de FAI à juger, telle que les foyers la déclarent (répétable ; unknown : non déclarée)",
        "en": "ISP brand to judge, as homes declare it (repeatable; unknown: not declared)",
    },
    "cli.asn": {
        "fr": 'réseau d’une marque, par exemple "FAI Labo=AS64500" (répétable) ; sans lui, rien de cette marque n’est jugé',
        "en": 'a brand’s network, for example "FAI Labo=AS64500" (repeatable); without one, nothing of that brand is judged',
    },
    "cli.without_asn": {
        "fr": "Attention : aucun réseau (--asn) n’est déposé pour {brand} ; rien de cette marque ne sera jugé.",
        "en": "Note: no network (--asn) is registered for {brand}; nothing of this brand will be judged.",
    },
    "cli.technology": {
        "fr": "technologie d’accès à juger (répétable)",
        "en": "access technology to judge (repeatable)",
    },
    "cli.plan_class": {"fr": "classe d’offre à juger (répétable)", "en": "plan class to judge (repeatable)"},
    "cli.direction": {"fr": "sens du transfert (répétable)", "en": "direction of transfer (repeatable)"},
    "cli.quarter": {"fr": "trimestre, par exemple 2026Q4", "en": "quarter, for example 2026Q4"},
    "cli.report_date": {
        "fr": "date de rapport AAAA-MM-JJ (répétable)",
        "en": "report date YYYY-MM-DD (repeatable)",
    },
    "cli.gate": {
        "fr": "service qui éprouve la mesure elle-même : negative, placebo, positive ou neutral=SERVICE (répétable) ; un contrôle déposé doit être réussi",
        "en": "service that tests the measuring itself: negative, placebo, positive or neutral=SERVICE (repeatable); a registered gate must be passed",
    },
    "cli.invitation": {
        "fr": "invitation remise à un foyer, par canal de recrutement (répétable) ; seule son empreinte est déposée",
        "en": "invitation given to a home, by recruitment channel (repeatable); only its hash is registered",
    },
    "cli.responder": {
        "fr": "répondeur, qui l’exploite et dans quel réseau (répétable) ; ! : adresses non publiées",
        "en": "responder, who runs it and on which network (repeatable); !: unpublished addresses",
    },
    "cli.json": {"fr": "écrit du JSON au lieu de phrases", "en": "write JSON instead of sentences"},
    "cli.out": {
        "fr": "écrit aussi les constats dans ce fichier JSON",
        "en": "also write the findings to this JSON file",
    },
    "cli.observations": {
        "fr": "écrit les observations dans ce fichier, une ligne JSON par paire",
        "en": "write the observations to this file, a JSON line per pair",
    },
    "cli.full": {
        "fr": "joint à chaque constat les identifiants de ses mesures",
        "en": "put the ids of its measurements into each finding",
    },
    "cli.keep_going": {
        "fr": "compte et nomme les lignes abîmées au lieu de s’arrêter à la première",
        "en": "count and name damaged rows instead of stopping at the first",
    },
    "cli.lang": {"fr": "langue : fr ou en", "en": "language: fr or en"},
    "cli.registered": {
        "fr": "Dépôt écrit : {path}\n  trimestre {quarter}, {cells} cellules, {hypotheses} hypothèses, q = {q}\n  SHA-256 {sha256}\nPubliez cette empreinte avant le trimestre, puis : isonomia-analysis judge --store {store} --registration {path}",
        "en": "Registration written: {path}\n  quarter {quarter}, {cells} cells, {hypotheses} hypotheses, q = {q}\n  SHA-256 {sha256}\nPublish this hash before the quarter, then: isonomia-analysis judge --store {store} --registration {path}",
    },
}

_TABLE: Final[dict[str, dict[Language, str]]] = {
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
    "table.discards": {
        "fr": "Écartées : {reason} ({where}) : {count}",
        "en": "Discarded: {reason} ({where}): {count}",
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
    "table.next": {
        "fr": "Chaque constat en détail : --json ; ses mesures : --json --full ; une ligne par paire : --observations FICHIER.",
        "en": "Each finding in full: --json; its measurements: --json --full; a line per pair: --observations FILE.",
    },
}

_OUTCOMES: Final[dict[str, dict[Language, str]]] = {
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

_FINDING: Final[dict[str, dict[Language, str]]] = {
    "say.slowed": {
        "fr": "Les échanges qui portent le nom de {service} ont été ralentis, comparés aux mêmes échanges sous un nom neutre ({cell}).",
        "en": "Traffic that bears the name of {service} was slowed, compared with the same traffic under a neutral name ({cell}).",
    },
    "say.blocked": {
        "fr": "Les échanges qui portent le nom de {service} n’ont pas abouti, alors que les mêmes échanges sous un nom neutre aboutissaient ({cell}).",
        "en": "Traffic that bears the name of {service} did not get through, while the same traffic under a neutral name did ({cell}).",
    },
    "say.altered": {
        "fr": "Le trafic qui porte le nom de {service} a été modifié en chemin plus souvent que le même trafic sous un nom neutre ({cell}).",
        "en": "Traffic that bears the name of {service} was altered on its way more often than the same traffic under a neutral name ({cell}).",
    },
    "say.failed_more": {
        "fr": "Les échanges qui portent le nom de {service} ont échoué plus souvent que les mêmes échanges sous un nom neutre ({cell}).",
        "en": "Traffic that bears the name of {service} failed more often than the same traffic under a neutral name ({cell}).",
    },
    "say.took_longer": {
        "fr": "Les échanges qui portent le nom de {service} ont eu des délais plus longs que les mêmes échanges sous un nom neutre ({cell}).",
        "en": "Traffic that bears the name of {service} took longer on its way than the same traffic under a neutral name ({cell}).",
    },
    "say.lost_more": {
        "fr": "Les échanges qui portent le nom de {service} ont subi plus de pertes que les mêmes échanges sous un nom neutre ({cell}).",
        "en": "Traffic that bears the name of {service} suffered more loss than the same traffic under a neutral name ({cell}).",
    },
    "say.favoured": {
        "fr": "Les échanges qui portent le nom de {service} ont été mieux traités que les mêmes échanges sous un nom neutre ({cell}).",
        "en": "Traffic that bears the name of {service} was treated better than the same traffic under a neutral name ({cell}).",
    },
    "say.undetermined": {
        "fr": "Pour {service}, ces mesures ne permettent pas de conclure ({cell}).",
        "en": "For {service}, these measurements do not allow a conclusion ({cell}).",
    },
    "say.weak": {
        "fr": "Un indice faible existe, insuffisant pour un constat.",
        "en": "There is a weak indication, which does not suffice for a finding.",
    },
    "say.no_pairs": {
        "fr": "Pour {service}, aucune paire n’a été reçue ({cell}).",
        "en": "For {service}, no pair has been received ({cell}).",
    },
    "say.invalid": {
        "fr": "Pour {service}, aucune paire reçue n’est utilisable ({cell}).",
        "en": "For {service}, none of the pairs received can be used ({cell}).",
    },
    "say.distrusted": {
        "fr": "Pour {service}, les paires reçues ne peuvent pas servir à un constat ({cell}).",
        "en": "For {service}, the pairs received cannot serve for a finding ({cell}).",
    },
    "say.not_confirmed": {
        "fr": "La différence n’est pas confirmée face aux seuls noms témoins de la strate {stratum} : il n’y a donc pas de constat.",
        "en": "The difference is not confirmed against the control names of stratum {stratum} alone, so there is no finding.",
    },
    "say.missing_by_order": {
        "fr": "Les paires perdues ne le sont pas au hasard : l’ordre des deux transferts y est déséquilibré.",
        "en": "Pairs were not lost by chance: the order of the two runs is unbalanced among them.",
    },
    "say.missing_by_label": {
        "fr": "Les paires perdues ne le sont pas au hasard : elles se sont arrêtées plus souvent après l’un des deux noms. Cela peut être le fait du réseau lui-même.",
        "en": "Pairs were not lost by chance: they stopped more often after one of the two names. The network itself may be the cause.",
    },
    "say.missing_over_10_percent": {
        "fr": "Plus de 10 % des paires ouvertes manquent ou n’ont pas pu être closes.",
        "en": "Over 10% of the pairs opened are missing or could not be closed.",
    },
    "say.coin_unfair": {
        "fr": "Parmi les paires reçues, l’ordre ou l’adresse ne sont pas ceux d’une pièce équilibrée : elles peuvent avoir été triées.",
        "en": "Among the pairs received, order or address are not those of a fair coin: they may have been selected.",
    },
    "say.discards_over_10_percent": {
        "fr": "Plus de 10 % des paires reçues ont été écartées.",
        "en": "Over 10% of the pairs received were discarded.",
    },
    "say.no_ticket_digests": {
        "fr": "Aucun relevé de tickets des répondeurs n’est dans ce dossier : des paires jamais remises n’auraient pas été vues.",
        "en": "No ticket digests of the responders are in this store: pairs that were never handed in would not have been noticed.",
    },
    "say.pairs_of_other_line_tag_domains": {
        "fr": "Des paires d’autres répondeurs n’ont pas compté, car leurs marques de ligne ne se comparent pas.",
        "en": "Pairs of other responders did not count, for their line tags cannot be compared.",
    },
    "say.lines_set_apart": {
        "fr": "Certaines lignes comptent à part malgré une marque commune : l’opérateur l’a déclaré, daté et motivé avant le dépôt.",
        "en": "Some lines count apart although they share a tag: the operator declared so, with date and reason, before the registration.",
    },
    "say.lost": {
        "fr": "Paires écartées : {discarded}, tickets sans mesure : {missing}. Parmi ces paires perdues, le premier transfert était {first_original} fois l’original et {first_control} fois le témoin ; le dernier tenté, {last_original} fois l’original et {last_control} fois le témoin.",
        "en": "Pairs discarded: {discarded}, tickets without a measurement: {missing}. Among these lost pairs the first run was the original {first_original} times and the control {first_control} times; the last one tried, the original {last_original} times and the control {last_control} times.",
    },
    "say.provisional": {
        "fr": "Provisoire : ce jugement n’a pas été fait à une date de rapport déposée.",
        "en": "Provisional: this was not judged on a registered report date.",
    },
    "say.other_rules": {
        "fr": "Attention : le code qui juge n’est pas celui qui a été déposé.",
        "en": "Note: the code that judged is not the registered one.",
    },
    "say.lines": {
        "fr": "{keys} sondes, {lines} ligne(s) d’accès : ce sont les lignes qui comptent comme foyers.",
        "en": "{keys} probes, {lines} access line(s): it is lines that count as homes.",
    },
    "say.control_not_neutral": {
        "fr": "Les noms témoins ne s’accordent pas d’une strate à l’autre : la différence tient peut-être au témoin, et il n’y a donc pas de constat.",
        "en": "The control names do not agree from one stratum to the other: the difference may lie in the control, so there is no finding.",
    },
    "say.both_directions": {
        "fr": "Des foyers, ou des grandeurs, vont dans un sens et d’autres dans l’autre, au-delà du hasard : il n’y a pas de constat avant d’avoir compris pourquoi.",
        "en": "Some homes, or measures, point one way and others the other, beyond chance: there is no finding before it is known why.",
    },
    "say.basis": {
        "fr": "Cela repose sur {pairs} paires dans {homes} foyers ({bytes} échangés).",
        "en": "This rests on {pairs} pairs in {homes} homes ({bytes} exchanged).",
    },
    "say.effect_rate": {
        "fr": "Débit de l’original par rapport au témoin : {value} {interval} (médiane des foyers ; intervalle à {coverage} sur les {over}).",
        "en": "Rate of the original against the control: {value} {interval} (median of homes; {coverage} interval over {over}).",
    },
    "say.effect_rtt": {
        "fr": "Temps d’aller-retour de l’original par rapport au témoin : {value} {interval} (médiane des foyers ; intervalle à {coverage} sur les {over}).",
        "en": "Round-trip time of the original against the control: {value} {interval} (median of homes; {coverage} interval over {over}).",
    },
    "say.effect_loss": {
        "fr": "Segments renvoyés, original moins témoin : {value} {interval} (médiane des foyers ; intervalle à {coverage} sur les {over}).",
        "en": "Segments sent again, original less control: {value} {interval} (median of homes; {coverage} interval over {over}).",
    },
    "say.effect_fail": {
        "fr": "Échecs : {original} des originaux, {control} des témoins.",
        "en": "Failures: {original} of originals, {control} of controls.",
    },
    "say.share": {
        "fr": "Foyers touchés : {affected} sur {homes}, soit {value} (entre {low} et {high}, à 95 %).",
        "en": "Homes affected: {affected} of {homes}, that is {value} (between {low} and {high}, at 95%).",
    },
    "say.mechanism": {
        "fr": "Mécanisme le plus conforme aux mesures : {mechanism}{plainly}.",
        "en": "The mechanism that fits the measurements best: {mechanism}{plainly}.",
    },
    "say.rate": {
        "fr": "Débit délivré dans {homes} des {slowed} foyers ralentis : {rate} Mbit/s {interval} de charge utile TCP (intervalle à {coverage} sur les {over}).",
        "en": "Rate delivered in {homes} of {slowed} slowed homes: {rate} Mbit/s {interval} of TCP payload ({coverage} interval over {over}).",
    },
    "say.e_value": {
        "fr": "Valeur e : {e}, prise isolément. Un pari contre l’hypothèse « {claim} au-delà de nos marges, sauf dans {rho} des foyers au plus » aurait multiplié sa mise par autant ; si cette hypothèse était vraie, et le témoin neutre, la chance d’atteindre un jour {e} pour ce seul service chez ce seul fournisseur serait d’au plus 1 sur {e}.",
        "en": "E-value: {e}, taken alone. A wager against the hypothesis “{claim} beyond our margins, except in {rho} of homes at most” would have multiplied its stake by as much; if that hypothesis were true, and the control neutral, the chance of ever reaching {e} for this one service at this one provider would be at most 1 in {e}.",
    },
    "plainly.policer": {
        "fr": " (ce qui dépasse un débit est jeté)",
        "en": " (what exceeds a rate is dropped)",
    },
    "plainly.shaper": {
        "fr": " (ce qui dépasse un débit attend)",
        "en": " (what exceeds a rate is made to wait)",
    },
    "plainly.burst_then_throttle": {
        "fr": " (le début passe, la suite est bridée)",
        "en": " (the beginning passes, the rest is limited)",
    },
    "plainly.low_priority": {"fr": " (servi après les autres)", "en": " (served after the others)"},
    "plainly.blocking_tcp": {
        "fr": " (la connexion est coupée ou figée)",
        "en": " (the connection is cut or frozen)",
    },
    "plainly.blocking_tls": {
        "fr": " (la connexion est refusée au vu du nom)",
        "en": " (the connection is refused once the name is seen)",
    },
    "claim.slowed": {"fr": "pas ralenti", "en": "not slowed"},
    "claim.favoured": {"fr": "pas favorisé", "en": "not favoured"},
    "say.rho": {
        "fr": "Le constat tiendrait encore si {rho} des foyers différaient pour une raison qui leur est propre.",
        "en": "The finding would still stand if {rho} of homes differed for a reason of their own.",
    },
    "say.too_little": {
        "fr": "L’indice vaut {e} ; il faudrait {bar} pour un constat parmi {hypotheses} hypothèses.",
        "en": "The evidence is worth {e}; a finding among {hypotheses} hypotheses would need {bar}.",
    },
    "say.needs_homes": {
        "fr": "Pour conclure, il faudrait au moins {needed} foyers sur des lignes différentes, chacun avec plusieurs paires ; il y en a {homes}.",
        "en": "To conclude, at least {needed} homes on different lines are needed, each with several pairs; there are {homes}.",
    },
    "say.needs_pairs": {
        "fr": "Pour conclure, il faudrait plus de paires dans ces foyers, ou plus de foyers.",
        "en": "To conclude, more pairs in these homes are needed, or more homes.",
    },
    "say.near": {
        "fr": "Le seuil n’est manqué que d’un cheveu (moins de 0,001 %) ; le doute profite au réseau.",
        "en": "The threshold is missed by a hair (less than 0.001%); the doubt favours the network.",
    },
    "say.one_stratum": {
        "fr": "Une seule strate de noms témoins compte assez de paires : la neutralité du témoin n’est pas vérifiée par une autre.",
        "en": "Only one stratum of control names has enough pairs: the control’s neutrality is not checked by another.",
    },
    "say.same_sector_alike": {
        "fr": "Face aux noms d’autres services du même secteur, la différence ne se voit pas : tout le secteur peut être traité ainsi.",
        "en": "Against names of other services of the same sector the difference does not show: the whole sector may be treated so.",
    },
    "say.limits_different": {
        "fr": "Ce constat ne dit ni pourquoi cela se produit, ni si c’est permis, ni qui le veut ; il vaut pour le trafic vers nos répondeurs et pour cette période.",
        "en": "This finding does not say why this happens, nor whether it is allowed, nor who wants it; it holds for traffic towards our responders and for this period.",
    },
    "say.limits_undetermined": {
        "fr": "Ne pas conclure n’est pas constater l’absence de différence ; un bridage au-dessus de {rate} Mbit/s, ou après plus de {bucket}, resterait invisible ici.",
        "en": "Not to conclude is not to find that there is no difference; a throttle above {rate} Mbit/s, or after more than {bucket}, would stay unseen here.",
    },
    "say.limits_no_pairs": {
        "fr": "Cela ne dit rien du traitement de ce service.",
        "en": "This says nothing of how this service is treated.",
    },
    "over.homes": {"fr": "foyers", "en": "homes"},
    "over.pairs": {"fr": "paires de ces seuls foyers", "en": "pairs of these homes alone"},
    "over.runs": {"fr": "transferts de ces seuls foyers", "en": "runs of these homes alone"},
}

_POWER: Final[dict[str, dict[Language, str]]] = {
    "power.about": {
        "fr": "simule la procédure et écrit la page de ce qu’elle trouve, à côté des chiffres de la conception",
        "en": "simulates the procedure and writes the page of what it finds, beside the design’s figures",
    },
    "power.out": {"fr": "page à écrire (Markdown)", "en": "page to write (Markdown)"},
    "power.seed": {
        "fr": "graine du hasard ; la même écrit la même page",
        "en": "seed of chance; the same one writes the same page",
    },
    "power.quick": {
        "fr": "quelques secondes, pour voir que tout tourne ; les chiffres ne valent rien",
        "en": "some seconds, to see that all of it runs; the figures are worth nothing",
    },
    "power.quiet": {"fr": "ne dit pas où il en est", "en": "does not tell where it has got to"},
    "power.step": {"fr": "{seconds} s de calcul : {step}", "en": "{seconds} s of computing: {step}"},
    "power.written": {"fr": "page écrite : {path}", "en": "page written: {path}"},
}

MESSAGES: Final[Mapping[str, Mapping[Language, str]]] = {
    **_TROUBLE,
    **_COMMANDS,
    **_TABLE,
    **_OUTCOMES,
    **_FINDING,
    **_POWER,
    **TRACE,
    **PUBLISH,
    **DIRECT,
    **JUDGEMENT,
    **PUBLIC,
    **PLACE,
    **SCALE,
    **BUNDLE,
    **OPEN_BUNDLE,
    **PARITY,
}


def say(message_id: str, language: Language, **values: object) -> str:
    """The text of ``message_id`` in ``language`` with its ``values``; raises ``KeyError`` for an unknown id."""
    return MESSAGES[message_id][language].format(**values)


def language_of(environment: Mapping[str, str] = os.environ) -> Language:
    """French where the environment speaks French (ISONOMIA_LANG, LC_ALL, LC_MESSAGES, LANG), English else."""
    for name in ("ISONOMIA_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name)
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


class Trouble(Exception):
    """A mistake or a fault that a person must see: an id of ``MESSAGES`` and its values.

    ``exit_code`` 2: what was asked for is wrong; 3: it cannot be done here (a damaged store, a missing package).
    """

    def __init__(self, message_id: str, *, exit_code: int = 2, **values: object) -> None:
        super().__init__(say(message_id, "en", **values))
        self.message_id = message_id
        self.exit_code = exit_code
        self.values = values

    def text(self, language: Language) -> str:
        """What went wrong, where, and what to do."""
        return say(self.message_id, language, **self.values)

"""Sentences of a finding: one id, French and English, as in ``messages``."""

from typing import Final

from analysis.words import Language

FINDING: Final[dict[str, dict[Language, str]]] = {
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
    "say.homes_set_aside": {
        "fr": "Une ligne d’accès, ou quelques-unes, ont été mises à part en entier ({pairs} paires, non comptées parmi les pertes) : à elles seules, elles auraient fait écarter tout le reste ({why}).",
        "en": "One access line, or a few, were set aside with all they measured ({pairs} pairs, not counted among the lost): they alone would have voided all the rest ({why}).",
    },
    "aside.missing_by_order": {
        "fr": "ordre déséquilibré parmi les paires perdues",
        "en": "an unbalanced order among lost pairs",
    },
    "aside.missing_by_label": {
        "fr": "pertes plus fréquentes après l’un des deux noms",
        "en": "losses more frequent after one of the two names",
    },
    "aside.missing_over_10_percent": {
        "fr": "plus de 10 % de paires manquantes",
        "en": "over 10% of pairs missing",
    },
    "aside.coin_unfair": {
        "fr": "tirages qui ne sont pas ceux d’une pièce équilibrée, sans qu’elles aient rien perdu pour autant",
        "en": "throws that are not those of a fair coin, which does not mean that they lost anything",
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
    "say.uncorroborated_by": {
        "fr": "Des paires que le répondeur ne confirme pas, c’était l’original seul dans {original}, le témoin seul dans {control}, les deux dans {both}.",
        "en": "Of pairs that the responder does not bear out, it was the original alone in {original}, the control alone in {control}, both in {both}.",
    },
    "say.uncorroborated_by_label": {
        "fr": "Ce déséquilibre n’est pas un hasard : quelque chose en chemin, par exemple un mandataire qui acquitte à la place du foyer, touche l’un des deux noms plus que l’autre. Cette mesure n’en dit pas l’effet ; elle n’accuse personne, et elle ne certifie rien.",
        "en": "That is no chance: something on the way, such as a proxy that acknowledges in the home’s place, touches one of the two names more than the other. This measurement does not say with what effect; it accuses nobody, and it certifies nothing.",
    },
    "say.provisional": {
        "fr": "Provisoire : ce jugement n’a pas été fait à une date de rapport déposée.",
        "en": "Provisional: this was not judged on a registered report date.",
    },
    "say.responder_keys_unregistered": {
        "fr": "Le dépôt ne dit pas quelles clés signent pour les répondeurs : que ces paires viennent d’eux n’est pas vérifié ici, et le degré ne dépasse pas 2.",
        "en": "The registration does not say which keys sign for the responders: that these pairs are theirs is not verified here, and the grade does not pass 2.",
    },
    "say.registered_late": {
        "fr": "Ce dépôt a été fait après le début de son trimestre ; seules les paires qui l’ont suivi comptent.",
        "en": "This registration was made after its quarter had begun; only pairs that came after it count.",
    },
    "say.second_registration": {
        "fr": "Un autre dépôt l’a précédé pour le même trimestre, et celui-ci a été fait après le début de ce trimestre : le choix n’était pas aveugle, et le degré ne dépasse pas 2.",
        "en": "Another registration came before it for the same quarter, and this one was made when the quarter had begun: the choice was not blind, and the grade does not pass 2.",
    },
    "say.several_registrations": {
        "fr": "Autres dépôts pour le même trimestre : {others}. Avec les {own} hypothèses de celui-ci, {hypotheses} sont examinées en tout, et c’est à ce nombre qu’un degré supérieur à 2 ou un certificat est mesuré.",
        "en": "Other registrations for the same quarter: {others}. With the {own} hypotheses of this one, {hypotheses} are examined in all, and a grade above 2 or a certificate is measured against that number.",
    },
    "say.registrations_not_at_hand": {
        "fr": "Autres dépôts pour le même trimestre : {others}, dont un au moins n’est pas dans ce dossier ; on ignore donc combien d’hypothèses sont examinées en tout, et le degré ne dépasse pas 2.",
        "en": "Other registrations for the same quarter: {others}, of which one at least is not in this folder; so nobody knows how many hypotheses are examined in all, and the grade does not pass 2.",
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
    "say.treatment_changed": {
        "fr": "Ce qui est fait à ce trafic a changé au cours du trimestre, à une semaine près : les chiffres d’ensemble ci-dessus mêlent plusieurs périodes, et aucun débit ne vaut pour toutes. Les dates ont été cherchées dans ces mêmes paires, une fois le constat établi ; le mécanisme est lu sur la période la plus touchée.",
        "en": "What is done to this traffic changed within the quarter, give or take a week: the overall figures above mix several periods, and no one rate holds for all of them. The dates were looked for in these very pairs, once the finding stood; the mechanism is read off the period that fared worst.",
    },
    "say.stretch": {
        "fr": "Du {first} au {last} ({pairs} paires, {homes} foyers) : débit de l’original par rapport au témoin {change} ; débit délivré {rate} Mbit/s {interval} (intervalle à {coverage}).",
        "en": "From {first} to {last} ({pairs} pairs, {homes} homes): rate of the original against the control {change}; rate delivered {rate} Mbit/s {interval} ({coverage} interval).",
    },
    "say.stretch_no_rate": {
        "fr": "Du {first} au {last} ({pairs} paires, {homes} foyers) : débit de l’original par rapport au témoin {change} ; aucun débit commun n’est établi.",
        "en": "From {first} to {last} ({pairs} pairs, {homes} homes): rate of the original against the control {change}; no common rate is established.",
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

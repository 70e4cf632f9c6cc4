"""Texts of the pages in running words: front page, method, data, coverage, disruptions."""

from typing import Final

PROSE: Final[dict[str, dict[str, str]]] = {
    "front.sentence": {
        "fr": "Du {first} au {last}, {pairs} de transferts sur {lines} dans {networks} ont comparé le traitement de {services}.",
        "en": "From {first} to {last}, {pairs} of transfers on {lines} in {networks} compared how {services} are treated.",
    },
    "front.sentence_day": {
        "fr": "Le {first}, {pairs} de transferts sur {lines} dans {networks} ont comparé le traitement de {services}.",
        "en": "On {first}, {pairs} of transfers on {lines} in {networks} compared how {services} are treated.",
    },
    "front.sentence_few": {
        "fr": "Moins de cinq lignes ont mesuré jusqu’ici : leurs chiffres ne sont pas montrés, pour que personne ne soit reconnu.",
        "en": "Fewer than five lines have measured so far: their figures are not shown, so that nobody can be recognised.",
    },
    "front.nothing": {"fr": "Rien n’a encore été mesuré.", "en": "Nothing has been measured yet."},
    "front.found_none": {"fr": "Aucun constat n’est publié.", "en": "No finding is published."},
    "front.found": {"fr": "Sont publiés : {different}, {equal}.", "en": "Published: {different}, {equal}."},
    "count.lines.one": {"fr": "{n} ligne", "en": "{n} line"},
    "count.lines.other": {"fr": "{n} lignes", "en": "{n} lines"},
    "count.pairs.one": {"fr": "{n} paire", "en": "{n} pair"},
    "count.pairs.other": {"fr": "{n} paires", "en": "{n} pairs"},
    "count.networks.one": {"fr": "{n} réseau", "en": "{n} network"},
    "count.networks.other": {"fr": "{n} réseaux", "en": "{n} networks"},
    "count.services.one": {"fr": "{n} service culturel", "en": "{n} cultural service"},
    "count.services.other": {"fr": "{n} services culturels", "en": "{n} cultural services"},
    "count.different.one": {"fr": "{n} différence", "en": "{n} difference"},
    "count.different.other": {"fr": "{n} différences", "en": "{n} differences"},
    "count.equal.one": {"fr": "{n} certificat d’égalité", "en": "{n} certificate of equality"},
    "count.equal.other": {"fr": "{n} certificats d’égalité", "en": "{n} certificates of equality"},
    "front.how": {
        "fr": "Chaque paire compare deux transferts identiques, l’un sous le nom du service, l’autre sous un nom neutre ; seul le nom change.",
        "en": "Each pair compares two identical transfers, one under the service’s name, the other under a neutral name; only the name differs.",
    },
    "front.open": {"fr": "Constats internes : {n}.", "en": "Internal findings: {n}."},
    "h.matrix": {"fr": "Réseaux et services", "en": "Networks and services"},
    "matrix.note": {
        "fr": "Une case sans constat n’est ni bonne ni mauvaise : rien n’y est publié.",
        "en": "A place without a finding is neither good nor bad: nothing is published there.",
    },
    "matrix.legend": {"fr": "Légende", "en": "Key"},
    "h.findings": {"fr": "Constats publiés", "en": "Published findings"},
    "h.findings_inside": {"fr": "Tous les constats", "en": "All findings"},
    "findings.all": {"fr": "Tous les constats", "en": "All findings"},
    "findings.none": {
        "fr": "Aucun constat n’est publié. Un réseau n’est nommé qu’après un constat d’au moins le degré 3, reproduit, notifié, et vingt jours pour répondre.",
        "en": "No finding is published. A network is named only after a finding of grade 3 or more, replicated, notified, and twenty days to reply.",
    },
    "findings.intro": {
        "fr": "Chaque constat donne sa figure, son tableau, ce qu’il ne montre pas, et la réponse du réseau au même rang.",
        "en": "Each finding gives its figure, its table, what it does not show, and the network’s reply with equal prominence.",
    },
    "h.certificates": {"fr": "Certificats d’égalité", "en": "Certificates of equality"},
    "h.withdrawn": {"fr": "Constats retirés", "en": "Findings withdrawn"},
    "h.services": {"fr": "Services mesurés", "en": "Services measured"},
    "h.networks": {"fr": "Réseaux mesurés", "en": "Networks measured"},
    "h.cells": {"fr": "Ce qui a été mesuré", "en": "What was measured"},
    "services.none": {"fr": "Aucun service n’est encore déposé.", "en": "No service is registered yet."},
    "networks.none": {"fr": "Aucun réseau n’est encore déposé.", "en": "No network is registered yet."},
    "service.names": {
        "fr": "Noms qui marquent ce trafic : {names}",
        "en": "Names that mark this traffic: {names}",
    },
    "service.nothing": {
        "fr": "Rien n’est publié sur ce service.",
        "en": "Nothing is published about this service.",
    },
    "network.nothing": {
        "fr": "Rien n’est publié sur ce réseau : ni à charge, ni à décharge.",
        "en": "Nothing is published about this network: neither for nor against.",
    },
    "more.rows.one": {
        "fr": "{n} autre ligne de ce tableau est dans le CSV.",
        "en": "{n} more row of this table is in the CSV.",
    },
    "more.rows.other": {
        "fr": "{n} autres lignes de ce tableau sont dans le CSV.",
        "en": "{n} more rows of this table are in the CSV.",
    },
    "more.networks.one": {
        "fr": "{n} autre réseau est dans la liste des réseaux.",
        "en": "{n} more network is in the list of networks.",
    },
    "more.networks.other": {
        "fr": "{n} autres réseaux sont dans la liste des réseaux.",
        "en": "{n} more networks are in the list of networks.",
    },
    "more.front.one": {
        "fr": "{n} autre constat est dans la liste des constats.",
        "en": "{n} more finding is in the list of findings.",
    },
    "more.front.other": {
        "fr": "{n} autres constats sont dans la liste des constats.",
        "en": "{n} more findings are in the list of findings.",
    },
    "more.findings.one": {
        "fr": "{n} autre constat est dans le CSV.",
        "en": "{n} more finding is in the CSV.",
    },
    "more.findings.other": {
        "fr": "{n} autres constats sont dans le CSV.",
        "en": "{n} more findings are in the CSV.",
    },
    "more.certificates.one": {
        "fr": "{n} autre certificat est dans le CSV.",
        "en": "{n} more certificate is in the CSV.",
    },
    "more.certificates.other": {
        "fr": "{n} autres certificats sont dans le CSV.",
        "en": "{n} more certificates are in the CSV.",
    },
    "more.withdrawn.one": {
        "fr": "{n} autre constat retiré est dans le CSV.",
        "en": "{n} more finding that was withdrawn is in the CSV.",
    },
    "more.withdrawn.other": {
        "fr": "{n} autres constats retirés sont dans le CSV.",
        "en": "{n} more findings that were withdrawn are in the CSV.",
    },
    "more.disruptions.one": {
        "fr": "{n} autre perturbation est dans l’export (JSON).",
        "en": "{n} more disruption is in the export (JSON).",
    },
    "more.disruptions.other": {
        "fr": "{n} autres perturbations sont dans l’export (JSON).",
        "en": "{n} more disruptions are in the export (JSON).",
    },
    "more.days.one": {
        "fr": "{n} jour plus ancien est dans le CSV.",
        "en": "{n} earlier day is in the CSV.",
    },
    "more.days.other": {
        "fr": "{n} jours plus anciens sont dans le CSV.",
        "en": "{n} earlier days are in the CSV.",
    },
    "h.coverage": {"fr": "Couverture", "en": "Coverage"},
    "coverage.intro": {
        "fr": "Ce que nous avons vu, et ce que nous n’avons pas vu. Un nombre n’est montré qu’à partir de cinq lignes, de dix pour une région.",
        "en": "What we have seen, and what we have not. A number is shown only from five lines on, ten for a region.",
    },
    "coverage.steps": {
        "fr": "Les nombres de lignes sont arrondis vers le bas au multiple de {step}, ceux de paires et d’octets à un pas qui n’est jamais plus petit que ce qu’une seule ligne a fait : ils ne s’additionnent pas exactement, et deux éditions soustraites ne disent de personne ce qu’il a mesuré. Est retenu aussi ce qui, ôté d’une somme, laisserait trop peu de lignes, ou qu’une seule ligne a fait presque seule. Les constats et les certificats sont exacts.",
        "en": "Numbers of lines are rounded down to a multiple of {step}, those of pairs and bytes to a step that is no smaller than what any one line did: they need not add up, and taking one edition from another tells of nobody what they measured. Withheld too is what, taken from a sum, would leave too few lines, or what one line did nearly alone. Findings and certificates are exact.",
    },
    "h.regions": {"fr": "Lignes par région déclarée", "en": "Lines by declared region"},
    "region.rest": {"fr": "autres ou non déclarée", "en": "others or not declared"},
    "regions.none": {
        "fr": "Trop peu de lignes pour parler de régions.",
        "en": "Too few lines to speak of regions.",
    },
    "h.days": {"fr": "Paires par jour", "en": "Pairs by day"},
    "days.alt": {
        "fr": "Paires mesurées par jour, du {first} au {last} ; au plus {most} en un jour.",
        "en": "Pairs measured by day, {first} to {last}; at most {most} on one day.",
    },
    "days.none": {"fr": "Pas encore de jour à montrer.", "en": "No day to show yet."},
    "h.discarded": {"fr": "Paires écartées", "en": "Pairs discarded"},
    "discarded.none": {
        "fr": "Aucune règle n’a écarté de paires sur au moins cinq lignes.",
        "en": "No rule discarded pairs on five lines or more.",
    },
    "discarded.also": {
        "fr": "Une paire écartée est comptée une fois, sous la première règle qui l’a touchée. La dernière colonne compte encore les mêmes paires, sous chaque autre règle qui les aurait écartées aussi : elle ne s’ajoute pas à l’autre.",
        "en": "A discarded pair is counted once, under the first rule that struck it. The last column counts the same pairs again, under each other rule that would have discarded them too: it does not add to the other.",
    },
    "discarded.dash": {
        "fr": "Un tiret : aucune, ou trop peu de lignes pour le dire.",
        "en": "A dash: none, or too few lines to say so.",
    },
    "discarded.other": {
        "fr": "règles qui ont touché peu de lignes, ensemble",
        "en": "rules that touched few lines, together",
    },
    "h.disruptions": {"fr": "Perturbations", "en": "Disruptions"},
    "disruptions.none": {
        "fr": "Aucune perturbation n’est publiée pour cette période.",
        "en": "No disruption is published for this period.",
    },
    "disruption.since": {"fr": "Depuis le {first}", "en": "Since {first}"},
    "disruption.between": {"fr": "Du {first} au {last}", "en": "{first} to {last}"},
    "disruption.source": {"fr": "Source : {quoted}", "en": "Source: {quoted}"},
    "h.method": {"fr": "Méthode", "en": "Method"},
    "method.question": {
        "fr": "La question : un réseau traite-t-il autrement un transfert parce qu’il porte le nom d’un service culturel ?",
        "en": "The question: does a network treat a transfer otherwise because it bears the name of a cultural service?",
    },
    "h.method.pair": {"fr": "Une paire", "en": "A pair"},
    "method.pair": {
        "fr": "Depuis un foyer volontaire, deux transferts se suivent vers un même serveur à nous : l’original porte le nom du service dans sa négociation TLS, le témoin un nom neutre déposé d’avance. Octets, rythme, chemin et durée sont les mêmes ; un tirage au sort que ni le foyer ni nous ne pouvons choisir décide de l’ordre.",
        "en": "From a volunteer’s home two transfers follow each other towards one server of ours: the original bears the service’s name in its TLS handshake, the control a neutral name registered beforehand. Bytes, pace, path and duration are the same; a coin that neither the home nor we can choose decides the order.",
    },
    "h.method.home": {"fr": "Une ligne compte une fois", "en": "A line counts once"},
    "method.home": {
        "fr": "L’unité est la ligne d’accès, non la sonde : des sondes d’une même ligne comptent ensemble, et le poids d’une ligne est plafonné. Un foyer singulier, ou un appareil innocent, ne suffit pas à accuser.",
        "en": "The unit is the access line, not the probe: probes of one line count together, and the weight of a line is capped. An odd home, or an innocent device, does not suffice to accuse.",
    },
    "h.method.judge": {"fr": "Juger", "en": "Judging"},
    "method.judge": {
        "fr": "Les {cells} hypothèses de ce trimestre, leurs seuils et leurs règles ont été déposés avant de mesurer ; l’empreinte du dépôt est au bas de chaque page. L’indice est une valeur e, qui reste valable quel que soit le moment où l’on regarde ; parmi tous les constats du trimestre, la part attendue d’erreurs est d’au plus {q}, si au plus {rho} des foyers sont singuliers.",
        "en": "The {cells} hypotheses of this quarter, their bars and their rules were registered before measuring; the registration’s hash is at the foot of every page. Evidence is an e-value, which stays valid whenever one looks; among all findings of the quarter the expected share of errors is at most {q}, if at most {rho} of homes are odd.",
    },
    "h.method.publish": {"fr": "Publier", "en": "Publishing"},
    "method.publish": {
        "fr": "Un candidat doit être reproduit par des paires neuves, puis notifié au réseau et au service, qui ont vingt jours pour répondre. Qui signale n’adjuge pas. Rien n’est effacé : un constat corrigé ou retiré le dit, avec sa date et sa raison.",
        "en": "A candidate must be replicated by fresh pairs, then notified to the network and the service, who have twenty days to reply. Who flags does not adjudicate. Nothing is deleted: a finding corrected or withdrawn says so, with its date and reason.",
    },
    "h.method.not": {"fr": "Ce que cela ne dit pas", "en": "What this does not say"},
    "method.not": {
        "fr": "Ni qui agit, ni pourquoi, ni si c’est permis ; rien au-dessus du débit d’essai ; rien des vrais serveurs du service. Ne rien trouver n’est pas prouver l’égalité : seul un certificat le fait, dans ses limites.",
        "en": "Neither who acts, nor why, nor whether it is allowed; nothing above the test pace; nothing of the service’s real servers. To find nothing is not to prove equality: only a certificate does, within its limits.",
    },
    "h.method.words": {"fr": "Les mots", "en": "The words"},
    "h.method.exclusions": {"fr": "Ce qui écarte une paire", "en": "What discards a pair"},
    "method.exclusions": {
        "fr": "Ces règles ne voient ni le nom ni le résultat de l’un ou de l’autre transfert.",
        "en": "These rules see neither the name nor the result of either transfer.",
    },
    "word.grade": {"fr": "Degré", "en": "Grade"},
    "word.grade.means": {
        "fr": "0 : rien ; 1 : indice ; 2 : au-delà du seuil ; 3 : solide sur des foyers vérifiés ; 4 : confirmé ailleurs. Un réseau n’est nommé qu’à partir de 3.",
        "en": "0: nothing; 1: a hint; 2: past the bar; 3: strong on vetted homes; 4: confirmed elsewhere. A network is named from 3 on.",
    },
    "word.e": {"fr": "Valeur e", "en": "E-value"},
    "word.e.means": {
        "fr": "Ce qu’aurait gagné un parieur contre l’égalité de traitement, pour une mise de 1. Ce n’est pas une chance de culpabilité.",
        "en": "What a wager against equal treatment would have won, for a stake of 1. It is no chance of guilt.",
    },
    "word.line": {"fr": "Ligne", "en": "Line"},
    "word.line.means": {
        "fr": "Un accès à Internet. Nous n’en gardons pas l’adresse.",
        "en": "An Internet access. We do not keep its address.",
    },
    "h.data": {"fr": "Données", "en": "Data"},
    "data.intro": {
        "fr": "Les mêmes chiffres que sur ces pages, à réutiliser (CC BY 4.0). Virgules entre les champs, points décimaux, UTF-8.",
        "en": "The same numbers as on these pages, to use again (CC BY 4.0). Commas between fields, decimal points, UTF-8.",
    },
    "data.cells": {
        "fr": "toutes les cellules déposées et ce qui peut en être dit",
        "en": "every registered cell and what may be said of it",
    },
    "data.findings": {"fr": "les constats montrés, un par ligne", "en": "the findings shown, one a line"},
    "data.services": {"fr": "les services et leur couverture", "en": "services and their coverage"},
    "data.networks": {"fr": "les réseaux et leur couverture", "en": "networks and their coverage"},
    "data.days": {"fr": "les paires par jour", "en": "pairs by day"},
    "data.regions": {"fr": "les lignes par région", "en": "lines by region"},
    "data.discards": {
        "fr": "les paires écartées par règle, en tout et par constat : sous la première qui les a touchées, et sous les autres",
        "en": "discarded pairs by rule, in all and by finding: under the first that struck them, and under the others",
    },
    "data.export": {
        "fr": "l’export entier dont ces pages sont tirées (JSON)",
        "en": "the whole export that these pages are drawn from (JSON)",
    },
    "data.privacy": {
        "fr": "Aucune ligne, sonde ou adresse n’y figure, et aucun nombre qui reposerait sur moins de cinq lignes. Retrancher n’est pas anonymiser ; nous ne le prétendons pas.",
        "en": "No line, probe or address is in them, and no number that rests on fewer than five lines. Leaving out is not anonymising; we do not claim that it is.",
    },
    "data.fields": {
        "fr": "Les noms de champs sont ceux de l’analyse ; le format est décrit dans le dépôt du code (analysis/public/form.py).",
        "en": "Field names are the analysis’s; the format is described in the code’s repository (analysis/public/form.py).",
    },
}

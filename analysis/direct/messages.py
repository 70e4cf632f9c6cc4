"""What ``isonomia-analysis direct`` says, in French and English."""

from typing import Final

from analysis.words import Language

DIRECT: Final[dict[str, dict[Language, str]]] = {
    "cli.direct": {
        "fr": "ce que des foyers ont vu sans paires (fausses réponses, services injoignables, objets lents, échos tardifs) : ce qui en est établi, et ce qui manque",
        "en": "what homes saw without pairs (false answers, services not reached, slow objects, late echoes): what is established of it, and what is missing",
    },
    "direct.mmdb": {
        "fr": "table de réseaux (MMDB, ASN) : distingue une fausse adresse d’un autre serveur du service ; apportée par l’opérateur",
        "en": "table of networks (MMDB, ASN): tells a false address from another server of the service; brought by the operator",
    },
    "direct.verify_mmdb": {
        "fr": "la table de réseaux qu’avait le rapport d’un dossier de résultats sans paires",
        "en": "the table of networks that the report in a bundle of results without pairs had",
    },
    "direct.registration": {
        "fr": "juger les services, réseaux, dates et seuils de ce dépôt, et rien d’autre",
        "en": "judge the services, networks, dates and thresholds of this registration, and nothing else",
    },
    "direct.bundle": {
        "fr": "réunir le rapport et chaque résultat utilisé dans un zip, que « verify » recalcule ; avec --registration",
        "en": "pack the report and each result it used into a zip that verify recomputes; with --registration",
    },
    "direct.needs_registration": {
        "fr": "--bundle et --as-of vont avec --registration FICHIER : sans dépôt, rien n’était fixé d’avance",
        "en": "--bundle and --as-of go with --registration FILE: without one nothing was fixed beforehand",
    },
    "direct.not_registered": {
        "fr": "ce dépôt ne fixe pas les seuils des résultats sans paires : il est d’avant eux. Lancez sans --registration, ou déposez le prochain trimestre par isonomia-analysis register",
        "en": "this registration does not fix the thresholds of results without pairs: it is older than they are. Run without --registration, or register the next quarter by isonomia-analysis register",
    },
    "direct.other_thresholds": {
        "fr": "d’autres seuils ont été déposés que ceux de ce code ({names}) : jugez avec la version {version}",
        "en": "other thresholds were registered than those of this code ({names}): judge with version {version}",
    },
    "direct.no_keys": {
        "fr": "ce dépôt ne dit pas quelles clés signent pour les répondeurs : aucun témoin n’y compterait. Déposez le prochain trimestre par isonomia-analysis register",
        "en": "this registration does not say which keys sign for the responders: no witness would count. Register the next quarter by isonomia-analysis register",
    },
    "direct.registered": {
        "fr": "Dépôt {sha256}, {quarter} : {used} résultats sans paires ont servi",
        "en": "Registration {sha256}, {quarter}: {used} results without pairs were used",
    },
    "direct.left_out": {
        "fr": "Laissés de côté : {early} résultats d’avant le dépôt, {others} de services qui n’y sont pas",
        "en": "Left out: {early} results of before the registration, {others} of services that are not in it",
    },
    "direct.packed": {
        "fr": "{path} : le rapport et {used} résultats signés. Il contient des clés et des documents signés : ne le publiez pas.",
        "en": "{path}: the report and {used} signed results. It holds keys and signed documents: do not publish it.",
    },
    "direct.holds": {
        "fr": "tient : {told} observations recalculées depuis {used} résultats signés",
        "en": "holds: {told} observations recomputed from {used} signed results",
    },
    "direct.no_table": {
        "fr": "NON VÉRIFIÉ : ce rapport a consulté une table de réseaux ; donnez la même par --mmdb (SHA-256 {sha256})",
        "en": "NOT VERIFIED: this report asked a table of networks; give the same by --mmdb (SHA-256 {sha256})",
    },
    "direct.bad_mmdb": {
        "fr": "{path} ne se lit pas comme une table de réseaux : {detail}. Donnez un fichier MMDB avec des numéros de systèmes autonomes",
        "en": "{path} does not read as a table of networks: {detail}. Give an MMDB file with autonomous system numbers",
    },
    "direct.no_mmdb_reader": {
        "fr": "pour lire une table de réseaux, installez l’option : pip install 'isonomia[{extra}]' ; ou retirez --mmdb",
        "en": "to read a table of networks install the extra: pip install 'isonomia[{extra}]'; or leave --mmdb out",
    },
    "direct.none": {
        "fr": "rien à signaler ({sights} observations directes)",
        "en": "nothing to tell ({sights} direct observations)",
    },
    "direct.quarter": {
        "fr": "les seuls résultats de ce trimestre",
        "en": "results of this quarter alone",
    },
    "direct.bad_quarter": {
        "fr": "--quarter {quarter} : écrivez par exemple 2026Q4",
        "en": "--quarter {quarter}: write for example 2026Q4",
    },
    "direct.damaged": {
        "fr": "{count} ligne(s) abîmée(s) du dossier, passée(s) : {rows}",
        "en": "{count} damaged row(s) of the store, passed over: {rows}",
    },
    "direct.answer": {
        "fr": "{service} · réseau {network} · {kind} : {answer} · {lines} lignes, {days} jours, vu sans réponse fausse par {elsewhere} lignes ailleurs ; {state}",
        "en": "{service} · network {network} · {kind}: {answer} · {lines} lines, {days} days, seen without a false answer by {elsewhere} lines elsewhere; {state}",
    },
    "direct.unreached": {
        "fr": "{service} · réseau {network} · injoignable, couche {layer} · {lines} lignes, {days} jours ; joint par {reached_lines} lignes du même réseau et {elsewhere} ailleurs ; {state}",
        "en": "{service} · network {network} · not reached, layer {layer} · {lines} lines, {days} days; reached by {reached_lines} lines of the same network and {elsewhere} elsewhere; {state}",
    },
    "direct.dark": {
        "fr": "réseau {network} · {day} · {lines} lignes sur {looked} n’ont joint aucun service : panne possible, rien n’en est dit d’un service",
        "en": "network {network} · {day} · {lines} lines of {looked} reached no service at all: an outage perhaps, which says nothing of any service",
    },
    "direct.fetch": {
        "fr": "{service} · réseau {network} · débit de l’objet : {percent} par rapport à ailleurs, son témoin déduit · {lines} lignes, {other_networks} autres réseaux, rang p = {p} sur {placebos} placebos ; {state}",
        "en": "{service} · network {network} · rate of the object: {percent} against elsewhere, its control taken out · {lines} lines, {other_networks} other networks, rank p = {p} of {placebos} placebos; {state}",
    },
    "direct.late": {
        "fr": "{service} · réseau {network} · échos sous son nom, {phase} : {later_ms} ms ({low_ms} à {high_ms}) face au témoin · {lines} lignes, {days} jours ; {state}",
        "en": "{service} · network {network} · echoes under its name, {phase}: {later_ms} ms ({low_ms} to {high_ms}) against the control · {lines} lines, {days} days; {state}",
    },
    "direct.complete": {
        "fr": "observation (degré 1), sans accusation",
        "en": "an observation (grade 1), no accusation",
    },
    "direct.unknown_day": {"fr": "jour inconnu", "en": "day unknown"},
    "direct.layer.dns": {"fr": "DNS", "en": "DNS"},
    "direct.layer.connect": {"fr": "connexion TCP", "en": "TCP connection"},
    "direct.layer.tls": {"fr": "TLS", "en": "TLS"},
    "direct.layer.http": {"fr": "HTTP", "en": "HTTP"},
    "direct.layer.other": {"fr": "diverses", "en": "several"},
    "direct.phase.idle": {"fr": "ligne au repos", "en": "idle line"},
    "direct.phase.load": {"fr": "ligne chargée", "en": "line under load"},
    "direct.reach.network_unknown": {"fr": "le réseau, par un témoin", "en": "the network, by a witness"},
    "direct.reach.lines": {"fr": "cinq lignes", "en": "five lines"},
    "direct.reach.days": {"fr": "deux jours", "en": "two days"},
    "direct.reach.share": {
        "fr": "la moitié des lignes du réseau qui ont regardé",
        "en": "half of the network's lines that looked",
    },
    "direct.reach.elsewhere_unseen": {
        "fr": "cinq lignes d’autres réseaux qui joignent le service",
        "en": "five lines of other networks that reach the service",
    },
    "direct.reach.elsewhere_too": {
        "fr": "l’absence ailleurs : d’autres réseaux ne le joignent pas non plus",
        "en": "absence elsewhere: other networks do not reach it either",
    },
    "direct.fetch.placebos": {
        "fr": "dix-neuf autres services sur ce réseau",
        "en": "nineteen other services on this network",
    },
    "direct.fetch.rank": {
        "fr": "un rang parmi les 5 % les plus lents",
        "en": "a rank among the slowest 5 %",
    },
    "direct.fetch.size": {"fr": "une différence de 5 %", "en": "a difference of 5 %"},
    "direct.late.lines": {"fr": "six lignes", "en": "six lines"},
    "direct.late.days": {"fr": "deux jours", "en": "two days"},
    "direct.late.later": {
        "fr": "un retard de plus de 5 ms et de 5 % dans tout l’intervalle",
        "en": "a delay of more than 5 ms and 5 % over the whole interval",
    },
    "direct.missing": {
        "fr": "observation seulement, il manque : {missing}",
        "en": "an observation only, missing: {missing}",
    },
    "direct.unknown": {"fr": "inconnu", "en": "unknown"},
    "direct.kind.denied": {"fr": "nom nié", "en": "name denied"},
    "direct.kind.false_address": {"fr": "fausse adresse", "en": "false address"},
    "direct.kind.injected": {"fr": "réponse injectée", "en": "injected answer"},
    "direct.kind.page": {"fr": "page substituée", "en": "page in its place"},
    "direct.condition.network_unknown": {"fr": "le réseau, par un témoin", "en": "the network, by a witness"},
    "direct.condition.asn": {
        "fr": "des adresses d’un réseau connu, qui n’est pas celui du service (--mmdb)",
        "en": "addresses of a known network that is not the service’s (--mmdb)",
    },
    "direct.condition.certificate": {
        "fr": "une page qu’un réseau a pu écrire : celle-ci porte un certificat valable du service, elle est de lui ou de son diffuseur",
        "en": "a page that a network could have written: this one has a valid certificate of the service’s, it is its own or its delivery network’s",
    },
    "direct.condition.lines": {"fr": "cinq lignes", "en": "five lines"},
    "direct.condition.share": {
        "fr": "la moitié des lignes de ce réseau qui ont regardé",
        "en": "half of the network’s lines that looked",
    },
    "direct.condition.router_models": {
        "fr": "deux modèles de box (aucune mesure ne les dit encore)",
        "en": "two router models (no measurement tells them yet)",
    },
    "direct.condition.days": {"fr": "deux jours", "en": "two days"},
    "direct.condition.elsewhere_unseen": {
        "fr": "cinq lignes d’autres réseaux qui voient le service",
        "en": "five lines of other networks that see the service",
    },
    "direct.condition.elsewhere_too": {
        "fr": "l’absence ailleurs : un autre réseau répond de même",
        "en": "absence elsewhere: another network answers the same",
    },
}

"""Texts of the errands: ``list``, ``once`` and ``doctor``, and what each nettest is for."""

from typing import Final

ERRAND_MESSAGES: Final[dict[str, dict[str, str]]] = {
    "help.list": {
        "fr": "liste les mesures : ce qu’elles font, leur coût, ce qu’il leur faut",
        "en": "list the nettests: what they do, what they cost, what they need",
    },
    "help.list_examples": {
        "fr": "exemple :\n  isonomia-probe list --json",
        "en": "example:\n  isonomia-probe list --json",
    },
    "help.once": {
        "fr": "fait une visite maintenant : annonce son coût, mesure une fois, envoie",
        "en": "make one visit now: tells its cost, measures once, uploads",
    },
    "help.once_examples": {
        "fr": "exemples :\n"
        "  isonomia-probe once dns reachability --cost  le coût de ces mesures, et rien d’autre\n"
        "  isonomia-probe once dns reachability         ces mesures, pour chaque service\n"
        "  isonomia-probe once replay_quic              une paire, d’un service tiré au sort\n"
        "  isonomia-probe once capacity                 le débit de la ligne, maintenant\n"
        "  isonomia-probe once --all --service arte     tout ce que le plan prévoit, et une paire",
        "en": "examples:\n"
        "  isonomia-probe once dns reachability --cost  what these nettests cost, and nothing else\n"
        "  isonomia-probe once dns reachability         these nettests, for each service\n"
        "  isonomia-probe once replay_quic              one pair, of a service that is drawn\n"
        "  isonomia-probe once capacity                 the line's rate, now\n"
        "  isonomia-probe once --all --service arte     all that the plan has, and one pair",
    },
    "help.nettest": {
        "fr": "mesures à faire, toutes celles que montre list ; les légères pour chaque service et dans chaque famille d’adresses,"
        " une paire (replay_…) pour un seul service",
        "en": "nettests to run, any that list shows; light ones for each service and in each address family,"
        " a pair (replay_…) for one service alone",
    },
    "help.all": {
        "fr": "toutes celles que le plan prévoit, et une paire d’échanges",
        "en": "all that the plan has, and one pair of transfers",
    },
    "help.cost": {"fr": "annonce le coût et s’arrête", "en": "tell the cost and stop"},
    "help.endpoints": {
        "fr": "fichier TOML de services : noms, objets, témoins",
        "en": "TOML file of services: names, objects, controls",
    },
    "help.family": {
        "fr": "famille d’adresses (sinon celles de la ligne : chacune pour les mesures légères, l’une des deux pour une paire)",
        "en": "address family (else those of the line: each for the light nettests, either for a pair)",
    },
    "help.busy": {
        "fr": "mesure même si la ligne sert à autre chose",
        "en": "measure even while the line is used for something else",
    },
    "help.load": {
        "fr": "latence : mesure aussi pendant que la ligne est pleine (jusqu’à 25 Mo)",
        "en": "latency: measure while the line is full as well (up to 25 MB)",
    },
    "help.doctor": {
        "fr": "dit ce que cette machine peut et ne peut pas mesurer, et pourquoi",
        "en": "tell what this machine can and cannot measure, and why",
    },
    "help.doctor_examples": {
        "fr": "exemple :\n  isonomia-probe doctor",
        "en": "example:\n  isonomia-probe doctor",
    },
    # ---------------------------------------------------------------------------------------- events
    "event.nettest": {
        "fr": "{name} (v{version}) · {does} · jamais plus de {most_bytes} à la fois{needs}",
        "en": "{name} (v{version}) · {does} · never more than {most_bytes} at a time{needs}",
    },
    "event.nettest_needs": {
        "fr": " · il manque : pip install 'isonomia[{extra}]'",
        "en": " · missing: pip install 'isonomia[{extra}]'",
    },
    "event.cost": {
        "fr": "Coût de cette visite : au plus {cost_bytes} et {cost_s} · {parts} · déjà dépensé ce mois-ci : {month_bytes} sur {cap_bytes}",
        "en": "Cost of this visit: at most {cost_bytes} and {cost_s} · {parts} · spent this month: {month_bytes} of {cap_bytes}",
    },
    "event.visit_summary": {
        "fr": "Bilan de la visite : {parts} · {bytes}",
        "en": "This visit: {parts} · {bytes}",
    },
    "part.errands": {"fr": "mesures légères : {count}", "en": "light nettests: {count}"},
    "part.pairs": {"fr": "paires : {count}", "en": "pairs: {count}"},
    "part.capacities": {"fr": "débits de ligne : {count}", "en": "line rates: {count}"},
    "part.skipped": {"fr": "non mesuré : {count}", "en": "not measured: {count}"},
    "part.nothing": {"fr": "rien de mesuré", "en": "nothing measured"},
    "event.result": {
        "fr": "{service} {nettest} {address_family} · {outcome}",
        "en": "{service} {nettest} {address_family} · {outcome}",
    },
    "event.errand_skipped": {
        "fr": "{service} {nettest} {address_family} · non mesuré : {reason}",
        "en": "{service} {nettest} {address_family} · not measured: {reason}",
    },
    "event.errands_summary": {
        "fr": "Bilan de la visite : {results} résultat(s), {skipped} non mesuré(s), {bytes}",
        "en": "This visit: {results} result(s), {skipped} not measured, {bytes}",
    },
    "doctor.everything": {"fr": "toutes les mesures", "en": "all nettests"},
    "event.doctor_limits": {"fr": " · touche : {limits}", "en": " · touches: {limits}"},
    "doctor.yes": {"fr": "oui", "en": "yes"},
    "doctor.partly": {"fr": "en partie", "en": "partly"},
    "doctor.no": {"fr": "non", "en": "no"},
    # --------------------------------------------------------------------------- what each nettest does
    "nettest.replay_tls": {
        "fr": "les mêmes octets deux fois vers un répondeur, sous le nom d’un service et sous un nom neutre",
        "en": "the same bytes twice towards a responder, under a service's name and under a neutral one",
    },
    "nettest.replay_quic": {
        "fr": "les mêmes octets deux fois par QUIC, sous le nom d’un service et sous un nom neutre",
        "en": "the same bytes twice over QUIC, under a service's name and under a neutral one",
    },
    "nettest.replay_http": {
        "fr": "les mêmes octets deux fois en HTTP sans chiffrement, sous deux noms, et ce qui en est modifié en chemin",
        "en": "the same bytes twice over plain HTTP, under two names, and what is altered on their way",
    },
    "nettest.capacity": {
        "fr": "le débit de la ligne, dans chaque sens, d’elle-même une fois par semaine",
        "en": "the line's rate, each way, by itself once a week",
    },
    "nettest.latency": {
        "fr": "les allers-retours vers un répondeur, sous un nom de service et sous un témoin ; pertes, ordre, gigue",
        "en": "round trips to a responder, under a service's name and a control; loss, order, jitter",
    },
    "nettest.dns": {
        "fr": "les réponses de votre résolveur, à côté de celles de résolveurs publics",
        "en": "your resolver's answers beside those of public ones",
    },
    "nettest.fetch": {
        "fr": "un objet du service et son témoin, phase par phase",
        "en": "an object of the service and its control, phase by phase",
    },
    "nettest.reachability": {
        "fr": "le service est-il là, et sinon quelle couche manque, en peu d’octets",
        "en": "whether the service is there, and if not which layer fails, in few bytes",
    },
    # ---------------------------------------------------------------------------------------- doctor
    "doctor.joined_yes": {"fr": "membre de « {operator} »", "en": 'member of "{operator}"'},
    "doctor.joined_partly": {
        "fr": "membre de « {operator} », dont le plan (ou votre accord) laisse de côté certaines mesures ;"
        " pour relire et accepter : isonomia-probe join",
        "en": 'member of "{operator}", whose plan (or your consent) leaves some nettests out;'
        " to read and agree: isonomia-probe join",
    },
    "doctor.joined_no": {
        "fr": "pas de sonde en ordre dans {folder} : isonomia-probe join URL#KEYHASH",
        "en": "no probe in order in {folder}: isonomia-probe join URL#KEYHASH",
    },
    "doctor.budget_yes": {
        "fr": "budget du mois : {left_bytes} sur {cap_bytes}",
        "en": "budget of the month: {left_bytes} of {cap_bytes}",
    },
    "doctor.budget_partly": {
        "fr": "il ne reste que {left_bytes} sur {cap_bytes} ce mois-ci",
        "en": "only {left_bytes} of {cap_bytes} are left this month",
    },
    "doctor.budget_no": {"fr": "pas de budget sans plan", "en": "no budget without a plan"},
    "doctor.capacity_yes": {"fr": "capacité connue : {bit_s}", "en": "capacity known: {bit_s}"},
    "doctor.capacity_partly": {
        "fr": "capacité pas encore mesurée : le rythme des échanges est celui du catalogue",
        "en": "capacity not yet measured: transfers run at the catalogue's pace",
    },
    "doctor.folder_yes": {"fr": "place libre : {free_bytes}", "en": "free space: {free_bytes}"},
    "doctor.folder_partly": {
        "fr": "peu de place : {free_bytes} ; des mesures pourraient se perdre",
        "en": "little space: {free_bytes}; measurements might be lost",
    },
    "doctor.folder_no": {
        "fr": "impossible d’écrire dans {folder}",
        "en": "cannot write in {folder}",
    },
    "doctor.ipv4_yes": {"fr": "IPv4 : une route existe", "en": "IPv4: there is a route"},
    "doctor.ipv4_no": {
        "fr": "IPv4 : pas de route ; rien ne sera dit de cette famille",
        "en": "IPv4: no route; nothing will be said of this family",
    },
    "doctor.ipv6_yes": {"fr": "IPv6 : une route existe", "en": "IPv6: there is a route"},
    "doctor.ipv6_no": {
        "fr": "IPv6 : pas de route ; rien ne sera dit de cette famille",
        "en": "IPv6: no route; nothing will be said of this family",
    },
    "doctor.link_yes": {"fr": "liaison par câble", "en": "wired link"},
    "doctor.link_partly": {
        "fr": "liaison {kind} : ses caprices s’ajoutent à ceux de la ligne ; un câble vaut mieux",
        "en": "{kind} link: its whims add to the line's; a cable is better",
    },
    "doctor.link_no": {
        "fr": "le trafic passe par un {kind} : ce n’est pas votre fournisseur d’accès qui serait mesuré",
        "en": "traffic goes through a {kind}: it would not be your provider that is measured",
    },
    "doctor.counters_yes": {
        "fr": "compteurs de l’interface {interface} lisibles : un autre usage de la ligne se voit",
        "en": "counters of interface {interface} can be read: other use of the line shows",
    },
    "doctor.counters_partly": {
        "fr": "compteurs de l’interface illisibles : un autre usage de la ligne ne se verrait pas",
        "en": "the interface's counters cannot be read: other use of the line would not show",
    },
    "doctor.tcp_info_yes": {"fr": "le noyau dit l’état de TCP", "en": "the kernel tells TCP's state"},
    "doctor.tcp_info_partly": {
        "fr": "le noyau ne dit pas l’état de TCP : ni RTT ni pertes de ce côté",
        "en": "the kernel does not tell TCP's state: no RTT nor loss from this end",
    },
    "doctor.pacing_yes": {"fr": "le noyau sait cadencer un envoi", "en": "the kernel can pace a sender"},
    "doctor.pacing_partly": {
        "fr": "le noyau ne sait pas cadencer un envoi : pas d’échanges montants",
        "en": "the kernel cannot pace a sender: no uploads",
    },
    "doctor.resolver_yes": {"fr": "résolveur de la maison connu", "en": "the home's resolver is known"},
    "doctor.resolver_partly": {
        "fr": "le résolveur de la maison ne peut être lu sans l’extra dns",
        "en": "the home's resolver cannot be read without the extra dns",
    },
    "doctor.resolver_no": {"fr": "aucun résolveur n’est réglé", "en": "no resolver is set"},
    "doctor.dns_extra_yes": {"fr": "dnspython est là", "en": "dnspython is here"},
    "doctor.dns_extra_no": {
        "fr": "il manque dnspython : pip install 'isonomia[dns]'",
        "en": "dnspython is missing: pip install 'isonomia[dns]'",
    },
    "doctor.quic_extra_yes": {"fr": "aioquic est là", "en": "aioquic is here"},
    "doctor.quic_extra_no": {
        "fr": "il manque aioquic : pip install 'isonomia[quic]'",
        "en": "aioquic is missing: pip install 'isonomia[quic]'",
    },
    "doctor.memory_yes": {"fr": "mémoire libre : {free_bytes}", "en": "free memory: {free_bytes}"},
    "doctor.memory_partly": {
        "fr": "peu de mémoire libre, ou inconnue : les mesures à part pourraient échouer",
        "en": "little free memory, or unknown: nettests in a process of their own might fail",
    },
    "doctor.platform_yes": {"fr": "{system}, Python {python}", "en": "{system}, Python {python}"},
    "doctor.platform_partly": {
        "fr": "{system}, Python {python} : seul Linux est pris en charge",
        "en": "{system}, Python {python}: only Linux is supported",
    },
    # ---------------------------------------------------------------------------------------- errors
    "error.endpoints_unreadable": {
        "fr": "{path} ne se lit pas comme un fichier de services : {reason}",
        "en": "{path} does not read as a file of services: {reason}",
    },
    "error.nettest_unknown": {
        "fr": "« {nettest} » n’est pas une mesure. Il y a : {known} (isonomia-probe list dit ce qu’elles font)",
        "en": '"{nettest}" is no nettest. There are: {known} (isonomia-probe list tells what they do)',
    },
    "error.nettest_not_planned": {
        "fr": "« {operator} » ne demande pas {nettest} en ce moment. Choisissez une autre mesure, ou réessayez plus tard",
        "en": '"{operator}" asks for no {nettest} at present. Choose another nettest, or try later',
    },
    "error.family_no_route": {
        "fr": "cette ligne n’a pas de route en {family}. Retirez --family : la visite prend ce que la ligne a",
        "en": "this line has no route in {family}. Leave --family out: the visit takes what the line has",
    },
    "error.family_not_served": {
        "fr": "aucun répondeur de « {operator} » n’a les deux adresses {family} qu’il faut. Retirez --family,"
        " ou ne nommez que dns, fetch ou reachability",
        "en": 'no responder of "{operator}" has the two {family} addresses that are needed. Leave --family out,'
        " or name dns, fetch or reachability alone",
    },
    "error.nothing_chosen": {
        "fr": "rien à mesurer : nommez des mesures, ou ajoutez --all. Il y a : {known}",
        "en": "nothing to measure: name some nettests, or add --all. There are: {known}",
    },
}
"""Merged into ``probe.messages.MESSAGES``."""

"""What is agreed to at ``join``, and the question. Merged into ``probe.messages.MESSAGES``."""

from typing import Final

CONSENT_MESSAGES: Final[dict[str, dict[str, str]]] = {
    "consent.text": {
        "fr": "Rejoindre « {operator} » ({collector})\n\n"
        "Ce qui est mesuré\n"
        "  La sonde échange deux fois les mêmes octets avec un serveur de mesure de l’opérateur : une fois sous le\n"
        "  nom d’un service culturel, une fois sous un nom neutre. Elle ne lit pas votre trafic.\n"
        "  {contact}\n"
        "  Services : {services}.\n"
        "Ce que cela consomme\n"
        "  Au plus {visit} par paire et {month} par mois ; l’opérateur peut abaisser ce plafond, jamais le relever.\n"
        "  La capacité de la ligne est mesurée maintenant, puis chaque semaine : au plus {capacity}, comptés dedans.\n"
        "Ce que voit votre fournisseur d’accès\n"
        "  Des connexions à un serveur de mesure, qui portent le nom de ces services. Quoi que nous taisions, il\n"
        "  peut vous reconnaître à l’heure et à l’adresse de ces connexions. Votre contrat peut les interdire.\n"
        "Ce qui est envoyé\n"
        "  Des mesures signées : heures, débits, échecs, octets passés par l’interface pendant la mesure, ce que\n"
        "  vous déclarez de votre ligne, et le fournisseur et le pays que voit le serveur. Pas votre adresse IP.\n"
        "Arrêter\n"
        "  Ctrl-C arrête une mesure ; sans « isonomia-probe run », rien n’est mesuré. Effacer {folder} efface la\n"
        "  sonde, ses clés et ce qui attend.\n"
        "Où sont les données\n"
        "  Chez vous dans {folder}, puis chez l’opérateur, à l’adresse {collector}.",
        "en": 'Joining "{operator}" ({collector})\n\n'
        "What is measured\n"
        "  The probe exchanges the same bytes twice with a measurement server of the operator: once under the name\n"
        "  of a cultural service, once under a neutral name. It does not read your traffic.\n"
        "  {contact}\n"
        "  Services: {services}.\n"
        "What it uses\n"
        "  At most {visit} a pair and {month} a month; the operator can lower this cap, never lift it.\n"
        "  The line's capacity is measured now and then weekly: at most {capacity}, which the cap includes.\n"
        "What your Internet provider sees\n"
        "  Connections to a measurement server that bear these services' names. Whatever we withhold, it can\n"
        "  recognise you from the times and addresses of these connections. Your contract may forbid them.\n"
        "What is sent\n"
        "  Signed measurements: times, rates, failures, bytes that passed the interface meanwhile, what you declare\n"
        "  of your line, and the provider and country that the server sees. Not your IP address.\n"
        "How to stop\n"
        '  Ctrl-C stops a measurement; without "isonomia-probe run" nothing is measured. Deleting {folder}\n'
        "  deletes the probe, its keys and what waits.\n"
        "Where the data is\n"
        "  At your place in {folder}, then at the operator's, {collector}.",
    },
    "consent.contact_responders": {
        "fr": "Elle ne se connecte pas aux services eux-mêmes.",
        "en": "It does not connect to the services themselves.",
    },
    "consent.contact_direct": {
        "fr": "Elle se connecte aussi aux services eux-mêmes, pour au plus 2 Mo à la fois, et demande leurs noms à"
        " votre résolveur et à des résolveurs publics (Quad9, Cloudflare, Google), qui voient alors votre adresse IP.",
        "en": "It also connects to the services themselves, for at most 2 MB at a time, and asks your resolver and"
        " public ones (Quad9, Cloudflare, Google) for their names; these then see your IP address.",
    },
    "consent.question": {"fr": "D’accord ? [o/N] ", "en": "Do you agree? [y/N] "},
}

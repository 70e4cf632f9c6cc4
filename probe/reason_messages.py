"""Why something was not measured, in words, where the reason's code is one of these. Merged into ``probe.messages.MESSAGES``.

Documents and ``--json`` carry the code, which stands after ``reason.`` here. What has no words is shown as it is.
"""

from typing import Final

REASON_MESSAGES: Final[dict[str, dict[str, str]]] = {
    "reason.postponed:cross_traffic": {
        "fr": "la ligne sert à autre chose en ce moment, et la sonde la laisse tranquille"
        " (« once … --busy » mesure quand même)",
        "en": 'the line is used for something else now, and the probe leaves it alone ("once … --busy" measures all the same)',
    },
    "reason.postponed:idle_rtt": {
        "fr": "la ligne répond trois fois plus lentement qu’à son meilleur de la semaine, elle est donc occupée"
        " (« once … --busy » mesure quand même)",
        "en": "the line answers three times as slowly as at its best this week, so it is busy"
        ' ("once … --busy" measures all the same)',
    },
    "reason.budget exceeded": {
        "fr": "le plafond d’octets du mois n’y suffit plus (isonomia-probe cap le montre)",
        "en": "this month's cap of bytes does not cover it any more (isonomia-probe cap shows it)",
    },
    "reason.visit cap exceeded": {
        "fr": "une seule visite n’y suffit pas : ses octets ou ses secondes sont comptés",
        "en": "one visit does not cover it: its bytes and seconds are limited",
    },
    "reason.not agreed": {
        "fr": "vous n’avez pas accepté de contacter les services eux-mêmes (isonomia-probe join, encore une fois)",
        "en": "you have not agreed to contact the services themselves (isonomia-probe join, once more)",
    },
    "reason.not in the plan": {
        "fr": "le plan de l’opérateur ne le prévoit pas",
        "en": "the operator's plan does not ask for it",
    },
    "reason.switched off by the operator": {
        "fr": "l’opérateur l’a suspendu",
        "en": "the operator has switched it off",
    },
    "reason.endpoint:not_verified": {
        "fr": "personne n’a encore vérifié les adresses de ce service : il est rejoué, jamais contacté",
        "en": "nobody has verified this service's addresses yet: it is replayed, never contacted",
    },
    "reason.endpoint:home_name": {
        "fr": "ce nom est de ceux qu’un foyer donne lui-même : il n’est demandé à personne",
        "en": "a name of the kind that a home gives itself: nobody is asked for it",
    },
    "reason.unsupported:extra:dns": {
        "fr": "il manque dnspython : pip install 'isonomia[dns]'",
        "en": "dnspython is missing: pip install 'isonomia[dns]'",
    },
    "reason.unsupported:extra:quic": {
        "fr": "il manque aioquic : pip install 'isonomia[quic]'",
        "en": "aioquic is missing: pip install 'isonomia[quic]'",
    },
    "reason.unsupported:no_resolver": {
        "fr": "aucun résolveur n’est réglé sur cette machine",
        "en": "no resolver is set on this machine",
    },
    "reason.unsupported:responder:quic": {
        "fr": "ce répondeur ne parle pas QUIC",
        "en": "this responder does not speak QUIC",
    },
    "reason.unsupported:responder:http": {
        "fr": "ce répondeur ne parle pas HTTP sans chiffrement",
        "en": "this responder does not speak plain HTTP",
    },
    "reason.stopped_by_volunteer": {"fr": "vous l’avez arrêté", "en": "you stopped it"},
    "reason.deadline": {
        "fr": "pas fini à temps, donc abandonné",
        "en": "not finished in time, so given up",
    },
}

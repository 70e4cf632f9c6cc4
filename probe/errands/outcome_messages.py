"""What a light nettest came to, in words: the codes of ``words``, token by token. Merged into ``probe.messages.MESSAGES``.

Documents and ``--json`` carry the code. What has no words is shown as it is.
"""

from typing import Final

OUTCOME_MESSAGES: Final[dict[str, dict[str, str]]] = {
    # What a dns result amounts to (``probe.measurement.dns_reading``).
    "outcome.agrees": {"fr": "d’accord avec les résolveurs publics", "en": "agrees with public resolvers"},
    "outcome.other_address": {
        "fr": "une autre adresse que les résolveurs publics, rien de faux",
        "en": "another address than public resolvers', nothing false",
    },
    "outcome.false_address": {"fr": "fausse adresse", "en": "false address"},
    "outcome.denied": {"fr": "nom nié", "en": "name denied"},
    "outcome.failed": {"fr": "pas de réponse utilisable", "en": "no answer of use"},
    "outcome.injected": {"fr": "réponse injectée en chemin", "en": "answer injected on the way"},
    "outcome.wildcard": {
        "fr": "répond aussi pour un nom qui n’existe pas",
        "en": "answers for a name that does not exist, too",
    },
    "outcome.no_reference": {
        "fr": "aucun résolveur public n’a répondu, rien à comparer",
        "en": "no public resolver answered, nothing to compare",
    },
    "outcome.undecided": {"fr": "indécidable", "en": "undecided"},
    # What a look met (``probe.measurement.failures``).
    "outcome.ok": {"fr": "joint", "en": "reached"},
    "outcome.dns_nxdomain": {
        "fr": "le résolveur dit que ce nom n’existe pas",
        "en": "the resolver says there is no such name",
    },
    "outcome.dns_no_address": {
        "fr": "n’a pas d’adresse dans cette famille",
        "en": "has no address of this family",
    },
    "outcome.dns_timeout": {"fr": "le résolveur ne répond pas", "en": "the resolver does not answer"},
    "outcome.connect_refused": {"fr": "connexion refusée", "en": "connection refused"},
    "outcome.connect_timeout": {"fr": "pas de réponse à la connexion", "en": "no answer to the connection"},
    "outcome.connect_unreachable": {"fr": "réseau injoignable", "en": "network unreachable"},
    "outcome.tls_reset": {"fr": "coupé pendant TLS", "en": "reset during TLS"},
    "outcome.tls_timeout": {"fr": "TLS sans réponse", "en": "no answer to TLS"},
    "outcome.tls_eof": {"fr": "fermé pendant TLS", "en": "closed during TLS"},
    "outcome.tls_alert": {"fr": "alerte TLS", "en": "TLS alert"},
    "outcome.tls_certificate": {
        "fr": "certificat non valable pour ce nom",
        "en": "a certificate that is not valid for the name",
    },
    # Signs of another page (``probe.look.page``).
    "outcome.status_403": {"fr": "[signe : statut 403]", "en": "[sign: status 403]"},
    "outcome.status_451": {"fr": "[signe : statut 451]", "en": "[sign: status 451]"},
    "outcome.redirected_elsewhere": {
        "fr": "[signe : renvoyé ailleurs]",
        "en": "[sign: redirected elsewhere]",
    },
    "outcome.html_instead": {
        "fr": "[signe : une page à la place de l’objet]",
        "en": "[sign: a page in the object's place]",
    },
    "outcome.title_of_refusal": {
        "fr": "[signe : titre d’une page de refus]",
        "en": "[sign: title of a page of refusal]",
    },
    "outcome.hash_differs": {"fr": "[signe : autre contenu]", "en": "[sign: other content]"},
    "outcome.head_differs": {"fr": "[signe : autre début]", "en": "[sign: other beginning]"},
    "outcome.length_differs": {"fr": "[signe : autre longueur]", "en": "[sign: other length]"},
    # Whose, and when.
    "outcome.original": {"fr": "service", "en": "service"},
    "outcome.control": {"fr": "témoin", "en": "control"},
    "outcome.idle": {"fr": "au repos", "en": "idle"},
    "outcome.load": {"fr": "en charge", "en": "under load"},
}

"""Texts of public bundles: one id, French and English, as in ``analysis.messages``."""

from typing import Final

from analysis.words import Language

OPEN_BUNDLE: Final[dict[str, dict[Language, str]]] = {
    "cli.bundle_form": {
        "fr": "forme : scellée (documents signés, pour un régulateur, un tribunal, un expert) ou publique (sans clé ni document)",
        "en": "form: sealed (signed documents, for a regulator, a court, an expert) or public (no key, no document)",
    },
    "bundle.written_public": {
        "fr": "{path} : constat {finding_id}, {measurements} paires sans clé ni document, caractéristiques à deux chiffres. À publier avec le constat, après réponse.",
        "en": "{path}: finding {finding_id}, {measurements} pairs without key or document, features of two digits. To be published with the finding, after reply.",
    },
    "bundle.few_lines": {
        "fr": "le constat {finding_id} ne repose que sur {lines} lignes : en public, il en faut {fewest}, sinon on reconnaîtrait des foyers. Rien n’a été écrit.",
        "en": "finding {finding_id} rests on {lines} lines only: in public it takes {fewest}, or homes would be recognised. Nothing was written.",
    },
    "bundle.public_holds": {
        "fr": "tient : {cell} ({finding_id}) : {in_log} paires sur {pairs} prouvées dans le journal signé, comptes égaux, ln E recalculé {log_e}",
        "en": "holds: {cell} ({finding_id}): {in_log} of {pairs} pairs proved to stand in the signed log, counts equal, ln E computed again {log_e}",
    },
    "bundle.public_differs": {
        "fr": "NE TIENT PAS : {cell} ({finding_id}) : {differs}",
        "en": "DOES NOT HOLD: {cell} ({finding_id}): {differs}",
    },
    "bundle.keys": {
        "fr": "  têtes de l’arbre signées par {keys} : comparez avec la clé que publie l’opérateur",
        "en": "  tree heads signed by {keys}: compare with the key that the operator publishes",
    },
    "bundle.not_sealed": {
        "fr": "  {count} paires n’étaient pas encore scellées : leur place dans le journal n’est pas prouvée",
        "en": "  {count} pairs were not sealed yet: their place in the log is not proved",
    },
    "bundle.public_limits": {
        "fr": "  la forme publique ne montre ni les signatures des mesures ni leurs tirages : la forme scellée, si, à qui a le droit de l’avoir. Ceci n’est pas vérifié ici, et repose sur la parole de qui a jugé : {unchecked}",
        "en": "  the public form shows neither the measurements’ signatures nor their coins: the sealed form does, to who may have it. This is not checked here, and rests on the word of who judged: {unchecked}",
    },
    "unchecked.grade_checks": {
        "fr": "les conditions des degrés 3 et 4, donc le degré et le droit de nommer",
        "en": "the conditions of grades 3 and 4, and so the grade and whether a network may be named",
    },
    "unchecked.gates": {
        "fr": "les contrôles de la mesure elle-même",
        "en": "the tests of the measuring itself",
    },
    "unchecked.second_test": {"fr": "le second test", "en": "the second test"},
    "unchecked.mechanism": {"fr": "le mécanisme", "en": "the mechanism"},
    "unchecked.delivered": {
        "fr": "le débit livré, au-delà de ce qu’il tient entre les transferts",
        "en": "the delivered rate, beyond its lying among the transfers",
    },
    "unchecked.attribution": {"fr": "le lieu de la différence", "en": "the place of the difference"},
    "unchecked.certificate": {"fr": "le certificat", "en": "the certificate"},
    "unchecked.missing_tickets": {
        "fr": "les tickets sans mesure",
        "en": "tickets without a measurement",
    },
    "unchecked.amounts": {
        "fr": "octets, durée et débit le plus haut",
        "en": "bytes, time and the highest rate",
    },
    "unchecked.vetted": {"fr": "qui est un foyer vérifié", "en": "who is a vetted home"},
}

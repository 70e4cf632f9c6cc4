"""Texts of evidence bundles: one id, French and English, as in ``messages``."""

from typing import Final

from analysis.words import Language

BUNDLE: Final[dict[str, dict[Language, str]]] = {
    "cli.bundle": {
        "fr": "réunir dans un zip tout ce sur quoi repose un constat (forme scellée : pour un régulateur, un tribunal, un expert)",
        "en": "pack all that a finding rests on into one zip (sealed form: for a regulator, a court, an expert)",
    },
    "cli.signatures": {
        "fr": "signatures à revérifier : chacune (each) ; celles des seules cellules qui disent quelque chose, les autres l’ayant été par le collecteur (accusing) ; de même, mais chacune hors des archives scellées, dont le sceau est vérifié (sealed)",
        "en": "signatures to verify again: each; those of cells that say anything alone, for the collector verified the others (accusing); the same, but each outside sealed archives, of which the seal is verified (sealed)",
    },
    "cli.bundle_out": {"fr": "fichier zip à écrire", "en": "zip file to write"},
    "bundle.written": {
        "fr": "{path} : constat {finding_id}, {measurements} mesures signées. Il contient des clés et des documents signés : ne le publiez pas.",
        "en": "{path}: finding {finding_id}, {measurements} signed measurements. It holds keys and signed documents: do not publish it.",
    },
    "bundle.whole": {
        "fr": "entier : chaque fichier a l’empreinte que donne le manifeste",
        "en": "whole: every file has the hash that the manifest gives",
    },
    "bundle.contradicts": {
        "fr": "NE TIENT PAS : {differs}",
        "en": "DOES NOT HOLD: {differs}",
    },
    "bundle.in_log": {
        "fr": "  {in_log} mesures sur {measurements} prouvées dans le journal signé",
        "en": "  {in_log} of {measurements} measurements proved to stand in the signed log",
    },
    "bundle.conflicts_alone": {
        "fr": "  {count} paire(s) écartée(s) comme en conflit sans que le dossier ait l’autre mesure du même ticket : sur ce point, seul l’opérateur en répond",
        "en": "  {count} pair(s) discarded as in conflict without the other measurement of the same ticket in this bundle: of that there is the operator’s word alone",
    },
    "bundle.no_catalogue": {
        "fr": "  le catalogue déposé n’est pas joint : le dossier de données n’avait plus le plan qui le nomme",
        "en": "  the registered catalogue is not in it: the store had the plan that names it no more",
    },
    "log.registration": {
        "fr": "  dépôt {sha256} : comparez avec l’empreinte que publie l’opérateur",
        "en": "  registration {sha256}: compare with the hash that the operator publishes",
    },
    "log.other_registration": {
        "fr": "NE TIENT PAS : le dépôt donné ({given}) n’est pas celui du dossier ({found})",
        "en": "DOES NOT HOLD: the registration that was given ({given}) is not the bundle’s ({found})",
    },
    "log.sealed": {
        "fr": "  nommé dans le journal signé depuis le {at} (sceau {seal}) ; {before} paires de la cellule ont été ouvertes avant",
        "en": "  named in the signed log since {at} (seal {seal}); {before} pairs of the cell were opened before that",
    },
    "log.sealed_only": {
        "fr": "  nommé dans le journal signé depuis le {at} (sceau {seal})",
        "en": "  named in the signed log since {at} (seal {seal})",
    },
    "log.not_sealed": {
        "fr": "  ATTENTION : aucun sceau ne nomme ce dépôt ; la date qu’il porte n’est que la parole de qui l’a écrit",
        "en": "  WARNING: no seal names this registration; the date in it is the word of who wrote it alone",
    },
    "log.others": {
        "fr": "  ATTENTION : le journal nomme aussi d’autres dépôts du même trimestre : {others}",
        "en": "  WARNING: the log names other registrations of the same quarter, too: {others}",
    },
    "log.no_keys": {
        "fr": "  ce dépôt ne dit pas quelles clés signent pour les répondeurs : que les paires viennent d’eux n’est pas vérifié",
        "en": "  this registration does not say which keys sign for the responders: that the pairs are theirs is not verified",
    },
    "bundle.damaged": {"fr": "altéré : {name} ({detail})", "en": "altered: {name} ({detail})"},
    "bundle.does_not_hold": {
        "fr": "le constat {finding_id} ne se retrouve pas dans ces données : {detail}. Rien n’a été écrit.",
        "en": "finding {finding_id} does not come out of this store: {detail}. Nothing was written.",
    },
    "verify.needs_store": {
        "fr": "un fichier de constats se vérifie avec --store et --registration ; un dossier de preuves (zip) se suffit",
        "en": "a file of findings is verified with --store and --registration; a bundle (zip) needs neither",
    },
}

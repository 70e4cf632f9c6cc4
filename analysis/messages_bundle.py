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

"""Texts of the export's commands: one id, French and English, as in ``analysis.messages``."""

from typing import Final

from analysis.words import Language

PUBLIC: Final[dict[str, dict[Language, str]]] = {
    "cli.export_public": {
        "fr": "écrit ce qui peut être publié, d’où le site public est dessiné",
        "en": "write what may be published, from which the public site is drawn",
    },
    "cli.export_inside": {
        "fr": "écrit l’édition interne : tous les constats, pour l’exploitant et les relecteurs",
        "en": "write the inside edition: every finding, for operator and reviewers",
    },
    "cli.export_out": {"fr": "fichier JSON à écrire", "en": "JSON file to write"},
    "cli.export_ledger": {
        "fr": "registre des états ; sans lui, aucun constat n’est publié",
        "en": "ledger of states; without it no finding is published",
    },
    "cli.export_findings": {
        "fr": "constats tels qu’ils ont été jugés (judge --full --out), répétable ; sinon, ceux d’aujourd’hui",
        "en": "findings as they were judged (judge --full --out), repeatable; else today’s",
    },
    "cli.export_replies": {
        "fr": "réponses des réseaux : une liste JSON",
        "en": "networks’ replies: a JSON list",
    },
    "cli.export_disruptions": {
        "fr": "perturbations à publier : une liste JSON",
        "en": "disruptions to publish: a JSON list",
    },
    "export.other_record": {
        "fr": "{path} : le constat {finding_id} n’est pas celui que le registre a publié (empreinte inscrite {entered}, trouvée {found}) ; donnez le fichier d’où il fut inscrit, ou inscrivez une correction",
        "en": "{path}: finding {finding_id} is not the record that the ledger published (hash entered {entered}, found {found}); give the file that it was entered from, or enter a correction",
    },
    "export.unreadable": {
        "fr": "{path} : lecture impossible ({detail})",
        "en": "{path}: cannot be read ({detail})",
    },
    "export.no_record": {
        "fr": "ATTENTION : constats que le registre montre et dont il n’y a pas d’enregistrement ici : {ids} ; donnez à --findings ce que judge --full --out a écrit le jour de leur jugement",
        "en": "WARNING: findings that the ledger shows and of which there is no record here: {ids}; give --findings what judge --full --out wrote on the day they were judged",
    },
    "export.reply_of_none": {
        "fr": "ATTENTION : réponses à des constats que ni le registre ni cette édition ne connaissent : {ids} ; corrigez leur finding_id, elles ne sont montrées nulle part",
        "en": "WARNING: replies to findings that neither the ledger nor this edition knows: {ids}; correct their finding_id, they are shown nowhere",
    },
    "export.reply_wanting": {
        "fr": "ATTENTION : le registre dit qu’on a répondu, et --replies n’en a pas le texte : {ids} ; joignez-le, il se publie avec le constat",
        "en": "WARNING: the ledger says that there was a reply, and --replies has no text of it: {ids}; add it, it is published with the finding",
    },
    "export.written": {
        "fr": "Export écrit : {path} ({surface}, {findings} constats montrés) ; pages : isonomia-dashboards site {path} --out DOSSIER",
        "en": "Export written: {path} ({surface}, {findings} findings shown); pages: isonomia-dashboards site {path} --out FOLDER",
    },
}

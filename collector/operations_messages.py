"""The texts of backup, restore, the environment and the fleet. Merged into ``collector.messages.MESSAGES``."""

from typing import Final, Literal

OPERATIONS: Final[dict[str, dict[Literal["fr", "en"], str]]] = {
    "fleet.about": {
        "fr": "montre l’état de la flotte, et les groupes de foyers qui se taisent ensemble",
        "en": "show the state of the fleet, and groups of homes that fall silent together",
    },
    "fleet.rebuild": {
        "fr": "refait d’abord la vue à partir de tous les documents (option archive)",
        "en": "first make the view anew from all documents (extra archive)",
    },
    "fleet.shown": {
        "fr": "Flotte au {at} : {alive} foyer(s) en vie, {late} en retard, {lost} perdu(s), {never} jamais entendu(s)\n"
        "  au bout de leur budget : {out_of_budget} ; logiciel ancien : {old_software}\n"
        "  fenêtre jugée : {window} ; perturbations : {disruptions}",
        "en": "Fleet at {at}: {alive} home(s) alive, {late} late, {lost} lost, {never} never heard\n"
        "  out of budget: {out_of_budget}; old software: {old_software}\n"
        "  window judged: {window}; disruptions: {disruptions}",
    },
    "fleet.group_shown": {
        "fr": "  {isp} {region} : {gone} foyer(s) absent(s) sur {homes}, d’ordinaire {expected} (p {p}) : {state}",
        "en": "  {isp} {region}: {gone} home(s) missing of {homes}, usually {expected} (p {p}): {state}",
    },
    "fleet.quiet": {"fr": "rien d’inhabituel", "en": "nothing unusual"},
    "fleet.disrupted": {
        "fr": "PERTURBATION, et le reste de la flotte se porte bien",
        "en": "DISRUPTED, and the rest of the fleet is well",
    },
    "fleet.everywhere": {
        "fr": "absents partout : vérifiez d’abord répondeurs et collecteur",
        "en": "missing everywhere: look at responders and collector first",
    },
    "fleet.unknown": {
        "fr": "trop peu de foyers ou d’historique pour juger",
        "en": "too few homes or too little history to say",
    },
    "rejected.not_inside": {
        "fr": "réservé à l’opérateur : en-tête Authorization: Bearer, avec le jeton de keys/inside.token",
        "en": "for the operator alone: header Authorization: Bearer, with the token in keys/inside.token",
    },
    "settings.bad_variable": {
        "fr": "{name} ne nomme aucun réglage ; écrivez ISONOMIA_SET_<TABLE>_<CHAMP>, où la table est l’une de : {tables}",
        "en": "{name} names no setting; write ISONOMIA_SET_<TABLE>_<FIELD>, where the table is one of: {tables}",
    },
    "cli.or_variable": {"fr": "{about} (sinon {name})", "en": "{about} (else {name})"},
    "cli.bad_log": {
        "fr": "ISONOMIA_LOG={detail} : écrivez json ou text",
        "en": "ISONOMIA_LOG={detail}: write json or text",
    },
    "cli.backup": {
        "fr": "copie le dossier de données, pendant que le collecteur sert",
        "en": "copy the data folder, while the collector serves",
    },
    "cli.restore": {
        "fr": "refait un dossier de données d’une sauvegarde",
        "en": "make a data folder of a backup",
    },
    "cli.to": {
        "fr": "dossier de la sauvegarde, absent ou vide",
        "en": "folder of the backup, absent or empty",
    },
    "cli.from": {"fr": "dossier de la sauvegarde", "en": "folder of the backup"},
    "cli.backed_up": {
        "fr": "Sauvegarde faite : {files} fichier(s), {bytes} octets dans {to} (archive comprise : {archive})\n"
        "  elle contient la clé privée de l’opérateur : gardez-la comme telle",
        "en": "Backup made: {files} file(s), {bytes} bytes in {to} (archive in it: {archive})\n"
        "  it holds the operator’s private key: keep it as such",
    },
    "cli.restored": {
        "fr": "Restauré : {files} fichier(s), {bytes} octets dans {data} (archive comprise : {archive})\n"
        "  le prochain plan portera le numéro {serial} ; notez à nouveau les retraits venus depuis la sauvegarde",
        "en": "Restored: {files} file(s), {bytes} bytes in {data} (archive in it: {archive})\n"
        "  the next plan will bear serial {serial}; note again the withdrawals that came since the backup",
    },
    "cli.announce": {
        "fr": "fait la clé suivante ; les plans l’annoncent dès que le serveur redémarre",
        "en": "make the next key; plans announce it from the server’s next start on",
    },
    "cli.rotate": {
        "fr": "passe à la clé annoncée et détruit l’ancienne (serveur arrêté)",
        "en": "change to the announced key and destroy the old one (server stopped)",
    },
    "keys.none_next": {
        "fr": "{path} : pas de clé suivante ici ; faites-la d’abord : isonomia-collector key --announce",
        "en": "{path}: no next key here; make it first: isonomia-collector key --announce",
    },
    "keys.not_announced": {
        "fr": "{path} : aucun plan n’annonce cette clé, aucune sonde ne l’accepterait ; redémarrez le serveur et laissez aux sondes le temps de charger un plan",
        "en": "{path}: no plan announces this key, no probe would accept it; restart the server and give probes the time to fetch a plan",
    },
    "backup.not_empty": {
        "fr": "{path} n’est pas vide ; choisissez un dossier absent ou vide",
        "en": "{path} is not empty; choose a folder that is absent or empty",
    },
    "backup.none": {
        "fr": "{path} : pas de sauvegarde achevée ici (backup.json manque ou est illisible)",
        "en": "{path}: no finished backup here (backup.json is missing or unreadable)",
    },
    "backup.damaged": {
        "fr": "{path} n’est plus ce que la sauvegarde y avait mis ; prenez-en une autre",
        "en": "{path} is not what the backup put there; take another",
    },
}

"""Words of ``isonomia-collector init``, ``key``, ``serve`` and ``show``, and of the data folder, French and English."""

from typing import Final, Literal

COMMANDS: Final[dict[str, dict[Literal["fr", "en"], str]]] = {
    "cli.about": {
        "fr": "Le collecteur d’Isonomia : reçoit les mesures signées, les garde, signe le plan.",
        "en": "Isonomia’s collector: takes in signed measurements, keeps them, signs the plan.",
    },
    "cli.init": {
        "fr": "crée le dossier de données et la clé de l’opérateur",
        "en": "make the data folder and the operator’s key",
    },
    "cli.key": {"fr": "montre la clé publique de l’opérateur", "en": "show the operator’s public key"},
    "cli.serve": {"fr": "reçoit des mesures jusqu’à SIGTERM", "en": "take in measurements until SIGTERM"},
    "cli.show": {"fr": "compte ce que le dossier contient", "en": "count what the folder holds"},
    "cli.data": {"fr": "dossier de données du collecteur", "en": "the collector’s data folder"},
    "cli.operator": {"fr": "fichier TOML de l’opérateur", "en": "the operator’s TOML file"},
    "cli.listen": {"fr": "HÔTE:PORT ; port 0 : n’importe lequel", "en": "HOST:PORT; port 0: any free one"},
    "cli.json": {
        "fr": "écrit une ligne JSON au lieu de phrases",
        "en": "write a JSON line instead of sentences",
    },
    "cli.lang": {"fr": "langue : fr ou en", "en": "language: fr or en"},
    "cli.initialised": {
        "fr": "Dossier de données prêt : {data}\nClé de l’opérateur : {operator_key}\nEmpreinte, à donner avec l’adresse : {key_hash}",
        "en": "Data folder ready: {data}\nOperator’s key: {operator_key}\nKey hash, to hand out with the address: {key_hash}",
    },
    "cli.key_shown": {
        "fr": "Clé de l’opérateur : {operator_key}\nEmpreinte : {key_hash}",
        "en": "Operator’s key: {operator_key}\nKey hash: {key_hash}",
    },
    "cli.listening": {
        "fr": "Le collecteur écoute : {url}\nLes sondes s’inscrivent par : isonomia-probe join {url}#{key_hash}\nPour l’arrêter : Ctrl-C ou SIGTERM ; rien d’accepté ne se perd.",
        "en": "The collector listens: {url}\nProbes enrol with: isonomia-probe join {url}#{key_hash}\nTo stop it: Ctrl-C or SIGTERM; nothing accepted is lost.",
    },
    "cli.stopped": {
        "fr": "Arrêté ; tout ce qui fut accepté est sur le disque.",
        "en": "Stopped; all that was accepted is on disk.",
    },
    "cli.shown": {
        "fr": "{data}\n  mesures            {measurements}\n  en conflit         {conflicts}\n  rapports de tickets {reports}\n  sondes inscrites   {probes}\n  plan n°            {plan_serial}\n  fichiers d’une heure {hours}, {bytes} octets\n  scellés            {seals}, {archive_bytes} octets",
        "en": "{data}\n  measurements       {measurements}\n  in conflict        {conflicts}\n  ticket reports     {reports}\n  probes enrolled    {probes}\n  plan no.           {plan_serial}\n  hour files         {hours}, {bytes} bytes\n  seals              {seals}, {archive_bytes} bytes",
    },
    "cli.not_initialised": {
        "fr": "{data} : pas un dossier de collecteur ; faites d’abord : isonomia-collector init --data {data}",
        "en": "{data}: not a collector’s folder; first run: isonomia-collector init --data {data}",
    },
    "cli.bad_listen": {
        "fr": "--listen {detail} : écrivez HÔTE:PORT, par exemple 127.0.0.1:8080 ou [::1]:8080",
        "en": "--listen {detail}: write HOST:PORT, for example 127.0.0.1:8080 or [::1]:8080",
    },
    "cli.cannot_listen": {
        "fr": "--listen {detail} : impossible d’écouter là ({reason}) ; choisissez un autre port ou arrêtez le programme qui l’occupe",
        "en": "--listen {detail}: cannot listen there ({reason}); choose another port or stop the program that holds it",
    },
    "cli.in_use": {
        "fr": "{data} : un autre collecteur sert déjà ce dossier ; arrêtez-le d’abord",
        "en": "{data}: another collector already serves this folder; stop it first",
    },
    "plan.not_written": {
        "fr": "{path} : le plan suivant n’a pas pu être écrit ({detail}), et le dernier n’est plus en vigueur ou ne demande plus la même chose ; faites de la place (« seal »), puis relancez",
        "en": "{path}: the next plan could not be written ({detail}), and the last is not in force any more, or asks for something else; make room (“seal”), then run again",
    },
    "plan.broken": {
        "fr": "{path} : ce plan n’est pas signé par la clé de l’opérateur de ce dossier ; remettez la clé ou la sauvegarde du dossier plans/",
        "en": "{path}: this plan is not signed by this folder’s operator key; restore the key or the backup of plans/",
    },
    "store.newer": {
        "fr": "{path} : fichier d’une version plus récente ({version}, celle-ci connaît {known}) ; mettez le collecteur à jour",
        "en": "{path}: a file of a later version ({version}, this one knows {known}); update the collector",
    },
    "store.full": {
        "fr": "{path} : plus de place ({detail}) ; faites de la place sur le disque, puis relancez",
        "en": "{path}: no room ({detail}); make room on the disk, then run again",
    },
    "store.not_now": {
        "fr": "{path} : le disque ne permet pas de s’en servir à présent ({detail}) ; rien n’est perdu pour autant : regardez le disque et les droits de ce fichier, laissez-le où il est, puis relancez",
        "en": "{path}: the disk does not let it be used just now ({detail}); nothing is lost by that: look at the disk and at this file’s permissions, leave it where it is, then run again",
    },
    "store.damaged": {
        "fr": "{path} : fichier illisible ({detail}) ; gardez-en une copie, remettez la sauvegarde ou retirez-le du dossier",
        "en": "{path}: unreadable file ({detail}); keep a copy, restore the backup or take it out of the folder",
    },
}

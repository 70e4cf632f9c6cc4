"""What the analysis says of a judgement on disk or on a cluster, in French and English."""

from typing import Final

from analysis.words import Language

SCALE: Final[dict[str, dict[Language, str]]] = {
    "spool.damaged": {
        "fr": "{path} : fichier intermédiaire incomplet ({at}) ; videz ce dossier et recommencez",
        "en": "{path}: incomplete intermediate file ({at}); empty this folder and start again",
    },
    "spool.not_empty": {
        "fr": "{path} : --spool demande un dossier neuf ou vide",
        "en": "{path}: --spool needs a new or an empty folder",
    },
    "scheduler.needs": {
        "fr": "--scheduler demande dask.distributed ; installez : pip install 'isonomia[cluster]'",
        "en": "--scheduler needs dask.distributed; install: pip install 'isonomia[cluster]'",
    },
    "scheduler.silent": {
        "fr": "{address} : aucun ordonnanceur Dask ne répond, ou il n’a aucun ouvrier ({detail})",
        "en": "{address}: no Dask scheduler answers, or it has no worker ({detail})",
    },
    "scheduler.other_code": {
        "fr": "l’ouvrier {worker} a une autre version ({version}) que ce programme ({here}) ; installez partout la même",
        "en": "worker {worker} has another version ({version}) than this program ({here}); install the same everywhere",
    },
    "cli.spool": {
        "fr": "dossier vide où les observations attendent sur disque : la mémoire ne croît pas avec le dossier du collecteur (partagé par les ouvriers si --scheduler)",
        "en": "an empty folder where observations wait on disk: memory does not grow with the collector’s folder (shared by the workers if --scheduler)",
    },
    "cli.scheduler": {
        "fr": "ordonnanceur Dask qui calcule les cellules, par exemple tcp://127.0.0.1:8786 : les constats ont les mêmes octets",
        "en": "the Dask scheduler that computes the cells, for example tcp://127.0.0.1:8786: findings have the same bytes",
    },
}

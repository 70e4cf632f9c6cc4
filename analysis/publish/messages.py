"""The texts of ``isonomia-analysis publish``: one id, French and English. ``analysis.messages`` holds them with the others."""

from typing import Final

from analysis.words import Language

PUBLISH: Final[dict[str, dict[Language, str]]] = {
    "publish.help": {
        "fr": "écrit heures, constats et couverture dans la base des tableaux de bord",
        "en": "write hours, findings and coverage into the boards’ database",
    },
    "publish.server": {
        "fr": "adresse de la base ; identifiants dans INFLUX_TOKEN, INFLUX_ORG, INFLUX_USER, INFLUX_PASSWORD",
        "en": "the database’s address; credentials in INFLUX_TOKEN, INFLUX_ORG, INFLUX_USER, INFLUX_PASSWORD",
    },
    "publish.kind": {
        "fr": "sorte de base (par défaut, on le lui demande)",
        "en": "which kind of database (by default, it is asked)",
    },
    "publish.ledger": {
        "fr": "registre des états : sans lui, rien n’est public que la couverture et les certificats",
        "en": "ledger of states: without it nothing is public but coverage and certificates",
    },
    "publish.pages": {
        "fr": "adresse à laquelle les pages publiques sont servies : la liste des constats y renvoie",
        "en": "address at which the public pages are served: the list of findings links to them",
    },
    "publish.practices": {
        "fr": "pratiques déclarées par les fournisseurs, en TOML (docs/boards.md) : montrées à côté de ce qui est mesuré",
        "en": "practices that providers declare, in TOML (docs/boards.md): shown beside what is measured",
    },
    "publish.practices_unreadable": {
        "fr": "{path} : {detail} ; chaque [[practice]] veut brand, kind, says.fr, says.en, since, source et read_on (docs/boards.md)",
        "en": "{path}: {detail}; each [[practice]] wants brand, kind, says.fr, says.en, since, source and read_on (docs/boards.md)",
    },
    "publish.change": {
        "fr": "Changement : {change}\u202f% (original / témoin), sur {lines} lignes",
        "en": "Change: {change}% (original / control), over {lines} lines",
    },
    "publish.done": {
        "fr": "{inside} points pour l’intérieur, {public} publics ; {dropped} séries retirées du public ; {rejected} refusés",
        "en": "{inside} points for the inside, {public} public; {dropped} series taken out of the public; {rejected} refused",
    },
    "publish.forgotten": {
        "fr": "{forgotten} constats publiés manquent : donnez à --findings ce que judge --full --out a écrit le jour de leur jugement",
        "en": "{forgotten} published findings are missing: give --findings what judge --full --out wrote on the day they were judged",
    },
    "publish.failed": {
        "fr": "la base ne prend pas les points ({detail}) ; relancez la commande",
        "en": "the database does not take the points ({detail}); run the command again",
    },
}

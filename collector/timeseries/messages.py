"""The texts of ``isonomia-collector timeseries``: one id, French and English. ``collector.messages`` holds them with the others."""

from typing import Final, Literal

TIMESERIES: Final[dict[str, dict[Literal["fr", "en"], str]]] = {
    "cli.timeseries": {
        "fr": "tient à jour la base de séries temporelles d’où les tableaux de bord sont tirés",
        "en": "keep the time-series database up to date that the boards draw from",
    },
    "cli.ts_feed": {
        "fr": "y écrire ce qui est nouveau dans le dossier, une fois ou sans cesse (--every)",
        "en": "write what is new in the folder into it, once or on and on (--every)",
    },
    "cli.ts_rebuild": {
        "fr": "vider le compartiment privé et tout y écrire à nouveau, puis comparer",
        "en": "empty the private bucket and write everything anew, then compare",
    },
    "cli.ts_status": {
        "fr": "dire où en est l’alimentation, si la base répond et si chacune de ses parties (une semaine) a ce qu’elle a pris",
        "en": "say how far the feed is, whether the database answers and whether each of its parts (a week) has what it took",
    },
    "cli.ts_check": {
        "fr": "comparer base et dossier : nombres et sommes par heure et par jeu d’étiquettes",
        "en": "compare database and folder: counts and sums per hour and tag set",
    },
    "cli.ts_server": {
        "fr": "adresse de la base, par exemple http://127.0.0.1:8086 ; identifiants dans INFLUX_TOKEN, INFLUX_ORG, INFLUX_USER, INFLUX_PASSWORD",
        "en": "the database’s address, such as http://127.0.0.1:8086; credentials in INFLUX_TOKEN, INFLUX_ORG, INFLUX_USER, INFLUX_PASSWORD",
    },
    "cli.ts_kind": {
        "fr": "sorte de base (par défaut, on le lui demande)",
        "en": "which kind of database (by default, it is asked)",
    },
    "cli.ts_every": {
        "fr": "alimenter toutes les N secondes, jusqu’à SIGTERM",
        "en": "feed every N seconds, until SIGTERM",
    },
    "cli.ts_name": {
        "fr": "nom de cette alimentation, une par base (par défaut : main)",
        "en": "this feed’s name, one a database (by default: main)",
    },
    "cli.ts_fed": {
        "fr": "{rows} documents lus ; {rejected} lignes refusées par la base, {unreadable} documents illisibles, {too_old} trop anciens",
        "en": "{rows} documents read; {rejected} lines refused by the database, {unreadable} documents unreadable, {too_old} too old",
    },
    "cli.ts_began_again": {
        "fr": "la base n’avait plus ce qu’elle avait pris : tout est écrit à nouveau",
        "en": "the database no longer had what it had taken: everything is written anew",
    },
    "cli.ts_not_retained": {
        "fr": "la base ne se laisse pas fixer les {days} jours de {bucket} : vérifiez qu’elle les garde ainsi (docs/boards.md)",
        "en": "the database does not let the feed set the {days} days of {bucket}: see that it keeps them so (docs/boards.md)",
    },
    "cli.ts_waiting": {
        "fr": "la base ne prend rien ({detail}) ; nouvel essai dans {seconds} s",
        "en": "the database takes nothing ({detail}); trying again in {seconds} s",
    },
    "cli.ts_stopped": {"fr": "alimentation arrêtée", "en": "feed stopped"},
    "cli.ts_status_shown": {
        "fr": "{fed} documents écrits, {lag_rows} en attente ; dernière fois : {fed_at} ; refusées {rejected}, illisibles {unreadable}, trop anciens {too_old}, reprises {restarts} ; base : {server} ; parties vérifiées : {parts}, en défaut : {parts_bad}",
        "en": "{fed} documents written, {lag_rows} waiting; last time: {fed_at}; refused {rejected}, unreadable {unreadable}, too old {too_old}, begun again {restarts}; database: {server}; parts checked: {parts}, at fault: {parts_bad}",
    },
    "cli.ts_part_lost": {
        "fr": "PERDUE : la base n’a plus la partie du {first} au {last}, écrite quand {fed} documents l’étaient ; lancez « timeseries rebuild »",
        "en": "LOST: the database no longer has the part of {first} to {last}, written when {fed} documents were; run “timeseries rebuild”",
    },
    "cli.ts_part_behind": {
        "fr": "EN RETARD : la partie du {first} au {last} en est à {has} documents, elle a été écrite jusqu’à {fed} ; lancez « timeseries rebuild »",
        "en": "BEHIND: the part of {first} to {last} is at {has} documents, and was written up to {fed}; run “timeseries rebuild”",
    },
    "cli.ts_equal": {
        "fr": "égaux : {points} points en {groups} groupes d’une heure et d’un jeu d’étiquettes",
        "en": "equal: {points} points in {groups} groups of an hour and a tag set",
    },
    "cli.ts_differ": {
        "fr": "DIFFÉRENTS : {differ} groupes sur {groups} ; le premier : {first} ; lancez « timeseries rebuild »",
        "en": "DIFFERENT: {differ} of {groups} groups; the first: {first}; run “timeseries rebuild”",
    },
    "timeseries.extra": {
        "fr": "InfluxDB 2 et 3 demandent {detail} ; installez l’option : pip install 'isonomia[timeseries]'",
        "en": "InfluxDB 2 and 3 need {detail}; install the extra: pip install 'isonomia[timeseries]'",
    },
    "timeseries.bad_url": {
        "fr": "--server : « {url} » n’est pas une adresse http ou https",
        "en": "--server: “{url}” is no http or https address",
    },
    "timeseries.secret_in_url": {
        "fr": "--server : pas de mot de passe dans l’adresse de {url} ; mettez-le dans INFLUX_USER et INFLUX_PASSWORD",
        "en": "--server: no password in the address of {url}; put it into INFLUX_USER and INFLUX_PASSWORD",
    },
    "timeseries.forbidden": {
        "fr": "la base refuse ces identifiants ({detail}) ; vérifiez INFLUX_TOKEN, INFLUX_ORG, INFLUX_USER, INFLUX_PASSWORD",
        "en": "the database refuses these credentials ({detail}); check INFLUX_TOKEN, INFLUX_ORG, INFLUX_USER, INFLUX_PASSWORD",
    },
    "timeseries.refused": {
        "fr": "la base refuse la demande ({detail})",
        "en": "the database refuses the request ({detail})",
    },
    "timeseries.down": {
        "fr": "la base ne répond pas ({detail})",
        "en": "the database does not answer ({detail})",
    },
    "timeseries.bad_cursor": {
        "fr": "{path} : curseur illisible ({detail}) ; effacez ce fichier, tout sera écrit à nouveau",
        "en": "{path}: unreadable cursor ({detail}); delete this file, everything will be written anew",
    },
    "timeseries.in_use": {
        "fr": "{data} : une autre alimentation de ce nom est en cours",
        "en": "{data}: another feed of this name is running",
    },
    "timeseries.no_check": {
        "fr": "cette base ne sait pas répondre à la comparaison (copie avec pertes)",
        "en": "this database cannot answer the comparison (a lossy copy)",
    },
}

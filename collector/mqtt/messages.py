"""What ``isonomia-collector ca`` and the MQTT door say to a person, in French and English."""

from typing import Final, Literal

MQTT_MESSAGES: Final[dict[str, dict[Literal["fr", "en"], str]]] = {
    "cli.ca": {
        "fr": "l’autorité de certification de la porte MQTT : la crée, délivre, révoque",
        "en": "the certificate authority of the MQTT door: makes it, issues, revokes",
    },
    "cli.ca_action": {
        "fr": "init : crée l’autorité et les fichiers du courtier ; issue : le certificat d’une sonde inscrite ; "
        "revoke : ferme la porte à une clé ; list : les clés révoquées",
        "en": "init: makes the authority and the broker’s files; issue: an enrolled probe’s certificate; "
        "revoke: shuts the door on a key; list: the revoked keys",
    },
    "cli.ca_key": {
        "fr": "issue, revoke : la clé de trimestre, en 64 chiffres hexadécimaux",
        "en": "issue, revoke: the quarter key, in 64 hex digits",
    },
    "cli.ca_host": {
        "fr": "init : le nom ou l’adresse du courtier, comme les sondes le voient",
        "en": "init: the broker’s name or address, as probes see it",
    },
    "cli.ca_port": {"fr": "init : son port (8883)", "en": "init: its port (8883)"},
    "cli.ca_bind": {
        "fr": "init : l’adresse où le courtier écoute (toutes)",
        "en": "init: the address on which the broker listens (all)",
    },
    "cli.ca_made": {
        "fr": "autorité prête dans {folder}. Lancez : mosquitto -c {conf} ; puis, dans le fichier de l’opérateur :\n"
        '[mqtt]\nhost = "{host}"\nport = {port}',
        "en": "authority ready in {folder}. Start: mosquitto -c {conf}; then, in the operator’s file:\n"
        '[mqtt]\nhost = "{host}"\nport = {port}',
    },
    "cli.ca_issued": {"fr": "{certificate_pem}", "en": "{certificate_pem}"},
    "cli.ca_revoked": {
        "fr": "clé {key} révoquée ({new})",
        "en": "key {key} revoked ({new})",
    },
    "mqtt.home_shut_out": {
        "fr": "  certificats MQTT révoqués avec le foyer : {keys}",
        "en": "  MQTT certificates revoked with the home: {keys}",
    },
    "mqtt.home_let_in": {
        "fr": "  certificats MQTT rendus au foyer : {keys}",
        "en": "  MQTT certificates given back to the home: {keys}",
    },
    "mqtt.broker_told": {
        "fr": "  le courtier de cette machine a relu ses fichiers",
        "en": "  the broker on this machine has read its files again",
    },
    "mqtt.broker_not_told": {
        "fr": "  aucun courtier à prévenir d’ici : faites-lui relire ses fichiers, par systemctl reload isonomia-broker, "
        "docker compose kill --signal HUP mosquitto ou kill -HUP PID",
        "en": "  no broker that can be told from here: have it read its files again, by systemctl reload isonomia-broker, "
        "docker compose kill --signal HUP mosquitto or kill -HUP PID",
    },
    "cli.ca_list": {"fr": "clés révoquées : {keys}", "en": "revoked keys: {keys}"},
    "mqtt.no_authority": {
        "fr": "{path} : pas d’autorité de certification ; créez-la : isonomia-collector ca init --host NOM",
        "en": "{path}: no certificate authority; make it: isonomia-collector ca init --host NAME",
    },
    "mqtt.damaged": {
        "fr": "{path} : autorité de certification illisible ({detail}) ; remettez la sauvegarde",
        "en": "{path}: certificate authority unreadable ({detail}); restore the backup",
    },
    "mqtt.revoked": {"fr": "la clé {detail} est révoquée", "en": "the key {detail} is revoked"},
    "mqtt.not_enrolled": {
        "fr": "la clé {detail} n’est pas inscrite",
        "en": "the key {detail} is not enrolled",
    },
    "mqtt.bad_key": {
        "fr": "« {detail} » n’est pas une clé : 64 chiffres hexadécimaux",
        "en": "“{detail}” is no key: 64 hex digits",
    },
    "mqtt.extra": {
        "fr": "le fichier de l’opérateur demande la porte MQTT ; installez l’option : pip install 'isonomia[mqtt]'",
        "en": "the operator’s file asks for the MQTT door; install the extra: pip install 'isonomia[mqtt]'",
    },
}

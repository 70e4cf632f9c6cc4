"""What is wrong in the operator's file, French and English."""

from typing import Final, Literal

SETTINGS: Final[dict[str, dict[Literal["fr", "en"], str]]] = {
    "settings.unreadable": {
        "fr": "{path} : lecture impossible ({detail}) ; donnez à --operator le fichier TOML de l’opérateur",
        "en": "{path}: cannot be read ({detail}); give --operator the operator’s TOML file",
    },
    "settings.not_toml": {
        "fr": "{path} : ce n’est pas du TOML ({detail})",
        "en": "{path}: not TOML ({detail})",
    },
    "settings.missing": {
        "fr": "{path} : {where} : il manque « {detail} »",
        "en": "{path}: {where}: “{detail}” is missing",
    },
    "settings.unknown": {
        "fr": "{path} : {where} : « {detail} » est inconnu ; corrigez ou retirez ce champ",
        "en": "{path}: {where}: “{detail}” is unknown; correct or remove this field",
    },
    "settings.wrong": {
        "fr": "{path} : {where} : {detail}",
        "en": "{path}: {where}: {detail}",
    },
    "settings.bad_hex": {
        "fr": "{path} : {where} : il faut {detail} chiffres hexadécimaux",
        "en": "{path}: {where}: {detail} hexadecimal digits are needed",
    },
    "settings.bad_address": {
        "fr": "{path} : {where} : « {detail} » n’est pas une adresse IP écrite en chiffres",
        "en": "{path}: {where}: “{detail}” is not a literal IP address",
    },
    "settings.bad_network": {
        "fr": "{path} : {where} : « {detail} » n’est ni une adresse IP ni un réseau, comme 192.0.2.0/24",
        "en": "{path}: {where}: “{detail}” is neither an IP address nor a network such as 192.0.2.0/24",
    },
    "settings.one_address": {
        "fr": "{path} : {where} : un répondeur a au moins deux adresses différentes par famille d’adresses",
        "en": "{path}: {where}: a responder has at least two different addresses of an address family",
    },
    "settings.bad_name": {
        "fr": "{path} : {where} : « {detail} » n’est pas un nom de domaine",
        "en": "{path}: {where}: “{detail}” is not a domain name",
    },
    "settings.twice": {
        "fr": "{path} : {where} : « {detail} » y est deux fois",
        "en": "{path}: {where}: “{detail}” stands there twice",
    },
    "settings.control_is_service": {
        "fr": "{path} : {where} : « {detail} » est aussi le nom d’un service ; un témoin doit être neutre",
        "en": "{path}: {where}: “{detail}” is also a service’s name; a control must be neutral",
    },
    "settings.not_in_catalogue": {
        "fr": "{path} : {where} : le catalogue n’a pas de service « {detail} » ; cherchez-le avec isonomia-probe catalogue show,"
        " ou écrivez un bloc [[service]] entier",
        "en": "{path}: {where}: the catalogue has no service “{detail}”; look for it with isonomia-probe catalogue show,"
        " or write a whole [[service]] block",
    },
    "settings.bad_catalogue": {
        "fr": "{path} : {where} : ce catalogue a des fautes ({detail}) ; isonomia-probe catalogue check --folder les dit",
        "en": "{path}: {where}: this catalogue has faults ({detail}); isonomia-probe catalogue check --folder tells them",
    },
    "settings.bad_country": {
        "fr": "{path} : {where} : « {detail} » n’est pas un pays d’ISO 3166-1 ; écrivez son code à deux lettres",
        "en": "{path}: {where}: “{detail}” is no country of ISO 3166-1; write its two-letter code",
    },
    "settings.no_nettest": {
        "fr": "{path} : {where} : « {detail} » n’est pas une mesure ; il y a : {known}",
        "en": "{path}: {where}: “{detail}” is no nettest; there are: {known}",
    },
    "settings.not_measurable": {
        "fr": "{path} : {where} : aucune sonde ne mesure cela ({detail}) ; cette mesure connaît : {known}",
        "en": "{path}: {where}: no probe measures that ({detail}); this nettest knows: {known}",
    },
    "settings.none": {
        "fr": "{path} : il faut au moins un bloc [[{detail}]]",
        "en": "{path}: at least one [[{detail}]] block is needed",
    },
}

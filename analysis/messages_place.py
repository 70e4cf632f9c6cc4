"""Texts of where a difference is placed on the path, and why: one id, French and English, as in ``messages``."""

from typing import Final

from analysis.words import Language

PLACE: Final[dict[str, dict[Language, str]]] = {
    "say.place_access_network": {
        "fr": "Ce qui a été comparé situe l’écart dans le réseau d’accès de ces lignes : {reasons}.",
        "en": "What was compared places the difference in the access network of these lines: {reasons}.",
    },
    "say.place_transit_or_peering": {
        "fr": "Ce qui a été comparé situe l’écart entre le réseau d’accès de ces lignes et un seul des réseaux de nos répondeurs, frontières comprises : {reasons}.",
        "en": "What was compared places the difference between the access network of these lines and only one of our responders’ networks, borders included: {reasons}.",
    },
    "say.place_content_side": {
        "fr": "Ce qui a été comparé situe l’écart du côté d’un seul des réseaux de nos répondeurs, pour plus d’un fournisseur d’accès : {reasons}.",
        "en": "What was compared places the difference on the side of only one of our responders’ networks, for more than one access provider: {reasons}.",
    },
    "say.place_home": {
        "fr": "Ce qui a été comparé situe l’écart dans les foyers eux-mêmes : {reasons}.",
        "en": "What was compared places the difference within the homes themselves: {reasons}.",
    },
    "say.place_unknown": {
        "fr": "Rien ne permet encore de dire où, sur le chemin, l’écart se produit : {reasons}.",
        "en": "Where on the path the difference arises cannot be told yet: {reasons}.",
    },
    "say.place_open": {
        "fr": "Ce qui n’est pas écarté : {reasons}.",
        "en": "What is not ruled out: {reasons}.",
    },
    "say.place_known": {
        "fr": "Ce qui a été vu : {reasons}.",
        "en": "What was seen: {reasons}.",
    },
    "why.two_responder_networks": {
        "fr": "il apparaît vers des répondeurs de plusieurs réseaux",
        "en": "it appears towards responders on several networks",
    },
    "why.one_responder_network": {
        "fr": "il n’a été éprouvé que vers un seul réseau de répondeurs",
        "en": "it was tried towards one responder network only",
    },
    "why.no_responder_network": {
        "fr": "aucun réseau de répondeurs déposé ne le montre à lui seul",
        "en": "no registered responder network shows it by itself",
    },
    "why.absent_towards_another": {
        "fr": "il est absent vers un autre réseau de répondeurs",
        "en": "it is absent towards another responder network",
    },
    "why.absent_on_other_providers": {
        "fr": "il est absent sur les lignes d’autres fournisseurs, vers les mêmes répondeurs",
        "en": "it is absent on other providers’ lines, towards the same responders",
    },
    "why.there_on_other_providers": {
        "fr": "il apparaît aussi sur les lignes d’autres fournisseurs, vers les mêmes répondeurs",
        "en": "it appears on other providers’ lines too, towards the same responders",
    },
    "why.no_other_provider": {
        "fr": "aucun autre fournisseur, disposant de ses propres réseaux, n’a été assez mesuré vers les mêmes répondeurs dans des foyers vérifiés",
        "en": "no other provider, on networks of its own, was measured enough towards the same responders in vetted homes",
    },
    "why.few_vetted_elsewhere": {
        "fr": "les lignes d’autres fournisseurs ont été mesurées, mais dans moins de cinq foyers vérifiés, les seuls dont la parole compte ici : il faut en inviter chez le voisin",
        "en": "other providers’ lines were measured, but in fewer than five vetted homes, whose word alone counts here: some must be invited on the neighbour’s lines",
    },
    "why.many_homes": {
        "fr": "trop de foyers sont touchés pour que ce soit le matériel de quelques-uns",
        "en": "too many homes are affected for it to be the kit of a few",
    },
    "why.few_homes": {
        "fr": "trop peu de foyers sont touchés pour écarter leur propre matériel",
        "en": "too few homes are affected to rule out their own kit",
    },
    "why.router_models_unknown": {
        "fr": "les modèles de routeur ne sont pas connus, et un modèle commun à tous n’est pas écarté",
        "en": "router models are not known, and one common to all is not ruled out",
    },
}

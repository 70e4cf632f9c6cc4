"""Every text of the analysis that a person sees: one id, French and English."""

import os
from collections.abc import Mapping
from typing import Final

from analysis.direct.messages import DIRECT
from analysis.messages_bundle import BUNDLE
from analysis.messages_commands import COMMANDS, POWER
from analysis.messages_finding import FINDING
from analysis.messages_judgement import JUDGEMENT
from analysis.messages_parity import PARITY
from analysis.messages_place import PLACE
from analysis.messages_scale import SCALE
from analysis.messages_table import OUTCOMES, TABLE
from analysis.open_bundle.messages import OPEN_BUNDLE
from analysis.public.messages import PUBLIC
from analysis.publish.messages import PUBLISH
from analysis.trace.messages import TRACE
from analysis.words import Language

_TROUBLE: Final[dict[str, dict[Language, str]]] = {
    "extra.missing": {
        "fr": "il manque le paquet « {name} » ; installez : pip install 'isonomia[analysis]'",
        "en": "the package “{name}” is missing; install: pip install 'isonomia[analysis]'",
    },
    "machine.failed": {
        "fr": "la machine n’a pas pu aller au bout ({detail}) ; rien n’en découle pour aucun constat",
        "en": "this machine could not go on to the end ({detail}); nothing follows from that for any finding",
    },
    "store.missing": {
        "fr": "{path} : pas de dossier de collecteur (il n’y a ni « hot » ni « plans ») ; donnez à --store le dossier --data du collecteur",
        "en": "{path}: no collector’s folder (it has neither “hot” nor “plans”); give --store the collector’s --data folder",
    },
    "store.no_plan": {
        "fr": "{path} : aucun plan ; lancez une fois isonomia-collector serve avec le fichier de l’opérateur",
        "en": "{path}: no plan; run isonomia-collector serve once with the operator’s file",
    },
    "store.corrupt_row": {
        "fr": "{path}, mesure {row} : {detail} ; remettez la sauvegarde de ce fichier, ou jugez sans cette ligne par --keep-going (elle sera comptée et nommée)",
        "en": "{path}, measurement {row}: {detail}; restore this file from its backup, or judge without the row by --keep-going (it will be counted and named)",
    },
    "store.unproved_row": {
        "fr": "{where} : le répondeur s’en est porté garant sans l’avoir signé, et une cellule en parle ; jugez avec --signatures each (la ligne sera comptée et nommée), et retirez ce répondeur du plan",
        "en": "{where}: the responder vouched for it and never signed it, and a cell speaks by it; judge with --signatures each (the row will be counted and named), and take that responder out of the plan",
    },
    "registration.no_cells": {
        "fr": "aucune cellule à déposer : le plan n’a aucun service",
        "en": "no cell to register: the plan has no service",
    },
    "registration.bad_asn": {
        "fr": '--asn {detail} : écrivez par exemple --asn "Ma Marque=AS64500"',
        "en": '--asn {detail}: write for example --asn "My Brand=AS64500"',
    },
    "registration.asn_of_no_brand": {
        "fr": '--asn {brand}=… : cette marque n’est pas déposée ; ajoutez --brand "{brand}" ou corrigez le nom',
        "en": '--asn {brand}=…: this brand is not registered; add --brand "{brand}" or correct the name',
    },
    "registration.bad_gate": {
        "fr": "--gate {detail} : écrivez RÔLE=SERVICE, avec un rôle parmi {roles}",
        "en": "--gate {detail}: write ROLE=SERVICE, with a role out of {roles}",
    },
    "registration.gate_of_no_service": {
        "fr": "--gate …={service} : le plan n’a pas ce service ; ajoutez-le au plan ou corrigez le nom",
        "en": "--gate …={service}: the plan has no such service; add it to the plan or correct the name",
    },
    "registration.bad_responder": {
        "fr": "--responder {detail} : écrivez ID=EXPLOITANT@RÉSEAU, avec ! à la fin si ses adresses ne sont pas publiées",
        "en": "--responder {detail}: write ID=OPERATOR@NETWORK, with ! at the end if its addresses are not published",
    },
    "registration.bad_responder_key": {
        "fr": "--responder-key {detail} : écrivez ID=CLÉ, la clé en 64 chiffres hexadécimaux telle que l’affiche isonomia-probe respond --describe",
        "en": "--responder-key {detail}: write ID=KEY, the key in 64 hex digits as isonomia-probe respond --describe prints it",
    },
    "registration.no_responder_keys": {
        "fr": "{path} : le dernier plan ne nomme aucun répondeur, et sans clé de répondeur rien ne peut être jugé ; ajoutez un bloc [[responder]] au fichier de l’opérateur et relancez isonomia-collector serve, ou donnez --responder-key ID=CLÉ",
        "en": "{path}: the newest plan names no responder, and without a responder’s key nothing can be judged; add a [[responder]] block to the operator’s file and run isonomia-collector serve again, or give --responder-key ID=KEY",
    },
    "registration.responder_without_key": {
        "fr": "--responder {responder}=… : le dernier plan de {path} ne nomme pas ce répondeur, sa clé n’est donc pas connue ; corrigez le nom, ou donnez --responder-key {responder}=CLÉ",
        "en": "--responder {responder}=…: the newest plan in {path} does not name this responder, so its key is not known; correct the name, or give --responder-key {responder}=KEY",
    },
    "registration.bad_channel": {
        "fr": "--invitation : écrivez CANAL=INVITATION",
        "en": "--invitation: write CHANNEL=INVITATION",
    },
    "registration.too_many_cells": {
        "fr": "{count} cellules, au plus {most} : déposez moins de marques, de technologies ou de services",
        "en": "{count} cells, at most {most}: register fewer brands, technologies or services",
    },
    "registration.exists": {
        "fr": "{path} existe déjà : un dépôt ne s’écrase pas ; choisissez un autre nom",
        "en": "{path} exists: a registration is never overwritten; choose another name",
    },
    "registration.cannot_write": {
        "fr": "{path} : écriture impossible ({detail})",
        "en": "{path}: cannot be written ({detail})",
    },
    "registration.missing": {
        "fr": "{path} : lecture impossible ({detail}) ; faites d’abord : isonomia-analysis register --store … --out FICHIER",
        "en": "{path}: cannot be read ({detail}); first run: isonomia-analysis register --store … --out FILE",
    },
    "registration.changed": {
        "fr": "{path} a changé depuis son dépôt : SHA-256 déposé {registered}, trouvé {found} ; remettez le fichier déposé, rien n’est jugé",
        "en": "{path} has changed since it was registered: SHA-256 registered {registered}, found {found}; restore the registered file, nothing is judged",
    },
    "registration.unreadable": {
        "fr": "{path} : ce n’est pas un dépôt lisible ({detail})",
        "en": "{path}: not a readable registration ({detail})",
    },
    "registration.other_rules": {
        "fr": "{path} a été déposé avec d’autres règles d’exclusion (version {version}) que celles d’ici ({here}) ; jugez avec la version du dépôt, ou déposez à nouveau pour un trimestre à venir",
        "en": "{path} was registered with other exclusion rules (version {version}) than those here ({here}); judge with the version that registered, or register anew for a quarter to come",
    },
    "registration.bad_quarter": {
        "fr": "--quarter {detail} : écrivez par exemple 2026Q4",
        "en": "--quarter {detail}: write for example 2026Q4",
    },
    "registration.bad_date": {
        "fr": "--report-date {detail} : écrivez une date AAAA-MM-JJ",
        "en": "--report-date {detail}: write a date YYYY-MM-DD",
    },
    "out.cannot_write": {
        "fr": "{path} : écriture impossible ({detail})",
        "en": "{path}: cannot be written ({detail})",
    },
}

MESSAGES: Final[Mapping[str, Mapping[Language, str]]] = {
    **_TROUBLE,
    **COMMANDS,
    **TABLE,
    **OUTCOMES,
    **FINDING,
    **POWER,
    **TRACE,
    **PUBLISH,
    **DIRECT,
    **JUDGEMENT,
    **PUBLIC,
    **PLACE,
    **SCALE,
    **BUNDLE,
    **OPEN_BUNDLE,
    **PARITY,
}


def say(message_id: str, language: Language, **values: object) -> str:
    """The text of ``message_id`` in ``language`` with its ``values``; raises ``KeyError`` for an unknown id."""
    return MESSAGES[message_id][language].format(**values)


def language_of(environment: Mapping[str, str] = os.environ) -> Language:
    """French where the environment speaks French (ISONOMIA_LANG, LC_ALL, LC_MESSAGES, LANG), English else."""
    for name in ("ISONOMIA_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name)
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


class Trouble(Exception):
    """A mistake or a fault that a person must see: an id of ``MESSAGES`` and its values.

    ``exit_code`` 2: what was asked for is wrong; 3: it cannot be done here (a damaged store, a missing package).
    """

    def __init__(self, message_id: str, *, exit_code: int = 2, **values: object) -> None:
        super().__init__(say(message_id, "en", **values))
        self.message_id = message_id
        self.exit_code = exit_code
        self.values = values

    def text(self, language: Language) -> str:
        """What went wrong, where, and what to do."""
        return say(self.message_id, language, **self.values)

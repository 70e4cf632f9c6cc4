"""What the maker of golden files says to a person, one id each, in French and English."""

from analysis.messages import language_of

MESSAGES: dict[str, dict[str, str]] = {
    "help": {
        "fr": "Mesure les scénarios de référence dans le laboratoire et écrit ce que l’analyse en tire.",
        "en": "Measure the golden scenarios in the lab and write what the analysis makes of them.",
    },
    "scenario_help": {"fr": "seulement ceux-ci", "en": "only these"},
    "expected_help": {
        "fr": "ne mesure rien : relit les mesures et récrit observations et constats",
        "en": "measure nothing: read the measurements and write observations and findings anew",
    },
    "unknown": {
        "fr": "{word} n’est pas un scénario ; il y a {known}",
        "en": "{word} is no scenario; there are {known}",
    },
    "measuring": {"fr": "{scenario} : mesure…", "en": "{scenario}: measuring…"},
    "written": {
        "fr": "{scenario} : {pairs} paires, {verdict}, E = {e_value:.3g}, {kilobytes} ko",
        "en": "{scenario}: {pairs} pairs, {verdict}, E = {e_value:.3g}, {kilobytes} kB",
    },
    "undetermined": {"fr": "indéterminé", "en": "undetermined"},
    "different": {"fr": "différent", "en": "different"},
    "equivalent": {"fr": "équivalent", "en": "equivalent"},
    "invalid": {"fr": "invalide", "en": "invalid"},
}


def text(message_id: str, **values: object) -> str:
    """A message in the language of the environment."""
    return MESSAGES[message_id][language_of()].format(**values)

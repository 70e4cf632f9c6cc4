"""The codes that a line declared at ``join``, in words, as the pages say them: a test holds the two lists together. Pure."""

from collections.abc import Mapping
from typing import Final

from analysis.finding import Finding
from analysis.public.form import ShownFinding
from analysis.words import Language

TECHNOLOGY: Final[Mapping[str, Mapping[Language, str]]] = {
    "fibre": {"fr": "fibre", "en": "fibre"},
    "cable": {"fr": "câble", "en": "cable"},
    "dsl": {"fr": "DSL", "en": "DSL"},
    "mobile": {"fr": "mobile", "en": "mobile"},
    "fixed_wireless": {"fr": "sans fil fixe", "en": "fixed wireless"},
    "satellite": {"fr": "satellite", "en": "satellite"},
    "other": {"fr": "autre", "en": "other"},
    "unknown": {"fr": "technologie non précisée", "en": "technology not stated"},
}
PLAN_CLASS: Final[Mapping[str, Mapping[Language, str]]] = {
    "ordinary": {"fr": "offre ordinaire", "en": "ordinary plan"},
    "managed": {"fr": "débit géré en option", "en": "managed by option"},
    "managed_by_option": {"fr": "débit géré en option", "en": "managed by option"},
    "unknown": {"fr": "offre non précisée", "en": "plan not stated"},
}
DIRECTION: Final[Mapping[str, Mapping[Language, str]]] = {
    "down": {"fr": "vers le foyer", "en": "towards the home"},
    "up": {"fr": "depuis le foyer", "en": "from the home"},
}


def in_words(sentence: str, finding: Finding | ShownFinding, language: Language) -> str:
    """A sentence of a finding with its cell in words: the analysis names it by the codes of its registration."""
    codes = (finding.technology, finding.plan_class, finding.direction)
    words = [
        texts[code][language] if code in texts else code
        for texts, code in zip((TECHNOLOGY, PLAN_CLASS, DIRECTION), codes, strict=True)
    ]
    return sentence.replace(" / ".join((finding.brand, *codes)), ", ".join((finding.brand, *words)))

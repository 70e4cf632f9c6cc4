"""Every text that a person sees stands in French and in English, with the same places to fill."""

import importlib
from collections.abc import Mapping
from string import Formatter
from typing import Any

import pytest

from tools.tree import PACKAGES, ROOT

MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("messages.py"))
    if "\nMESSAGES" in path.read_text(encoding="utf-8")  # the others are parts of their package's
]


def places(text: str) -> list[str]:
    """The names of the places that ``text`` leaves to fill, sorted: ``{home!r:>4}`` is ``home``."""
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def faults(messages: Mapping[str, Mapping[Any, str]]) -> list[str]:
    """A line for each id that lacks a language, is empty in one, or leaves different places to fill."""
    lines = []
    for identifier, texts in messages.items():
        if {"fr", "en"} != set(texts):
            lines.append(f"{identifier}: has {sorted(texts)}")
        elif not all(text.strip() for text in texts.values()):
            lines.append(f"{identifier}: empty")
        elif places(texts["fr"]) != places(texts["en"]):
            lines.append(f"{identifier}: fr leaves {places(texts['fr'])}, en {places(texts['en'])}")
    return lines


@pytest.mark.parametrize("module", MODULES)
def test_every_id_has_french_and_english(module):
    """Each ``messages`` module, a sub-package's too, gives every id both languages, not empty, with the same places."""
    messages = importlib.import_module(module).MESSAGES
    assert messages
    assert [] == faults(messages)


def test_a_fault_is_found():
    """A missing language, an empty text and a differing place are each reported."""
    messages = {
        "good": {"fr": "{n} foyers", "en": "{n} homes"},
        "one": {"en": "homes"},
        "empty": {"fr": " ", "en": "homes"},
        "places": {"fr": "{n} foyers", "en": "{count} homes"},
    }
    assert ["one", "empty", "places"] == [line.split(":")[0] for line in faults(messages)]

"""Golden chain: committed measurements give the committed observations and findings."""

import json
from typing import Any

import pytest

from tests.analysis.golden import EXPECTED, made


def differences(expected: Any, found: Any, where: str = "") -> list[str]:
    """Where two JSON values differ: numbers by more than 2e-6 of their size, all else at all."""
    if isinstance(expected, dict) and isinstance(found, dict):
        names = (
            [f"{where}: names {sorted(set(expected) ^ set(found))}"] if set(expected) != set(found) else []
        )
        common = [name for name in expected if name in found]
        return names + [line for n in common for line in differences(expected[n], found[n], f"{where}.{n}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [line for n, (one, other) in pairs for line in differences(one, other, f"{where}[{n}]")]
    if isinstance(expected, float) and isinstance(found, float):
        return (
            []
            if found == pytest.approx(expected, rel=2e-6, abs=2e-6)
            else [f"{where}: {expected} != {found}"]
        )
    return [] if expected == found else [f"{where}: {expected!r} != {found!r}"]


def test_old_measurements_say_what_they_said():
    """Outcome, grade and ids are equal, numbers within 2e-6 (architecture.md, "The analysis")."""
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    assert [] == differences(expected, json.loads(json.dumps(made())))


def test_a_difference_is_found():
    """The comparison itself sees a changed number, word, name and length."""
    assert 4 == len(
        differences({"a": 1.0, "b": ["x"], "c": 1, "d": "x"}, {"a": 1.1, "b": [], "d": "y", "e": 1})
    )

"""The examples in the rules' docstrings are run."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["samples", "statistics", "decide", "verdict"])
def test_examples(name):
    """Each module with examples has some, and they come out as printed."""
    result = doctest.testmod(importlib.import_module(f"tests.rivals.{name}"))
    assert (0, True) == (result.failed, result.attempted > 0)

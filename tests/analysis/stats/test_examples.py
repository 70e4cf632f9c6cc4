"""The examples in the docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import analysis.stats


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(analysis.stats.__path__)])
def test_examples_hold(name):
    """Every statistic's docstring runs and prints what it says."""
    outcome = doctest.testmod(importlib.import_module(f"analysis.stats.{name}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0

"""The vectorised rule says of each pair what the rule itself says."""

import numpy as np
import pytest

from tests.rivals.decide import verdict_of_samples
from tests.rivals.rules import CLIENT, IOS
from tests.rivals.vectorised import slowed_or_favoured

SIGN = {"slowed": -1, "favoured": 1, "none": 0, "inconclusive": 0}


def test_pair_by_pair_the_same():
    """Three hundred pairs, slower, faster and alike, steady and ragged: the verdicts of the scalar rule."""
    rng = np.random.default_rng(1)
    level = rng.lognormal(2.5, 0.8, (300, 1))
    factor = rng.choice([1.0, 0.75, 0.6, 0.4, 1.6, 2.5], (300, 1))
    spread = rng.choice([0.02, 0.3, 1.0], (300, 1))
    original = level * factor * np.exp(spread * rng.normal(size=(300, 100)))
    control = level * np.exp(spread * rng.normal(size=(300, 100)))
    each = [
        SIGN[verdict_of_samples(CLIENT, one, other, rng)]
        for one, other in zip(original, control, strict=True)
    ]
    assert each == slowed_or_favoured(original, control).tolist()
    assert {-1, 0, 1} == set(each)


def test_what_it_cannot_do_is_refused():
    """Rules with half-samples, and samples of zero, are for the scalar rule."""
    ones = np.ones((1, 100))
    with pytest.raises(ValueError, match="ios"):
        slowed_or_favoured(ones, ones, IOS)
    with pytest.raises(ValueError, match="zero"):
        slowed_or_favoured(ones * 0, ones)

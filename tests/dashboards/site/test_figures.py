"""What a picture shows, read from its SVG."""

import re

import pytest

from dashboards.site.figures import by_day
from dashboards.site.words import Language, Words

MIDNIGHT_S = 1_795_392_000.0
DAY_S = 86_400.0
LABEL = re.compile(r"text-anchor: (\w+);[^>]*x=\"([\d.]+)\"[^>]*>([^<]+)<")
HALF_A_LABEL = 25.0
"""Half of "24 nov." at the size of the axes' words, in the units of the view box."""


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("days", [1, 2, 3, 7, 40])
def test_no_label_is_cut_at_the_edge(language: Language, days: int) -> None:
    """The last moment of an axis stands at its end: its label ends there, too."""
    svg = by_day([(MIDNIGHT_S + DAY_S * n, 12 + n) for n in range(days)], Words(language)).decode()
    box = re.search(r'viewBox="0 0 ([\d.]+) ', svg)
    assert box is not None
    labels = LABEL.findall(svg)
    assert len(labels) > 5
    for anchor, x, words in labels:
        assert float(x) + (HALF_A_LABEL if anchor == "middle" else 0) <= float(box[1]), words

"""Discarded pairs by rule, for pages and CSV: under the first rule that struck, and beside it under each other that would have."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from analysis.public.form import Export
from dashboards.site.model import verdict


class Struck(NamedTuple):
    """What a rule did, in pairs; ``None`` is not told: none at all, or too few lines."""

    rule: str
    first: int | None
    also: int | None


def struck(first: Mapping[str, int], also: Mapping[str, int], *, exact: bool) -> list[Struck]:
    """Every rule that either names, in the order of ``first``; ``exact``: what is not there is none.

    >>> struck({"late": 3}, {"busy": 2}, exact=True)
    [Struck(rule='late', first=3, also=0), Struck(rule='busy', first=0, also=2)]
    """
    otherwise = 0 if exact else None
    rules = [*first, *(rule for rule in also if rule not in first)]
    return [Struck(rule, first.get(rule, otherwise), also.get(rule, otherwise)) for rule in rules]


def by_rule(export: Export) -> Iterator[tuple[str, str, int | None, int | None]]:
    """Rows of the CSV: the finding (empty: the whole), the rule, and both counts; of a withdrawn finding none."""
    for one in struck(export.discarded, export.also_struck, exact=False):
        yield ("", *one)
    for finding in export.findings:
        if verdict(finding) != "withdrawn":
            for one in struck(finding.discards, finding.also_struck, exact=True):
                yield (finding.finding_id, *one)

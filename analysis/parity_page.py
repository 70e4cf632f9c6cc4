"""The parity index as a person reads it, and as JSON: for the inside surface alone."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from analysis.clusters import clusters
from analysis.messages import say
from analysis.parity import EVERYWHERE, Parity, parities
from analysis.people import read_people
from analysis.reading import read_source
from analysis.registration import load
from analysis.scope import Scope
from analysis.source import store_source
from analysis.words import Language, decimal, percent
from collector.quarters import unix_us
from probe.catalogue.read import shipped


def parity_of(store: Path, registration: Path, now: datetime) -> list[Parity]:
    """The index of what a registration covers, as of ``now``, with the shipped catalogue's groups."""
    registered, _, parameters = load(registration)
    source = store_source(store)
    seen = read_source(source, parameters, until_us=unix_us(now))
    scope = Scope(registered)
    gates = set(registered.gate_cells)
    scope.cells = scope.cells - gates
    judged = [one for one in seen.observations if scope.why_not(one) is None]
    return parities(judged, shipped().services, clusters(seen.observations, read_people(source)))


def lines(found: Sequence[Parity], language: Language) -> Iterator[str]:
    """A headline, a line a group, and what it does not say."""
    yield say("parity.inside", language)
    for one in found:
        facts = {
            "dimension": say(f"parity.{one.dimension}", language),
            "group": one.group,
            "where": say("parity.everywhere", language) if one.brand == EVERYWHERE else one.brand,
            "lines": one.lines,
            "services": one.services,
            "platforms": one.platforms,
            "pairs": one.pairs,
        }
        if one.ratio is None or one.low is None or one.high is None:
            yield say("parity.withheld", language, **facts)
            continue
        yield say(
            "parity.line",
            language,
            ratio=decimal(one.ratio, language),
            low=decimal(one.low, language),
            high=decimal(one.high, language),
            failures=percent(one.failures or 0.0, language),
            **facts,
        )
    yield say("parity.limits", language)

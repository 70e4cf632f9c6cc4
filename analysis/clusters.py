"""Clusters: which probes are one access line (integrity.md 5). Pure.

The same key or the same line tag is the same line; what touches is joined (union-find). All pairs of a store take part,
whatever their service and whether or not they count: a line is a line. Joining too much only weakens an accusation.
"""

from collections.abc import Iterable

from analysis.observe.observation import Observation


def clusters(observations: Iterable[Observation]) -> dict[str, str]:
    """The cluster of each home (probe key, hex): the smallest key among those it is joined with."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        """Ends: a parent is always smaller than its child."""
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    homes = set()
    for observation in observations:
        homes.add(observation.home)
        root(observation.home)
        for tag in observation.line_tags:
            # "~" sorts behind every hex digit, so that a key, never a tag, ends up as the name of a cluster.
            one, other = sorted((root(observation.home), root(f"~{tag}")))
            parent[other] = one
    return {home: root(home) for home in sorted(homes)}

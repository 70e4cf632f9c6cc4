"""What pages say of an export, before any language: findings in their places, matrix, parity, lists. No I/O."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, TypeVar

from analysis.public.form import CellFacts, Export, NetworkFacts, ServiceFacts, ShownFinding
from dashboards.site.slugs import slug
from probe.catalogue.entries import SECTORS

Mark = Literal["blocked", "slowed", "favoured", "equal", "open", "measured", "few"]
MARKS: Final[Mapping[Mark, str]] = {
    "blocked": "■",
    "slowed": "▼",
    "favoured": "▲",
    "equal": "=",
    "open": "◇",
    "measured": "○",
    "few": "·",
}
"""A symbol, and a colour in the style sheet: either tells the other."""
TOLD: Final[Mapping[str, Mark]] = {"blocked": "blocked", "favoured": "favoured"}
"""Marks of verdicts, so that a cell says what its finding's badge says; of every other difference: slowed."""
MOST_SERVICE_COLUMNS: Final = 12
"""Up to so many services the matrix has a column for each, above one for each sector."""
MOST: Final[Mapping[str, int]] = {
    "networks": 60,
    "front": 20,
    "findings": 100,
    "certificates": 150,
    "withdrawn": 150,
    "disruptions": 200,
    "days": 150,
}
"""How much of each list its page has; below a list that is cut stands how much more there is, and where."""
OPEN: Final = frozenset({"published", "corrected"})
WITHDRAWN: Final = "withdrawn"
BLOCKED_ABOVE: Final = 0.9
"""As in ``analysis.sentences``: how much larger the share of failed originals is where a service did not get through."""
OTHER_SECTOR: Final = "other"
T = TypeVar("T")
RATE_METRICS: Final = ("thr", "tail")


@dataclass(frozen=True)
class Parity:
    """The original's rate as a share of the control's, with its interval; 1 is equal treatment."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Column:
    """A column of the matrix: a sector, or a service."""

    key: str
    title: str | None


def verdict(finding: ShownFinding) -> str:
    """The last part of the verdict's message id."""
    if finding.state == WITHDRAWN:
        return WITHDRAWN
    if (
        blocked(finding)
        and failed_share(finding, "original") - failed_share(finding, "control") > BLOCKED_ABOVE
    ):
        return "blocked"
    return finding.direction_of_effect or finding.outcome


def is_certificate(finding: ShownFinding) -> bool:
    """Whether equality was certified."""
    return finding.outcome == "equivalent" and bool(finding.certificate and finding.certificate.get("issued"))


def is_open(finding: ShownFinding) -> bool:
    """Whether it stands in public: published or certified, and not withdrawn."""
    return finding.state in OPEN or (is_certificate(finding) and finding.state != WITHDRAWN)


def blocked(finding: ShownFinding) -> bool:
    """Whether failures, not rates, tell this finding."""
    return finding.metric == "fail" or str(finding.mechanism or "").startswith("blocking")


def relative(over: Mapping[str, float | None] | None, part: str) -> float | None:
    """A part of an effect in ln units as a relative change."""
    value = None if over is None else over.get(part)
    return None if value is None else math.expm1(value)


def parity(finding: ShownFinding) -> Parity | None:
    """The rate of the original against the control, ``None`` where rates do not tell."""
    if blocked(finding) or finding.state == WITHDRAWN:
        return None
    metrics = (finding.metric, "tail", "thr") if finding.metric in RATE_METRICS else ("tail", "thr")
    over = next((finding.effects[name] for name in metrics if name in finding.effects), None)
    value = relative(over, "value")
    if value is None:
        return None
    low, high = relative(over, "low"), relative(over, "high")
    return Parity(1 + value, None if low is None else 1 + low, None if high is None else 1 + high)


def failed_share(finding: ShownFinding, role: str) -> float:
    """The share of that role's transfers that failed."""
    return sum(finding.failures.get(role, {}).values()) / max(1, finding.pairs)


class Model:
    """An export in its places."""

    def __init__(self, export: Export) -> None:
        self.export = export
        self.inside = export.surface == "inside"
        self.findings: Mapping[str, ShownFinding] = {one.finding_id: one for one in export.findings}
        self.service: Mapping[str, ServiceFacts] = {one.id: one for one in export.services}

    @cached_property
    def standing(self) -> list[ShownFinding]:
        """Published differences; inside, every finding but certificates and those withdrawn."""
        return sorted(
            (
                one
                for one in self.export.findings
                if one.state != WITHDRAWN and not is_certificate(one) and (self.inside or is_open(one))
            ),
            key=lambda one: (one.outcome != "different", -one.grade, one.title, one.brand),
        )

    @cached_property
    def certificates(self) -> list[ShownFinding]:
        """Certificates that stand."""
        return sorted(
            (one for one in self.export.findings if is_certificate(one) and is_open(one)),
            key=lambda one: (one.title, one.brand),
        )

    @cached_property
    def withdrawn(self) -> list[ShownFinding]:
        """Findings that no longer stand."""
        return [one for one in self.export.findings if one.state == WITHDRAWN]

    @cached_property
    def cells_of_service(self) -> Mapping[str, Sequence[CellFacts]]:
        """Cells by service."""
        return _grouped(self.export.cells, "service")

    @cached_property
    def cells_of_network(self) -> Mapping[str, Sequence[CellFacts]]:
        """Cells by brand."""
        return _grouped(self.export.cells, "brand")

    @cached_property
    def findings_of_service(self) -> Mapping[str, Sequence[ShownFinding]]:
        """Findings that are shown, by service."""
        return _grouped(self._every, "service")

    @cached_property
    def findings_of_network(self) -> Mapping[str, Sequence[ShownFinding]]:
        """Findings that are shown, by brand."""
        return _grouped(self._every, "brand")

    @cached_property
    def _every(self) -> list[ShownFinding]:
        return [*self.standing, *self.certificates, *self.withdrawn]

    def mark(self, cell: CellFacts) -> Mark:
        """The symbol of a cell."""
        finding = self.findings.get(cell.finding_id or "")
        if finding is not None and finding.state != WITHDRAWN:
            if is_certificate(finding):
                return "equal"
            if is_open(finding):
                return TOLD.get(verdict(finding), "slowed")
            if self.inside and finding.outcome == "different":
                return "open"
        return "few" if cell.counted.lines is None else "measured"

    def marks(self, cells: Iterable[CellFacts]) -> list[tuple[Mark, int]]:
        """How many cells have each symbol, the weightiest first."""
        counted = Counter(self.mark(cell) for cell in cells)
        return [(mark, counted[mark]) for mark in MARKS if counted[mark]]

    @cached_property
    def columns(self) -> list[Column]:
        """The matrix's columns: services if they are few, else sectors."""
        if len(self.export.services) <= MOST_SERVICE_COLUMNS:
            return [Column(service.id, service.title) for service in self.export.services]
        present = {self.sector(service.id) for service in self.export.services}
        return [Column(key, None) for key in (*SECTORS, OTHER_SECTOR) if key in present]

    @cached_property
    def matrix(self) -> list[tuple[NetworkFacts, list[list[tuple[Mark, int]]]]]:
        """A row a network, in each column the marks of its cells there; bounded."""
        by_service = len(self.export.services) <= MOST_SERVICE_COLUMNS
        rows = []
        for network in self.export.networks[: MOST["networks"]]:
            placed: dict[str, list[CellFacts]] = defaultdict(list)
            for cell in self.cells_of_network.get(network.brand, ()):
                placed[cell.service if by_service else self.sector(cell.service)].append(cell)
            rows.append((network, [self.marks(placed[column.key]) for column in self.columns]))
        return rows

    def sector(self, service: str) -> str:
        """The service's sector, or ``other``."""
        facts = self.service.get(service)
        return facts.sector if facts is not None and facts.sector in SECTORS else OTHER_SECTOR

    def pace(self, finding: ShownFinding) -> float | None:
        """The pace of the transfers of a finding, downwards."""
        facts = self.service.get(finding.service)
        if finding.direction == "down" and facts is not None and facts.pace_mbit_s:
            return facts.pace_mbit_s
        return finding.highest_rate_mbit_s


def finding_file(finding: ShownFinding) -> str:
    """The stem of a finding's files."""
    return slug(finding.finding_id)


def _grouped(items: Iterable[T], attribute: str) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for item in items:
        found[getattr(item, attribute)].append(item)
    return found

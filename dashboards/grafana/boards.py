"""What stands on which board, in order: coverage and trust first, then what was found (notes of regulators, 4)."""

from dataclasses import dataclass, field
from typing import Final, Literal

from dashboards.grafana.queries import CELL_TAGS, Surface

Kind = Literal["stat", "table", "grid", "picture", "points", "bars", "words"]
"""``points``: a picture without lines between what was measured apart. ``grid``: a table of one field, with a row for each value of the first tag and a column for each of the second."""


@dataclass(frozen=True)
class Panel:
    """One panel. ``name`` is that of its texts (``panel.<name>`` and ``panel.<name>.help``); ``queries`` are asked together.

    ``unit`` as Grafana names it; ``threshold`` a name of ``thresholds``. Width in 24ths of the page, height in rows.
    """

    name: str
    kind: Kind
    queries: tuple[str, ...] = ()
    unit: str = "short"
    width: int = 12
    height: int = 9
    threshold: str | None = None
    on: str | None = None
    """The column that the threshold colours; the whole panel, if none is named."""
    dated: bool = False
    """Whether a table shows the time of its rows."""
    only: Surface | None = None
    """The one surface that has it, where another panel takes its place on the other."""
    to: str | None = None
    """The board that a row's title leads to."""


METHOD: Final = Panel("method", "table", ("method",), width=24, height=3)
"""The strip at the foot of every board."""


@dataclass(frozen=True)
class Board:
    """One board on one or both surfaces; ``variables`` are asked of the reader."""

    name: str
    surfaces: tuple[Surface, ...]
    panels: tuple[Panel, ...]
    variables: tuple[str, ...] = ()
    since: str = "now-90d"
    public: frozenset[str] = field(default_factory=frozenset)
    """Panels that the public board has too."""

    def shown(self, surface: Surface) -> tuple[Panel, ...]:
        """The panels of a surface."""
        return tuple(
            one
            for one in (*self.panels, METHOD)
            if one.only in (None, surface)
            and (surface == "inside" or one is METHOD or one.name in self.public)
        )


MBIT: Final = "Mbits"

BOARDS: Final[tuple[Board, ...]] = (
    Board(
        "overview",
        ("inside", "public"),
        (
            Panel("fleet_now", "stat", ("fleet_now",), width=18, height=4),
            Panel("last_pair", "stat", ("last_pair",), "dateTimeAsIso", 6, 4),
            Panel("coverage", "table", ("coverage",), width=14, height=7, threshold="few_lines", on="lines"),
            Panel("discards", "table", ("discards",), width=10, height=7),
            Panel("parity", "table", ("parity",), width=24, height=6, threshold="parity", on="index_percent"),
            Panel("matrix", "grid", ("matrix",), width=24, height=6),
            Panel("matrix_numbers", "table", ("matrix",), width=24, height=7),
            Panel(
                "findings",
                "table",
                ("findings",),
                width=24,
                height=10,
                threshold="grade",
                on="grade",
                to="finding",
            ),
            Panel("reach", "table", ("reach",), width=24),
            Panel("how_to_read", "words", width=24, height=4),
        ),
        public=frozenset({"fleet_now", "last_pair", "coverage", "findings", "how_to_read"}),
    ),
    Board(
        "cell",
        ("inside", "public"),
        (
            Panel("hours", "picture", ("hours",), MBIT, 24),
            Panel("hour_counts", "picture", ("hour_counts",)),
            Panel("clock", "bars", ("clock",), MBIT, only="public"),
            Panel("weekdays", "bars", ("weekdays",), MBIT, only="public"),
            Panel("clock_whole", "bars", ("clock_whole",), MBIT, only="inside"),
            Panel("weekdays_whole", "bars", ("weekdays_whole",), MBIT, only="inside"),
            Panel("trend", "picture", ("trend",), "percent", threshold="equal"),
            Panel("declared_cell", "table", ("declared_cell",), width=24, height=5, dated=True),
            Panel("raw_percentiles", "picture", ("raw_percentiles",), MBIT),
            Panel("raw_failures", "picture", ("raw_failures",)),
            Panel("how_to_read", "words", width=24, height=4),
        ),
        (*CELL_TAGS, "network"),
        "now-30d",
        frozenset({"hours", "hour_counts", "clock", "weekdays", "trend", "how_to_read"}),
    ),
    Board(
        "finding",
        ("inside", "public"),
        (
            Panel("finding", "table", ("finding",), width=24, height=5, threshold="grade", on="grade"),
            Panel("original_and_control", "points", ("original_and_control",), MBIT, 24, 11),
            Panel("medians", "picture", ("medians",), MBIT, 24),
            Panel("sentences", "table", ("sentences",), width=24, height=6),
            Panel("does_not_show", "words", width=12, height=6),
            Panel("reply", "table", ("reply",), height=6),
            Panel("states", "table", ("states",), width=24, height=6, dated=True),
            Panel("declared_cell", "table", ("declared_cell",), width=24, height=5, dated=True),
        ),
        (*CELL_TAGS, "network"),
        public=frozenset({"finding", "medians", "sentences", "does_not_show", "reply", "states"}),
    ),
    Board(
        "comparison",
        ("inside",),
        (
            Panel(
                "comparison",
                "table",
                ("comparison",),
                width=24,
                height=7,
                threshold="comparison_lines",
                on="lines",
            ),
            Panel("how_to_compare", "words", width=24, height=4),
            Panel("declared", "table", ("declared",), width=24, height=10, dated=True),
        ),
        ("area", "access"),
    ),
    Board(
        "fleet",
        ("inside",),
        (
            Panel("feed_lag", "picture", ("feed_lag",), threshold="lag_rows"),
            Panel("feed_state", "table", ("feed_state",), height=9),
            Panel("disk_free", "stat", ("disk_free",), "percent", 6, 4, "disk_free_percent"),
            Panel("losses", "stat", ("losses",), width=18, height=4),
            Panel("fleet_lines", "picture", ("fleet_lines",)),
            Panel("documents", "picture", ("documents",)),
            Panel("skips", "picture", ("skips",)),
            Panel("observations", "table", ("observations",)),
        ),
        since="now-7d",
    ),
)

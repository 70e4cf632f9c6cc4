"""Every query of boards, alerts and annotations, once, by name. InfluxQL, which InfluxDB 1, 2 and 3 all answer.

``$timeFilter`` and ``$__interval`` are Grafana's; ``${name:regex}`` is a variable of the board, escaped for a regular
expression. Where a query stands on both surfaces, only its bucket differs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from dashboards.messages import LANGUAGES

Surface = Literal["inside", "public"]
Source = Literal["private", "surface"]
"""``private``: the raw facts, for the inside alone; ``surface``: the bucket of the surface that the board is on."""

CELL_TAGS: Final = ("brand", "technology", "plan_class", "service", "direction")
"""What a cell is registered by (``CellKey``, which would bring scipy with it): boards ask for all five, so that what they
show is never a mixture of cells."""
NOBODY_YET: Final = "–"
"""The state of a finding that nobody has entered in the ledger."""
CELL: Final = " AND ".join(f'"{name}" =~ /^${{{name}:regex}}$/' for name in CELL_TAGS)
AREA: Final = '"region" =~ /^${area:regex}$/ AND "technology" =~ /^${access:regex}$/'
BY_CELL: Final = ", ".join(f'"{name}"' for name in CELL_TAGS)
STANDS: Final = (
    f"""{CELL} AND "network" =~ /^${{network:regex}}$/ AND "conflict" = 0 AND "variant" =~ /^(paced|long)$/"""
)
"""Raw pairs of the cell. A pair whose ticket was used twice is void; capacity and saturating runs have no pace to compare with.
The brand is a field of raw facts, as it was declared; the network narrows them to one AS."""


@dataclass(frozen=True)
class Query:
    """``alias`` names the series of a picture (``$col`` the column, ``$tag_x`` a tag); ``None``: the answer is a table."""

    source: Source
    text: str
    alias: str | None = None


def _last(*fields: str) -> str:
    """The newest point that has the first field, whole: a ``last()`` of each field would mix points of several looks."""
    first, *others = fields
    return ", ".join([f'last("{first}") AS "{first}"', *(f'"{field}"' for field in others)])


def _percentiles(role: str) -> str:
    return ", ".join(f'percentile("{role}_mbit_s", {p}) AS "{role}_p{p}"' for p in (10, 50, 90))


def _named(*fields: str) -> str:
    return ", ".join(f'"{field}"' for field in fields)


def _hours(*fields: str) -> str:
    """Hours as they were published, whatever the span: a mean of percentiles would be nobody's, so nothing is taken together."""
    return f'SELECT {_named(*fields)} FROM "cell_hour" WHERE $timeFilter AND {CELL}'


def _by(measurement: str, tag: str, *more: str) -> str:
    """Medians by a tag. Chosen by the control, which is there where the original was blocked."""
    asked = f'last("control_p50") AS "control_p50", {_named("original_p50", *more)}'
    return f'SELECT {asked} FROM "{measurement}" WHERE $timeFilter AND {CELL} GROUP BY "{tag}"'


_RATES: Final = tuple(f"{role}_p{p}" for role in ("original", "control") for p in (10, 50, 90))
_FINDING: Final = (
    "grade", "title", "outcome", "direction_of_effect", "state", "mechanism", "effect_percent", "effect_low", "effect_high",
    "delivered_mbit_s", "highest_rate_mbit_s", "homes", "pairs", "discarded", "finding_id",
)  # fmt: skip
CODED: Final = ("technology", "plan_class", "direction")
"""Tags that a table shows in words: a link wants them as they are."""
_REACH: Final = (
    "lines", "title", "looked", "reached", "dns", "connect", "tls", "http", "other", "answers_seen", "answers_false",
    "pages_seen", "pages_false", "heads_seen", "heads_false",
)  # fmt: skip
_DECLARED: Final = (
    "declared_mbit_s", "since", "until", "outcome", "direction_of_effect", "effect_percent", "delivered_mbit_s", "homes",
    "source", "read_on",
)  # fmt: skip
_COMPARED: Final = tuple(f"{name}_p{p}" for name in ("index", "control", "access") for p in (10, 50, 90))
_WHOLE: Final = (*_FINDING, "e_value", "delivered_low", "delivered_high")


def _values(tag: str, before: Sequence[str]) -> str:
    """The values of a cell's tag among the cells that the variables before it leave, so that no choice leads nowhere."""
    chosen = " AND ".join(f'"{name}" =~ /^${{{name}:regex}}$/' for name in before)
    return f'SHOW TAG VALUES FROM "finding" WITH KEY = "{tag}"' + (f" WHERE {chosen}" if chosen else "")


def _findings(language: str) -> Query:
    """Standing differences; each with its cell's codes once more, under names that no table shows, for the link to its board."""
    codes = ", ".join(f'"{name}" AS "{name}_code"' for name in CODED)
    asked = f'{_named(*CELL_TAGS, *_FINDING[:5], "age_days", *_FINDING[5:])}, "page_{language}" AS "page", {codes}'
    inner = f'SELECT last("different") AS "is_different", {_named(*_FINDING, "age_days", f"page_{language}")} FROM "finding" WHERE $timeFilter GROUP BY {BY_CELL}'
    return Query(
        "surface", f"""SELECT {asked} FROM ({inner}) WHERE "is_different" = 1 AND "state" != 'withdrawn'"""
    )


def _declared(language: str, where: str = "") -> Query:
    """Practices, a row for each cell that they cover."""
    return Query(
        "surface",
        f'SELECT last("says_{language}") AS "says", {_named(*_DECLARED)} FROM "declared" WHERE $timeFilter{where} GROUP BY {BY_CELL}, "kind", "practice"',
    )


QUERIES: Final[dict[str, Query]] = {
    # every board
    "method": Query(
        "surface",
        f'SELECT {_last("software", "method", "registration", "quarter", "looked_ms", "last_pair_ms")} FROM "method" WHERE $timeFilter',
    ),
    # overview
    "fleet_now": Query(
        "surface",
        f'SELECT {_last("lines", "brands", "pairs", "discarded_percent", "hours_withheld")} FROM "fleet" WHERE $timeFilter',
    ),
    "last_pair": Query("surface", f'SELECT {_last("last_pair_ms")} FROM "fleet" WHERE $timeFilter'),
    "coverage": Query(
        "surface",
        f'SELECT {_last("lines", "pairs", "services", "days", "discarded_percent", "last_pair_ms")} FROM "coverage" WHERE $timeFilter GROUP BY "brand", "technology"',
    ),
    "discards": Query(
        "surface", f'SELECT {_last("pairs")} FROM "discards" WHERE $timeFilter GROUP BY "brand", "rule"'
    ),
    "parity": Query(
        "surface",
        f'SELECT {_last("index_percent", "index_low", "index_high", "lines", "pairs")} FROM "parity" WHERE $timeFilter GROUP BY "brand", "origin"',
    ),
    "matrix": Query(
        "surface",
        f'SELECT {_last("symbol", "effect_percent", "effect_low", "effect_high", "lines", "pairs", "grade", "cells", "different", "equivalent", "undetermined", "invalid")} FROM "matrix" WHERE $timeFilter GROUP BY "brand", "sector"',
    ),
    **{f"findings_{language}": _findings(language) for language in LANGUAGES},
    "reach": Query(
        "surface", f'SELECT {_last(*_REACH)} FROM "reach" WHERE $timeFilter GROUP BY "brand", "service"'
    ),
    # comparison
    "comparison": Query(
        "surface",
        f'SELECT {_last("lines", "pairs", *_COMPARED)} FROM "comparison" WHERE $timeFilter AND {AREA} GROUP BY "brand"',
    ),
    **{f"declared_{language}": _declared(language) for language in LANGUAGES},
    # network and service
    "hours": Query("surface", _hours(*_RATES, "pace_mbit_s"), "$col"),
    "hour_counts": Query("surface", _hours("pairs", "lines"), "$col"),
    "clock": Query("surface", _by("cell_clock", "hour")),
    "clock_whole": Query("surface", _by("cell_clock", "hour", "access_p50")),
    "weekdays": Query("surface", _by("cell_weekday", "weekday")),
    "weekdays_whole": Query("surface", _by("cell_weekday", "weekday", "access_p50")),
    "trend": Query(
        "surface",
        f'SELECT {_named("index_percent", "index_low", "index_high", "original_failed_percent", "control_failed_percent")} FROM "cell_day" WHERE $timeFilter AND {CELL}',
        "$col",
    ),
    **{f"declared_cell_{language}": _declared(language, f" AND {CELL}") for language in LANGUAGES},
    "raw_percentiles": Query(
        "private",
        f'SELECT {_percentiles("original")}, {_percentiles("control")} FROM "pair" WHERE $timeFilter AND {STANDS} GROUP BY time($__interval) fill(none)',
        "$col",
    ),
    "raw_failures": Query(
        "private",
        f'SELECT sum("count") - sum("original_ok") AS "original", sum("count") - sum("control_ok") AS "control" FROM "pair" WHERE $timeFilter AND {STANDS} GROUP BY time($__interval) fill(none)',
        "$col",
    ),
    # finding
    "finding": Query(
        "surface", f'SELECT {_last(*_WHOLE)} FROM "finding" WHERE $timeFilter AND {CELL} GROUP BY "quarter"'
    ),
    "sentences_fr": Query(
        "surface", f'SELECT last("sentences_fr") AS "sentences" FROM "finding" WHERE $timeFilter AND {CELL}'
    ),
    "sentences_en": Query(
        "surface", f'SELECT last("sentences_en") AS "sentences" FROM "finding" WHERE $timeFilter AND {CELL}'
    ),
    "reply": Query("surface", f'SELECT last("reply") AS "reply" FROM "finding" WHERE $timeFilter AND {CELL}'),
    "original_and_control": Query(
        "private",
        f'SELECT "original_mbit_s" AS "original", "control_mbit_s" AS "control", "pace_bit_s" / 1000000 AS "pace" FROM "pair" WHERE $timeFilter AND {STANDS}',
        "$col",
    ),
    "medians": Query("surface", _hours("original_p50", "control_p50", "pace_mbit_s"), "$col"),
    "states": Query(
        "surface",
        f'SELECT "state", "actor", "title", "reason", "finding_id" FROM "finding_state" WHERE $timeFilter AND {CELL}',
    ),
    # fleet and collector
    "fleet_lines": Query(
        "surface",
        'SELECT max("lines_day") AS "lines_day", max("lines_week") AS "lines_week" FROM "fleet" WHERE $timeFilter GROUP BY time($__interval) fill(none)',
        "$col",
    ),
    "documents": Query(
        "private",
        'SELECT sum("count") AS "pairs" FROM "pair" WHERE $timeFilter GROUP BY time($__interval), "nettest" fill(none)',
        "$tag_nettest",
    ),
    "skips": Query(
        "private",
        'SELECT sum("count") AS "skipped" FROM "skipped" WHERE $timeFilter GROUP BY time($__interval), "nettest" fill(none)',
        "$tag_nettest",
    ),
    "observations": Query(
        "private",
        'SELECT sum("looks") AS "looks", sum("failed") AS "failed" FROM "result" WHERE $timeFilter GROUP BY "nettest"',
    ),
    "losses": Query(
        "surface",
        f'SELECT {_last("pairs", "discarded", "skipped", "missing", "pending", "corrupt", "results")} FROM "fleet" WHERE $timeFilter',
    ),
    "feed_lag": Query(
        "private",
        'SELECT max("lag_rows") AS "lag_rows" FROM "feed" WHERE $timeFilter GROUP BY time($__interval) fill(none)',
        "$col",
    ),
    "feed_state": Query(
        "private",
        f'SELECT {_last("fed", "lag_rows", "rejected", "unreadable", "too_old", "restarts", "hot_hours")} FROM "feed" WHERE $timeFilter GROUP BY "feed"',
    ),
    "disk_free": Query(
        "private",
        'SELECT last("disk_free_bytes") * 100 / last("disk_bytes") AS "free_percent" FROM "feed" WHERE $timeFilter',
    ),
    # alerts
    "alert_grade": Query(
        "surface",
        f"""SELECT max("grade") AS "grade" FROM "finding" WHERE $timeFilter AND "state" = '{NOBODY_YET}' GROUP BY {BY_CELL}""",
        "$tag_brand $tag_service",
    ),
    "alert_disruption": Query(
        "private",
        'SELECT "failed_percent" FROM (SELECT 100 * (sum("count") - sum("control_ok")) / sum("count") AS "failed_percent", sum("count") AS "pairs" FROM "pair" WHERE $timeFilter AND "conflict" = 0 GROUP BY "network") WHERE "pairs" >= {disruption_pairs} GROUP BY "network"',
        "$tag_network",
    ),
    "alert_silent": Query("private", 'SELECT sum("count") AS "pairs" FROM "pair" WHERE $timeFilter', "$col"),
    "alert_lag": Query(
        "private", 'SELECT last("lag_rows") AS "lag_rows" FROM "feed" WHERE $timeFilter', "$col"
    ),
    # annotations and variables
    "states_all": Query("surface", 'SELECT "title", "state" FROM "finding_state" WHERE $timeFilter'),
    "catalogue": Query("surface", 'SELECT "version" FROM "catalogue" WHERE $timeFilter'),
    **{
        f"changes_{language}": Query(
            "surface",
            f'SELECT "says_{language}" AS "says" FROM "change_point" WHERE $timeFilter AND {CELL} AND "found" = 1',
        )
        for language in LANGUAGES
    },
    **{
        f"practices_{language}": Query(
            "surface",
            f'SELECT "says_{language}" AS "says" FROM "practice" WHERE $timeFilter AND "brand" =~ /^${{brand:regex}}$/',
        )
        for language in LANGUAGES
    },
    "area_values": Query("surface", 'SHOW TAG VALUES FROM "comparison" WITH KEY = "region"'),
    "access_values": Query(
        "surface",
        'SHOW TAG VALUES FROM "comparison" WITH KEY = "technology" WHERE "region" =~ /^${area:regex}$/',
    ),
    "network_values": Query("private", 'SHOW TAG VALUES FROM "pair" WITH KEY = "network"'),
    **{
        f"{name}_values": Query("surface", _values(name, CELL_TAGS[:place]))
        for place, name in enumerate(CELL_TAGS)
    },
}


def datasource_uid(source: Source, surface: Surface) -> str:
    """The data source that a query is asked of. Raises ``ValueError`` for raw facts in public."""
    if source == "surface":
        return f"isonomia-{surface}"
    if surface == "public":
        raise ValueError("raw facts are for the inside alone")
    return "isonomia-private"

"""Figures as SVG: the one file that imports matplotlib. The same input gives the same bytes.

Original and control differ in colour, in line and in mark, so that none of them is needed alone; both stay apart for every kind of
colour vision (Okabe and Ito's vermilion and blue, darkened to 4.5:1 on white). Axes of rates begin at zero.
"""

import io
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, Literal

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.public.form import Point, Spread
from dashboards.site.words import Language, Words

Series = Literal["within", "over", "hours"]
ORIGINAL: Final = "#b5390a"
CONTROL: Final = "#0b5a94"
INK: Final = "#1d2733"
FAINT: Final = "#5b6673"
GRID: Final = "#dfe3e8"
SIZE_INCHES: Final = (7.6, 3.1)
FRAME: Final[Any] = {"left": 0.078, "right": 0.985, "top": 0.89, "bottom": 0.16}
"""Where the axes stand, as shares: fixed, for a layout worked out anew costs four times the drawing."""
HOUR_S: Final = 3600
TICK_HOURS: Final = (1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 672, 1344, 2688)
MOST_TICKS: Final = 7
LABEL_SHARE: Final = 0.03
"""So near to the end a label in the middle of its tick would be cut off at the picture's edge."""
MANY_POINTS: Final = 40
KEPT: Final = 512
"""Drawn figures kept: some 40 kB each."""
STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "isonomia",
    "font.family": ["DejaVu Sans"],
    "font.size": 10.5,
    "text.color": INK,
    "axes.labelcolor": FAINT,
    "axes.edgecolor": GRID,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
}
Number = float | None


@lru_cache(maxsize=KEPT)
def rates(
    series: Series, points: tuple[Point, ...], step: float, language: Language, pace_mbit_s: float | None
) -> bytes:
    """Original and control over ``series``: medians as lines, 10 to 90 % of lines as bands. ``step``: of the axis.

    A gap in the points is a gap in the line. What did not change is not drawn again: a watch goes on for months.
    """
    words = Words(language)

    def draw(axes: Any) -> None:
        if pace_mbit_s is not None:
            axes.axhline(
                pace_mbit_s, color=FAINT, linewidth=1, linestyle=(0, (1, 2)), label=words.t("figure.pace")
            )
        for role, colour, style, mark in (
            ("control", CONTROL, (0, (5, 2)), "s"),
            ("original", ORIGINAL, "-", "o"),
        ):
            found = [(p.at, getattr(p, role)) for p in points]
            at, mid, low, high = _spread_columns(found, step)
            axes.fill_between(at, low, high, color=colour, alpha=0.16, linewidth=0)
            if len(points) <= 2:  # a band over so few places is no area: bars say the same
                axes.vlines(at, low, high, color=colour, alpha=0.35, linewidth=5)
            axes.plot(
                at,
                mid,
                color=colour,
                linestyle=style,
                linewidth=2,
                marker=mark,
                markersize=_mark_size(points),
                label=words.t(f"figure.{role}"),
            )
        axes.set_ylabel(words.t("figure.y"))

    return _figure(series, points, step, words, draw)


@lru_cache(maxsize=KEPT)
def failures(series: Series, points: tuple[Point, ...], step: float, language: Language) -> bytes:
    """Shares of transfers that failed, in per cent; below 0 there is room for the line and the marks of what never failed."""
    words = Words(language)

    def draw(axes: Any) -> None:
        for role, colour, style, mark in (
            ("control", CONTROL, (0, (5, 2)), "s"),
            ("original", ORIGINAL, "-", "o"),
        ):
            found = [(p.at, _as_spread(100 * getattr(p, f"failed_{role}") / p.pairs)) for p in points]
            at, mid, _, _ = _spread_columns(found, step)
            axes.plot(
                at,
                mid,
                color=colour,
                linestyle=style,
                linewidth=2,
                marker=mark,
                markersize=_mark_size(points),
                label=words.t(f"figure.{role}"),
            )
        axes.set_ylabel(words.t("figure.y.failed"))
        axes.set_ylim(top=104)

    return _figure(series, points, step, words, draw, bottom=-2)


def by_day(days: Sequence[tuple[float, int]], words: Words) -> bytes:
    """Pairs by day: bars from zero, a day wide; ``days`` are unix seconds and counts."""

    def draw(axes: Any) -> None:
        axes.bar([at + 43_200 for at, _ in days], [n for _, n in days], width=70_000, color=CONTROL)
        axes.set_ylabel(words.t("col.pairs"))

    points = [Point(at=at, lines=0, pairs=n) for at, n in days]
    return _figure("over", points, 86_400, words, draw, legend=False)


def _mark_size(points: Sequence[Point]) -> float:
    """Marks tell the roles apart where there is room for them."""
    return 4.5 if len(points) <= MANY_POINTS else 2.6


def _as_spread(value: float) -> Spread:
    return Spread(value, value, value)


def _spread_columns(
    found: Sequence[tuple[float, Spread | None]], step: float
) -> tuple[list[float], list[float], list[float], list[float]]:
    """Columns to plot, broken by NaN where a place is missing."""
    at: list[float] = []
    columns: tuple[list[float], list[float], list[float]] = ([], [], [])
    for place, spread in found:
        if at and place - at[-1] > 1.5 * step:
            at.append(at[-1] + step)
            for column in columns:
                column.append(math.nan)
        at.append(place)
        values = (math.nan,) * 3 if spread is None else (spread.mid, spread.low, spread.high)
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    return at, *columns


def _figure(
    series: Series,
    points: Sequence[Point],
    step: float,
    words: Words,
    draw: Callable[[Any], None],
    *,
    legend: bool = True,
    bottom: float = 0,
) -> bytes:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE_INCHES)
        figure.subplots_adjust(**FRAME)
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        draw(axes)
        axes.set_ylim(bottom=bottom)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value)))
        axes.set_xlabel(words.t(f"figure.x.{series}"))
        _x_axis(axes, series, points, step, words)
        if legend:
            handles, labels = axes.get_legend_handles_labels()
            axes.legend(
                handles[::-1], labels[::-1], loc="lower left", bbox_to_anchor=(-0.075, 1.01), ncols=3, frameon=False,
                borderaxespad=0, handlelength=2.6, columnspacing=1.6,
            )  # fmt: skip
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue().replace(b"'DejaVu Sans'", b"Verdana, 'DejaVu Sans', sans-serif")


def _x_axis(axes: Any, series: Series, points: Sequence[Point], step: float, words: Words) -> None:
    if series == "hours":
        axes.set_xlim(-0.5, 23.5)
        axes.set_xticks(range(0, 24, 3), [words.t("hour", hour=hour) for hour in range(0, 24, 3)])
        return
    if series == "within":
        axes.set_xlim(0, max((p.at for p in points), default=1) + step / 2)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value)))
        return
    first, last = points[0].at if points else 0.0, (points[-1].at if points else 0.0) + step
    axes.set_xlim(first - step / 2, last)
    every_s = next(
        (h * HOUR_S for h in TICK_HOURS if (last - first) / (h * HOUR_S) <= MOST_TICKS), last - first
    )
    ticks = [first // every_s * every_s + every_s * n for n in range(MOST_TICKS + 3)]
    kept = [at for at in ticks if first <= at <= last]
    axes.set_xticks(kept, [words.tick(at, hours=every_s < 24 * HOUR_S) for at in kept])
    for at, label in zip(kept, axes.get_xticklabels(), strict=True):
        if last - at < LABEL_SHARE * (last - first):
            label.set_horizontalalignment("right")

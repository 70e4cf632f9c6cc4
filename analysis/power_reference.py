"""What the design's detection.md prints, to stand beside what this simulator gives. Numbers only, copied once.

Section 5.1 (`final`; mean E, worst mean E and where, cells with E >= 20 and >= 400 of 67,680), section 5.3 (`base`: share
of cells with E >= 400), section 5.4 (`final`: mean of 38 treatments) and section 5.7 (`base`: forged homes).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PrintedNull:
    """A row of 5.1: mean E, the largest mean E of any size, that size, and cells with E >= 20 and E >= 400."""

    mean: float
    worst: float
    worst_at: str
    at_20: int
    at_400: int


PRINTED_NULL_EVALUATIONS = 67_680
NULL: dict[str, PrintedNull] = {
    "clean": PrintedNull(0.28, 0.47, "3x1", 0, 0),
    "bias -1 %": PrintedNull(0.28, 0.48, "3x1", 0, 0),
    "bias -1 %, rogue 2 %": PrintedNull(0.30, 0.49, "3x1", 2, 0),
    "bias -5 % (edge)": PrintedNull(0.33, 0.54, "3x1", 0, 0),
    "second slot 10 % faster": PrintedNull(0.28, 0.48, "3x1", 0, 0),
    "all Wi-Fi": PrintedNull(0.29, 0.49, "3x1", 0, 0),
    "congested at peak, all cells": PrintedNull(0.29, 0.48, "3x1", 0, 0),
    "heavily congested at peak, all Wi-Fi": PrintedNull(0.30, 0.49, "3x1", 0, 0),
    "time-varying capacity": PrintedNull(0.32, 0.52, "3x1", 0, 0),
    "time-varying, bias -5 %": PrintedNull(0.34, 0.54, "3x1", 1, 0),
    "access failures 5 %": PrintedNull(0.29, 0.49, "3x1", 0, 0),
    "rogue 2 % blocked": PrintedNull(0.29, 0.48, "3x1", 0, 0),
    "rogue 5 % halved": PrintedNull(0.40, 1.16, "30x20", 16, 3),
    "rogue 5 % blocked": PrintedNull(0.31, 0.49, "3x1", 2, 0),
    "rogue 10 % halved": PrintedNull(38, 10_048, "100x20", 151, 33),
    "rogue 10 % blocked": PrintedNull(2_052, 524_594, "100x20", 168, 38),
    "pace 40, rogue 2 %": PrintedNull(0.30, 0.49, "3x1", 1, 0),
}

SIZES = (
    (3, 10), (4, 10), (6, 5), (10, 3), (10, 5), (10, 10), (30, 1), (30, 3), (30, 5), (30, 10), (100, 5),
)  # fmt: skip
"""Homes x pairs of the power table: those columns of 5.3 that say most."""

BASE: dict[str, str] = {
    "R0.5 B16k": "1 1 1 1 1 1 .19 1 1 1 1",
    "R0.5 B250k": "1 1 1 1 1 1 .27 1 1 1 1",
    "R0.5 B2M": ".85 .94 .91 .87 1 1 .09 1 1 1 1",
    "R1.5 B16k": ".99 1 1 .99 1 1 .26 1 1 1 1",
    "R1.5 B250k": ".99 1 1 .99 1 1 .15 1 1 1 1",
    "R1.5 B2M": ".83 .92 .87 .81 1 1 .08 1 1 1 1",
    "R4 B16k": ".91 .96 .95 .94 1 1 .24 1 1 1 1",
    "R4 B250k": ".91 .95 .94 .93 1 1 .17 1 1 1 1",
    "R4 B2M": ".73 .83 .75 .64 .99 1 .08 1 1 1 1",
    "R10 B16k": ".65 .75 .66 .53 .99 1 .03 1 1 1 1",
    "R10 B250k": ".62 .75 .63 .49 .99 1 .03 1 1 1 1",
    "R10 B2M": ".47 .59 .45 .28 .93 1 .01 1 1 1 1",
    "R15 B16k": ".35 .56 .37 .22 .90 .99 0 1 1 1 1",
    "R15 B250k": ".33 .56 .39 .20 .89 .99 .01 1 1 1 1",
    "R15 B2M": "0 .11 0 0 .19 .81 0 .46 .98 1 1",
    "slow5": "0 0 0 0 0 0 0 0 .02 .14 .40",
    "slow10": "0 .38 .06 0 .70 .99 0 .99 1 1 1",
    "slow20": ".12 .79 .63 .48 .99 1 .03 1 1 1 1",
    "slow50": ".88 .99 .95 .91 1 1 .09 1 1 1 1",
    "share20": "0 0 0 0 0 0 0 0 0 0 0",
    "share50": "0 0 0 0 0 .04 0 0 .08 .39 .90",
    "share70": ".04 .06 .02 0 .12 .48 0 .30 .91 .99 1",
    "burst3MB R4": ".62 .73 .62 .44 .98 1 .01 1 1 1 1",
    "after5s R4": "0 0 0 0 .01 .99 0 .99 1 1 1",
    "loss+1%": ".81 .91 .86 .81 1 1 .12 1 1 1 1",
    "loss+3%": ".92 1 .98 .96 1 1 .24 1 1 1 1",
    "+40ms": "0 .90 .37 0 1 1 0 1 1 1 1",
    "blocked": "0 .99 .20 0 1 1 0 1 1 1 1",
    "30%subs R4": ".03 .01 0 0 .03 .16 0 .02 .50 .81 1",
    "30%subs slow20": ".01 .01 0 0 .01 .07 0 0 .04 .57 .63",
    "30%subs blocked": "0 .01 0 0 0 .13 0 .01 .34 .66 .97",
    "peak R4": "0 0 0 0 0 .12 0 0 .32 1 1",
    "peak slow20": "0 0 0 0 0 .02 0 0 .12 .97 1",
    "fav +50% avail": "0 0 0 0 0 0 0 0 0 0 0",
    "fav others -33%": ".63 .86 .75 .62 .99 1 .06 1 1 1 1",
    "carry2 R4": "0 .01 0 0 .12 .96 0 .62 1 1 1",
    "carry2 slow20": "0 0 0 0 0 .12 0 .01 .36 .98 1",
    "15%subs R4": ".01 0 0 0 0 .02 0 0 .02 .12 .35",
}
"""Shares in the order of SIZES."""

FINAL_MEAN: dict[tuple[int, int], tuple[float, float]] = {
    (3, 10): (0.39, 0.47),
    (4, 10): (0.51, 0.56),
    (6, 5): (0.43, 0.58),
    (10, 3): (0.37, 0.60),
    (10, 5): (0.60, 0.66),
    (10, 10): (0.71, 0.75),
    (30, 1): (0.06, 0.54),
    (30, 3): (0.67, 0.74),
    (30, 5): (0.75, 0.81),
}
"""Mean over the 38 treatments, `base` and `final`, of the sizes that 5.4 prints."""

FORGED: dict[tuple[str, int, int], str] = {
    ("accuse", 5, 0): "2 · 54 · 2,510 (1) · 6e7 (1)",
    ("accuse", 5, 3): ".9 · 10 · 359 (.38) · 8e6 (1)",
    ("accuse", 5, 10): ".4 · 1.8 · 40 · 7e5 (1)",
    ("accuse", 5, 30): ".2 · .3 · 1.4 · 5,800 (1)",
    ("accuse", 20, 0): "6 · 1,470 (1) · 6e5 (1) · 4e12 (1)",
    ("accuse", 20, 3): "1.2 · 90 (.06) · 2e4 (1) · 1e11 (1)",
    ("accuse", 20, 10): ".4 · 5 · 445 (.71) · 5e8 (1)",
    ("accuse", 20, 30): ".2 · .3 · 3.4 · 1e5 (1)",
    ("acquit", 5, 3): "4.5 · 1.1 · .5 · .3",
    ("acquit", 5, 10): "5e5 (1) · 1e4 (.98) · 1,640 (.88) · 49",
    ("acquit", 5, 30): "all (1)",
    ("acquit", 20, 3): "133 · 20 · 6 · .9",
    ("acquit", 20, 10): "all (1)",
    ("acquit", 20, 30): "all (1)",
}
"""Aim, pairs each, honest homes: median E with 1 · 3 · 5 · 10 forged homes, in brackets the share with E >= 400 if not 0."""

CEILING = "11 / 180 / 3,560 / 77,500 / 1.8e6"
"""The most that 1 to 5 clusters can be worth (5.7, `final`)."""

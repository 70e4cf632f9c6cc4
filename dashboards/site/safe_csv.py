"""CSV that a spreadsheet reads as data: RFC 4180, UTF-8, full stops, and no cell that it would take for a formula.

A text that begins with one of ``= + - @``, a tab or a line end gets an apostrophe before it (OWASP, CSV injection); numbers are written as
they are, so that a negative one stays a number.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from dashboards.site.words import exact

DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Cell = str | float | int | None


def written(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    r"""The file's bytes.

    >>> written(("name", "rate"), [("=1+1", -0.5)])
    b"name,rate\r\n'=1+1,-0.5\r\n"
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guarded(name) for name in header])
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def guarded(cell: Cell) -> str:
    """The cell's text, harmless."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(DANGEROUS):
        return f"'{cell}"
    return exact(cell)

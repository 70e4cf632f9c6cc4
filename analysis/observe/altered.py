"""Altered: what of a plain HTTP run did not arrive as it was sent (replay_http). Pure.

A proxy that treats every name alike alters both runs of a pair alike, and speaks for neither hypothesis: what counts is
that one of them was altered and the other was not. Nothing is compared across pairs or nettests.
"""

from typing import Final

from analysis.observe.lean import AnyLeanRun
from probe.measurement.http import Header, changes
from probe.measurement.receipt import Receipt
from probe.measurement.run import Run

REQUEST: Final = "request"
ANSWER: Final = "answer"
CONTENT: Final = "content altered"


def alterations(run: Run | AnyLeanRun, receipt: Receipt | None) -> tuple[str, ...]:
    """Sorted, such as "request added via"; empty where nothing was altered, or where nobody can tell.

    The request is compared where the responder saw it, the answer where one of the responder's arrived.
    """
    if run.http is None or receipt is None or receipt.http is None:
        return ()
    found = _told(REQUEST, run.http.sent, receipt.http.arrived)
    if not receipt.http.line_intact:
        found.append(f"{REQUEST} changed line")
    if run.http.other is None and run.http.arrived:
        found += _told(ANSWER, receipt.http.sent, run.http.arrived)
        if run.http.content == "altered":
            found.append(CONTENT)
    return tuple(sorted(found))


def _told(which: str, sent: tuple[Header, ...], arrived: tuple[Header, ...]) -> list[str]:
    return [f"{which} {change.what} {change.header}" for change in changes(sent, arrived)]

"""Identified: whether the responder saw the very run of which the probe tells (integrity.md 1). Pure.

The name, the ClientHello and the address that the run claims must be those that the receipt says were seen, and the responder's
ticks those whose digest it names. What they count is compared in ``corroborated``.
"""

from analysis.observe.lean import AnyLeanRun
from analysis.observe.open_lean import AnyOpened
from probe.measurement.receipt import Receipt
from probe.measurement.run import Run


def identified(opened: AnyOpened, run: Run | AnyLeanRun, receipt: Receipt | None) -> bool:
    """Whether that receipt is of a run as ``run`` tells it."""
    if receipt is None or not receipt.seen or run.address_index != receipt.address_index:
        return False
    if run.http is not None:
        # Plain HTTP: the run is bound by its token; what was altered is a result, no doubt.
        if receipt.http is None:
            return False
    elif (
        run.client_hello is None
        or run.name != receipt.name_seen
        or run.client_hello.sha256 != receipt.client_hello_sha256
    ):
        return False
    return opened.named(run.order, receipt.ticks_sha256)

"""When a run ends at the probe, and whether an end that the far end made was the run's own: one rule for TLS and QUIC, both ways."""

from typing import Final

from probe.measurement.failures import OK

FIRST_BYTE_S: Final = 5.0
ALL_BYTES_SHARE: Final = 0.999
"""TLS and QUIC add a little to the bytes that are expected, so what counts as all is less than all."""
COMPLETE_SHARE: Final = 0.9
"""An orderly end counts as the run's own if it came after this share of the duration, or with all the bytes."""


def run_ends(began_s: float, first_s: float | None, duration_s: float) -> tuple[float, str]:
    """The moment at which a run ends by itself, and as what. ``first_s``: when bytes first moved, ``None`` before that.

    >>> run_ends(10.0, None, 4.0)
    (15.0, 'start_timeout')
    >>> run_ends(10.0, 10.5, 4.0)
    (14.5, 'ok')
    """
    if first_s is None:
        return began_s + FIRST_BYTE_S, "start_timeout"
    return first_s + duration_s, OK


def has_all(moved_bytes: int, all_bytes: int) -> bool:
    """Whether so many bytes are all that were to be moved."""
    return moved_bytes >= ALL_BYTES_SHARE * all_bytes


def ended_by_peer(lasted_s: float | None, duration_s: float, *, whole: bool) -> str:
    """What an orderly end of the far end's means. ``lasted_s``: since bytes first moved; ``whole``: all of them had.

    >>> ended_by_peer(None, 4.0, whole=False), ended_by_peer(1.0, 4.0, whole=False)
    ('start_eof', 'transfer_eof')
    >>> ended_by_peer(3.7, 4.0, whole=False), ended_by_peer(1.0, 4.0, whole=True)
    ('ok', 'ok')
    """
    if lasted_s is None:
        return "start_eof"
    return OK if whole or lasted_s >= COMPLETE_SHARE * duration_s else "transfer_eof"

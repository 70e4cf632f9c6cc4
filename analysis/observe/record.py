"""What observing makes of a pair: plain facts in one record. Unknown is ``None``; NaN never leaves the statistics."""

from datetime import datetime
from math import isfinite
from typing import Final, Literal, Self

import msgspec
import numpy as np

from analysis.stats.pair import PairFeatures
from analysis.stats.series import Floats

UNKNOWN: Final = "unknown"
BOTH_FAILED: Final = "both_failed_after_"
"""Begins a note: the first run's role follows. The sentinel before them was well (integrity.md 4)."""
REFUTED: Final = "refuted: "
"""Begins the note of a run that the responder saw and does not bear out; its label follows."""
NAN: Final = float("nan")
ClockName = Literal["responder", "probe"]


class RunObserved(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One run. Times of the tail are unix seconds on ``Observation.clock``; rates are of TCP payload at the receiver.

    ``wire_bytes`` is what arrived there.

    ``seen`` whether the responder saw the run (``None``: no statement); ``rtt_us`` median smoothed RTT at the sender
    after the first second; ``queueing_us`` that less the TCP handshake; ``loss`` share of segments sent again;
    ``altered`` says what of a plain run's heads and content was not as sent ("request added via").
    ``early_mbit_s`` and ``late_mbit_s`` first and last third; ``shift_s`` the run's last level shift and
    ``before_shift_mbit_s`` the rate before it; ``tail_mbit_s`` over the tail that both runs of the pair share.
    """

    order: int
    name: str
    failure: str
    seen: bool | None
    connect_us: int | None
    tls_us: int | None
    first_byte_us: int | None
    duration_us: int | None
    wire_bytes: int
    cpu_share: float | None
    rtt_us: float | None = None
    queueing_us: float | None = None
    loss: float | None = None
    early_mbit_s: float | None = None
    late_mbit_s: float | None = None
    shift_s: float | None = None
    before_shift_mbit_s: float | None = None
    tail_mbit_s: float | None = None
    tail_from_unix_s: float | None = None
    tail_to_unix_s: float | None = None
    altered: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class Features(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``stats.PairFeatures`` as a record: what is missing is ``None``, for JSON has no NaN."""

    d_thr: float | None
    d_tail: float | None
    d_rtt: float | None
    loss_original: float | None
    loss_control: float | None
    d_fail: float | None
    s: float
    tail_original_bit_s: float | None
    tail_control_bit_s: float | None

    @classmethod
    def of(cls, features: PairFeatures) -> Self:
        """The record of the numbers."""
        return cls(
            d_thr=number(features.d_thr),
            d_tail=number(features.d_tail),
            d_rtt=number(features.d_rtt),
            loss_original=number(features.loss_original),
            loss_control=number(features.loss_control),
            d_fail=number(features.d_fail),
            s=features.s,
            tail_original_bit_s=number(features.tail_original_bit_s),
            tail_control_bit_s=number(features.tail_control_bit_s),
        )

    def numbers(self) -> PairFeatures:
        """The numbers of the record, NaN where one is missing."""
        values = msgspec.structs.asdict(self)
        return PairFeatures(**{name: NAN if value is None else value for name, value in values.items()})


class Observation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One measured pair. ``home`` is the probe's quarter key; ``asn`` is that of the measured paths.

    ``line_domain`` is the fingerprint of the secret that made the line tags, the responder's id where it names none;
    ``line_tags`` are "domain:tag". ``responder_key`` is the SHA-256 of the key that signed the ticket. ``first`` and ``original_address`` are the coin's; ``last_tried`` is the label
    of the last run that was tried. ``opened_at_us`` is the responder's clock, ``local_hour`` that plus the declared offset, in hours after midnight;
    ``features`` is ``None`` for a discarded pair; ``discarded_by`` names the rule of ``quality`` that did it,
    ``struck`` every rule that strikes it, that one first.
    """

    measurement_id: str
    pair_id: str
    home: str
    responder: str
    line_domain: str
    line_tags: tuple[str, ...]
    asn: int | None
    country: str | None
    address_family: str
    brand: str
    technology: str
    plan_class: str
    region: str | None
    service: str
    direction: str
    nettest: str
    variant: str
    stratum: str
    original_name: str
    control_candidates: tuple[str, ...]
    first: str | None
    original_address: int | None
    last_tried: str | None
    gap_ms: int
    opened_at_us: int
    started_at: datetime
    clock: ClockName
    local_hour: float
    pace_bit_s: int
    highest_rate_bit_s: int
    catalogue_version: str
    plan_serial: int
    original: RunObserved | None
    control: RunObserved | None
    features: Features | None
    bytes: int
    seconds: float
    discarded_by: str | None
    notes: tuple[str, ...] = ()
    responder_key: str | None = None
    struck: tuple[str, ...] = ()


def discarded(observation: Observation, rule: str) -> Observation:
    """The pair, discarded for a reason that only other pairs show; rules that struck it before are kept beside."""
    rest = tuple(one for one in observation.struck if one != rule)
    return msgspec.structs.replace(observation, discarded_by=rule, features=None, struck=(rule, *rest))


def number(value: float) -> float | None:
    """``value``, or ``None`` for what is not a number: absence is never a number here."""
    return value if isfinite(value) else None


def known(values: Floats) -> list[float | None]:
    """The same of a column, shape (n,)."""
    found: list[float | None] = values.tolist()
    for at in np.flatnonzero(~np.isfinite(values)).tolist():
        found[at] = None
    return found

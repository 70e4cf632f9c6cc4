"""The envelope: what every measurement says besides its result. This is the document a probe signs."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from probe.measurement.pair import Pair
from probe.measurement.results import Result
from probe.measurement.signing import Signed, decode_json
from probe.measurement.ticket import AddressFamily, ByteCount, Direction, Hash, Micros, ShortText

SCHEMA_VERSION = 1
LARGEST_BYTES = 256 * 1024
"""A signed measurement is at most this long, decompressed."""

Text = Annotated[str, msgspec.Meta(max_length=120)]
Counters = Annotated[tuple[ByteCount, ...], msgspec.Meta(max_length=8)]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What the volunteer declared of the access line at ``join``; ``None`` and "unknown" are honest answers."""

    brand: Text | None = None
    technology: Literal["fibre", "cable", "dsl", "mobile", "fixed_wireless", "satellite", "unknown"] = (
        "unknown"
    )
    plan_class: Literal["ordinary", "managed_by_option", "unknown"] = "unknown"
    region: Text | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The last metre: how the probe hangs on the home network."""

    kind: Literal["wired", "wifi", "unknown"] = "unknown"
    mtu_bytes: Annotated[int, msgspec.Meta(ge=0, le=10**6)] | None = None
    tunnel: bool | None = None


class InterfaceCounters(msgspec.Struct, frozen=True):
    """Bytes of the interface that carries the test, before, between and after the runs: cross traffic shows."""

    received_bytes: Counters
    sent_bytes: Counters


class Clock(msgspec.Struct, frozen=True):
    """Responder's clock minus the probe's, by four time stamps at ticket time (RFC 5905), and its bound."""

    offset_us: Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
    bound_us: Micros


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One signed measurement: a ``pair``, the ``result`` of another nettest, or why a planned one was ``skipped``.

    ``witnesses`` are responders' signed statements from within a minute before and after a result that met none of
    them: whose line it was (integrity.md 1).
    """

    schema_version: Literal[1]
    nettest: ShortText
    nettest_version: ShortText
    variant: ShortText
    service: ShortText
    direction: Direction
    address_family: AddressFamily
    probe_key: Hash
    started_at: Annotated[datetime, msgspec.Meta(tz=True)]
    utc_offset_min: Annotated[int, msgspec.Meta(ge=-18 * 60, le=18 * 60)]
    software_version: ShortText
    catalogue_version: ShortText
    plan_serial: Micros
    line: Line = Line()
    link: Link = Link()
    clock: Clock | None = None
    cross_traffic: InterfaceCounters | None = None
    pair: Pair | None = None
    skipped: Text | None = None
    result: Result | None = None
    witnesses: Annotated[tuple[Signed, ...], msgspec.Meta(max_length=2)] = ()

    def __post_init__(self) -> None:
        if [self.pair, self.result, self.skipped].count(None) != 2:
            raise ValueError("a measurement holds a pair or a result, or says why it was skipped")
        if self.result is not None and self.result.nettest != self.nettest:
            raise ValueError(f"a result of {self.result.nettest} in a measurement of {self.nettest}")


def encode(measurement: Measurement) -> bytes:
    """The bytes to be signed, once; from here on nobody encodes them again."""
    return msgspec.json.encode(measurement)


def decode(body: bytes) -> Measurement:
    """The measurement in ``body``; raises ``msgspec.DecodeError`` that says what and where."""
    return decode_json(body, Measurement)

"""The envelope around a pair, or around the reason why a planned one did not run; signed here, once."""

from dataclasses import dataclass
from datetime import datetime

from probe.identity import SOFTWARE, moment_of
from probe.measurement.envelope import Clock, InterfaceCounters, Link, Measurement, encode
from probe.measurement.pair import Pair
from probe.measurement.signing import MEASUREMENT, Signed, sign
from probe.orders import Order
from probe.standing import Standing

LONGEST_REASON = 120


@dataclass(frozen=True)
class Around:
    """What surrounds a pair. ``started_at_us`` is the probe's clock before the ticket was asked for."""

    nettest_version: str
    started_at_us: int
    link: Link
    clock: Clock | None = None
    cross_traffic: InterfaceCounters | None = None


def wrap(
    standing: Standing, order: Order, around: Around, pair: Pair | None, skipped: str | None = None
) -> Signed:
    """The signed measurement: ``pair``, or the reason ``skipped``."""
    started_at = moment_of(around.started_at_us)
    measurement = Measurement(
        schema_version=1,
        nettest=order.nettest.nettest,
        nettest_version=around.nettest_version,
        variant=order.nettest.variant,
        service=order.service.id,
        direction=order.nettest.direction,
        address_family=order.address_family,
        probe_key=standing.identity.public,
        started_at=started_at,
        utc_offset_min=utc_offset_min(started_at),
        software_version=SOFTWARE,
        catalogue_version=standing.plan.catalogue_version(),
        plan_serial=standing.plan.serial,
        line=standing.membership.line,
        link=around.link,
        clock=around.clock,
        cross_traffic=around.cross_traffic,
        pair=pair,
        skipped=None if skipped is None else skipped[:LONGEST_REASON],
    )
    return sign(standing.identity.quarter_key, MEASUREMENT, encode(measurement))


def utc_offset_min(moment: datetime) -> int:
    """The local time's offset from UTC at ``moment``, by the machine's time zone."""
    offset = moment.astimezone().utcoffset()
    return 0 if offset is None else round(offset.total_seconds() / 60)

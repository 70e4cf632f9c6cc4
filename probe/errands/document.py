"""The envelope around an errand's result, or around the reason why it (or an estimate of the line's rate) was skipped; signed here, once."""

from probe.errands.facts import DIRECT
from probe.identity import SOFTWARE, moment_of
from probe.measurement.envelope import Measurement, encode
from probe.measurement.results import Result
from probe.measurement.signing import MEASUREMENT, Signed, sign
from probe.measurement.ticket import AddressFamily, Direction
from probe.standing import Standing
from probe.wrap import LONGEST_REASON, Around, utc_offset_min


def document(
    standing: Standing,
    names: tuple[str, str, str],
    family: AddressFamily,
    around: Around,
    content: Result | str,
    witnesses: tuple[Signed, ...] = (),
    *,
    direction: Direction = "down",
) -> Signed:
    """The signed measurement of ``names`` (nettest, variant, service): its result, or the reason that there is none."""
    started_at = moment_of(around.started_at_us)
    nettest, variant, service = names
    measurement = Measurement(
        schema_version=1,
        nettest=nettest,
        nettest_version=around.nettest_version,
        variant=variant,
        service=service,
        direction=direction,
        address_family=family,
        probe_key=standing.identity.public,
        started_at=started_at,
        utc_offset_min=utc_offset_min(started_at),
        software_version=SOFTWARE,
        catalogue_version=(
            standing.endpoints_version if nettest in DIRECT else standing.plan.catalogue_version()
        ),
        plan_serial=standing.plan.serial,
        line=standing.membership.line,
        link=around.link,
        clock=around.clock,
        cross_traffic=around.cross_traffic,
        result=None if isinstance(content, str) else content,
        skipped=content[:LONGEST_REASON] if isinstance(content, str) else None,
        witnesses=() if isinstance(content, str) else witnesses,
    )
    return sign(standing.identity.quarter_key, MEASUREMENT, encode(measurement))

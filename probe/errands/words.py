"""A result in a word or two, for the person who looks on. Not an opinion of record."""

from probe.measurement.dns_reading import readings
from probe.measurement.results import DnsResult, FetchResult, LatencyResult, ReachabilityResult, Result


def word_for(result: Result) -> str:
    """The word."""
    match result:
        case DnsResult():
            return ", ".join(readings(result))
        case FetchResult(looks=looks) | ReachabilityResult(looks=looks):
            return " · ".join(
                " ".join(
                    [look.role if isinstance(result, FetchResult) else look.host, look.failure, *look.signs]
                )
                for look in looks
            )
        case LatencyResult(series=series):
            medians = {
                f"{one.role or one.carrier} {one.phase}": one.p50_us
                for one in series
                if one.p50_us is not None
            }
            return " · ".join(f"{name} {us / 1000:.1f} ms" for name, us in medians.items()) or "–"

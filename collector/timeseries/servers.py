"""What a time-series database must do for us, how it may refuse, and which one stands at an address."""

from typing import Any, Final, Protocol

import aiohttp

from collector.messages import Trouble
from collector.timeseries.kinds import Kind
from collector.timeseries.policy import Bucket

TIMEOUT_S: Final = 30.0
LONGEST_ERROR: Final = 300
NO_POLICY: Final = "retention policy not found"

Rows = list[dict[str, Any]]
"""Rows of an answer: a column's name to its value; of a grouped query the tags stand among them."""


class Busy(Exception):
    """It cannot take anything now: down, slow, full, or asks to wait. ``wait_s`` is its own word, if it has one."""

    def __init__(self, detail: str, wait_s: float | None = None) -> None:
        super().__init__(detail[:LONGEST_ERROR])
        self.wait_s = wait_s


class Refused(Exception):
    """It will not have some of these lines, now or later (400): the others of the batch may have been kept or not."""


class TooLarge(Exception):
    """The batch is too large for it (413): smaller ones will do."""


class Missing(Exception):
    """The bucket is not there: never made, or lost with all that was in it."""


class Server(Protocol):
    """One database. Every method raises ``Busy``, ``Missing``, or ``Trouble`` where the credentials are refused."""

    kind: Kind
    lossy: bool
    """Whether what was acknowledged may be lost: then a gap is no reason to begin again."""

    async def setup(self, bucket: Bucket) -> bool:
        """Make the bucket with its retention, or give the one that is there this retention; whether it keeps to it."""

    async def write(self, bucket: Bucket, lines: bytes) -> None:
        """Write lines with times in ns; raises ``Refused`` and ``TooLarge`` too."""

    async def mark(self, bucket: Bucket, feed: str) -> int | None:
        """The largest ``fed`` that the mark of ``feed`` has in the bucket; ``None`` if it has none."""

    async def query(self, bucket: Bucket, text: str) -> Rows:
        """The rows that answer an InfluxQL query."""

    async def drop(self, bucket: Bucket, measurement: str, tags: dict[str, str]) -> None:
        """Delete the series of a measurement that have all these tags."""

    async def empty(self, bucket: Bucket) -> None:
        """Delete all that is in the bucket, and leave it ready to be written."""

    async def close(self) -> None:
        """Let go of what it opened itself."""


def failed(status: int, text: str, retry_after: str | None) -> Exception:
    """The exception for an answer that is no success.

    Full disks answer 500; a proxy in front 502 or 504; limits 429 and 503 with ``Retry-After`` (RFC 9110, 10.2.3). InfluxDB 1
    answers 500 too where somebody dropped our retention policy, and all data with it.
    """
    detail = f"{status} {text.strip()}"[:LONGEST_ERROR]
    if status == 413:
        return TooLarge(detail)
    if status in (401, 403):
        return Trouble("timeseries.forbidden", detail=detail)
    if status == 404 or NO_POLICY in detail:
        return Missing(detail)
    if status in (400, 405, 409, 422, 501):
        return Refused(detail)
    return Busy(detail, seconds_of(retry_after))


def seconds_of(retry_after: str | None) -> float | None:
    """``Retry-After`` in seconds; ``None`` without one, and for a date, which needs a clock that both share.

    >>> seconds_of("7"), seconds_of("Fri, 31 Dec 1999 23:59:59 GMT"), seconds_of(None)
    (7.0, None, None)
    """
    text = (retry_after or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


async def kind_at(session: aiohttp.ClientSession, url: str) -> Kind:
    """Which database answers ``/ping`` at ``url``: InfluxDB says its version, VictoriaMetrics says none."""
    try:
        async with session.get(f"{url}/ping") as answer:
            version = answer.headers.get("X-Influxdb-Version", "").removeprefix("v")
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Busy(f"{type(error).__name__}: {error}") from error
    major = version[:1]
    return "influx1" if major == "1" else "influx3" if major == "3" else "influx2" if version else "victoria"

"""Which failure an error of aiohttp, ssl or the kernel is: the layer by where the look stood, the rest by the error."""

import errno
import ssl
from collections.abc import Iterator
from typing import Final

import aiohttp

from probe.gate import Forbidden
from probe.measurement.failures import unknown
from probe.nettests.connection import RECEIVED_ALERTS
from probe.wire.tls import ENDED

UNREACHABLE: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH})


def failure_of(stage: str, error: BaseException) -> str:
    """The failure that ``error`` means in ``stage`` (dns, connect, tls or http)."""
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, Forbidden):
            return "address_forbidden"
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, aiohttp.ClientError):
            return _tls(cause)
    for cause in chain:
        if isinstance(cause, TimeoutError):
            return f"{stage}_timeout"
        if isinstance(cause, ConnectionError) and not isinstance(cause, aiohttp.ServerDisconnectedError):
            return _broken(stage, cause)
        if isinstance(cause, OSError) and cause.errno in UNREACHABLE:
            return "connect_unreachable"
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError):
        return "http_eof"
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.InvalidURL | ValueError):
        return "http_garbled"
    return unknown(error)


def _tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "tls_certificate"
    if isinstance(error, ENDED):
        return "tls_eof"
    return "tls_alert" if (error.reason or "").startswith(RECEIVED_ALERTS) else "tls_garbled"


def _broken(stage: str, error: ConnectionError) -> str:
    """A reset, or an end: asyncio and aiohttp call an orderly end in the middle a reset as well, but without a number."""
    if stage == "connect":
        return "connect_refused"
    return f"{stage}_reset" if error.errno else f"{stage}_eof"


def certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """OpenSSL's own verification error behind ``error``, if that is what it is about."""
    for cause in _causes(error):  # aiohttp's wrapper calls itself one, and knows no reason
        if isinstance(cause, ssl.SSLCertVerificationError) and not isinstance(cause, aiohttp.ClientError):
            return cause
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it was raised from or carries. Ends: at the last, or after ten."""
    for _ in range(10):
        if error is None:
            return
        yield error
        error = (
            getattr(error, "certificate_error", None) or error.__cause__ or getattr(error, "os_error", None)
        )

"""A look: hop after hop to the answer, and the record of it."""

import asyncio
from collections.abc import Container
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from probe.look.certificates import read, shown_unverified
from probe.look.hop import Body, Eyes, Hop, HopFailed, Request, run_hop
from probe.look.page import declared_bytes, media_type, title_in
from probe.measurement.failures import OK
from probe.measurement.results import Certificate, Look, Redirect
from probe.scrub import Scrubber
from probe.wire.http import told_of

MOST_REDIRECTS: Final = 5
FEWEST_BYTES: Final = 64
"""A shorter body is no page, and its hash would be found by trying."""


async def look(eyes: Eyes, request: Request, order: int = 0) -> Look:
    """Look once. Never raises for what the network does. Ends: after ``eyes.total_s`` at the latest."""
    hop = Hop(request.url)
    redirects: list[Redirect] = []
    failure = OK
    eyes.gate.meter.allow(request.most_wire_bytes)
    try:
        async with asyncio.timeout(eyes.total_s):
            while (onward := await run_hop(eyes, request, hop)) is not None:  # ends: see MOST_REDIRECTS
                if len(redirects) == MOST_REDIRECTS or urlsplit(onward).scheme not in ("http", "https"):
                    raise HopFailed("http_redirects")
                redirects.append(_redirect(eyes, hop.status or 302, onward))
                if not eyes.knows_line and urlsplit(onward).hostname != urlsplit(hop.url).hostname:
                    raise HopFailed("address_forbidden")
                hop = Hop(onward)
    except HopFailed as failed:
        failure = failed.failure
    except ValueError:  # a Location that is no URL
        failure = "http_redirects"
    except TimeoutError:
        failure = f"{hop.stage}_timeout"
    certificate = await asyncio.to_thread(_certificate, eyes, hop)
    return await asyncio.to_thread(_record, eyes, request, order, hop, tuple(redirects), certificate, failure)


def body_hash(body: Body, known: Container[bytes], media: str | None, scrubber: Scrubber) -> bytes | None:
    """A body's hash, from which no address can be read back.

    The body's own (SHA-256) where it is one of ``known``: then it says nothing that the catalogue does not. Of another
    page, that of the text of its first ``HEAD_BYTES`` without numbers (``told_of``): the hash of a page that shows the
    home its address is found by trying all addresses. ``None`` for what is no text or too short to be a page.
    """
    own: bytes = body.digest.digest()
    if body.received_bytes and own in known:
        return own
    if body.received_bytes < FEWEST_BYTES or not (media or "").startswith("text/"):
        return None
    return told_of(bytes(body.head), lambda text: scrubber.text(text, len(text)))[0]


def _redirect(eyes: Eyes, status: int, url: str) -> Redirect:
    parts = urlsplit(url)
    return Redirect(status, eyes.scrubber.text(parts.scheme, 16), eyes.scrubber.host(parts.hostname or "-"))


def _certificate(eyes: Eyes, hop: Hop) -> Certificate | None:
    """What the last hop's server showed: from the connection, or by a second look if that was refused for it."""
    der = None
    if hop.refused is not None and hop.address is not None:
        name = urlsplit(hop.url).hostname or ""
        der = shown_unverified(eyes.gate, (hop.address, hop.port), name, eyes.connect_s)
    elif hop.tls is not None and hop.tls.last is not None:
        try:
            der = hop.tls.last.getpeercert(binary_form=True)
        except ValueError:  # the handshake did not end
            return None
    reason = None if hop.refused is None else str(hop.refused.verify_message)
    return None if der is None else read(der, eyes.scrubber, reason)


def _record(
    eyes: Eyes,
    request: Request,
    order: int,
    hop: Hop,
    redirects: tuple[Redirect, ...],
    certificate: Certificate | None,
    failure: str,
) -> Look:
    body = hop.body
    media = media_type(hop.headers, eyes.scrubber)
    title = title_in(bytes(body.head)) if media and "html" in media else None
    return Look(
        role=request.role,
        order=1 if order else 0,
        host=urlsplit(request.url).hostname or "-",
        url_sha256=sha256(request.url.encode()).digest(),
        failure=failure,
        address=None if hop.address is None else eyes.scrubber.place(hop.address),
        dns_us=hop.length_us("dns", "connect"),
        connect_us=hop.length_us("connect", "tls", "http"),
        tls_us=hop.length_us("tls", "http"),
        first_byte_us=hop.length_us("sent", "answered"),
        duration_us=hop.length_us("body", "end"),
        status=hop.status,
        received_bytes=body.received_bytes,
        declared_bytes=declared_bytes(hop.headers),
        body_sha256=body_hash(body, request.known, media, eyes.scrubber),
        whole=body.whole,
        from_start=body.from_start,
        media_type=media,
        title=eyes.scrubber.text(title) if title else None,
        redirects=redirects,
        certificate=certificate,
        t_us=tuple(body.t_us),
        at_bytes=tuple(body.at_bytes),
    )

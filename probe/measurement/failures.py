"""The closed list of what can end a run. ``ok`` else; never called outcome.

The name says the layer and what was seen, not why: whether a reset was an ISP's doing is the analysis's
question. A string outside the list is ``unknown_failure: …`` with addresses scrubbed.
"""

import re
from typing import Final

OK: Final = "ok"
UNKNOWN_PREFIX: Final = "unknown_failure: "

FAILURES: Final[dict[str, str]] = {
    OK: "the run reached its end",
    "connect_refused": "TCP: the far end answered the SYN with a reset",
    "connect_timeout": "TCP: no answer to the SYN",
    "connect_unreachable": "TCP: the network said host or network unreachable",
    "tls_reset": "TLS: reset before the handshake ended",
    "tls_timeout": "TLS: the handshake did not end in time",
    "tls_eof": "TLS: closed before the handshake ended",
    "tls_alert": "TLS: an alert ended the handshake",
    "tls_garbled": "TLS: what came was no valid TLS handshake: another protocol's page, or bytes altered on the way",
    "tls_intercepted": "TLS: another certificate than the responder's pinned one",
    "quic_silent": "QUIC: nothing at all came back: the datagrams, or their answers, were dropped",
    "quic_refused": "QUIC: an ICMP message said that the port is closed",
    "quic_unreachable": "QUIC: the network said host or network unreachable",
    "quic_version": "QUIC: the answer was a version negotiation that does not offer version 1",
    "quic_timeout": "QUIC: something came back, but the handshake did not end in time",
    "quic_closed": "QUIC: a CONNECTION_CLOSE ended the handshake (anybody on the way can forge one)",
    "quic_garbled": "QUIC: what came was no valid handshake",
    "http_garbled": "HTTP: what came was no HTTP",
    "answered_by_other": "HTTP: the answer does not bear the responder's mark: somebody else answered",
    "start_reset": "reset after the handshake, before the first byte of bulk",
    "start_timeout": "no byte of bulk in time",
    "start_eof": "closed before the first byte of bulk",
    "transfer_reset": "reset in the middle of the bulk",
    "transfer_eof": "closed well before the bulk's end",
    "transfer_corrupt": "a TLS record failed its integrity check",
    "responder_refused": "the responder refused, inside its own pinned TLS",
    "protocol_error": "the far end spoke, inside its own pinned TLS, something else than our protocol",
}

LAYER: Final[dict[str, str]] = {
    name: name.split("_", 1)[0]
    for name in FAILURES
    if name.startswith(("connect_", "tls_", "quic_", "http_", "start_", "transfer_"))
}
"""Which layer a failure belongs to: connect, tls, quic, http, start or transfer."""

ENDPOINT_FAILURES: Final[dict[str, str]] = {
    OK: "the look reached its end",
    "dns_nxdomain": "DNS: the resolver says that there is no such name",
    "dns_no_address": "DNS: the name has no address of this family",
    "dns_failed": "DNS: the resolver answered with another error (SERVFAIL, REFUSED …)",
    "dns_timeout": "DNS: no answer in time",
    "dns_unreachable": "DNS: the resolver could not be reached",
    "dns_garbled": "DNS: what came was no answer to the question",
    "address_forbidden": "nothing was sent: the address or the port is one to which a probe does not connect",
    **{name: meaning for name, meaning in FAILURES.items() if name != OK},
    "tls_certificate": "TLS: a certificate that is not valid for the name",
    "http_reset": "HTTP: reset after the handshakes",
    "http_timeout": "HTTP: the answer did not begin, or go on, in time",
    "http_eof": "HTTP: closed before the answer's end",
    "http_garbled": "HTTP: what came was no HTTP",
    "http_redirects": "HTTP: more redirects than are followed, or one that leads nowhere",
}
"""What can end a look at a service's own server, a question to a resolver or a series of echoes: the layer, and what
was seen there."""

_ADDRESS = re.compile(r"\d+(?:\.\d+){3}|[0-9a-fA-F]*(?::[0-9a-fA-F.]*){2,}(?:%\w+)?")
"""Dotted quads, and whatever has two colons among hex digits: a time of day scrubbed is better than an address kept."""


def unknown(error: BaseException) -> str:
    """A failure string for an error outside the list: its type and text, addresses replaced by ``<line>``.

    >>> unknown(OSError("no route to 192.0.2.7"))
    'unknown_failure: OSError no route to <line>'
    """
    text = _ADDRESS.sub("<line>", str(error))[:120]
    return f"{UNKNOWN_PREFIX}{type(error).__name__} {text}".rstrip()


def is_known(failure: str) -> bool:
    """Whether ``failure`` is in the list or is a well-formed unknown failure."""
    return failure in FAILURES or failure.startswith(UNKNOWN_PREFIX)


def is_endpoint_failure(failure: str) -> bool:
    """Whether ``failure`` is one of ``ENDPOINT_FAILURES`` or a well-formed unknown failure."""
    return failure in ENDPOINT_FAILURES or failure.startswith(UNKNOWN_PREFIX)

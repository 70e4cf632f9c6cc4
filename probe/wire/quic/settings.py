"""The settings of every QUIC run: original and control differ in the server name alone.

Version 1 only, connection ids of 8 bytes, datagrams of at most 1200 bytes and Initials padded to them, one ALPN (QUIC
must have one, RFC 9001 section 8.1; `h3` is what the services' own traffic shows), the same groups, ciphers and
transport parameters in the library's one order, no 0-RTT, no session tickets.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.packet import QuicProtocolVersion

VERSION_1: Final = int(QuicProtocolVersion.VERSION_1)
DATAGRAM_BYTES: Final = 1200
CID_BYTES: Final = 8
ALPN: Final = "h3"
STREAM: Final = 0
CONGESTION_CONTROL: Final = "cubic"
WINDOW_BYTES: Final = 8 * 1024 * 1024
"""Flow control: as much as a browser offers, so that it is never what limits a paced run."""
IDLE_S: Final = 30.0
AHEAD_BYTES: Final = 128 * 1024
"""So much of the bulk is written before it is sent: what a pacer may catch up at once, 10 ms, at the fastest pace there is."""
# The library writes of connections and addresses, which we never do.
logging.getLogger("quic").disabled = True


def client_configuration(name: str) -> QuicConfiguration:
    """The settings of every QUIC run at the probe. The pin, not a CA, is the trust."""
    return _configuration(is_client=True, server_name=name, verify_mode=0)


def server_configuration(certificate_pem: str, key_pem: str) -> QuicConfiguration:
    """The responder's one configuration, from two PEM files; it knows no name."""
    configuration = _configuration(is_client=False)
    configuration.load_cert_chain(certificate_pem, key_pem)
    return configuration


def _configuration(**more: Any) -> QuicConfiguration:
    return QuicConfiguration(
        alpn_protocols=[ALPN],
        congestion_control_algorithm=CONGESTION_CONTROL,
        connection_id_length=CID_BYTES,
        idle_timeout=IDLE_S,
        max_data=WINDOW_BYTES,
        max_stream_data=WINDOW_BYTES,
        max_datagram_size=DATAGRAM_BYTES,
        supported_versions=[VERSION_1],
        **more,
    )

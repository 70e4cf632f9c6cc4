"""QUIC version 1 (RFC 9000, 9001) without a socket: the one folder that wraps aioquic, which the extra `quic` brings.

aioquic is sans-I/O: datagrams in, datagrams out, a timer. `settings` fixes what could differ beside the server name,
`doorkeeper` answers before there is a connection, `channel` is one connection, `pacer` its pace, `hello` reads a ClientHello.
"""

from probe.wire.quic.channel import Closed, QuicChannel
from probe.wire.quic.doorkeeper import Doorkeeper, Validated, destination_cid, is_retry
from probe.wire.quic.hello import hello_record
from probe.wire.quic.settings import (
    AHEAD_BYTES,
    CONGESTION_CONTROL,
    DATAGRAM_BYTES,
    VERSION_1,
    client_configuration,
    server_configuration,
)

__all__ = [
    "AHEAD_BYTES",
    "CONGESTION_CONTROL",
    "DATAGRAM_BYTES",
    "VERSION_1",
    "Closed",
    "Doorkeeper",
    "QuicChannel",
    "Validated",
    "client_configuration",
    "destination_cid",
    "hello_record",
    "is_retry",
    "server_configuration",
]

"""TLS 1.3 over memory buffers, with what is pinned so that original and control differ in the name alone.

One key-exchange group, so that the ClientHello fits one segment whatever OpenSSL prefers: P-256, for the Python of
Debian 12 (3.11.2) can pin no X25519. TLS 1.3 only (RFC 8446); no session tickets; no 0-RTT. The server context has **no server-name callback**: it cannot
know the name while the handshake runs, and nobody parses it before the last byte is sent.

TLS over ``ssl.MemoryBIO`` costs one copy more than over a socket and buys two facts: the exact bytes of the
ClientHello, and the count of TCP payload bytes as they were read from the socket.
"""

import ssl
from hashlib import sha256
from typing import Final

GROUP: Final = "prime256v1"
CLIENT_HELLO_KEPT_BYTES: Final = 4096
OP_TLSEXT_PADDING: Final = ssl.Options(1 << 4)
"""SSL_OP_TLSEXT_PADDING, on by default: it would pad a ClientHello of 256-511 bytes to 512 by one more extension,
so that names of 44 and 45 letters differed in length by hundreds of bytes and in JA4."""

ENDED: Final = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""What Python raises where the far end closed: before a handshake is through 3.11.2 (Debian 12) the second, 3.11.7 the first."""


def client_context() -> ssl.SSLContext:
    """The context of every replay, session and capacity connection. The pin, not a CA, is the trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _pin(context)
    context.options &= ~OP_TLSEXT_PADDING
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def server_context(certificate_pem: str, key_pem: str) -> ssl.SSLContext:
    """The responder's one context, from two PEM files. Raises ``OSError`` or ``ssl.SSLError``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _pin(context)
    context.num_tickets = 0
    context.load_cert_chain(certificate_pem, key_pem)
    return context


def _pin(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.set_ecdh_curve(GROUP)


class TlsChannel:
    """One TLS connection without a socket: feed it what came, take what must go.

    ``first_flight`` keeps the first bytes of the client's side, sent or received: the raw ClientHello.
    """

    def __init__(self, context: ssl.SSLContext, server_name: str | None = None) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._is_server = server_name is None
        self._object = context.wrap_bio(
            self._incoming, self._outgoing, server_side=self._is_server, server_hostname=server_name
        )
        self.first_flight = b""
        self.established = False

    def feed(self, data: bytes | memoryview) -> None:
        """Bytes that came from the network; empty means that the far end closed."""
        if not data:
            self._incoming.write_eof()
            return
        if self._is_server:
            self._keep(data)
        self._incoming.write(data)

    def take(self) -> bytes:
        """Bytes that must go to the network now."""
        data = self._outgoing.read()
        if not self._is_server:
            self._keep(data)
        return data

    def _keep(self, data: bytes | memoryview) -> None:
        if not self.established and len(self.first_flight) < CLIENT_HELLO_KEPT_BYTES:
            self.first_flight += bytes(data[: CLIENT_HELLO_KEPT_BYTES - len(self.first_flight)])

    def handshake(self) -> bool:
        """One step; true once established. Raises ``ssl.SSLError``, one of ENDED where the far end closed."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        self.established = True
        return True

    def write(self, data: bytes | memoryview) -> None:
        """Encrypt ``data``; the records wait in ``take``."""
        self._object.write(data)

    def read(self, size: int = 65536) -> bytes:
        """Decrypted bytes, empty if none are whole yet. Raises ``ssl.SSLError``; EOF raises ``EOFError``."""
        try:
            data = self._object.read(size)
        except ssl.SSLWantReadError:
            return b""
        except ENDED as error:
            raise EOFError from error
        if not data:
            raise EOFError
        return data

    def read_into(self, buffer: memoryview) -> int:
        """As ``read``, into ``buffer``; the number of bytes, 0 if none are whole yet."""
        try:
            count = int(self._object.read(len(buffer), buffer))
        except ssl.SSLWantReadError:
            return 0
        except ENDED as error:
            raise EOFError from error
        if count == 0:
            raise EOFError
        return count

    @property
    def undecrypted_bytes(self) -> int:
        """Bytes that were fed and not yet taken by ``read``: whole records or part of one."""
        return self._incoming.pending

    def peer_certificate_sha256(self) -> bytes:
        """SHA-256 of the far end's DER certificate: the pin."""
        return sha256(self._object.getpeercert(binary_form=True) or b"").digest()

"""The far end of the bench's peer: HTTP over TLS 1.3, as many bytes as the path says, at a pace.

``python -m tests.bench.replay_peer FOLDER ADDRESS PACE_BIT_S`` with the responder's certificate in FOLDER; prints
its port. Same TLS library, same block and same pacing as the responder.
"""

import socket
import ssl
import sys
from pathlib import Path

from probe.responder.sender import BLOCK

SO_MAX_PACING_RATE = 47


def main(folder: Path, address: str, pace_bit_s: int) -> None:
    """Answer one request after the other. Ends: by SIGTERM."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(folder / "certificate.pem", folder / "certificate.key")
    with socket.create_server((address, 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            sock, _ = listener.accept()
            if pace_bit_s:
                sock.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, pace_bit_s // 8)
            with context.wrap_socket(sock, server_side=True) as tls:
                _answer(tls)


def _answer(tls: ssl.SSLSocket) -> None:
    """One response. Ends: when all bytes are sent or the peer is gone."""
    wanted = int(tls.recv(4096).split(b" ")[1].strip(b"/"))
    tls.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {wanted}\r\nConnection: close\r\n\r\n".encode())
    while wanted > 0:
        tls.sendall(BLOCK[:wanted])
        wanted -= len(BLOCK)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))

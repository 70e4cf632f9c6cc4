"""The pages on loopback, for whoever wrote them: the same headers as the collector's, and nobody else can reach it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from collector.pages import headers_for

HOST: Final = "127.0.0.1"


class Handler(SimpleHTTPRequestHandler):
    """Files with the site's headers, and no log."""

    def end_headers(self) -> None:
        """See the standard library."""
        for name, value in headers_for(Path(self.path.partition("?")[0]).suffix or ".html").items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Nothing: a log would name who looked."""


@contextmanager
def serve(folder: Path, port: int) -> Iterator[str]:
    """Serve ``folder`` on loopback while the block runs; yields its address (port 0: a free one)."""
    server = ThreadingHTTPServer((HOST, port), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

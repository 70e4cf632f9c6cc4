"""The proxy that deploy/ ships: a real nginx with that very file, in front of a real collector."""

import re
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from tests.support.certificates import Authority
from tests.support.collectors import Site, served
from tools.tree import ROOT

NAME = "collector.example"


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def nginx(folder, collector: str):
    """nginx with ``deploy/nginx.conf``, its port, its certificate and the collector's address changed and nothing else; its port."""
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not here: deploy/nginx.conf was NOT tried")
    authority, port = Authority.make(folder), free_port()
    authority.context(NAME)
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    text = re.sub(r"listen \[::\]:443 ssl;\n", "", text).replace("listen 443", f"listen 127.0.0.1:{port}")
    text = re.sub(r"/etc/letsencrypt\S+\.pem", str(folder / f"{NAME}.pem"), text)
    text = text.replace("127.0.0.1:8080", collector.removeprefix("http://"))
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; pid {folder}/pid; error_log stderr crit; events {{}}\nhttp {{\n"
        + "".join(
            f"{kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + text
        + "}\n"
    )
    with subprocess.Popen(["nginx", "-p", str(folder), "-c", str(conf)], stderr=subprocess.PIPE) as process:
        try:
            for _ in range(200):
                with socket.socket() as sock:
                    if sock.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert process.poll() is None, process.stderr and process.stderr.read()
                time.sleep(0.05)
            yield port, authority.pem
        finally:
            process.terminate()
            process.wait(20)


def test_homes_come_through_the_shipped_proxy(tmp_path):
    """By TLS to the collector and back; what a home writes into X-Forwarded-For reaches nobody; no file has an address in it."""
    site = Site.make(tmp_path / "site")
    site.operator_file.write_text(
        site.operator_file.read_text() + "\n[collector]\ndocuments_per_prefix_minute = 1\n"
    )
    folder = tmp_path / "nginx"
    folder.mkdir()
    with served(site, tmp_path / "log") as server, nginx(folder, server.url) as (port, pem):
        context = ssl.create_default_context(cadata=pem)
        context.check_hostname = False

        def asked(path: str, body: bytes | None = None) -> int:
            request = urllib.request.Request(f"https://127.0.0.1:{port}{path}", body)
            request.add_header("X-Forwarded-For", "192.0.2.7")
            try:
                with urllib.request.urlopen(request, context=context, timeout=20) as response:  # noqa: S310 - as above
                    return int(response.status)
            except urllib.error.HTTPError as error:
                return error.code

        assert (200, 404, 404) == (asked("/healthz"), asked("/metrics"), asked("/v1/fleet"))
        # Believed, the header would give a prefix its minute of one document, and the second would be too fast (429).
        assert [422] * 3 == [asked("/v1/measurements", b"{}") for _ in range(3)]
        assert 413 == asked("/v1/tickets", bytes(6 * 1024 * 1024))
    written = b"".join(
        path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".conf"
    )
    assert b"192.0.2.7" not in written + (tmp_path / "log").read_bytes()

"""Real programs as the internet of a lab: nginx serves content, unbound is the trusted resolver, dnsmasq the ISP's own.

10.77.10.3   unbound, over UDP, TCP and TLS: says the truth; and nginx: the same service, nearer
10.77.10.4   nginx: the service and its control, over HTTPS and HTTP
10.77.10.5   nginx: the page of a censor, under a certificate of its own
10.77.100.1  dnsmasq in the ISP: what the home is told to ask; and at another port one with the service on its blocklist
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.lab.namespaces import inside
from tests.lab.network import Lab
from tests.support.certificates import Authority

TRUTH, CONTENT, CENSOR, ISP_RESOLVER = "10.77.10.3", "10.77.10.4", "10.77.10.5", "10.77.100.1"
LIAR_PORT = 5353
NEARER, NEARER_PORT = "10.77.10.3", 5454
"""A second server of the service itself, and a resolver that sends the ISP's customers there."""
RESOLVER_NAME = "dns.lab.example"
PROGRAMS = ("nginx", "unbound", "dnsmasq", "curl")
PAGE = b"<html><head><title>Acc\xc3\xa8s interdit</title></head><body>Blocked.</body></html>\n"


def absent() -> list[str]:
    """Those that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def needs_programs() -> None:
    """Skip, and say so, where one of them is not installed."""
    if missing := absent():
        pytest.skip(
            f"NOT PROVED: not installed: {', '.join(missing)} (apt-get install nginx-light unbound dnsmasq-base curl)"
        )


def start(
    lab: Lab, folder: Path, authority: Authority, names: Sequence[str], content: Mapping[str, bytes]
) -> None:
    """Start all four but curl; ends with the lab. ``content`` is what nginx serves, by path."""
    folder.chmod(0o755)
    authority.context(*names)
    authority.context("block.isp.example")
    authority.context(RESOLVER_NAME)
    for path, said in content.items():
        (folder / path).write_bytes(said)
    (folder / "page.html").write_bytes(PAGE)
    (folder / "unbound.conf").write_text(unbound_conf(authority.folder / f"{RESOLVER_NAME}.pem", names))
    (folder / "nginx.conf").write_text(nginx_conf(folder, authority.folder, names[0]))
    spawn(lab, "net", ["unbound", "-d", "-c", str(folder / "unbound.conf")], folder / "unbound.log")
    argv = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log")]
    spawn(lab, "net", argv, folder / "nginx.out")
    resolver(lab, folder, 53)
    resolver(lab, folder, LIAR_PORT, f"--address=/{names[0]}/{CENSOR}")
    resolver(lab, folder, NEARER_PORT, f"--address=/{names[0]}/{NEARER}")
    wait_for(
        lab,
        (TRUTH, 853),
        (CONTENT, 443),
        (CENSOR, 80),
        (ISP_RESOLVER, 53),
        (ISP_RESOLVER, LIAR_PORT),
        (ISP_RESOLVER, NEARER_PORT),
    )


def resolver(lab: Lab, folder: Path, port: int, *blocklist: str) -> None:
    """A resolver of the ISP's: what its blocklist does not hold, it asks of the trusted one."""
    argv = [
        "dnsmasq",
        "--no-daemon",
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        "--user=root",
        "--cache-size=0",
    ]
    argv += [f"--listen-address={ISP_RESOLVER}", "--bind-interfaces", f"--port={port}", f"--server={TRUTH}"]
    spawn(
        lab,
        "isp",
        [*argv, f"--pid-file={folder / f'dnsmasq{port}.pid'}", *blocklist],
        folder / f"dnsmasq{port}.log",
    )


def spawn(lab: Lab, kind: str, argv: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a program that writes to ``log``."""
    with log.open("wb") as out:
        return lab.spawn(kind, 0, argv, stdout=out, stderr=out)


def wait_for(lab: Lab, *places: tuple[str, int]) -> None:
    """Until each accepts a connection from the home. Ends: after a minute each, or later."""

    def knock(address: str, port: int) -> None:
        for _ in range(300):
            try:
                socket.create_connection((address, port), 1.0).close()
            except OSError:
                time.sleep(0.2)
            else:
                return
        raise AssertionError(f"nobody answers at {address}:{port}")

    for address, port in places:
        inside(lab.namespace("probe"), partial(knock, address, port))


def unbound_conf(pem: Path, names: Sequence[str]) -> str:
    """A resolver that knows the names of the lab and says of all others that they are not."""
    records = "".join(f'  local-data: "{name}. 60 IN A {CONTENT}"\n' for name in names)
    return f"""server:
  interface: {TRUTH}@53
  interface: {TRUTH}@853
  tls-service-pem: "{pem}"
  tls-service-key: "{pem}"
  access-control: 10.77.0.0/16 allow
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  do-ip6: no
  num-threads: 1
  module-config: "iterator"
  local-zone: "example." static
  local-zone: "com." static
{records}remote-control:
  control-enable: no
"""


def nginx_conf(folder: Path, certificates: Path, name: str) -> str:
    """The service at one address, the censor's page at another, each over HTTPS and HTTP."""

    def server(address: str, certificate: str, rule: str) -> str:
        pem = certificates / f"{certificate}.pem"
        return (
            f"  server {{ listen {address}:80; listen {address}:443 ssl; ssl_certificate {pem}; ssl_certificate_key {pem};"
            f" root {folder}; {rule} }}\n"
        )

    return (
        f"user root;\nworker_processes 1;\ndaemon off;\npid {folder / 'nginx.pid'};\nevents {{ worker_connections 64; }}\n"
        f"http {{\n  access_log {folder / 'asked.log'};\n  types {{ text/html html; video/mp4 mp4; }}\n"
        + server(CONTENT, name, "index page.html;")
        + server(NEARER, name, "index page.html;")
        + server(CENSOR, "block.isp.example", "location / { rewrite ^ /page.html break; }")
        + "}\n"
    )

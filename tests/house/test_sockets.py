"""Where the probe opens sockets outward: in the files named here and nowhere else, so that a new one is noticed."""

import ast
from pathlib import Path
from typing import Final

from tools.tree import ROOT

OPENS: Final = frozenset(
    {
        "socket",  # socket.socket
        "socketpair",
        "create_connection",
        "create_server",
        "open_connection",
        "create_datagram_endpoint",
        "TCPConnector",  # aiohttp's
        "ClientSession",
        "Client",  # aiomqtt's
    }
)
GATED: Final = {
    "probe/gate.py": "the gate itself",
    "probe/doh.py": "aiohttp, with the gate's socket factory",
    "probe/look/hop.py": "aiohttp, with the gate's socket factory",
}
OUTSIDE: Final = {
    "probe/door.py": "the volunteer's own collector",
    "probe/mqtt_door.py": "the volunteer's own collector, as its broker",
    "probe/families.py": "asks the kernel for a route, sends nothing",
    "probe/link_linux.py": "asks the kernel for an interface, sends nothing",
    "probe/errands/doctor.py": "asks the kernel what a socket can do, connects to nobody",
    "probe/nettests/quic_ceiling.py": "a pair of sockets of this very process",
    "probe/catalogue/way_out.py": "the maintainer's tool, which volunteers do not run",
    "probe/responder/door.py": "listens",
    "probe/responder/quic_door.py": "listens",
    "probe/responder/echo.py": "listens",
    "probe/responder/digests.py": "the responder's digests, to the operator's collector",
}
"""File to why its sockets need no gate."""


def opens_sockets(source: str) -> bool:
    """Whether a program calls anything that opens a socket, by whatever name it was imported."""
    tree = ast.parse(source)
    aliases = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("socket", "asyncio", "aiohttp", "aiomqtt")
        for alias in node.names
        if alias.name in OPENS
    }
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in OPENS:
                return True
            case ast.Call(func=ast.Name(id=name)) if name in aliases:
                return True
    return False


def test_sockets_are_opened_where_it_is_known():
    """The files of ``probe/`` that open sockets are those of the two lists, each with its reason."""
    files: list[Path] = sorted((ROOT / "probe").rglob("*.py"))
    found = {str(path.relative_to(ROOT)) for path in files if opens_sockets(path.read_text(encoding="utf-8"))}
    assert {*GATED, *OUTSIDE} == found


def test_a_new_one_is_found():
    """Plain, by an alias, of asyncio and of aiohttp; a type annotation opens nothing."""
    for source in (
        "import socket\nsocket.socket()",
        "from socket import create_connection as knock\nknock(('a', 1))",
        "import asyncio\nasyncio.open_connection('a', 1)",
        "async def f(loop):\n    await loop.create_datagram_endpoint(None)",
        "import aiohttp\naiohttp.ClientSession()",
    ):
        assert opens_sockets(source)
    assert not opens_sockets("import socket\ndef f(sock: socket.socket) -> None:\n    sock.connect(('a', 1))")

"""The responder cannot favour a name: it does not know one while it serves, and behaves alike for a thousand."""

import ast
import asyncio
import os
import random
import socket
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.signing import public_bytes
from probe.measurement.ticket import Grant
from probe.nettests.connection import dial
from probe.plan import Responder
from probe.responder import command, door
from probe.responder.serve import Service
from probe.wire.messages import Going, Start
from probe.wire.tls import client_context
from tests.support.knock import NONCE, make_opening
from tests.support.responder import ADDRESSES, RunningResponder, lab_net, write_config

ROOT = Path(__file__).parents[3]
SERVING = ("serve", "sender", "receiver", "stream", "door", "seats")
PARSERS = ("client_hello",)
WORDS = ("server_name", "servername", "sni", "original_name", "control_name", "name_seen", "parse")
NAMES = 1000
MAX_PACING_RATE, NOTSENT_LOWAT = 47, 25


@pytest.mark.parametrize("module", SERVING)
def test_what_serves_knows_no_name(module):
    """No import of a ClientHello parser, and no word that means a server name, in what handles connections."""
    tree = ast.parse((ROOT / "probe" / "responder" / f"{module}.py").read_text(encoding="utf-8"))
    imported, words = set[str](), set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                imported |= {alias.name for alias in names}
            case ast.ImportFrom(module=origin, names=names):
                imported |= {f"{origin}.{alias.name}" for alias in names}
            case ast.Attribute(attr=word) | ast.Name(id=word) | ast.arg(arg=word) | ast.keyword(arg=word):
                words.add(word or "")
    assert [] == [name for name in imported if any(parser in name for parser in PARSERS)]
    assert [] == sorted(words.intersection(WORDS))


def test_the_parser_is_called_for_receipts_alone():
    """In the whole responder one module imports the parser: the one that runs when a pair is closed."""
    folder = ROOT / "probe" / "responder"
    users = [
        path.name
        for path in folder.glob("*.py")
        if "import NotAClientHello, parse" in path.read_text("utf-8")
    ]
    assert ["receipts.py"] == users


@contextmanager
def in_process(folder: Path) -> Iterator[tuple[Service, RunningResponder]]:
    """The responder's own classes, wired by its own composition root, serving on a thread of this process."""
    operator = Ed25519PrivateKey.generate()
    bounds = {"open_tickets_per_key": 10_000, "open_tickets_per_prefix": 10_000, "newcomers_per_prefix": 500}
    bounds |= {"openings_per_key_hour": 10_000, "openings_per_prefix_hour": 10_000}
    own = command.identity(write_config(folder, public_bytes(operator), bounds=bounds))
    service, opened = command.build(own), door.open_door(ADDRESSES, 0)
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        tasks = [asyncio.create_task(service.accept(sock, n)) for n, sock in enumerate(opened.sockets)]
        await stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.sleep(0.2)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    block = own.block()
    responder = Responder(
        id="r1",
        key=bytes.fromhex(block["key"]),
        certificate_sha256=own.certificate_sha256,
        addresses=ADDRESSES,
        port=opened.port,
        owned_name=block["owned_name"],
    )
    try:
        yield service, RunningResponder(None, responder, operator, folder)  # type: ignore[arg-type]  # no process
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
        opened.close()


def far_end_of(sock: socket.socket) -> socket.socket:
    """The accepted socket of this process whose peer is ``sock``: no hook in the code, only /proc/self/fd."""
    for descriptor in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        try:
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            copy = socket.socket(fileno=os.dup(descriptor))
        except OSError:  # closed in between
            continue
        try:
            if copy.getpeername() == sock.getsockname():
                return copy
        except OSError:  # a listener, or one that has no peer any more
            pass
        copy.close()
    raise AssertionError("the accepted socket was not found")


def settings_of(sock: socket.socket) -> dict[str, object]:
    """What the kernel says of an accepted socket."""
    tcp, general = socket.IPPROTO_TCP, socket.SOL_SOCKET
    return {
        "congestion": sock.getsockopt(tcp, socket.TCP_CONGESTION, 16).rstrip(b"\0"),
        "notsent_lowat": sock.getsockopt(tcp, NOTSENT_LOWAT),
        "nodelay": bool(sock.getsockopt(tcp, socket.TCP_NODELAY)),
        "sndbuf": sock.getsockopt(general, socket.SO_SNDBUF),
        "mark and priority": (
            sock.getsockopt(general, socket.SO_MARK),
            sock.getsockopt(general, socket.SO_PRIORITY),
        ),
        "tos": sock.getsockopt(socket.IPPROTO_IP, socket.IP_TOS),
        "max_segment": sock.getsockopt(tcp, socket.TCP_MAXSEG),
    }


def thousand_names() -> list[str]:
    """Names of services, controls and nonsense, of all lengths."""
    rng = random.Random(8)
    stems = ("video", "music", "cdn.press", "www", "radio", "edge-7")
    return [f"{rng.choice(stems)}.{'x' * rng.randrange(1, 60)}{n}.example" for n in range(NAMES)]


def test_a_thousand_names_get_the_same_socket(tmp_path):
    """Buffers, congestion control and pace of the accepted socket, read back from the kernel, are one for all."""
    before, after = set(), set()
    with in_process(tmp_path) as (service, far):
        grant = Grant(
            probe_key=b"k" * 32, responders=("r1",), bytes_per_day=10_000_000_000, expires_at_us=2**50
        )
        # as the bulk starts, without the names' tickets costing a connection each
        for n, name in enumerate(thousand_names()):
            opening = make_opening(far, original_name=name, pace_bit_s=16_000_000)
            entry = service.book.open(opening, grant, b"prefix", 1, time.monotonic())
            service.book.reveal(entry.ticket.pair_id, NONCE, time.monotonic())
            address = (far.responder.addresses[n % 2], far.responder.port)
            connection = dial(lab_net(), address, name, client_context)
            connection.handshake(far.responder.certificate_sha256)
            accepted = far_end_of(connection.sock)
            before.add(tuple(settings_of(accepted).items()))
            connection.say(Start(entry.ticket.pair_id, 0))
            assert isinstance(connection.hear(), Going)
            connection.wait_readable(time.monotonic() + 2)  # bulk is here: the pace has been set
            rate = accepted.getsockopt(socket.SOL_SOCKET, MAX_PACING_RATE)
            after.add(
                (rate, accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0"))
            )
            accepted.close()
            connection.reset()
    assert 1 == len(before), before
    assert {(2_000_000, b"cubic")} == after


def test_the_context_has_no_callback_for_names(tmp_path):
    """OpenSSL asks nobody about the name, hands out no tickets, and speaks TLS 1.3 alone."""
    own = command.identity(write_config(tmp_path, bytes(32)))
    context = command.build(own).context
    assert None is context.sni_callback
    assert 0 == context.num_tickets
    assert ("TLSv1_3", "TLSv1_3") == (context.minimum_version.name, context.maximum_version.name)

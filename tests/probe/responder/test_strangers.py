"""Who comes without a ticket: gets one page or nothing, holds a slot for a while, and takes nobody's place."""

import random
import select
import socket
import threading
import time

import pytest

from probe.responder.page import LARGEST_BYTES, page
from probe.wire.messages import Close
from probe.wire.tls import TlsChannel, client_context
from tests.support.knock import knock, open_pair, refusal, start_run
from tests.support.responder import running_responder

PATIENCE_S = 3.0
HANDSHAKE_S = 1.0


def dial(far) -> socket.socket:
    """A TCP connection, nothing more."""
    return socket.create_connection((far.responder.addresses[0], far.responder.port), timeout=15)


def answer_to(far, plain: bytes) -> bytes:
    """All that comes back for some bytes said inside TLS."""
    connection = knock(far)
    connection.channel.write(plain)
    connection.flush()
    received = b""
    try:
        while True:
            received += connection.channel.read()
            data = connection.sock.recv(65536)
            connection.channel.feed(data)
    except (EOFError, ConnectionResetError):
        return received
    finally:
        connection.close()


@pytest.mark.parametrize(
    "request_", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff", b"SSH-2.0-x\r\n", b"x" * 100_000]
)
def test_a_stranger_gets_the_page_and_no_more(far, request_):
    """Whatever does not begin like a frame is answered by one page of at most 1,000 bytes, in both languages."""
    answer = answer_to(far, request_)
    assert answer == page("measure@example.org")
    assert 1000 == LARGEST_BYTES >= len(answer)
    head, body = answer.decode().split("\r\n\r\n", 1)
    assert f"Content-Length: {len(body.encode())}" in head
    assert "lang=fr" in body
    assert "lang=en" in body
    assert "measure@example.org" in body


@pytest.mark.parametrize("contact", ["", '"' * 100, "é" * 100, "<script>" * 30])
def test_the_page_is_whole_whatever_the_contact(contact):
    """The longest and oddest contact still leaves a page of at most 1,000 bytes with a true length."""
    whole = page(contact)
    head, body = whole.decode().split("\r\n\r\n", 1)
    assert len(whole) <= LARGEST_BYTES
    assert f"Content-Length: {len(body.encode())}" in head
    assert "<script" not in body


NONSENSE = {
    "a frame of noise": b"\0\0\0\x08abcdefgh",
    "an oversize frame": b"\0\x01\0\0" + bytes(100),
    "a server's message": b'\0\0\0\x10{"type":"ready"}',
    "a message too early": b'\0\0\0\x0f{"type":"reveal"',
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_in_frames_is_not_answered(far, name):
    """A frame that is no message of ours ends the connection without a byte."""
    assert b"" == answer_to(far, NONSENSE[name])


def test_garbage_instead_of_tls_is_not_answered_in_clear(far):
    """Plain HTTP and noise get a TLS alert at most, and the end."""
    rng = random.Random(1)
    for said in (b"GET / HTTP/1.1\r\n\r\n", rng.randbytes(5000), b"\x16\x03\x01\xff\xff" + bytes(70_000)):
        with dial(far) as sock:
            received = b""
            try:
                sock.sendall(said)
                sock.shutdown(socket.SHUT_WR)
                while data := sock.recv(4096):
                    received += data
            except OSError:  # reset, before or after we had done: shutdown says ENOTCONN then
                pass
            assert len(received) <= 64
            assert b"HTTP" not in received


def test_two_hundred_connections_opened_and_dropped(far):
    """Connections dropped in every state (reset, closed, half a hello, half a handshake) leave no slot taken."""
    hello = TlsChannel(client_context(), "a.example")
    hello.handshake()
    flight = hello.take()
    for n in range(200):
        sock = dial(far)
        sock.sendall(flight[: (0, 1, 100, len(flight))[n % 4]])
        if n % 3:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()
    # more connections than a prefix may hold have come and gone: the next is served at once
    began = time.monotonic()
    assert "no_ticket" == refusal(far, Close(bytes(16)))
    assert time.monotonic() - began < 2


def test_stalls_end_in_time(tmp_path):
    """A silent peer and half a hello end with the handshake's time; half a frame and silence after it by patience."""
    bounds = {"handshake_s": HANDSHAKE_S, "patience_s": PATIENCE_S}
    with running_responder(tmp_path, bounds=bounds) as far:
        hello = TlsChannel(client_context(), "a.example")
        hello.handshake()
        silent, half_hello = dial(far), dial(far)
        half_hello.sendall(hello.take()[:50])
        half_frame, in_between = knock(far), knock(far)
        half_frame.channel.write(b"\0\0\0\x50{")
        half_frame.flush()
        began = time.monotonic()
        ended: dict[socket.socket, float] = {}
        due = {
            silent: HANDSHAKE_S,
            half_hello: HANDSHAKE_S,
            half_frame.sock: PATIENCE_S,
            in_between.sock: PATIENCE_S,
        }
        while len(ended) < len(due) and time.monotonic() - began < PATIENCE_S + 8:
            for sock in select.select([sock for sock in due if sock not in ended], [], [], 1.0)[0]:
                ended[sock] = time.monotonic() - began
        assert due.keys() == ended.keys()
        assert [] == [(due[s], after) for s, after in ended.items() if not -0.5 < after - due[s] < 1.5]
        for sock in due:
            sock.close()


def test_half_open_peers_hold_a_run_no_longer_than_its_time(far):
    """A peer that starts a run and reads nothing is sent what the buffers hold; the run ends by its duration."""
    ticket = open_pair(far, duration_ms=300, pace_bit_s=100_000_000)
    connection = start_run(far, ticket, 0)
    began = time.monotonic()
    assert None is refusal(far, Close(ticket.pair_id))
    assert time.monotonic() - began < 3.0
    connection.reset()


def test_a_flooding_peer_does_not_stop_the_others(far):
    """While a peer pours noise into a refused connection, another one is answered, and the pouring is cut off."""
    connection = knock(far)
    connection.channel.write(b"x")
    connection.flush()
    stop = threading.Event()
    poured = 0

    def pour() -> None:
        nonlocal poured
        block = bytes(16_000)
        connection.sock.settimeout(5)
        try:
            while not stop.is_set():
                connection.channel.write(block)
                connection.flush()
                poured += len(block)
        except OSError:
            return

    thread = threading.Thread(target=pour)
    thread.start()
    waits = []
    for _ in range(5):
        began = time.monotonic()
        assert "no_ticket" == refusal(far, Close(bytes(16)))
        waits.append(time.monotonic() - began)
    thread.join(4)
    cut_off = not thread.is_alive()
    stop.set()
    thread.join()
    connection.close()
    assert cut_off, "the responder still listened after four seconds"
    assert poured > 0
    assert min(waits) < 1.0

"""No server can raise a look's bytes: what is no body counts on the wire as well, and past the bound the connection is given up."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from probe.door import AROUND_BYTES, LARGEST_PLAN_BYTES, NotBelieved, open_door
from probe.errands.child import run_in_child
from probe.gate import Gate
from probe.look.hop import Eyes, Request
from probe.look.look import look
from probe.measurement.results import FetchResult
from probe.nettests.endpoint import Endpoint, Fetched, FetchObject, Surroundings
from probe.nettests.fetch import FetchParams, cost
from probe.scrub import Scrubber
from tests.support import web

FLOODS = {
    "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 500),
    "chunk extensions": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        (b"1;" + b"a" * 3000 + b"\r\nx\r\n") * 10,
    ),
}
MOST_SENT_BYTES = 40_000_000
"""A flood that nobody stops ends here, so that a test that fails does so soon."""
BUFFERS_BYTES = 16_000_000
"""What two kernels may hold of a flood on loopback that nobody reads any more."""


def flood(name: str, sent: list[int]) -> Any:
    """A server that answers with ``name`` without end; ``sent`` tells how much it handed to its kernel."""
    head, piece = FLOODS[name]

    def visit(sock: Any) -> None:
        sock.recv(65_536)
        with suppress(OSError):
            sock.sendall(head)
            while sent[0] < MOST_SENT_BYTES:
                sock.sendall(piece)
                sent[0] += len(piece)
        sock.close()

    return visit


async def _pinned(_name, _family):
    return ("127.0.0.1",)


@pytest.mark.parametrize("most_bytes", [100_000, 0])
@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_ends_at_the_bound(name, most_bytes):
    """Whatever a server sends that is no body: the look is over at its bound, and the meter has every byte that was read."""
    gate, sent = Gate(lab=True), [0]
    with web.box(flood(name, sent)) as port:
        request = Request("original", f"http://a.example:{port}/", most_bytes, "ipv4")
        seen = asyncio.run(look(Eyes(gate, Scrubber(), _pinned, total_s=5.0), request))
    assert seen.failure in ("http_garbled", *(["ok"] if not most_bytes else []))  # a head may end in time
    assert seen.received_bytes <= most_bytes
    assert BUFFERS_BYTES > gate.meter.received_bytes >= seen.received_bytes
    assert MOST_SENT_BYTES > sent[0]


def test_what_a_child_tells_is_what_came(net):
    """The real nettest in its real child: the wire's bytes, both ways, far more than the bodies', and no more than declared."""
    sent = [0]
    with web.box(flood("chunk extensions", sent)) as port:
        both = (FetchObject(url=f"http://127.0.0.1:{port}/{name}") for name in "ab")
        terms = FetchParams(
            endpoint=Endpoint(id="s", names=("a.example",), objects=(Fetched(original=next(both), control=next(both)),), verified=True),
            surroundings=Surroundings(lab=True),
            most_bytes=200_000,
            gap_ms=0,
        )  # fmt: skip
        done = run_in_child("fetch", terms, True, 30.0)
    assert isinstance(done.result, FetchResult)
    assert {"http_garbled"} == {seen.failure for seen in done.result.looks}
    bodies = sum(seen.received_bytes for seen in done.result.looks)
    assert 100 * bodies < done.wire_bytes
    assert BUFFERS_BYTES + cost(terms).bytes > done.wire_bytes


@pytest.mark.parametrize("name", FLOODS)
async def test_a_collector_cannot_raise_it_either(name):
    """A plan that is asked for comes within its bound on the wire, or it is not believed."""
    sent = [0]
    with web.box(flood(name, sent)) as port:
        async with open_door(f"http://127.0.0.1:{port}", None) as door:
            with pytest.raises(NotBelieved, match="on the wire"):
                await door.plan(None)
    assert LARGEST_PLAN_BYTES + AROUND_BYTES + BUFFERS_BYTES > sent[0]


def test_what_is_allowed_does_not_add_up():
    """A second request has its own bound, not the first one's rest on top of it."""
    meter = Gate().meter
    meter.allow(1000)
    meter.received_bytes = 300
    meter.allow(500)
    assert (1000, False) == (meter.most_bytes, meter.is_full)
    meter.allow(2000)
    assert 2300 == meter.most_bytes

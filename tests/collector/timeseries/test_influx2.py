"""influxdb-client and what an InfluxDB 2 answers its writes in trouble: no real one is needed, for none of these is taken.

The feed into a real InfluxDB 2 is in ``test_feed`` and ``test_faults``.
"""

import asyncio
import json
import random

import pytest
from aiohttp import web

from collector.messages import Trouble
from collector.timeseries.opening import Address, open_server
from collector.timeseries.policy import PRIVATE
from collector.timeseries.servers import Busy, Missing
from collector.timeseries.writer import Writer
from tests.support.databases import free_port
from tests.support.fault_box import fault_box

LINES = [f"pair,service=s{n} count=1i {n}" for n in range(8)]
TAKEN = 204


def told(status: int, code: str, message: str, **headers: str) -> web.Response:
    """An error as InfluxDB 2 words it."""
    text = json.dumps({"code": code, "message": message})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(status=status, text=text, content_type="application/json", headers=named)


def written(url: str, rejected_to=None) -> tuple[Writer, list[float]]:
    """Write ``LINES`` as the feed does; the writer, and how long it waited each time, which takes no time here."""
    waits: list[float] = []

    async def sleep(seconds: float) -> bool:
        waits.append(seconds)
        return True

    async def run() -> Writer:
        async with open_server(Address(url, "influx2"), {"INFLUX_TOKEN": "none"}) as server:
            writer = Writer(server, random.Random(1), sleep, lambda _detail, _seconds: None, rejected_to)
            assert await writer.write(PRIVATE, LINES)
            return writer

    return asyncio.run(run()), waits


@pytest.mark.parametrize(
    ("trouble", "least_s", "most_s"),
    [
        ((429, "too many requests", "org over limit", {"Retry_After": "7"}), 7.0, 7.0),
        ((503, "unavailable", "shutting down", {"Retry_After": "3"}), 3.0, 3.0),
        ((503, "unavailable", "shutting down", {}), 0.5, 1.0),
        ((500, "internal error", "no space left on device", {}), 0.5, 1.0),
        ((502, "bad gateway", "", {}), 0.5, 1.0),
    ],
    ids=["429", "503 asks", "503", "full", "proxy"],
)
def test_what_passes_is_waited_for(trouble, least_s, most_s):
    """The same lines are sent again after as long as the database asked for, or a second at most; none is counted as refused."""
    status, code, message, headers = trouble
    bodies: list[bytes] = []

    def answer(number, body):
        bodies.append(body)
        return told(status, code, message, **headers) if number == 0 else web.Response(status=TAKEN)

    with fault_box("", answer) as box:
        writer, (wait_s,) = written(box.url)
    assert least_s <= wait_s <= most_s
    assert ["\n".join(LINES).encode()] * 2 == bodies
    assert 0 == writer.rejected


@pytest.mark.parametrize("status", [400, 422])
def test_a_partial_write_costs_the_lines_it_concerns(tmp_path, status):
    """400 (of old 422) with a partial write: the batch is halved to the bad line, which is kept with the database's word."""
    taken: list[str] = []

    def answer(_number, body):
        lines = body.decode().split("\n")
        if LINES[5] in lines:
            return told(status, "invalid", "partial write: field type conflict: count is float dropped=1")
        taken.extend(lines)
        return web.Response(status=TAKEN)

    with fault_box("", answer) as box:
        writer, waits = written(box.url, tmp_path / "rejected.lines")
    assert ([], 1) == (waits, writer.rejected)
    assert [line for line in LINES if line != LINES[5]] == taken
    kept = (tmp_path / "rejected.lines").read_text()
    assert "field type conflict: count is float dropped=1" in kept
    assert kept.endswith(f"{LINES[5]}\n")


def test_a_batch_too_large_is_halved():
    """413 is answered with half the lines, and again."""
    sizes: list[int] = []

    def answer(_number, body):
        sizes.append(body.count(b"\n") + 1)
        large = sizes[-1] > 2
        return told(413, "request too large", "too large") if large else web.Response(status=TAKEN)

    with fault_box("", answer) as box:
        writer, _ = written(box.url)
    assert ([8, 4, 2, 2, 4, 2, 2], 0) == (sizes, writer.rejected)


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [(401, Trouble, "unauthorized access"), (404, Missing, "bucket is not found")],
)
def test_what_waiting_does_not_cure_is_told(status, error, words):
    """Refused credentials, and a bucket that is gone, are errors of their own, with the database's word."""
    with (
        fault_box("", lambda _n, _body: told(status, "error", words)) as box,
        pytest.raises(error, match=words),
    ):
        written(box.url)


def test_a_database_that_is_not_there_is_busy():
    """Nobody listens: the client's own error becomes everybody's."""

    async def run() -> None:
        async with open_server(Address(f"http://127.0.0.1:{free_port()}", "influx2"), {}) as server:
            await server.write(PRIVATE, LINES[0].encode())

    with pytest.raises(Busy):
        asyncio.run(run())

"""No address of a peer in any file or log, and no memory for bombs: the real process, from a telling address."""

import asyncio
import gzip
import logging
import socket
from io import StringIO

import aiohttp
import pytest

from collector import quiet_log
from tests.collector.test_crash import enrol, fetch_plan
from tests.support.collectors import Clock, Site, served, unix_now_us

PEER = "127.0.0.42"


async def raw(server, payload: bytes) -> bytes:
    """Send bytes that are no proper request, from the telling address; what comes back."""
    port = int(server.url.rpartition(":")[2])
    reading, writing = await asyncio.open_connection("127.0.0.1", port, local_addr=(PEER, 0))
    writing.write(payload)
    answer = await reading.read(2000)
    writing.close()
    return answer


async def test_no_peer_address_in_any_file_or_log(tmp_path):
    """Whatever a peer at 127.0.0.42 sends, good, bad, broken or cut, no file and no log tells its address."""
    site = Site.make(tmp_path, clock=Clock(unix_now_us()))
    with served(site, tmp_path / "log") as server:
        await enrol(server, site)
        plan = await fetch_plan(server)
        connector = aiohttp.TCPConnector(local_addr=(PEER, 0))
        async with aiohttp.ClientSession(server.url, connector=connector) as client:
            for body in (site.document(plan), b"nonsense", b"[" * 200_000, bytes(300_000)):
                async with client.post("/v1/measurements", data=body) as response:
                    await response.read()
            async with client.post("/v1/enrolments", data=b"{}") as response:
                assert 422 == response.status
        assert b"400" in await raw(server, b"GARBAGE\r\n\r\n")
        assert b"400" in await raw(server, b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n")
        cut = socket.create_connection(
            ("127.0.0.1", int(server.url.rpartition(":")[2])), source_address=(PEER, 0)
        )
        cut.sendall(b"POST /v1/measurements HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n12")
        cut.close()
    text = PEER.encode()
    binary = socket.inet_aton(PEER)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"log", "roster.sqlite"} <= {path.name for path in files}
    assert [] == [path for path in files if text in path.read_bytes()]
    # Four bytes turn up by chance in random keys once in a billion; in files of this size that is never.
    assert [] == [path for path in files if binary in path.read_bytes()]


async def test_bombs_keep_memory_low(tmp_path):
    """Sixty gzip bombs of 200 MB each cost the process less than 40 MB."""
    site = Site.make(tmp_path, clock=Clock(unix_now_us()))
    bomb = gzip.compress(bytes(200 * 1024 * 1024), 9)
    with served(site, tmp_path / "log") as server:
        await enrol(server, site)
        before_kb = peak_kb(server.process.pid)
        async with aiohttp.ClientSession(server.url) as client:

            async def send() -> None:
                headers = {"Content-Encoding": "gzip"}
                async with client.post("/v1/measurements", data=bomb, headers=headers) as response:
                    assert 413 == response.status

            await asyncio.gather(*(send() for _ in range(60)))
        assert peak_kb(server.process.pid) - before_kb < 40_000


def peak_kb(pid: int) -> int:
    """The highest resident memory so far, in kB."""
    with open(f"/proc/{pid}/status") as status:  # noqa: PTH123 - procfs
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


@pytest.mark.parametrize(
    "text",
    ["192.0.2.7", "2001:db8::7", "::1", "fe80::1%eth0", "::ffff:192.0.2.7", "2001:db8:0:1:2:3:4:5", "fd00::"],
)
def test_the_log_scrubs_addresses(text):
    """Whatever a library puts into an entry, traceback included, comes out without the address."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(quiet_log.QuietFormatter())
    log = logging.getLogger("tests.quiet")
    log.propagate = False
    log.addHandler(handler)
    try:
        raise OSError(f"peer [{text}]:443 left")
    except OSError:
        log.exception("error from %s at 20:15:31", (text, 4000))
    finally:
        log.removeHandler(handler)
    assert text not in stream.getvalue()
    assert "20:15:31" in stream.getvalue()
    assert "OSError: peer [<address>]:443 left" in stream.getvalue()


def test_a_fresh_log_names_its_levels(capsys):
    """The log's first line stands: time without colons, level, name, text."""
    stream = StringIO()
    handlers, level = logging.root.handlers[:], logging.root.level
    try:
        quiet_log.configure(stream)
        logging.getLogger("isonomia.collector.x").info("ready")
        logging.getLogger("aiohttp.access").info("never")
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
    assert stream.getvalue().endswith("Z INFO isonomia.collector.x: ready\n")
    assert 1 == len(stream.getvalue().splitlines())

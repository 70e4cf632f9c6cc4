"""The archive in object storage: the same sealer and the same reader against moto's S3 server on loopback."""

import socket
import subprocess
import sys
from contextlib import contextmanager

import aiohttp
import pytest

from collector.archive_place import Place
from tests.support.sealing import Sealing, fill, mixed, rows, seal

SERVER = """
import sys, threading
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", int(sys.argv[1]), verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


@contextmanager
def moto(port: int = 0):
    """moto's server in a process of its own; its URL."""
    words = [sys.executable, "-c", SERVER, str(port)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()


@contextmanager
def nobody_at(url: str):
    """Hold the port of a server that is gone: else another test's may get it, and answers that there is no such object."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", int(url.rpartition(":")[2])))
        yield


async def make_bucket(url: str) -> None:
    """An empty bucket; moto asks for no signature."""
    async with aiohttp.ClientSession() as client, client.put(f"{url}/measured") as response:
        assert 200 == response.status


@pytest.fixture
def credentials(monkeypatch):
    """What moto takes for credentials: anything."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


async def test_sealed_into_s3(tmp_path, credentials, monkeypatch):
    """Hours become objects, the reader gives the same rows; a store that is down is said politely, and loses nothing."""
    sealing = Sealing.make(tmp_path)
    for hour, documents in mixed(2, 40).items():
        fill(sealing.folder, hour, documents)
    before = rows(sealing.folder)
    with moto() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        await make_bucket(url)
        said = seal(sealing.folder, "--archive", "s3://measured/isonomia")
        assert (2, 90) == (said["sealed"], said["documents"])
        assert ([], []) == (sealing.hot(), sealing.parts())
        assert before == rows(sealing.folder)
        names = Place("s3://measured/isonomia").names("v1/")
        assert 2 == sum(name.endswith(".parquet") for name in names)
        assert {"v1/log/00000001.json", "v1/log/00000002.leaves"} <= set(names)
        assert 0 == seal(sealing.folder)["sealed"]
        for path in sealing.folder.sealed.iterdir():
            path.unlink()
        assert 2 == seal(sealing.folder)["fetched"]
        assert before == rows(sealing.folder)
    for hour, documents in mixed(1, 10, first=5000).items():
        fill(sealing.folder, hour + 12, documents)
    monkeypatch.setenv(
        "AWS_MAX_ATTEMPTS", "2"
    )  # botocore's own five take a quarter of a minute until they give up
    with nobody_at(url):
        assert "refuses" in str(seal(sealing.folder, code=3)["error"])
        assert 1 == len(sealing.hot())
        with pytest.raises(Exception, match=r"s3://measured/isonomia/v1/.*restore access"):
            rows(sealing.folder)


def break_off(place: Place, size: int) -> None:
    """Write some and fail."""
    with place.writing("v1/broken") as sink:
        sink.write(bytes(size))
        raise ZeroDivisionError


async def test_an_upload_that_breaks_leaves_no_object(tmp_path, credentials, monkeypatch):
    """A part whose writing raises half-way does not appear under its name, large or small."""
    with moto() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        await make_bucket(url)
        place = Place("s3://measured/isonomia")
        for size in (100, 20_000_000):
            with pytest.raises(ZeroDivisionError):
                break_off(place, size)
            assert [] == place.names("v1/")
        with place.writing("v1/whole") as sink:
            for _ in range(20):
                sink.write(bytes(1_000_000))
        assert bytes(20_000_000) == place.read("v1/whole")
        place.remove("v1/whole")
        place.remove("v1/whole")
        assert [] == place.names("v1/")
        with pytest.raises(FileNotFoundError):
            place.read("v1/whole")

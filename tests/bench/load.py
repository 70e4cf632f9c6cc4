"""A load generator: keep-alive HTTP/1.1 over bare asyncio, so that the generator costs little of the two cores.

``python -m tests.bench.load URL BODIES CONNECTIONS COUNT FIRST`` posts COUNT bodies of the file BODIES, from
number FIRST on (again from the start when they end), and prints one JSON line. Two more words may follow: the
bodies' content type, and how many requests are sent in a second (else as fast as they are answered). Where there is a file
BODIES.heads, each body has header lines of its own there.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit


def write_bodies(path: Path, bodies: list[bytes]) -> None:
    """Write ``bodies`` so that ``read_bodies`` finds them: a 32-bit length before each."""
    path.write_bytes(b"".join(len(body).to_bytes(4, "big") + body for body in bodies))


def read_bodies(path: Path) -> list[bytes]:
    """The bodies in ``path``."""
    raw, bodies, at = path.read_bytes(), [], 0
    while at < len(raw):
        length = int.from_bytes(raw[at : at + 4], "big")
        bodies.append(raw[at + 4 : at + 4 + length])
        at += 4 + length
    return bodies


class Poster(asyncio.Protocol):
    """One connection that posts the next body as soon as the last is answered."""

    def __init__(
        self,
        requests: list[bytes],
        statuses: Counter[int],
        latencies_s: list[float],
        every_s: float = 0.0,
        first_s: float = 0.0,
    ) -> None:
        self._requests = requests
        self._every_s = every_s
        self._due_s = first_s
        self._statuses = statuses
        self._latencies_s = latencies_s
        self._buffer = b""
        self._sent_at_s = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def _next(self) -> None:
        if not self._requests:
            self._transport.close()
            return
        now_s = time.perf_counter()
        if self._due_s > now_s:
            asyncio.get_running_loop().call_later(self._due_s - now_s, self._next)
            return
        # Where there is a schedule the clock runs from the time the request was due: who waits behind a slow answer waits too.
        self._sent_at_s = self._due_s or now_s
        self._due_s += self._every_s
        self._transport.write(self._requests.pop())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        self._latencies_s.append(time.perf_counter() - self._sent_at_s)
        self._statuses[int(head[9:12])] += 1
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        if not self.done.done():
            self.done.set_result(None)


async def post_all(
    url: str,
    bodies: list[bytes],
    connections: int,
    content_type: str = "application/json",
    per_s: float | None = None,
    heads: list[bytes] | None = None,
) -> dict[str, object]:
    """Post ``bodies`` over ``connections``; rate, latencies in ms, answers by status, processor time of the generator.

    ``heads``: header lines of each body, every one with its end.
    """
    parts = urlsplit(url)
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: {content_type}\r\n"
        "Content-Encoding: gzip\r\n"
    ).encode()
    own = heads or [b""] * len(bodies)
    requests = [
        b"%b%bContent-Length: %d\r\n\r\n%b" % (head, more, len(body), body)
        for body, more in zip(reversed(bodies), reversed(own), strict=True)
    ]
    statuses: Counter[int] = Counter()
    latencies_s: list[float] = []
    loop = asyncio.get_running_loop()
    began_s, began_cpu_s = time.perf_counter(), time.process_time()

    def poster(number: int) -> Poster:
        if per_s is None:
            return Poster(requests, statuses, latencies_s)
        return Poster(requests, statuses, latencies_s, connections / per_s, began_s + number / per_s)

    posters = [
        (await loop.create_connection(partial(poster, number), parts.hostname or "", parts.port or 80))[1]
        for number in range(connections)
    ]
    await asyncio.gather(*(one.done for one in posters))
    took_s = time.perf_counter() - began_s
    latencies_s.sort()
    return {
        "answered": len(latencies_s),
        "seconds": took_s,
        "rate": len(latencies_s) / took_s,
        "p50_ms": latencies_s[len(latencies_s) // 2] * 1000,
        "p99_ms": latencies_s[len(latencies_s) * 99 // 100] * 1000,
        "statuses": dict(statuses),
        "cpu_s": time.process_time() - began_cpu_s,
    }


def main(words: list[str]) -> None:
    """Post and print."""
    url, file, connections, count, first, *more = words
    kind, per_s = more[0] if more else "application/json", float(more[1]) if more[1:] else None
    bodies, beside = read_bodies(Path(file)), Path(f"{file}.heads")
    heads = read_bodies(beside) if beside.exists() else [b""] * len(bodies)
    chosen = [(int(first) + n) % len(bodies) for n in range(int(count))]
    print(
        json.dumps(
            asyncio.run(
                post_all(
                    url,
                    [bodies[n] for n in chosen],
                    int(connections),
                    kind,
                    per_s,
                    [heads[n] for n in chosen],
                )
            )
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])

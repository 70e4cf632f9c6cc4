"""A reverse proxy on loopback in front of a real database, which answers now and then what databases answer in trouble."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

Answer = Callable[[int, bytes], web.Response | None]
"""The number of the write (from 0) and its body; ``None``: pass it on."""


@dataclass
class FaultBox:
    """``answers`` decides over writes; all else passes. ``writes`` counts them."""

    behind: str
    answer: Answer
    url: str = ""
    writes: int = 0
    times_s: list[float] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        body = await request.read()
        if request.path.endswith("/write"):
            number, self.writes = self.writes, self.writes + 1
            self.times_s.append(asyncio.get_running_loop().time())
            refused = self.answer(number, body)
            if refused is not None:
                return refused
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                request.method,
                self.behind + request.path,
                params=request.query,
                data=body,
                headers=_kept(request.headers, ("authorization", "content-type")),
            ) as answer,
        ):
            kept = _kept(answer.headers, ("x-influx", "content-type", "retry-after"))
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)


def _kept(headers: Mapping[str, str], wanted: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower().startswith(wanted)}


@contextmanager
def fault_box(behind: str, answer: Answer) -> Iterator[FaultBox]:
    """The proxy in a thread of its own, on a free port."""
    box = FaultBox(behind, answer)
    loop = asyncio.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()

    async def serve() -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", box.handle)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        box.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        await stop.wait()
        await runner.cleanup()
        await asyncio.sleep(0.1)  # closed connections are let go at the loop's next turn

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()

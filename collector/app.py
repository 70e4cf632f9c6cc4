"""The HTTP application: the routes with an edge around them that nothing gets past, and the server's settings."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from collector.connections import Connections
from collector.intake import Intake, Reply, rejected
from collector.metrics import Metrics
from collector.pages import NO_PAGES, Pages, add_pages
from collector.rejections import Refused, Rejection, refuse
from collector.routes import ROUTES, Route, reply_response, visitor

LOG: Final = logging.getLogger("isonomia.collector.http")
NOT_FOUND: Final = 404
BACKLOG: Final = 1024


class HttpLog(logging.LoggerAdapter[logging.Logger]):
    """What aiohttp logs, less a traceback for each request that is no HTTP: those are counted."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__(LOG)
        self._metrics = metrics

    def exception(self, msg: object, *args: object, **more: Any) -> None:
        """One entry with its traceback, for an error of ours."""
        if not self._counted(more.get("exc_info")):
            super().exception(msg, *args, **more)

    def debug(self, msg: object, *args: object, **more: Any) -> None:
        """aiohttp's quieter way for what does not even begin like HTTP."""
        if not self._counted(more.get("exc_info")):
            super().debug(msg, *args, **more)

    def _counted(self, error: object) -> bool:
        malformed = isinstance(error, HttpProcessingError)
        self._metrics.malformed_requests += malformed
        return malformed


@dataclass(frozen=True)
class Site:
    """What is served: the application, the guard of its connections, and its log."""

    app: web.Application
    connections: Connections
    log: HttpLog


def make_site(intake: Intake, pages: Pages = NO_PAGES) -> Site:
    """The application with every row of ``ROUTES``, and what stands around it."""
    bounds = intake.bounds
    connections = Connections(
        intake.metrics,
        intake.clock_us,
        bounds.largest_connections,
        bounds.connections_per_prefix,
        proxies=intake.proxies,
    )
    app = web.Application()
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _guarded(route, intake, connections))
    add_pages(app, pages, connections.asked)
    return Site(app, connections, HttpLog(intake.metrics))


def make_runner(app: web.Application, log: "logging.Logger | HttpLog" = LOG) -> web.AppRunner:
    """A runner with the collector's server settings; the bench's empty handler is served with the same.

    No access log: it would name peers. No decompression by aiohttp: ``decompress`` bounds it.
    """
    return web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        handle_signals=False,
        keepalive_timeout=75.0,
        logger=log,
        shutdown_timeout=10.0,
    )


def _guarded(
    route: Route, intake: Intake, connections: Connections
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler of ``route``; a refusal or an error of ours becomes an answer, and the process stays up."""

    async def handle(request: web.Request) -> web.Response:
        connections.asked(request.transport)
        try:
            if route.door is not None and not intake.limits.take(visitor(intake, request), 1):
                refuse("too_fast")
            return await route.handler(intake, request)
        except Refused as refused:
            reply = rejected(refused.rejection)
        except Exception:
            LOG.exception("%s %s failed", route.method, route.path)
            reply = rejected(Rejection("internal_error"))
        if route.door is not None:
            intake.metrics.count(route.door, reply.outcome, 0)
        return reply_response(_for_door(route, reply))

    return handle


def _for_door(route: Route, reply: Reply) -> Reply:
    """A plan that is not there for a key is not found (404); a document by such a key is not authorised (401)."""
    if route.door in ("plan", "mqtt_access") and reply.answer.code == "unknown_key":
        return Reply(NOT_FOUND, reply.answer)
    return reply

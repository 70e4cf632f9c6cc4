"""The HTTP application: the routes with an edge around them that nothing gets past, and the server's settings."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from collector.intake import Intake, Reply, rejected
from collector.rejections import Refused, Rejection
from collector.routes import ROUTES, Route, reply_response

LOG: Final = logging.getLogger("isonomia.collector.http")
NOT_FOUND: Final = 404
BACKLOG: Final = 1024


def make_app(intake: Intake) -> web.Application:
    """The application with every row of ``ROUTES``."""
    app = web.Application()
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _guarded(route, intake))
    return app


def make_runner(app: web.Application) -> web.AppRunner:
    """A runner with the collector's server settings; the bench's empty handler is served with the same.

    No access log: it would name peers. No decompression by aiohttp: ``decompress`` bounds it.
    """
    return web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        handle_signals=False,
        keepalive_timeout=75.0,
        logger=LOG,
        shutdown_timeout=10.0,
    )


def _guarded(route: Route, intake: Intake) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler of ``route``; a refusal or an error of ours becomes an answer, and the process stays up."""

    async def handle(request: web.Request) -> web.Response:
        try:
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
    if route.door == "plan" and reply.answer.code == "unknown_key":
        return Reply(NOT_FOUND, reply.answer)
    return reply

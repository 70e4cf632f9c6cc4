"""The HTTP doors: one literal table that makes the routes, and the short function behind each.

The same table makes ``/openapi.json`` (``openapi``): each row says what it takes and what it answers.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import compress
from typing import Final, Literal

import msgspec
from aiohttp import hdrs, web

from collector import batch, enrolment, tickets
from collector.body import read_body
from collector.fleet.report import Fleet, prometheus
from collector.homes import withdrawal
from collector.intake import Intake, Reply
from collector.metrics import CONTENT_TYPE
from collector.rejections import Refused, refuse
from probe.answers import ANSWERS, SIGNATURE_HEADER, Answer
from probe.catalogue.signed import Edition
from probe.measurement.envelope import LARGEST_BYTES, Measurement
from probe.measurement.receipt import DigestReport
from probe.measurement.signing import KEY_BYTES
from probe.mqtt_access import MqttAccess
from probe.plan import Enrolment, Plan
from probe.rolls import ROLL_HEADER
from probe.withdrawal import Withdrawal

JSON: Final = "application/json"

Handler = Callable[[Intake, web.Request], Awaitable[web.Response]]


@dataclass(frozen=True)
class Route:
    """One door. ``takes`` is the signed body, ``answers`` what comes back; ``door`` is what metrics count.

    ``lines``: the content type of a batch, a document a line. ``wrapped``: the answer travels inside ``Signed``. ``query`` and ``others`` (further statuses) are told in a word each.
    """

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    door: str | None = None
    takes: type[msgspec.Struct] | None = None
    answers: type[msgspec.Struct] | None = None
    wrapped: bool = False
    content: str = JSON
    lines: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[int, str] = field(default_factory=dict)


class Health(msgspec.Struct, frozen=True):
    """``GET /healthz``. ``waiting_rows`` are received and not yet on disk."""

    status: Literal["ok", "failing"]
    waiting_rows: int


def reply_response(reply: Reply) -> web.Response:
    """A reply over HTTP."""
    return web.Response(status=reply.status, body=reply.body(), content_type=JSON)


def signed_response(intake: Intake, reply: Reply) -> web.Response:
    """A reply over HTTP, with the operator's signature where it settles a document."""
    response = reply_response(reply)
    if reply.final:
        response.headers[SIGNATURE_HEADER] = intake.signer.header(reply.body())
    return response


def _encoding(request: web.Request) -> str:
    """The Content-Encoding. What is no ASCII names none, and aiohttp hands bytes that are no text on as what cannot be encoded."""
    name = request.headers.get(hdrs.CONTENT_ENCODING, "")
    if not name.isascii():
        refuse("unknown_encoding", ascii(name[:20]))
    return name


def visitor(intake: Intake, request: web.Request) -> str | None:
    """Whose request it is, for the limits alone, which keep a hash of it: never to be logged or stored."""
    return intake.proxies.visitor(request.remote, request.headers.getall(hdrs.X_FORWARDED_FOR, ()))


async def post_measurements(intake: Intake, request: web.Request) -> web.Response:
    """One signed measurement, or a batch of them: one a line."""
    if request.headers.get(hdrs.CONTENT_TYPE, "").startswith(batch.CONTENT_TYPE):
        return await _post_batch(intake, request)
    body = await read_body(request, LARGEST_BYTES, intake.in_flight)
    reply = await intake.measurement(body, _encoding(request))
    intake.metrics.count("measurements", reply.outcome, len(body))
    return signed_response(intake, reply)


async def _post_batch(intake: Intake, request: web.Request) -> web.Response:
    body = await read_body(request, batch.LARGEST_ON_THE_WAY, intake.in_flight)
    try:
        lines = batch.lines_of(body, _encoding(request))
    except Refused:
        intake.limits.owe(visitor(intake, request), batch.MOST_LINES - 1)
        raise
    intake.limits.owe(visitor(intake, request), len(lines) - 1)
    rolls = request.headers.getall(ROLL_HEADER, ())
    replies = await batch.take(intake, lines, vouched=intake.rolls.of(rolls))
    unsigned = [reply.outcome == "bad_statement_signature" for reply in replies]
    if rolls and any(unsigned):
        intake.metrics.vouched_falsely += intake.rolls.examine(rolls, compress(lines, unsigned))
    for number, reply in enumerate(replies):
        intake.metrics.count("measurements", reply.outcome, 0 if number else len(body))
    said = batch.answers(replies)
    headers = {SIGNATURE_HEADER: intake.signer.header(said, ANSWERS)}
    return web.Response(body=said, content_type=batch.CONTENT_TYPE, headers=headers)


async def post_enrolments(intake: Intake, request: web.Request) -> web.Response:
    """One signed enrolment."""
    body = await read_body(request, enrolment.LARGEST_BYTES, intake.in_flight)
    reply = await intake.enrolment(body, _encoding(request), visitor(intake, request))
    intake.metrics.count("enrolments", reply.outcome, len(body))
    return signed_response(intake, reply)


async def post_tickets(intake: Intake, request: web.Request) -> web.Response:
    """One responder's signed report of the tickets it opened."""
    body = await read_body(request, tickets.LARGEST_BYTES, intake.in_flight)
    reply = await intake.report(body, _encoding(request))
    if reply.answer.code and not reply.answer.retry:
        intake.limits.owe(visitor(intake, request), batch.MOST_LINES - 1)
    intake.metrics.count("tickets", reply.outcome, len(body))
    return signed_response(intake, reply)


async def post_withdrawals(intake: Intake, request: web.Request) -> web.Response:
    """One home's signed withdrawal."""
    body = await read_body(request, withdrawal.LARGEST_BYTES, intake.in_flight)
    reply = await withdrawal.withdraw(intake, body, _encoding(request))
    intake.metrics.count("withdrawals", reply.outcome, len(body))
    return signed_response(intake, reply)


async def get_plan(intake: Intake, request: web.Request) -> web.Response:
    """The signed plan, with a grant where ``?key=`` names an enrolled quarter key."""
    key = _key_asked_for(request)
    if key is not None and intake.enrolled(key) is None:
        refuse("unknown_key", key.hex()[:16])
    if key is not None and (barred := intake.barred(key)):
        refuse(barred)
    signed = intake.plans.signed(key)
    intake.metrics.count("plan", "accepted", 0)
    return web.Response(body=msgspec.json.encode(signed), content_type=JSON)


async def get_catalogue(intake: Intake, _request: web.Request) -> web.Response:
    """The catalogue that the plan's services come from, signed; the same for everybody."""
    signed = intake.plans.signed_catalogue()
    if signed is None:
        refuse("no_catalogue")
    intake.metrics.count("catalogue", "accepted", 0)
    return web.Response(body=signed, content_type=JSON)


async def get_mqtt(intake: Intake, request: web.Request) -> web.Response:
    """Where the broker is, and the certificate of the enrolled quarter key that ``?key=`` names, signed."""
    if intake.access is None:
        refuse("no_mqtt")
    key = _key_asked_for(request)
    entry = None if key is None else intake.enrolled(key)
    if entry is None:
        refuse("unknown_key", "" if key is None else key.hex()[:16])
    if barred := intake.barred(entry.quarter_key):
        refuse(barred)
    signed = intake.access.signed(entry)
    intake.metrics.count("mqtt_access", "accepted", 0)
    return web.Response(body=msgspec.json.encode(signed), content_type=JSON)


def _key_asked_for(request: web.Request) -> bytes | None:
    text = request.query.get("key")
    if text is None:
        return None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        refuse("bad_query", "key")
    if len(key) != KEY_BYTES:
        refuse("bad_query", "key")
    return key


async def get_healthz(intake: Intake, _request: web.Request) -> web.Response:
    """200 while commits succeed, 503 after one that failed until one succeeds."""
    healthy = intake.store.healthy
    state = Health(status="ok" if healthy else "failing", waiting_rows=intake.store.waiting)
    return web.Response(status=200 if healthy else 503, body=msgspec.json.encode(state), content_type=JSON)


async def get_readyz(intake: Intake, _request: web.Request) -> web.Response:
    """200 while documents can be taken: commits succeed, and what waits leaves room for as much again."""
    ready = intake.store.healthy and intake.store.waiting * 2 <= intake.bounds.waiting_rows
    state = Health(status="ok" if ready else "failing", waiting_rows=intake.store.waiting)
    return web.Response(status=200 if ready else 503, body=msgspec.json.encode(state), content_type=JSON)


async def get_openapi(_intake: Intake, _request: web.Request) -> web.Response:
    """This description of the API."""
    from collector import openapi  # noqa: PLC0415 - it is made from the table below

    return web.Response(body=openapi.document(), content_type=JSON)


async def get_fleet(intake: Intake, request: web.Request) -> web.Response:
    """The fleet's state and the groups of homes that fall silent together; for the operator, who has the token."""
    watch = intake.fleet
    authorization = request.headers.get(hdrs.AUTHORIZATION, "")
    if watch is None or not authorization.isascii() or not watch.admits(authorization):
        refuse("not_inside")
    fleet = watch.latest or await watch.look()
    if fleet is None:
        refuse("store_unavailable")
    if request.query.get("format") == "prometheus":
        return web.Response(body=prometheus(fleet).encode(), headers={hdrs.CONTENT_TYPE: CONTENT_TYPE})
    return web.Response(body=msgspec.json.encode(fleet), content_type=JSON)


async def get_metrics(intake: Intake, _request: web.Request) -> web.Response:
    """Counters and gauges in Prometheus's text format."""
    gauges = {
        "waiting_rows": float(intake.store.waiting),
        "enrolled_probes": float(len(intake.roster)),
        "plan_serial": float(intake.plans.latest.serial),
        "healthy": float(intake.store.healthy),
        "checkers": float(intake.checkers.alive),
    }
    if intake.mqtt is not None:
        gauges |= {"mqtt_connected": float(intake.mqtt.connected), "mqtt_waiting": float(intake.mqtt.waiting)}
    if intake.fleet is not None:
        gauges |= intake.fleet.gauges()
    return web.Response(body=intake.metrics.text(gauges).encode(), headers={hdrs.CONTENT_TYPE: CONTENT_TYPE})


KEY_QUERY: Final = {"key": "a quarter key, 64 hex digits: its grant comes with the plan"}

ROUTES: Final = (
    Route(
        "POST",
        "/v1/measurements",
        post_measurements,
        "measurements",
        takes=Measurement,
        answers=Answer,
        lines=batch.CONTENT_TYPE,
    ),
    Route("POST", "/v1/enrolments", post_enrolments, "enrolments", takes=Enrolment, answers=Answer),
    Route("POST", "/v1/tickets", post_tickets, "tickets", takes=DigestReport, answers=Answer),
    Route("POST", "/v1/withdrawals", post_withdrawals, "withdrawals", takes=Withdrawal, answers=Answer),
    Route("GET", "/v1/plan", get_plan, "plan", answers=Plan, wrapped=True, query=KEY_QUERY),
    Route("GET", "/v1/catalogue", get_catalogue, "catalogue", answers=Edition, wrapped=True),
    Route("GET", "/v1/mqtt", get_mqtt, "mqtt_access", answers=MqttAccess, wrapped=True, query=KEY_QUERY),
    Route(
        "GET",
        "/v1/fleet",
        get_fleet,
        "fleet",
        answers=Fleet,
        query={"format": "prometheus: the groups as gauges"},
    ),
    Route("GET", "/healthz", get_healthz, answers=Health, others={503: "the last commit failed"}),
    Route(
        "GET",
        "/readyz",
        get_readyz,
        answers=Health,
        others={503: "the last commit failed, or too much waits"},
    ),
    Route("GET", "/metrics", get_metrics, content="text/plain"),
    Route("GET", "/openapi.json", get_openapi),
)
"""Documents in ``takes``, the plan and the catalogue travel inside ``Signed``."""

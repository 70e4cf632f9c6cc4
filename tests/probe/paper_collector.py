"""A collector in memory, on port 0, in a thread of its own: it verifies, remembers, and can be told to misbehave.

``script`` holds what the next uploads meet, one word each; when it is empty the collector behaves:
``drop`` breaks the connection, ``stall`` answers nothing, ``500``/``429`` ask for patience (``429`` for 1 s), ``431`` is a proxy's,
``rejected`` refuses with a code, ``nonsense``, ``oversize``, ``wrong_id``, ``redirect`` and ``portal`` do not
speak as a collector does; ``unsigned`` and ``forged`` are "accepted" by somebody on the way, ``of_junk`` and
``of_a_spoilt_copy`` signed rejections that somebody got for something else. ``against_rolls`` is such a word for each batch that has rolls.
"""

import asyncio
import gzip
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.answers import ANSWERS, SIGNATURE_HEADER, Answer, signature_of
from probe.measurement.keys import QuarterCertificate
from probe.measurement.signing import (
    CERTIFICATE,
    ENROLMENT,
    GRANT,
    MEASUREMENT,
    PLAN,
    SIGNATURE_BYTES,
    Signed,
    document_id,
    open_signed,
    public_bytes,
    sign,
    verify,
)
from probe.measurement.ticket import Grant
from probe.plan import Enrolment, Plan
from probe.plan_store import key_hash
from probe.rolls import ROLL_HEADER

UNSIGNED = "X-Test-Unsigned"


class PaperCollector:
    """What the operator ``operator_key`` serves. ``documents`` holds what was accepted, by id."""

    def __init__(self, plan: Plan, operator_key: Ed25519PrivateKey) -> None:
        self.plan = plan
        self.plan_for_the_enrolled: Plan | None = None
        self.operator_key = operator_key
        self.grants = True
        self.catalogue: bytes | None = None
        self.enrolled: set[bytes] = set()
        self.enrolments = 0
        self.documents: dict[str, bytes] = {}
        self.uploads = 0
        self.batches = 0
        self.rolls: list[list[str]] = []
        self.against_rolls: str | None = None
        self.takes_batches = True
        self.takes_shared_signatures = True
        self.script: deque[str] = deque()
        self.url = ""

    @property
    def public(self) -> bytes:
        """The operator's public key."""
        return public_bytes(self.operator_key)

    @property
    def target(self) -> str:
        """What a volunteer types after ``join``."""
        return f"{self.url}#{key_hash(public_bytes(self.operator_key))}"

    @contextmanager
    def serving(self) -> Iterator["PaperCollector"]:
        """Serve on a free port until the block ends."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        runner = asyncio.run_coroutine_threadsafe(self._start(), loop).result(10)
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    async def _start(self) -> web.AppRunner:
        app = web.Application()
        app.on_response_prepare.append(self._sign)
        app.router.add_get("/v1/plan", self._plan)
        app.router.add_get("/v1/catalogue", self._catalogue)
        app.router.add_post("/v1/enrolments", self._enrol)
        app.router.add_post("/v1/measurements", self._measurement)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return runner

    async def _sign(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Every answer bears the operator's signature, unless it is told not to or has one."""
        if response.headers.pop(UNSIGNED, None) or SIGNATURE_HEADER in response.headers:
            return
        if isinstance(response, web.Response) and isinstance(response.body, bytes):
            response.headers[SIGNATURE_HEADER] = signature_of(response.body, self.operator_key)

    async def _catalogue(self, _request: web.Request) -> web.Response:
        if self.catalogue is None:
            return _answer(404, Answer(status="rejected", code="no_catalogue"))
        return web.Response(body=self.catalogue)

    async def _plan(self, request: web.Request) -> web.Response:
        key = bytes.fromhex(request.query.get("key", ""))
        plan = self.plan_for_the_enrolled or self.plan if key else self.plan
        if key and key not in self.enrolled:
            return _answer(404, Answer(status="rejected", code="unknown_key"))
        if key and self.grants:
            grant = Grant(
                probe_key=key,
                responders=tuple(responder.id for responder in plan.responders),
                bytes_per_day=10**9,
                expires_at_us=plan.expires_at_us,
            )
            plan = msgspec.structs.replace(plan, grants=(sign(self.operator_key, GRANT, grant),))
        return web.Response(body=msgspec.json.encode(sign(self.operator_key, PLAN, plan)))

    async def _enrol(self, request: web.Request) -> web.Response:
        self.enrolments += 1
        signed = msgspec.json.decode(await request.read(), type=Signed)
        enrolment = open_signed(signed, ENROLMENT, Enrolment)
        if enrolment.invitation == "forged":
            refused = Answer(
                status="rejected",
                code="bad_invitation",
                message_fr="invitation inconnue",
                message_en="unknown",
            )
            return _answer(422, refused)
        certificate = open_signed(enrolment.certificate, CERTIFICATE, QuarterCertificate)
        self.enrolled.add(certificate.quarter_key)
        return _answer(200, Answer(status="accepted", id=certificate.quarter_key.hex()))

    async def _measurement(self, request: web.Request) -> web.StreamResponse:
        self.uploads += 1
        assert request.headers["Content-Encoding"] == "gzip"
        if request.content_type == "application/x-ndjson":
            return await self._batch(request)
        signed = msgspec.json.decode(await request.read(), type=Signed)
        identifier = document_id(verify(signed, MEASUREMENT)).hex()
        if self.script:
            return await MISBEHAVIOUR[self.script.popleft()](request, identifier)
        return _answer(200, self._keep(signed, identifier))

    def _keep(self, signed: Signed, identifier: str) -> Answer:
        known = identifier in self.documents
        self.documents[identifier] = signed.body_bytes()
        return Answer(status="duplicate" if known else "accepted", id=identifier)

    async def _batch(self, request: web.Request) -> web.StreamResponse:
        """Each line for itself; a word of the script that is no answer to a line is for the whole request."""
        self.batches += 1
        self.rolls.append(request.headers.getall(ROLL_HEADER, []))
        if self.against_rolls and self.rolls[-1]:
            return await MISBEHAVIOUR[self.against_rolls](request, "")
        if not self.takes_batches:
            return web.Response(
                status=400, body=msgspec.json.encode(Answer(status="rejected", code="not_json"))
            )
        answers = []
        for line in (await request.read()).splitlines():
            signed = msgspec.json.decode(line, type=Signed)
            if len(signed.signature) > SIGNATURE_BYTES and not self.takes_shared_signatures:
                answers.append(Answer(status="rejected", code="bad_signature"))
                continue
            identifier = document_id(verify(signed, MEASUREMENT)).hex()
            if self.script and self.script[0] not in OF_A_LINE:
                return await MISBEHAVIOUR[self.script.popleft()](request, identifier)
            if self.script:
                answers.append(OF_A_LINE[self.script.popleft()](identifier))
            else:
                answers.append(self._keep(signed, identifier))
        body = b"".join(msgspec.json.encode(answer) + b"\n" for answer in answers)
        signature = signature_of(body, self.operator_key, ANSWERS)
        return web.Response(body=body, headers={SIGNATURE_HEADER: signature})


def _answer(status: int, answer: Answer) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(answer), content_type="application/json")


async def _drop(request: web.Request, _identifier: str) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _stall(_request: web.Request, _identifier: str) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


async def _500(_request: web.Request, _identifier: str) -> web.Response:
    return web.Response(status=500, text="oops")


async def _431(_request: web.Request, _identifier: str) -> web.Response:
    return web.Response(
        status=431, text="<html>Request Header Fields Too Large</html>", headers={UNSIGNED: "yes"}
    )


async def _429(_request: web.Request, identifier: str) -> web.Response:
    answer = Answer(status="rejected", code="busy", id=identifier, retry=True)
    return web.Response(status=429, body=msgspec.json.encode(answer), headers={"Retry-After": "1"})


def _refusal(identifier: str) -> Answer:
    return Answer(
        status="rejected",
        id=identifier,
        code="bad_schema",
        message_fr="champ inconnu",
        message_en="unknown field",
    )


async def _rejected(_request: web.Request, identifier: str) -> web.Response:
    return _answer(422, _refusal(identifier))


async def _nonsense(_request: web.Request, _identifier: str) -> web.Response:
    return web.Response(text="<html>Welcome!</html>")


async def _oversize(_request: web.Request, _identifier: str) -> web.Response:
    return web.Response(body=gzip.compress(bytes(4_000_000)), headers={"Content-Encoding": "gzip"})


async def _wrong_id(_request: web.Request, _identifier: str) -> web.Response:
    return _answer(200, Answer(status="accepted", id="00" * 32))


def _accepted(identifier: str) -> bytes:
    return msgspec.json.encode(Answer(status="accepted", id=identifier))


async def _unsigned(_request: web.Request, identifier: str) -> web.Response:
    return web.Response(body=_accepted(identifier), headers={UNSIGNED: "yes"})


async def _forged(_request: web.Request, identifier: str) -> web.Response:
    body = _accepted(identifier)
    signature = signature_of(body, Ed25519PrivateKey.generate())
    return web.Response(body=body, headers={SIGNATURE_HEADER: signature})


async def _of_junk(_request: web.Request, _identifier: str) -> web.Response:
    return _answer(400, Answer(status="rejected", code="not_json"))


async def _of_a_spoilt_copy(_request: web.Request, identifier: str) -> web.Response:
    return _answer(401, Answer(status="rejected", code="bad_signature", id=identifier))


async def _redirect(_request: web.Request, _identifier: str) -> web.Response:
    raise web.HTTPTemporaryRedirect("/elsewhere")


async def _portal(_request: web.Request, _identifier: str) -> web.Response:
    return web.Response(status=403, text="please log in")


MISBEHAVIOUR: dict[str, Callable[[web.Request, str], Awaitable[web.StreamResponse]]] = {
    "drop": _drop,
    "stall": _stall,
    "500": _500,
    "431": _431,
    "429": _429,
    "rejected": _rejected,
    "nonsense": _nonsense,
    "oversize": _oversize,
    "wrong_id": _wrong_id,
    "redirect": _redirect,
    "portal": _portal,
    "unsigned": _unsigned,
    "forged": _forged,
    "of_junk": _of_junk,
    "of_a_spoilt_copy": _of_a_spoilt_copy,
}


OF_A_LINE: dict[str, Callable[[str], Answer]] = {
    "500": lambda _: Answer(status="rejected", code="internal_error", retry=True),
    "rejected": _refusal,
    "wrong_id": lambda _: Answer(status="accepted", id="00" * 32),
    "of_junk": lambda _: Answer(status="rejected", code="not_json"),
    "of_a_spoilt_copy": lambda identifier: Answer(status="rejected", code="bad_signature", id=identifier),
}

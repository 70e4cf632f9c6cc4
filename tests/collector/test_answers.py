"""Signed answers: what settles a document bears the operator's signature, and nothing that others could provoke does."""

from base64 import b64decode

import aiohttp
import msgspec
import pytest

from collector.app import make_site
from collector.wiring import listening
from probe.answers import SIGNATURE_HEADER, Answer, check_signature
from probe.measurement.signing import BadSignature, Signed, document_id, sign
from tests.support.documents import key_from, make_enrolment, make_skipped_document

replace = msgspec.structs.replace


@pytest.fixture
async def client(intake):
    """A client of a collector on a real socket."""
    async with listening(make_site(intake), "127.0.0.1", 0) as url, aiohttp.ClientSession(url) as session:
        yield session


async def post(client, path: str, body: bytes) -> tuple[Answer, bytes, str | None]:
    """The answer, its exact bytes, the header."""
    async with client.post(path, data=body) as response:
        raw = await response.read()
        return msgspec.json.decode(raw, type=Answer), raw, response.headers.get(SIGNATURE_HEADER)


def holds(site, raw: bytes, header: str | None) -> bool:
    """Whether the header is the operator's signature of the bytes, as a probe checks it and as the contract says."""
    key = site.folder.open().public_key()
    try:
        check_signature(raw, header, key.public_bytes_raw())
        key.verify(b64decode(header or ""), b"isonomia/answer/1\n" + raw)
    except BadSignature:
        return False
    return True


async def test_accepted_and_duplicate_are_signed(site, intake, client):
    """Both answers verify under the operator's key, name the document, and fit no other body."""
    document = site.document(intake.plans.current())
    identifier = document_id(msgspec.json.decode(document, type=Signed).body_bytes()).hex()
    for status in ("accepted", "duplicate"):
        answer, raw, header = await post(client, "/v1/measurements", document)
        assert (status, identifier) == (answer.status, answer.id)
        assert holds(site, raw, header)
        assert not holds(site, raw.replace(b"accepted", b"rejected") + b" ", header)


async def test_a_rejection_of_a_proved_document_is_signed(site, intake, client):
    """The probe's own document, refused for good: signed, and with its id."""
    old = site.clock.moment.replace(month=10, day=5)
    plan = intake.plans.current()
    document = site.document(plan, started_at=old)
    answer, raw, header = await post(client, "/v1/measurements", document)
    assert ("rejected", "plan_not_in_force") == (answer.status, answer.code)
    assert answer.id
    assert holds(site, raw, header)


async def test_nobody_on_the_way_can_provoke_a_signed_rejection(site, intake, client):
    """A document that was damaged or signed anew on the way is refused without signature: the probe keeps its copy."""
    signed = site.signed(intake.plans.current())
    stranger = sign(key_from(site.rng), "measurement", signed.body_bytes())
    for altered in (replace(signed, signature=bytes(64)), stranger, b"nonsense", b"{}"):
        body = altered if isinstance(altered, bytes) else msgspec.json.encode(altered)
        answer, _, header = await post(client, "/v1/measurements", body)
        assert ("rejected", None) == (answer.status, header)


async def test_what_may_be_tried_again_is_not_signed(site, intake, client, monkeypatch):
    """An answer with retry settles nothing."""
    monkeypatch.setattr(intake.store, "_waiting_rows", 0)
    answer, _, header = await post(client, "/v1/measurements", site.document(intake.plans.current()))
    assert (True, None) == (answer.retry, header)


async def test_enrolments_are_answered_with_a_signature(site, client):
    """Accepted, duplicate, and a refusal that rests on the certificate, are signed and name the quarter key."""
    long_lived = key_from(site.rng)
    moment = site.clock.moment
    first = msgspec.json.encode(make_enrolment(long_lived, key_from(site.rng), moment))
    second = msgspec.json.encode(make_enrolment(long_lived, key_from(site.rng), moment))
    late = msgspec.json.encode(make_enrolment(long_lived, key_from(site.rng), moment.replace(year=2025)))
    expected = ((first, None), (first, None), (second, "second_quarter_key"), (late, "wrong_quarter"))
    for request, code in expected:
        answer, raw, header = await post(client, "/v1/enrolments", request)
        assert code == answer.code
        assert answer.id
        assert holds(site, raw, header)


async def test_a_skipped_measurement_gets_a_signed_answer_too(site, intake, client):
    """Every document that is kept has its receipt."""
    plan = intake.plans.current()
    signed = make_skipped_document(site.quarter_key, plan, "s1", site.clock.moment, "on_battery")
    answer, raw, header = await post(client, "/v1/measurements", msgspec.json.encode(signed))
    assert "accepted" == answer.status
    assert holds(site, raw, header)

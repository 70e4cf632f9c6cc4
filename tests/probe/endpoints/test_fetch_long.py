"""fetch of objects longer than it reads: their first million bytes are compared where the catalogue has their hash, else it says that none was."""

import gzip
import random
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from aiohttp import web as aioweb

from analysis.direct.fetched import transfer_of
from analysis.direct.place import Place
from analysis.direct.sights import sight_of
from analysis.observe.opened import Resulted
from probe.measurement.envelope import decode
from probe.measurement.results import FetchResult, Look
from probe.measurement.signing import document_id
from probe.nettests.endpoint import COMPARED_BYTES, Endpoint, Fetched, FetchObject, Surroundings
from probe.nettests.fetch import MOST_BYTES, FetchParams, run
from tests.support import web
from tests.support.documents import key_from, make_plan
from tests.support.names import Names, serving
from tests.support.results import make_result_document, with_results

SERVICE, CONTROL, MEDIA = "video.musee.example", "static.neutral.example", "video/mp4"
LONG = random.Random(2).randbytes(1_400_000)
ALTERED = LONG[:500] + bytes([LONG[500] ^ 1]) + LONG[501:]
WHOLE, HEAD = sha256(LONG).digest(), sha256(LONG[:COMPARED_BYTES]).digest()
HOME = key_from(random.Random(1))
MOMENT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_bound_is_what_is_compared():
    """Each of the two is read up to half of what a fetch may spend."""
    assert MOST_BYTES == 2 * COMPARED_BYTES


@pytest.fixture(scope="module")
def home():
    """The home's resolver."""
    with serving(Names(dict.fromkeys((SERVICE, CONTROL), ("127.0.0.1",)))) as names:
        yield names


@pytest.fixture
def fetched(net, home, authority):
    """The looks of a fetch of the service's long object and of the control's, each as its server gives it."""

    def both(service: Any, control: Any = None, **known: Any) -> dict[str, Look]:
        hashes = {"sha256": WHOLE, "head_sha256": HEAD, "length_bytes": len(LONG), **known}
        with (
            web.served(service, authority.context(SERVICE)) as one,
            web.served(control or web.body(LONG, MEDIA), authority.context(CONTROL)) as other,
        ):
            pair = Fetched(
                original=FetchObject(
                    url=f"https://{SERVICE}:{one.port}/clip", **{**hashes, "media_type": MEDIA}
                ),
                control=FetchObject(url=f"https://{CONTROL}:{other.port}/clip", **hashes),
            )
            terms = FetchParams(
                endpoint=Endpoint(id="musee", names=(SERVICE,), objects=(pair,), verified=True),
                surroundings=Surroundings(lab=True, resolver=("127.0.0.1", home.port), ca_pem=authority.pem),
                gap_ms=0,
            )
            result = run(net, terms)
        assert result == msgspec.json.decode(msgspec.json.encode(result), type=FetchResult)
        return {look.role: look for look in result.looks}

    return both


async def all_of_it(_request):
    """A server that knows no ranges."""
    return aioweb.Response(body=LONG, content_type=MEDIA)


@pytest.mark.parametrize("handler", [web.body(LONG, MEDIA), all_of_it], ids=["a range", "all of it"])
def test_the_same_bytes(fetched, handler):
    """Both, up to the bound: held against the hash of their beginning, and no sign."""
    for look in fetched(handler).values():
        assert (COMPARED_BYTES, False, True, "head", ()) == (
            look.received_bytes,
            look.whole,
            look.from_start,
            look.compared,
            look.signs,
        )


def test_an_altered_beginning_is_a_sign_and_no_page(fetched):
    """The sign is its own, in the object as in the control; by it alone the analysis names nobody, and compares no rates."""
    for roles in (("original",), ("control",), ("original", "control")):
        service = web.body(ALTERED if "original" in roles else LONG, MEDIA)
        control = web.body(ALTERED if "control" in roles else LONG, MEDIA)
        looks = fetched(service, control)
        assert {role: ("head_differs",) if role in roles else () for role in looks} == {
            role: look.signs for role, look in looks.items()
        }
        result = FetchResult(looks=tuple(looks.values()), gap_ms=0)
        plan = with_results(make_plan(key_from(random.Random(2))))
        raw = make_result_document(HOME, plan, "s1", MOMENT, result).body_bytes()
        resulted = Resulted(document_id(raw), decode(raw))
        place = Place(line="a", tags=(), network=64500, day=None)
        assert [] == [sight for sight in sight_of(resulted, place) if sight.kind is not None]
        assert transfer_of(resulted, place) is None


async def compressed(_request):
    """The object in another form, longer than the bound all the same."""
    headers = {"Content-Encoding": "gzip", "Content-Type": MEDIA}
    return aioweb.Response(body=gzip.compress(LONG), headers=headers)


async def another_part(request):
    """A part of the object that is not its beginning."""
    stop = request.http_range.stop
    headers = {"Content-Range": f"bytes 100-{stop + 99}/{len(LONG)}", "Content-Type": MEDIA}
    return aioweb.Response(body=LONG[100 : stop + 100], status=206, headers=headers)


async def an_error(_request):
    """A long page of an error."""
    return aioweb.Response(body=ALTERED, status=503, content_type="text/plain")


CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "no hash of the beginning": (web.body(ALTERED, MEDIA), {"head_sha256": None}),
    "another form": (compressed, {}),
    "another part": (another_part, {}),
    "an error's page": (an_error, {}),
    "a little less": (web.body(LONG[:900_000], MEDIA), {"sha256": None}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_compared_says_so(fetched, case):
    """No hash that is known fits what came: nothing is compared, the record says so, and no hash is a sign."""
    handler, known = CASES[case]
    look = fetched(handler, **known)["original"]
    assert look.compared is None
    assert not {"hash_differs", "head_differs"} & set(look.signs)


def test_a_whole_object_is_held_against_its_own_hash(fetched):
    """Up to the bound the hash is that of all of it, as before."""
    exact = LONG[:COMPARED_BYTES]
    known = {"sha256": sha256(exact).digest(), "head_sha256": None, "length_bytes": len(exact)}
    good = fetched(web.body(exact, MEDIA), web.body(exact, MEDIA), **known)["original"]
    bad = fetched(web.body(ALTERED[:COMPARED_BYTES], MEDIA), web.body(exact, MEDIA), **known)["original"]
    assert ("whole", (), "whole", ("hash_differs",)) == (good.compared, good.signs, bad.compared, bad.signs)

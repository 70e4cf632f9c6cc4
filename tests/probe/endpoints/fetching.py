"""What the tests of fetch share: the home's names, the matched control, and a fetch of the service's object at a port."""

import random
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from probe.measurement.results import FetchResult, Look
from probe.nettests.endpoint import Endpoint, Fetched, FetchObject, Surroundings
from probe.nettests.fetch import FetchParams, run
from tests.support import web
from tests.support.names import Names, serving

SERVICE, CONTROL, STRANGER = "video.musee.example", "static.neutral.example", "block.isp.example"
CONTENT = random.Random(1).randbytes(300_000)
MEDIA = "video/mp4"


@pytest.fixture(scope="module")
def home():
    """The home's resolver: both names, and a stranger's."""
    with serving(Names(dict.fromkeys((SERVICE, CONTROL, STRANGER), ("127.0.0.1",)))) as names:
        yield names


@pytest.fixture(scope="module")
def control(authority):
    """The matched control, in good health."""
    with web.served(web.body(CONTENT, MEDIA), authority.context(CONTROL)) as running:
        yield running


@pytest.fixture
def fetched(net, home, control, authority):
    """Run a fetch of the service's object at a port; its original's look, the control's checked to be well."""

    def fetch_from(port: int, scheme: str = "https", **changes: Any) -> Look:
        original: dict[str, Any] = {
            "url": f"{scheme}://{SERVICE}:{port}/clip",
            "sha256": sha256(CONTENT).digest(),
            "media_type": MEDIA,
            "length_bytes": len(CONTENT),
            **changes,
        }
        pair = Fetched(
            original=FetchObject(**original),
            control=FetchObject(
                url=f"https://{CONTROL}:{control.port}/clip",
                sha256=sha256(CONTENT).digest(),
                media_type=MEDIA,
            ),
        )
        terms = FetchParams(
            endpoint=Endpoint(id="musee", names=(SERVICE,), objects=(pair,), verified=True),
            surroundings=Surroundings(lab=True, resolver=("127.0.0.1", home.port), ca_pem=authority.pem),
            gap_ms=0,
        )
        result = run(net, terms)
        assert result == msgspec.json.decode(msgspec.json.encode(result), type=FetchResult)
        assert {"original", "control"} == {look.role for look in result.looks}
        well = next(look for look in result.looks if look.role == "control")
        assert ("ok", (), True) == (well.failure, well.signs, well.whole)
        return next(look for look in result.looks if look.role == "original")

    return fetch_from

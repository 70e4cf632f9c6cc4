"""What the nettests that go to a service's servers learn from the catalogue."""

from datetime import date

import msgspec

from probe.catalogue.endpoints import endpoints
from probe.catalogue.entries import FetchObject, MatchedControl
from probe.catalogue.read import shipped


def test_nothing_that_nobody_looked_up_is_fetched():
    """Every shipped entry is an endpoint with its names; none is verified, so none has objects."""
    found = endpoints(shipped())
    assert [entry.id for entry in shipped().services] == [endpoint.id for endpoint in found]
    assert {(False, ())} == {(endpoint.verified, endpoint.objects) for endpoint in found}


def test_what_was_looked_up_has_its_objects_and_their_control():
    """A verified entry with an object and a control: both, with length and hash as the catalogue states them."""
    catalogue = shipped()
    control = MatchedControl(url="https://static.example/clip.mp4", bytes=310_000, reason="the same network")
    item = FetchObject(url="https://www.musee.example/clip.mp4", bytes=300_000, sha256="ab" * 32)
    entry = msgspec.structs.replace(
        catalogue.services[0], verified=True, verified_on=date(2026, 11, 22), fetch=(item,), control=control
    )
    (first, *_) = endpoints(msgspec.structs.replace(catalogue, services=(entry, *catalogue.services[1:])))
    ((found,), verified) = first.objects, first.verified
    assert verified
    assert (item.url, 300_000, bytes.fromhex("ab" * 32)) == (
        found.original.url,
        found.original.length_bytes,
        found.original.sha256,
    )
    assert (control.url, 310_000) == (found.control.url, found.control.length_bytes)

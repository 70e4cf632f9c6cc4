"""Endpoints from the catalogue: what fetch and reachability may know of a service, and no more than was looked up."""

from probe.catalogue.entries import Catalogue, Entry
from probe.nettests.endpoint import Endpoint, Fetched, FetchObject


def endpoints(catalogue: Catalogue) -> tuple[Endpoint, ...]:
    """One endpoint an entry. Objects are there only where the very entry was looked up on the live network."""
    return tuple(_endpoint(entry) for entry in catalogue.services)


def _endpoint(entry: Entry) -> Endpoint:
    return Endpoint(id=entry.id, names=entry.names, objects=_objects(entry), verified=entry.verified)


def _objects(entry: Entry) -> tuple[Fetched, ...]:
    if not entry.may_fetch or entry.control is None:
        return ()
    control = FetchObject(url=entry.control.url, length_bytes=entry.control.bytes)
    return tuple(
        Fetched(
            original=FetchObject(
                url=item.url,
                length_bytes=item.bytes,
                sha256=None if item.sha256 is None else bytes.fromhex(item.sha256),
            ),
            control=control,
        )
        for item in entry.fetch
    )

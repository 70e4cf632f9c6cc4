"""Endpoints from the catalogue: what fetch and reachability may know of a service, and no more than was looked up."""

from probe.catalogue.entries import Catalogue, Entry, MatchedControl
from probe.catalogue.entries import FetchObject as Listed
from probe.nettests.endpoint import Endpoint, Fetched, FetchObject


def endpoints(catalogue: Catalogue) -> tuple[Endpoint, ...]:
    """One endpoint an entry. Objects are there only where the very entry was looked up on the live network."""
    return tuple(_endpoint(entry) for entry in catalogue.services)


def _endpoint(entry: Entry) -> Endpoint:
    return Endpoint(id=entry.id, names=entry.names, objects=_objects(entry), verified=entry.verified)


def _objects(entry: Entry) -> tuple[Fetched, ...]:
    if not entry.may_fetch or entry.control is None:
        return ()
    control = _object(entry.control)
    return tuple(Fetched(original=_object(item), control=control) for item in entry.fetch)


def _object(listed: Listed | MatchedControl) -> FetchObject:
    return FetchObject(
        url=listed.url,
        length_bytes=listed.bytes,
        sha256=_digest(listed.sha256),
        head_sha256=_digest(listed.head_sha256),
    )


def _digest(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)

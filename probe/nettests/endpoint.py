"""Endpoints: what the nettests that go to a service's own servers know of it. The catalogue fills them."""

from typing import Annotated, Final

import msgspec

from probe.measurement.ticket import AddressFamily, Hash, Name, ShortText

Url = Annotated[str, msgspec.Meta(min_length=8, max_length=500, pattern=r"^https?://[!-~]+$")]


COMPARED_BYTES: Final = 1_000_000
"""So much of each of the two a fetch reads at most: half of its 2 MB. Of a longer object it can compare no more."""


class FetchObject(msgspec.Struct, frozen=True, kw_only=True):
    """A bounded object of a service. What the catalogue does not know is ``None``; an object that changes has no hash.

    ``head_sha256`` is that of its first ``COMPARED_BYTES``, of an object that is longer.
    """

    url: Url
    sha256: Hash | None = None
    head_sha256: Hash | None = None
    length_bytes: int | None = None
    media_type: ShortText | None = None


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """An object and its matched control: of like size, by the same delivery network if it can be."""

    original: FetchObject
    control: FetchObject


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One service: its names, its objects. ``verified``: somebody checked names and objects on the live network.

    What is not verified is replayed and looked up, never contacted.
    """

    id: ShortText
    names: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=64)]
    objects: Annotated[tuple[Fetched, ...], msgspec.Meta(max_length=16)] = ()
    verified: bool = False


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a nettest must know of the line. ``line_addresses`` are the line's own as responders saw them, to scrub.

    ``off_domains`` are those of services that may not be contacted from here, wherever a redirect leads (integrity.md 9).
    ``resolver`` (address, port) and ``ca_pem`` replace the system's, in a laboratory alone.
    """

    address_family: AddressFamily = "ipv4"
    line_addresses: tuple[str, ...] = ()
    off_domains: tuple[str, ...] = ()
    lab: bool = False
    resolver: tuple[str, int] | None = None
    ca_pem: str | None = None

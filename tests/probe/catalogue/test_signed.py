"""A catalogue from the network: signed by the pinned key, for this purpose, sound, and never an older one."""

import random
from datetime import date

import msgspec
import pytest

from probe.catalogue.entries import Catalogue
from probe.catalogue.read import read, shipped
from probe.catalogue.signed import CatalogueRefused, Edition, accept, held_edition, open_edition, publish
from probe.measurement.signing import PLAN, public_bytes, sign
from tests.support.catalogues import write_catalogue
from tests.support.documents import key_from

TODAY = date(2026, 11, 22)
OPERATOR = key_from(random.Random("operator"))
KEY = public_bytes(OPERATOR)


def edition(serial=1, catalogue: Catalogue | None = None):
    """An edition of the shipped catalogue, or of another one."""
    return Edition(serial=serial, catalogue=catalogue or shipped())


def test_it_arrives_as_it_was_published():
    """The same content, hence the same version, on the other side."""
    got = open_edition(publish(OPERATOR, edition()), KEY, TODAY)
    assert shipped().version() == got.catalogue.version()
    assert edition() == got


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (publish(key_from(random.Random("forger")), edition()), "foreign"),
        (msgspec.json.encode(sign(OPERATOR, PLAN, edition())), "foreign"),
        (publish(OPERATOR, edition()).replace(b"www.rfi.fr", b"www.rfi.ru"), "foreign"),
        (b"<html>", "malformed"),
        (msgspec.json.encode(sign(OPERATOR, "catalogue", b'{"serial":1}')), "malformed"),
        (b" " * (4 * 1024 * 1024 + 1), "malformed"),
    ],
    ids=["another key", "another purpose", "tampered", "a web page", "no catalogue", "too large"],
)
def test_what_is_refused(raw, code):
    """A signature by the right key, for the right purpose, over these bytes: or nothing."""
    with pytest.raises(CatalogueRefused) as caught:
        open_edition(raw, KEY, TODAY)
    assert code == caught.value.code


def test_an_unsound_catalogue_is_refused_though_signed(tmp_path):
    """A signature does not make a name of "localhost", or a risk line of a service nobody has."""
    folder = write_catalogue(tmp_path)
    good = read(folder).catalogue()
    entry = msgspec.structs.replace(good.services[0], names=("localhost",))
    bad = msgspec.structs.replace(good, services=(entry,))
    assert 1 == open_edition(publish(OPERATOR, edition(1, good)), KEY, TODAY).serial
    with pytest.raises(CatalogueRefused, match="unsound: bad_host"):
        open_edition(publish(OPERATOR, edition(1, bad)), KEY, TODAY)


def test_the_serial_only_grows(tmp_path):
    """The newest is kept as the bytes that were signed; an older one is refused, a damaged file is as none."""
    path = tmp_path / "catalogue.json"
    for serial in (3, 3, 5):
        accept(path, publish(OPERATOR, edition(serial)), KEY, TODAY)
    with pytest.raises(CatalogueRefused, match="older: serial 4, but 5 is held"):
        accept(path, publish(OPERATOR, edition(4)), KEY, TODAY)
    assert edition(5) == held_edition(path, KEY, TODAY)
    path.write_bytes(b"{}")
    assert held_edition(path, KEY, TODAY) is None


def test_an_unknown_field_is_no_reason_to_refuse():
    """A newer operator may say more of an entry than this probe knows."""
    plain = msgspec.to_builtins(edition())
    plain["catalogue"]["services"][0]["mood"] = "good"
    raw = msgspec.json.encode(sign(OPERATOR, "catalogue", msgspec.json.encode(plain)))
    assert edition() == open_edition(raw, KEY, TODAY)

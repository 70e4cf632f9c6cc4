"""Registrations in the public log: the next head names what no head before it named, and what is no registration nobody."""

from hashlib import sha256

import msgspec

from collector.data_folder import DataFolder
from collector.registrations import leave, left, naming_heads
from collector.sealed import Head, Named, open_head, read_heads
from probe.measurement.signing import Signed, public_bytes
from tests.support.sealing import HOUR, Sealing, fill, mixed

CONTENT = b'{"quarter": "2026Q4", "cells": []}'
NAMED = Named(sha256(CONTENT).digest(), "2026Q4")


def test_a_head_names_what_is_new(tmp_path):
    """Left before the first seal it stands in its head, signed; the second names only what came since; none twice."""
    sealing = Sealing.make(tmp_path)
    documents = mixed(2, 20)
    leave(sealing.folder, CONTENT)
    fill(sealing.folder, HOUR, documents[HOUR])
    assert 1 == sealing.run().sealed
    later = leave(sealing.folder, CONTENT.replace(b"Q4", b"Q3"))
    fill(sealing.folder, HOUR + 1, documents[HOUR + 1])
    assert 1 == sealing.run().sealed
    first, second = read_heads(sealing.folder.sealed)
    assert (NAMED,) == first.registrations
    assert [later.stem] == [one.sha256.hex() for one in second.registrations]
    heads = naming_heads(sealing.folder.root)
    assert [1, 2] == [serial for serial, _ in heads]
    head, _ = open_head(heads[0][1], "1", public_bytes(sealing.folder.open()))
    assert head == first


def test_what_is_no_registration_is_passed_over(tmp_path):
    """A file of another name than its hash, one that is no JSON, one without a quarter: no seal speaks of them."""
    folder = DataFolder(tmp_path)
    leave(folder, CONTENT)
    (folder.registrations / "other.json").write_bytes(CONTENT)
    leave(folder, b"no JSON")
    leave(folder, b'{"name": "without a quarter"}')
    assert [(NAMED, CONTENT)] == list(left(folder))
    assert [] == list(left(DataFolder(tmp_path / "nowhere")))


def test_heads_of_before_name_none(tmp_path):
    """A head that was signed before heads named registrations still reads."""
    sealing = Sealing.make(tmp_path)
    fill(sealing.folder, HOUR, mixed(1, 20)[HOUR])
    sealing.run()
    (path,) = sealing.folder.sealed.glob("*.json")
    body = msgspec.json.decode(msgspec.json.decode(path.read_bytes(), type=Signed).body)
    del body["registrations"]
    assert () == msgspec.json.decode(msgspec.json.encode(body), type=Head).registrations
    assert () == naming_heads(sealing.folder.root)

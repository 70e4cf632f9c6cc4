"""An archive that is partly of before shared signatures: old and new rows and parts go all ways together."""

import random
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field

import duckdb
import msgspec
import pyarrow as pa

from analysis.observe.opened import Opened, open_stored
from collector import backup, parquet
from collector.data_folder import DataFolder
from collector.homes.book import HomeBook
from collector.reader import read_measurements
from probe.measurement.signing import MEASUREMENT, Signed, document_id, sign_together, verify
from tests.support.collectors import Site
from tests.support.plans import key_from, make_plan
from tests.support.sealing import HOUR, Document, Sealing, fill, seal

OLD = pa.schema(
    [
        pa.field(one.name, pa.binary(64), nullable=False) if one.name == "signature" else one
        for one in parquet.SCHEMA
    ]
)
"""The archive's columns before signatures could be shared."""


@dataclass(frozen=True)
class Kept(Document):
    """A signed measurement as the hot store takes it."""

    signed: Signed = field(kw_only=True)

    def values(self, received_at_us):
        """A row of its table."""
        body = self.signed.body_bytes()
        return (document_id(body), received_at_us, self.signed.key, self.signed.signature, body[:16], body)


def stay_and_leave(site, plan):
    """Eight documents under a signature each, and eight under one, of a home that stays and of one that leaves."""
    keys = [site.quarter_key, key_from(random.Random(77))]
    alone, together = [], []
    for site.quarter_key in keys:
        alone += [Kept(0, signed=site.signed(plan)) for _ in range(8)]
        bodies = [site.signed(plan).body_bytes() for _ in range(8)]
        together += [Kept(0, signed=one) for one in sign_together(site.quarter_key, bodies)]
    return alone, together, alone[-1].signed.key


def lengths(folder):
    """How many rows have signatures of which length; each row verifies by itself, and as the judgement does it."""
    found: Counter[int] = Counter()
    for row in read_measurements(folder.root):
        verify(Signed(row.key, row.signature, msgspec.Raw(row.body)), MEASUREMENT)
        assert isinstance(open_stored(row), Opened)
        found[len(row.signature)] += 1
    return dict(found)


def test_old_and_new_are_sealed_copied_rewritten_and_verified_together(tmp_path, monkeypatch):
    """An old part, a part of both and an hour of both: read, queried, backed up, rid of a home and verified; a row never sealed twice."""
    sealing, site = Sealing.make(tmp_path), Site.make(tmp_path / "keys")
    folder, plan = sealing.folder, make_plan(site.responder_key)
    alone, together, leaves = stay_and_leave(site, plan)
    fill(folder, HOUR, [one for n, one in enumerate(alone) if n % 2])
    with monkeypatch.context() as before:
        before.setattr(parquet, "SCHEMA", OLD)
        sealing.run()
    fill(folder, HOUR + 1, [*alone[::4], *together[::2]])
    seal(folder, "--once")
    fill(folder, HOUR + 2, [*alone[2::4], *together[1::2]])
    assert {64: 16, 162: 16} == lengths(folder)
    pattern = str(folder.root / "archive/v1/date=*/*.parquet")
    query = f"SELECT octet_length(signature), count(*) FROM read_parquet('{pattern}') GROUP BY 1 ORDER BY 1"  # noqa: S608 - of this test
    assert [(64, 12), (162, 8)] == duckdb.connect().execute(query).fetchall()
    done = backup.back_up(folder, tmp_path / "b", 1)
    assert done.archive
    copy = DataFolder(tmp_path / "copy")
    backup.restore(tmp_path / "b", copy)
    for each in (folder, copy):
        assert {64: 16, 162: 16} == lengths(each)
        with closing(HomeBook(each.homes)) as book:
            book.withdraw(b"\x09" * 32, [leaves], 1)
        assert {64: 8, 162: 8} == lengths(each)
        said = seal(each, "--once")
        assert (3, 1) == (said["rewritten"], said["sealed"])
        assert {64: 8, 162: 8} == lengths(each)
        seal(each, "--verify")


def test_the_same_measurement_under_two_signatures_is_one_row(tmp_path):
    """An hour that a backup brought back has a document alone that was sealed under a shared signature: it stands once, as it was sealed."""
    sealing, site = Sealing.make(tmp_path), Site.make(tmp_path / "keys")
    plan = make_plan(site.responder_key)
    alone = [site.signed(plan) for _ in range(4)]
    shared = sign_together(site.quarter_key, [one.body_bytes() for one in alone])
    fill(sealing.folder, HOUR, [Kept(0, signed=one) for one in shared[:3]])
    sealing.run()
    fill(sealing.folder, HOUR, [Kept(0, signed=one) for one in alone])
    assert {130: 3, 64: 1} == lengths(sealing.folder)
    sealing.run()
    assert {130: 3, 64: 1} == lengths(sealing.folder)
    assert [] == sealing.said

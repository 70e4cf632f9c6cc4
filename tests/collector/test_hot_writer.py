"""The writer's thread outlives what befalls its files, and says of them no more than is so."""

import sqlite3
from typing import Any

import pytest

from collector.file_trouble import file_trouble
from collector.hot_files import open_for_reading, open_hour
from collector.hot_store import HotStore
from collector.metrics import Metrics
from tests.collector.test_remembered_attacks import IllDisk
from tests.collector.test_seal_seen import candidate
from tests.support.collectors import Clock
from tests.support.sealing import Document


@pytest.mark.parametrize("raised", [sqlite3.DatabaseError("malformed"), MemoryError()])
async def test_what_cannot_be_taken_back_stops_nobody_for_ever(tmp_path, monkeypatch, raised):
    """A file that is damaged meanwhile is left alone, as the sealer leaves it; memory that was lacking comes back."""
    monkeypatch.setattr("collector.hot_writer.TAKE_BACK_S", 0.02)
    troubles = [raised] * 3
    store = HotStore(tmp_path / "hot", Clock(), Metrics())
    (tmp_path / "hot").mkdir()
    store.writer = IllDisk
    store.start()
    disk: Any = store._writer
    monkeypatch.setattr("collector.hot_writer.take_back", lambda *_: raised_by(troubles))
    disk.ill = True
    assert "store_unavailable" == await store.keep_measurement(candidate(Document(1)))
    disk.ill = False
    said = [await store.keep_measurement(candidate(Document(2))) for _ in range(4)]
    assert "accepted" in said
    assert "duplicate" == await store.keep_measurement(candidate(Document(2)))
    await store.close()


def raised_by(troubles):
    """Raise the next of them, if one is left."""
    if troubles:
        raise troubles.pop()


def test_a_disk_that_is_ill_asks_for_no_backup(tmp_path):
    """Only a file that is damaged is to be taken out of its folder: its documents are not on any disk but this."""
    open_hour(tmp_path, 1)[0].close()
    (path,) = tmp_path.glob("*.sqlite")
    path.rename(path.with_suffix(".away"))
    with pytest.raises(Exception, match="nothing is lost by that"):
        open_for_reading(path)
    path.write_bytes(b"nonsense" * 500)
    with pytest.raises(Exception, match="restore the backup"):
        open_for_reading(path)
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert "store.full" == file_trouble(path, full).message_id

"""The spool: nothing is lost, nothing half-written is taken for a document, and what is refused is kept aside."""

import os
import random
import subprocess
import sys
import time

import msgspec
import pytest

from probe.measurement.signing import MEASUREMENT, Signed, document_id, verify
from probe.spool import KEPT_BYTES, Spool
from tests.probe.conftest import a_document


@pytest.fixture
def spool(tmp_path):
    """An open spool."""
    made = Spool(tmp_path / "spool")
    made.open()
    return made


def test_the_file_holds_the_exact_signed_json(spool):
    """What `put` wrote is the Signed JSON itself, named by the SHA-256 of its body, readable by its owner alone."""
    signed = a_document()
    identifier = spool.put(signed)
    path = spool.pending_folder / f"{identifier}.json"
    assert document_id(signed.body_bytes()).hex() == identifier
    assert msgspec.json.encode(signed) == path.read_bytes() == spool.read(identifier)
    assert 0o600 == path.stat().st_mode & 0o777


def test_oldest_first(spool):
    """Documents wait in the order in which they were spooled."""
    identifiers = [spool.put(a_document(number)) for number in range(3)]
    for age, identifier in enumerate(reversed(identifiers)):
        os.utime(spool.pending_folder / f"{identifier}.json", (1000 - age, 1000 - age))
    assert identifiers == spool.pending()
    assert 3 == spool.waiting().documents


def test_settle_deletes_and_only_that_document(spool):
    """`settle` deletes the one document; a second time does nothing."""
    first, second = spool.put(a_document(1)), spool.put(a_document(2))
    spool.settle(first)
    spool.settle(first)
    assert [second] == spool.pending()


def test_reject_keeps_the_document_and_the_reason(spool):
    """A rejected document moves aside with code, messages and time."""
    identifier = spool.put(a_document())
    spool.reject(identifier, "bad_schema", "champ inconnu", "unknown field")
    (reason,) = spool.rejected()
    assert ("bad_schema", "champ inconnu", "unknown field") == (
        reason.code,
        reason.message_fr,
        reason.message_en,
    )
    assert [] == spool.pending()
    assert (spool.rejected_folder / f"{identifier}.json").exists()


@pytest.mark.parametrize("damage", [b"", b"{", b'{"key": 1}', b"\xff\xfe"])
def test_a_damaged_document_is_set_aside_as_corrupt(spool, damage):
    """A pending file that no longer parses is kept as rejected:corrupt, never dropped, and never sent."""
    identifier = spool.put(a_document())
    (spool.pending_folder / f"{identifier}.json").write_bytes(damage)
    assert spool.read(identifier) is None
    assert ["corrupt"] == [reason.code for reason in spool.rejected()]
    assert damage == (spool.rejected_folder / f"{identifier}.json").read_bytes()


def test_a_document_under_a_foreign_name_is_corrupt(spool):
    """A body that is not what its name says is not sent."""
    first, second = spool.put(a_document(1)), spool.put(a_document(2))
    (spool.pending_folder / f"{second}.json").replace(spool.pending_folder / f"{first}.json")
    assert spool.read(first) is None


def test_half_written_files_are_removed_at_start(spool):
    """What a crash left of a write is removed; whole documents stay."""
    identifier = spool.put(a_document())
    (spool.pending_folder / f".{'0' * 64}.json.partial").write_bytes(b'{"key"')
    assert 1 == spool.open()
    assert [identifier] == spool.pending()
    assert [f"{identifier}.json"] == [path.name for path in spool.pending_folder.iterdir()]


def test_rejected_documents_are_dropped_after_30_days(tmp_path):
    """After 30 days document and reason go; a younger one stays."""
    now_s = [time.time()]
    spool = Spool(tmp_path, lambda: now_s[0])
    spool.open()
    old = spool.put(a_document(1))
    spool.reject(old, "bad_schema")
    now_s[0] += 29 * 86400
    young = spool.put(a_document(2))
    spool.reject(young, "bad_schema")
    assert [old, young] == [reason.id for reason in spool.rejected()]
    now_s[0] += 2 * 86400
    spool.open()
    assert [young] == [reason.id for reason in spool.rejected()]
    assert 2 == len(list(spool.rejected_folder.iterdir()))


def test_rejected_documents_keep_within_their_space(tmp_path):
    """Past 50 MB the oldest go first."""
    now_s = [1000.0]
    spool = Spool(tmp_path, lambda: now_s[0])
    spool.open()
    identifiers = []
    for number in range(3):
        identifiers.append(spool.put(a_document(number)))
        with (spool.pending_folder / f"{identifiers[-1]}.json").open("r+b") as file:
            file.truncate(KEPT_BYTES // 2 - 1000)
        now_s[0] += 1
        spool.reject(identifiers[-1], "too_large")
    assert identifiers[1:] == [reason.id for reason in spool.rejected()]


def test_a_reason_that_is_lost_does_not_hide_the_document(spool):
    """A rejected document without its reason is still listed, as unknown."""
    identifier = spool.put(a_document())
    spool.reject(identifier, "bad_schema")
    (spool.rejected_folder / f"{identifier}.reason.json").write_bytes(b"{")
    assert ["unknown"] == [reason.code for reason in spool.rejected()]


def test_kill_9_loses_nothing_that_was_spooled(tmp_path):
    """Killed at ten random moments, the spool holds every id that was said to be spooled, whole and verifiable."""
    said: list[str] = []
    for turn in range(10):
        command = [sys.executable, "-m", "tests.probe.spool_writer", str(tmp_path), str(turn * 10_000)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            said.append(writer.stdout.readline().strip())
            time.sleep(random.uniform(0.0, 0.1))
            writer.kill()
            said += [line.strip() for line in writer.stdout if line.endswith("\n")]
    assert len(said) > 20
    spool = Spool(tmp_path)
    spool.open()
    assert set() == set(said) - set(spool.pending())
    for identifier in spool.pending():
        document = spool.read(identifier)
        assert document is not None
        signed = msgspec.json.decode(document, type=Signed)
        assert identifier == document_id(verify(signed, MEASUREMENT)).hex()
    assert [] == spool.rejected()

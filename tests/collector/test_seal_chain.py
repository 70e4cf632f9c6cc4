"""The list of seals: signed, chained, its leaves salted; what changed in it is refused or named."""

import subprocess
from contextlib import closing
from hashlib import sha256

import msgspec
import pytest

from collector.hot_files import HOUR_US
from collector.messages import Trouble
from collector.retention import delete_older
from collector.salted import salted_leaf
from collector.sealed import SEAL, Head, index_path, open_head
from collector.seen import rebuild
from probe.measurement.merkle import root
from probe.measurement.signing import Signed, public_bytes, sign, verify
from tests.collector import test_seal
from tests.collector.test_seal import HOURS, queried
from tests.support.sealing import HOUR, ROOT, Document, Sealing, command, damage, fill, seal

sealing = test_seal.sealing


def test_the_list_is_signed_chained_and_gives_the_root(sealing):
    """Each head is signed, names the one before, and its root is that of the published list of salted hashes."""
    sealing.run()
    log = sealing.folder.root / "archive/v1/log"
    previous = bytes(32)
    for serial, hour in enumerate(range(HOUR, HOUR + HOURS), 1):
        signed = msgspec.json.decode((log / f"{serial:08}.json").read_bytes(), type=Signed)
        assert public_bytes(sealing.folder.open()) == signed.key
        head = msgspec.json.decode(verify(signed, SEAL), type=Head)
        assert (serial, hour, previous) == (head.serial, head.hour, head.previous)
        content = (log / f"{serial:08}.leaves").read_bytes()
        leaves = [content[n : n + 32] for n in range(0, len(content), 32)]
        assert (sorted(leaves), len(leaves)) == (leaves, head.leaves)
        assert head.root == root(leaves)
        assert head.part is not None
        assert (
            sha256((sealing.folder.root / "archive" / head.part.name).read_bytes()).digest()
            == head.part.sha256
        )
        previous = sha256(signed.body_bytes()).digest()


def test_a_leaf_tells_nothing_without_its_salt(sealing):
    """Every document's leaf is in the list with the salt beside it; no id, key or hash of an id is in what is published."""
    sealing.run()
    log = sealing.folder.root / "archive/v1/log"
    published = b"".join(path.read_bytes() for path in sorted(log.iterdir()))
    found = queried(sealing, "salt, document_id")
    assert HOURS * 56 == len(found)
    assert len(found) == len({salt for salt, _ in found})
    for salt, document_id in found:
        assert salted_leaf(salt, document_id) in published
        assert document_id not in published
        assert sha256(document_id).digest() not in published
        assert sha256(b"\x00" + document_id).digest() not in published


def test_a_damaged_index_is_named_and_made_anew(sealing):
    """A server does not start on a damaged index, and says what to run; the sealer repairs it."""
    sealing.run()
    path = sealing.folder.sealed / "00000002.index"
    content = path.read_bytes()
    for broken in (content[:-1], b"", content[:40] + b"?" + content[41:]):
        path.write_bytes(broken)
        with pytest.raises(Trouble, match=r"00000002\.index.*isonomia-collector seal"):
            rebuild(sealing.folder.hot, sealing.now_hour)
        sealing.run()
        assert content == path.read_bytes()


def test_a_damaged_index_whose_documents_are_gone_is_removed(sealing):
    """Past their time nothing is left to make it of: the sealer takes it away, and a server starts."""
    with sealing.folder.sealing():
        sealer = sealing.sealer()
        sealer.run()
        assert HOURS == delete_older(sealer.log, sealer._place, 1, (HOUR + 72) * HOUR_US)
    damage(index_path(sealing.folder.sealed, 2))
    with pytest.raises(Trouble, match=r"00000002"):
        rebuild(sealing.folder.hot, HOUR + 48)
    sealing.run()
    with closing(rebuild(sealing.folder.hot, HOUR + 48)) as seen:
        assert (HOURS - 1) * 56 == seen.documents


def test_a_head_that_changed_is_refused(sealing):
    """One changed byte in a head of the archive, or another key under it, and the folder does not take it."""
    sealing.run()
    path = sealing.folder.root / "archive/v1/log/00000002.json"
    (sealing.folder.sealed / path.name).unlink()
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"measurements":50', b'"measurements":51'))
    with pytest.raises(Trouble, match=r"00000002\.json"):
        sealing.run()
    with pytest.raises(Trouble, match="another key"):
        open_head(content, path, bytes(32))


def resigned(sealing: Sealing, serial: int, name: str = "", **changes: object) -> bytes:
    """That seal's head with ``changes``, signed anew by the operator's own key, as the file of that or another name."""
    path = sealing.folder.sealed / f"{serial:08}.json"
    head = msgspec.json.decode(msgspec.json.decode(path.read_bytes(), type=Signed).body, type=Head)
    content = msgspec.json.encode(sign(sealing.folder.open(), SEAL, msgspec.structs.replace(head, **changes)))
    for folder in (sealing.folder.sealed, sealing.folder.root / "archive/v1/log"):
        (folder / (name or path.name)).write_bytes(content)
    return content


FORGERIES = {
    "another root": lambda sealing: resigned(sealing, 1, root=bytes(32)),
    "another seal's": lambda sealing: resigned(sealing, 1, "00000002.json"),
    "not after the one before": lambda sealing: resigned(sealing, 3, previous=bytes(32)),
    "another root in a revision": lambda sealing: resigned(
        sealing, 2, "00000002.r2.json", revision=2, root=bytes(32)
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_head_that_was_signed_anew_breaks_the_chain(sealing, forgery):
    """Whoever has the key, and changes a head here and in the archive: the next run names the file and seals nothing."""
    sealing.run()
    fill(sealing.folder, HOUR + 9, [Document(1)])
    FORGERIES[forgery](sealing)
    with pytest.raises(Trouble) as caught:
        sealing.run()
    assert ("seal.gap" if forgery == "another seal's" else "seal.broken_chain") == caught.value.message_id
    assert ["2026-03-08T05.sqlite"] == sealing.hot()


def test_a_head_without_its_signature_is_named_at_every_run(sealing):
    """A signature that is zero, in a file that has been here for long."""
    sealing.run()
    path = sealing.folder.sealed / "00000001.json"
    signed = msgspec.json.decode(path.read_bytes(), type=Signed)
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(signed, signature=bytes(64))))
    with pytest.raises(Trouble, match=r"00000001\.json") as caught:
        sealing.run()
    assert "seal.bad_head" == caught.value.message_id


def test_verify_reads_the_whole_archive(sealing):
    """A list, a part and a head that were changed in the archive alone are each named; without a change there is no fault."""
    said = subprocess.run(
        command(sealing.folder, "--verify"), capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert "Verified: 3 seal(s), 0 fault(s)" in said.stdout
    archive = sealing.folder.root / "archive"
    damage(archive / "v1/log/00000001.leaves")
    damage(sealing.parts()[1])
    (archive / "v1/log/00000003.leaves").unlink()
    (archive / "v1/log/00000003.json").write_bytes((archive / "v1/log/00000002.json").read_bytes())
    names = ["00000001.leaves", sealing.parts()[1].name, "00000003.json", "00000003.leaves"]
    error = str(seal(sealing.folder, "--verify", code=3)["error"])
    assert names == [name for line in error.splitlines() for name in names if name in line]


def test_another_archive_is_refused(sealing, tmp_path):
    """An archive that lacks seals which the folder knows is not this folder's: nothing is written to it."""
    sealing.run()
    fill(sealing.folder, HOUR + 9, [Document(1)])
    (sealing.folder.root / "archive").rename(tmp_path / "moved")
    with pytest.raises(Trouble, match=r"00000001\.json") as caught:
        sealing.run()
    assert "seal.foreign_archive" == caught.value.message_id
    assert ["2026-03-08T05.sqlite"] == sealing.hot()

"""Nobody changes a golden measurement unseen: what was signed stands, or the chain says which file and which row."""

import random
import re
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from analysis.judge import judge
from analysis.messages import Trouble
from analysis.stats.parameters import Parameters
from collector.data_folder import DataFolder
from collector.hot_files import open_for_writing
from probe.measurement.signing import MEASUREMENT, Signed, document_id, public_bytes, sign
from tests.golden.chain import NOW, REGISTRATION, fill, folder_of, made, registration
from tests.golden.documents import MEASUREMENTS, Damaged, Row, read, row_of
from tests.golden.scenarios import SCENARIOS

POLICED = "policed-1.5"
ROW = 5
"""The row that is forged, counted from 1."""


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of a golden scenario, to be forged."""
    return Path(copytree(folder_of(POLICED), tmp_path / POLICED))


def forge(folder: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the line of a row."""
    path = folder / MEASUREMENTS
    lines = path.read_bytes().split(b"\n")
    changed = change(lines[ROW])
    assert changed != lines[ROW]
    lines[ROW] = changed
    path.write_bytes(b"\n".join(lines))


def renamed(line: bytes) -> bytes:
    """The line with the id that its changed body would have: a forger can compute a hash."""
    row = msgspec.json.decode(line.removesuffix(b","), type=Row)
    digest = document_id(row.document.body_bytes()).hex()
    return line.replace(row.measurement_id.encode(), digest.encode(), 1)


def exchanged(line: bytes) -> bytes:
    """The line with the labels of its runs exchanged: the slow run becomes the control."""
    other = {b"original": b"control", b"control": b"original"}
    return re.sub(rb'"role":"(original|control)"', lambda m: b'"role":"' + other[m[1]] + b'"', line)


def refused(folder: Path) -> str:
    """What the chain says when it refuses; the text after file and row."""
    with pytest.raises(Damaged) as caught:
        made(folder)
    start = f"{folder / MEASUREMENTS}: row {ROW}: "
    assert str(caught.value).startswith(start)
    return str(caught.value).removeprefix(start)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_byte_of_a_document_can_change(scenario, tmp_path):
    """One changed byte anywhere in a document, at 60 places drawn by chance, is refused with file and row."""
    rng = random.Random(scenario)
    content = (folder_of(scenario) / MEASUREMENTS).read_bytes()
    starts = [match.start() for match in re.finditer(rb'"body":\{"schema_version"', content)]
    path = tmp_path / MEASUREMENTS
    for _ in range(60):
        row = rng.randrange(len(starts))
        begin = starts[row] + len(b'"body":')
        end = content.index(b"\n", begin) - len(b"}},")
        at = rng.randrange(begin, end)
        byte = rng.choice([b for b in range(256) if b != content[at]])
        path.write_bytes(content[:at] + bytes([byte]) + content[at + 1 :])
        with pytest.raises(Damaged, match=re.escape(f"{path}: row {row + 1}: ")):
            read(path)


def test_a_byte_with_its_hash_made_to_fit(folder):
    """A changed count of bytes is refused for the signature where the forger corrected the hash too."""
    forge(folder, lambda line: re.sub(rb'"wire_bytes":(\d)', rb'"wire_bytes":9\1', line, count=1))
    assert "hash" in refused(folder)
    forge(folder, renamed)
    assert "the signature does not fit" in refused(folder)


def test_labels_exchanged_are_refused(folder):
    """Original and control exchanged, hash made to fit: the home's key did not sign that."""
    forge(folder, lambda line: renamed(exchanged(line)))
    assert "the signature does not fit" in refused(folder)


def test_labels_exchanged_and_signed_by_another(folder):
    """Signed anew by a key of the forger's own: the body names the home's key. With that replaced too: the ticket does."""
    stranger = Ed25519PrivateKey.generate()

    def signed_anew(line: bytes, also: Callable[[bytes], bytes]) -> bytes:
        row = msgspec.json.decode(exchanged(line).removesuffix(b","), type=Row)
        document = sign(stranger, MEASUREMENT, also(row.document.body_bytes()))
        made_up = Row(document_id(document.body_bytes()).hex(), row.received_at_us, document)
        return msgspec.json.encode(made_up) + b","

    forge(folder, lambda line: signed_anew(line, bytes))
    assert "names another key" in refused(folder)
    key = re.compile(rb'"probe_key":"[^"]+"')
    mine = b'"probe_key":' + msgspec.json.encode(public_bytes(stranger))
    forge(folder, lambda line: exchanged(signed_anew(line, lambda body: key.sub(mine, body, count=1))))
    forge(folder, renamed)
    assert "the signature does not fit" in refused(folder)
    forge(folder, lambda line: signed_anew(line, bytes))
    assert "opened for another key" in refused(folder)


def test_a_ticket_of_another_pair(folder):
    """The ticket, and with it the coin, cannot be lent: a statement is about its own pair."""
    rows = read(folder / MEASUREMENTS).rows
    bodies = [msgspec.json.decode(row.document.body_bytes(), type=dict) for row in rows]
    mine = next(
        n for n, row in enumerate(rows) if row.document.key == rows[ROW - 1].document.key and n != ROW - 1
    )
    bodies[ROW - 1]["pair"]["ticket"] = bodies[mine]["pair"]["ticket"]
    body = msgspec.json.encode(bodies[ROW - 1])
    lent = Row(
        document_id(body).hex(),
        0,
        Signed(rows[ROW - 1].document.key, rows[ROW - 1].document.signature, msgspec.Raw(body)),
    )
    forge(folder, lambda _: msgspec.json.encode(lent) + b",")
    assert "the signature does not fit" in refused(folder)


def test_rows_cannot_leave_unseen(folder):
    """A row that is taken away changes the finding's hash of ids: the comparison with the committed finding fails."""
    path = folder / MEASUREMENTS
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(lines[:ROW] + lines[ROW + 1 :]))
    fewer, whole = made(folder).finding, made(folder_of(POLICED)).finding
    assert fewer["measurement_ids_sha256"] != whole["measurement_ids_sha256"]
    assert fewer["finding_id"] != whole["finding_id"]


def test_the_registration_cannot_change(folder):
    """One byte of what was registered, and the file is named."""
    path = folder / REGISTRATION
    path.write_bytes(path.read_bytes().replace(b"radio-boreale", b"radio-boreala"))
    with pytest.raises(Damaged, match=re.escape(f"{path}: these are not the bytes that were registered")):
        made(folder)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is not"), (b'{"rows":[', "is not"), (b'{"rows":[\n]}\n', "head: "), (b'{"rows":[\n{}', "is not")],
)
def test_a_file_that_is_none(folder, content, said):
    """An empty, cut or foreign file is named too."""
    path = folder / MEASUREMENTS
    path.write_bytes(content)
    with pytest.raises(Damaged, match=re.escape(f"{path}: {said}")):
        read(path)


def test_the_judge_itself_refuses_a_forged_row_in_a_store(tmp_path):
    """Past the golden reader, in a collector's own file: judge names that file and the row, and exits with 3."""
    rows = read(folder_of(POLICED) / MEASUREMENTS).rows
    store = fill(tmp_path, [row.stored() for row in rows])
    forged = row_of(rows[ROW - 1].stored())
    (path,) = DataFolder(store).hot.iterdir()
    db = open_for_writing(path)
    changed = exchanged(forged.document.body_bytes())
    db.execute(
        "UPDATE measurements SET body = ?, measurement_id = ? WHERE measurement_id = ?",
        (changed, document_id(changed), bytes.fromhex(forged.measurement_id)),
    )
    db.close()
    registered, digest = registration(folder_of(POLICED))
    with pytest.raises(Trouble) as caught:
        judge(store, registered, digest, Parameters.from_json(registered.parameters), now=NOW)
    assert 3 == caught.value.exit_code
    said = caught.value.text("en")
    assert str(path) in said
    assert document_id(changed).hex() in said

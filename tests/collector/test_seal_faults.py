"""The sealer killed with -9, anywhere, again and again: nothing is lost, nothing is doubled, and the next one goes on.

Ten kills; ``ISONOMIA_TORTURE=200`` makes it two hundred. The seed is printed; ``ISONOMIA_SEED`` sets it.
"""

import json
import os
import random
import secrets
import subprocess
import sys
import threading
from contextlib import closing, contextmanager

from collector import archive
from collector.archive import read_measurements
from collector.closing import close_for_good
from collector.hot_files import hour_files
from collector.sealed import read_heads
from collector.seen import rebuild
from probe.measurement.merkle import root
from tests.support.sealing import HOUR, ROOT, Document, Sealing, fill, mixed

KILLS = int(os.environ.get("ISONOMIA_TORTURE", "10"))


@contextmanager
def dying(sealing: Sealing):
    """Give orders to ``tests.support.dying_sealer``; each returns what became of the sealer."""
    words = [sys.executable, "-m", "tests.support.dying_sealer"]
    words += [str(sealing.folder.root), str(sealing.now_hour)]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        orders, answers = process.stdin, process.stdout
        assert orders is not None
        assert answers is not None

        def order(text: str) -> str:
            orders.write(text + "\n")
            orders.flush()
            return answers.readline().strip()

        yield order
        orders.close()


def assert_all_there(sealing: Sealing, journal: dict[bytes, Document]) -> None:
    """Every document of the journal is given by the reader once, its bytes and flag right; the server's memory agrees."""
    given = [(row.measurement_id, row.body) for row in sealing.measurements()]
    given += [(row.report_id, row.body) for row in sealing.reports()]
    assert len(journal) == len(given)
    assert {key: document.body for key, document in journal.items()} == dict(given)
    with closing(rebuild(sealing.folder.hot, sealing.now_hour)) as seen:
        assert len(journal) == seen.documents
        assert {document.kind for document in journal.values()} == {seen.place_of(key) for key in journal}


def assert_log_holds(sealing: Sealing) -> None:
    """Serials without a gap, each root that of its list; no document in two seals, no part that nobody names."""
    archive = sealing.folder.root / "archive"
    heads = read_heads(sealing.folder.sealed)
    assert list(range(1, len(heads) + 1)) == [head.serial for head in heads]
    for head in heads:
        content = (archive / f"v1/log/{head.serial:08}.leaves").read_bytes()
        assert head.root == root([content[n : n + 32] for n in range(0, len(content), 32)])
    assert {head.part.name for head in heads if head.part} == {
        str(path.relative_to(archive)) for path in sealing.parts()
    }
    assert [] == list(sealing.folder.root.rglob("*.partial"))


def test_kill_9_anywhere(tmp_path):
    """After each kill, before anything repairs it, the reader gives every document once; at the end all is sealed and fits."""
    seed = int(os.environ.get("ISONOMIA_SEED", secrets.randbelow(1 << 32)))
    print(f"ISONOMIA_SEED={seed}")
    rng = random.Random(seed)
    sealing = Sealing.make(tmp_path)
    journal: dict[bytes, Document] = {}
    number, killed = 0, 0
    with dying(sealing) as order:
        for kill in range(KILLS):
            if not sealing.hot() or rng.random() < 0.3:
                for hour, documents in mixed(rng.randint(1, 2), rng.randint(5, 20), number).items():
                    fill(sealing.folder, hour + rng.randrange(24), documents)
                    journal.update((document.id, document) for document in documents)
                    number += 100
            if kill % 5 == 4:
                became = order(f"after {rng.uniform(0.01, 0.3):.3f}")
            else:
                lines = json.loads(order("count"))
                place = rng.choice(sorted(lines))
                became = order(f"line {place} {rng.randint(1, lines[place])}")
                assert "killed" == became, place
            killed += became == "killed"
            assert_all_there(sealing, journal)
        assert killed >= 0.7 * KILLS
        assert "ended" == order("line nowhere:0 1")
    assert [] == sealing.hot()
    assert_all_there(sealing, journal)
    assert_log_holds(sealing)


def test_sealed_under_a_reader(tmp_path):
    """Readers that are half-way while the sealer takes hour after hour from under them give every row once."""
    sealing = Sealing.make(tmp_path)
    journal: dict[bytes, Document] = {}
    for hour, documents in mixed(4, 60).items():
        fill(sealing.folder, hour, documents)
        journal.update((document.id, document) for document in documents if document.kind != "reports")
    reader = read_measurements(sealing.folder.root, batch_rows=7)
    given = [next(reader) for _ in range(70)]  # in the middle of the second hour
    assert 4 == sealing.run().sealed
    assert [] == sealing.hot()
    given += reader
    assert len(journal) == len(given)
    assert journal.keys() == {row.measurement_id for row in given}


def test_a_reader_while_it_is_sealed(tmp_path):
    """Read again and again during a run of the sealer, the store always gives the same rows in the same order."""
    sealing = Sealing.make(tmp_path)
    for hour, documents in mixed(6, 30).items():
        fill(sealing.folder, hour, documents)
    before = sealing.measurements()
    thread = threading.Thread(target=sealing.run)
    thread.start()
    reads = 0
    while thread.is_alive() or not reads:
        assert before == sealing.measurements()
        reads += 1
    thread.join()
    # A reader that has an hour file open at that moment makes the sealer wait for its next run.
    sealing.run()
    assert ([], before) == (sealing.hot(), sealing.measurements())


def test_a_seal_between_the_two_lists_of_a_reader(tmp_path, monkeypatch):
    """Hours that are sealed after the heads were listed and before the hour files are, stand in neither list: all rows come even so."""
    sealing = Sealing.make(tmp_path)
    for hour, documents in mixed(6, 30).items():
        fill(sealing.folder, hour, documents)
    before = sealing.measurements()
    sealed: list[int] = []

    def seal_first(folder):
        if not sealed:
            sealed.append(sealing.run().sealed)
        return hour_files(folder)

    monkeypatch.setattr(archive, "hour_files", seal_first)
    assert before == sealing.measurements()
    assert ([6], []) == (sealed, sealing.hot())


def test_clock_steps(tmp_path):
    """A clock that jumps a month ahead and back seals nothing twice and loses nothing, whoever's clock it is."""
    sealing = Sealing.make(tmp_path)
    journal: dict[bytes, Document] = {}
    for step in (0, 720, -5, 720, 0, -30):
        documents = [Document(1000 * len(journal) + n, pair=1000 * len(journal) + n) for n in range(5)]
        fill(sealing.folder, HOUR + step, documents)
        journal.update((document.id, document) for document in documents)
        sealing.now_hour = HOUR + 1 + step
        sealing.run()
        assert_all_there(sealing, journal)
    sealing.now_hour = HOUR + 900
    sealing.run()
    assert [] == sealing.hot()
    assert_all_there(sealing, journal)
    assert_log_holds(sealing)


def test_serials_are_not_reused_after_a_crash(tmp_path):
    """A head that reached the archive alone is fetched; its hour file is recognised by its seed and not sealed again."""
    sealing = Sealing.make(tmp_path)
    fill(sealing.folder, HOUR, [Document(1)])
    kept = (sealing.folder.hot / sealing.hot()[0]).read_bytes()
    closed = sealing.folder.hot / sealing.hot()[0]
    close_for_good(closed, b"s" * 32)
    marked = closed.read_bytes()
    assert kept != marked
    sealing.run()
    closed.write_bytes(marked)
    for path in sealing.folder.sealed.iterdir():
        path.unlink()
    assert [Document(1).id] == [row.measurement_id for row in sealing.measurements()]
    summary = sealing.run()
    assert (0, 1, 1) == (summary.sealed, summary.fetched, summary.seals)
    assert ([], [Document(1).id]) == (sealing.hot(), [row.measurement_id for row in sealing.measurements()])

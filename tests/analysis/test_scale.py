"""A store judged through a folder, and on a cluster: the findings have the bytes they have in memory, on one machine."""

import os
import random
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import pytest

from analysis.cli import main
from analysis.clusters import clusters
from analysis.finding import with_key_hashes
from analysis.judge import Look, judge_observations
from analysis.messages import Trouble
from analysis.reading import read_source
from analysis.registration import write
from analysis.scale import scheduler
from analysis.scale.judged import judge_on_disk
from analysis.scale.scheduler import InParts
from analysis.scale.spool import cell_bucket, every_bucket, spool
from analysis.source import Source
from collector.stored import StoredReport
from probe.measurement.envelope import encode
from probe.measurement.receipt import DigestReport, TicketDigest
from probe.measurement.signing import DIGEST, MEASUREMENT, document_id, sign
from tests.analysis.worlds import LINE, NEUTRAL, NOW, PARAMETERS, POLICED, START, World
from tests.golden.chain import fill
from tests.support.plans import unix_us

ROOT = Path(__file__).resolve().parents[2]
replace = msgspec.structs.replace
STARTS_S = 60


def source(rows, reports=()):
    """A source of these rows and reports."""
    return Source(lambda: iter(rows), lambda: iter(reports), tuple, lambda one: Path(one.file or "x"))


def digest_of(pair, **changes):
    """What the responder reports of a pair's ticket."""
    ticket = pair.pair.open_ticket()
    coin = ticket.coin(pair.pair.nonce)
    facts = {name: getattr(ticket, name) for name in ("pair_id", "probe_key", "service", "variant", "opened_at_us", "counter", "direction")}  # fmt: skip
    return TicketDigest(**facts, runs_seen=2, last_order=1, original_first=coin.original_first, **changes)


def reported(world, digests):
    """A report of these digests, signed by the world's responder."""
    report = DigestReport(responder="r1", serial=1, made_at_us=unix_us(START), tickets=tuple(digests))
    signed = sign(world.responder_key, DIGEST, report)
    body = signed.body_bytes()
    return StoredReport(document_id(body), unix_us(START), body, signed.key, signed.signature)


@pytest.fixture(scope="module")
def store():
    """A world, and rows and reports of every sort: twice the same, two bodies of a ticket, skipped, damaged, never handed in."""
    world = World(homes=5)
    pairs = world.all_pairs(3)
    kept, never = pairs[:-6], pairs[-6:]
    rows = [world.stored(one) for one in kept]
    elsewhere = replace(kept[7], line=replace(LINE, brand="Another"))
    skipped = replace(kept[0], pair=None, skipped="on battery")
    damaged = sign(world.keys[0], MEASUREMENT, encode(kept[3]).replace(b'"t_us":[', b'"t_us":[-5,', 1))
    body = damaged.body_bytes()
    rows += [rows[4], world.stored(elsewhere), world.stored(skipped), world.stored(skipped)]
    rows.append(
        replace_row(rows[3], measurement_id=document_id(body), body=body, signature=damaged.signature)
    )
    random.Random(1).shuffle(rows)
    digests = [digest_of(one) for one in (*kept, *never)]
    return world, rows, [reported(world, digests[:20]), reported(world, digests[10:])]


def replace_row(row, **changes):
    """A row with some of its fields changed."""
    return type(row)(**{**vars(row), **changes})


def in_memory(world, rows, reports):
    """The judgement of a source that is read whole."""
    registered = world.registration(brands=[LINE.brand, "Another"])
    seen = read_source(source(rows, reports), PARAMETERS, keep_going=True)
    return registered, judge_observations(seen, registered, "00" * 32, PARAMETERS, now=NOW, full=True)


def test_through_a_folder_everything_has_the_same_bytes(store, tmp_path):
    """Findings, the account of every row and every observation: equal, whatever the size of parts."""
    world, rows, reports = store
    registered, whole = in_memory(world, rows, reports)
    look = Look(registered, "00" * 32, PARAMETERS, NOW, True, {})
    assert (1, 2, 6) == (len(whole.summary.corrupt), whole.summary.duplicates, whole.summary.missing)
    for at_once in (1, 64):
        folder = tmp_path / str(at_once)
        found = judge_on_disk(source(rows, reports), folder, look, keep_going=True, each=InParts(at_once))
        home_of = {one.measurement_id: one.home for one in whole.observations}
        keyed = [with_key_hashes(one, home_of) for one in whole.findings]
        assert msgspec.json.encode(keyed) == msgspec.json.encode(found.judged.findings)
        assert whole.summary == found.judged.summary
        assert list(whole.observations) == list(found.observations())


def test_a_home_is_set_aside_the_same_way_through_a_folder(tmp_path):
    """One home of six drops most of its tickets: both judgements set it aside, and have the same bytes."""
    world = World(homes=6)
    pairs = world.all_pairs(6, [POLICED])
    never = [world.treated(5, POLICED) for _ in range(20)]
    rows = [world.stored(one) for one in pairs]
    reports = [reported(world, [digest_of(one) for one in (*pairs, *never)])]
    registered, whole = in_memory(world, rows, reports)
    assert {"home_set_aside": 6} == next(one for one in whole.findings if one.pairs).discards
    look = Look(registered, "00" * 32, PARAMETERS, NOW, False, {})
    found = judge_on_disk(source(rows, reports), tmp_path / "spool", look)
    plain = [replace(one, measurement_ids=None) for one in whole.findings]
    assert msgspec.json.encode(plain) == msgspec.json.encode(found.judged.findings)


def test_two_bodies_of_a_ticket_void_each_other_whatever_cells_they_claim(store, tmp_path):
    """A ticket that is used again under another brand is in another bucket of cells, and is found all the same."""
    _, rows, _ = store
    account = spool(source(rows), tmp_path, PARAMETERS, keep_going=True, buffer_bytes=1)
    found = [one for some in every_bucket(tmp_path, account) for one in some]
    void = [one for one in found if one.discarded_by == "conflict"]
    assert 1 == len(account.void)
    assert {LINE.brand, "Another"} == {one.brand for one in void}
    assert 2 == len({cell_bucket(one) for one in void})
    assert {None} == {one.features for one in void}
    assert clusters(found) == account.line_of


def test_what_waits_in_memory_is_bounded(store, tmp_path):
    """Beyond a block and the buffer, pairs are on disk while the source is still being read, duplicates and all."""
    _, rows, _ = store
    on_disk = []

    def measurements():
        for number, row in enumerate(rows * 20):
            if number % 100 == 0:
                on_disk.append(sum(path.stat().st_size for path in tmp_path.iterdir()))
            yield row

    source = Source(measurements, lambda: iter(()), tuple, lambda _: Path("x"))
    account = spool(source, tmp_path, PARAMETERS, keep_going=True, signatures=False, buffer_bytes=100_000)
    assert 1_000 < len(rows * 20) < 100 * (len(on_disk) + 1)
    assert 0 < on_disk[-4] < on_disk[-1]
    assert 20 * (len(rows) - 1) - len({row.measurement_id for row in rows}) + 1 == account.duplicates


def test_a_folder_in_use_and_a_broken_one_are_refused(store, tmp_path):
    """The intermediate is never mixed with another, and half a file is an error that names it."""
    _, rows, _ = store
    account = spool(source(rows), tmp_path, PARAMETERS, keep_going=True)
    with pytest.raises(Trouble) as caught:
        spool(source(rows), tmp_path, PARAMETERS)
    assert "spool.not_empty" == caught.value.message_id
    broken = next(tmp_path.glob("pairs-*"))
    broken.write_bytes(broken.read_bytes()[:-3])
    with pytest.raises(Trouble) as caught:
        list(every_bucket(tmp_path, account))
    assert ("spool.damaged", 3) == (caught.value.message_id, caught.value.exit_code)
    assert broken.name in caught.value.text("fr")


@contextmanager
def cluster(folder, workers):
    """A Dask scheduler and its workers on the loopback, as processes of their own; the scheduler's address."""
    file = folder / "scheduler.json"
    own = {**os.environ, "PYTHONPATH": str(ROOT)}
    quiet = ["--no-dashboard", "--host", "127.0.0.1"]
    commands = [["scheduler", "--port", "0", "--scheduler-file", str(file), *quiet]]
    commands += [
        ["worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--local-directory", str(folder), *quiet]
        for _ in range(workers)
    ]  # fmt: skip
    with ExitStack() as stack:
        for words in commands:
            started = subprocess.Popen(
                [sys.executable, "-m", "dask", *words], cwd=ROOT, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )  # fmt: skip
            stack.callback(started.wait)
            stack.callback(started.terminate)
        until = time.monotonic() + STARTS_S
        while not file.exists():  # ends when the scheduler has written it, or with the test
            assert time.monotonic() < until, "the scheduler did not start"
            time.sleep(0.05)
        yield msgspec.json.decode(file.read_bytes())["address"]


def test_a_cluster_of_two_gives_the_same_bytes(tmp_path, monkeypatch, capsys):
    """``judge --scheduler`` on two workers, in memory and through a folder, writes the file that ``judge`` writes here.

    Workers with other code than the caller's are refused.
    """
    distributed = pytest.importorskip(
        "distributed", reason="dask.distributed (extra “cluster”) is not installed"
    )
    world = World(homes=6)
    pairs = world.all_pairs(4, [POLICED, NEUTRAL])
    place = fill(tmp_path / "store", [world.stored(one) for one in pairs])
    write(world.registration(), tmp_path / "registration.json")
    words = ["judge", "--store", str(place), "--registration", str(tmp_path / "registration.json"), "--full",
             "--json", "--as-of", NOW.isoformat()]  # fmt: skip

    def judged(name, *more):
        assert 0 == main([*words, "--out", str(tmp_path / name), *more])
        return (tmp_path / name).read_bytes()

    here = judged("here")
    with cluster(tmp_path, workers=2) as address:
        with distributed.Client(address) as client:
            client.wait_for_workers(2, timeout=STARTS_S)
        assert here == judged("far", "--scheduler", address)
        assert here == judged("folder", "--scheduler", address, "--spool", str(tmp_path / "spool"))
        monkeypatch.setattr(scheduler, "code_version", lambda: "other")
        assert 3 == main([*words, "--scheduler", address])
    assert "other" in capsys.readouterr().err
    assert b'"outcome": "different"' in here


def test_a_scheduler_that_does_not_answer_is_said(tmp_path, capsys):
    """No traceback: the address, and what is the matter."""
    pytest.importorskip("distributed", reason="dask.distributed (extra “cluster”) is not installed")
    with pytest.raises(Trouble) as caught, scheduler.on_cluster("tcp://127.0.0.1:9", answer_s=1):
        pass
    assert ("scheduler.silent", 3) == (caught.value.message_id, caught.value.exit_code)
    assert "tcp://127.0.0.1:9" in caught.value.text("fr")

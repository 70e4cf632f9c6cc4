"""Receipts: what the responder says it saw is what happened, run by run."""

import threading
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.receipt import Statement
from probe.measurement.signing import document_id, public_bytes
from probe.measurement.ticks import digest
from probe.nettests import replay_tls
from probe.nettests.connection import RunFailed
from tests.support.knock import close_pair, open_pair, start_run
from tests.support.mmdb import write_mmdb
from tests.support.responder import ethernet_net, running_responder


def statement_of(result: replay_tls.ReplayResult) -> Statement:
    """The verified statement of a pair that was closed."""
    statement = result.pair.open_statement()
    assert statement is not None
    return statement


def test_receipts_tell_what_the_probe_saw(far):
    """Name, ClientHello, address, bytes and ticks of each receipt fit the run of its order."""
    result = replay_tls.run(ethernet_net(), far.params())
    statement = statement_of(result)
    assert document_id(result.pair.ticket.body_bytes()) == statement.ticket_sha256
    assert result.pair.open_ticket().pair_id == statement.pair_id
    assert result.pair.vouched(statement)
    assert (0, 1) == tuple(r.order for r in statement.receipts)
    for run, receipt in zip(result.pair.runs, statement.receipts, strict=True):
        assert run.client_hello is not None
        assert run.responder_ticks is not None
        assert run.name == receipt.name_seen
        assert run.client_hello.sha256 == receipt.client_hello_sha256
        assert run.address_index == receipt.address_index
        assert digest(run.responder_ticks) == receipt.ticks_sha256
        assert len(run.responder_ticks.t_us) == receipt.ticks
        assert run.responder_ticks.wire_bytes[-1] == receipt.wire_bytes
        assert "cubic" == receipt.congestion_control
        assert "peer_reset" == receipt.ended
        assert 0 == receipt.sender_late_ticks
        assert receipt.started_at_us is not None
        assert receipt.ended_at_us is not None
        assert 0 < receipt.ended_at_us - receipt.started_at_us < 2_000_000
        # what was acknowledged lies between what the probe counted and what was handed to the kernel
        assert run.wire_bytes <= receipt.wire_bytes
        assert run.responder_ticks.bytes_acked[-1] <= receipt.wire_bytes + 2000


def test_a_run_that_never_came_is_said_not_to_have_been_seen(far):
    """Of the run that never arrived the receipt says seen false and nothing else; the path is still known."""
    ticket = open_pair(far)
    start_run(far, ticket, 1, name="late.service.example", index=1).reset()
    statement, ticks = close_pair(far, ticket)
    missing, came = statement.receipts
    assert (0, False, None, None, None) == (
        missing.order,
        missing.seen,
        missing.path,
        missing.name_seen,
        missing.wire_bytes,
    )
    assert (1, True, 1, "late.service.example") == (came.order, came.seen, came.address_index, came.name_seen)
    assert "ipv4" == statement.path.address_family
    assert [None, True] == [None if t is None else True for t in ticks.runs]


def test_a_pair_without_any_run_has_a_statement(far):
    """A pair whose runs were both blocked can still be closed, and says so."""
    statement, ticks = close_pair(far, open_pair(far))
    assert [False, False] == [r.seen for r in statement.receipts]
    assert (None, None) == ticks.runs


def test_a_refused_start_is_no_receipt(far):
    """A second claim on a run does not overwrite what was seen of the first."""
    ticket = open_pair(far)
    start_run(far, ticket, 0, name="first.example").reset()
    with pytest.raises(RunFailed, match="used"):
        start_run(far, ticket, 0, name="second.example")
    statement, _ = close_pair(far, ticket)
    assert "first.example" == statement.receipts[0].name_seen


def test_several_probes_behind_one_address(far):
    """Six pairs at once from one address: every receipt belongs to its own pair, none is mixed."""
    results: dict[int, replay_tls.ReplayResult] = {}
    keys = [Ed25519PrivateKey.generate() for _ in range(6)]

    def home(n: int) -> None:
        params = far.params(
            quarter_key=keys[n],
            grant=far.grant(keys[n]),
            original_name=f"home{n}.service.example",
            control_candidates=(f"home{n}.control.example",),
            pace_bit_s=4_000_000 + n * 1_000_000,
        )
        results[n] = replay_tls.run(ethernet_net(), params)

    threads = [threading.Thread(target=home, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 6 == len({result.pair.open_ticket().pair_id for result in results.values()})
    for n in range(6):
        statement, ticket = statement_of(results[n]), results[n].pair.open_ticket()
        assert public_bytes(keys[n]) == ticket.probe_key
        assert {f"home{n}.service.example", f"home{n}.control.example"} == {
            r.name_seen for r in statement.receipts
        }
        for run, receipt in zip(results[n].pair.runs, statement.receipts, strict=True):
            assert (run.name, "ok") == (receipt.name_seen, run.failure)
            assert run.client_hello is not None
            assert run.client_hello.sha256 == receipt.client_hello_sha256
            expected_bytes = ticket.pace_bit_s / 8 * ticket.duration_ms / 1000
            assert expected_bytes == pytest.approx(run.wire_bytes, rel=0.12)


def test_asn_and_country_come_from_the_table(tmp_path):
    """The MMDB's ASN and country stand in every receipt, with the table's hash; unknown peers have none."""
    table = write_mmdb(tmp_path / "t.mmdb", {"127.0.0.0/16": (64500, "FR"), "127.1.0.0/16": (64501, "BE")})
    with running_responder(tmp_path, mmdb=str(table)) as far:
        expected = {"127.0.0.9": (64500, "FR"), "127.1.0.9": (64501, "BE"), "127.9.0.9": (None, None)}
        for source, place in expected.items():
            ticket = open_pair(far, net=ethernet_net(source))
            start_run(far, ticket, 0, net=ethernet_net(source)).reset()
            statement, _ = close_pair(far, ticket, ethernet_net("127.1.0.1"))
            path = statement.receipts[0].path
            assert path is not None
            assert place == (path.asn, path.country)
            assert sha256(table.read_bytes()).digest() == path.mmdb_sha256
            # the path of the statement is the closer's own: a change of line between run and close shows
            assert (64501, "BE") == (statement.path.asn, statement.path.country)


def test_no_table_says_so(far):
    """Without an MMDB, ASN, country and the table's hash are None, and the line tag is there."""
    statement, _ = close_pair(far, open_pair(far))
    path = statement.path
    assert (None, None, None) == (path.asn, path.country, path.mmdb_sha256)
    assert path.line_tag

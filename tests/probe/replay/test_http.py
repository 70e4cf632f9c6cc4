"""replay_http against a real responder, and through a real proxy: heads, content, other people's answers, nothing of the home."""

import http.client
import socket

import msgspec
import pytest

from analysis.observe.altered import alterations
from collector.run_checks import check_finished_runs
from probe.measurement.http import WITHHELD
from probe.nettests import replay_http, replay_tls
from probe.nettests.base import CannotRun, Net
from tests.support.http_box import HttpRule, http_box
from tests.support.responder import CONTROLS, ORIGINAL, ethernet_net, running_responder

HOST = ORIGINAL.encode()
HOME = "198.51.100.77"
SPELLINGS = (HOME, "198-51-100-77", "c633644d", "3325256781", "198.051.100.077")


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    """A responder that serves plain HTTP, for all tests of this file."""
    with running_responder(tmp_path_factory.mktemp("http"), http_port=0) as running:
        yield running


def through(far, rule, **changes):
    """(original, control, their alterations, result) of a pair through a proxy."""
    with http_box(far.responder, rule) as responder:
        params = far.params(responder=responder, **{"duration_ms": 150, **changes})
        result = replay_http.run(ethernet_net(), params)
    statement = result.pair.open_statement()
    assert statement is not None
    original, control = (result.pair.run(role) for role in ("original", "control"))
    assert original is not None
    assert control is not None
    told = [alterations(run, statement.receipts[run.order]) for run in (original, control)]
    return original, control, told, result


def test_a_pair_over_plain_http(far):
    """Both runs ok at the pace, seen under their Hosts, heads and content as sent, and the collector's checks pass."""
    result = replay_http.run(ethernet_net(), far.params(duration_ms=400))
    statement = result.pair.open_statement()
    assert statement is not None
    for run, receipt in zip(result.pair.runs, statement.receipts, strict=True):
        assert "ok" == run.failure
        assert run.name == receipt.name_seen
        assert run.http is not None
        assert (200, "intact", ()) == (run.http.status, run.http.content, alterations(run, receipt))
        assert 20e6 == pytest.approx(run.wire_bytes * 8e6 / (run.duration_us or 1), rel=0.15)
    check_finished_runs(result.pair, statement, "down")


def test_requests_differ_in_the_host_alone(far):
    """All headers of the two requests, their order and spelling too, are equal but for the Host."""
    first, second = (
        run.http for run in replay_http.run(ethernet_net(), far.params(duration_ms=30)).pair.runs
    )
    assert first is not None
    assert second is not None
    assert first.sent[1:] == second.sent[1:]
    assert "Host" == first.sent[0].name == second.sent[0].name
    assert first.sent[0].value != second.sent[0].value


def adding(line: str):
    """What puts a line behind a head's last."""
    return lambda head: head.replace(b"\r\n\r\n", f"\r\n{line}\r\n\r\n".encode(), 1)


CHANGED = {
    "an added header": ({"request": adding("Via: 1.1 box")}, ("request added via",)),
    "a removed header": (
        {"request": lambda head: head.replace(b"Accept-Language: fr, en\r\n", b"")},
        ("request removed accept-language",),
    ),
    "another value": (
        {"request": lambda head: head.replace(b"isonomia-probe/1", b"isonomia-probe/1 (box)")},
        ("request changed user-agent",),
    ),
    "tidied letters": (
        {"request": lambda head: head.replace(b"x-iSoNoMiA-CaSe", b"X-Isonomia-Case")},
        ("request changed x-isonomia-case",),
    ),
    "another order": (
        {
            "request": lambda head: head.replace(
                b"Accept: */*\r\nAccept-Language: fr, en\r\n", b"Accept-Language: fr, en\r\nAccept: */*\r\n"
            )
        },
        ("request moved accept",),
    ),
    "an older version": (
        {"request": lambda head: head.replace(b" HTTP/1.1", b" HTTP/1.0", 1)},
        ("request changed line",),
    ),
    "another Host": (
        {"request": lambda head: head.replace(b"Host: " + HOST, b"Host: elsewhere.example")},
        ("request changed host",),
    ),
    "a header in the answer": ({"answer_head": adding("X-Box: 1")}, ("answer added x-box",)),
    "a script in the page": (
        {"answer_head": lambda data: data.replace(b"<body>", b"<body><script></script>", 1)},
        ("content altered",),
    ),
    "one letter of the bulk": (
        {"answer_head": lambda data: data[:-1] + bytes([data[-1] ^ 1])},
        ("content altered",),
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_what_a_proxy_changes_is_told(far, name):
    """The original's run is ok and altered as told, the control's is as sent; both count."""
    rule, expected = CHANGED[name]
    original, control, told, result = through(far, HttpRule(HOST, **rule))
    assert ("ok", "ok") == (original.failure, control.failure)
    assert [expected, ()] == told
    check_finished_runs(result.pair, result.pair.open_statement(), "down")


PAGE = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<title>Blocked for "
    + HOME.encode()
    + b"</title>"
)
OTHERS = {
    "a block page": (HttpRule(HOST, answer=PAGE), "answered_by_other"),
    "a redirect": (
        HttpRule(
            HOST, answer=b"HTTP/1.1 302 Found\r\nLocation: http://block.example/?ip=198.51.100.77\r\n\r\n"
        ),
        "answered_by_other",
    ),
    "no HTTP": (HttpRule(HOST, answer=b"\x16\x03\x01\0\0"), "http_garbled"),
    "half a head": (HttpRule(HOST, answer=b"HTTP/1.1 200 OK\r\nServ"), "start_eof"),
    "a reset": (HttpRule(HOST, answer=b"", then="reset"), "start_reset"),
    "silence": (HttpRule(HOST, answer=b"", then="silence"), "start_timeout"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_answers_are_told_apart(far, name):
    """The original's run bears the failure, the control's is ok, and the pair is closed."""
    rule, failure = OTHERS[name]
    original, control, _, _ = through(far, rule)
    assert (failure, "ok") == (original.failure, control.failure)


def test_a_block_page_is_kept_as_hash_length_and_title(far):
    """No number of the page is kept, so two homes have one hash and neither's address stands in the title."""
    hashes = set()
    for address in (HOME, "203.0.113.9"):
        answer = PAGE.replace(HOME.encode(), address.encode())
        original, _, _, _ = through(far, HttpRule(HOST, answer=answer))
        assert original.http is not None
        assert original.http.other is not None
        assert (403, "Blocked for <line>") == (original.http.status, original.http.other.title)
        hashes.add(original.http.other.scrubbed_sha256)
    assert 1 == len(hashes)


def test_a_block_page_with_the_address_in_letters(far):
    """Base64 of the address that the responder told (here 127.0.0.1) has no digit, and goes all the same."""
    rule = HttpRule(HOST, answer=PAGE.replace(HOME.encode(), b"fwAAAQ=="))
    original, _, _, result = through(far, rule)
    assert original.http is not None
    assert original.http.other is not None
    assert "Blocked for <line>==" == original.http.other.title
    assert b"fwAAAQ" not in msgspec.json.encode(result.pair)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "Forwarded", "Via", "X-Subscriber-198-51-100-77", "User-Agent"]
)
def test_no_address_is_signed(far, name, spelling):
    """Whatever header a proxy writes the home's address into, in whatever spelling: neither pair nor statement has it."""
    rule = HttpRule(
        HOST, request=adding(f"{name}: for={spelling}"), answer_head=adding(f"{name}: {spelling}")
    )
    original, _, told, result = through(far, rule, duration_ms=30)
    assert told[0]
    signed = msgspec.json.encode(result.pair)
    assert not [text for text in SPELLINGS if text.encode() in signed]
    assert original.http is not None
    assert WITHHELD in [header.value for header in original.http.arrived]


def test_no_address_is_signed_as_a_name_of_a_header(far):
    """In letters an address can be a header's name: neither end signs it."""
    add = adding("X-Client-fwAAAQ: 1")
    _, _, told, result = through(far, HttpRule(HOST, request=add, answer_head=add), duration_ms=30)
    assert ("answer added <odd>", "request added <odd>") == tuple(sorted(told[0]))
    assert b"fwAAAQ" not in msgspec.json.encode(result.pair)


def test_a_proxy_for_all_names_alters_both(far):
    """A box that treats every name alike alters both runs: that is no difference between them."""
    hosts = [name.encode() for name in (ORIGINAL, *CONTROLS)]
    add = adding("Via: 1.1 box")

    def every(head: bytes) -> bytes:
        return add(head) if any(host in head for host in hosts) else head

    told = []
    for host in hosts[:1]:
        with http_box(far.responder, HttpRule(host, request=every)) as one:
            for control in hosts[1:]:
                with http_box(one, HttpRule(control, request=every)) as both:
                    params = far.params(
                        responder=both, duration_ms=30, control_candidates=(control.decode(),)
                    )
                    pair = replay_http.run(ethernet_net(), params).pair
                statement = pair.open_statement()
                assert statement is not None
                told += [alterations(run, statement.receipts[run.order]) for run in pair.runs]
    assert [("request added via",)] * 4 == told


def test_nothing_without_a_ticket(far):
    """A scanner, a browser and a guessed token get the page of at most 1 kB, and no bulk."""
    assert far.responder.http_port is not None
    for target in ("/", "/index.html", "/" + "0" * 32):
        asking = http.client.HTTPConnection(far.responder.addresses[0], far.responder.http_port, timeout=10)
        asking.request("GET", target)
        answer = asking.getresponse()
        body = answer.read()
        asking.close()
        assert 200 == answer.status
        assert b"Isonomia" in body
        assert 1000 > len(body)


@pytest.mark.parametrize(
    "noise", [b"\0" * 50, b"\x16\x03\x01" * 9, b"A" * 20_000, b"GET / HTTP/1.1\r\n\xff: 1\r\n\r\n"]
)
def test_noise_is_not_answered_with_bulk(far, noise):
    """What is no request ends the connection, and the responder lives on."""
    assert far.responder.http_port is not None
    with socket.create_connection((far.responder.addresses[0], far.responder.http_port), timeout=15) as sock:
        sock.sendall(noise)
        sock.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while data := sock.recv(65536):
                received += data
        except ConnectionResetError:
            pass
    assert 1100 > len(received)
    assert far.alive()


def test_the_clear_text_holds_neither_pair_id_nor_nonce(far):
    """What travels in the clear names the run and nothing else: whoever reads it can neither close nor start the pair."""
    asked: list[bytes] = []

    def note(head: bytes) -> bytes:
        asked.append(head)
        return head

    _, _, _, result = through(far, HttpRule(HOST, request=note), duration_ms=30)
    ticket = result.pair.open_ticket()
    assert asked
    for secret in (ticket.pair_id, result.pair.nonce, ticket.nonce):
        assert secret.hex().encode() not in asked[0]


def test_a_ticket_for_http_is_no_ticket_for_tls(far):
    """The carrier is part of the ticket."""
    result = replay_tls.run_pair(
        ethernet_net(),
        far.params(duration_ms=30),
        "replay_http",
        lambda net, responder, facts, opened: replay_tls.replay(net, responder, facts, opened.ticket),
    )
    assert ["responder_refused"] * 2 == [run.failure for run in result.pair.runs]


def test_a_responder_without_http_is_said_not_tried(far):
    """No port in the plan: the reason, and no ticket."""
    without = msgspec.structs.replace(far.responder, http_port=None)
    with pytest.raises(CannotRun, match="unsupported:responder:http"):
        replay_http.run(ethernet_net(), far.params(responder=without))


def test_nothing_is_sent_unpaced(far):
    """saturate is of TLS alone: said before anything is sent."""
    with pytest.raises(CannotRun, match="unsupported:variant:saturate"):
        replay_http.run(ethernet_net(), far.params(variant="saturate", pace_bit_s=0))


def test_a_sentinel_goes_before_the_pair_over_tls(far):
    """Whatever the pair goes over, its sentinel has a ticket of replay_tls; a long gap keeps the pair's ticket alive."""
    net = Net(connect=ethernet_net().connect, sleep_s=lambda _: None)
    pair = replay_http.run(net, far.params(duration_ms=50, sentinel=True, gap_ms=600_000)).pair
    assert pair.sentinel is not None
    assert pair.sentinel.run.http is None
    assert ["ok", "ok"] == [run.failure for run in pair.runs]
    ticket = pair.open_ticket()
    assert ("replay_http", 600_000) == (ticket.nettest, ticket.wash_ms)

"""What a stranger may cost: connections, bodies on the way, documents, places on the roster, lines in the log."""

import asyncio
import stat
from collections import Counter
from datetime import UTC, datetime

import aiohttp
import msgspec
import pytest

from collector import batch, tickets
from collector.app import make_site
from collector.body import SMALL_BYTES, InFlight
from collector.connections import Connections, connections_allowed
from collector.hot_files import HOUR_US
from collector.metrics import Metrics
from collector.operator_file import CollectorBlock
from collector.quota import Quota
from collector.rejections import Refused
from collector.roster import Roster
from collector.visitors import UNREADABLE, Enrolments, Proxies, prefix_of
from collector.wiring import listening
from probe.answers import Answer
from tests.collector.test_crash import enrol, fetch_plan
from tests.collector.test_store import conflicting
from tests.support.collectors import Clock, Site, served, unix_now_us, until
from tests.support.documents import key_from, make_enrolment
from tests.support.sealing import HOUR, Document, Sealing, fill

replace = msgspec.structs.replace


class Wire(asyncio.Transport):
    """A connection from ``address`` that notes whether it was cut."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 5000)})
        self.cut = False

    def abort(self) -> None:
        self.cut = True


def gate(largest: int = 4, per_prefix: int = 2, first_request_s: float = 10.0) -> Connections:
    """Bounds small enough to reach."""
    return Connections(Metrics(), Clock(), largest, per_prefix, first_request_s)


async def test_a_prefix_has_its_share_of_the_connections():
    """The third connection from one /24 is turned away; another prefix and this machine itself are not."""
    connections = gate()
    first = Wire("192.0.2.1")
    assert [True, True, False] == [
        connections.enter(wire) for wire in (first, Wire("192.0.2.2"), Wire("192.0.2.3"))
    ]
    assert connections.enter(Wire("192.0.3.1"))
    connections.leave(first)
    assert connections.enter(Wire("192.0.2.4"))


async def test_the_silent_make_room_for_the_next():
    """With every place taken, the connection that has been silent longest goes; those that asked all stay."""
    connections = gate(largest=3)
    wires = [Wire(f"127.0.0.{n}") for n in range(5)]
    for wire in wires[:3]:
        assert connections.enter(wire)
    connections.asked(wires[0])
    assert connections.enter(wires[3])
    assert [False, True, False, False] == [wire.cut for wire in wires[:4]]
    for wire in wires[2:4]:
        connections.asked(wire)
    assert not connections.enter(wires[4])
    assert 3 == len(connections)


async def test_who_asks_for_nothing_is_cut_off():
    """A connection without a whole request is closed when its time is over; one that asked is not."""
    connections = gate(first_request_s=0.05)
    silent, asking = Wire("127.0.0.1"), Wire("127.0.0.2")
    assert connections.enter(silent)
    assert connections.enter(asking)
    connections.asked(asking)
    await until(lambda: silent.cut, 2)
    assert (False, 1) == (asking.cut, len(connections))


async def test_silent_sockets_leave_the_door_open(intake, monkeypatch):
    """Over a real socket: more silent connections than there are places, and a request still gets its answer."""
    monkeypatch.setattr(intake, "bounds", replace(intake.bounds, largest_connections=8))
    async with listening(make_site(intake), "127.0.0.1", 0) as url:
        port = int(url.rpartition(":")[2])
        pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        async with aiohttp.ClientSession(url) as client:
            for _ in range(3):
                async with client.get("/healthz") as response:
                    assert 200 == response.status
        for _, writing in pairs:
            writing.close()
    assert 13 == intake.metrics.connections_silent


def test_a_process_with_few_files_takes_few_connections(monkeypatch):
    """The bound follows what the process may open."""
    monkeypatch.setattr("resource.getrlimit", lambda _: (200, 200))
    assert (136, 100) == (connections_allowed(500), connections_allowed(100))


def test_small_bodies_pass_when_large_ones_fill_the_room():
    """Beyond the bound a body that has grown large is sent away; one of a measurement's size never is."""
    in_flight = InFlight(largest=1_000_000)
    in_flight.add(1_000_000, 1_000_000)
    in_flight.add(SMALL_BYTES, SMALL_BYTES)
    with pytest.raises(Refused) as refused:
        in_flight.add(1, SMALL_BYTES + 1)
    assert "busy" == refused.value.rejection.code


async def test_bodies_on_the_way_are_bounded_together(intake):
    """Slow large bodies: those that do not fit any more are answered 503, and all room comes back."""
    intake.in_flight = InFlight(largest=3_000_000)
    head = b"POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % tickets.LARGEST_BYTES
    async with listening(make_site(intake), "127.0.0.1", 0) as url:
        port = int(url.rpartition(":")[2])
        pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        for _, writing in pairs:
            writing.write(head + bytes(2_000_000))
        done, _ = await asyncio.wait(
            [asyncio.create_task(reading.read(500)) for reading, _ in pairs],
            timeout=5,
            return_when=asyncio.FIRST_COMPLETED,
        )
        assert all(b"503" in task.result() for task in done)
        assert done
        assert intake.in_flight.bytes <= 3_000_000
        for _, writing in pairs:
            writing.close()
        await until(lambda: intake.in_flight.bytes == 0)


async def test_malformed_requests_are_counted_and_not_logged(tmp_path):
    """What is no HTTP costs a number in the metrics, and no line in the log of the real process."""
    site = Site.make(tmp_path, clock=Clock(unix_now_us()))
    rubbish = (
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/measurements HTTP/1.1\r\nHost: x\r\nContent-Length: -4\r\n\r\n",
        b"POST /v1/tickets HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    )
    with served(site, tmp_path / "log") as server:
        for payload in rubbish:
            reading, writing = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
            writing.write(payload)
            assert b" 400 " in (await reading.read(2000)).split(b"\r\n")[0]
            writing.close()
        async with aiohttp.ClientSession(server.url) as client, client.get("/metrics") as response:
            text = await response.text()
    assert "isonomia_collector_malformed_requests_total 4" in text.splitlines()
    assert "Traceback" not in (tmp_path / "log").read_text()


async def test_every_file_is_its_owners_alone(tmp_path):
    """Roster, plans, hour files and what SQLite puts beside them: mode 0600 while the real process runs."""
    site = Site.make(tmp_path, clock=Clock(unix_now_us()))
    with served(site, tmp_path / "log") as server:
        assert "accepted" == await enrol(server, site)
        plan = await fetch_plan(server)
        async with (
            aiohttp.ClientSession(server.url) as client,
            client.post("/v1/measurements", data=site.document(plan)) as response,
        ):
            assert 200 == response.status
        files = [path for path in site.folder.root.rglob("*") if path.is_file() and path.name != "lock"]
        assert {".sqlite", ".key", ".json"} <= {path.suffix for path in files}
        assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in files}


def test_a_roster_that_others_could_read_is_closed(tmp_path):
    """A file of an earlier version, readable by all, is made private when it is opened."""
    path = tmp_path / "roster.sqlite"
    path.touch(0o644)
    path.chmod(0o644)
    Roster(path, 10).close()
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


async def test_a_key_has_its_days_share_of_the_disk(site, intake, monkeypatch):
    """Beyond it a document is refused until tomorrow; the same bytes again are a duplicate and take no share."""
    monkeypatch.setattr(intake, "quota", Quota(intake.clock_us, 2, 10**9))
    first, second, third = (site.document(intake.plans.current()) for _ in range(3))
    for document in (first, first, second, first):
        assert 200 == (await intake.measurement(document, "")).status
    reply = await intake.measurement(third, "")
    assert (429, "over_quota", True) == (reply.status, reply.answer.code, reply.answer.retry)
    assert "duplicate" == (await intake.measurement(first, "")).answer.status
    site.clock.advance(days=1)
    assert 200 == (await intake.measurement(third, "")).status


async def test_duplicates_and_conflicts_offered_again_keep_nothing_out_of_their_batch(
    site, intake, monkeypatch
):
    """They take no share, not even while their batch is under way: what is new in it has the day's last one."""
    monkeypatch.setattr(intake, "quota", Quota(intake.clock_us, 4, 10**9))
    plan = intake.plans.current()
    first, other = conflicting(site, plan, 2)
    said = [one.outcome for one in await batch.take(intake, [first, other])]
    assert ["accepted", "conflict"] == said
    for _ in range(3):
        said = [one.outcome for one in await batch.take(intake, [first, other])]
        assert ["duplicate", "conflict"] == said
    new = [site.document(plan), site.document(plan)]
    said = [one.outcome for one in await batch.take(intake, [first, other, *new])]
    assert ["duplicate", "conflict", "accepted", "accepted"] == said


async def test_what_was_not_kept_takes_no_share(site, intake, monkeypatch):
    """A document that the disk refused may be sent again."""
    monkeypatch.setattr(intake, "quota", Quota(intake.clock_us, 1, 10**9))
    document = site.document(intake.plans.current())
    with monkeypatch.context() as patched:
        patched.setattr(intake.store, "_waiting_rows", 0)
        assert "busy" == (await intake.measurement(document, "")).answer.code
    assert 200 == (await intake.measurement(document, "")).status


def test_what_was_sealed_today_counts_after_a_restart(tmp_path):
    """A key's documents of today count while their hour is hot, and when it is sealed; those of yesterday do not."""
    sealing, today = Sealing.make(tmp_path), HOUR // 24 * 24
    sealing.now_hour = today + 3
    fill(sealing.folder, today - 1, [Document(n, key=b"a" * 32) for n in range(30)])
    fill(
        sealing.folder,
        today + 1,
        [Document(100 + n, key=b"a" * 32) for n in range(4)] + [Document(200, "reports")],
    )
    for _ in range(2):
        quota = Quota(lambda: sealing.now_hour * HOUR_US, 5, 10**9)
        quota.restore(sealing.folder.hot)
        assert [True, False] == [quota.take(b"a" * 32, 1) for _ in range(2)]
        assert quota._used[b"a" * 32][1] > 0
        sealing.run()


async def test_a_restart_does_not_forget_the_quota(site):
    """What a key had kept today counts after a restart; tomorrow it does not."""
    site.operator_file.write_text(
        site.operator_file.read_text() + "\n[collector]\ndocuments_per_key_day = 2\n"
    )
    async with site.open() as intake:
        plan = intake.plans.current()
        for _ in range(2):
            assert "accepted" == (await intake.measurement(site.document(plan), "")).answer.status
    async with site.open() as intake:
        assert "over_quota" == (await intake.measurement(site.document(plan), "")).answer.code
    site.clock.advance(days=1)
    async with site.open() as intake:
        assert "accepted" == (await intake.measurement(site.document(plan), "")).answer.status


def test_a_quota_counts_bytes():
    """Bytes are bounded as documents are, key by key."""
    quota = Quota(Clock(), 100, 1000)
    assert [True, True, False, True] == [quota.take(key, 500) for key in (b"a", b"a", b"a", b"b")]


def test_a_network_enrols_so_many_a_day():
    """A /24 and a /48 are counted as one; the next day, another network and this machine are free."""
    clock = Clock()
    enrolments = Enrolments(clock, 2)
    addresses = ["192.0.2.1", "192.0.2.9", "192.0.2.1", "192.0.3.1", "127.0.0.1"]
    assert [True, True, False, True, True] == [enrolments.take(address) for address in addresses]
    addresses = ["2001:db8:1::1", "2001:db8:1:2::1", "2001:db8:1:3::1", "2001:db8:2::1"]
    assert [True, True, False, True] == [enrolments.take(address) for address in addresses]
    clock.advance(days=1)
    assert enrolments.take("192.0.2.1")


def test_a_mapped_address_is_counted_as_what_it_is():
    """IPv4 inside IPv6 has the IPv4 prefix; text that is no address is not counted."""
    assert prefix_of("192.0.2.7") == prefix_of("::ffff:192.0.2.8")
    assert [None, None, None] == [prefix_of(text) for text in (None, "::1", "socket")]


async def test_enrolments_beyond_a_networks_share_come_back_tomorrow(site, intake, monkeypatch):
    """The answer says 429 and retry; who is enrolled already is told so all the same."""
    monkeypatch.setattr(intake, "_enrolments", Enrolments(intake.clock_us, 1))
    requests = [enrolment(site) for _ in range(2)]
    replies = [await intake.enrolment(request, "", "192.0.2.1") for request in (*requests, requests[0])]
    assert [None, "too_many_enrolments", None] == [reply.answer.code for reply in replies]
    assert (429, True) == (replies[1].status, replies[1].answer.retry)


def enrolment(site: Site, long_lived=None, moment=None) -> bytes:
    """A request for a fresh quarter key."""
    signer = long_lived or key_from(site.rng)
    return msgspec.json.encode(make_enrolment(signer, key_from(site.rng), moment or site.clock.moment))


async def test_one_quarter_key_a_probe_and_quarter(site, intake):
    """A second key for the same quarter is refused with its own code, a key for the next quarter is not."""
    long_lived = key_from(site.rng)
    assert "accepted" == (await intake.enrolment(enrolment(site, long_lived), "")).answer.status
    reply = await intake.enrolment(enrolment(site, long_lived), "")
    assert (409, "second_quarter_key", True) == (reply.status, reply.answer.code, reply.final)
    site.clock.now_us = Clock().now_us
    site.clock.advance(days=60)
    assert "accepted" == (await intake.enrolment(enrolment(site, long_lived), "")).answer.status


async def test_a_new_quarter_empties_the_roster_and_keeps_room_for_the_known(site, tmp_path):
    """A quarter's places are its own; half at most are kept for probes of earlier quarters, the rest for anybody."""
    site.operator_file.write_text(site.operator_file.read_text() + "[collector]\nlargest_roster = 4\n")
    known = [key_from(site.rng) for _ in range(3)]
    async with site.open() as intake:  # its own probe is the first of four

        async def codes(*signers) -> Counter[str | None]:
            replies = [await intake.enrolment(enrolment(site, signer), "") for signer in signers]
            return Counter(reply.answer.code for reply in replies)

        assert {None: 3, "roster_full": 1} == await codes(*known, None)
        site.clock.now_us = Clock().now_us
        site.clock.advance(days=60)
        assert datetime(2027, 1, 20, tzinfo=UTC).date() == site.clock.moment.date()
        assert {None: 2, "roster_full": 2} == await codes(None, None, None, None)
        assert {None: 2, "roster_full": 1} == await codes(*known)


def test_the_bounds_of_the_file_have_defaults():
    """An operator's file without a ``[collector]`` block gets all bounds."""
    assert (2_000, 64_000_000, 50, 500, 32) == (
        CollectorBlock().documents_per_key_day,
        CollectorBlock().bytes_per_key_day,
        CollectorBlock().enrolments_per_prefix_day,
        CollectorBlock().largest_connections,
        CollectorBlock().connections_per_prefix,
    )


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        (
            "127.0.0.1",
            ["203.0.113.9, 192.0.2.7"],
            "192.0.2.7",
        ),  # what a home wrote itself stands before the proxy's word
        ("127.0.0.1", ["203.0.113.9", "192.0.2.7"], "192.0.2.7"),
        (
            "::ffff:172.18.0.1",
            ["2001:db8::7, 172.18.0.9"],
            "2001:db8::7",
        ),  # two proxies, one behind the other
        ("127.0.0.1", ["unknown"], UNREADABLE),
        ("127.0.0.1", ["\udcff"], UNREADABLE),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["172.18.0.9"], "127.0.0.1"),
        ("198.51.100.1", ["192.0.2.7"], "198.51.100.1"),  # nobody else is believed
        (None, ["192.0.2.7"], None),
    ],
)
def test_only_a_trusted_proxy_says_who_came(peer, forwarded, expected):
    """Behind the operator's proxy the last address that is no proxy's is counted; from anybody else the header is nothing."""
    proxies = Proxies(["127.0.0.0/8", "172.16.0.0/12"])
    assert expected == proxies.visitor(peer, forwarded)
    assert prefix_of(UNREADABLE) is not None


async def test_a_proxy_on_this_machine_leaves_each_home_its_limits(site, intake):
    """Enrolments through the proxy: a prefix's day is used up for itself alone, and the proxy may have many connections."""
    intake._enrolments = Enrolments(site.clock, 2)
    codes: dict[str, list[str | None]] = {}
    async with listening(make_site(intake), "127.0.0.1", 0) as url, aiohttp.ClientSession(url) as client:
        for home in ["192.0.2.7"] * 3 + ["198.51.100.1"]:
            request = enrolment(site, None)
            async with client.post(
                "/v1/enrolments", data=request, headers={"X-Forwarded-For": home}
            ) as response:
                answer = msgspec.json.decode(await response.read(), type=Answer)
            codes.setdefault(home, []).append(answer.code)
    assert {"192.0.2.7": [None, None, "too_many_enrolments"], "198.51.100.1": [None]} == codes


async def test_a_proxy_has_no_share_of_the_connections():
    """Its connections are those of all homes; a home that comes by itself has its share and no more."""
    connections = Connections(Metrics(), Clock(), 500, 1, proxies=Proxies(["172.16.0.0/12"]))
    assert all(connections.enter(Wire("172.18.0.1")) for _ in range(9))
    assert [True, False] == [connections.enter(Wire("198.51.100.1")) for _ in range(2)]

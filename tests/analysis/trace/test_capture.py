"""Reading captures: formats, links, cut records; and a sentence with the offset for each kind of damage."""

import bz2
import gzip
import lzma
import struct

import pytest

from analysis.messages import Trouble
from analysis.trace.capture import LARGEST_RECORD, Read, packets
from tests.analysis.trace.limiters import Policer
from tests.analysis.trace.pcaps import (
    EPOCH,
    LINKS,
    SNAP,
    block,
    frame,
    interface,
    packet_block,
    section,
    write_pcap,
    write_pcapng,
    write_two_interfaces,
)
from tests.analysis.trace.tcp import Flow, Shown, run


@pytest.fixture(scope="module")
def shown():
    """A short policed transfer."""
    return run([Flow(40000, 60, 1)], Policer(2.5e5, 3e4))


def facts(path):
    """What reading gives of each packet, and the account."""
    read = Read()
    found = [
        (round(p.t_s - EPOCH, 5), p.source[1], p.seq, p.ack, p.payload_bytes, p.sacks)
        for p in packets(path, read)
    ]
    return found, read


def expected(shown):
    """The same of the packets written."""
    return [
        (round(p.t_s, 5), 80 if p.from_server else p.port, p.seq, p.ack, p.length, p.sacks) for p in shown
    ]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(
    ("name", "nano", "order"), [("plain.pcap", False, "<"), ("packed.pcap.xz", True, ">")]
)
def test_every_pcap_reads_alike(tmp_path, shown, link, name, nano, order):
    """Link, tags, compression, clock and byte order change nothing; lengths are those on the wire, not of what was kept."""
    found, read = facts(write_pcap(tmp_path / name, shown, link, nano, snap=120, order=order))
    assert expected(shown) == found
    assert (len(shown), 0, False) == (read.packets, read.not_tcp, read.cut_short)


def test_pcapng_reads_alike(tmp_path, shown):
    """The other format, same packets."""
    found, _ = facts(write_pcapng(tmp_path / "new.pcapng", shown))
    assert expected(shown) == found


def test_a_pcapng_of_two_interfaces_and_two_sections_reads_alike(tmp_path, shown):
    """Each interface has its own link type and clock, each section its own byte order: still the same packets."""
    found, _ = facts(write_two_interfaces(tmp_path / "two.pcapng", shown))
    assert expected(shown) == found


def test_a_packet_seen_on_two_interfaces_counts_once(tmp_path, shown):
    """A mirror port, or ``any`` on a bridge, shows each packet twice; taken for retransmissions, half would be lost."""
    found, read = facts(write_pcap(tmp_path / "twice.pcap", shown, twice=True))
    assert expected(shown) == found
    assert len(shown) == read.copies


def test_ip_version_6_reads_alike(tmp_path, shown):
    """Extension headers are stepped over; a later fragment has no TCP header and is counted."""
    tcp = [frame(packet, "raw")[20:] for packet in shown]
    hops = b"\x2c\x00" + bytes(6)  # hop by hop, then a fragment header
    head = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAP, 101)
    for offset, not_tcp in ((0, 0), (8, len(shown))):
        extra = hops + b"\x06\x00" + struct.pack(">HI", offset, 7)
        content = head
        for packet, rest in zip(shown, tcp, strict=True):
            size = (rest[12] >> 4) * 4 + packet.length
            ip = (
                struct.pack(">IHBB", 6 << 28, len(extra) + size, 0, 64)
                + bytes(15)
                + b"\1"
                + bytes(15)
                + b"\2"
            )
            whole = ip + extra + rest
            seconds, part = divmod(round(packet.t_s * 1e6), 10**6)
            content += struct.pack("<IIII", EPOCH + seconds, part, len(whole), 9999) + whole
        path = tmp_path / f"six-{offset}.pcap"
        path.write_bytes(content)
        read = Read()
        found = [(p.seq, p.payload_bytes) for p in packets(path, read)]
        assert [(p.seq, p.length) for p in shown if not offset] == found
        assert not_tcp == read.not_tcp


def test_the_link_header_is_counted_on_ethernet_only(tmp_path, shown):
    """A full segment is 1,514 bytes on Ethernet, 1,518 with a tag, and 1,500 as raw IP."""
    sizes = {
        link: max(p.bytes for p in packets(write_pcap(tmp_path / f"{link}.pcap", shown, link), Read()))
        for link in ("ethernet", "vlan", "raw", "cooked")
    }
    assert {"ethernet": 1514, "vlan": 1518, "raw": 1500, "cooked": 1500} == sizes


def test_a_killed_capture_is_read_up_to_its_last_whole_record(tmp_path, shown):
    """A file cut anywhere in its last record gives all packets before it, and says so."""
    path = write_pcap(tmp_path / "cut.pcap", shown)
    whole = path.read_bytes()
    for missing in (1, 30, 70):
        path.write_bytes(whole[:-missing])
        found, read = facts(path)
        assert expected(shown)[:-1] == found
        assert read.cut_short


def test_what_is_not_tcp_is_counted(tmp_path, shown):
    """ARP, a cut header and noise are no packets, and no error."""
    path = write_pcap(tmp_path / "mixed.pcap", shown)
    with path.open("ab") as stream:
        for content in (bytes(12) + b"\x08\x06" + bytes(28), bytes(12) + b"\x08\x00E", b"\xff" * 60):
            stream.write(struct.pack("<IIII", EPOCH + 999, 0, len(content), len(content)) + content)
    found, read = facts(path)
    assert len(shown) == len(found)
    assert 3 == read.not_tcp


def record(size, seconds=EPOCH):
    """A record's header that claims ``size`` bytes."""
    return struct.pack("<IIII", seconds, 0, size, size)


HEAD = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAP, 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty file"),
        (b"GET / HTTP/1.1\r\n\r\n" + bytes(20), "offset 0: neither pcap nor pcapng"),
        (HEAD[:10], "offset 0: neither pcap nor pcapng"),
        (HEAD[:20] + struct.pack("<I", 105), "link type 105"),
        (HEAD + record(1 << 30), f"offset {24 + 16}: a record there claims {1 << 30} bytes"),
        (b"\xfd7zXZ\x00" + bytes(50), "damaged"),
        (section() + packet_block(0, 0, bytes(60)), "no interface 0"),
        (section() + interface("raw", 6) + block(3, bytes(80)), "offset 68: packets without times"),
        (section() + interface("raw", 100), "offset 28 (uncompressed): clock of"),
        (section()[:8] + bytes(20), "byte order"),
        (section() + struct.pack("<II", 6, 13) + bytes(40), "offset 28 (uncompressed): block of 13 bytes"),
        (section() + block(4, bytes(8))[:-4] + bytes(4), "offset 28 (uncompressed): block length"),
        (HEAD + record(60) + bytes(60) + record(60, EPOCH - 60) + bytes(60), "time runs back by 60.0 s"),
    ],
)
def test_damage_is_named(tmp_path, content, says):
    """File, offset and what to do stand in each error."""
    path = tmp_path / "bad.pcap"
    path.write_bytes(content)
    with pytest.raises(Trouble) as trouble:
        list(packets(path, Read()))
    assert str(path) in trouble.value.text("en")
    assert says in trouble.value.text("en")
    assert str(path) in trouble.value.text("fr")


def test_a_missing_file_is_named(tmp_path):
    """No traceback for a wrong name."""
    with pytest.raises(Trouble, match="cannot be read"):
        list(packets(tmp_path / "none.pcap", Read()))


def test_a_long_record_is_not_read_into_memory():
    """The bound is far above any packet, far below a machine's memory."""
    assert 65535 < LARGEST_RECORD <= 1 << 20


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compression_is_known_by_its_first_bytes(tmp_path, shown, pack):
    """Packed by whichever of the three, under a name that says nothing, the same packets; cut off, the file is an error that names it."""
    whole = pack(write_pcap(tmp_path / "plain.pcap", shown).read_bytes())
    path = tmp_path / "capture"
    path.write_bytes(whole)
    assert expected(shown) == facts(path)[0]
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Trouble, match="capture"):
        facts(path)


def test_damaged_compression_is_named(tmp_path, shown: list[Shown]):
    """An .xz that breaks in the middle names the offset reached."""
    path = write_pcap(tmp_path / "broken.pcap.xz", shown)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(Trouble, match="fetch a whole copy"):
        list(packets(path, Read()))

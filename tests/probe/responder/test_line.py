"""Line tags: one for a /24, kept over a restart, of no use without the secret."""

import hmac
import stat
import time
from datetime import UTC, datetime

import pytest

from probe.responder.config import ConfigError
from probe.responder.line import LineFinder, TagSecret, open_lookup, prefix_of
from tests.support.knock import close_pair, open_pair
from tests.support.mmdb import write_mmdb
from tests.support.responder import ethernet_net, running_responder

NOVEMBER = datetime(2026, 11, 21, tzinfo=UTC)
JANUARY = datetime(2027, 1, 1, tzinfo=UTC)


def tag_from(far, source: str) -> bytes | None:
    """The line tag that a pair closed from ``source`` bears."""
    net = ethernet_net(source)
    statement, _ = close_pair(far, open_pair(far, net=net), net)
    return statement.path.line_tag


def test_one_line_one_tag_also_after_a_restart(tmp_path):
    """Two addresses of a /24 share a tag, another /24 has its own, and a restart changes neither."""
    with running_responder(tmp_path) as far:
        first = [tag_from(far, source) for source in ("127.0.5.1", "127.0.5.200", "127.0.6.1")]
    with running_responder(tmp_path) as far:
        second = [tag_from(far, source) for source in ("127.0.5.1", "127.0.5.200", "127.0.6.1")]
    assert first == second
    assert first[0] == first[1] != first[2]


def test_two_responders_give_one_line_two_tags(tmp_path):
    """Tags of different responders cannot be joined: each has its own secret."""
    tags = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        with running_responder(tmp_path / name) as far:
            tags.append(tag_from(far, "127.0.5.1"))
    assert tags[0] != tags[1]


def test_a_domain_tells_which_tags_can_be_compared(tmp_path):
    """The domain is a fingerprint of the secret: one for every line, another for another secret, nothing of it."""
    one, other = LineFinder(TagSecret(tmp_path / "a")), LineFinder(TagSecret(tmp_path / "b"))
    here, there = one.path("192.0.2.1"), one.path("198.51.100.1")
    secret = one.tags.secret(datetime.now(UTC))
    assert hmac.digest(secret, b"isonomia-line-tag-domain", "sha256")[:8] == here.line_tag_domain
    assert here.line_tag_domain == there.line_tag_domain != other.path("192.0.2.1").line_tag_domain
    assert here.line_tag != there.line_tag


def test_responders_that_share_a_secret_give_one_line_one_tag(tmp_path):
    """With the operator's secret, two responders give a line the same tag and domain, and keep no secret."""
    (tmp_path / "shared").write_bytes(bytes(range(32)))
    (tmp_path / "shared").chmod(0o600)
    paths = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        with running_responder(tmp_path / name, line_tag_secret="../shared") as far:
            net = ethernet_net("127.0.5.1")
            paths.append(close_pair(far, open_pair(far, net=net), net)[0].path)
    assert paths[0].line_tag == paths[1].line_tag is not None
    assert paths[0].line_tag_domain == paths[1].line_tag_domain is not None
    assert [] == list(tmp_path.rglob("*.secret"))


def test_a_shared_secret_gives_other_tags_each_quarter(tmp_path):
    """An operator who forgets to replace the file still ties no line over two quarters by its tag."""
    tags = TagSecret(tmp_path, bytes(32))
    assert 32 == len(tags.secret(NOVEMBER))
    assert tags.secret(NOVEMBER) == TagSecret(tmp_path, bytes(32)).secret(NOVEMBER)
    assert tags.secret(NOVEMBER) not in {bytes(32), tags.secret(JANUARY)}


def test_taking_up_a_shared_secret_destroys_the_own_one(tmp_path):
    """A secret of this responder's own is of no more use, and goes."""
    TagSecret(tmp_path).secret(NOVEMBER)
    TagSecret(tmp_path, bytes(32)).secret(NOVEMBER)
    assert [] == list(tmp_path.iterdir())


def test_the_old_secret_goes_by_the_clock(tmp_path):
    """A responder that nobody visits deletes a past quarter's secret, and what a crash left of one, on its own."""
    state = tmp_path / "state"
    state.mkdir()
    old = [state / "line-tag-2001Q1.secret", state / ".line-tag-2001Q2.secret.partial"]
    for path in old:
        path.write_bytes(bytes(32))
    with running_responder(tmp_path):
        deadline = time.monotonic() + 5
        while any(path.exists() for path in old) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert [] == [path.name for path in old if path.exists()]


def test_a_new_quarter_destroys_the_old_secret(tmp_path):
    """The secret of a past quarter is deleted when the next is made; both are private files."""
    tags = TagSecret(tmp_path)
    old = tags.secret(NOVEMBER)
    assert old == TagSecret(tmp_path).secret(NOVEMBER)
    assert [0o600] == [stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()]
    assert old != tags.secret(JANUARY)
    assert ["line-tag-2027Q1.secret"] == [p.name for p in tmp_path.iterdir()]


@pytest.mark.parametrize("left", [b"", b"short"])
def test_a_secret_cut_short_by_a_crash_is_never_used(tmp_path, left):
    """An empty secret would make every tag a plain hash of an address; it is replaced."""
    path = tmp_path / "line-tag-2026Q4.secret"
    path.write_bytes(left)
    assert 32 == len(TagSecret(tmp_path).secret(NOVEMBER))
    assert 32 == len(path.read_bytes())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.254", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("192.0.2.1", "::ffff:192.0.2.9", True),
        ("2001:db8:1:2::1", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_a_line_is_a_24_or_a_48(one, other, same):
    """IPv4 by /24, also when mapped into IPv6; IPv6 by /48, with or without a zone."""
    assert same == (prefix_of(one) == prefix_of(other))


def test_an_ipv6_peer_and_a_table_of_ipv4(tmp_path):
    """A table that knows IPv4 alone has no answer for an IPv6 peer; that is no reason to fail."""
    lookup, digest = open_lookup(write_mmdb(tmp_path / "t.mmdb", {"192.0.2.0/24": (64500, "FR")}))
    finder = LineFinder(TagSecret(tmp_path), lookup, digest)
    for address in ("2001:db8::1", "fe80::1%eth0"):
        path = finder.path(address)
        assert ("ipv6", None, None) == (path.address_family, path.asn, path.country)
    assert (64500, "FR") == (finder.path("192.0.2.7").asn, finder.path("192.0.2.7").country)


def test_a_file_that_is_no_table_is_said_to_be_none(tmp_path):
    """A broken MMDB is a mistake in the settings, with the file's name in the message."""
    (tmp_path / "t.mmdb").write_bytes(b"not a table")
    with pytest.raises(ConfigError, match=r"t\.mmdb is no MMDB file"):
        open_lookup(tmp_path / "t.mmdb")

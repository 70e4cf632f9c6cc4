"""Key files and quarter certificates."""

import stat
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.keys import KeyFileError, QuarterCertificate, certify, load_or_create_key, quarter_of
from probe.measurement.signing import CERTIFICATE, open_signed, public_bytes


def test_a_new_key_is_private_and_stays_the_same(tmp_path):
    """Made with mode 0600 in a folder that did not exist, 32 bytes, and read back as the same key."""
    path = tmp_path / "deep" / "quarter.key"
    made = load_or_create_key(path)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert 32 == len(path.read_bytes())
    assert public_bytes(made) == public_bytes(load_or_create_key(path))
    assert [path] == list(path.parent.iterdir())


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o601])
def test_a_key_that_others_can_reach_is_refused(tmp_path, mode):
    """Any right of group or others is an error that names the file and the cure."""
    path = tmp_path / "k"
    load_or_create_key(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=f"chmod 600 {path}"):
        load_or_create_key(path)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_of_another_length_is_refused(tmp_path, length):
    """A file cut short by a full disk is an error, not a new identity."""
    path = tmp_path / "k"
    path.write_bytes(bytes(length))
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=f"32 bytes, this one {length}"):
        load_or_create_key(path)


def test_a_crash_before_the_rename_leaves_no_half_key(tmp_path):
    """A leftover of a crashed start is overwritten, whatever its length and mode."""
    partial = tmp_path / "k.partial"
    partial.write_bytes(b"half")
    partial.chmod(0o644)
    load_or_create_key(tmp_path / "k")
    assert 0o600 == stat.S_IMODE((tmp_path / "k").stat().st_mode)
    assert not partial.exists()


@pytest.mark.parametrize(
    ("moment", "quarter"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "2026Q1"),
        (datetime(2026, 3, 31, 23, 59, tzinfo=UTC), "2026Q1"),
        (datetime(2026, 4, 1, tzinfo=UTC), "2026Q2"),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "2026Q4"),
        (datetime(2027, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2026Q4"),
    ],
)
def test_quarters_are_those_of_utc(moment, quarter):
    """A quarter begins at midnight UTC, wherever the home is."""
    assert quarter == quarter_of(moment)


def test_the_long_lived_key_certifies_a_quarter_key():
    """The certificate is signed by the long-lived key and names quarter key, quarter and time."""
    long_lived, quarter = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    signed = certify(long_lived, quarter, datetime(2026, 11, 21, tzinfo=UTC))
    assert public_bytes(long_lived) == signed.key
    said = open_signed(signed, CERTIFICATE, QuarterCertificate)
    assert QuarterCertificate(public_bytes(quarter), "2026Q4", 1795219200000000) == said

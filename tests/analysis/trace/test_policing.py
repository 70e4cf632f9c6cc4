"""Real captures of a carrier's router (Flach et al.), where ../shared holds them. All 93: ``python -m tests.policing``."""

import pytest

from tests.policing import DATA, LABELS, OTHER, interval, judged, labels, table

SOME = ("CP=10065", "CP=10052", "CP=10842", "CP=14389")
"""Two policers, a shaper, random loss: small files, some seconds."""


@pytest.fixture(scope="module")
def chunks(tmp_path_factory):
    """The lossy chunks of some captures, judged once."""
    if not (DATA / LABELS).is_file():
        pytest.skip("NOT CHECKED AGAINST REAL CAPTURES: ../shared/data/policing is not here")
    folder = tmp_path_factory.mktemp("policing")
    rows = (DATA / LABELS).read_text(encoding="utf-8").splitlines()
    (folder / LABELS).write_text(
        "\n".join(row for row in rows if row.startswith("file") or _some(row)) + "\n"
    )
    for label in labels(folder):
        (folder / label.file).symlink_to(DATA / label.file)
    return [
        (label, chunk) for label, found in judged(folder, None) for chunk in found if chunk["losses"] >= 15
    ]


def _some(row):
    return any(f"{name}.pcap" in row for name in SOME)


def test_policers_are_found_with_their_rate_and_bucket(chunks):
    """Every lossy chunk of two policers: rate within 1 % of the configuration, bucket within 3 %."""
    of = [(label, chunk) for label, chunk in chunks if label.limiter == "policer"]
    assert 6 == len(of)
    for label, chunk in of:
        assert "policer" == chunk["mechanism"]
        assert label.rate_bit_s == pytest.approx(chunk["rate_mbit_s"] * 1e6, rel=0.01)
        assert chunk["rate_low_mbit_s"] <= label.rate_bit_s / 1e6 <= chunk["rate_high_mbit_s"]
        if label.bucket_bytes is not None:
            assert label.bucket_bytes == pytest.approx(chunk["bucket_bytes"], rel=0.03)


def test_no_shaper_and_no_dice_are_called_a_policer(chunks):
    """Shaper and random loss keep their names."""
    of = [chunk["mechanism"] for label, chunk in chunks if label.group == OTHER]
    assert len(of) >= 6
    assert "policer" not in of
    assert {"queue", "loss"} <= set(of)


def test_the_table_counts(chunks):
    """Each figure with its interval."""
    lines = table(chunks)
    assert any("called policer 6 of 6, 100.0 %" in line for line in lines)


def test_intervals_are_clopper_and_pearsons():
    """0 of 30 reaches up to 11.6 %, 64 % of 3,041 is known within 1.7 points."""
    assert (0.0, 0.1157) == tuple(round(bound, 4) for bound in interval(0, 30))
    low, high = interval(1939, 3041)
    assert (0.620, 0.655) == (round(low, 3), round(high, 3))

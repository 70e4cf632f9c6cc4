"""The torture, in short: ten faults, every kind once. ``make torture`` does two hundred."""

import os
import secrets
import subprocess
import sys

import pytest

from tests.support.brokers import MOSQUITTO
from tests.support.collectors import ROOT
from tests.torture.leaks import find


@pytest.mark.timeout(900)
def test_ten_faults(tmp_path):
    """Collector, sealer, broker and probe killed, stopped, their clock set, their disk filled, their network cut: nothing is lost
    or doubled, the seals verify, and no file, database or log knows either home's address.
    """
    seed = os.environ.get("ISONOMIA_SEED", str(secrets.randbelow(1 << 32)))
    words = [
        sys.executable,
        "-m",
        "tests.torture",
        "--faults",
        "10",
        "--seed",
        seed,
        "--keep",
        str(tmp_path / "set"),
    ]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr)
    assert 0 == done.returncode, f"ISONOMIA_SEED={seed}\n{done.stdout}\n{done.stderr}"
    assert ", 0 lost, 0 doubled, " in done.stdout
    assert ", 0 leaks" in done.stdout
    for line in done.stdout.splitlines():
        if "NOT tried" in line:
            pytest.skip(f"the rest was done: {line}")
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed: the rest was done, the broker and MQTT were NOT")


def test_the_search_for_addresses_finds_them(tmp_path):
    """An address in a log, in UTF-16, as hex or as four bytes is found; a home's own files are its own."""
    addresses = ["127.91.66.173", "127.113.201.94"]
    (tmp_path / "homes").mkdir()
    (tmp_path / "homes" / "log").write_text(addresses[0])
    assert [] == find(tmp_path, addresses, tmp_path / "homes")
    (tmp_path / "log").write_text(f"from ('{addresses[0]}', 5000)")
    (tmp_path / "wide").write_bytes(addresses[1].encode("utf-16-le"))
    (tmp_path / "one").write_bytes(b"xx\x7f\x5b\x42\xadyy")
    assert ["log", "wide"] == [
        line.split(":")[0].rpartition("/")[2] for line in find(tmp_path, addresses, tmp_path / "homes")
    ]
    (tmp_path / "two").write_bytes(b"xx\x5e\xc9\x71\x7fyy")
    found = find(tmp_path, addresses, tmp_path / "homes")
    assert ["log", "wide", "one", "two"] == [line.split(":")[0].rpartition("/")[2] for line in found]

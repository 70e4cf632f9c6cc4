"""What a collector's processes leave out, for each has it for as long as it runs."""

import subprocess
import sys

CHECKER = "import collector.checker"
DOOR = "from collector.mqtt.door import _library; _library()"


def imported(code: str) -> set[str]:
    """The top-level packages that a fresh interpreter has after ``code``."""
    words = [
        sys.executable,
        "-c",
        f"{code}; import sys; print(*{{name.partition('.')[0] for name in sys.modules}})",
    ]
    return set(subprocess.run(words, check=True, capture_output=True, text=True).stdout.split())


def test_a_checker_has_no_library_that_signs_and_none_that_serves():
    """vodozemac verifies; a second library for signatures, and whatever serves, would be megabytes a process."""
    assert not {"cryptography", "nacl", "aiohttp", "sqlite3", "asyncio"} & imported(CHECKER)


def test_the_mqtt_door_takes_no_dns_library_along():
    """paho would look up SRV records, with a resolver that brings a QUIC of its own; a broker's name needs neither."""
    found = imported(DOOR)
    assert "aiomqtt" in found
    assert not {"dns", "aioquic"} & found


def test_the_dns_library_is_there_for_whoever_asks_for_it_later():
    """Left out for the door alone."""
    assert "dns" in imported(f"{DOOR}; import dns.resolver")


def test_the_store_does_not_keep_what_it_has_written():
    """Groups of every size from 1 to 100 leave a few megabytes: a statement that is kept holds its rows until it is used again."""
    grown_kb = int(subprocess.run([sys.executable, "-c", GROUPS], check=True, capture_output=True).stdout)
    assert grown_kb < 20_000


GROUPS = """
import sqlite3, tempfile
from pathlib import Path
from collector.hot_files import insert_sql, open_for_writing

def resident_kb():
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0])

with tempfile.TemporaryDirectory() as folder:
    db = open_for_writing(Path(folder) / "2026-11-22T00.sqlite")
    db.execute("PRAGMA synchronous = OFF")
    def write(rows):
        values = [(b"%d %d" % (rows, n), 0, bytes(32), bytes(64), bytes(16), bytes(12_000)) for n in range(rows)]
        db.execute(insert_sql("measurements", rows), [value for row in values for value in row])
    write(100)
    before_kb = resident_kb()
    for rows in range(1, 101):
        write(rows)
    print(resident_kb() - before_kb)
"""

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

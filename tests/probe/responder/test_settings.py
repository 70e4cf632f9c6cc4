"""`isonomia-probe respond`: its block for the operator's file, and an exact message for each mistake."""

import json
import subprocess
import sys
import tomllib

import pytest

from tests.support.responder import OWNED_NAME, ROOT, running_responder, write_config

KEY = bytes(range(32))
SHORT_SECRET, OPEN_SECRET = "short.secret", "open.secret"


def respond(config, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [sys.executable, "-m", "probe", "respond", "--config", str(config), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


def test_describe_prints_the_block_and_starts_nothing(tmp_path):
    """The block is TOML, the same in JSON, the same each time, and is what the running responder signs with."""
    config = write_config(tmp_path, KEY)
    printed = respond(config, "--describe")
    (block,) = tomllib.loads(printed.stdout)["responder"]
    assert (0, "") == (printed.returncode, printed.stderr)
    assert block == json.loads(respond(config, "--describe", "--json").stdout)
    assert ("r1", OWNED_NAME, 0) == (block["id"], block["owned_name"], block["port"])
    with running_responder(tmp_path) as far:
        assert block["key"] == far.responder.key.hex()
        assert block["certificate_sha256"] == far.responder.certificate_sha256.hex()


MISTAKES = {
    "no file": (None, "no such file; docs/operator.md shows one to start from"),
    "no TOML": ("id = ", "not TOML"),
    "no UTF-8": ("\udcff", "not TOML"),
    "a word too many": ('colour = "red"', "unknown field `colour`"),
    "a bound that is none": ("[bounds]\nbytes = 1", "unknown field `bytes` - at `$.bounds`"),
    "a port past the last": ("port = 70000", "<= 65535"),
    "nowhere to listen": ("listen = []", "length >= 1"),
    "a key in letters": (
        'operator_key = "z"',
        "write the 64 hex digits that `isonomia-collector key` prints",
    ),
    "half a key": ('operator_key = "00ff"', "64 hex digits are needed, here are 4"),
    "a table that is missing": ('mmdb = "/nowhere.mmdb"', "/nowhere.mmdb"),
    "a shared secret that is missing": ('line_tag_secret = "nowhere"', "nowhere"),
    "a shared secret too short": (f'line_tag_secret = "{SHORT_SECRET}"', "holds 5 bytes, 32 are needed"),
    "a shared secret for all to read": (f'line_tag_secret = "{OPEN_SECRET}"', "run: chmod 600"),
    "an address of somebody else": ('listen = ["192.0.2.1"]', "Cannot assign requested address"),
}
GOOD = {
    "id": '"r1"',
    "owned_name": '"r1.example"',
    "listen": '["127.0.0.1"]',
    "operator_key": f'"{KEY.hex()}"',
    "port": "0",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_said_exactly(tmp_path, name):
    """Exit code 3 and one line that says what is wrong; no traceback."""
    mistake, said = MISTAKES[name]
    path = tmp_path / "responder.toml"
    for name_, mode in ((SHORT_SECRET, 0o600), (OPEN_SECRET, 0o644)):
        (tmp_path / name_).write_bytes(b"short")
        (tmp_path / name_).chmod(mode)
    if mistake is not None:
        first = mistake.split(" ", 1)[0]
        lines = [f"{key} = {value}" for key, value in GOOD.items() if key != first]
        path.write_text("\n".join([*lines, mistake]), encoding="utf-8", errors="surrogateescape")
    done = respond(path)
    assert 3 == done.returncode
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "" == done.stdout

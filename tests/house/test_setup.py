"""deploy/setup.sh, the Makefile and .ci/run: what can be tried without installing anything."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.tree import ROOT

SETUP = ROOT / "deploy" / "setup.sh"
COMMANDS = (
    "demo",
    "site",
    "test",
    "check",
    "soak",
    "scoreboard",
    "golden",
    "bench",
    "torture",
    "lab",
    "venv",
)
# What the script itself needs; no ip, nft, gcc or apt's root rights among it.
BARE_TOOLS = ("sh", "id", "dirname", "cat", "cut", "sha256sum", "apt-get", "python3", "env")


def run(*command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command with only ``environ`` set and no standard input."""
    return subprocess.run(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def bare() -> Iterator[Path]:
    """A folder anybody can read: a copy of the script in deploy/, and in bin/ the few tools of a bare system."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for made in ("deploy", "bin", "requirements"):
            (folder / made).mkdir()
        shutil.copy(SETUP, folder / "deploy")
        for tool in BARE_TOOLS:
            place = shutil.which(tool, path="/usr/bin:/bin")
            (folder / "bin" / tool).symlink_to(place or "/bin/true")
        folder.chmod(0o555)  # nobody makes a .venv in it, not even its owner
        yield folder
        folder.chmod(0o755)


def run_bare(bare: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the copied script as somebody who is not root, with the bare tools alone."""
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    command = [*drop, "/bin/sh", str(bare / "deploy" / "setup.sh"), *arguments]
    # setpriv is looked up in our PATH, the script's tools in the bare one.
    command = [shutil.which(command[0]) or command[0], *command[1:]]
    return run(*command, PATH=str(bare / "bin"), ISONOMIA_SBIN="", HOME="/nonexistent")


@pytest.mark.parametrize(
    ("shell", "script"), [("sh", "deploy/setup.sh"), ("sh", "tools/lock.sh"), ("bash", ".ci/run")]
)
def test_scripts_parse(shell, script):
    """Each script is well formed for the shell it names."""
    done = run(shell, "-n", str(ROOT / script), PATH=os.defpath)
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("arguments", [(), ("dmeo",)])
def test_a_usage_mistake_exits_2(arguments):
    """No command, or one that does not exist, shows the commands in both languages and exits 2."""
    done = run("sh", str(SETUP), *arguments, PATH=os.defpath)
    assert (2, "") == (done.returncode, done.stdout)
    assert all(re.search(rf"^  {command} ", done.stderr, re.MULTILINE) for command in COMMANDS)


@pytest.mark.parametrize("command", ["demo", "test", "soak", "scoreboard", "golden", "bench"])
def test_without_root_and_tools_the_line_to_run_is_printed(bare, command):
    """Standard output holds exactly the line for root; standard error says why, in French and English; exit 3."""
    done = run_bare(bare, command)
    assert 3 == done.returncode, done.stderr
    line = done.stdout.strip()
    assert line.startswith("apt-get update && apt-get install --yes --no-install-recommends ")
    packages = line.split()
    assert {"iproute2", "iptables", "nftables", "ethtool", "procps", "openssl", "gcc"} <= set(packages)
    assert ("iperf3" in packages) is (command == "bench")
    assert "en tant que root" in done.stderr
    assert "as root" in done.stderr


def test_a_check_needs_none_of_the_lab_tools(bare):
    """`check` asks for no network tool: it stops only later, for the folder is not this user's to write."""
    done = run_bare(bare, "check")
    assert 3 == done.returncode
    assert "iproute2" not in done.stdout


def test_every_target_of_make_is_explained_and_goes_through_setup():
    """Each target has a French and an English line, and those that run something call deploy/setup.sh."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split()
    explained = dict(re.findall(r"^([a-z-]+): ## (.+)$", text, re.MULTILINE))
    assert set(named) == set(explained)
    assert all(line.count(" | ") == 1 for line in explained.values())
    called = set(re.findall(r"sh deploy/setup\.sh ([a-z]+)", text))
    assert set(COMMANDS) == called


def test_console_scripts_and_packages_are_there():
    """pyproject.toml names the four packages and one command for each, and every command can be imported."""
    import importlib
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    scripts = project["project"]["scripts"]
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {f"isonomia-{package}" for package in packages} == set(scripts)
    for target in scripts.values():
        module, _, function = target.partition(":")
        assert callable(getattr(importlib.import_module(module), function))

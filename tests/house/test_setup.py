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


MODULES = ("tests/browser", "tests/dashboards/grafana/types")
FAKE_NPM = """#!/bin/sh
echo "$*" >>"$0.log"
[ ! -e "$0.down" ] || exit 1
mkdir -p "$3/node_modules"
"""
"""An npm that writes down what it is told; it fails while a file named ``npm.down`` lies beside it."""


@pytest.fixture
def with_npm(tmp_path: Path) -> Path:
    """A folder with the script's functions, which a last line calls as for the command given; no apt-get, but a Node and an npm."""
    functions, _ = re.split(r"^# -+ main$", SETUP.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "setup.sh").write_text(f'{functions}\nget_companions "$1"\n', encoding="utf-8")
    for module in MODULES:
        (tmp_path / module).mkdir(parents=True)
        shutil.copy(ROOT / module / "package-lock.json", tmp_path / module)
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "id", "dirname", "cmp", "cp", "mkdir", "timeout"):
        (tools / tool).symlink_to(shutil.which(tool, path="/usr/bin:/bin") or "/bin/true")
    for name, text in (("npm", FAKE_NPM), ("node", "#!/bin/sh\n")):
        (tools / name).write_text(text, encoding="utf-8")
        (tools / name).chmod(0o755)
    return tmp_path


def companions(folder: Path, command: str) -> tuple[str, list[str]]:
    """What ``get_companions`` says for a command, and what npm has been told so far. It never ends the script."""
    done = run(
        "/bin/sh", str(folder / "deploy" / "setup.sh"), command, PATH=str(folder / "bin"), ISONOMIA_SBIN=""
    )
    assert (0, "") == (done.returncode, done.stdout), done.stderr
    log = folder / "bin" / "npm.log"
    return done.stderr, log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def test_what_the_browser_tests_need_is_installed_once_and_for_the_tests_alone(with_npm):
    """`npm ci` in both folders for `test`, not for `bench`, and again only for another lock file; chromium is named as missing."""
    said, told = companions(with_npm, "bench")
    assert [] == told
    assert "chromium" not in said
    said, told = companions(with_npm, "test")
    flags = "--ignore-scripts --no-audit --no-fund"
    assert [f"ci --prefix {with_npm / module} {flags}" for module in MODULES] == told
    assert re.search(r"tests will be skipped for want of:.* chromium$", said, re.MULTILINE)
    assert told == companions(with_npm, "test")[1]
    with (with_npm / MODULES[0] / "package-lock.json").open("a", encoding="utf-8") as lock:
        lock.write("\n")
    assert [*told, told[0]] == companions(with_npm, "test")[1]


def test_an_npm_that_fails_is_a_notice(with_npm):
    """Where npm gets nothing, both languages say what will be skipped, and the set-up goes on."""
    (with_npm / "bin" / "npm.down").touch()
    said, told = companions(with_npm, "test")
    assert 2 == len(told)
    for module in MODULES:
        assert f"npm ci échoue dans {module} ; ses tests seront omis." in said
        assert f"npm ci fails in {module}; its tests will be skipped." in said


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

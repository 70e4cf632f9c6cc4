"""deploy/install-probe.sh as a volunteer without root runs it: from nothing to a probe that has joined, and away again."""

import os
import subprocess
from pathlib import Path

import pytest

from tools.tree import ROOT

SCRIPT = ROOT / "deploy" / "install-probe.sh"


def install(place: Path, *words: str, language: str = "en_GB.UTF-8") -> subprocess.CompletedProcess[str]:
    """The script, told to keep to ``place``; pip looks where it looks here."""
    environment = {**os.environ, "HOME": str(place), "LANG": language, "LC_ALL": "", "LC_MESSAGES": ""}
    folders = ("--into", str(place / "program"), "--home", str(place / "home"))
    command = ["sh", str(SCRIPT), *folders, *words]
    return subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_from_nothing_to_a_probe_and_away_again(tmp_path, collector):
    """It installs what is pinned, joins, upgrades without a new identity, and leaves only when the home has withdrawn."""
    done = install(tmp_path, "--no-timer", collector.target, "--lab", "--yes", "--lang", "en")
    if done.returncode and "packages are missing" in done.stderr:
        pytest.skip("NOT PROVED: pip reaches no packages from here")
    assert 0 == done.returncode, done.stderr
    program, home = tmp_path / "program" / "bin" / "isonomia-probe", tmp_path / "home"
    assert f"To measure: {program} --home {home} run" in done.stderr
    identity = (home / "home.json").read_bytes()
    shown = subprocess.run(
        [program, "--home", home, "doctor"], capture_output=True, text=True, cwd="/", check=True
    )
    assert "aioquic" in shown.stdout

    again = install(tmp_path, "--no-timer", language="fr_FR.UTF-8")
    assert (0, identity) == (again.returncode, (home / "home.json").read_bytes())
    assert "3/4 Déjà inscrite" in again.stderr

    refused = install(tmp_path, "--uninstall")
    assert (1, True) == (refused.returncode, program.exists())
    assert "withdraw" in refused.stderr
    subprocess.run([program, "--home", home, "withdraw", "--local", "--yes"], capture_output=True, check=True)
    assert 0 == install(tmp_path, "--uninstall").returncode
    assert not (tmp_path / "program").exists()


def test_what_it_did_not_make_it_does_not_touch(tmp_path):
    """A folder of somebody else's is neither filled nor deleted, and the message names it."""
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "thesis.txt").write_text("years of work")
    for words in ((), ("--uninstall", "--keep")):
        refused = install(tmp_path, *words)
        assert 1 == refused.returncode
        assert str(tmp_path / "program") in refused.stderr
    assert "years of work" == (tmp_path / "program" / "thesis.txt").read_text()


@pytest.mark.parametrize(("words", "code"), [(("--help",), 0), (("--hlep",), 2), (("--home",), 2)])
def test_its_own_words(words, code):
    """Help tells every option; what it does not know is a usage mistake."""
    done = subprocess.run(
        ["sh", str(SCRIPT), *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert code == done.returncode
    if code == 0:
        assert all(
            option in done.stdout for option in ("--into", "--home", "--no-timer", "--uninstall", "--keep")
        )

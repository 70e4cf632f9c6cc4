"""probe/ stands alone: copied to an empty folder, it runs on what its own requirements name."""

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from tools.licences import needed
from tools.locks import entries
from tools.tree import ROOT

# Runs the copied package with every import from outside refused that its requirements do not bring.
RUN = """
import importlib.abc, runpy, sys

copy, repository, allowed = sys.argv[1], sys.argv[2], set(sys.argv[3].split(","))
del sys.argv[1:4]
sys.path[:] = [copy] + [place for place in sys.path if place != repository]

class Gate(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in allowed and top not in sys.stdlib_module_names:
            raise ImportError(f"the copied probe asked for {name}")

sys.meta_path.insert(0, Gate())
import probe
assert probe.__file__.startswith(copy), probe.__file__
sys.argv[0] = "probe"
runpy.run_module("probe", run_name="__main__", alter_sys=True)
"""


def allowed_modules(requirements: Path) -> set[str]:
    """Top-level modules that the packages of ``requirements`` and all they need install."""
    asked = [Requirement(line) for line in entries(requirements.read_text(encoding="utf-8"))]
    packages, absent = needed(asked)
    assert [] == absent
    brought = {package.metadata["Name"] for package in packages.values()}
    return {
        module for module, names in metadata.packages_distributions().items() if brought.intersection(names)
    }


def run_copy(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the probe copied to ``folder`` with these arguments, isolated from our folder and environment."""
    shutil.copytree(ROOT / "probe", folder / "probe", ignore=shutil.ignore_patterns("__pycache__"))
    allowed = ",".join({"probe", *allowed_modules(folder / "probe" / "requirements.txt")})
    command = [sys.executable, "-I", "-c", RUN, str(folder), str(ROOT), allowed, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_copied_probe_shows_its_help(tmp_path):
    """`python -m probe --help` works from the copied folder with aiohttp, cryptography and msgspec alone."""
    done = run_copy(tmp_path, "--help")
    assert (0, "") == (done.returncode, done.stderr)
    assert "isonomia-probe" in done.stdout


def test_the_three_requirements_and_no_more(tmp_path):
    """The probe's own requirements are the three packages that the architecture allows."""
    lines = entries((ROOT / "probe" / "requirements.txt").read_text(encoding="utf-8"))
    assert ["aiohttp", "cryptography", "msgspec"] == sorted(Requirement(line).name for line in lines)

"""The files of this folder that are, or would be, committed."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("probe", "collector", "analysis", "dashboards")
MADE = {".git", ".venv", "build", "dist", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


def committed_files(root: Path = ROOT) -> list[Path]:
    """Every file that git tracks or would add; without git (an unpacked archive), every file not made here."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        found = (path for path in root.rglob("*") if not MADE.intersection(path.relative_to(root).parts))
    else:
        found = (root / name for name in listed.split("\0") if name)
    return sorted(path for path in found if path.is_file())

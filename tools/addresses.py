"""No committed file names a path of the machine it was written on, or a package registry."""

import re
import sys
from pathlib import Path

from tools.tree import ROOT, committed_files

# The words are put together here so that this file does not find itself.
_FOLDERS = "|".join(("wo" + "rk", "ro" + "ot", "t" + "mp", "ho" + "me/[a-z]"))
MACHINE_PATH = re.compile(rf"(?<![\w.}}*~/-])/(?:{_FOLDERS})(?![\w-])")
_HOSTS = (
    "pypi",
    "pythonhosted",
    "npm" + "js",
    "crates",
    "proxy.go" + "lang",
    "maven",
    "snapshot.deb" + "ian",
    "deb.deb" + "ian",
)
REGISTRY = re.compile(r"https?://[\w.-]*(?:" + "|".join(map(re.escape, _HOSTS)) + r")[\w.-]*")

# file -> why it may name such a path
ALLOWED: dict[str, str] = {
    "deploy/compose.yaml": "the temporary folder of a container, which is no machine of ours"
}


def problems(name: str, text: str) -> list[str]:
    """A line for each place in ``text`` that names a machine's path or a registry."""
    return [
        f"{name}:{number}: {match[0]} in: {line.strip()[:100]}"
        for number, line in enumerate(text.splitlines(), 1)
        for pattern in (MACHINE_PATH, REGISTRY)
        if (match := pattern.search(line))
    ]


def check(paths: list[Path], root: Path) -> list[str]:
    """The problems of all text files among ``paths``; a file that is not UTF-8 is not text."""
    lines: list[str] = []
    for path in paths:
        name = str(path.relative_to(root))
        if name in ALLOWED:
            continue
        try:
            lines += problems(name, path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue
    return lines


def main() -> int:
    """Print what was found; return the exit status."""
    paths = committed_files()
    lines = check(paths, ROOT)
    print("\n".join(lines) or f"{len(paths)} files, none names a machine's path or a registry")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())

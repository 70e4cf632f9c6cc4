"""The locks: no address in them, a hash under every package, and nothing asked for that they do not hold."""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.tree import ROOT

# An address, or one of pip's options that names a place to fetch from.
PLACE = re.compile(
    r"://|(^|\s)(-i|-f|-e|--?(extra-)?index(-url)?|--find-links|--trusted-host|--no-index)\b|@ file"
)
HOME_EXTRAS = ("quic", "dns", "mqtt")  # of requirements/home.txt, as in tools/lock.sh
PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)")


def entries(text: str) -> list[str]:
    """The lock's logical lines: backslashes joined, comments and blank lines gone."""
    joined = text.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def problems(name: str, text: str, wanted: set[str]) -> list[str]:
    """A line for each thing wrong in the lock ``name``, which must pin every package of ``wanted``."""
    found = [
        f"{name}:{number}: names a place: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        if PLACE.search(line)
    ]
    pinned: set[str] = set()
    for entry in entries(text):
        match = PINNED.match(entry)
        if match is None:
            found.append(f"{name}: not a pinned package: {entry[:80]}")
            continue
        pinned.add(canonicalize_name(match[1]))
        if "--hash=sha256:" not in entry:
            found.append(f"{name}: {match[1]} has no hash")
    return found + [
        f"{name}: does not hold {missing}; run `make lock`" for missing in sorted(wanted - pinned)
    ]


def wanted_names(lines: list[str]) -> set[str]:
    """The canonical names that requirement ``lines`` ask for, the project's own left out."""
    return {str(canonicalize_name(Requirement(line).name)) for line in lines} - {"isonomia"}


def main(root: Path = ROOT) -> int:
    """Print what is wrong in requirements/ and probe/requirements.txt; return the exit status."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = project["dependencies"]
    extras = [line for found in project["optional-dependencies"].values() for line in found]
    at_home = [line for name in HOME_EXTRAS for line in project["optional-dependencies"][name]]
    lines: list[str] = []
    for name, asked in (
        ("probe.txt", base),
        ("home.txt", [*base, *at_home]),
        ("dev.txt", [*base, *extras]),
    ):
        text = (root / "requirements" / name).read_text(encoding="utf-8")
        lines += problems(f"requirements/{name}", text, wanted_names(asked))
    alone = entries((root / "probe" / "requirements.txt").read_text(encoding="utf-8"))
    if sorted(alone) != sorted(base):
        lines.append("probe/requirements.txt: not the dependencies of pyproject.toml")
    print("\n".join(lines) or "no address, every package pinned and hashed")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())

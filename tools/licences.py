"""The licence gate: everything the program needs is under a licence that an Apache-2.0 program may use.

Walks the requirements of the project and of its extras but `dev`, as installed here. A licence not in
PERMISSIVE fails, whether copyleft or merely unknown, unless the package is in ALLOWED with a reason. Tools of
the `dev` extra may be under anything: nothing of ours imports them (tools/imports.py sees to that).
"""

import re
import sys
import tomllib
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.tree import ROOT

PERMISSIVE = {
    "0BSD", "APACHE 2.0", "APACHE SOFTWARE LICENSE", "APACHE-2.0", "BSD LICENSE", "BSD-2-CLAUSE", "BSD-3-CLAUSE",
    "CC0-1.0", "ISC", "MIT", "MIT LICENSE", "MIT-0", "MIT-CMU",
    "PSF-2.0", "PYTHON SOFTWARE FOUNDATION LICENSE", "UNLICENSE", "ZLIB",
}  # fmt: skip

# package -> why its licence is fine although the metadata does not say so in words known here
ALLOWED: dict[str, str] = {
    "certifi": "MPL-2.0, by file: a list of certificates that aioquic brings, unchanged, and that our pinned connections never read",
    "partd": "BSD-3-Clause by its licence file; its metadata says BSD without a number; dask brings it",
    "vodozemac": "MIT, in the LICENSE file of its wheel; the metadata names the file and no licence",
    "verlib2": "BSD-2-Clause by its licence file, which its metadata only points to; grafana-client brings it",
}


def licence_of(package: metadata.Distribution) -> str:
    """The SPDX expression, else the classifiers, else the free text's first line."""
    meta = package.metadata.json  # a plain dict: field names in small letters, lists where they repeat
    if expression := meta.get("license_expression"):
        return str(expression)
    classifiers = [c.rsplit(" :: ", 1)[-1] for c in meta.get("classifier", []) if c.startswith("License ::")]
    if classifiers:
        return " AND ".join(classifiers)
    return str(meta.get("license", "")).strip().split("\n", 1)[0]


def is_permissive(licence: str) -> bool:
    """Whether an SPDX expression, or a classifier's name, gives us a permissive choice.

    >>> is_permissive("Apache-2.0 OR GPL-3.0-only"), is_permissive("MIT AND LGPL-3.0-only"), is_permissive("")
    (True, False, False)
    """
    plain = licence.upper().replace("(", "").replace(")", "")
    choices = re.split(r"\s+OR\s+", plain)
    # A mixed expression is read strictly: with AND in it, every part must be permissive.
    wanted = all if " AND " in plain else any
    return wanted(
        all(part.strip() in PERMISSIVE for part in re.split(r"\s+AND\s+", choice)) for choice in choices
    )


def direct_requirements() -> list[Requirement]:
    """What the project asks for: its dependencies and every extra but `dev`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [
        *project["dependencies"],
        *(line for name, found in extras.items() if name != "dev" for line in found),
    ]
    return [Requirement(line) for line in lines]


def needed(requirements: list[Requirement]) -> tuple[dict[str, metadata.Distribution], list[str]]:
    """All that ``requirements`` pull in, by name, and the names that are not installed; ends as names are finite."""
    found: dict[str, metadata.Distribution] = {}
    absent: list[str] = []
    queue = list(requirements)
    while queue:
        requirement = queue.pop()
        name = canonicalize_name(requirement.name)
        environments = [{"extra": extra} for extra in (requirement.extras or {""})]
        if name in found or (requirement.marker and not any(map(requirement.marker.evaluate, environments))):
            continue
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            absent.append(name)
            continue
        for line in found[name].requires or []:
            child = Requirement(line)
            if child.marker is None or any(map(child.marker.evaluate, environments)):
                child.marker = None
                queue.append(child)
    return found, absent


def problems(packages: dict[str, metadata.Distribution], allowed: dict[str, str]) -> list[str]:
    """A line for each package whose licence does not pass, and for each exception that nobody needs any more."""
    lines = [
        f"{name}: licence {licence_of(package)!r} is not one we may depend on"
        for name, package in sorted(packages.items())
        if name not in allowed and not is_permissive(licence_of(package))
    ]
    return lines + [
        f"{name}: stands in ALLOWED, but is not needed" for name in allowed if name not in packages
    ]


def main() -> int:
    """Print what does not pass; return the exit status."""
    packages, absent = needed(direct_requirements())
    lines = [f"{name}: needed, but not installed here" for name in absent] + problems(packages, ALLOWED)
    print("\n".join(lines) or f"{len(packages)} packages, all permissive")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())

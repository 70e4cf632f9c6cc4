"""Which code judged: the version, and hashes of the sources."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from analysis import __version__

DECIDING: Final = (
    "quality.py",
    "observe/block.py",
    "observe/corroborated.py",
    "observe/features.py",
    "observe/flat.py",
    "observe/numbers.py",
    "stats/series.py",
    "clusters.py",
    "missing.py",
    "gates.py",
    "gate_cells.py",
    "vetted.py",
    "decide.py",
    "grading.py",
    "certificate.py",
    "stats/second_tests.py",
    "stats/acquittal.py",
    "mechanism.py",
    "mechanism_facts.py",
    "attribution.py",
    "elsewhere.py",
    "uneven.py",
    "direct/contrary.py",
    "direct/fetched.py",
    "direct/place.py",
    "direct/reach.py",
    "direct/rule.py",
    "direct/sights.py",
)
"""Sources that decide what counts and what is said of it, beyond the registered constants."""


@cache
def rules_sha256() -> str:
    """A hash over the sources that decide: a registration holds it, and a judgement by others says so."""
    folder = Path(__file__).parent
    digest = sha256()
    for name in DECIDING:
        digest.update(name.encode() + b"\0" + (folder / name).read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def code_version() -> str:
    """``0.1.0+1a2b3c4d5e6f``: the package's version and the first digits of a hash over its sources."""
    folder = Path(__file__).parent
    digest = sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()[:12]}"

"""Which code judged: the version, and a hash of the sources that decide."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from analysis import __version__


@cache
def code_version() -> str:
    """``0.1.0+1a2b3c4d5e6f``: the package's version and the first digits of a hash over its sources."""
    folder = Path(__file__).parent
    digest = sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()[:12]}"

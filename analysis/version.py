"""Which code judged: the version, and hashes of the sources."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from analysis import __version__

FOLDERS: Final = ("", "direct", "observe", "stats", "scale")
"""Folders of the analysis whose files decide what counts and what is said of it, beyond the registered constants."""
TELLING: Final = frozenset(
    {
        "__init__.py", "__main__.py", "arguments.py", "asked.py", "bundle.py", "bundle_checks.py", "bundling.py", "checking.py", "cli.py",
        "effect_sentences.py", "entering.py", "packed.py", "parity.py", "parity_page.py", "record.py", "registering.py", "sentences.py", "state_ledger.py",
        "states.py", "table.py", "verify.py", "version.py", "words.py",
    }
)  # fmt: skip
"""What speaks, packs and checks, and decides nothing; so do texts (``messages…``), the pages of power, and simulations."""
ONLY_TOLD: Final = ("messages", "power", "simulate")
BESIDE: Final = ("probe/measurement", "collector/enrolment.py", "collector/quarters.py")
"""Of other packages: what a signed document is, which coin it shows, and whose it is."""


def deciding() -> dict[str, Path]:
    """Every source that decides, by its name. A new file of the analysis is one of them until it is named among ``TELLING``."""
    folder = Path(__file__).parent
    own = [path for name in FOLDERS for path in (folder / name).glob("*.py")]
    own = [path for path in own if path.name not in TELLING and not path.name.startswith(ONLY_TOLD)]
    for name in BESIDE:
        path = folder.parent / name
        own += path.glob("*.py") if path.is_dir() else [path]
    return {path.relative_to(folder.parent).as_posix(): path for path in sorted(own)}


@cache
def rules_sha256() -> str:
    """A hash over the sources that decide: a registration holds it, and a judgement by others says so."""
    digest = sha256()
    for name, path in deciding().items():
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def code_version() -> str:
    """``0.1.0+1a2b3c4d5e6f``: the package's version and the first digits of a hash over its sources."""
    folder = Path(__file__).parent
    digest = sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()[:12]}"

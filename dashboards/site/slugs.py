"""File names out of names that people chose: short, ASCII, never two alike, never a path."""

import re
import unicodedata
from hashlib import sha256
from typing import Final

LONGEST: Final = 48
RESERVED: Final = frozenset({"index"})


def slug(name: str) -> str:
    """A file name's stem for ``name``; one that had to be changed ends in a hash of the whole.

    >>> slug("radio-boreale"), slug("FAI Labo"), slug("../../etc")
    ('radio-boreale', 'fai-labo-8efa83ed', 'etc-74ccf3c5')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    short = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-")
    if short == name and short not in RESERVED and not short.startswith("page-"):
        return short
    return f"{short or 'x'}-{sha256(name.encode()).hexdigest()[:8]}"

"""Lines: which homes seem to sit behind one access line, by the tags in responders' receipts (integrity.md 5).

Measuring from one tag is allowed, and counts as one cluster, until the operator separates vetted homes with a dated
reason (``isonomia-collector homes separate``). A tag is an HMAC under a secret of the quarter: nobody can turn one
back into an address, and only tags of one domain can be compared.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from collector.archive import read_measurements
from collector.data_folder import DataFolder
from collector.homes.book import read_homes
from collector.roster import read_roster
from probe.measurement.envelope import Measurement
from probe.measurement.receipt import Statement


@dataclass(frozen=True)
class Line:
    """One line that several homes share. ``name`` is its tag's domain and tag, ``separated`` how many were set apart."""

    name: str
    homes: tuple[bytes, ...]
    separated: int


def shared_lines(folder: DataFolder) -> Iterator[Line]:
    """Every tag that more than one home has, hot store and archive alike. Raises ``Trouble``."""
    home_of = {entry.quarter_key: entry.long_lived_key for entry in read_roster(folder.roster)}
    homes: dict[str, set[bytes]] = defaultdict(set)
    for row in read_measurements(folder.root):
        home = home_of.get(row.key)
        if home is not None:
            for tag in tags_in(row.body):
                homes[tag].add(home)
    separated = {home.home for home in read_homes(folder.homes) if home.separated_at_us is not None}
    for name, found in sorted(homes.items()):
        if len(found) > 1:
            yield Line(name, tuple(sorted(found)), len(found & separated))


def tags_in(body: bytes) -> set[str]:
    """The line tags in a measurement's statements, each with its domain; none in one without a responder's word."""
    measurement = msgspec.json.decode(body, type=Measurement)
    signed = [measurement.pair.statement] if measurement.pair and measurement.pair.statement else []
    found = set()
    for document in (*signed, *measurement.witnesses):
        statement = msgspec.json.decode(document.body, type=Statement)
        for path in (statement.path, *(receipt.path for receipt in statement.receipts)):
            if path is not None and path.line_tag is not None:
                found.add(f"{(path.line_tag_domain or b'').hex()}:{path.line_tag.hex()}")
    return found

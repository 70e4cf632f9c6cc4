"""People: quarter keys of one long-lived key are one home, whatever address each of them measures from (integrity.md 5).

A home may sign by its keys of the quarter before, of this one and of the next, for a key is honoured some days beyond its quarter:
as tags go, these are three lines. The roster knows that they are one. A row is believed as far as both its keys
signed it (``vetted.is_signed``), so nobody is joined to a home that did not join itself. A store's roster names everybody; a sealed
bundle's names the homes that are vetted, and its lines.json says of all which are one line. The public form numbers lines and
names no key.
"""

from collections.abc import Iterable, Mapping

from analysis.clusters import Lines
from analysis.source import Source
from analysis.vetted import is_signed
from collector.enrolment import Enrolled


def read_people(source: Source) -> dict[str, str]:
    """Of each quarter key (hex) whose long-lived key has several on a source's roster: the smallest of them."""
    return people(source.roster())


def people(roster: Iterable[Enrolled]) -> dict[str, str]:
    """The same of enrolments. Only those of long-lived keys with several quarter keys are verified."""
    of_key: dict[bytes, list[Enrolled]] = {}
    for enrolled in roster:
        of_key.setdefault(enrolled.long_lived_key, []).append(enrolled)
    found: dict[str, str] = {}
    for rows in of_key.values():
        if len({one.quarter_key for one in rows}) > 1:
            keys = sorted({one.quarter_key.hex() for one in rows if is_signed(one)})
            found.update(dict.fromkeys(keys, keys[0]) if len(keys) > 1 else {})
    return found


def together(*known: Mapping[str, str]) -> dict[str, str]:
    """What several sources know of homes that are one line, as one: each home with the smallest key it is joined with.

    >>> together({"b": "a"}, {"c": "b", "e": "d"})
    {'a': 'a', 'b': 'a', 'c': 'a', 'd': 'd', 'e': 'd'}
    """
    lines = Lines()
    for joined in known:
        for home, other in joined.items():
            lines.join(home, other)
    return lines.names()

"""The log: what the operator's public log of signed heads says of documents and of a registration. Pure but for ``log_of``.

A head is believed only as its signature goes: whose key that is, a reader compares with the operator's. That a registration is named in
a head, before the pairs that are judged by it were measured, is the one thing that shows its date; else it is its writer's word.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from analysis.source import Source
from collector.messages import Trouble as CollectorTrouble
from collector.quarters import unix_us
from collector.sealed import Head, open_head
from probe.measurement.merkle import root_from
from probe.measurement.signing import Signed

KEY_DIGITS: Final = 32


class SignedHead(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a seal, as it was signed and published."""

    seal: int
    content: bytes


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """Where a document stands in the log: seal, index, salted leaf and inclusion proof (hex)."""

    seal: int
    index: int
    leaf: str
    proof: tuple[str, ...]


@dataclass(frozen=True)
class Heads:
    """Heads by seal, the keys (SHA-256, hex, cut) that signed them, and which are not what they say."""

    by_seal: Mapping[int, Head] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()

    def holds(self, place: Leaf) -> bool:
        """Whether a leaf leads to the root of its seal."""
        head = self.by_seal.get(place.seal)
        try:
            proof = [bytes.fromhex(one) for one in place.proof]
            leaf = bytes.fromhex(place.leaf)
            return head is not None and root_from(leaf, place.index, head.leaves, proof) == head.root
        except ValueError:
            return False


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """What the log says of a registration: the seal whose head names it, and when that was made (µs, 1970 UTC); ``None``: nothing.

    ``others`` are the SHA-256 of further registrations of its quarter, ``others_since_us`` the same with when a head first named each;
    ``heads``: whether there is a log at all.
    """

    seal: int | None = None
    sealed_at_us: int | None = None
    others: tuple[str, ...] = ()
    heads: bool = False
    others_since_us: dict[str, int] = {}

    def others_by(self, judged_at: str) -> frozenset[str]:
        """Those of ``others`` that a head named by then."""
        until_us = unix_us(datetime.fromisoformat(judged_at))
        return frozenset(one for one, since_us in self.others_since_us.items() if since_us <= until_us)


def open_heads(lines: Iterable[SignedHead], where: str) -> Heads:
    """Heads whose signature verifies, by their seals."""
    found: dict[int, Head] = {}
    keys: set[str] = set()
    bad: list[str] = []
    for one in lines:
        try:
            key = msgspec.json.decode(one.content, type=Signed).key
            head, _ = open_head(one.content, where, key)
        except (CollectorTrouble, msgspec.MsgspecError, UnicodeDecodeError):
            bad.append(f"head of seal {one.seal}: signature")
            continue
        if head.serial != one.seal:
            bad.append(f"head of seal {one.seal}: is of seal {head.serial}")
            continue
        found.setdefault(one.seal, head)
        keys.add(sha256(key).hexdigest()[:KEY_DIGITS])
    return Heads(found, tuple(sorted(keys)), tuple(bad))


def logged(heads: Sequence[Head], digest: str, quarter: str) -> Logged:
    """What heads say of the registration with that SHA-256 (hex)."""
    first: Head | None = None
    others: dict[str, int] = {}
    for head in sorted(heads, key=lambda one: one.serial):
        for one in head.registrations:
            if one.sha256.hex() == digest:
                first = first or head
            elif one.quarter == quarter:
                others.setdefault(one.sha256.hex(), head.made_at_us)
    return Logged(
        seal=first.serial if first else None,
        sealed_at_us=first.made_at_us if first else None,
        others=tuple(sorted(others)),
        heads=bool(heads),
        others_since_us=others,
    )


def log_of(source: Source, digest: str, quarter: str, until_us: int | None = None) -> Logged:
    """What the log that comes with a source says of a registration; with ``until_us`` by the heads made by then."""
    lines = (SignedHead(seal=seal, content=content) for seal, content in source.naming_heads())
    heads = open_heads(lines, "log")
    made = [one for one in heads.by_seal.values() if until_us is None or one.made_at_us <= until_us]
    found = logged(made, digest, quarter)
    return msgspec.structs.replace(found, heads=found.heads or source.has_log())

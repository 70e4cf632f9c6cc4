"""Where documents stand in the public log: each one's salted leaf, and the way from it to the root that its seal's head signs.

A leaf tells nothing of its document to who does not have the salt; its place in a signed tree shows that the document was there when
the hour was sealed, and has not been changed since.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from collector.archive import Store
from collector.messages import Trouble
from collector.salted import salted_leaf
from collector.sealed import LOG, Head, read_heads
from probe.measurement.merkle import HASH_BYTES, inclusion_proof

_KINDS: Final = ("measurements", "conflicts")


@dataclass(frozen=True)
class Standing:
    """A document's leaf in seal ``serial``: its index among the sorted leaves, the inclusion proof, and the salt it was made with."""

    serial: int
    index: int
    leaf: bytes
    proof: tuple[bytes, ...]
    salt: bytes


def standings(data_dir: Path, documents: Collection[bytes]) -> dict[bytes, Standing]:
    """Where those of ``documents`` stand that are sealed, by id; raises ``Trouble`` for a log that does not fit its head."""
    store, found = Store(data_dir), dict[bytes, Standing]()
    for head in read_heads(store.folder.sealed):
        own = {
            document: (salt, salted_leaf(salt, document))
            for document, salt in store.sealed_rows(head, _KINDS, ("document_id", "salt"))
            if document in documents
        }
        if own:
            leaves = _leaves(store, head)
            place = {leaf: index for index, leaf in enumerate(leaves)}
            for document, (salt, leaf) in own.items():
                if leaf not in place:
                    raise Trouble("seal.bad_head", path=_name(head), detail=f"no leaf of {document.hex()}")
                proof = tuple(inclusion_proof(leaves, place[leaf]))
                found[document] = Standing(head.serial, place[leaf], leaf, proof, salt)
    return found


def signed_heads(data_dir: Path, serials: Collection[int]) -> dict[int, bytes]:
    """The signed heads of these seals, as they were first published, by serial; a later revision has the same root."""
    folder = Store(data_dir).folder.sealed
    return {
        head.serial: (folder / f"{head.serial:08}.json").read_bytes()
        for head in read_heads(folder)
        if head.serial in serials
    }


def _leaves(store: Store, head: Head) -> list[bytes]:
    content = store.place().read(_name(head))
    leaves = [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]
    if len(leaves) != head.leaves:
        raise Trouble("seal.bad_head", path=_name(head), detail=f"{len(leaves)} leaves, not {head.leaves}")
    return leaves


def _name(head: Head) -> str:
    return f"{LOG}{head.serial:08}.leaves"

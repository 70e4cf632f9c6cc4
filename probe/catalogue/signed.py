"""A catalogue from the network: it needs the operator's signature, for ``catalogue`` and nothing else.

CatalogueRefused
  foreign    signed by another key than the pinned one, for another purpose, or by none
  malformed  not a catalogue
  unsound    ``check`` finds a mistake in its entries, controls or risk lines
  older      its serial is smaller than that of the one we hold
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe import durable
from probe.catalogue.check import form
from probe.catalogue.entries import Catalogue
from probe.catalogue.read import Reading
from probe.measurement.signing import CATALOGUE, BadSignature, Signed, decode_json, open_signed, sign

LARGEST_BYTES: Final = 4 * 1024 * 1024

Code = Literal["foreign", "malformed", "unsound", "older"]


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """A catalogue as an operator publishes it, under a serial that only grows."""

    serial: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    catalogue: Catalogue
    schema_version: int = 1


class CatalogueRefused(Exception):
    """A catalogue that is not to be used."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


def publish(key: Ed25519PrivateKey, edition: Edition) -> bytes:
    """The signed document that probes accept."""
    return msgspec.json.encode(sign(key, CATALOGUE, edition))


def open_edition(raw: bytes, operator_key: bytes, today: date) -> Edition:
    """The edition in ``raw`` if ``operator_key`` signed it for this purpose and it is sound; raises ``CatalogueRefused``."""
    if len(raw) > LARGEST_BYTES:
        raise CatalogueRefused("malformed", f"{len(raw)} bytes")
    try:
        signed = decode_json(raw, Signed)
        edition = open_signed(signed, CATALOGUE, Edition)
    except BadSignature as error:
        raise CatalogueRefused("foreign", str(error)) from error
    except msgspec.MsgspecError as error:
        raise CatalogueRefused("malformed", str(error)) from error
    if signed.key != operator_key:
        raise CatalogueRefused("foreign", "another key than the pinned one")
    if faults := sorted({problem.code for problem in form(_as_reading(edition.catalogue), today)}):
        raise CatalogueRefused("unsound", ", ".join(faults))
    return edition


def accept(path: Path, raw: bytes, operator_key: bytes, today: date) -> Edition:
    """Keep ``raw`` at ``path`` if it may be used and is not older than what is there; raises ``CatalogueRefused``."""
    edition = open_edition(raw, operator_key, today)
    held = held_edition(path, operator_key, today)
    if held is not None and edition.serial < held.serial:
        raise CatalogueRefused("older", f"serial {edition.serial}, but {held.serial} is held")
    durable.write(path, raw)
    return edition


def held_edition(path: Path, operator_key: bytes, today: date) -> Edition | None:
    """What is kept at ``path``; ``None`` where there is nothing, or nothing that may be used."""
    try:
        return open_edition(path.read_bytes(), operator_key, today)
    except (FileNotFoundError, CatalogueRefused):
        return None


def _as_reading(catalogue: Catalogue) -> Reading:
    """The catalogue as ``check`` takes it. That an entry is verified is the operator's signed word here."""
    entries = [msgspec.structs.replace(e, verified=False, verified_on=None) for e in catalogue.services]
    return Reading(
        entries=entries,
        places=["catalogue"] * len(entries),
        controls=catalogue.controls,
        risks=list(catalogue.risks),
    )

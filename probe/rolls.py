"""Rolls of the responders whose statements wait in the spool (``measurement.roll``): kept with it, sent along with a batch.

    spool/rolls/<quarter key>-<responder's key>.json      the signed roll, as it was given

They spare the collector work and decide nothing: one that is lost or damaged is as good as none, and each is forgotten once the spool
is empty. A responder is brought back what it gave to the same quarter key alone: it is not to know of two keys that they are one home's.
"""

from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from probe import durable
from probe.measurement.roll import LARGEST_ROLL_BYTES, Roll
from probe.measurement.signing import ROLL, BadSignature, Signed, decode_json, open_signed

ROLL_HEADER: Final = "Isonomia-Roll"
"""Of a batch; its value is a signed roll in JSON. A batch may have several."""
MOST_ROLLS: Final = 4


class Rolls:
    """The rolls in ``folder``; without one, none is kept."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def of(self, quarter_key: bytes, responder_key: bytes) -> msgspec.Raw | None:
        """The last roll that the responder gave to that key of ours, signed, if it is here."""
        if self._folder is None:
            return None
        text = _read(_path(self._folder, quarter_key, responder_key), responder_key)
        return None if text is None else msgspec.Raw(text)

    def keep(self, quarter_key: bytes, responder_key: bytes, roll: msgspec.Raw) -> None:
        """Keep ``roll`` in the place of the last one, if it is one, and the responder's."""
        text = bytes(roll)
        if self._folder is None or not _is_roll(text, responder_key):
            return
        try:
            durable.make_folder(self._folder)
            durable.write(_path(self._folder, quarter_key, responder_key), text)
        except OSError:  # the disk is full: what cannot wait for that is the document
            return

    def all(self) -> list[str]:
        """The rolls as headers' values, the newest first, ``MOST_ROLLS`` at most."""
        if self._folder is None:
            return []
        paths = sorted(self._folder.glob("[!.]*.json"), key=_time, reverse=True)
        found = (_read(path, None) for path in paths[:MOST_ROLLS])
        return [text.decode("ascii") for text in found if text is not None]

    def forget(self) -> None:
        """Forget all: nothing waits any more."""
        if self._folder is not None:
            for path in self._folder.glob("*.json"):
                with suppress(OSError):
                    path.unlink()

    def remove_partials(self) -> int:
        """Remove what a crash or a full disk left half-written; returns how many files that were."""
        return 0 if self._folder is None else durable.remove_partials(self._folder)


def _path(folder: Path, quarter_key: bytes, responder_key: bytes) -> Path:
    return folder / f"{quarter_key.hex()}-{responder_key.hex()}.json"


def _read(path: Path, responder_key: bytes | None) -> bytes | None:
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_ROLL_BYTES + 1)
    except OSError:
        return None
    return text if _is_roll(text, responder_key) else None


def _is_roll(text: bytes, responder_key: bytes | None) -> bool:
    """Whether it is signed, by that key where one is given, fits into a header, and has nothing in it that would end one."""
    if len(text) > LARGEST_ROLL_BYTES or not (text.isascii() and text.decode("ascii").isprintable()):
        return False
    try:
        roll = decode_json(text, Signed)
        open_signed(roll, ROLL, Roll)
    except (BadSignature, msgspec.MsgspecError):
        return False
    return responder_key in (None, roll.key)


def _time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0

"""The collector's data folder: where things stand in it, its keys, and the lock that keeps a second server out.

keys/operator.key      32 bytes, mode 0600
keys/next.key          the key to follow it, once announced
keys/retired/          public keys that signed before (``operator_keys``)
plans/00000001.json    each plan ever issued, signed, without grants
roster.sqlite          who is enrolled
seen.sqlite            which documents were sealed (``remembered``), recomputable
fleet.sqlite           which homes were heard when (``fleet``), recomputable
homes.sqlite           who was invited, approved, revoked, and has withdrawn
hot/2026-11-21T22.sqlite   one file per hour (``hot_files``)
sealed/00000007.json   what went to the archive: heads and indexes (``sealed``)
registrations/         what the analysis will judge by, for the sealer to name (``registrations``)
archive/v1/            the archive, unless it is elsewhere (``archive.json``)

Every file is for its owner alone (0600): roster, plans and reports say who measures, and when.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.messages import Trouble
from probe.measurement.keys import PRIVATE_MODE, load_or_create_key
from probe.measurement.signing import public_bytes

KEY_HASH_DIGITS = 32


@dataclass(frozen=True)
class DataFolder:
    """The paths under one data folder."""

    root: Path

    @property
    def operator_key(self) -> Path:
        """The operator's private key."""
        return self.root / "keys" / "operator.key"

    @property
    def next_key(self) -> Path:
        """The key that is to follow it."""
        return self.root / "keys" / "next.key"

    @property
    def retired_keys(self) -> Path:
        """Public keys that were the operator's, one a file."""
        return self.root / "keys" / "retired"

    @property
    def plans(self) -> Path:
        """Each plan ever issued."""
        return self.root / "plans"

    @property
    def roster(self) -> Path:
        """Who is enrolled."""
        return self.root / "roster.sqlite"

    @property
    def homes(self) -> Path:
        """What the operator decided of homes."""
        return self.root / "homes.sqlite"

    @property
    def hot(self) -> Path:
        """The hour files."""
        return self.root / "hot"

    @property
    def sealed(self) -> Path:
        """Heads and indexes of the seals."""
        return self.root / "sealed"

    @property
    def registrations(self) -> Path:
        """What the analysis will judge by."""
        return self.root / "registrations"

    def create(self) -> Ed25519PrivateKey:
        """Make what is missing; the operator's key, old or new."""
        for folder in (self.root, self.operator_key.parent, self.plans, self.hot):
            folder.mkdir(parents=True, exist_ok=True)
        key = load_or_create_key(self.operator_key)
        sync_folder(self.operator_key.parent)
        return key

    def open(self) -> Ed25519PrivateKey:
        """The operator's key of a folder that ``create`` made; raises ``Trouble`` for any other folder."""
        if not self.operator_key.is_file():
            raise Trouble("cli.not_initialised", data=self.root)
        return load_or_create_key(self.operator_key)

    @contextmanager
    def served(self) -> Iterator[None]:
        """Hold the folder's lock; raises ``Trouble`` if another process has it. A crash releases it."""
        with self._locked("lock", "cli.in_use"):
            yield

    @contextmanager
    def sealing(self) -> Iterator[None]:
        """Hold the sealer's lock, for whatever changes the archive; raises ``Trouble`` if another process has it."""
        with self._locked("seal.lock", "seal.in_use"):
            yield

    @contextmanager
    def _locked(self, name: str, message_id: str) -> Iterator[None]:
        with (self.root / name).open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Trouble(message_id, data=self.root) from error
            yield


def describe_key(key: Ed25519PrivateKey) -> dict[str, str]:
    """The public key and the hash that volunteers type after the ``#``, in hex."""
    public = public_bytes(key)
    return {"operator_key": public.hex(), "key_hash": sha256(public).hexdigest()[:KEY_HASH_DIGITS]}


def make_private(path: Path) -> None:
    """Make the file at ``path`` readable by its owner alone, an empty one where there is none.

    SQLite gives the files it puts beside a database the mode of the database. A file that is there is not opened: to close it
    would end the locks that this process has on it, and another program that looks into it would take the write-ahead log away.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    except FileExistsError:
        if path.is_dir():
            raise
        path.chmod(PRIVATE_MODE)
        return
    try:
        os.fchmod(descriptor, PRIVATE_MODE)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make names in ``folder`` durable: a new file's name is in its folder, not in the file."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

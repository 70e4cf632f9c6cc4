"""The operator's keys over time: the one that signs, the one announced to follow it, those that signed before.

A key is changed in two steps. ``announce`` makes the next key, and plans name it: probes that fetch one pin it beside the
first. Once they all have, ``rotate`` makes it the operator's, and destroys the old. A probe that never saw the
announcement must join again. The next key can be kept elsewhere meanwhile (put the file back to rotate), so that who
steals the folder does not have both.
"""

from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.data_folder import KEY_HASH_DIGITS, DataFolder, sync_folder
from collector.messages import Trouble
from collector.plan import read_plan_files
from collector.whole_file import write_whole
from probe.measurement.keys import load_or_create_key
from probe.measurement.signing import public_bytes


def announce(folder: DataFolder) -> Ed25519PrivateKey:
    """The next key, made if need be. A server names it in its plans from its next start on."""
    folder.open()
    key = load_or_create_key(folder.next_key)
    write_whole(_public(folder), public_bytes(key))
    return key


def announced(folder: DataFolder) -> bytes | None:
    """The public key that plans are to announce; it stands beside the private one, which may be elsewhere."""
    path = _public(folder)
    return path.read_bytes() if path.exists() else None


def rotate(folder: DataFolder) -> Ed25519PrivateKey:
    """Make the announced key the operator's, and destroy the old one. No server may be at work.

    Raises ``Trouble`` unless the newest plan announces it: no probe would know it.
    """
    old = folder.open()
    with folder.served():
        if not folder.next_key.is_file():
            raise Trouble("keys.none_next", path=folder.next_key)
        new = load_or_create_key(folder.next_key)
        plans = read_plan_files(folder.plans, public_bytes(old))
        if not plans or plans[-1].next_key != public_bytes(new):
            raise Trouble("keys.not_announced", path=folder.next_key)
        retired = public_bytes(old)
        folder.retired_keys.mkdir(exist_ok=True, mode=0o700)
        name = sha256(retired).hexdigest()[:KEY_HASH_DIGITS]
        write_whole(folder.retired_keys / name, retired)
        folder.next_key.replace(folder.operator_key)
        _public(folder).unlink(missing_ok=True)
        sync_folder(folder.operator_key.parent)
    return new


def retired(folder: DataFolder) -> frozenset[bytes]:
    """Public keys that signed before: heads of seals bear them for good."""
    paths = folder.retired_keys.glob("*") if folder.retired_keys.is_dir() else ()
    return frozenset(path.read_bytes() for path in paths)


def _public(folder: DataFolder) -> Path:
    return folder.next_key.with_suffix(".pub")

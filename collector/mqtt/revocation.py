"""Revocation: who may no longer speak to the broker, and a broker that is told so.

A key is revoked by itself (``ca revoke``, for good), or with its home (``homes revoke``, until ``homes restore``). The
broker's files are written anew, and a Mosquitto of this machine that runs on them reads them at once: connections that are
open lose their rights, new ones are refused.
"""

import os
import signal
from collections.abc import Iterable
from pathlib import Path

from collector.data_folder import DataFolder
from collector.mqtt import broker
from collector.mqtt.authority import Authority, utc_now
from collector.quarters import unix_us


def authority_folder(folder: DataFolder) -> Path:
    """Where the authority is."""
    return folder.root / "ca"


def broker_folder(folder: DataFolder) -> Path:
    """Where the broker's files are."""
    return authority_folder(folder) / "broker"


def has_authority(folder: DataFolder) -> bool:
    """Whether there is an MQTT door at all."""
    return (authority_folder(folder) / "authority.pem").exists()


def revoke(folder: DataFolder, keys: Iterable[bytes], *, with_home: bool = False) -> int:
    """Revoke quarter keys and write the broker's files anew; how many were not revoked before. Raises ``Trouble``."""
    authority, now = Authority(authority_folder(folder)), utc_now()
    new = sum(authority.revoke(key, unix_us(now), with_home=with_home) for key in keys)
    broker.write_revocations(authority, broker_folder(folder), now)
    return new


def reinstate(folder: DataFolder, keys: Iterable[bytes]) -> int:
    """Take back what was revoked with a home; how many keys that were. Raises ``Trouble``."""
    authority = Authority(authority_folder(folder))
    back = authority.reinstate(keys)
    broker.write_revocations(authority, broker_folder(folder), utc_now())
    return back


def tell_broker(folder: DataFolder) -> bool:
    """SIGHUP to every Mosquitto that was started on this folder's settings; false where there is none that we may tell."""
    conf = broker_folder(folder).resolve() / "mosquitto.conf"
    names, told = {os.fsencode(conf), os.fsencode(broker_folder(folder) / "mosquitto.conf")}, False
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            if words[0].rpartition(b"/")[2] == b"mosquitto" and names & set(words):
                os.kill(int(process.name), signal.SIGHUP)
                told = True
        except OSError:  # it has ended, or is somebody else's
            continue
    return told

"""The broker's files: Mosquitto's settings, who may do what, and the authority's certificate and revocation list.

    broker/mosquitto.conf   written once; the operator may change it
    broker/access.acl       written anew with each revocation
    broker/revoked.pem      ditto; Mosquitto reads both again on SIGHUP

Identity is the certificate's name (``use_identity_as_username``), also for the client id, so that nobody can take
over another's session. A probe may publish under its own key and read its own receipts; nothing is anonymous, nothing
is retained, nothing is kept on disk, every queue is bounded, and no log entry names a connection. TLS 1.3 alone: with
1.2 the certificate, and with it the quarter key, would cross the line in clear.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

from collector.mqtt.authority import BROKER, COLLECTOR, Authority
from probe import durable
from probe.measurement.envelope import LARGEST_BYTES
from probe.mqtt_access import MEASUREMENTS, RECEIPTS, ROOT

CONF: Final = """\
# Isonomia's broker. Run as: mosquitto -c {folder}/mosquitto.conf
listener {port}{bind}
cafile {folder}/authority.pem
certfile {folder}/broker.pem
keyfile {folder}/broker.key
crlfile {folder}/revoked.pem
tls_version tlsv1.3
require_certificate true
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false
acl_file {folder}/access.acl

# A PUBACK is no promise: probes keep their copies until the collector's receipt, so nothing is kept here.
persistence false
retain_available false

# Bounds: a document and its headers; a hundred under way and 2000 waiting to each client, 8 MB at most.
max_packet_size {packet}
max_inflight_messages 100
max_queued_messages 2000
max_queued_bytes 8388608
max_keepalive 300
max_connections -1

# Who connects, and from where, is written nowhere.
connection_messages false
log_dest stderr
log_type error
sys_interval 0
set_tcp_nodelay true
"""


def write_all(authority: Authority, folder: Path, host: str, port: int, bind: str, now: datetime) -> None:
    """Write the broker's files, and the collector's certificate beside them; existing keys and settings stay."""
    durable.make_folder(folder)
    durable.write(folder / "authority.pem", authority.pem.encode())
    if not (folder / f"{BROKER}.pem").exists():
        authority.equip(folder, BROKER, host, now)
    if not (authority.folder / f"{COLLECTOR}.pem").exists():
        authority.equip(authority.folder, COLLECTOR, None, now)
    if not (folder / "mosquitto.conf").exists():
        text = CONF.format(
            folder=folder, port=port, bind=f" {bind}" if bind else "", packet=LARGEST_BYTES + 4096
        )
        durable.write(folder / "mosquitto.conf", text.encode())
    write_revocations(authority, folder, now)


def write_revocations(authority: Authority, folder: Path, now: datetime) -> None:
    """Write what shuts revoked keys out: new connections by the list, those that are open by the access rules."""
    durable.write(folder / "access.acl", _access([one.key for one in authority.revoked()]).encode())
    durable.write(folder / "revoked.pem", authority.revocation_list(now).encode())


def _access(revoked: list[str]) -> str:
    lines = [
        f"pattern write {ROOT}/%u/{MEASUREMENTS}",
        f"pattern read {ROOT}/%u/{RECEIPTS}",
        "",
        f"user {COLLECTOR}",
        f"topic read {ROOT}/+/{MEASUREMENTS}",
        f"topic write {ROOT}/+/{RECEIPTS}",
    ]
    for key in revoked:
        lines += ["", f"user {key}", "topic deny #"]
    return "\n".join(lines) + "\n"

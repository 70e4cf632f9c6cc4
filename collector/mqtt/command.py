"""``isonomia-collector ca``: the operator's certificate authority, by hand."""

from argparse import Namespace

from collector.data_folder import DataFolder
from collector.messages import Trouble
from collector.mqtt import broker
from collector.mqtt.authority import Authority, found, utc_now
from collector.mqtt.revocation import authority_folder, broker_folder, revoke, tell_broker
from collector.process import Say
from collector.roster import read_roster
from probe.measurement.signing import KEY_BYTES


def run(folder: DataFolder, options: Namespace, say: Say) -> None:
    """Do what ``options`` ask; raises ``Trouble`` or ``OSError``."""
    folder.open()
    match options.action:
        case "init":
            _init(folder, options.host, options.port, options.bind, say)
        case "issue":
            key = _key(options.key)
            entry = next((one for one in read_roster(folder.roster) if one.quarter_key == key), None)
            if entry is None:
                raise Trouble("mqtt.not_enrolled", detail=key.hex())
            say("cli.ca_issued", certificate_pem=Authority(authority_folder(folder)).issue(entry))
        case "revoke":
            key = _key(options.key)
            say("cli.ca_revoked", key=key.hex(), new=revoke(folder, [key]) > 0)
            say("mqtt.broker_told" if tell_broker(folder) else "mqtt.broker_not_told")
        case _:
            say("cli.ca_list", keys=[one.key for one in Authority(authority_folder(folder)).revoked()])


def _init(folder: DataFolder, host: str | None, port: int, bind: str, say: Say) -> None:
    if not host:
        raise Trouble("mqtt.no_authority", path=authority_folder(folder))
    authority = found(authority_folder(folder), host, utc_now())
    where = broker_folder(folder)
    broker.write_all(authority, where, host, port, bind, utc_now())
    say("cli.ca_made", folder=str(authority.folder), conf=str(where / "mosquitto.conf"), host=host, port=port)


def _key(text: str | None) -> bytes:
    try:
        key = bytes.fromhex(text or "")
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Trouble("mqtt.bad_key", detail=text)
    return key

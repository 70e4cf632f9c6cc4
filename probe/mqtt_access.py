"""Access to the MQTT door: what a probe is told of it, signed by the operator, and the names of its topics."""

from typing import Annotated, Final

import msgspec

from probe.measurement.ticket import ShortText
from probe.plan import Time

MQTT_ACCESS: Final = "mqtt-access"
"""What it is signed for."""
ROOT: Final = "isonomia/v1"
MEASUREMENTS: Final = "measurements"
RECEIPTS: Final = "receipts"
ENCODING: Final = "content-encoding"
"""The user property that names how a message is packed, as the header of HTTP does. The collector goes by the message's first bytes."""


class MqttAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Where the broker is, whom to trust there, and the certificate of this probe's quarter key.

    The private key that goes with it is the quarter key itself. Taken from ``GET /v1/mqtt?key=``.
    """

    host: Annotated[str, msgspec.Meta(max_length=253)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    authority_pem: Annotated[str, msgspec.Meta(max_length=8192)]
    certificate_pem: Annotated[str, msgspec.Meta(max_length=8192)]
    quarter: ShortText
    issued_at_us: Time


def topic(key: bytes, kind: str) -> str:
    """The topic of a quarter key.

    >>> topic(bytes(2), RECEIPTS)
    'isonomia/v1/0000/receipts'
    """
    return f"{ROOT}/{key.hex()}/{kind}"


def key_in(name: str) -> bytes | None:
    """The quarter key in a topic's name; ``None`` in any other.

    >>> key_in("isonomia/v1/" + "00" * 32 + "/measurements") == bytes(32)
    True
    """
    parts = name.split("/")
    try:
        key = bytes.fromhex(parts[2])
    except (ValueError, IndexError):
        return None
    return key if len(key) == 32 and len(parts) == 4 else None

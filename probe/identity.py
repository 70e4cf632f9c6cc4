"""Who this probe is: a long-lived key that signs nothing but certificates, and the quarter's key that signs all."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe import __version__, durable
from probe.measurement.keys import (
    KeyFileError,
    certify,
    load_or_create_key,
    prove_possession,
    quarter_of,
)
from probe.measurement.signing import ENROLMENT, Signed, public_bytes, sign
from probe.plan import Enrolment
from probe.state import Home, reason_of
from probe.trouble import SetUpTrouble

SOFTWARE: Final = f"isonomia-probe {__version__}"
"""What enrolments and measurements carry as ``software_version``."""


@dataclass(frozen=True)
class Identity:
    """The keys in use during ``quarter``."""

    long_lived: Ed25519PrivateKey
    quarter: str
    quarter_key: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The quarter key's 32 public bytes: the only name under which this probe measures."""
        return public_bytes(self.quarter_key)

    @property
    def short(self) -> str:
        """The first eight hex digits of the quarter key, for people."""
        return self.public.hex()[:8]

    def enrolment(self, moment: datetime, invitation: str | None) -> Signed:
        """The signed request to be enrolled with this quarter's key."""
        certificate = certify(self.long_lived, self.quarter_key, moment)
        request = Enrolment(
            certificate=certificate,
            software_version=SOFTWARE,
            sent_at_us=int(moment.timestamp() * 1_000_000),
            invitation=invitation,
            possession=prove_possession(self.quarter_key, certificate),
        )
        return sign(self.long_lived, ENROLMENT, request)


def create(home: Home, moment: datetime) -> Identity:
    """The identity of ``moment``'s quarter; makes whichever key is absent."""
    durable.make_folder(home.folder)
    durable.make_folder(home.keys)
    return _load(home, quarter_of(moment))


def load(home: Home, quarter: str) -> Identity:
    """The identity of ``quarter``; raises ``SetUpTrouble`` when the long-lived key is gone.

    The quarter's key is made if need be: at the turn of a quarter that is the rule.
    """
    path = _long_lived(home)
    if not path.exists():
        raise SetUpTrouble("key_missing", path=path)
    return _load(home, quarter)


def exists(home: Home) -> bool:
    """Whether the long-lived key is there."""
    return _long_lived(home).exists()


def current_quarter(unix_us: int) -> str:
    """The calendar quarter of a time in microseconds since 1970, UTC."""
    return quarter_of(moment_of(unix_us))


def moment_of(unix_us: int) -> datetime:
    """Microseconds since 1970 as a time zone-aware moment in UTC."""
    return datetime.fromtimestamp(unix_us / 1_000_000, UTC)


def _long_lived(home: Home) -> Path:
    return home.keys / "long_lived.key"


def _load(home: Home, quarter: str) -> Identity:
    return Identity(_key(_long_lived(home)), quarter, _key(home.keys / f"{quarter}.key"))


def _key(path: Path) -> Ed25519PrivateKey:
    try:
        return load_or_create_key(path)
    except KeyFileError as error:
        raise SetUpTrouble("key_unusable", reason=error) from error
    except OSError as error:
        raise SetUpTrouble("folder_unwritable", folder=path.parent, reason=reason_of(error)) from error

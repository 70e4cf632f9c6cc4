"""Whose line a peer is, without keeping its address (integrity.md 1 and 5).

ASN and country come from an MMDB (MaxMind DB format) asked in memory. The line tag is an HMAC of the peer's
/24 or /48 under a secret of the quarter, this responder's own or its operator's, so that the same line is known
again and no table of addresses can be made from tags once the secret is gone. Which secret it was, its domain
says: only tags of one domain can be compared.
"""

import hmac
import ipaddress
import os
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from probe import durable
from probe.measurement.keys import quarter_of
from probe.measurement.receipt import Path as LinePath
from probe.networks import BadTable, Lookup, asn_of, country_of, open_networks
from probe.responder.config import ConfigError

TAG_BYTES = 16
SECRET_BYTES = 32
DOMAIN_BYTES = 8
DOMAIN_LABEL = b"isonomia-line-tag-domain"
QUARTER_LABEL = b"isonomia-line-tag-quarter/"


def prefix_of(address: str) -> bytes:
    """The /24 or /48 of an address, as bytes with the family in front. IPv4 mapped in IPv6 counts as IPv4.

    >>> prefix_of("192.0.2.77") == prefix_of("::ffff:192.0.2.1")
    True
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return b"4" + ip.packed[:3] if ip.version == 4 else b"6" + ip.packed[:6]


@dataclass
class TagSecret:
    """The secret behind line tags: one a quarter, in a file of mode 0600; an old quarter's is destroyed.

    ``shared`` is the operator's own secret, if there is one: then the quarter's is derived from it and no file made.
    """

    folder: Path
    shared: bytes | None = None
    _held: dict[str, bytes] = field(default_factory=dict)

    def secret(self, moment: datetime) -> bytes:
        """The secret of the quarter of ``moment``; those of other quarters are forgotten, on disk too.

        Called by the reporter's timer also when nobody visits. Raises ``OSError``.
        """
        quarter = quarter_of(moment)
        if quarter not in self._held:
            name = f"line-tag-{quarter}.secret"
            self._held = {}
            durable.remove_partials(self.folder)
            for old in self.folder.glob("line-tag-*.secret"):
                if self.shared or old.name != name:
                    old.unlink()
            self._held[quarter] = (
                hmac.digest(self.shared, QUARTER_LABEL + quarter.encode(), "sha256")
                if self.shared
                else _load_or_create(self.folder / name)
            )
        return self._held[quarter]


def read_shared(path: Path) -> bytes:
    """The operator's shared secret in ``path``; raises ``ConfigError`` or ``OSError``."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ConfigError(f"line_tag_secret: others may read {path}; run: chmod 600 {path}")
    secret = path.read_bytes()
    if len(secret) < SECRET_BYTES:
        raise ConfigError(f"line_tag_secret: {path} holds {len(secret)} bytes, {SECRET_BYTES} are needed")
    return secret


def _load_or_create(path: Path) -> bytes:
    if path.exists() and len(held := path.read_bytes()) == SECRET_BYTES:
        return held
    durable.make_folder(path.parent)
    secret = os.urandom(SECRET_BYTES)
    durable.write(path, secret)  # a crash never leaves a short secret under the real name
    return secret


@dataclass
class LineFinder:
    """Turns a peer's address into a ``Path`` and forgets the address."""

    tags: TagSecret
    lookup: Lookup | None = None
    mmdb_sha256: bytes | None = None

    def path(self, address: str) -> LinePath:
        """ASN, country, family, line tag and its domain of ``address``."""
        prefix = prefix_of(address)
        record = self._record(address)
        secret = self.tags.secret(datetime.now(UTC))
        return LinePath(
            address_family="ipv4" if prefix[:1] == b"4" else "ipv6",
            asn=asn_of(record),
            country=country_of(record),
            mmdb_sha256=self.mmdb_sha256,
            line_tag=hmac.digest(secret, prefix, "sha256")[:TAG_BYTES],
            line_tag_domain=hmac.digest(secret, DOMAIN_LABEL, "sha256")[:DOMAIN_BYTES],
        )

    def _record(self, address: str) -> Any:
        try:
            return self.lookup.get(address) if self.lookup else None
        except ValueError:  # an IPv6 peer and a table of IPv4 alone, or an address with a zone
            return None


def open_lookup(path: Path) -> tuple[Lookup, bytes]:
    """(reader, SHA-256 of the file) of an MMDB; raises ``ImportError`` that names the extra, or ``ConfigError``."""
    try:
        table = open_networks(path)
    except BadTable as error:
        raise ConfigError(f"mmdb: {error}") from error
    return table.lookup, table.sha256

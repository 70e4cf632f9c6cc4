"""Networks: which one an address belongs to, by an MMDB (MaxMind DB format) that an operator brings; maxminddb is wrapped here alone.

Responders ask it of their peers, the analysis of the addresses that resolvers answered. A probe has no such table: it would
be larger than the probe, and older with each month at a home; what it records are addresses.
"""

from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Protocol


class BadTable(ValueError):
    """The file is no MMDB."""


class Lookup(Protocol):
    """What an MMDB reader does."""

    def get(self, ip_address: str) -> Any:
        """The record of an address, ``None`` if unknown."""


@dataclass(frozen=True)
class Networks:
    """A table, and the SHA-256 of its file: answers of another month may differ."""

    lookup: Lookup
    sha256: bytes

    def asn(self, place: str) -> int | None:
        """The ASN of an address or a prefix as it stands in a result; ``None`` for what is in no table, or is no address."""
        try:
            return asn_of(self.lookup.get(str(ip_network(place).network_address)))
        except ValueError:  # "<line>", a special range, an IPv6 address and a table of IPv4 alone
            return None


def open_networks(path: Path) -> Networks:
    """The table at ``path``; raises ``ImportError`` that names the extras, ``OSError``, or ``BadTable``."""
    try:
        import maxminddb
    except ImportError as error:
        raise ImportError(
            "an MMDB needs the extra: pip install 'isonomia[responder]' (or 'isonomia[analysis]')"
        ) from error
    try:
        return Networks(maxminddb.open_database(str(path)), sha256(path.read_bytes()).digest())
    except maxminddb.InvalidDatabaseError as error:
        raise BadTable(f"{path} is no MMDB file: {error}") from error


def asn_of(record: Any) -> int | None:
    """The autonomous system number in a record."""
    value = record.get("autonomous_system_number") if isinstance(record, dict) else None
    return value if isinstance(value, int) else None


def country_of(record: Any) -> str | None:
    """The country's code in a record, as MaxMind's tables or as plainer ones have it."""
    country = record.get("country") if isinstance(record, dict) else None
    code = country.get("iso_code") if isinstance(country, dict) else country
    return code if isinstance(code, str) else None

"""An MMDB for tests: prefixes, their ASN and country, in the layout of MaxMind's ASN and country tables."""

from collections.abc import Mapping
from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet


def write_mmdb(path: Path, networks: Mapping[str, tuple[int, str]], *, ip_version: int = 4) -> Path:
    """Write ``networks`` (prefix: ASN, country) to ``path``."""
    writer = MMDBWriter(ip_version=ip_version, ipv4_compatible=ip_version == 6)
    for prefix, (asn, country) in networks.items():
        record = {"autonomous_system_number": asn, "country": {"iso_code": country}}
        writer.insert_network(IPSet([prefix]), record)
    writer.to_db_file(str(path))
    return path

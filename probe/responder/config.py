"""The responder's settings: one TOML file, with an exact message for each mistake."""

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class ConfigError(ValueError):
    """The file is missing, is no TOML, or says something that cannot be."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What anybody may have at most. A prefix is a /24 or a /48.

    ``patience_s`` is how long a peer may take for its handshake, for each message and to read each answer.
    """

    connections: int = 512
    connections_per_prefix: int = 64
    open_tickets: int = 4096
    open_tickets_per_key: int = 8
    openings_per_key_hour: int = 240
    bytes_per_prefix_day: int = 20_000_000_000
    bytes_per_day: int = 500_000_000_000
    ticket_s: float = 300.0
    largest_pace_bit_s: int = 100_000_000
    largest_run_bytes: int = 50_000_000
    longest_run_ms: int = 20_000
    patience_s: float = 10.0


class ResponderConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings. Paths are relative to the file. ``collector`` empty: tickets are reported to nobody."""

    id: str
    owned_name: str
    listen: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    operator_key: str
    state: str = "state"
    port: Port = 443
    contact: str = ""
    collector: str = ""
    mmdb: str = ""
    digest_every_s: float = 3600.0
    bounds: Bounds = Bounds()

    def operator_key_bytes(self) -> bytes:
        """The operator's 32-byte public key; raises ``ConfigError``."""
        try:
            key = bytes.fromhex(self.operator_key)
        except ValueError as error:
            raise ConfigError(
                "operator_key: write the 64 hex digits that `isonomia-collector key` prints"
            ) from error
        if len(key) != 32:
            raise ConfigError(f"operator_key: 64 hex digits are needed, here are {len(self.operator_key)}")
        return key


def load(path: Path) -> ResponderConfig:
    """The settings in ``path``; raises ``ConfigError`` that says what, where and what to do."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file; docs/operator.md shows one to start from") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    try:
        config = msgspec.convert(table, ResponderConfig)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}") from error
    config.operator_key_bytes()
    return config

"""The responder's settings: one TOML file, with an exact message for each mistake."""

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from probe.measurement.ticket import FASTEST_PACE_BIT_S

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class ConfigError(ValueError):
    """The file is missing, is no TOML, or says something that cannot be."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What anybody may have at most. A prefix is a /24 or a /48.

    ``newcomers_per_prefix`` counts connections that have neither opened a ticket nor started a run (``seats``).
    ``handshake_s`` is how long a TLS handshake may take: longer than a probe's own 5 s, so that a ClientHello lost
    on the way is the probe's time-out and not our hanging up; ``handshake_crowded_s`` holds instead once half the
    connections are taken. ``patience_s`` is how long a peer may take for each message and to read each answer.
    ``kept_s`` and ``kept_statements`` bound the statements that can be asked for again (``kept``).
    """

    connections: int = 512
    newcomers_per_prefix: int = 64
    open_tickets: int = 4096
    open_tickets_per_key: int = 8
    open_tickets_per_prefix: int = 64
    openings_per_key_hour: int = 240
    openings_per_prefix_hour: int = 960
    bytes_per_prefix_day: int = 20_000_000_000
    bytes_per_day: int = 500_000_000_000
    ticket_s: float = 300.0
    kept_s: float = 600.0
    kept_statements: int = 1024
    largest_pace_bit_s: int = FASTEST_PACE_BIT_S
    largest_run_bytes: int = 50_000_000
    longest_run_ms: int = 20_000
    longest_unpaced_ms: int = 3_000
    longest_wash_ms: int = 900_000
    handshake_s: float = 6.0
    handshake_crowded_s: float = 3.0
    patience_s: float = 10.0


class ResponderConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings. Paths are relative to the file. ``collector`` empty: tickets are reported to nobody.

    ``quic``: serve replay_quic, too, on the same port over UDP (needs the extra `quic`). ``http_port``: serve replay_http
    there, 80 as a rule, for that is where boxes read a Host; absent: it is not served.

    ``capacity_names`` are names besides its own under which capacity may be measured: control names of the plan. The coin
    draws among them, so that no single name tells a capacity transfer. They stand in ``--describe`` too.

    ``line_tag_secret`` is a file of 32 secret bytes or more (``head -c 32 /dev/urandom``, mode 0600) that one operator
    gives to several responders, so that one line has one tag at all of them and counts as one line. Empty: this
    responder makes its own secret each quarter and destroys it after. A shared file is the operator's to replace, on
    all of them, when a quarter begins, and to destroy: with it, a tag can be searched for its /24. Until then tags
    still change with the quarter, since the quarter's secret is derived from the file.
    """

    id: str
    owned_name: str
    listen: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    operator_key: str
    second_operator_key: str = ""
    state: str = "state"
    port: Port = 443
    quic: bool = False
    http_port: Port | None = None
    contact: str = ""
    collector: str = ""
    mmdb: str = ""
    line_tag_secret: str = ""
    capacity_names: tuple[str, ...] = ()
    digest_every_s: float = 3600.0
    bounds: Bounds = Bounds()

    def operator_key_bytes(self) -> bytes:
        """The operator's 32-byte public key; raises ``ConfigError``."""
        return _key("operator_key", self.operator_key)

    def second_key_bytes(self) -> bytes | None:
        """The key before or after it while the operator changes keys; raises ``ConfigError``."""
        return _key("second_operator_key", self.second_operator_key) if self.second_operator_key else None


def _key(name: str, digits: str) -> bytes:
    try:
        key = bytes.fromhex(digits)
    except ValueError as error:
        raise ConfigError(f"{name}: write the 64 hex digits that `isonomia-collector key` prints") from error
    if len(key) != 32:
        raise ConfigError(f"{name}: 64 hex digits are needed, here are {len(digits)}")
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
    config.second_key_bytes()
    return config

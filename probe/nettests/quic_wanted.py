"""What one QUIC run needs: the line that the agent writes to its child. No QUIC is imported here."""

from typing import Any

import msgspec

from probe.measurement.ticket import Direction


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One run. ``facts`` are the fields of ``Run`` known before (role, order, name, address …); ``port`` is UDP's.

    ``pace_bit_s`` is that of an upload, which the probe sends. ``lab``: the gate is a laboratory's.
    """

    facts: dict[str, Any]
    port: int
    pin: bytes
    pair_id: bytes
    duration_ms: int
    max_run_bytes: int
    direction: Direction = "down"
    pace_bit_s: int = 0
    lab: bool = False

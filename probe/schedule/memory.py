"""What the schedule must remember across processes: blocks, counts and the end of each service's last pair."""

from pathlib import Path
from typing import Any, Final

import msgspec

from probe import durable
from probe.measurement.ticket import Direction
from probe.schedule.variants import Places
from probe.state import read_state

HOST: Final = "host:"
"""Before a host's name, where something is remembered of a server and not of a service."""


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """One service in one direction: the rest of its block of strata, its pairs so far, and places in their blocks.

    ``long_at`` is the long pair's place among all, ``saturate_at`` the unpaced one's among the ``short_pairs``, ``washed_at``
    the washed one's among all.
    """

    strata_left: tuple[str, ...] = ()
    pairs: int = 0
    long_at: int | None = None
    short_pairs: int = 0
    saturate_at: int | None = None
    washed_at: int | None = None

    @property
    def places(self) -> Places:
        """The places that were drawn."""
        return Places(self.long_at, self.saturate_at)


class ServiceMemory(Lane, frozen=True, kw_only=True):
    """One service: its lane downwards, its lane ``up``, the rest of its block of directions, its last pair.

    A service rests after a pair in either direction; each direction is a cell with blocks of its own.
    ``light_at_us``: light nettest to when it was last begun.
    """

    ended_at_us: int | None = None
    last_ok: bool = True
    directions_left: tuple[str, ...] = ()
    up: Lane = Lane()
    light_at_us: dict[str, int] = {}

    def lane(self, direction: Direction) -> Lane:
        """What is remembered of a direction."""
        return self if direction == "down" else self.up

    def with_lane(self, direction: Direction, **changes: Any) -> "ServiceMemory":
        """The same with ``changes`` in the lane of ``direction``."""
        if direction == "down":
            return msgspec.structs.replace(self, **changes)
        return msgspec.structs.replace(self, up=msgspec.structs.replace(self.up, **changes))


class Memory:
    """``schedule.json``: by service, and by ``HOST`` and a name. Each ``save`` is durable before it returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._services = read_state(path, dict[str, ServiceMemory]) if path.exists() else {}

    def of(self, service: str) -> ServiceMemory:
        """What is remembered of ``service``."""
        return self._services.get(service, ServiceMemory())

    def save(self, service: str, memory: ServiceMemory) -> None:
        """Remember ``memory`` for ``service``."""
        self._services[service] = memory
        durable.write(self._path, msgspec.json.encode(self._services))

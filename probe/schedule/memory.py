"""What the schedule must remember across processes: blocks, counts and the end of each service's last pair."""

from pathlib import Path

import msgspec

from probe import durable
from probe.state import read_state


class ServiceMemory(msgspec.Struct, frozen=True, kw_only=True):
    """One service: the rest of its block of strata, its pairs so far, the long one's place, its last pair."""

    strata_left: tuple[str, ...] = ()
    pairs: int = 0
    long_at: int | None = None
    ended_at_us: int | None = None
    last_ok: bool = True


class Memory:
    """``schedule.json``. Each ``save`` is durable before it returns."""

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

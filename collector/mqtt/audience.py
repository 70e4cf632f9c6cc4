"""Whom the door listens to: every enrolled key by a subscription of its own, so that the broker leaves out who floods.

The broker keeps one bounded queue towards the collector, and drops what comes when it is full, whoever sent it. A probe that
publishes faster than the collector reads would fill it for all (docs/notes/045). So a key of which more is in vain in
a ``WINDOW_S`` than honest probes have under way is not subscribed to for ``SHUT_S``: its documents end at the broker,
their sender has them still, and all others have the queue to themselves. In vain is what found no room, and also what was
rejected or there already: that can be answered as fast as it comes while the broker's queue is full of it (docs/notes/047).
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

from collector.roster import Roster
from probe.mqtt_access import MEASUREMENTS, topic

LOG: Final = logging.getLogger("isonomia.collector.mqtt")
LOOK_S: Final = 0.05
"""How often floods are looked for; a new key is told of at once (``look``)."""
WINDOW_S: Final = 1.0
MOST_IN_VAIN: Final = 300
"""Of a key in a window, beyond the 200 that wait: six of a probe's batches in a second."""
A_DOCUMENT_BYTES: Final = 16 * 1024
"""What is longer counts for several: packed, a pair has 3 kB."""
REFUSED: Final = 0x80
"""From here on a SUBACK's codes say that a topic will not be heard (MQTT 3.1.1, 3.9.3)."""
SHUT_S: Final = 30.0
SET_BACK_US: Final = 60_000_000
"""A clock that goes back by more was wrong before."""
LOT: Final = 500
"""Topics in a SUBSCRIBE: 43 kB."""


class Listener(Protocol):
    """What an ``aiomqtt.Client`` can do that is needed here; both raise when the broker does not answer."""

    async def subscribe(self, topic: list[tuple[str, int]], /) -> Sequence[Any]:
        """Listen to topics, each with its quality of service; the broker's code for each."""

    async def unsubscribe(self, topic: list[str], /) -> None:
        """Listen to them no longer."""


class Audience:
    """The keys that are listened to. ``begin`` once a connection, then ``keep``; ``in_vain`` for each document, at any time."""

    def __init__(self, roster: Roster, clock_us: Callable[[], int], trouble: type[Exception]) -> None:
        """``trouble`` is what the client raises when the broker does not answer."""
        self._roster = roster
        self._clock_us = clock_us
        self._trouble = trouble
        self._seen = 0
        self._latest_us = 0
        self._in_vain: Counter[bytes] = Counter()
        self._window_ends_s = 0.0
        self._asked = asyncio.Event()
        self._shut: dict[bytes, float] = {}
        self.shut_s = SHUT_S

    @property
    def shut(self) -> frozenset[bytes]:
        """The keys that are not listened to now."""
        return frozenset(self._shut)

    def in_vain(self, key: bytes, length: int) -> None:
        """A document of ``key``, ``length`` bytes long as it came, found no room, was rejected or was there already."""
        self._in_vain[key] += 1 + length // A_DOCUMENT_BYTES

    def look(self) -> None:
        """A key was enrolled: listen to it now."""
        self._asked.set()

    async def begin(self, client: Listener) -> None:
        """Listen to everybody, on a new connection. Raises ``trouble``."""
        self._seen = 0
        await self._take_in(client)

    async def keep(self, client: Listener) -> None:
        """Listen to who is new, shut out who floods, and take them in again. Ends: when it is cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), LOOK_S)
            self._asked.clear()
            with suppress(self._trouble):  # the next look tries again; a connection that broke ends elsewhere
                await self._shut_out(client)
                await self._let_in(client)
                await self._take_in(client)

    async def _take_in(self, client: Listener) -> None:
        now_us = self._clock_us()
        if now_us < self._latest_us - SET_BACK_US:  # what a clock that was ahead called ended may not be
            self._seen = 0
        self._latest_us = now_us
        entries = self._roster.entries_from(self._seen)
        keys = [one.quarter_key for one in entries if one.ends_us > now_us]
        await self._listen(client, [key for key in keys if key not in self._shut])
        self._seen += len(entries)

    async def _shut_out(self, client: Listener) -> None:
        now_s = time.monotonic()
        flooding = [
            key for key, count in self._in_vain.items() if count > MOST_IN_VAIN and key not in self._shut
        ]
        if now_s >= self._window_ends_s:
            self._in_vain.clear()
            self._window_ends_s = now_s + WINDOW_S
        for lot in _lots(flooding):
            # Noted first: the broker may do it and be late to say so, and a key that is shut is listened to again in any case.
            self._shut.update((key, now_s + self.shut_s) for key in lot)
            await client.unsubscribe([topic(key, MEASUREMENTS) for key in lot])
            LOG.warning("%d probes flood: not listened to for %.0f s", len(lot), self.shut_s)

    async def _let_in(self, client: Listener) -> None:
        now_s = time.monotonic()
        due = [key for key, until_s in self._shut.items() if until_s <= now_s]
        await self._listen(client, due)

    async def _listen(self, client: Listener, keys: Sequence[bytes]) -> None:
        """Listen to ``keys``. One that the broker refuses waits as who is shut out does, and is tried again then."""
        for lot in _lots(keys):
            said = await client.subscribe([(topic(key, MEASUREMENTS), 1) for key in lot])
            until_s = time.monotonic() + self.shut_s
            refused = [key for key, code in zip(lot, said, strict=False) if _is_refusal(code)]
            for key in lot:
                self._shut.pop(key, None)
                del self._in_vain[key]
            self._shut.update((key, until_s) for key in refused)
            if refused:
                LOG.error(
                    "the broker refuses to let %d probes be heard; asked again in %.0f s",
                    len(refused),
                    self.shut_s,
                )


def _is_refusal(code: Any) -> bool:
    """Whether a code of a SUBACK, a number or paho's object for one, is a refusal."""
    return bool(getattr(code, "value", code) >= REFUSED)


def _lots(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for first in range(0, len(keys), LOT):
        yield keys[first : first + LOT]

"""A glance at a measurement: what the fleet view needs of it, and nothing else is decoded."""

from datetime import datetime
from typing import Final

import msgspec

CUT_OFF: Final = ("responder:", "sentinel:")
"""How reasons begin why a pair was left out because nothing could be reached (``probe.nettests``)."""


class _Line(msgspec.Struct):
    brand: str | None = None
    region: str | None = None


class _Path(msgspec.Struct):
    asn: int | None = None


class _Statement(msgspec.Struct):
    path: _Path


class _Signed(msgspec.Struct):
    body: _Statement


class _Run(msgspec.Struct):
    failure: str


class _Result(msgspec.Struct):
    looks: tuple[_Run, ...] = ()


class _Pair(msgspec.Struct):
    runs: tuple[_Run, ...] = ()
    statement: _Signed | None = None


class Glance(msgspec.Struct):
    """A part of ``Measurement``, field by field as it stands there."""

    started_at: datetime
    software_version: str
    line: _Line = msgspec.field(default_factory=_Line)
    pair: _Pair | None = None
    skipped: str | None = None
    result: _Result | None = None

    @property
    def well(self) -> bool:
        """Whether the home could do something: a run of a pair, or a look at a service (reachability, fetch), reached its end.

        A home that reports what it left out is at work, and its line carried the report; so is one whose result has no looks. But
        where responder or sentinel could not be reached, the home was cut off when it tried, and reports it now.
        """
        if self.skipped is not None and self.skipped.startswith(CUT_OFF):
            return False
        tried = self.pair.runs if self.pair is not None else self.result.looks if self.result else ()
        return (self.pair is None and not tried) or any(run.failure == "ok" for run in tried)

    @property
    def network(self) -> str | None:
        """The network that the responder saw the line on."""
        statement = None if self.pair is None else self.pair.statement
        asn = None if statement is None else statement.body.path.asn
        return None if asn is None else f"AS{asn}"


_GLANCE = msgspec.json.Decoder(Glance)


def glance(body: bytes) -> Glance:
    """The glance at a measurement's signed bytes; raises ``msgspec.MsgspecError``."""
    return _GLANCE.decode(body)

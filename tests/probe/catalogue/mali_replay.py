"""A replay without a network (``paper_replay``) whose responder sees the line in Mali."""

from typing import Final

import msgspec

from probe.measurement.receipt import Path, Statement
from probe.measurement.signing import STATEMENT, Signed, sign
from probe.nettests.base import Net
from probe.nettests.replay_tls import ReplayParams, ReplayResult
from tests.probe import paper_replay

NAME: Final = paper_replay.NAME
VERSION: Final = "paper-mali"


def statement(country: str | None) -> Signed:
    """A responder's signed statement that saw the line in ``country``."""
    seen = Statement(
        pair_id=bytes(16),
        ticket_sha256=bytes(32),
        path=Path(address_family="ipv4", country=country),
        receipts=(),
        closed_at_us=0,
    )
    return sign(paper_replay.RESPONDER_KEY, STATEMENT, seen)


def run(net: Net, params: ReplayParams) -> ReplayResult:
    """A pair at once, and the statement about it."""
    done = paper_replay.run(net, params)
    pair = msgspec.structs.replace(done.pair, statement=statement("ML"))
    return ReplayResult(pair, done.clock, done.cross_traffic)

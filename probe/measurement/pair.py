"""A pair: ticket, coin transcript, two runs, the responder's statement. One pair is one measurement."""

from typing import Annotated

import msgspec

from probe.measurement.receipt import Statement
from probe.measurement.run import Run
from probe.measurement.signing import STATEMENT, TICKET, Signed, document_id, open_signed
from probe.measurement.ticket import BitRate, Milliseconds, Nonce, Ticket


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What this pair could have seen at most: "no throttle" always reads "no throttle below X".

    ``capacity_bit_s`` is the home's last capacity estimate in that direction (``None``: not measured).
    ``ceiling_bit_s`` is what this machine's CPU can carry of the protocol, measured before the pair, where a program and
    not the kernel does the work (QUIC): the pace is at most half of it.
    """

    pace_bit_s: BitRate
    duration_ms: Milliseconds
    capacity_bit_s: BitRate | None = None
    ceiling_bit_s: BitRate | None = None

    def highest_rate_bit_s(self) -> int:
        """A throttle above this rate is invisible to the pair."""
        known = [rate for rate in (self.pace_bit_s, self.capacity_bit_s) if rate]
        return min(known) if known else 0

    def largest_bucket_bytes(self, rate_bit_s: float) -> int:
        """The largest token bucket the pair could have emptied at ``rate_bit_s``: (pace - R) x duration.

        >>> Limits(pace_bit_s=20_000_000, duration_ms=4000).largest_bucket_bytes(4e6)
        8000000
        """
        return max(0, int((self.pace_bit_s - rate_bit_s) / 8 * self.duration_ms / 1000))


class Sentinel(msgspec.Struct, frozen=True, kw_only=True):
    """A short transfer under a control name, before the pair's ticket was opened (integrity.md 4).

    ``run`` is what the probe saw, less its ticks. Ticket, nonce and statement are kept where a run of the pair failed:
    that is when somebody will ask whether line and responder were well.
    """

    run: Run
    ticket: Signed | None = None
    nonce: Nonce | None = None
    statement: Signed | None = None

    def slim(self) -> "Sentinel":
        """The same without its evidence."""
        return Sentinel(run=self.run)


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Original and control in the order they were run.

    ``nonce`` is the probe's revealed half of the coin. ``statement`` is ``None`` when the pair could not be
    closed. ``runs`` has two entries, fewer when the pair was aborted (``aborted`` says why): an aborted pair
    is a measurement with its outcome, never a second throw.
    """

    ticket: Signed
    nonce: Nonce
    runs: tuple[Run, ...]
    limits: Limits
    gap_ms: Annotated[int, msgspec.Meta(ge=0, le=3_600_000)]
    statement: Signed | None = None
    aborted: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    sentinel: Sentinel | None = None

    def __post_init__(self) -> None:
        if len(self.runs) > 2:
            raise ValueError(f"a pair has two runs, this one {len(self.runs)}")
        if [run.order for run in self.runs] != list(range(len(self.runs))):
            raise ValueError("the runs of a pair stand in their order, 0 then 1")
        if len({run.role for run in self.runs}) != len(self.runs):
            raise ValueError("a pair has one original and one control")

    def run(self, role: str) -> Run | None:
        """The run with that role, ``None`` if the pair was aborted before it."""
        return next((run for run in self.runs if run.role == role), None)

    def vouched(self, statement: Statement | None) -> bool:
        """Whether ``statement``, this pair's and verified, answers for the ticket, its body and its signature.

        Then the ticket need not be verified again: the key that signed the statement, which is the ticket's own,
        says that it issued these very bytes.
        """
        return (
            statement is not None
            and self.statement is not None
            and self.statement.key == self.ticket.key
            and statement.ticket_signature == self.ticket.signature
            and statement.ticket_sha256 == document_id(self.ticket.body_bytes())
        )

    def open_ticket(self) -> Ticket:
        """The ticket, its signature verified; raises ``BadSignature``."""
        return open_signed(self.ticket, TICKET, Ticket)

    def open_statement(self) -> Statement | None:
        """The statement, its signature verified, ``None`` if the pair was never closed."""
        return None if self.statement is None else open_signed(self.statement, STATEMENT, Statement)

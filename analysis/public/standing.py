"""Which findings stand on a surface, and the pairs each rests on: the same for pages and for boards. Pure.

A finding's id changes with every pair that comes in, and the ledger names findings by id: what was published is the record of
the day it was judged, and stands until it is withdrawn. ``analysis.states`` binds that record by its hash.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from analysis.finding import Finding
from analysis.observe.record import Observation
from analysis.public.form import Surface
from analysis.public.reply import reply_code
from analysis.public.rule import certified, may_show, was_published
from analysis.registration import CellKey
from analysis.states import Change, state_of
from collector.quarters import unix_us

WITHDRAWN: Final = "withdrawn"


def cell_key(finding: Finding) -> CellKey:
    """The cell that a finding is about."""
    return CellKey(finding.brand, finding.technology, finding.plan_class, finding.service, finding.direction)


def standing(
    recorded: Iterable[Finding], present: Iterable[Finding], history: Sequence[Change], surface: Surface
) -> list[Finding]:
    """Findings that may be shown, recorded ones first; of a cell that has a recorded one, the present judgement adds nothing.

    In public a record shows only what the ledger published: a certificate that nobody entered is issued by today's judgement or not at all.
    """
    records = [
        one
        for one in recorded
        if may_show(one, history, surface) and (surface == "inside" or was_published(history, one.finding_id))
    ]
    ids = {one.finding_id for one in records}
    taken = {cell_key(one) for one in records if not is_withdrawn(one, history)}
    return records + [
        one
        for one in present
        if one.finding_id not in ids and cell_key(one) not in taken and may_show(one, history, surface)
    ]


def is_withdrawn(finding: Finding, history: Sequence[Change]) -> bool:
    """Whether a finding was withdrawn: its words remain, its numbers go."""
    return state_of(history, finding.finding_id) == WITHDRAWN


def pairs_of(finding: Finding, by_cell: Mapping[CellKey, Sequence[Observation]]) -> list[Observation]:
    """The pairs that a finding rests on: by its ids where it names them, else those opened before it was judged."""
    pairs = by_cell.get(cell_key(finding), ())
    if finding.measurement_ids is not None:
        ids = frozenset(finding.measurement_ids)
        return [pair for pair in pairs if pair.measurement_id in ids]
    until_us = unix_us(datetime.fromisoformat(finding.judged_at)) if finding.judged_at else None
    return [pair for pair in pairs if until_us is None or pair.opened_at_us <= until_us]


def reply_state(finding: Finding, history: Iterable[Change]) -> str:
    """What to say in the place of a reply to the finding where no text is at hand (``reply_code``)."""
    states = {one.state for one in history if one.finding_id == finding.finding_id}
    return reply_code(states, certificate=certified(finding))

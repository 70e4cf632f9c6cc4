"""Notes of a finding: what its reader must know beside the reasons, each an id with its sentence in ``messages``."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from analysis.decide import Decision
from analysis.gates import FEWEST_PAIRS, NEUTRAL_STRATA, remembers, same_sector_alike
from analysis.missing import MANY_DISCARDS
from analysis.quarter import Beside
from analysis.registration import Registration

NOTE_ONE_STRATUM: Final = "one_stratum"
NOTE_SECTOR: Final = "same_sector_alike"
NOTE_PROVISIONAL: Final = "provisional"
NOTE_OTHER_RULES: Final = "other_rules"
NOTE_NO_KEYS: Final = "responder_keys_unregistered"
NOTE_LATE: Final = "registered_late"
NOTE_SECOND: Final = "second_registration"
NOTE_BESIDE: Final = "several_registrations"
NOTE_NO_DIGESTS: Final = "no_ticket_digests"
NOTE_MANY_DISCARDS: Final = MANY_DISCARDS
NOTE_REMEMBERS: Final = "weaker_in_one_order"
NOTE_SET_APART: Final = "lines_set_apart"
NOTE_TAKEN_OUT: Final = "homes_set_aside"
NOTE_CHANGED: Final = "treatment_changed"
NOTE_REFUTED: Final = "uncorroborated_by_label"
NOTE_OTHER_DOMAINS: Final = "pairs_of_other_line_tag_domains"


def notes_of(
    decision: Decision,
    registration: Registration,
    *,
    report_date: bool,
    other_rules: bool,
    apart: frozenset[str],
    beside: Beside = MappingProxyType({}),
) -> Iterator[str]:
    """The notes of a decided cell, in order. ``report_date``: whether this is judged on a registered one.

    ``apart``: the homes whose tags did not join them with others, by the operator's word.
    """
    by_stratum = decision.split.by_stratum
    strata = [by_stratum[name] for name in NEUTRAL_STRATA & by_stratum.keys()]
    if decision.direction is not None and sum(one.pairs >= FEWEST_PAIRS for one in strata) < 2:
        yield NOTE_ONE_STRATUM
    if decision.direction is not None and same_sector_alike(
        decision.split, decision.direction, registration.stratum_bar
    ):
        yield NOTE_SECTOR
    if not report_date:
        yield NOTE_PROVISIONAL
    if other_rules:
        yield NOTE_OTHER_RULES
    yield from _of_registration(registration, beside)
    missing = decision.cell.missing
    if not missing.digests and (decision.cell.pairs or decision.cell.discarded):
        yield NOTE_NO_DIGESTS
    if missing.many_discards:
        yield NOTE_MANY_DISCARDS
    if missing.taken_out:
        yield NOTE_TAKEN_OUT
    if decision.cell.refuted.uneven:
        yield NOTE_REFUTED
    if decision.cell.other_domains:
        yield NOTE_OTHER_DOMAINS
    if any(pair.home in apart for pair in decision.cell.pairs):
        yield NOTE_SET_APART
    if decision.direction is not None and remembers(decision.split):
        yield NOTE_REMEMBERS


def _of_registration(registration: Registration, beside: Beside) -> Iterator[str]:
    """What a reader should know of what was registered, and when."""
    if not registration.responder_keys:
        yield NOTE_NO_KEYS
    if registration.late:
        yield NOTE_LATE
    if registration.second:
        yield NOTE_SECOND
    if beside:
        yield NOTE_BESIDE

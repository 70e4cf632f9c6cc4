"""Vetted homes: those that an operator invited by name, before the quarter's registration (integrity.md 5).

A registration holds the hash of every invitation by recruitment channel. A home is vetted if its long-lived key was the
first to enrol with one of them, and did so before the registration was made: an invitation passed round is worth one
home. Homes recruited later count like any other, but not for what needs vetted ones.

A roster is believed as little as a measurement: an enrolment counts if both its keys signed it, as the collector's door
asks, and its row names the keys that it names. When it came is the collector's word alone, so the home's own, which it signed, must not be
later; a day is left for a home's clock that goes wrong.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from analysis.registration import Registration, invitation_sha256
from analysis.source import Source
from collector.enrolment import Enrolled, certified
from collector.quarters import US_PER_DAY, unix_us
from collector.rejections import Refused
from probe.measurement.signing import Signed
from probe.plan import Enrolment

_DOCUMENT: Final = msgspec.json.Decoder(Signed)
_ENROLMENT: Final = msgspec.json.Decoder(Enrolment)
CLOCK_US: Final = US_PER_DAY


def read_vetted(source: Source, registration: Registration) -> dict[str, str]:
    """The channel of each vetted quarter key (hex) of a source; nobody where no invitation is registered."""
    return vetted(source.roster(), registration) if registration.channels else {}


def vetted(roster: Iterable[Enrolled], registration: Registration) -> dict[str, str]:
    """The channel of each vetted quarter key, of enrolments in order of time."""
    channel_of = {one: channel for channel, every in registration.channels.items() for one in every}
    made_at_us = unix_us(datetime.fromisoformat(registration.made_at))
    owner: dict[str, bytes] = {}
    found: dict[str, str] = {}
    for enrolled in sorted(roster, key=lambda one: one.enrolled_at_us):
        hashed = invitation_sha256(_said(enrolled).invitation or "")
        if hashed not in channel_of or not is_signed(enrolled):
            continue
        signed_at_us = _said(enrolled).sent_at_us
        if enrolled.enrolled_at_us < made_at_us and signed_at_us < made_at_us + CLOCK_US:
            owner.setdefault(hashed, enrolled.long_lived_key)
        # A vetted home renews its quarter key in the quarter itself; it is its long-lived key that came before.
        if owner.get(hashed) == enrolled.long_lived_key:
            found[enrolled.quarter_key.hex()] = channel_of[hashed]
    return found


def is_signed(enrolled: Enrolled) -> bool:
    """Whether both keys of a row of the roster signed the enrolment in it (``collector.enrolment.certified``)."""
    document = _DOCUMENT.decode(enrolled.document)
    try:
        _, certificate = certified(document)
    except Refused:
        return False
    return (document.key, certificate.quarter_key) == (enrolled.long_lived_key, enrolled.quarter_key)


def _said(enrolled: Enrolled) -> Enrolment:
    return _ENROLMENT.decode(_DOCUMENT.decode(enrolled.document).body)

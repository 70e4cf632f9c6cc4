"""Vetted homes: those that an operator invited by name, before the quarter's registration (integrity.md 5).

A registration holds the hash of every invitation by recruitment channel. A home is vetted if its long-lived key was the
first to enrol with one of them, and did so before the registration was made: an invitation passed round is worth one
home. Homes recruited later count like any other, but not for what needs vetted ones.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from analysis.registration import Registration, invitation_sha256
from analysis.source import Source
from collector.enrolment import Enrolled
from collector.quarters import unix_us
from probe.measurement.signing import Signed
from probe.plan import Enrolment

_DOCUMENT: Final = msgspec.json.Decoder(Signed)
_ENROLMENT: Final = msgspec.json.Decoder(Enrolment)


def read_vetted(source: Source, registration: Registration) -> dict[str, str]:
    """The channel of each vetted quarter key (hex) of a source; nobody where no invitation is registered."""
    return vetted(source.roster(), registration) if registration.channels else {}


def vetted(roster: Iterable[Enrolled], registration: Registration) -> dict[str, str]:
    """The channel of each vetted quarter key, of enrolments in order of time."""
    channel_of = {one: channel for channel, every in registration.channels.items() for one in every}
    made_at_us = unix_us(datetime.fromisoformat(registration.made_at))
    owner: dict[str, bytes] = {}
    found: dict[str, str] = {}
    for enrolled in roster:
        invitation = _ENROLMENT.decode(_DOCUMENT.decode(enrolled.document).body).invitation
        hashed = invitation_sha256(invitation or "")
        if hashed not in channel_of:
            continue
        if enrolled.enrolled_at_us < made_at_us:
            owner.setdefault(hashed, enrolled.long_lived_key)
        # A vetted home renews its quarter key in the quarter itself; it is its long-lived key that came before.
        if owner.get(hashed) == enrolled.long_lived_key:
            found[enrolled.quarter_key.hex()] = channel_of[hashed]
    return found

"""What a registration covers: which observations and tickets are in it, by what was fixed before the coin."""

from datetime import datetime, timedelta
from typing import Final

from analysis.observe.record import Observation
from analysis.registration import CellKey, Registration
from analysis.responders import ResponderKeys
from collector.quarters import EPOCH, unix_us
from probe.measurement.keys import quarter_of
from probe.measurement.receipt import TicketDigest

BEFORE: Final = "before_registration"


def cell_of(observation: Observation) -> CellKey:
    """The cell an observation belongs to."""
    return CellKey(
        observation.brand,
        observation.technology,
        observation.plan_class,
        observation.service,
        observation.direction,
    )


class Scope:
    """What a registration covers."""

    def __init__(self, registration: Registration) -> None:
        self.quarter = registration.quarter
        self.responders = ResponderKeys(registration.responder_keys)
        self.made_at_us = unix_us(datetime.fromisoformat(registration.made_at))
        self.variants = frozenset(one.variant for one in registration.nettests)
        self.asns = {brand: frozenset(numbers) for brand, numbers in registration.asns.items()}
        self.cells = frozenset((*registration.cells, *registration.gate_cells))
        self.nettests = frozenset((one.nettest, one.variant) for one in registration.nettests)
        self.names = {service.id: frozenset(service.names) for service in registration.services}
        self.controls = frozenset((control.stratum, control.name) for control in registration.controls)

    def covers(self, ticket: TicketDigest) -> bool:
        """Whether a ticket was opened for a judged variant, in the quarter and after the registration."""
        opened_at = EPOCH + timedelta(microseconds=ticket.opened_at_us)
        return (
            ticket.variant in self.variants
            and quarter_of(opened_at) == self.quarter
            and ticket.opened_at_us >= self.made_at_us
        )

    def why_not(self, observation: Observation) -> str | None:
        """Why a pair is outside, ``None`` if it is not. By what was fixed before the coin, never by result."""
        quarter = quarter_of(EPOCH + timedelta(microseconds=observation.opened_at_us))
        if quarter != self.quarter:
            return f"quarter {quarter}"
        if observation.opened_at_us < self.made_at_us:
            return BEFORE
        if not self.responders.knows(observation.responder, observation.responder_key):
            return f"responder key of {observation.responder}"
        if (observation.nettest, observation.variant) not in self.nettests:
            return f"nettest {observation.nettest} {observation.variant}"
        if cell_of(observation) not in self.cells:
            return f"cell {cell_of(observation).text()}"
        if observation.original_name not in self.names.get(observation.service, ()):
            return f"name {observation.original_name}"
        if not {(observation.stratum, name) for name in observation.control_candidates} <= self.controls:
            return f"control names, {observation.stratum}"
        return self._why_not_network(observation)

    def _why_not_network(self, observation: Observation) -> str | None:
        """The brand is the home's word; the responder's receipt says which network it was."""
        registered = self.asns.get(observation.brand)
        if not registered:
            return f"asn: none registered for {observation.brand}"
        if observation.asn in registered:
            return None
        if observation.asn is None and observation.discarded_by is not None:
            return None  # without a statement no network is known: it counts as discarded, not as elsewhere
        return "asn: unknown" if observation.asn is None else f"asn: AS{observation.asn}"

"""Withdrawal: a home's own word that it leaves, signed by its long-lived key (integrity.md 9). ``POST /v1/withdrawals``.

The collector drops the home's rows from the hot store before it answers, and from the archive soon after. What was
published stays: a salted hash that names nothing any more, and findings' anonymous features.
"""

import msgspec

from probe.measurement.ticket import Hash
from probe.plan import Time


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """Signed for ``withdrawal`` by the long-lived key. ``operator_key`` says whom it leaves: no other may act on it."""

    operator_key: Hash
    sent_at_us: Time

"""Answers: what a collector says to one document, over any door.

``accepted`` is said only after the document is durable; ``duplicate`` means that the very same bytes already
are, and is fine; ``rejected`` bears a code from the collector's closed list and a message in both languages.
"""

from typing import Literal

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fate of one document. ``id`` is the hex SHA-256 of its signed bytes, where they could be read.

    ``retry`` says that the same bytes may be accepted later (the collector is full, slow or limits the key).
    """

    status: Literal["accepted", "duplicate", "rejected"]
    id: str | None = None
    code: str | None = None
    message_fr: str | None = None
    message_en: str | None = None
    retry: bool = False

    def settled(self) -> bool:
        """Whether the probe may delete its copy: the collector holds the document for good."""
        return self.status in ("accepted", "duplicate")

"""Every text of the collector that a person sees: one id, French and English."""

import os
from collections.abc import Mapping
from typing import Final, Literal

from collector.archive_messages import ARCHIVE
from collector.commands_messages import COMMANDS
from collector.homes.messages import HOMES
from collector.mqtt.messages import MQTT_MESSAGES
from collector.operations_messages import OPERATIONS
from collector.pages_messages import PAGES_MESSAGES
from collector.rejected_messages import REJECTED
from collector.settings_messages import SETTINGS
from collector.timeseries.messages import TIMESERIES

Language = Literal["fr", "en"]

MESSAGES: Final[Mapping[str, Mapping[Language, str]]] = {
    **{f"rejected.{code}": texts for code, texts in REJECTED.items()},
    **SETTINGS,
    **COMMANDS,
    **ARCHIVE,
    **HOMES,
    **MQTT_MESSAGES,
    **PAGES_MESSAGES,
    **TIMESERIES,
    **OPERATIONS,
}


def say(message_id: str, language: Language, **values: object) -> str:
    """The text of ``message_id`` in ``language`` with its ``values``; raises ``KeyError`` for an unknown id."""
    return MESSAGES[message_id][language].format(**values)


def language_of(environment: Mapping[str, str] = os.environ) -> Language:
    """French where the environment speaks French (LC_ALL, LC_MESSAGES, LANG), English else."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name)
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


class Trouble(Exception):
    """A mistake or a fault that a person must see: an id of ``MESSAGES`` and its values."""

    def __init__(self, message_id: str, **values: object) -> None:
        super().__init__(say(message_id, "en", **values))
        self.message_id = message_id
        self.values = values

    def text(self, language: Language) -> str:
        """What went wrong, where, and what to do."""
        return say(self.message_id, language, **self.values)

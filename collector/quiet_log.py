"""The log: to standard error, without addresses. Whatever a library writes, the last step scrubs it."""

import json
import logging
import re
import sys
import time
from collections.abc import Mapping
from typing import Final, TextIO

from collector.messages import Trouble

_IPV4: Final = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)")
_IPV6: Final = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%\w+)?")
_COLONS_OF_AN_ADDRESS: Final = 5  # a time of day has two; an address without "::" has seven
SCRUBBED: Final = "<address>"


def scrub(text: str) -> str:
    """``text`` with every IPv4 and IPv6 address replaced.

    >>> scrub("peer ('192.0.2.7', 5000) and [2001:db8::7]:443")
    "peer ('<address>', 5000) and [<address>]:443"
    """
    return _IPV4.sub(SCRUBBED, _IPV6.sub(_scrubbed, text))


def _scrubbed(match: re.Match[str]) -> str:
    """A run of hex digits and colons, or what stands for it: when in doubt it is an address."""
    run = match[0]
    return SCRUBBED if "::" in run or run.count(":") >= _COLONS_OF_AN_ADDRESS else run


class QuietFormatter(logging.Formatter):
    """Time (UTC, ISO 8601 without colons, so that no time looks like an address), level, name, scrubbed text."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H%M%SZ")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """The whole entry, tracebacks included, scrubbed."""
        return scrub(super().format(record))


class JsonFormatter(QuietFormatter):
    """One JSON object a line: ``at`` (as ``QuietFormatter`` writes it), ``level``, ``logger``, ``text``, and ``traceback`` if any."""

    def format(self, record: logging.LogRecord) -> str:
        """The whole entry, scrubbed before it is encoded."""
        entry = {
            "at": self.formatTime(record, self.datefmt),
            "level": record.levelname,
            "logger": record.name,
            "text": scrub(record.getMessage()),
        }
        if record.exc_info:
            entry["traceback"] = scrub(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def as_asked(environ: Mapping[str, str]) -> bool:
    """Whether ``ISONOMIA_LOG`` asks for JSON; raises ``Trouble`` for another word than "json" and "text"."""
    asked = environ.get("ISONOMIA_LOG", "text")
    if asked not in ("json", "text"):
        raise Trouble("cli.bad_log", detail=asked)
    return asked == "json"


def configure(stream: TextIO = sys.stderr, *, as_json: bool = False) -> None:
    """Send all logs of this process to ``stream`` through ``QuietFormatter``, or as JSON."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if as_json else QuietFormatter())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)
    logging.getLogger("isonomia").setLevel(logging.INFO)

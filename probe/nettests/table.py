"""The nettests there are, in one literal dict, and how one is loaded when it is first needed."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from probe.nettests.base import Net

NETTESTS: Final[dict[str, str]] = {
    "capacity": "probe.nettests.capacity",
    "dns": "probe.nettests.dns",
    "fetch": "probe.nettests.fetch",
    "latency": "probe.nettests.latency",
    "reachability": "probe.nettests.reachability",
    "replay_http": "probe.nettests.replay_http",
    "replay_quic": "probe.nettests.replay_quic",
    "replay_tls": "probe.nettests.replay_tls",
}
"""Name in the plan: the module that has ``NAME``, ``VERSION`` and ``run``."""


@dataclass(frozen=True)
class Nettest:
    """A nettest ready to run: ``run(net, params)`` blocks, returns its result or raises ``CannotRun``."""

    name: str
    version: str
    run: Callable[[Net, Any], Any]


def load(name: str) -> Nettest:
    """The nettest of that name; raises ``KeyError`` for one that this version does not have."""
    module = import_module(NETTESTS[name])
    return Nettest(module.NAME, module.VERSION, module.run)

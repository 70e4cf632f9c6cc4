"""``list`` and ``doctor``: wiring, and nothing else."""

import importlib.util
from argparse import Namespace
from dataclasses import asdict

from probe.emitter import Emitter
from probe.errands.doctor import examine
from probe.errands.facts import MODULES, NETTESTS
from probe.messages import text
from probe.nettests.base import Net
from probe.nettests.table import load as load_nettest
from probe.state import Home
from probe.trouble import EXIT_NOTHING, EXIT_OK


def list_command(home: Home, args: Namespace, emitter: Emitter) -> int:  # noqa: ARG001 - one shape for all commands
    """``isonomia-probe list``."""
    for name, facts in NETTESTS.items():
        missing = (
            facts.extra if facts.extra and importlib.util.find_spec(MODULES[facts.extra]) is None else None
        )
        emitter.emit(
            "nettest",
            name=name,
            version=load_nettest(name).version,
            does=text(f"nettest.{name}", emitter.language),
            missing=missing,
            **asdict(facts),
        )
    return EXIT_OK


def doctor_command(home: Home, args: Namespace, emitter: Emitter) -> int:  # noqa: ARG001 - one shape for all commands
    """``isonomia-probe doctor``: exit 0 if something can be measured, 1 if nothing can."""
    checks = examine(home, Net().unix_us())
    for check in checks:
        emitter.emit("doctor", id=check.id, state=check.state, limits=check.limits, facts=check.facts)
    stopped = {name for check in checks if check.state == "no" for name in check.limits}
    return EXIT_OK if set(NETTESTS) - stopped else EXIT_NOTHING

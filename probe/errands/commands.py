"""``list``, ``once`` and ``doctor``: wiring, and nothing else."""

import asyncio
import importlib.util
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Final

from probe import commands, standing
from probe.budget import on_the_line, pair_estimate_bytes
from probe.cap import ledger_of
from probe.capacity import LARGEST_BYTES, CapacityStore
from probe.catalogue.endpoints import endpoints
from probe.consent import visit_bytes
from probe.door import open_door
from probe.emitter import Emitter
from probe.errands.doctor import examine
from probe.errands.endpoints import EndpointFile, endpoints_of, load
from probe.errands.facts import ERRANDS, MODULES, NETTESTS, PAIRS
from probe.errands.idle_rtt import IdleRtt
from probe.errands.params import Bench
from probe.errands.quiet import Quiet
from probe.errands.runner import Errand, Errands
from probe.errands.visit import Allowance
from probe.messages import text
from probe.nettests.base import Net
from probe.nettests.table import load as load_nettest
from probe.orders import Wishes, chosen_services, enabled_nettests
from probe.runner import CAPACITY_MS
from probe.spool import Spool
from probe.standing import Standing
from probe.state import Home
from probe.trouble import EXIT_NOTHING, EXIT_OK, UsageTrouble
from probe.upload import Uploader
from probe.visit import deadline_s

PAIR_MS: Final = 4000


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


def once_command(home: Home, args: Namespace, emitter: Emitter) -> int:
    """``isonomia-probe once``."""
    wanted = _wanted(args)
    given = EndpointFile() if args.endpoints is None else load(Path(args.endpoints))
    membership = home.membership()
    net = commands.vetted(membership.lab)
    with home.lock():
        return asyncio.run(_once(home, args, wanted, given, emitter, net))


def _wanted(args: Namespace) -> tuple[str, ...]:
    known = ", ".join(ERRANDS)
    for name in args.nettest:
        if name not in ERRANDS:
            raise UsageTrouble("nettest_unknown", nettest=name, known=known)
    if not args.nettest and not args.all:
        raise UsageTrouble("nothing_chosen", known=known)
    return ERRANDS if args.all else tuple(dict.fromkeys(args.nettest))


async def _once(
    home: Home, args: Namespace, wanted: tuple[str, ...], given: EndpointFile, emitter: Emitter, net: Net
) -> int:
    membership = home.membership()
    wishes = Wishes(services=tuple(args.service or ()), pairs=1)
    spool = Spool(home.spool)
    spool.open()
    async with open_door(membership.collector, membership.operator_key) as door:
        held = await standing.renew(home, door, emitter, net.unix_us())
        services = chosen_services(held, wishes)
        ids = {service.id for service in services}
        uploader = Uploader(spool, door, emitter, net.rng)
        errands = _errands(home, args, held, given, spool, uploader, emitter, net)
        todo = [
            Errand(name, endpoint)
            for name in wanted
            for endpoint in endpoints_of(
                held.agreed,
                (*endpoints(held.endpoints_catalogue), *given.endpoint),
                held.risks,
                held.countries,
            )
            if endpoint.id in ids and (not args.all or _planned(held, name))
        ]
        pairs = 1 if args.all and any(_planned(held, name) for name in PAIRS) else 0
        _say_cost(home, held, errands, todo, pairs, emitter, net)
        if args.cost:
            return EXIT_OK
        runner = commands.make_runner(home, held, wishes, spool, uploader, emitter, net, door)
        errands.stopping, errands.abandon = runner.stopping, runner.abandon
        with commands.signals(runner):
            background = asyncio.create_task(uploader.run())
            try:
                if pairs:
                    runner.quiet = errands.quiet
                    runner.wishes = Wishes(services=(net.rng.choice(services).id,), pairs=1)
                    await runner.measure()
                    errands.allowance = runner.left or errands.allowance
                tally = await errands.run(todo)
            finally:
                background.cancel()
                await asyncio.gather(background, return_exceptions=True)
            await uploader.drain(args.patience_s, runner.abandon)
    emitter.emit("errands_summary", results=tally.results, skipped=tally.skipped, bytes=tally.bytes)
    return EXIT_OK if tally.results or runner.done.pairs else EXIT_NOTHING


def _planned(held: Standing, name: str) -> bool:
    return any(n.nettest == name and n.enabled for n in held.plan.nettests)


def _errands(
    home: Home,
    args: Namespace,
    held: Standing,
    given: EndpointFile,
    spool: Spool,
    uploader: Uploader,
    emitter: Emitter,
    net: Net,
) -> Errands:
    bench = Bench(
        held,
        net.rng,
        CapacityStore(home.capacity).bit_s(),
        laboratory=given.laboratory,
        address_family=args.family,
        load=args.load,
    )
    quiet = None if args.busy else Quiet(net, IdleRtt(home.rtt))
    return Errands(held, ledger_of(home, held.plan), spool, uploader, emitter, net, bench, quiet, Allowance())


def _say_cost(
    home: Home,
    held: Standing,
    errands: Errands,
    todo: list[Errand],
    pairs: int,
    emitter: Emitter,
    net: Net,
) -> None:
    """Before anything is sent: what the visit may spend at most, and what is left of the month."""
    cost = errands.cost(todo)
    ledger = ledger_of(home, held.plan)
    pair_bytes = max(visit_bytes(held.agreed), pair_estimate_bytes(0, PAIR_MS)) if pairs else 0
    pair_s = deadline_s(PAIR_MS, 2000) if pairs else 0.0
    due = _capacities_due(home, held, net) if pairs else 0
    capacity_bytes, capacity_s = due * on_the_line(LARGEST_BYTES), due * deadline_s(CAPACITY_MS, 0)
    emitter.emit(
        "cost",
        errands=len(todo),
        pairs=pairs,
        cost_bytes=cost.bytes + pair_bytes + capacity_bytes,
        cost_s=round(cost.seconds + pair_s + capacity_s),
        month_bytes=ledger.spent_bytes(net.unix_us()),
        cap_bytes=ledger.cap_bytes,
    )


def _capacities_due(home: Home, held: Standing, net: Net) -> int:
    """In how many directions a pair is preceded by a new estimate of the line's capacity."""
    if any(n.nettest == "capacity" and not n.enabled for n in held.plan.nettests):
        return 0
    store, now_us = CapacityStore(home.capacity), net.unix_us()
    return sum(store.is_due(now_us, direction) for direction in enabled_nettests(held.agreed, Wishes()))

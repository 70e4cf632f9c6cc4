"""``once``: one visit now. What was asked for, its cost before anything is sent, then capacity, pairs and light nettests.

Whatever ``list`` shows can be named. A light nettest is asked in each address family of the line (or the one of
``--family``), a pair in one, drawn as always; every connection goes to a literal address of its family.
"""

import asyncio
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from probe import commands, standing
from probe.cap import ledger_of
from probe.capacity import CapacityStore
from probe.catalogue.endpoints import endpoints
from probe.door import open_door
from probe.emitter import Emitter
from probe.errands.endpoints import EndpointFile, endpoints_of, load
from probe.errands.facts import ERRANDS, NETTESTS, PAIRS
from probe.errands.idle_rtt import IdleRtt
from probe.errands.params import Bench
from probe.errands.price import Visit, say_cost
from probe.errands.quiet import Quiet
from probe.errands.runner import Errand, Errands
from probe.errands.visit import Allowance, Tally
from probe.families import routed, served
from probe.measurement.ticket import AddressFamily
from probe.nettests import latency
from probe.nettests.base import Net
from probe.orders import Wishes, chosen_services, enabled_nettests
from probe.plan import Service
from probe.runner import Runner
from probe.spool import Spool
from probe.standing import Standing
from probe.state import Home
from probe.trouble import EXIT_NOTHING, EXIT_OK, NothingMeasured, Trouble, UsageTrouble
from probe.upload import Uploader

CAPACITY: Final = "capacity"


@dataclass(frozen=True)
class Asked:
    """What was typed. ``pairs``: a nettest each, ``None`` for whichever the plan draws; ``whole``: of the light ones what is planned."""

    capacity: bool
    pairs: tuple[str | None, ...]
    errands: tuple[str, ...]
    whole: bool

    @property
    def meets_responders(self) -> bool:
        """Whether anything of it goes to the operator's responders."""
        return bool(self.capacity or self.pairs or latency.NAME in self.errands)


def once_command(home: Home, args: Namespace, emitter: Emitter) -> int:
    """``isonomia-probe once``."""
    asked = asked_for(args)
    given = EndpointFile() if args.endpoints is None else load(Path(args.endpoints))
    membership = home.membership()
    net = commands.vetted(home, membership.lab)
    with home.lock():
        return asyncio.run(_once(home, args, asked, given, emitter, net))


def asked_for(args: Namespace) -> Asked:
    """What the command line asks for; raises ``UsageTrouble`` for a name that ``list`` does not show, or none."""
    known = ", ".join(NETTESTS)
    for name in args.nettest:
        if name not in NETTESTS:
            raise UsageTrouble("nettest_unknown", nettest=name, known=known)
    if not args.nettest and not args.all:
        raise UsageTrouble("nothing_chosen", known=known)
    names = tuple(dict.fromkeys(args.nettest))
    pairs: tuple[str | None, ...] = tuple(name for name in names if name in PAIRS)
    return Asked(
        capacity=CAPACITY in names,
        pairs=pairs or ((None,) if args.all else ()),
        errands=ERRANDS if args.all else tuple(name for name in names if name in ERRANDS),
        whole=args.all,
    )


async def _once(
    home: Home, args: Namespace, asked: Asked, given: EndpointFile, emitter: Emitter, net: Net
) -> int:
    membership = home.membership()
    spool = Spool(home.spool)
    spool.open()
    async with open_door(membership.collector, membership.operator_key) as door:
        held = await standing.renew(home, door, emitter, net.unix_us())
        door.send_together(held.identity.quarter_key, spool.rolls)
        services = chosen_services(held, Wishes(services=tuple(args.service or ())))
        uploader = Uploader(spool, door, emitter, net.rng)
        errands = _errands(home, args, held, given, spool, uploader, emitter, net)
        todo = _todo(held, asked, given, services, _families(held, asked, args.family))
        wishes = _wishes(held, asked, services, args.family, net)
        say_cost(home, held, errands, Visit(tuple(todo), tuple(wishes), asked.capacity), emitter, net)
        if args.cost:
            return EXIT_OK
        first = wishes[0] if wishes else Wishes(address_family=args.family)
        runner = commands.make_runner(home, held, first, spool, uploader, emitter, net, door)
        runner.quiet = errands.quiet
        errands.stopping, errands.abandon = runner.stopping, runner.abandon
        with commands.signals(runner):
            background = asyncio.create_task(uploader.run())
            try:
                measured, tally, trouble = await _measure(runner, errands, asked, wishes, todo)
            finally:
                background.cancel()
                await asyncio.gather(background, return_exceptions=True)
            await uploader.drain(args.patience_s, runner.abandon)
    emitter.emit(
        "errands_summary",
        results=tally.results,
        skipped=tally.skipped + runner.done.skipped,
        bytes=tally.bytes,
        pairs=runner.done.pairs,
        capacities=measured,
        spent_bytes=tally.bytes + runner.done.bytes,
    )
    if trouble is not None:
        raise trouble
    return EXIT_OK if tally.results or runner.done.pairs or measured else EXIT_NOTHING


async def _measure(
    runner: Runner, errands: Errands, asked: Asked, wishes: list[Wishes], todo: list[Errand]
) -> tuple[int, Tally, Trouble | None]:
    """Capacity, then each pair, then the light ones in what the last pair left; (capacities, tally, what stopped a pair early)."""
    measured = await runner.measure_capacity() if asked.capacity else 0
    trouble: Trouble | None = None
    for wish in wishes:
        if trouble is not None or runner.stopping.is_set():
            break
        runner.wishes = wish
        trouble = await runner.measure()
        errands.allowance = runner.left or errands.allowance
    return measured, await errands.run(todo), trouble


def _families(held: Standing, asked: Asked, wanted: AddressFamily | None) -> tuple[AddressFamily, ...]:
    """Those of the light nettests; raises ``NothingMeasured`` for a wanted one that the line, or the operator, does not have."""
    ways = routed()
    if wanted is None:
        return ways or ("ipv4",)
    if ways and wanted not in ways:
        raise NothingMeasured("family_no_route", family=wanted.replace("ip", "IP"))
    if asked.meets_responders and not any(wanted in served(one) for one in held.responders()):
        raise NothingMeasured(
            "family_not_served", family=wanted.replace("ip", "IP"), operator=held.plan.operator
        )
    return (wanted,)


def _todo(
    held: Standing,
    asked: Asked,
    given: EndpointFile,
    services: tuple[Service, ...],
    families: tuple[AddressFamily, ...],
) -> list[Errand]:
    """The light nettests of each service: in each family, and those that meet a responder in those that one has."""
    ids = {service.id for service in services}
    known = (*endpoints(held.endpoints_catalogue), *given.endpoint)
    found = [e for e in endpoints_of(held.agreed, known, held.risks, held.countries) if e.id in ids]
    todo = []
    for name in asked.errands:
        if asked.whole and not _planned(held, name):
            continue
        ways = families
        if NETTESTS[name].meets == "responder":
            ways = tuple(f for f in families if any(f in served(one) for one in held.responders()))
        todo += [Errand(name, endpoint, family) for endpoint in found for family in ways or families[:1]]
    return todo


def _wishes(
    held: Standing, asked: Asked, services: tuple[Service, ...], family: AddressFamily | None, net: Net
) -> list[Wishes]:
    """A pair each, of services drawn among the chosen, each once before any twice. Raises ``NothingMeasured`` for what is not planned."""
    if not services or (asked.pairs == (None,) and not any(_planned(held, name) for name in PAIRS)):
        return []
    drawn = net.rng.sample(services, len(services))
    wishes = [
        Wishes(services=(drawn[n % len(drawn)].id,), pairs=1, nettest=name, address_family=family)
        for n, name in enumerate(asked.pairs)
    ]
    for wish in wishes:
        enabled_nettests(held.agreed, wish)
    return wishes


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
        held, net.rng, CapacityStore(home.capacity).bit_s(), laboratory=given.laboratory, load=args.load
    )
    quiet = None if args.busy else Quiet(net, IdleRtt(home.rtt))
    return Errands(held, ledger_of(home, held.plan), spool, uploader, emitter, net, bench, quiet, Allowance())

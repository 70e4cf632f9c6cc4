"""What the commands do once the command line is read: wiring, and nothing else (style.md 4)."""

import asyncio
import signal
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from probe import durable, identity, join, standing
from probe.agreed import narrowed
from probe.agreed import waiting as waiting_of
from probe.budget import Book
from probe.cap import cap_bytes, ledger_of
from probe.capacity import CapacityStore
from probe.catalogue.risk import Withheld, countries_of, permitted, shipped_book, withheld
from probe.consent import agree_to_caution, explain, obtain, visit_bytes, warn
from probe.door import Door, open_door
from probe.emitter import Emitter
from probe.errands.agent import GoingAlong
from probe.errands.endpoints import EndpointFile
from probe.errands.endpoints import load as load_endpoints
from probe.errands.idle_rtt import IdleRtt
from probe.errands.quiet import Quiet
from probe.errands.visit import Tally
from probe.gate import Gate
from probe.identity import moment_of
from probe.measurement.envelope import Line
from probe.memory import keep_one_arena
from probe.nettests.base import Net
from probe.nettests.table import load
from probe.orders import Wishes, chosen_services
from probe.plan import Plan
from probe.plan_store import PlanStore, key_hash
from probe.runner import Done, Runner
from probe.schedule.memory import ServiceMemory
from probe.sent import last
from probe.spool import Spool
from probe.standing import Standing
from probe.state import Consent, Home, Membership, read_state
from probe.status_page import page
from probe.transport import By, chosen
from probe.trouble import EXIT_NOTHING, EXIT_OK, NothingMeasured, SetUpTrouble, Trouble
from probe.upload import Uploader


def vetted(home: Home, lab: bool) -> Net:
    """The network through the gate: nothing that measures connects in any other way. What responders vouch for stays with the spool."""
    return Net(gate=Gate(lab=lab), rolls=Spool(home.spool).rolls)


def join_command(home: Home, args: Namespace, emitter: Emitter) -> int:
    """``isonomia-probe join``."""
    target = join.parse_target(args.target)
    net = vetted(home, args.lab)
    line = Line(brand=args.brand, technology=args.technology, plan_class=args.plan_class, region=args.region)
    join.check_folder(home, target)
    if not target.encrypted:
        emitter.emit("not_encrypted", url=target.url)
    if args.lab:
        emitter.emit("lab")
    seen = asyncio.run(_preview(target, args.lab))
    place = join.place_of(home, args.country)
    found = withheld(seen.plan, shipped_book().with_operator(seen.plan.risks), place.countries, {})
    warning = warn(seen.plan, found, emitter.language)
    month = cap_bytes(home, seen.plan)
    shown = explain(seen.plan, target.url, home.folder, emitter.language, month)
    shown = f"{shown}\n\n{warning}" if warning else shown
    emitter.emit("consent", text=shown, visit_bytes=visit_bytes(seen.plan), month_bytes=month)
    consent = obtain(shown, emitter.language, args.yes, net.unix_us(), sys.stdin)
    if consent is None:
        raise NothingMeasured("consent_refused")
    place = _with_cautions(place, found, args.yes, emitter.language)
    with home.lock():
        asyncio.run(_join(home, target, seen, consent, line, args.invitation, args.lab, emitter, net, place))
    return EXIT_OK


def _with_cautions(place: join.Place, found: Sequence[Withheld], yes: bool, language: str) -> join.Place:
    """The place with the volunteer's yes, if there is one, to each warning, for each country that it is in."""
    asked = [item.service for item in found if item.risk == "caution"]
    if not asked or not agree_to_caution(language, yes, sys.stdin):
        return place
    return replace(place, cautions=dict.fromkeys(asked, place.countries))


async def _preview(target: join.Target, lab: bool) -> join.Preview:
    async with open_door(target.url, None) as door:
        return await join.preview(door, target, lab)


async def _join(
    home: Home,
    target: join.Target,
    seen: join.Preview,
    consent: Consent,
    line: Line,
    invitation: str | None,
    lab: bool,
    emitter: Emitter,
    net: Net,
    place: join.Place,
) -> None:
    spool = _spool(home, emitter)
    async with open_door(target.url, seen.operator_key) as door:
        held = await join.join(home, door, target, seen, consent, line, invitation, lab, net.unix_us(), place)
        emitter.emit(
            "joined",
            operator=held.plan.operator,
            collector=target.url,
            probe=held.identity.short,
            key_hash=target.key_hash,
            plan_serial=held.plan.serial,
            folder=str(home.folder),
        )
        runner = make_runner(
            home, held, Wishes(), spool, Uploader(spool, door, emitter, net.rng), emitter, net, door
        )
        if lab:  # whose lines are busy on purpose
            runner.quiet = None
        with signals(runner):
            await runner.ensure_capacity()


def run_command(home: Home, args: Namespace, emitter: Emitter) -> int:
    """``isonomia-probe run``."""
    keep_one_arena()
    membership = home.membership()
    wishes = Wishes(
        services=tuple(args.service or ()),
        pairs=args.pairs,
        variant=args.variant,
        direction=args.direction,
        between_pairs_s=args.between_pairs_s,
        gap_ms=args.gap_ms,
    )
    given = EndpointFile() if args.endpoints is None else load_endpoints(Path(args.endpoints))
    net = vetted(home, membership.lab)
    with home.lock():
        return asyncio.run(_run(home, membership, wishes, given, args, emitter, net))


async def _run(
    home: Home,
    membership: Membership,
    wishes: Wishes,
    given: EndpointFile,
    args: Namespace,
    emitter: Emitter,
    net: Net,
) -> int:
    spool = _spool(home, emitter)
    async with AsyncExitStack() as doors:
        door = await doors.enter_async_context(open_door(membership.collector, membership.operator_key))
        held = await standing.renew(home, door, emitter, net.unix_us())
        door.send_together(held.identity.quarter_key, spool.rolls)
        by = chosen(args.by, door, held.identity.quarter_key, held.membership.operator_key)
        uploader = Uploader(spool, await doors.enter_async_context(by), emitter, net.rng)
        # Where a variant or a direction is asked for, pairs are wanted, and nothing else.
        asked = wishes.variant is not None or wishes.direction is not None
        along = None if asked else given
        runner = make_runner(home, held, wishes, spool, uploader, emitter, net, door, along=along)
        services = chosen_services(held, wishes)
        emitter.emit(
            "started",
            folder=str(home.folder),
            probe=held.identity.short,
            operator=held.plan.operator,
            services=[service.id for service in services],
            pairs=wishes.pairs,
            variant=wishes.variant,
        )
        if wishes.overrides():
            emitter.emit("overrides", **{"between_pairs_s": None, "gap_ms": None, **wishes.overrides()})
        with signals(runner):
            trouble = await _measure_and_upload(runner, uploader, args.patience_s)
        say_light(emitter, runner.done.light)
        _summary(emitter, home, spool, uploader, runner.done, wishes, net.unix_us())
    if trouble is not None:
        raise trouble
    return EXIT_OK if runner.done.pairs else EXIT_NOTHING


async def _measure_and_upload(runner: Runner, uploader: Uploader, patience_s: float) -> Trouble | None:
    """Measure with uploads in the background, then send the rest; what stopped the run early, if anything."""
    background = asyncio.create_task(uploader.run())
    uploader.notify()
    try:
        return await runner.measure()
    finally:
        background.cancel()
        outcome = (await asyncio.gather(background, return_exceptions=True))[0]
        if isinstance(outcome, OSError):
            runner.emitter.emit("upload_trouble", id=None, kind="spool", detail=str(outcome))
        elif isinstance(outcome, Exception):
            raise outcome
        await uploader.drain(patience_s, runner.abandon)


def upload_command(home: Home, args: Namespace, emitter: Emitter) -> int:
    """``isonomia-probe upload``."""
    membership = home.membership()
    with home.lock():
        return asyncio.run(_upload(home, membership, args.patience_s, args.by, emitter, Net()))


async def _upload(
    home: Home, membership: Membership, patience_s: float, by: By, emitter: Emitter, net: Net
) -> int:
    spool = _spool(home, emitter)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    who = identity.load(home, membership.enrolled_quarter or identity.current_quarter(net.unix_us()))
    async with (
        open_door(membership.collector, membership.operator_key) as http,
        chosen(by, http, who.quarter_key, membership.operator_key) as door,
    ):
        http.send_together(who.quarter_key, spool.rolls)
        uploader = Uploader(spool, door, emitter, net.rng)
        empty = await uploader.drain(patience_s, ended)
    _summary(emitter, home, spool, uploader, Done(), Wishes(), net.unix_us())
    return EXIT_OK if empty else EXIT_NOTHING


def status_command(home: Home, args: Namespace, emitter: Emitter) -> int:
    """``isonomia-probe status``, as an event and, if asked for, as a page."""
    now_us = Net().unix_us()
    facts = _status(home, now_us)
    emitter.emit("status", **facts)
    if args.html is not None:
        _status_page(home, args.html, facts, emitter, now_us)
    return EXIT_OK


def _status_page(home: Home, path: Path, facts: dict[str, Any], emitter: Emitter, now_us: int) -> None:
    """Write the page, readable by its owner alone; raises ``SetUpTrouble`` where the disk does not take it."""
    book = read_state(home.ledger, Book) if home.ledger.exists() else Book()
    services = read_state(home.schedule, dict[str, ServiceMemory]) if home.schedule.exists() else {}
    made = page(facts, book, services, last(Spool(home.spool).sent_list), emitter.language, now_us)
    try:
        durable.write(path.absolute(), made.encode())
    except OSError as error:
        raise SetUpTrouble("folder_unwritable", folder=path, reason=error.strerror) from error
    emitter.emit("status_page", path=str(path))


def _status(home: Home, now_us: int) -> dict[str, Any]:
    """All there is to know: the facts of the event ``status``."""
    membership = home.membership()
    who = identity.load(home, membership.enrolled_quarter or identity.current_quarter(now_us))
    plan = PlanStore(home.plan, membership.operator_key, second=membership.second_key).load()
    spool = Spool(home.spool)
    waiting = spool.waiting()
    rejected = spool.rejected()
    asked = waiting_of(plan, membership.agreed)
    return dict(
        folder=str(home.folder),
        probe=who.short,
        probe_key=who.public.hex(),
        operator=plan.operator,
        collector=membership.collector,
        key_hash=key_hash(membership.operator_key),
        plan_serial=plan.serial,
        plan_expires_at=moment_of(plan.expires_at_us),
        plan_expired=plan.expires_at_us <= now_us,
        services=_measured(home, plan, membership, now_us),
        country=membership.country,
        country_seen=membership.country_seen,
        not_agreed=[*asked.services, *asked.names],
        lab=membership.lab,
        capacity_bit_s=CapacityStore(home.capacity).bit_s(),
        waiting=waiting.documents,
        waiting_bytes=waiting.bytes,
        rejected=[
            {
                "id": reason.id,
                "code": reason.code,
                "message_fr": reason.message_fr,
                "message_en": reason.message_en,
                "rejected_at": moment_of(reason.rejected_at_us),
            }
            for reason in rejected
        ],
        **_month(home, now_us),
    )


def _measured(home: Home, plan: Plan, membership: Membership, now_us: int) -> list[str]:
    """The ids of the services that are measured: agreed to, and not too risky here."""
    offered = narrowed(plan, membership.agreed)
    countries = countries_of(membership.country, membership.country_seen)
    catalogue = standing.held_catalogue(home, membership, plan, now_us)
    book = shipped_book().with_operator(plan.risks, catalogue)
    barred = withheld(offered, book, countries, membership.agreed.cautions)
    return [service.id for service in permitted(offered, book, countries, barred).services]


def _spool(home: Home, emitter: Emitter) -> Spool:
    spool = Spool(home.spool)
    try:
        removed = spool.open()
    except OSError as error:
        raise SetUpTrouble("folder_unwritable", folder=home.spool, reason=error.strerror) from error
    if removed:
        emitter.emit("recovered", files=removed)
    return spool


def make_runner(
    home: Home,
    held: Standing,
    wishes: Wishes,
    spool: Spool,
    uploader: Uploader,
    emitter: Emitter,
    net: Net,
    door: Door,
    *,
    along: EndpointFile | None = None,
) -> Runner:
    """A runner for what is held and wished. Pairs wait for a quiet line; ``along``: light nettests go with them."""

    async def renew() -> Standing:
        return await standing.renew(home, door, emitter, net.unix_us())

    runner = Runner(home, held, wishes, spool, uploader, emitter, net, load, renew)
    # Timings given on the command line are a laboratory's, whose lines are busy on purpose.
    runner.quiet = None if wishes.overrides() else Quiet(net, IdleRtt(home.rtt))
    if along is not None:
        going = GoingAlong(home, spool, uploader, emitter, net, runner.quiet, along)
        going.abandon, going.stopping = runner.abandon, runner.stopping
        runner.light = going.run
    return runner


@contextmanager
def signals(runner: Runner) -> Iterator[None]:
    """SIGINT and SIGTERM stop the runner kindly; a second one gives the running pair up."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, runner.stop, number.name)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _summary(
    emitter: Emitter, home: Home, spool: Spool, uploader: Uploader, done: Done, wishes: Wishes, now_us: int
) -> None:
    emitter.emit(
        "summary",
        pairs=done.pairs,
        skipped=done.skipped,
        bytes=done.bytes,
        **_uploads(spool, uploader),
        **_month(home, now_us),
        overrides=wishes.overrides(),
    )


def say_light(emitter: Emitter, tally: Tally) -> None:
    """What the light nettests of a run or a visit came to, if there were any."""
    if tally != Tally():
        emitter.emit("errands_summary", results=tally.results, skipped=tally.skipped, bytes=tally.bytes)


def _uploads(spool: Spool, uploader: Uploader) -> dict[str, Any]:
    rejected: Counter[str] = uploader.tally.rejected
    return {
        "accepted": uploader.tally.accepted,
        "duplicate": uploader.tally.duplicate,
        "waiting": spool.waiting().documents,
        "rejected": dict(rejected),
    }


def _month(home: Home, now_us: int) -> dict[str, int]:
    """This month's bytes and the cap that holds by the stored plan."""
    membership = home.membership()
    plan = PlanStore(home.plan, membership.operator_key, second=membership.second_key).load()
    ledger = ledger_of(home, plan)
    return {"month_bytes": ledger.spent_bytes(now_us), "cap_bytes": ledger.cap_bytes}

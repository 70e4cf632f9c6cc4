"""``isonomia-analysis publish``: judge, then write both surfaces. Run again, it overwrites what it wrote."""

import argparse
import asyncio
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from analysis import registration, state_ledger
from analysis.judge import judge
from analysis.messages import Trouble, say
from analysis.public.command import recorded, replies
from analysis.publish import practices
from analysis.publish.beside import read_beside
from analysis.publish.surfaces import More, Surfaces, cell_tags, forgotten, surfaces
from analysis.registration import CellKey
from analysis.words import Language
from collector.quarters import unix_us
from collector.reader import read_plans
from collector.timeseries.lines import Point
from collector.timeseries.opening import Address, open_server
from collector.timeseries.policy import INSIDE, PUBLIC, Bucket
from collector.timeseries.servers import Busy, Missing, Refused, Server
from collector.timeseries.writer import Writer

BATCH_LINES: Final = 4000
MOST_WAITS: Final = 10
"""A command that somebody waits for, or that runs again within the hour, gives up where a feed goes on."""
WITH_CELLS: Final = ("cell_hour", "cell_day", "cell_clock", "cell_weekday")


@dataclass(frozen=True)
class Written:
    """What a run wrote."""

    inside: int
    public: int
    dropped: int
    rejected: int
    forgotten: int = 0
    """Published findings of the ledger of which no record was given."""


def run(options: argparse.Namespace, now: datetime, *, as_of: bool) -> Written:
    """Judge the store as of ``now`` and write; raises ``Trouble``."""
    registered, digest, parameters = registration.load(options.registration)
    declared = practices.read(options.practices)
    judgement = judge(
        options.store,
        registered,
        digest,
        parameters,
        now=now,
        keep_going=options.keep_going,
    )
    changes = () if options.ledger is None else state_ledger.read(Path(options.ledger))[0]
    records = recorded(options.findings, changes)
    made = surfaces(
        judgement,
        registered,
        read_plans(options.store),
        changes,
        unix_us(now.astimezone(UTC)) * 1000,
        records,
        replies(options.replies),
        More(read_beside(options.store, unix_us(now) if as_of else None), declared, options.pages),
    )
    written = asyncio.run(write(made, Address(options.server, options.kind)))
    return replace(written, forgotten=len(forgotten(records, judgement.findings, changes)))


async def write(made: Surfaces, address: Address) -> Written:
    """Both buckets, the public one rid first of what is public no more; raises ``Trouble``."""
    try:
        async with open_server(address, os.environ) as server:
            waits = iter(range(MOST_WAITS))

            async def sleep(seconds: float) -> bool:
                await asyncio.sleep(seconds)
                return next(waits, None) is not None

            writer = Writer(server, random.Random(), sleep, lambda _detail, _seconds: None)
            for bucket in (INSIDE, PUBLIC):
                await server.setup(bucket)
            dropped = await _unpublish(server, made)
            await _write(writer, INSIDE, made.inside)
            await _write(writer, PUBLIC, made.public)
    except (Busy, Missing, Refused) as error:
        raise Trouble("publish.failed", exit_code=3, detail=error) from error
    return Written(len(made.inside), len(made.public), dropped, writer.rejected)


async def _write(writer: Writer, bucket: Bucket, points: Sequence[Point]) -> None:
    for start in range(0, len(points), BATCH_LINES):
        lines = [point.line() for point in points[start : start + BATCH_LINES]]
        if not await writer.write(bucket, lines):
            raise Busy("no answer")


async def _unpublish(server: Server, made: Surfaces) -> int:
    """Drop the hours of cells that are public no more: a finding was withdrawn, or is no longer what was certified."""
    if server.lossy:
        return 0
    shown, dropped = cell_tags(made.public_cells), 0
    for measurement in WITH_CELLS:
        query = f'SELECT last(pairs) FROM "{measurement}" GROUP BY *'  # noqa: S608 - a constant
        for row in await server.query(PUBLIC, query):
            tags = {name: str(row[name]) for name in CellKey.__struct_fields__}
            if tuple(sorted(tags.items())) not in shown:
                dropped += 1
                if server.kind == "influx3":  # it deletes no rows; all that is public is written again anyway
                    await server.empty(PUBLIC)
                    return dropped
                await server.drop(PUBLIC, measurement, tags)
    return dropped


def told(written: Written, language: Language) -> str:
    """What was done, in a sentence, and in another what could not be shown."""
    ids = ("publish.done", "publish.forgotten") if written.forgotten else ("publish.done",)
    return "\n".join(say(one, language, **vars(written)) for one in ids)

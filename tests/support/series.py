"""The golden measurements as a collector's folder with a plan, and its feed into a database."""

import asyncio
import contextlib
import io
import json
import os
import random
import sys
from pathlib import Path

import msgspec

from collector import cli
from collector.data_folder import DataFolder
from collector.process import unix_us
from collector.stored import StoredMeasurement
from collector.timeseries.feed import Feed, Pass
from collector.timeseries.kinds import Kind
from collector.timeseries.opening import Address, open_server
from collector.timeseries.writer import Writer
from probe.measurement.signing import PLAN, sign
from probe.plan import Plan, Service
from tests.golden.chain import fill, folder_of, registration
from tests.golden.documents import MEASUREMENTS, read
from tests.golden.scenarios import SCENARIOS
from tests.support.plans import key_from, make_plan


def golden_rows(scenario: str) -> list[StoredMeasurement]:
    """The stored measurements of a golden scenario."""
    return [row.stored() for row in read(folder_of(scenario) / MEASUREMENTS).rows]


def golden_folder(root: Path, *scenarios: str) -> DataFolder:
    """A collector's folder with the measurements of these scenarios (all, if none is named), and a plan that names their services."""
    folder = DataFolder(root / "data")
    folder.create()
    wanted = scenarios or tuple(SCENARIOS)
    fill(folder.root, [row for name in wanted for row in golden_rows(name)])
    (folder.plans / "00000001.json").write_bytes(_plan(wanted[0]))
    return folder


def _plan(scenario: str) -> bytes:
    """A signed plan that names the golden services and their responder."""
    registered, _ = registration(folder_of(scenario))
    made: Plan = make_plan(key_from(random.Random(3)))
    responders = tuple(msgspec.structs.replace(made.responders[0], id=name) for name in ("labo-1", "r1"))
    services = tuple(Service(id=one.id, title=one.title, names=one.names) for one in registered.services)
    plan = msgspec.structs.replace(
        made, services=(*services, *made.services), responders=responders, grants=()
    )
    return msgspec.json.encode(sign(key_from(random.Random(4)), PLAN, plan))


def feed_once(
    folder: DataFolder, url: str, *, rebuild: bool = False, name: str = "main", kind: Kind | None = None
) -> Pass:
    """One pass of a feed in this process."""

    async def run() -> Pass:
        async with open_server(Address(url, kind), os.environ) as server:
            path = folder.root / "timeseries" / f"{name}.json"
            writer = Writer(
                server, random.Random(1), _no_sleep, _say_nothing, path.with_suffix(".rejected.lines")
            )
            feed = Feed(folder, path, server, writer, unix_us)
            try:
                return await (feed.rebuild() if rebuild else feed.run())
            finally:
                feed.close()

    return asyncio.run(run())


async def _no_sleep(_seconds: float) -> bool:
    await asyncio.sleep(0.02)
    return True


def _say_nothing(_detail: str, _seconds: float) -> None:
    """Nobody listens."""


def command(folder: DataFolder, verb: str, url: str, *words: str) -> list[str]:
    """The words of ``isonomia-collector timeseries``."""
    return [
        sys.executable, "-m", "collector", "timeseries", verb, "--data", str(folder.root), "--server", url,
        "--lang", "en", *words,
    ]  # fmt: skip


def timeseries(
    folder: DataFolder, verb: str, url: str, *words: str, code: int = 0
) -> list[dict[str, object]]:
    """Run the real command with ``--json``, in this process; what it said, a dictionary a line."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert code == cli.main([*command(folder, verb, url, "--json", *words)[3:]])
    return [json.loads(line) for line in said.getvalue().splitlines()]


__all__ = ["command", "feed_once", "golden_folder", "golden_rows", "timeseries"]

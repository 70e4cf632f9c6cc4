"""A collector for tests: an intake on a fresh folder with one responder and one enrolled probe, and real processes."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector import settings, wiring
from collector.data_folder import DataFolder
from collector.intake import Intake
from collector.process import unix_us as wall_us
from probe.measurement.signing import Signed
from probe.plan import Plan
from tests.support.documents import make_pair_document
from tests.support.plans import EPOCH, key_from, make_enrolment, make_plan, operator_toml, unix_us

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 20, 5, tzinfo=UTC)


@dataclass
class Clock:
    """A wall clock that a test sets."""

    now_us: int = field(default_factory=lambda: unix_us(NOW))

    def __call__(self) -> int:
        return self.now_us

    def advance(self, **delta: float) -> None:
        """Step forward, or back."""
        self.now_us += timedelta(**delta) // timedelta(microseconds=1)

    @property
    def moment(self) -> datetime:
        """The time as a ``datetime``."""
        return EPOCH + timedelta(microseconds=self.now_us)


@dataclass
class Site:
    """A data folder, the keys around it, and a maker of documents that fit it."""

    folder: DataFolder
    operator_file: Path
    rng: random.Random
    responder_key: Ed25519PrivateKey
    long_lived: Ed25519PrivateKey
    quarter_key: Ed25519PrivateKey
    clock: Clock

    @classmethod
    def make(cls, root: Path, seed: int = 1, clock: Clock | None = None) -> "Site":
        """A folder with keys and an operator's file; nobody enrolled yet."""
        rng = random.Random(seed)
        responder_key = key_from(rng)
        folder = DataFolder(root / "data")
        folder.create()
        operator_file = root / "operator.toml"
        operator_file.write_text(operator_toml(make_plan(responder_key)))
        return cls(folder, operator_file, rng, responder_key, key_from(rng), key_from(rng), clock or Clock())

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Intake]:
        """An intake on this folder, with the probe enrolled. It checks by itself: to start a process takes longer than most tests."""
        read = settings.load(self.operator_file, {"ISONOMIA_SET_COLLECTOR_CHECKERS": "0"})
        async with wiring.open_intake(self.folder, read, self.clock) as intake:
            reply = await intake.enrolment(self.enrolment(), "")
            assert reply.status == 200
            yield intake

    def enrolment(self) -> bytes:
        """The probe's request."""
        return msgspec.json.encode(make_enrolment(self.long_lived, self.quarter_key, self.clock.moment))

    def signed(self, plan: Plan, **changes: object) -> Signed:
        """A valid signed measurement of this moment."""
        facts: dict[str, object] = {
            "service": "s1",
            "original_rate_bit_s": 4e6,
            "control_rate_bit_s": 20e6,
            "started_at": self.clock.moment,
            **changes,
        }
        return make_pair_document(self.rng, self.responder_key, self.quarter_key, plan, **facts)  # type: ignore[arg-type] # a test's changes

    def document(self, plan: Plan, **changes: object) -> bytes:
        """The bytes of ``signed``."""
        return msgspec.json.encode(self.signed(plan, **changes))


@dataclass
class Server:
    """A collector's process and where it listens."""

    process: subprocess.Popen[str]
    url: str

    def kill(self) -> None:
        """``kill -9``."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)


@contextmanager
def served(site: Site, log: Path, listen: str = "127.0.0.1:0") -> Iterator[Server]:
    """The real ``isonomia-collector serve`` as a process, its standard error in ``log``; stopped on the way out."""
    words = [sys.executable, "-m", "collector", "serve", "--json", "--listen", listen]
    words += ["--data", str(site.folder.root), "--operator", str(site.operator_file)]
    with (
        log.open("a") as errors,
        subprocess.Popen(
            words,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, log.read_text()
            yield Server(process, json.loads(line)["url"])
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(20)


async def until(condition: object, seconds: float = 20.0) -> None:
    """Wait until ``condition()`` holds; fails after ``seconds``, of which a loaded machine gives more than it was asked for."""
    assert callable(condition)
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about in time")


def unix_now_us() -> int:
    """The real wall clock: a collector in a process of its own knows no other."""
    return wall_us()

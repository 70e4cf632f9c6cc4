"""The stage: real responder, collector, probes and analysis, started inside the lab for one experiment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from probe.trouble import EXIT_NOTHING, EXIT_OK
from tests.lab.disturb import Disturber, busy_command, busy_programs, only_of, probe_clock, probe_prefix
from tests.lab.dns_world import DnsWorld, networks
from tests.lab.experiment import (
    COLLECTOR_PORT,
    COUNTRY,
    LINE_TAG_SECRET,
    PLAN_CLASS,
    TECHNOLOGY,
    Experiment,
    FarEnd,
    homes_at_once,
    operator_toml,
    responder_toml,
)
from tests.lab.network import Lab, wait_for_line

COLLECTOR_ADDRESS = "10.77.10.3"
JOIN_AT_ONCE = 5
JOIN_TIMEOUT_S = 180.0
ASK_TIMEOUT_S = 300.0
CALL_TIMEOUT_S = 600.0
"""Judging takes seconds, and minutes on a machine that other boards fill."""
PAIR_ALLOWANCE_S = 45.0
BUSY_CORE = max(os.sched_getaffinity(0))
"""The core that a busy probe shares with what keeps it busy."""
REPOSITORY = Path(__file__).resolve().parents[2]

Progress = Callable[[dict[str, Any]], None]


class StageError(RuntimeError):
    """One of the programs did not do its part; the text says which, and what it printed."""


def _groups(homes: range, at_once: int = JOIN_AT_ONCE) -> list[range]:
    """Return homes, a few at a time."""
    return [homes[start : start + at_once] for start in range(0, len(homes), at_once)]


@dataclass
class Probe:
    """A running `isonomia-probe run` of one home and the events it printed so far."""

    home: int
    process: subprocess.Popen[bytes]
    log: Path
    read_bytes: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)

    def new_events(self) -> list[dict[str, Any]]:
        """Return whole lines that were printed since the last call."""
        with self.log.open("rb") as file:
            file.seek(self.read_bytes)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self.read_bytes += len(whole)
        fresh = [json.loads(line) for line in whole.splitlines() if line.startswith(b"{")]
        self.events += fresh
        return fresh


@dataclass
class Stage:
    """Everything that runs on one lab. Use in order: `open`, `join`, `register`, `measure`, `judge`."""

    lab: Lab
    experiment: Experiment
    folder: Path
    python: str = sys.executable
    probes: list[Probe] = field(default_factory=list)
    _servers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _join_url: str = ""
    _responder: list[str] = field(default_factory=list)

    @property
    def store(self) -> Path:
        """Return the collector's data folder."""
        return self.folder / "collector"

    @property
    def mmdb(self) -> Path:
        """Return the lab's table of networks."""
        return self.folder / "lab.mmdb"

    def open(self) -> None:
        """Write the files, make the keys, start collector and responder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._call("collector", "init", "--data", str(self.store))
        key = json.loads(self._call("collector", "key", "--data", str(self.store), "--json"))
        url = f"http://{COLLECTOR_ADDRESS}:{COLLECTOR_PORT}"
        self._join_url = f"{url}#{key['key_hash']}"
        mmdb = self._write_mmdb()
        secret = self.folder / LINE_TAG_SECRET
        secret.touch(mode=0o600)
        secret.write_bytes(os.urandom(32))
        configs = [
            self._responder_file(end, key["operator_key"], url, mmdb) for end in self.experiment.far_ends
        ]
        described = [
            json.loads(self._call("probe", "respond", "--config", str(config), "--describe", "--json"))
            for config in configs
        ]
        operator = self._file("operator.toml", operator_toml(self.experiment, *described))
        arguments = ["serve", "--data", str(self.store), "--operator", str(operator), "--json"]
        self._serve("collector", [*arguments, "--listen", f"{COLLECTOR_ADDRESS}:{COLLECTOR_PORT}"])
        for config in reversed(configs):  # the first is started last, and is the one that a trouble stops
            self._responder = ["respond", "--config", str(config), "--json"]
            self._serve("probe", self._responder, config.stem)

    def _responder_file(self, end: FarEnd, operator_key: str, url: str, mmdb: str) -> Path:
        text = responder_toml(operator_key, end, url, mmdb, self.experiment.nettest)
        return self._file(f"responder-{end.id}.toml", text)

    def join(self) -> None:
        """Let every home join, a few at a time: each measures its capacity, unpaced, and the machine is small."""
        for provider in self.experiment.providers:
            line = ["--brand", provider.brand, "--technology", TECHNOLOGY, "--plan-class", PLAN_CLASS]
            line += ["--lab", "--yes", "--json"]
            arguments = ["join", self._join_url, *line]
            for group in _groups(provider.homes):
                with only_of(self.lab.second_devices, group):
                    self._join_all(group, arguments)

    def _join_all(self, homes: range, arguments: list[str]) -> None:
        """Let homes join at the same time; behind seconds of queue a first try may time out, and a volunteer tries again."""
        words = {n: [*arguments, *self._invitation(n)] for n in homes}
        for probe in [self._probe(n, words[n], "join") for n in homes]:
            try:
                self.end_of(probe, JOIN_TIMEOUT_S)
            except StageError:
                probe.process.kill()
                probe.process.wait()
                self.end_of(self._probe(probe.home, words[probe.home], "join"), JOIN_TIMEOUT_S)

    def _invitation(self, home: int) -> list[str]:
        return ["--invitation", f"labo-{home}"] if home in self.experiment.invited else []

    def register(self) -> Path:
        """Register the cells before anything is measured; return the registration."""
        path = self.folder / "registration.json"
        e = self.experiment
        cells = ["--technology", TECHNOLOGY, "--plan-class", PLAN_CLASS, "--direction", e.direction]
        for provider in e.providers:
            cells += ["--brand", provider.brand, "--asn", f"{provider.brand}={provider.asn}"]
        for end in e.far_ends:
            cells += ["--responder", f"{end.id}=Isonomia@AS{end.asn}"]
        for home in e.invited:
            cells += ["--invitation", f"labo=labo-{home}"]
        self._call("analysis", "register", "--store", str(self.store), "--out", str(path), *cells)
        return path

    def measure(self, progress: Progress) -> None:
        """Let every home measure; `progress` gets each event, with its home."""
        e = self.experiment
        wishes = [
            "--pairs",
            str(e.pairs),
            "--variant",
            e.variant,
            "--between-pairs-s",
            str(e.between_pairs_s),
        ]
        services = [word for service in e.measured for word in ("--service", service)]

        def restart() -> None:
            self._serve("probe", self._responder, "responder")

        troubles = e.stage_troubles
        busy = [
            self.lab.spawn("net", 0, busy_command(BUSY_CORE)) for _ in range(busy_programs(troubles, e.homes))
        ]
        try:
            with Disturber(troubles, lambda: self._servers[-1], restart):
                arguments = ["run", *services, *wishes, "--gap-ms", str(e.gap_ms), "--json"]
                for provider in e.providers:
                    at_once = homes_at_once(e.nettest, e.variant, len(provider.homes))
                    for group in _groups(provider.homes, at_once):
                        with only_of(self.lab.second_devices, group):
                            running = [self._probe(n, arguments, "run") for n in group]
                            self.probes += running
                            self._watch(running, progress)
        finally:
            for process in busy:
                process.kill()
                process.wait()
        codes = [self.end_of(probe, 1.0, also_good=EXIT_NOTHING) for probe in self.probes]
        self.somebody_measured(codes)

    def ask(self, progress: Progress) -> None:
        """Let every home look at the measured services by a direct nettest, once each; raises StageError unless all did."""
        world = DnsWorld(self.lab, self.folder / "internet", self.experiment)
        services = [word for service in self.experiment.measured for word in ("--service", service)]
        try:
            world.open()
            for group in _groups(range(self.lab.homes)):
                begun = []
                for n in group:
                    where = ["--endpoints", str(world.file_of(n)), "--family", "ipv4", "--busy", "--json"]
                    begun.append(self._probe(n, ["once", self.experiment.nettest, *services, *where], "once"))
                self.probes += begun
                for probe in begun:
                    self.end_of(probe, ASK_TIMEOUT_S)
                    self._report(progress)
        finally:
            world.close()
        results = sum(event["event"] == "result" for probe in self.probes for event in probe.events)
        if results != self.lab.homes * len(self.experiment.measured):
            raise StageError(f"only {results} homes have a result; see {self.folder}")

    def observed(self) -> list[dict[str, Any]]:
        """Return the false answers that the rule sees in the store."""
        where = ["--store", str(self.store), "--mmdb", str(self.mmdb)]
        told = json.loads(self._call("analysis", "direct", *where, "--json"))
        return [one for one in told if one["rule"] == "false_answer"]

    def _watch(self, probes: Sequence[Probe], progress: Progress) -> None:
        """Pass events on until these probes have ended; raises StageError if they take too long."""
        e = self.experiment
        deadline_s = (
            time.monotonic() + 60 + len(e.measured) * e.pairs * (PAIR_ALLOWANCE_S + e.between_pairs_s)
        )
        while any(probe.process.poll() is None for probe in probes):
            self._report(progress)
            if time.monotonic() > deadline_s:
                raise StageError(f"the probes did not end within {deadline_s:.0f} s; see {self.folder}")
            time.sleep(0.25)
        self._report(progress)

    def judge(self, registration: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return (findings, observations) of the store."""
        observations = self.folder / "observations.jsonl"
        out = self._call(
            "analysis", "judge", "--store", str(self.store), "--registration", str(registration), "--json",
            "--observations", str(observations),
        )  # fmt: skip
        return json.loads(out), [json.loads(line) for line in observations.read_text().splitlines()]

    def close(self) -> None:
        """Stop the servers in good order."""
        for server in reversed(self._servers):
            server.terminate()
        for server in reversed(self._servers):
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()

    # ------------------------------------------------------------------------------- inside

    def _environment(self) -> dict[str, str]:
        """Return the environment of every program: the clock on the wall of the homes shows the experiment's hour."""
        offset_h = (self.experiment.local_hour - datetime.now(UTC).hour + 12) % 24 - 12
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        return {**kept, "TZ": f"<LAB>{-offset_h:+d}", "HOME": str(self.folder), "PYTHONPATH": str(REPOSITORY)}

    def _file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def _write_mmdb(self) -> str:
        """Write an MMDB that knows the homes, the responders and the answers of resolvers; return its path, or nothing where mmdb_writer is not installed."""
        from mmdb_writer import MMDBWriter
        from netaddr import IPSet

        writer = MMDBWriter(ip_version=4, database_type="isonomia-lab")
        known = {p.asn: [f"10.77.{100 + n}.0/24" for n in p.homes] for p in self.experiment.providers}
        known |= {end.asn: [f"{address}/32" for address in end.addresses] for end in self.experiment.far_ends}
        for asn, prefixes in networks(self.experiment.providers[0].asn).items():
            known.setdefault(asn, []).extend(prefixes)
        for asn, prefixes in known.items():
            facts = {"autonomous_system_number": asn, "country": {"iso_code": COUNTRY}}
            writer.insert_network(IPSet(prefixes), facts)
        writer.to_db_file(str(self.mmdb))
        return str(self.mmdb)

    def _call(self, package: str, *arguments: str) -> bytes:
        """Run one of our commands to its end, outside the lab; return what it printed."""
        argv = [self.python, "-m", package, *arguments]
        done = subprocess.run(
            argv,
            cwd=REPOSITORY,
            env=self._environment(),
            capture_output=True,
            timeout=CALL_TIMEOUT_S,
            check=False,
        )
        if done.returncode:
            raise StageError(
                f"{package} {arguments[0]}: exit {done.returncode}: {done.stderr.decode()[-800:]}"
            )
        return done.stdout

    def _serve(self, package: str, arguments: Sequence[str], log_name: str = "") -> None:
        """Start a server on the internet side and wait until it listens."""
        log: BinaryIO = (self.folder / f"{log_name or package}.log").open("wb")
        with log:
            process = self.lab.spawn(
                "net", 0, [self.python, "-m", package, *arguments],
                env=self._environment(), cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self._servers.append(process)
        wait_for_line(process, b"{")

    def _probe(self, home: int, arguments: Sequence[str], what: str) -> Probe:
        path = self.folder / f"home-{home}.{what}.jsonl"
        state = ["--home", str(self.folder / f"home-{home}")]
        troubles = self.experiment.stage_troubles if what == "run" else ()
        argv = [*probe_prefix(troubles, home, BUSY_CORE), self.python, "-m", "probe", arguments[0]]
        environment = {**self._environment(), **probe_clock(troubles, home)}
        with path.open("wb") as out, path.with_suffix(".err").open("wb") as err:
            process = self.lab.spawn(
                "probe", home, [*argv, *state, *arguments[1:]],
                env=environment, cwd=REPOSITORY, stdout=out, stderr=err,
            )  # fmt: skip
        return Probe(home, process, path)

    @staticmethod
    def somebody_measured(codes: Sequence[int]) -> None:
        """Raise StageError where no home has measured a pair: that is the lab's fault, and no network is innocent by it."""
        if EXIT_OK not in codes:
            raise StageError("no home measured a single pair")

    @staticmethod
    def end_of(probe: Probe, timeout_s: float, also_good: int = EXIT_OK) -> int:
        """Wait for a probe's end and return its exit code; raises StageError for another than `also_good` and 0.

        On a hopeless line a home may measure not one pair, and says so by its code; a crash, which has the same one, by its words.
        """
        try:
            code = probe.process.wait(timeout_s)
        except subprocess.TimeoutExpired as expired:
            raise StageError(f"home {probe.home} did not end in time; see {probe.log}") from expired
        said = probe.log.with_suffix(".err").read_text()[-800:]
        if code != EXIT_OK and (code != also_good or said):
            raise StageError(f"home {probe.home}: exit {code}: {said} (see {probe.log})")
        return code

    def _report(self, progress: Progress) -> None:
        for probe in self.probes:
            for event in probe.new_events():
                progress({"home": probe.home, **event})

"""The lab itself: builds the namespaces, wires them, sets the ISP's rules, starts programs, takes all of it down.

    with Lab(homes=8, line_bit_s=50_000_000, rtt_ms=20, policies=[Police(1_500_000, 16_000, "video.example")]) as lab:
        server = lab.spawn("net", 0, [...])
        lab.run("probe", 3, [...], timeout_s=30)
        lab.counters.payload_rate_mbit_s(3, t0_unix_s, t1_unix_s)

Two labs may stand at the same time: all they have in common is the kernel, and their names differ. Entering a lab first clears
away what labs of dead owners left.
"""

from __future__ import annotations

import itertools
import os
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from tests.lab import classes, delay, equipment, links, privileges, rules
from tests.lab.classes import Line
from tests.lab.counters import Counters
from tests.lab.matches import QuicName
from tests.lab.namespaces import LabError, feed, inside, ip_batch
from tests.lab.policies import Delay, HttpBox, Injecting, Policy, is_upward
from tests.lab.processes import Processes, Stream
from tests.lab.state import Record, clean, delete_namespaces
from tests.lab.troubles import NetworkTrouble

MOST_HOMES = 30
_READY_WAIT_S = 60.0
_serial = itertools.count()


@dataclass(frozen=True)
class Completed:
    """What a program that was run to its end left."""

    returncode: int
    stdout: bytes
    stderr: bytes


class Lab:
    """An ISP in a box; a context manager. Homes are numbered from 0.

    `rtt_ms` is the round trip between ISP and internet made by each home's own delay line (0: none); `line_bit_s` the homes' down
    rate, by an htb class with a queue of `line_queue_packets`. `delay_line`: "auto", "c" or "python". Up is not shaped, unless
    `line_up_bit_s` says how fast it is or a policy is `upward`: then the home's WAN interface is the ISP's limiter.
    `policies` are the ISP's, `troubles` those of homes, lines and content side.

    Raises LabUnavailableError if neither root nor a user namespace is at hand, LabError if a tool refuses, ValueError for bad numbers.
    """

    responder_addresses = links.RESPONDER_ADDRESSES

    def __init__(
        self,
        *,
        homes: int = 1,
        line_bit_s: int = 50_000_000,
        rtt_ms: float = 20.0,
        line_up_bit_s: int | None = None,
        policies: Sequence[Policy] = (),
        troubles: Sequence[NetworkTrouble] = (),
        line_queue_packets: int = 200,
        delay_line: str = "auto",
        counters_period_s: float = 0.02,
    ) -> None:
        if not 1 <= homes <= MOST_HOMES:
            raise ValueError(f"homes: {homes} is not within 1..{MOST_HOMES}")
        if not 0 <= rtt_ms <= 1000:
            raise ValueError(f"rtt_ms: {rtt_ms} is not within 0..1000")
        self.homes = homes
        self.line = Line(line_bit_s, line_queue_packets)
        self.line_up = None if line_up_bit_s is None else Line(line_up_bit_s, line_queue_packets)
        self.rtt_ms = rtt_ms
        self.policies = tuple(policies)
        self.troubles = tuple(troubles)
        delays = [p for p in policies if isinstance(p, Delay)]
        if len(delays) > 1:
            raise ValueError("policies: one Delay at most, as there is one longer way")
        self._detour_ms = delays[0].delay_ms if delays else 0.0
        self.prefix = f"iso{os.getpid()}x{next(_serial)}"
        self.second_devices: dict[int, subprocess.Popen[bytes]] = {}
        self.equipment: list[tuple[str, subprocess.Popen[bytes]]] = []
        self.mode = ""
        self.delay_line = "none"
        self.delay_pids: list[int] = []
        self._delay_kind = delay_line
        self._counters_period_s = counters_period_s
        self._counters: Counters | None = None
        self._processes: Processes | None = None
        self._record: Record | None = None

    # ------------------------------------------------------------------------------- names

    def namespace(self, kind: str, index: int = 0) -> str:
        """Return the name of a namespace; kind is "probe" or "home" (with index), "isp", "dly", "late" or "net"."""
        if kind in ("probe", "home"):
            if not 0 <= index < self.homes:
                raise ValueError(f"{kind} {index}: there are {self.homes}, from 0")
            return f"{self.prefix}-{kind}{index}"
        if kind not in ("isp", "dly", "late", "net"):
            raise ValueError(f"namespace kind {kind!r}: not one of probe, home, isp, dly, late, net")
        return f"{self.prefix}-{kind}"

    def namespaces(self) -> list[str]:
        """Return all names, those of the shared path first."""
        kinds = ("isp", "dly", "net", "late") if self._detour_ms else ("isp", "dly", "net")
        shared = [self.namespace(kind) for kind in kinds]
        return shared + [self.namespace(kind, n) for n in range(self.homes) for kind in ("home", "probe")]

    @staticmethod
    def home_address(home: int) -> str:
        """Return the address under which a home is seen by the internet."""
        return links.home_address(home)

    # --------------------------------------------------------------------- building, taking down

    def __enter__(self) -> Self:
        self.mode = privileges.prepare()
        clean()
        self._record = Record(self.prefix, self.mode)
        self._processes = Processes(self._record)
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the programs and remove the namespaces. Safe to call again. The counters' readings stay."""
        if self._counters is not None:
            self._counters.close()
        if self._processes is not None:
            self._processes.stop()
            self._processes = None
        if self._record is not None:
            delete_namespaces(self.namespaces())
            self._record.remove()
            self._record = None

    def _build(self) -> None:
        names = self.namespaces()
        assert self._record is not None
        self._record.namespaces(names)
        ip_batch([f"netns add {name}" for name in names])
        ip_batch(links.pairs(self.namespace, self.homes, with_delay=self.rtt_ms > 0))
        inside(self.namespace("net"), partial(links.set_up_net, self.homes))
        inside(self.namespace("isp"), self._set_up_isp)
        for home in range(self.homes):
            text = equipment.home_rules(home, self.troubles)
            inside(self.namespace("home", home), partial(links.set_up_home, home, text))
            inside(self.namespace("probe", home), links.set_up_probe)
        self._set_upward()
        if self.rtt_ms > 0:
            ends = [end for n in range(self.homes) for end in links.line_interfaces(n)]
            self.delay_line = self._start_delay_line("dly", self.rtt_ms / 2, ends)
        if self._detour_ms:
            ip_batch(links.detour(self.namespace("isp"), self.namespace("late")))
            inside(self.namespace("isp"), partial(links.set_up_detour, rules.DELAY_MARK, self.homes))
            self._start_delay_line("late", self._detour_ms, ["dA", "dB"])
        equipment.install(self, self.troubles)
        self._counters = Counters(
            [self.namespace("home", n) for n in range(self.homes)], self._counters_period_s
        ).__enter__()

    def set_policies(self, policies: Sequence[Policy]) -> None:
        """Replace the ISP's policies while all runs. Raises ValueError for those that need more than rules: Delay, injectors."""
        if any(
            isinstance(p, Delay | Injecting | HttpBox) or isinstance(getattr(p, "match", None), QuicName)
            for p in (*policies, *self.policies)
        ):
            raise ValueError(
                "policies: a delay, an injector or a QUIC box is there from the start or not at all"
            )
        self.policies = tuple(policies)
        self._set_upward()

        def replace_rules() -> None:
            feed(["nft", "-f", "-"], "delete table ip isonomia\n")
            feed(["tc", "-batch", "-"], "".join(f"qdisc del dev cust{n} root\n" for n in range(self.homes)))
            self._set_rules()

        inside(self.namespace("isp"), replace_rules)

    def _set_up_isp(self) -> None:
        links.set_up_isp(self.homes)
        self._set_rules()

    def _set_rules(self) -> None:
        customers = {n: f"cust{n}" for n in range(self.homes)}
        policies = [policy for policy in self.policies if not is_upward(policy)]
        feed(["iptables-restore"], rules.iptables_marks(policies, customers))
        feed(["nft", "-f", "-"], rules.nft_router(policies, customers))
        if boxes := rules.nft_boxes(policies, customers):
            feed(["nft", "-f", "-"], boxes)
        tc = [line for n, name in customers.items() for line in classes.tc_line(name, n, self.line, policies)]
        feed(["tc", "-batch", "-"], "\n".join(tc) + "\n")

    def _set_upward(self) -> None:
        """What is done to what homes send is done where it leaves them."""
        policies = [policy for policy in self.policies if is_upward(policy)]
        if policies or self.line_up is not None:
            for home in range(self.homes):
                setting = partial(equipment.set_upward, home, policies, self.line_up)
                inside(self.namespace("home", home), setting)

    def _start_delay_line(self, kind: str, one_way_ms: float, ends: Sequence[str]) -> str:
        """Start the program of a namespace's delay lines, each between two of these interfaces; return what it is made of."""
        inside(self.namespace(kind), partial(links.set_up_delay, ends))
        slots = delay.slots(one_way_ms, self.line.rate_bit_s)
        made_of, argv = delay.command(round(one_way_ms * 1000), slots, ends, self._delay_kind)
        process = self.spawn(kind, 0, argv, stdout=subprocess.PIPE)
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], _READY_WAIT_S)
        if not ready or not process.stdout.readline().startswith(b"ready"):
            raise LabError(f"the delay line ({made_of}) did not start, exit {process.poll()}")
        self.delay_pids.append(process.pid)
        try:
            os.setpriority(os.PRIO_PROCESS, process.pid, -15)
        except PermissionError:  # a user namespace may not; the delay line then competes with the probes
            pass
        return made_of

    # ------------------------------------------------------------------------------ programs

    @property
    def counters(self) -> Counters:
        """The homes' byte counters past the limiter. They stay readable after the lab is closed."""
        if self._counters is None:
            raise LabError("the lab is not built")
        return self._counters

    def check_equipment(self) -> None:
        """Raise LabError if one of the lab's own programs has ended: a line that was to be busy, or jump, was quiet."""
        ended = [module for module, process in self.equipment if process.poll() is not None]
        if ended:
            raise LabError(f"ended before the lab did: {', '.join(ended)}")

    def spawn(
        self,
        kind: str,
        index: int,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: Stream = subprocess.DEVNULL,
        stdout: Stream = None,
        stderr: Stream = None,
        cwd: str | os.PathLike[str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program inside a namespace; it dies with the lab, and with the lab's owner however that ends."""
        if self._processes is None:
            raise LabError("the lab is not built")
        name = self.namespace(kind, index)
        return self._processes.start(name, argv, env=env, stdin=stdin, stdout=stdout, stderr=stderr, cwd=cwd)

    def run(
        self,
        kind: str,
        index: int,
        argv: Sequence[str],
        *,
        timeout_s: float = 60.0,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
    ) -> Completed:
        """Run a program inside a namespace to its end. Raises subprocess.TimeoutExpired, having killed it."""
        process = self.spawn(
            kind, index, argv, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            stdout, stderr = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return Completed(process.returncode, stdout, stderr)


def wait_for_line(process: subprocess.Popen[bytes], start: bytes, timeout_s: float = 60.0) -> bytes:
    """Return the first line of a program's standard output that begins with `start`. Raises LabError if none comes in time."""
    assert process.stdout is not None
    deadline_s = time.monotonic() + timeout_s
    while (left_s := deadline_s - time.monotonic()) > 0:
        if not select.select([process.stdout], [], [], left_s)[0]:
            break
        line: bytes = process.stdout.readline()
        if line.startswith(start):
            return line
        if not line:
            break
    raise LabError(f"program {process.args!r} did not print {start!r} within {timeout_s} s")

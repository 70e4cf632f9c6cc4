"""The replay's cost at home: CPU and memory of a paced replay, and the receive path unpaced at 1 Gbit/s.

Every figure stands beside a peer's in the same run: curl fetches the same kind of bytes, inside TLS 1.3, from the
same kind of server (a Python TLS server that paces its socket), iperf3 -R shows what the emulated line carries.
``python -m tests.bench.replay_bench`` prints the result as JSON. Needs root (or CAP_SYS_ADMIN), tc, iperf3, curl.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.support.responder import ROOT, RunningResponder, running_responder

PACE_BIT_S = 20_000_000
PACED_MS = 4000
UNPACED_MS = 6000
PAIRS = 3
RATE = "1gbit"
FAR, NEAR = "10.79.1.2", "10.79.1.1"
FAR_ADDRESSES = (FAR, "10.79.1.3")
GATE_CPU_S, GATE_RSS_MB, GATE_RATE_SHARE = 0.30, 60.0, 0.9
LARGE_RUN_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Cost:
    """What a process spent: bytes it received, wall and CPU seconds (user and system), peak resident memory."""

    bytes: int
    wall_s: float
    cpu_s: float
    rss_mb: float

    def cpu_s_per_gb(self) -> float:
        """CPU seconds for each 10^9 bytes."""
        return self.cpu_s / (self.bytes / 1e9)

    def mbit_s(self) -> float:
        """Mean rate over the wall time."""
        return self.bytes * 8 / self.wall_s / 1e6


@contextlib.contextmanager
def two_namespaces() -> Iterator[tuple[str, str]]:
    """(near, far): two namespaces joined by a veth whose both directions are htb-shaped; removed on leaving."""
    near, far = f"iso-bench-near-{os.getpid()}", f"iso-bench-far-{os.getpid()}"
    try:
        for name in (near, far):
            _run("ip", "netns", "add", name)
            _run("ip", "-n", name, "link", "set", "lo", "up")
        _run("ip", "link", "add", "v0", "netns", near, "type", "veth", "peer", "name", "v1", "netns", far)
        for name, link, addresses in ((near, "v0", (NEAR,)), (far, "v1", FAR_ADDRESSES)):
            for address in addresses:
                _run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", link)
            _run("ip", "-n", name, "link", "set", link, "up")
            _tc(name, "qdisc", "add", "dev", link, "root", "handle", "1:", "htb", "default", "1")
            _tc(name, "class", "add", "dev", link, "parent", "1:", "classid", "1:1", "htb", "rate", RATE)
        yield near, far
    finally:
        for name in (near, far):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def _tc(namespace: str, *arguments: str) -> None:
    _run("tc", "-n", namespace, *arguments)


def _inside(namespace: str | None) -> tuple[str, ...]:
    return ("ip", "netns", "exec", namespace) if namespace else ()


SAMPLE_S = 0.02


def peak_rss_mb(pid: int) -> float:
    """VmHWM of a running program; ru_maxrss would be that of whoever forked it, if that was larger (getrusage(2))."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    peak_kb = status.partition("VmHWM:")[2].split(None, 1)[:1]
    return int(peak_kb[0]) * 1024 / 1e6 if peak_kb else 0.0


def measured(command: tuple[str, ...], namespace: str | None = None) -> tuple[dict[str, Any], Cost]:
    """Run a program that prints one JSON object with ``bytes`` and ``wall_s``; its words and its cost by wait4(2)."""
    process = subprocess.Popen(
        [*_inside(namespace), *command], cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    assert process.stdout is not None
    rss_mb = 0.0
    while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
        rss_mb = max(rss_mb, peak_rss_mb(process.pid))
        time.sleep(SAMPLE_S)
    _, status, usage = ended
    with process.stdout:
        said = process.stdout.read()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    facts: dict[str, Any] = json.loads(said)
    return facts, Cost(int(facts["bytes"]), float(facts["wall_s"]), usage.ru_utime + usage.ru_stime, rss_mb)


def probe(far: RunningResponder, namespace: str | None, **terms: int) -> tuple[dict[str, Any], Cost]:
    """The replay as the real probe runs it (all its imports), in a process of its own; see ``bench_probe``."""
    order = {
        "responder": {
            "id": far.responder.id,
            "key": far.responder.key.hex(),
            "certificate_sha256": far.responder.certificate_sha256.hex(),
            "addresses": far.responder.addresses,
            "port": far.responder.port,
            "owned_name": far.responder.owned_name,
        },
        "operator": far.operator.private_bytes_raw().hex(),
        **terms,
    }
    return measured((sys.executable, "-m", "tests.bench.replay_probe", json.dumps(order)), namespace)


@contextlib.contextmanager
def tls_server(certificate: Path, namespace: str | None, address: str, pace_bit_s: int) -> Iterator[int]:
    """The peer's far end: TLS 1.3 bulk at a pace, see ``replay_peer``; its port."""
    command = (
        *_inside(namespace),
        sys.executable,
        "-m",
        "tests.bench.replay_peer",
        str(certificate),
        address,
    )
    with subprocess.Popen([*command, str(pace_bit_s)], cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def curl(address: str, port: int, bytes_: int, namespace: str | None) -> Cost:
    """What curl spends on ``bytes_`` over TLS 1.3."""
    form = '{"bytes":%{size_download},"wall_s":%{time_total}}'
    url = f"https://{address}:{port}/{bytes_}"
    command = ("curl", "-sk", "--tlsv1.3", "--http1.1", "-o", "/dev/null", "-w", form, url)
    return measured(command, namespace)[1]


def iperf3_mbit_s(near: str, far: str) -> float:
    """What iperf3 -R carries from far to near."""
    server = subprocess.Popen([*_inside(far), "iperf3", "-s", "-1"], stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        answer = json.loads(
            _run(*_inside(near), "iperf3", "-c", FAR, "-R", "-J", "-t", str(UNPACED_MS // 1000))
        )
    finally:
        server.terminate()
        server.wait()
    return float(answer["end"]["sum_received"]["bits_per_second"]) / 1e6


def paced(folder: Path) -> dict[str, Any]:
    """CPU and memory of paced replays on loopback, and curl's CPU for the same bytes at the same pace."""
    (folder / "paced").mkdir()
    with running_responder(folder / "paced") as far:
        facts, cost = probe(
            far, None, pairs=PAIRS, duration_ms=PACED_MS, pace_bit_s=PACE_BIT_S, largest_run_bytes=0
        )
        state = far.folder / "state"
        with tls_server(state, None, "127.0.0.1", PACE_BIT_S) as port:
            peer = curl("127.0.0.1", port, PACE_BIT_S // 8 * PACED_MS // 1000, None)
    return {
        "failures": facts["failures"],
        "cpu_s_per_replay": round(facts["cpu_s_per_run"], 4),
        "cpu_s_per_replay_gate": GATE_CPU_S,
        "cpu_s_whole_process": round(cost.cpu_s, 3),
        "replays": facts["runs"],
        "curl_cpu_s_per_fetch": round(peer.cpu_s, 4),
        "rss_mb": round(cost.rss_mb, 1),
        "rss_mb_gate": GATE_RSS_MB,
        "curl_rss_mb": round(peer.rss_mb, 1),
        "mbit_s": round(facts["mbit_s"], 2),
    }


def unpaced(folder: Path) -> dict[str, Any]:
    """The receive path at htb 1 Gbit/s beside iperf3 -R, and CPU per GB beside curl."""
    (folder / "unpaced").mkdir()
    bounds = {"largest_run_bytes": LARGE_RUN_BYTES}
    with two_namespaces() as (near, far_namespace):
        line_mbit_s = iperf3_mbit_s(near, far_namespace)
        with running_responder(
            folder / "unpaced", prefix=_inside(far_namespace), listen=list(FAR_ADDRESSES), bounds=bounds
        ) as far:
            facts, _ = probe(
                far, near, pairs=1, duration_ms=UNPACED_MS, pace_bit_s=0, largest_run_bytes=LARGE_RUN_BYTES
            )
            with tls_server(far.folder / "state", far_namespace, FAR, 0) as port:
                peer = curl(FAR, port, int(facts["bytes"]), near)
    own = Cost(int(facts["bytes"]), facts["wall_s"], facts["cpu_s_per_run"], 0.0)
    return {
        "failures": facts["failures"],
        "mbit_s": round(facts["mbit_s"], 1),
        "iperf3_mbit_s": round(line_mbit_s, 1),
        "rate_share_of_iperf3": round(facts["mbit_s"] / line_mbit_s, 3),
        "rate_share_gate": GATE_RATE_SHARE,
        "cpu_s_per_gb": round(own.cpu_s_per_gb(), 3),
        "curl_cpu_s_per_gb": round(peer.cpu_s_per_gb(), 3),
        "cpu_ratio_to_curl": round(own.cpu_s_per_gb() / peer.cpu_s_per_gb(), 2),
        "curl": {name: round(value, 3) for name, value in asdict(peer).items()}
        | {"mbit_s": round(peer.mbit_s(), 1)},
    }


def replay_bench() -> dict[str, Any]:
    """Both parts, and ``passes``: CPU, memory and rate within their gates."""
    with tempfile.TemporaryDirectory(prefix="isonomia-bench-") as name:
        light, fast = paced(Path(name)), unpaced(Path(name))
    passes = (
        light["cpu_s_per_replay"] <= GATE_CPU_S
        and light["rss_mb"] <= GATE_RSS_MB
        and fast["rate_share_of_iperf3"] >= GATE_RATE_SHARE
        and {"ok"} == {*light["failures"], *fast["failures"]}
    )
    cores = len(re.findall(r"^processor", Path("/proc/cpuinfo").read_text(), re.MULTILINE))
    return {"passes": passes, "cores": cores, "paced": light, "unpaced": fast}


if __name__ == "__main__":
    print(json.dumps(replay_bench(), indent=1))

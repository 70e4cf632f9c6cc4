"""A probe's process for the bench: all that the real command imports, then replays, then what they cost.

``python -m tests.bench.replay_probe ORDER`` with ORDER as JSON; prints JSON. CPU is this process's (user and
system, all threads) over the runs alone; memory is read by whoever waits for the process.
"""

import json
import sys
import time
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import probe.cli
import probe.commands
import probe.upload
from probe.measurement.run import Run
from probe.measurement.signing import GRANT, public_bytes, sign
from probe.measurement.ticket import Grant, Opening
from probe.nettests import replay_tls
from probe.nettests.session import Session
from probe.plan import Responder
from tests.support.responder import lab_net

LIKE_THE_REAL_PROBE = (aiohttp, probe.cli, probe.commands, probe.upload)


def main(order: dict[str, Any]) -> dict[str, Any]:
    """Run what ``order`` asks for: pairs of paced replays, or one unpaced capacity transfer a pair."""
    far = order["responder"]
    responder = Responder(
        id=far["id"],
        key=bytes.fromhex(far["key"]),
        certificate_sha256=bytes.fromhex(far["certificate_sha256"]),
        addresses=tuple(far["addresses"]),
        port=far["port"],
        owned_name=far["owned_name"],
    )
    key = Ed25519PrivateKey.generate()
    grant = Grant(
        probe_key=public_bytes(key),
        responders=(responder.id,),
        bytes_per_day=10**12,
        expires_at_us=time.time_ns() // 1000 + 3_600_000_000,
    )
    signed = sign(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(order["operator"])), GRANT, grant)
    one = _pair if order["pace_bit_s"] else _unpaced
    runs: list[Run] = []
    cpu_began_s = time.process_time()
    for _ in range(order["pairs"]):
        runs += one(responder, signed, key, order)
    cpu_s = time.process_time() - cpu_began_s
    bytes_ = sum(run.wire_bytes for run in runs)
    wall_s = sum((run.duration_us or 0) / 1e6 for run in runs)
    return {
        "failures": [run.failure for run in runs],
        "runs": len(runs),
        "bytes": bytes_,
        "wall_s": wall_s,
        "mbit_s": bytes_ * 8e-6 / max(wall_s, 1e-9),
        "cpu_s_per_run": cpu_s / len(runs),
    }


def _pair(responder: Responder, grant: Any, key: Ed25519PrivateKey, order: dict[str, Any]) -> list[Run]:
    params = replay_tls.ReplayParams(
        responder=responder,
        grant=grant,
        quarter_key=key,
        service="bench",
        original_name="video.service.example",
        stratum="owned",
        control_candidates=("plain.control.example",),
        pace_bit_s=order["pace_bit_s"],
        duration_ms=order["duration_ms"],
        gap_ms=200,
    )
    return list(replay_tls.run(lab_net(), params).pair.runs)


def _unpaced(responder: Responder, grant: Any, key: Ed25519PrivateKey, order: dict[str, Any]) -> list[Run]:
    net = lab_net()
    session = Session(net, responder, key)
    opening = Opening(
        grant=grant,
        responder=responder.id,
        commit=session.commitment,
        nettest="capacity",
        variant="capacity",
        service="capacity",
        direction="down",
        address_family="ipv4",
        original_name=responder.owned_name,
        stratum="owned",
        control_candidates=(),
        pace_bit_s=0,
        duration_ms=order["duration_ms"],
        sent_at_us=net.unix_us(),
    )
    opened = session.open(opening, order["largest_run_bytes"])
    facts: dict[str, Any] = {
        "role": "control",
        "order": 0,
        "name": responder.owned_name,
        "address": responder.addresses[0],
        "address_index": 0,
        "started_at_us": net.unix_us(),
    }
    run = replay_tls.replay(net, responder, facts, opened.ticket)
    session.close(opened.ticket.pair_id)
    return [run]


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))

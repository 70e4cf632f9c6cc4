"""One QUIC run at the probe, down or up: dial, start, receive or send; whatever the network does is in the result.

Runs in the child process of ``replay_quic`` (``quic_child``).
"""

import random
import socket
import time
from collections.abc import Callable
from typing import Any

from probe.gate import Gate
from probe.measurement.failures import unknown
from probe.measurement.run import Run
from probe.nettests.connection import RunFailed
from probe.nettests.quic_connection import QuicConnection, connected, is_unreachable
from probe.nettests.quic_receiving import receive
from probe.nettests.quic_sending import send
from probe.nettests.quic_wanted import Wanted
from probe.nettests.transfer import Transferred
from probe.wire.messages import Start
from probe.wire.quic import QuicChannel

Connect = Callable[[Gate, str, int], socket.socket]
"""How a UDP socket to (literal address, port) is had of a gate; raises ``OSError``."""


def carry(
    wanted: Wanted,
    rng: random.Random,
    now_s: Callable[[], float] = time.monotonic,
    connect: Connect = connected,
) -> Run:
    """Do one run."""
    facts = wanted.facts
    try:
        channel = QuicChannel.client(facts["name"], now_s())
        sock = connect(Gate(lab=wanted.lab), facts["address"], wanted.port)
    except ValueError as error:  # a name that cannot stand in a ClientHello
        return Run(failure=unknown(error), **facts)
    except OSError as error:
        return Run(failure="quic_unreachable" if is_unreachable(error) else unknown(error), **facts)
    connection = QuicConnection(sock, channel, now_s)
    try:
        told = _told(connection, wanted, rng)
    finally:
        connection.hang_up()
    return Run(
        connect_us=connection.connect_us,
        tls_us=connection.tls_us,
        client_hello=connection.hello(),
        **told,
        **facts,
    )


def _told(connection: QuicConnection, wanted: Wanted, rng: random.Random) -> dict[str, Any]:
    """What the run was beyond its handshake: its failure, or ``ok``, and what was moved if anything was."""
    try:
        connection.handshake(wanted.pin)
        trailing = connection.ask(Start(wanted.pair_id, 1 if wanted.facts["order"] else 0))
        cpu_began_s = time.process_time()
        moved = _transfer(connection, wanted, rng, trailing)
    except RunFailed as failed:
        return {"failure": failed.failure}
    except OSError as error:
        return {"failure": unknown(error)}
    cpu_s = time.process_time() - cpu_began_s
    if moved.first_byte_us is None:
        return {"failure": moved.failure}
    return {
        "failure": moved.failure,
        "first_byte_us": moved.first_byte_us,
        "duration_us": moved.duration_us,
        "wire_bytes": moved.wire_bytes,
        "cpu_share": round(cpu_s / max(moved.duration_us / 1e6, 1e-3), 4),
        "ticks": moved.ticks,
        "sender_late_ticks": moved.sender_late_ticks,
        "congestion_control": moved.congestion_control,
    }


def _transfer(connection: QuicConnection, wanted: Wanted, rng: random.Random, trailing: bytes) -> Transferred:
    duration_s = wanted.duration_ms / 1000
    if wanted.direction == "up":
        return send(connection, rng, duration_s, wanted.max_run_bytes, wanted.pace_bit_s)
    return receive(connection, rng, duration_s, wanted.max_run_bytes, trailing)
